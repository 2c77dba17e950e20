"""Many records saved at once, with the same trace as one: what changes for a whole branch on one day."""

from collections.abc import Sequence
from typing import Any, TypeVar

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.acting import current_actor

from .facts import mark_stale
from .models import Record, Touch
from .models.record import Conflict

R = TypeVar("R", bound=Record)


@transaction.atomic
def record_all(records: Sequence[R], action: str = "") -> None:
    """Save new and changed records of one model: audit entries and stale marks with a handful of queries for all.

    What `save()` would derive must be set already, and what `audit_path` and `touches` follow must be loaded.
    Raises Conflict where one was changed since it was read.
    """
    if not records:
        return
    model, now, actor = type(records[0]), timezone.now(), current_actor()
    known = [record.pk for record in records if not record._state.adding]
    held = model._default_manager.select_for_update(of=("self",)).in_bulk(known)
    made: list[R] = []
    changed: list[R] = []
    names: set[str] = set()
    fields = {field.name for field in model._meta.concrete_fields}
    changes: dict[int, dict[str, tuple[Any, Any]]] = {}
    touches: set[Touch] = set()
    for record in records:
        before = held.get(record.pk)
        if before is not None and before.version != record.version:
            raise Conflict(f"“{before}”刚刚被其他人修改，没有保存任何内容。请重新打开后再办。")
        differing = record.changes_from(before)
        if before is not None and not differing:
            continue
        record.updated_by, record.updated_at = actor, now
        if before is None:
            made.append(record)
        else:
            record.version += 1
            changed.append(record)
            names.update(fields.intersection(differing))
            touches.update(before.touches())
        changes[id(record)] = differing
    model._default_manager.bulk_create(made, batch_size=500)
    if changed:
        model._default_manager.bulk_update(changed, [*names, "version", "updated_by", "updated_at"], batch_size=200)
    written = [*((action or "create", record) for record in made), *((action or "change", r) for r in changed)]
    audit.record_many(
        audit.Event(
            action=act,
            obj=record,
            changes=changes[id(record)],
            organization_path=record.audit_path(),
            sensitive=record.SENSITIVE,
        )
        for act, record in written
    )
    mark_stale([*touches, *(touch for _, record in written for touch in record.touches())])

"""The trace that records leave: of many saved at once, of what was read in clear, of what left the portal on paper."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from django.apps import apps
from django.db import models
from django.utils import timezone

from accounts import audit
from accounts.acting import current_actor
from accounts.encryption import EncryptedTextField
from accounts.transactions import atomic

from . import closing
from .facts import mark_stale
from .models import Record, Touch
from .models.record import Conflict

R = TypeVar("R", bound=Record)


@atomic
def record_all(records: Sequence[R], action: str = "") -> None:
    """Save new and changed records of one model: audit entries and stale marks with a handful of queries for all.

    What `save()` would derive must be set already, and what `audit_path` and `touches` follow must be loaded.
    Raises Conflict where one was changed since it was read.
    """
    if not records:
        return
    model, now, actor = type(records[0]), timezone.now(), current_actor()
    known = [record.pk for record in records if not record._state.adding]
    held = model._default_manager.select_for_update(of=("self",), no_key=True).in_bulk(known)
    made: list[R] = []
    changed: list[R] = []
    names: set[str] = set()
    fields = {field.name for field in model._meta.concrete_fields}
    changes: dict[int, dict[str, tuple[Any, Any]]] = {}
    was: dict[Any, list[Touch]] = {}
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
            was[record.pk] = list(before.touches())
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
    fresh = [(record, list(record.touches())) for record in made]
    moved = [(record, [*was[record.pk], *record.touches()]) for record in changed]
    if model.DATED:
        closing.enter_rows(closing.Act.CREATE, fresh)
        closing.enter_rows(closing.Act.CHANGE, moved)
    mark_stale(touch for _, touches in (*fresh, *moved) for touch in touches)


def trace_rows(action: str, changed: Iterable[tuple[Record, Mapping[str, tuple[Any, Any]]]]) -> None:
    """Write one entry for each changed row: what it was before and is now. One query for all places.

    A row belongs to the organisation that it touches; what it says of its own may not be loaded.
    """
    rows = [(record, changes, next(iter(record.touches()), None)) for record, changes in changed if changes]
    wanted = {touch.organization_id for _, _, touch in rows if touch}
    places = apps.get_model("branches", "Organization")._default_manager.filter(pk__in=wanted)
    paths: dict[int | None, str] = dict(places.values_list("pk", "path"))
    audit.record_many(
        audit.Event(
            action=action,
            obj=record,
            changes=changes,
            organization_path=paths.get(touch.organization_id, "") if touch else "",
            sensitive=record.SENSITIVE,
        )
        for record, changes, touch in rows
    )


@atomic
def trace_look(record: Record, what: str) -> None:
    """Note that somebody read in clear what is kept encrypted or covered."""
    audit.record("reveal", record, changes={"显示": (None, what)}, organization_path=record.audit_path())


def trace_texts(record: Record, names: Iterable[str]) -> None:
    """Note that somebody reads these fields of a record, if any of them is encrypted and filled in."""
    read = [
        str(field.verbose_name)
        for name in names
        if isinstance(field := record._meta.get_field(name), EncryptedTextField) and getattr(record, name)
    ]
    if read:
        trace_look(record, "、".join(read))


@atomic
def trace_paper(action: str, label: str, path: str, obj: models.Model | None = None, /, **changes: object) -> None:
    """Note that personal data leaves the portal: an export, a print, a download; `changes` says more, word by word."""
    audit.record(action, obj, label=label, changes={k: (None, v) for k, v in changes.items()}, organization_path=path)

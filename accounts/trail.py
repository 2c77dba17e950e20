"""The audit trail as people read it: kinds and fields by their names, values as a page shows them, names for keys."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils import timezone

from accounts.audit import DIGEST_MARK
from accounts.models import AuditEntry

COVERED = "（敏感内容，不显示）"
"""What stands for a value of which the trail keeps a digest only."""
ReferenceKey = tuple[type[models.Model], str]


@dataclass(frozen=True)
class Told:
    """One entry in words; `changes` holds (what, before, after)."""

    entry: AuditEntry
    changes: Sequence[tuple[str, str, str]]

    @property
    def text(self) -> str:
        """The changes in one line: 党员类别：预备党员 → 正式党员；……"""
        return "；".join(
            f"{what}：{before} → {after}" if before else f"{what}：{after}" for what, before, after in self.changes
        )


def told(entries: Iterable[AuditEntry]) -> list[Told]:
    """Put entries into words, with one query for each kind of thing that they point to."""
    entries = list(entries)
    names = _names(key for entry in entries for key in _references(entry))
    return [Told(entry, [_row(entry, name, pair, names) for name, pair in entry.changes.items()]) for entry in entries]


def kinds() -> list[tuple[str, str]]:
    """Return (label, name) of every kind of thing that entries can be about, by name."""
    own = [model for config in apps.get_app_configs() if _is_ours(config.name) for model in config.get_models()]
    return sorted(((m._meta.label_lower, str(m._meta.verbose_name)) for m in own), key=lambda kind: kind[1])


def _is_ours(package: str) -> bool:
    return "." not in package


def _row(entry: AuditEntry, name: str, pair: Sequence[Any], names: Mapping[ReferenceKey, str]) -> tuple[str, str, str]:
    """Return one change: the field or the thing that it is about, and its value before and after."""
    if about := _reference(name):
        what = names.get(about, _unknown(about))
        return what, _text(pair[0]), _text(pair[1])
    field = _field(entry, name)
    before, after = (_value(field, value, names) for value in pair)
    return str(getattr(field, "verbose_name", name)), before, after


def _field(entry: AuditEntry, name: str) -> Any:
    """Return the model field that a change is of, or None where it is not one."""
    try:
        return apps.get_model(entry.model)._meta.get_field(name)
    except (LookupError, ValueError, FieldDoesNotExist):
        return None


def _value(field: Any, value: Any, names: Mapping[ReferenceKey, str]) -> str:
    if value in (None, ""):
        return ""
    if isinstance(value, str) and value.startswith(DIGEST_MARK):
        return COVERED
    if (model := _target(field)) is not None:
        key = (model, str(value))
        return names.get(key, _unknown(key))
    if choices := dict(getattr(field, "flatchoices", None) or ()):
        known = {str(code): str(label) for code, label in choices.items()}
        return known.get(str(value), str(value))
    if isinstance(field, models.DateTimeField):
        return _moment(str(value))
    return _text(value)


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case "True" | True:
            return "是"
        case "False" | False:
            return "否"
    return str(value)


def _moment(text: str) -> str:
    try:
        return f"{timezone.localtime(datetime.fromisoformat(text)):%Y-%m-%d %H:%M}"
    except ValueError:
        return text


# Names for keys


def _references(entry: AuditEntry) -> Iterator[ReferenceKey]:
    """Yield every row of another table that an entry points to."""
    for name, pair in entry.changes.items():
        if about := _reference(name):
            yield about
        elif (model := _target(_field(entry, name))) is not None:
            yield from ((model, str(value)) for value in pair if value not in (None, ""))


def _reference(name: str) -> ReferenceKey | None:
    """Read what `audit.about` wrote: the row that a change is about."""
    label, colon, key = name.partition("#")
    if not colon:
        return None
    try:
        return apps.get_model(label), key
    except (LookupError, ValueError):
        return None


def _target(field: Any) -> type[models.Model] | None:
    """Return the model that a foreign key points to."""
    return field.related_model if isinstance(field, models.ForeignKey) else None


def _names(wanted: Iterable[ReferenceKey]) -> dict[ReferenceKey, str]:
    """Return what the rows are called now, or what the trail called them last where they are gone."""
    by_model: dict[type[models.Model], set[str]] = defaultdict(set)
    for model, key in wanted:
        by_model[model].add(key)
    found: dict[ReferenceKey, str] = {}
    for model, keys in by_model.items():
        known = [key for key in keys if key.isdecimal()]
        rows = model._base_manager.filter(pk__in=known).select_related()
        found |= {(model, str(row.pk)): str(row) for row in rows}
    gone = {
        (m._meta.label_lower, key): (m, key) for m, keys in by_model.items() for key in keys if (m, key) not in found
    }
    if gone:
        written = AuditEntry.objects.filter(
            model__in={label for label, _ in gone}, object_id__in={key for _, key in gone}
        )
        for label, key, called in written.order_by("pk").values_list("model", "object_id", "label"):
            if (label, key) in gone:
                found[gone[label, key]] = f"{called}（已删除）"
    return found


def _unknown(key: ReferenceKey) -> str:
    return f"{key[0]._meta.verbose_name}（已删除，编号 {key[1]}）"

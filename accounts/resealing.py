"""Everything that is kept encrypted, sealed anew: under the newest key, and to the column that it belongs to.

Also what it takes to retire a key: the blind indexes made anew under the newest one, and the ids of the others
forgotten. Rows are read by hundreds, their tokens as they lie there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models.functions import Cast

from .encryption import (
    EncryptedTextField,
    Undecryptable,
    bytes_are_current,
    decrypt,
    decrypt_bytes,
    encrypt_bytes,
    is_current,
    newest_key,
)
from .models import KeyFingerprint
from .sealed_files import write_sealed
from .transactions import atomic

ROWS = 500
NAMED = 20
"""Rows that the result names; it counts all."""


@dataclass
class Result:
    """What was sealed anew, or would be; values that do not open where they lie, and those with another's index."""

    values: int = 0
    files: int = 0
    indexes: int = 0
    closed: list[str] = field(default_factory=list)
    misplaced: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> list[str]:
        """What somebody has to look at."""
        return [*(f"{where} 打不开" for where in self.closed), *(f"{where} 与检索码不符" for where in self.misplaced)]


class CannotRetire(Exception):
    """Some values do not open or do not fit their index; `result` names them."""

    def __init__(self, result: Result) -> None:
        super().__init__(f"{len(result.wrong)} values cannot be sealed anew")
        self.result = result


def _sealed_models() -> Iterator[tuple[type[models.Model], list[EncryptedTextField], list[str]]]:
    """Yield the models that keep something encrypted, with their fields of tokens and of sealed bytes."""
    for model in apps.get_models():
        own = [f for f in model._meta.concrete_fields if f.model is model]
        texts = [f for f in own if isinstance(f, EncryptedTextField)]
        blobs = [f.attname for f in own if isinstance(f, models.BinaryField)]
        if texts or blobs:
            yield model, texts, blobs


def reseal(*, write: bool = True, renew_indexes: bool = False) -> Result:
    """Seal every value and file anew that is not sealed as new ones are; `write` not at all, and only count and check.

    `renew_indexes` makes the blind indexes anew under the newest key: nothing else may be running, and FIELD_KEYS must
    name that key alone from then on. A value that does not open is left as it is, and named.
    """
    result = Result()
    for model, texts, blobs in _sealed_models():
        keys = list(model._base_manager.order_by("pk").values_list("pk", flat=True))
        for at in range(0, len(keys), ROWS):
            some = keys[at : at + ROWS]
            _reseal_rows(model, texts, blobs, some, result, write=write, renew=renew_indexes)
    _reseal_files(result, write=write)
    return result


@atomic
def _reseal_rows(
    model: type[models.Model],
    texts: Sequence[EncryptedTextField],
    blobs: Sequence[str],
    keys: Sequence[object],
    result: Result,
    *,
    write: bool,
    renew: bool,
) -> None:
    """Seal some rows of a model anew; two queries, the rows held between them."""
    rows = model._base_manager.filter(pk__in=keys)
    if write:
        rows = rows.select_for_update(no_key=True)
    tokens = {f"{f.name}_token": Cast(f.name, models.TextField()) for f in texts}
    columns = [f.index.column for f in texts if f.index]
    changed: dict[str, list[models.Model]] = {}
    for row in rows.annotate(**tokens).values("pk", *tokens, *columns, *blobs):
        fresh: dict[str, object] = {}
        for one in texts:
            token = row[f"{one.name}_token"]
            if token:
                where = f"{model._meta.verbose_name} {row['pk']} 的“{one.verbose_name}”"
                fresh |= _reseal_text(one, token, row, where, result, renew=renew)
        for name in blobs:
            sealed = bytes(row[name] or b"")
            if bytes_are_current(sealed):
                continue
            try:
                fresh[name] = encrypt_bytes(decrypt_bytes(sealed))
                result.values += 1
            except Undecryptable:
                field_name = model._meta.get_field(name).verbose_name  # type: ignore[union-attr]
                result.closed.append(f"{model._meta.verbose_name} {row['pk']} 的“{field_name}”")
        for name, value in fresh.items():
            changed.setdefault(name, []).append(model(pk=row["pk"], **{name: value}))
    if write:
        for name, objects in changed.items():
            model._base_manager.bulk_update(objects, [name])


def _reseal_text(
    one: EncryptedTextField, token: str, row: dict[str, object], where: str, result: Result, *, renew: bool
) -> dict[str, object]:
    """Return what to write of a row for one token; nothing where it is as new ones are, or does not open."""
    fresh: dict[str, object] = {}
    try:
        text = decrypt(token, one.place)
        current = is_current(token)
    except Undecryptable:
        result.closed.append(where)
        return fresh
    if one.index:
        if row[one.index.column] not in (one.index.of(text), one.index.of(text, renewed=True)):
            result.misplaced.append(where)
        elif renew:
            fresh[one.index.column] = one.index.of(text, renewed=True)
            result.indexes += 1
    if not current:
        fresh[one.name] = text
        result.values += 1
    return fresh


def _reseal_files(result: Result, *, write: bool) -> None:
    """Seal the kept files anew, each whole or not at all, with the time that it had."""
    for place in sorted(Path(settings.MEDIA_ROOT).rglob("*")):
        if place.name.startswith(".") or not place.is_file():
            continue
        sealed = place.read_bytes()
        if bytes_are_current(sealed):
            continue
        try:
            data = decrypt_bytes(sealed)
        except Undecryptable:
            result.closed.append(f"文件 {place.name[:16]}")
            continue
        result.files += 1
        if not write:
            continue
        held = place.stat()
        write_sealed(place, data, (held.st_atime, held.st_mtime))


@atomic
def retire() -> Result:
    """Seal all anew with its indexes and forget the ids of the older keys, so that they can be struck from FIELD_KEYS.

    All or nothing. Raises CannotRetire where a value does not open or does not fit its index: its key is needed yet.
    """
    result = reseal(renew_indexes=True)
    if result.wrong:
        raise CannotRetire(result)
    kept = KeyFingerprint.objects.filter(purpose__in=["field", "index"])
    kept.exclude(key_id=newest_key()).delete()
    KeyFingerprint.objects.get_or_create(purpose="index", key_id=newest_key())
    return result

"""Taking an applied import back: all of it, or what nobody has used or changed since."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.apps import apps
from django.db import models
from django.db.models import F
from django.utils import timezone

from accounts import audit
from accounts.encryption import decrypt_bytes, encrypt_bytes
from accounts.models import User
from accounts.permissions import access_of
from accounts.transactions import atomic

from . import closing
from . import ledger as ledgers
from .facts import mark_stale
from .importing import CannotImport, Report, attname, overwrite, quiet
from .ledger import Ledger
from .models import ImportBatch, Record, Touch
from .recording import trace_rows

Node = tuple[str, Any]
"""Label of a model and key of one of its rows."""
TOLD = 3
"""Rows in use that a refusal names."""


class InUse(CannotImport):
    """Rows of the import were used or changed since. The message says which, how and by whom; the rest can go."""


@dataclass
class Staying:
    """The rows that stay because somebody has used or changed them, with what must stay beside them."""

    nodes: set[Node] = field(default_factory=set)
    words: list[str] = field(default_factory=list)

    def keys(self, label: str) -> set[Any]:
        """Return the keys of the rows of a model that stay."""
        return {pk for of, pk in self.nodes if of == label}


@atomic
def undo(batch: ImportBatch, user: User, report: Report = quiet, *, rest: bool = False) -> ImportBatch:
    """Take an applied batch back: rows made are deleted, rows changed are as they were.

    Raises InUse where people have used or changed some of it since, unless the `rest` is asked for: then those rows
    stay, with what belongs to them, and can still be taken back later.
    """
    held = ImportBatch.objects.select_for_update(no_key=True).get(pk=batch.pk)
    if held.state not in (ImportBatch.State.APPLIED, ImportBatch.State.UNDOING) or not held.undo:
        raise CannotImport("只有已导入的批次可以撤销")
    kept = orjson.loads(decrypt_bytes(bytes(held.undo)))
    _refuse_out_of_reach(ledgers.get(held.ledger), kept, user)
    staying = _staying(kept)
    number = sum(len(rows) for rows in (*kept["created"].values(), *kept["restored"].values()))
    if staying.nodes and (not rest or len(staying.nodes) == number):
        raise InUse(_refusal(kept, staying))
    touches: set[Touch] = set()
    let_go: Counter[str] = Counter()
    done = 0
    for label, pks in reversed(list(kept["created"].items())):
        report(done, number, f"正在撤销 {number} 条记录")
        done += len(pks)
        touches |= _delete(apps.get_model(label), set(pks) - staying.keys(label), user, let_go)
    for label, befores in kept["restored"].items():
        report(done, number, f"正在撤销 {number} 条记录")
        done += len(befores)
        stay = staying.keys(label)
        going = [row for row in befores if row["pk"] not in stay]
        touches |= _restore(apps.get_model(label), going, kept["versions"].get(label, {}), user)
    _enter(held, touches)
    mark_stale(touches)
    left = _left(kept, staying)
    held.state = ImportBatch.State.APPLIED if left else ImportBatch.State.UNDONE
    held.undone_at = None if left else timezone.now()
    held.undo = encrypt_bytes(orjson.dumps(left)) if left else None
    held.save()
    audit.record(
        "undo-import",
        held,
        label=held.filename,
        changes={
            **({"撤销": (number, len(staying.nodes))} if left else {"新增": (held.new, 0), "修改": (held.changed, 0)}),
            **{f"不再指向它的{name}": (count, 0) for name, count in let_go.items()},
        },
        organization_path=held.organization.path if held.organization else "",
    )
    held.let_go = "、".join(f"{name} {count} 条" for name, count in let_go.items())
    return held


def _enter(batch: ImportBatch, touches: set[Touch]) -> None:
    """Mark that locked months were reached into. Raises CannotImport without a reason, and behind a locked sheet."""
    try:
        closing.refuse_behind_locks(closing.locked(touches))
        closing.enter(closing.Act.UNDO, f"{ledgers.get(batch.ledger).title}的导入", touches, batch)
    except closing.MonthClosed as error:
        raise CannotImport(f"{error}。请填写补录原因后再撤销") from error
    except closing.BehindLock as error:
        raise CannotImport(f"{error}，不能撤销") from error


def _left(kept: Mapping[str, Any], staying: Staying) -> dict[str, Any]:
    """Return what it takes to take back what stays; nothing where all went."""
    if not staying.nodes:
        return {}
    created = {label: [pk for pk in pks if (label, pk) in staying.nodes] for label, pks in kept["created"].items()}
    restored = {
        label: [row for row in rows if (label, row["pk"]) in staying.nodes] for label, rows in kept["restored"].items()
    }
    return {"created": created, "restored": restored, "versions": kept["versions"]}


def _refuse_out_of_reach(ledger: Ledger, kept: Mapping[str, Any], user: User) -> None:
    """Refuse to touch rows that the person may not change any more, having moved to another office since."""
    label = ledger.model._meta.label
    keys = {*kept["created"].get(label, ()), *(row["pk"] for row in kept["restored"].get(label, ()))}
    rows = ledger.model._default_manager.filter(pk__in=keys)
    within = ledger.within(lambda path: access_of(user).scope(ledger.edit_right, path))
    if beyond := rows.exclude(pk__in=rows.filter(within).values("pk")).count():
        raise CannotImport(f"有 {beyond} 条不在您现在可以修改的范围，不能撤销；请由那里的党组织办理")


# What stays


def _staying(kept: Mapping[str, Any]) -> Staying:
    """Return what people have used or changed since, and the rows that it needs. Queries by model, not by row."""
    staying = Staying()
    for label, pks in kept["created"].items():
        model = apps.get_model(label)
        if issubclass(model, Record):
            for record in model._default_manager.filter(pk__in=pks).exclude(version=1).select_related("updated_by"):
                _note(staying, (label, record.pk), f"{record}（{_who(record)}改过）")
        for pk, words in _users(model, pks, kept["created"]):
            _note(staying, (label, pk), words)
    for label, befores in kept["restored"].items():
        versions = kept["versions"].get(label, {})
        model = apps.get_model(label)
        if not issubclass(model, Record):
            continue
        rows = model._default_manager.filter(pk__in=[row["pk"] for row in befores])
        later = [pk for pk, version in rows.values_list("pk", "version") if version != versions.get(str(pk))]
        for record in rows.filter(pk__in=later).select_related("updated_by"):
            _note(staying, (label, record.pk), f"{record}（{_who(record)}改过）")
    if staying.nodes:
        _spread(staying, kept)
    return staying


def _note(staying: Staying, node: Node, words: str) -> None:
    if node not in staying.nodes:
        staying.nodes.add(node)
        staying.words.append(words)  # nothing where others of its kind are named already


def _who(record: Any) -> str:
    person = getattr(record, "updated_by", None)
    return f"{person.name or person.username}" if person else "有人"


def _users(
    model: type[models.Model], pks: Sequence[Any], created: Mapping[str, Sequence[Any]]
) -> Iterator[tuple[Any, str]]:
    """Yield (key, words) of rows that others, not made by this batch, point to; who can do without lets go."""
    for relation in model._meta.related_objects:
        others = relation.related_model
        if relation.on_delete in (models.DO_NOTHING, models.SET_NULL) or not isinstance(others, type):
            continue
        if getattr(others, "DERIVED", False):
            continue
        name = relation.field.attname
        made_along = created.get(others._meta.label, [])
        used = others._default_manager.filter(**{f"{name}__in": pks}).exclude(pk__in=made_along)
        first = used.select_related("updated_by") if issubclass(others, Record) else used
        for other in first.order_by("pk")[:TOLD]:
            by = f"，{_who(other)}登记" if issubclass(others, Record) else ""
            yield getattr(other, name), f"{others._meta.verbose_name}：{other}{by}"
        for pk in used.values_list(name, flat=True):
            yield pk, ""


def _spread(staying: Staying, kept: Mapping[str, Any]) -> None:
    """Add the rows of the batch that point to what stays, or that what stays points to."""
    nodes: set[Node] = {(label, pk) for label, pks in kept["created"].items() for pk in pks}
    nodes |= {(label, row["pk"]) for label, rows in kept["restored"].items() for row in rows}
    beside: defaultdict[Node, list[Node]] = defaultdict(list)
    keys: dict[str, list[Any]] = defaultdict(list)
    for label, pk in nodes:
        keys[label].append(pk)
    for label, pks in keys.items():
        model = apps.get_model(label)
        foreign = [f for f in model._meta.concrete_fields if isinstance(f, models.ForeignKey)]
        pointing = [(f.attname, target) for f in foreign if (target := _label_of(f)) in keys]
        rows = model._default_manager.filter(pk__in=pks)
        for pk, *targets in rows.values_list("pk", *(name for name, _ in pointing)):
            for (_, of), target in zip(pointing, targets, strict=True):
                if (of, target) in nodes:
                    beside[label, pk].append((of, target))
                    beside[of, target].append((label, pk))
        if hasattr(model, "steplen"):  # a tree: what stands below keeps what is above
            by_path = dict(rows.values_list("path", "pk"))
            for path, pk in by_path.items():
                if (above := by_path.get(path[: -model.steplen])) is not None:
                    beside[label, pk].append((label, above))
    waiting = list(staying.nodes)
    while waiting:
        for other in beside[waiting.pop()]:
            if other not in staying.nodes:
                staying.nodes.add(other)
                waiting.append(other)


def _label_of(key: "models.ForeignKey[Any, Any]") -> str:
    """Return the label of the model that a foreign key leads to."""
    target = key.related_model
    return target if isinstance(target, str) else str(target._meta.label)


def _refusal(kept: Mapping[str, Any], staying: Staying) -> str:
    """Return who and what stands in the way, and how much does not."""
    label = next(iter([*kept["created"], *kept["restored"]]))  # a batch writes first what its rows are
    own = {*kept["created"].get(label, ()), *(row["pk"] for row in kept["restored"].get(label, ()))}
    stay = len(staying.keys(label) & own) or len(staying.words)
    named = "；".join([words for words in staying.words if words][:TOLD])
    more = f"等 {len(staying.words)} 处" if len(staying.words) > TOLD else ""
    free = len(own) - stay
    rest = f"可以只撤销其余 {free} 条" if free > 0 else "不能撤销；请逐条处理"
    return f"导入的内容有 {stay} 条已被使用或修改过（{named}{more}），{rest}"


# Writing


def _delete(model: type[models.Model], pks: set[Any], user: User, let_go: "Counter[str]") -> set[Touch]:
    """Delete rows that the batch made, with what the portal derived from them; return what they touched.

    Records of people that pointed to them and can do without let go, with a trace; `let_go` counts them by kind.
    """
    if not pks:
        return set()
    touches: set[Touch] = set()
    rows = model._default_manager.filter(pk__in=pks)
    if issubclass(model, Record):
        touches = {touch for record in rows if isinstance(record, Record) for touch in record.touches()}
    for relation in model._meta.related_objects:
        others = relation.related_model
        if relation.on_delete is models.DO_NOTHING or not isinstance(others, type):
            continue
        pointing = others._default_manager.filter(**{f"{relation.field.attname}__in": pks})
        if relation.on_delete is models.SET_NULL:
            touches |= _let_go(relation.field, pointing, user, let_go)
        elif getattr(others, "DERIVED", False):
            pointing.delete()
    rows._raw_delete(rows.db)
    return touches


def _let_go(
    key: "models.ForeignObject[Any, Any]", pointing: models.QuerySet[Any], user: User, let_go: "Counter[str]"
) -> set[Touch]:
    """Have rows point to nothing any more; return what they touch. Of records it leaves a trace and is counted."""
    if not issubclass(key.model, Record):
        pointing.update(**{key.attname: None})
        return set()
    held = list(pointing.select_for_update(of=("self",), no_key=True))
    touches = {touch for record in held for touch in record.touches()}
    pointing.update(
        **{key.attname: None, "version": F("version") + 1, "updated_by": user, "updated_at": timezone.now()}
    )
    trace_rows("undo-import", [(record, {key.name: (getattr(record, key.attname), None)}) for record in held])
    if held:
        let_go[str(key.model._meta.verbose_name)] += len(held)
    return touches


def _restore(
    model: type[models.Model], befores: Sequence[Mapping[str, Any]], versions: Mapping[str, int], user: User
) -> set[Touch]:
    """Put changed rows back as they were before the import."""
    values: dict[Any, dict[str, Any]] = {}
    for row in reversed(befores):  # a row rewritten twice goes back to what it was first
        values.setdefault(row["pk"], {}).update((k, v) for k, v in row.items() if k != "pk")
    touches: set[Touch] = set()
    traced: list[tuple[Record, Mapping[str, tuple[Any, Any]]]] = []
    held = list(model._default_manager.select_for_update(of=("self",), no_key=True).filter(pk__in=list(values)))
    for thing in held:
        if isinstance(thing, Record):
            if thing.version != versions.get(str(thing.pk)):
                raise CannotImport(f"“{thing}”刚刚又被修改，没有撤销任何内容，请再按一次")
            touches |= set(thing.touches())
            thing.version += 1
            thing.updated_by = user
        before = dict(thing.__dict__)
        for name, value in values[thing.pk].items():
            model_field = model._meta.get_field(name)
            setattr(thing, model_field.attname, model_field.to_python(value))  # type: ignore[union-attr]
        if isinstance(thing, Record):
            attnames = {name: attname(model, name) for name in values[thing.pk]}
            changes = {k: (before[a], now) for k, a in attnames.items() if before[a] != (now := getattr(thing, a))}
            traced.append((thing, changes))
        if hasattr(thing, "derive"):
            thing.derive()
        if isinstance(thing, Record):
            touches |= set(thing.touches())
    overwrite(model, held)
    trace_rows("undo-import", traced)
    return touches

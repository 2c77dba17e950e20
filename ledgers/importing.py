"""Import: a file somebody keeps in Excel becomes records, all of it or nothing, and can be taken back.

read → find the header → parse column by column → resolve references → match with the register → compare → write.
Everything is set-based: a handful of queries however many rows.
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, ClassVar

import orjson
from django.apps import apps
from django.db import IntegrityError, OperationalError, models
from django.utils import timezone

from accounts import audit, streets
from accounts.acting import acting_as, current_address
from accounts.encryption import decrypt_bytes, encrypt_bytes
from accounts.models import User
from accounts.permissions import access_of
from accounts.transactions import atomic, lost, take_turns, tried_again

from . import bulk, closing, constraints, parsing, reading
from . import ledger as ledgers
from .corrections import Corrections, field_name, text_of
from .facts import mark_stale
from .ledger import Column, Ledger
from .models import ImportBatch, Record, Touch
from .recording import trace_rows

if TYPE_CHECKING:
    from branches.models import Organization

Report = Callable[[int, int, str], None]
Place = tuple[str, int]
"""Name of the sheet and row in it."""
DITTO = frozenset(("同上", "〃", "″", "〞", "”", '"', "''", "同前"))
"""What stands in a cell for “the same as above”."""
SCANNED = 60
"""Rows from the top that say of which ledger a table is."""
LISTED = 2000
"""Wrong and changed rows of each sort that the preview page keeps; counts and the file of wrong rows have all."""


class CannotImport(Exception):
    """The file as a whole cannot be taken in. The message is Chinese, for the person who uploaded it."""


@dataclass(slots=True)
class CellError:
    """What is wrong with one cell: its header, what stands there, why, and what to do."""

    column: str
    value: str
    message: str


@dataclass(slots=True)
class Row:
    """One row of the sheet on its way: raw cells, parsed and masked values by column key, errors, what it meets."""

    number: int
    cells: list[Any]
    sheet: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    masked: dict[str, str] = field(default_factory=dict)
    errors: list[CellError] = field(default_factory=list)
    warnings: list[CellError] = field(default_factory=list)
    pk: Any = None
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    asks: list[str] = field(default_factory=list)
    """What the row does that is asked for once more before it is done, in a few words: 更名."""

    @property
    def place(self) -> Place:
        """Where it stands in the workbook; no two rows stand in one place."""
        return self.sheet, self.number

    @property
    def state(self) -> str:
        """new, changed, same or wrong."""
        if self.errors:
            return "wrong"
        if self.pk is None:
            return "new"
        return "changed" if self.changes else "same"


@dataclass
class Analysis:
    """Every row of the file, with what will become of it."""

    match: reading.HeaderMatch
    rows: list[Row]
    counts: Counter[str]

    @property
    def errors(self) -> Iterable[tuple[int, CellError]]:
        """(sheet row, error) in the order of the sheet."""
        for row in self.rows:
            for error in row.errors:
                yield row.number, error

    @property
    def warnings(self) -> Iterable[tuple[int, CellError]]:
        """(sheet row, what should be looked at though the row is taken) in the order of the sheet."""
        for row in self.rows:
            for warning in row.warnings:
                yield row.number, warning

    @property
    def sheets(self) -> list[dict[str, Any]]:
        """Every sheet of the workbook with its rows, and whether they were taken."""
        taken = Counter(row.sheet for row in self.rows)
        names = {part.sheet.name for part in self.match.parts}
        return [
            {
                "name": s.name,
                "rows": taken[s.name] if s.name in names else s.hidden or len(s.rows),
                "taken": s.name in names,
                **({"hidden": True} if s.hidden else {}),
            }
            for s in self.match.sheets
        ]


@dataclass
class Undo:
    """What it takes to take an import back: what was made, and what changed rows were before."""

    created: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    restored: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    versions: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))


def quiet(done: int, total: int, words: str) -> None:
    """Report progress to nobody."""


class Importer:
    """Brings rows into one ledger's register. Subclasses say how rows are matched and written.

    One importer serves one run: what it looked up stays on it.
    """

    asks_about: ClassVar[str] = "内容"
    """What rows that `ask` change, for whoever has not agreed to it yet."""
    reads_whole_scope: ClassVar[int] = 5000  # from so many keys on, the whole scope is read instead of a list of keys

    def __init__(self, ledger: Ledger, user: User, organization: "Organization | None") -> None:
        self.ledger = ledger
        self.user = user
        self.organization = organization
        self.today = timezone.localdate()
        self.constants: Mapping[str, str] = {}
        """Header → what stands in for a column that the file lacks, in every row."""
        self.corrections = Corrections()

    # steps that a ledger may refine

    def prepare(self, rows: list[Row]) -> None:
        """Complete or check rows after parsing and references, before matching."""

    def key(self, row: Row) -> Any:
        """Return the natural key of a row, or None when it has none."""
        raise NotImplementedError

    def key_column(self, row: Row) -> str:
        """Return the header to which a duplicate key is reported."""
        return next(c.header for c in self.ledger.columns if c.required)

    def existing(self, rows: list[Row]) -> Mapping[Any, tuple[Any, Mapping[str, Any]]]:
        """Return natural key → (pk, current values by column key) for what the register holds, in scope."""
        raise NotImplementedError

    def check(self, rows: list[Row]) -> None:
        """Check rows once it is known what they meet: rules between fields, constraints."""

    def keep_constraints(self, rows: list[Row]) -> None:
        """Mark rows wrong that the model's own constraints would refuse on writing."""

    def write(self, new: list[Row], changed: list[Row], undo: Undo, report: Report) -> Iterable[Touch]:
        """Write, set-based; return what the facts must count again."""
        raise NotImplementedError

    # the run

    def analyse(self, match: reading.HeaderMatch, report: Report = quiet) -> Analysis:
        """Say of every row whether it is new, changed, the same or wrong. Writes nothing."""
        rows = [*self._rows(match)]
        self.corrections.lay_over(rows, [*match.mapping.items()])
        self.years = {part.sheet.name: part.year for part in match.parts}
        total = len(rows)
        report(0, total, "正在读取")
        columns = [
            (index, self.ledger.by_header[header])
            for index, header in sorted(match.mapping.items())
            if header in self.ledger.by_header
        ]
        self.keys = {column.key for _, column in columns}
        for index, column in columns:
            self._parse(rows, index, column)
        columns += self._supply(rows, match)
        self._require(rows, {c.header for _, c in columns})
        report(total // 3, total, "正在核对")
        for _, column in columns:
            if column.kind == "organization":
                self.resolve_organizations(rows, column)
        self.prepare(rows)
        self._refuse_repeats(rows)
        existing = self.existing([r for r in rows if not r.errors])
        for row in rows:
            if row.errors:
                continue
            held = existing.get(self.key(row))
            if held is not None:
                row.pk, current = held
                row.changes = {
                    key: (current.get(key), value)
                    for key, value in row.values.items()
                    if key in current and current[key] != value
                }
        self.check([r for r in rows if not r.errors])
        self.keep_constraints([r for r in rows if r.state in ("new", "changed")])
        report(total * 2 // 3, total, "正在核对")
        return Analysis(match, rows, Counter(r.state for r in rows))

    def _rows(self, match: reading.HeaderMatch) -> Iterator[Row]:
        """Yield the rows of the sheet, and those of its fellows with their cells in the order of its columns."""
        places = {match.columns[index]: index for index in match.mapping}
        width = len(match.columns)
        for part in match.parts:
            if part is match:
                yield from (Row(number, cells, part.sheet.name) for number, cells in reading.data_rows(part))
                continue
            moved = {index: places[text] for index, text in enumerate(part.columns) if text in places}
            by_name = {name: index for index, name in match.mapping.items()}
            moved |= {index: by_name[name] for index, name in part.mapping.items() if name in by_name}
            for number, cells in reading.data_rows(part):
                line: list[Any] = [""] * width
                for index, place in moved.items():
                    line[place] = cells[index]
                yield Row(number, line, part.sheet.name)

    @property
    def place_column(self) -> Column | None:
        """The required column that names the organisation of a row."""
        return next((c for c in self.ledger.columns if c.kind == "organization" and c.required), None)

    def _place_of(self, sheet: str) -> str:
        """Return the organisation that a sheet's name, or the one imported for, gives its rows; or nothing."""
        if isinstance(self._organization(sheet, self.organizations()), int):
            return sheet
        return self.organization.code if self.organization is not None and self.organization.is_branch else ""

    def missing(self, match: reading.HeaderMatch) -> list[str]:
        """Return the required headers that no column of the file is mapped to and nothing else stands in for."""
        place = self.place_column
        supplied = set(self.constants)
        if place and all(self._place_of(part.sheet.name) for part in match.parts):
            supplied.add(place.header)
        return [header for header in missing_columns(self.ledger, match) if header not in supplied]

    def _supply(self, rows: list[Row], match: reading.HeaderMatch) -> list[tuple[int, Column]]:
        """Give every row what stands in for the columns that the file lacks; return those columns."""
        there = set(match.mapping.values())
        supplied = []
        for header, text in self.constants.items():
            column = self.ledger.by_header[header]
            try:
                value = column.parse(text)
            except parsing.Unparsable as error:
                raise CannotImport(f"{header}“{text}”：{error}") from error
            for row in rows:
                if column.key not in row.values and column.key not in row.masked:
                    row.values[column.key] = value
            if header not in there:
                supplied.append((-1, column))
        place = self.place_column
        if place and place.header not in there | set(self.constants):
            for row in rows:
                if text := self._place_of(row.sheet):
                    row.values[place.key] = text
            supplied.append((-1, place))
        self.keys |= {column.key for _, column in supplied}
        return supplied

    def _parse(self, rows: list[Row], index: int, column: Column) -> None:
        """Read one column. What recurs down the column, such as a branch or a date, is read once."""
        parse, key, header, masked = column.parse, column.key, column.header, column.mask is not None
        seen: dict[str, Any] | None = None if masked else {}
        above: Any = None
        for row in rows:
            cells = row.cells
            cell = cells[index] if index < len(cells) else None
            if cell is None or cell == "":
                above = cell
                continue
            if type(cell) is str and cell.strip() in DITTO and above not in (None, ""):
                cell = cells[index] = above
            above = cell
            if seen is not None and type(cell) is str and cell in seen:
                value = seen[cell]
            elif masked and isinstance(cell, str) and "*" in cell:
                row.masked[key] = cell.strip()  # as exported: leave it as it is
                continue
            else:
                try:
                    value = parse(cell)
                except parsing.Unparsable as error:
                    if column.kind == "date" and (day := parsing.day_of_year(cell, self.years.get(row.sheet))):
                        row.values[key] = day
                        words = f"没有写年份，按表题取 {day}"
                        row.warnings.append(CellError(header, str(cell), words))
                        continue
                    row.errors.append(CellError(header, str(cell), str(error)))
                    continue
                if seen is not None and type(cell) is str:
                    seen[cell] = value
            if value is not None and value != "":
                row.values[key] = value

    def _require(self, rows: list[Row], present: Collection[str]) -> None:
        required = [c for c in self.ledger.columns if c.required and c.writable]
        for column in required:
            key, header = column.key, column.header
            for row in rows:
                if key not in row.values and key not in row.masked and not any(e.column == header for e in row.errors):
                    row.errors.append(CellError(header, "", f"缺少{header}，请补填"))

    def _refuse_repeats(self, rows: list[Row]) -> None:
        first: dict[Any, Row] = {}
        for row in rows:
            key = self.key(row) if not row.errors else None
            if key is None:
                continue
            earlier = first.setdefault(key, row)
            if earlier is not row:
                column = self.key_column(row)
                sheet = "" if earlier.sheet == row.sheet else f"“{earlier.sheet}”"
                words = f"与{sheet}第 {earlier.number} 行重复，请删去其中一行"
                row.errors.append(CellError(column, self.cell(row, column), words))

    def cell(self, row: Row, header: str) -> str:
        """Return what stands in the file under a header, as text."""
        column = self.ledger.by_header[header]
        value = row.values.get(column.key, "")
        return "" if value is None else str(value)

    def wrong(self, row: Row, key: str, message: str) -> None:
        """Mark the cell of the column with this key wrong."""
        column = next(c for c in self.ledger.columns if c.key == key)
        value = row.values.get(key)
        row.errors.append(CellError(column.header, "" if value is None else str(value), message))

    def ask(self, row: Row, key: str, what: str, message: str) -> None:
        """Warn at the cell of the column with this key, and have the whole asked for once more before it is done."""
        column = next(c for c in self.ledger.columns if c.key == key)
        row.warnings.append(CellError(column.header, str(row.values.get(key) or ""), message))
        row.asks.append(what)

    # references

    def organizations(self) -> Mapping[str, list[tuple[int, str, str, str]]]:
        """Return code, name or short name → [(pk, code, path, kind)] of the organisations this import may write to."""
        if not hasattr(self, "_organizations"):
            found: dict[str, list[tuple[int, str, str, str]]] = defaultdict(list)
            model = apps.get_model("branches", "Organization")
            rows = model.objects.filter(access_of(self.user).scope(self.ledger.edit_right, "path"))
            if self.organization is not None:
                rows = rows.filter(self.organization.subtree())
            for pk, code, name, short, path, kind in rows.values_list(
                "pk", "code", "name", "short_name", "path", "kind"
            ):
                for text in {code, name, short} - {""}:
                    found[text].append((pk, code, path, kind))
            self._organizations = found
        return self._organizations

    def resolve_organizations(self, rows: list[Row], column: Column) -> None:
        """Replace names and codes by primary keys; unknown, foreign and ambiguous ones are wrong cells."""
        known = self.organizations()
        answers = self._short_answers({str(row.values[column.key]) for row in rows if column.key in row.values})
        for row in rows:
            text = row.values.get(column.key)
            if text is None:
                continue
            if text not in answers:
                answers[text] = self._organization(str(text), known)
            answer = answers[text]
            if isinstance(answer, str):
                row.errors.append(CellError(column.header, text, answer))
            else:
                row.values[column.key] = answer

    def _organization(self, text: str, known: Mapping[str, list[tuple[int, str, str, str]]]) -> int | str:
        places = known.get(text) or known.get(text.upper(), [])
        if len(places) == 1:
            return places[0][0]
        if places:
            codes = "、".join(code for _, code, _, _ in places[:3])
            return f"有 {len(places)} 个组织叫这个名字，请改填组织编码（{codes}）"
        near = next((name for name in get_close_matches(text, known, 5, 0.6) if _may_be_meant(text, name)), None)
        hint = parsing.suggesting(near) if near else "，请核对名称，或先在党组织名册里登记"
        return f"登记册里没有这个组织{hint}"

    def _short_answers(self, texts: Collection[str]) -> dict[str, int | str]:
        """Return what short names mean (一支部, 东风第二支部) where only one branch of one community can be meant.

        The community is the one imported for, or the one in which all branches lie that the file names in full.
        """
        known = self.organizations()
        short = {text: found for text in texts if text not in known and (found := ORDINAL.fullmatch(text))}
        if not short:
            return {}
        branches = {
            name: place
            for name, places in known.items()
            if len(places) == 1 and (place := places[0])[3] != "group" and ORDINAL.fullmatch(name)
        }
        step = apps.get_model("branches", "Organization").steplen
        named = {places[0][2][:-step] for text in texts if (places := known.get(text, [])) and len(places) == 1}
        answers: dict[str, int | str] = {}
        for text, found in short.items():
            fit = {
                place[0]: place[2][:-step]
                for name, place in branches.items()
                if ordinal_of(name) == ordinal_of(text) and found["stem"] in name and _same_kind(text, name)
            }
            inside = {pk: above for pk, above in fit.items() if above in named} if len(named) == 1 else fit
            if len(inside) == 1:
                answers[text] = next(iter(inside))
            elif len(fit) > 1:
                answers[text] = f"有 {len(fit)} 个党支部可能是“{text}”，请写全名称，或者选定一个社区再导入"
        return answers

    # writing

    @atomic
    def apply(self, analysis: Analysis, batch: ImportBatch, report: Report = quiet) -> ImportBatch:
        """Write the rows that are right, with the trace, in one transaction."""
        undo = Undo()
        new = [r for r in analysis.rows if r.state == "new"]
        changed = [r for r in analysis.rows if r.state == "changed"]
        if new or changed:
            report(0, len(new) + len(changed), f"正在写入 {len(new) + len(changed)} 行")
            touches = set(self.write(new, changed, undo, report))
            _enter(touches, undo, batch)
            mark_stale(touches)
        counts = analysis.counts
        batch.new, batch.changed, batch.same, batch.wrong = (
            counts[state] for state in ("new", "changed", "same", "wrong")
        )
        batch.state, batch.applied_at = ImportBatch.State.APPLIED, timezone.now()
        batch.details = encrypt_bytes(orjson.dumps(_details(self, analysis), default=str))
        batch.undo = encrypt_bytes(
            orjson.dumps(
                {"created": undo.created, "restored": undo.restored, "versions": undo.versions}, default=_plain
            )
        )
        batch.save()
        audit.record(
            "import",
            batch,
            label=f"{self.ledger.title}：{batch.filename}",
            changes={
                "文件摘要": (None, batch.digest),
                "新增": (None, batch.new),
                "修改": (None, batch.changed),
                "有误": (None, batch.wrong),
                **({"预览中更正": (None, len(self.corrections))} if self.corrections else {}),
            },
            organization_path=self.organization.path if self.organization else "",
        )
        return batch


ORDINAL = re.compile(
    r"(?P<stem>.*?)(?:党总支|联合|临时)?第?(?P<number>[一二三四五六七八九十]+|\d+)(?:联合|临时)?(?:党支部|支部|总支|党小组|小组|党支|支)"
)
"""The name of a branch that is counted through: 东风社区第二党支部, 二支部."""
COUNTED = re.compile(r"第(?P<number>[一二三四五六七八九十]+|\d+)")
COMMUNITY = re.compile(r"(.*?)(?:社区|村|居委会)")


def ordinal_of(name: str) -> int | None:
    """Return the number in the name of a branch, 2 for 第二党支部; None where there is none."""
    found = ORDINAL.fullmatch(name) or COUNTED.search(name)
    if found is None:
        return None
    return int(found["number"]) if found["number"].isdigit() else parsing.numeral(found["number"])


def _same_kind(text: str, name: str) -> bool:
    """Say whether a short name and a full one both speak of a joint or temporary branch, or neither does."""
    return all((word in text) == (word in name) for word in ("联合", "临时", "小组"))


def _may_be_meant(text: str, name: str) -> bool:
    """Say whether a name may be suggested for another: never one of another number, nor of another community."""
    if ordinal_of(text) != ordinal_of(name):
        return False
    here, there = COMMUNITY.match(text), COMMUNITY.match(name)
    return not (here and there) or here[1] in there[1] or there[1] in here[1]


class RecordImporter(Importer):
    """Imports into one model of records, column key by field name. Enough for most ledgers.

    `identity` names the column keys that make the natural key, all of them fields of the model; a key whose value is
    held by another record says in `lookups` under which lookup.
    """

    identity: ClassVar[Sequence[str]] = ()
    lookups: ClassVar[Mapping[str, str]] = {}

    @property
    def fields(self) -> list[str]:
        """Attribute names that the file's columns fill."""
        return [c.key for c in self.ledger.columns if c.writable and c.key in self.keys]

    def key(self, row: Row) -> Any:
        values = tuple(row.values.get(k) for k in self.identity)
        return None if None in values else values

    def scope(self) -> models.QuerySet[Any]:
        """Return what of the register this import may touch."""
        rows = self.ledger.queryset().filter(access_of(self.user).scope(self.ledger.edit_right, self.ledger.path))
        return rows.filter(self.organization.subtree(self.ledger.path)) if self.organization else rows

    def candidates(self, rows: list[Row]) -> models.QuerySet[Any]:
        """Return the records that the rows may be; few where the rows are few."""
        first = self.identity[0]
        wanted = {row.values.get(first) for row in rows}
        held = self.scope()
        if len(wanted) < self.reads_whole_scope:
            held = held.filter(**{f"{self.lookups.get(first, first)}__in": wanted})
        return held

    def existing(self, rows: list[Row]) -> Mapping[Any, tuple[Any, Mapping[str, Any]]]:
        keys = list(dict.fromkeys([*self.identity, *self.fields]))
        lookups = [self.lookups.get(key, key) for key in keys]
        found = {}
        for pk, *values in self.candidates(rows).values_list("pk", *lookups).iterator(chunk_size=5000):
            current = dict(zip(keys, values, strict=True))
            found[tuple(current[k] for k in self.identity)] = (pk, current)
        return found

    def build(self, row: Row) -> models.Model:
        """Return the unsaved object of a new row."""
        return self.ledger.model(**row.values)

    def keep_constraints(self, rows: list[Row]) -> None:
        """Hold new and changed rows against the model's constraints: a row that breaks one is wrong here, by cell."""
        if type(self).write is not RecordImporter.write or not rows:
            return
        model = self.ledger.model
        names = constraints.fields_of(model)
        held = {}
        if changed := [row.pk for row in rows if row.pk is not None]:
            held = {
                values["pk"]: values for values in model._default_manager.filter(pk__in=changed).values("pk", *names)
            }
        records = []
        for row in rows:
            if row.pk is None:
                made = self.build(row)
                values = {name: getattr(made, name) for name in names} | {"pk": None}
            else:
                values = held[row.pk] | {attname(model, key): now for key, (_, now) in row.changes.items()}
            records.append(values)
        columns = {attname(model, c.key): c for c in self.ledger.columns if c.writable and _has_field(model, c.key)}
        for number, broken in constraints.broken(model, records):
            column = next((columns[name] for name in broken.fields if name in columns), self.ledger.columns[0])
            row = rows[number]
            if not row.errors:
                row.errors.append(CellError(column.header, self.cell(row, column.header), broken.message))

    def write(self, new: list[Row], changed: list[Row], undo: Undo, report: Report) -> Iterable[Touch]:
        objects = [self.build(row) for row in new]
        touches = [*create(objects, undo, self.user, report)]
        touches += rewrite(
            self.ledger.model, {row.pk: {k: v for k, (_, v) in row.changes.items()} for row in changed}, undo, self.user
        )
        return touches


def create(objects: Sequence[models.Model], undo: Undo, user: User, report: Report = quiet) -> Iterable[Touch]:
    """Insert objects of one model in bulk, noted for undo; return what they touch."""
    if not objects:
        return ()
    model = type(objects[0])
    for thing in objects:
        if isinstance(thing, Record):
            thing.updated_by = user
    report(0, len(objects), f"正在写入 {len(objects)} 行")
    bulk.insert(objects)
    undo.created[model._meta.label] += [o.pk for o in objects]
    return {t for o in objects if isinstance(o, Record) for t in o.touches()}


def create_rows(
    model: type[models.Model], rows: Sequence[Mapping[str, Any]], undo: Undo, user: User, report: Report = quiet
) -> Sequence[int]:
    """Insert rows of column name → value, noted for undo, and return their keys. For a hundred thousand rows."""
    if rows:
        report(0, len(rows), f"正在写入 {len(rows)} 行")
    keys = bulk.insert_rows(model, [{**row, "updated_by_id": user.pk} for row in rows])
    undo.created[model._meta.label] += keys
    return keys


def rewrite(
    model: type[models.Model], changes: Mapping[Any, Mapping[str, Any]], undo: Undo, user: User
) -> Iterable[Touch]:
    """Change rows of one model in bulk, pk → field → new value, noted for undo; return what they touch."""
    if not changes:
        return ()
    held = list(model._default_manager.select_for_update(of=("self",), no_key=True).filter(pk__in=list(changes)))
    touches: set[Touch] = set()
    traced: list[tuple[Record, Mapping[str, tuple[Any, Any]]]] = []
    names = sorted({name for values in changes.values() for name in values})
    for thing in held:
        before = {name: getattr(thing, attname(model, name)) for name in names}
        if isinstance(thing, Record):
            touches |= set(thing.touches())
            thing.version += 1
            thing.updated_by = user
            thing.updated_at = timezone.now()
            undo.versions[model._meta.label][str(thing.pk)] = thing.version
        for name, value in changes[thing.pk].items():
            setattr(thing, attname(model, name), value)
        if hasattr(thing, "derive"):
            thing.derive()
        undo.restored[model._meta.label].append({"pk": thing.pk, **before})
        if isinstance(thing, Record):
            touches |= set(thing.touches())
            traced.append(
                (thing, {k: (v, now) for k, v in before.items() if v != (now := getattr(thing, attname(model, k)))})
            )
    overwrite(model, held)
    trace_rows("import", traced)
    return touches


def overwrite(model: type[models.Model], held: Sequence[models.Model]) -> None:
    """Write existing rows back whole, in a few statements."""
    model._default_manager.bulk_create(
        held,
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["pk"],
        update_fields=[f.name for f in model._meta.concrete_fields if not f.primary_key and f.name != "created_at"],
    )


def attname(model: type[models.Model], name: str) -> str:
    return model._meta.get_field(name).attname  # type: ignore[union-attr]


def _has_field(model: type[models.Model], name: str) -> bool:
    return any(name in (f.name, f.attname) for f in model._meta.concrete_fields)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, defaultdict):
        return dict(value)
    raise TypeError(type(value))


# one file's way


def open_batch(
    ledger: Ledger,
    data: bytes,
    filename: str,
    user: User,
    organization: "Organization | None" = None,
    constants: Mapping[str, str] | None = None,
) -> tuple[ImportBatch, reading.HeaderMatch]:
    """Read an upload and find its header; return the unsaved batch and the match.

    `constants` gives header → value for every row, in place of columns that the file lacks.
    Raises reading.Unreadable or CannotImport with a Chinese message.
    """
    if ledger.importer is None:
        raise CannotImport(f"{ledger.title}由系统生成，只能导出，不能导入")
    match = reading.find_header(
        reading.read_workbook(data, filename), ledger.headers, [c.header for c in ledger.columns if c.required]
    )
    batch = ImportBatch(
        ledger=ledger.slug,
        user=user,
        organization=organization,
        home_path=access_of(user).home_path,
        filename=filename[-255:],
        digest=hashlib.sha256(data).hexdigest(),
        content=encrypt_bytes(data),
        sheet=match.sheet.name[:100],
        header_rows="–".join(str(n) for n in dict.fromkeys(match.header_rows)),
        mapping={str(index): header for index, header in match.mapping.items()},
        constants=dict(constants or {}),
    )
    return batch, match


def reopen(batch: ImportBatch) -> reading.HeaderMatch:
    """Read a kept upload again, with the mapping the user settled."""
    ledger = ledgers.get(batch.ledger)
    data = decrypt_bytes(bytes(batch.content or b""))
    match = reading.find_header(
        reading.read_workbook(data, batch.filename), ledger.headers, [c.header for c in ledger.columns if c.required]
    )
    match.mapping = {int(index): header for index, header in batch.mapping.items()}
    return match


def importer_for(batch: ImportBatch) -> Importer:
    """Return a fresh importer for a batch."""
    ledger = ledgers.get(batch.ledger)
    if ledger.importer is None:
        raise CannotImport(f"{ledger.title}只能导出，不能导入")
    importer = ledger.importer(ledger, batch.user, batch.organization)
    importer.constants = batch.constants
    importer.corrections = Corrections.load(batch.corrections)
    return importer


def missing_columns(ledger: Ledger, match: reading.HeaderMatch) -> list[str]:
    """Return the required headers that no column of the file is mapped to."""
    mapped = set(match.mapping.values())
    return [c.header for c in ledger.columns if c.required and c.header not in mapped]


def likelier(ledger: Ledger, user: User, sheets: Sequence[reading.Sheet], understood: int = 0) -> Ledger | None:
    """Return the ledger whose table a workbook looks like, where the one asked for has `understood` so many columns.

    Only one that the person may import to, and none of whose required columns is missing; None if none fits better.
    """
    tops = [replace(sheet, rows=[list(row) for row in sheet.rows[:SCANNED]]) for sheet in sheets]
    best = None
    for other in ledgers.catalogue():
        if other is ledger or other.importer is None or not access_of(user).has(other.edit_right):
            continue
        try:
            fit = reading.find_header(tops, other.headers, [c.header for c in other.columns if c.required])
        except reading.Unreadable:
            continue
        if not fit.missing and len(fit.mapping) > understood:
            best, understood = other, len(fit.mapping)
    return best


FURNITURE = {"序号", "原行号", "错误原因"}
"""Headers of columns that a printed ledger or a file of wrong rows carries, and that hold no record."""


def unknown_columns(ledger: Ledger, match: reading.HeaderMatch) -> list[str]:
    """Return the headers of the file that mean nothing to the ledger, neither read nor printed by it."""
    known = FURNITURE | set(ledger.by_header)
    return [match.columns[i] for i in match.unknown if reading.normal_header(match.columns[i]) not in known]


def preview(batch: ImportBatch, match: reading.HeaderMatch | None = None, report: Report = quiet) -> Analysis:
    """Analyse a batch and keep the outcome for the preview page; `match` spares reading a fresh upload twice."""
    importer = importer_for(batch)
    match = match or reopen(batch)
    if missing := importer.missing(match):
        raise CannotImport(f"表里没有找到必填的列：{'、'.join(missing)}。请在“核对表头”里指定，或补上这些列后重新上传")
    analysis = importer.analyse(match, report)
    counts = analysis.counts
    batch.new, batch.changed, batch.same, batch.wrong = (counts[s] for s in ("new", "changed", "same", "wrong"))
    batch.details = encrypt_bytes(orjson.dumps(_details(importer, analysis), default=str))
    batch.state = ImportBatch.State.PREVIEWED
    batch.save()
    return analysis


def _details(importer: Importer, analysis: Analysis) -> dict[str, Any]:
    """Return what the preview page shows: columns, and the first wrong, changed and new rows as in the sheet."""
    listed: dict[str, list[Any]] = {"wrong": [], "changed": [], "new": [], "same": []}
    wrong_cells = []
    masks = {c.key: c.mask for c in importer.ledger.columns if c.mask}
    columns = [(i, importer.ledger.by_header[h]) for i, h in sorted(analysis.match.mapping.items())]
    sheets = {sheet["name"]: position for position, sheet in enumerate(analysis.sheets)}
    alike = Counter((e.column, e.value) for row in analysis.rows for e in row.errors)
    for row in analysis.rows:
        state = row.state
        if state == "wrong":
            wrong_cells.append((row.number, list(row.cells), "；".join(f"{e.column}：{e.message}" for e in row.errors)))
        if len(listed[state]) >= (LISTED if state in ("wrong", "changed") else 100):
            continue
        errors = {e.column: e.message for e in row.errors}
        doubts = {e.column: e.message for e in row.warnings}
        cells = []
        for position, (index, column) in enumerate(columns):
            shown = text_of(row.cells[index] if index < len(row.cells) else "")
            mask = masks.get(column.key)
            if mask and column.header not in errors:
                shown = mask(shown)
            cell: dict[str, Any] = {"text": shown}
            if column.header in errors:
                cell["error"] = errors.pop(column.header)
                cell["name"] = field_name(sheets[row.sheet], row.number, position)
                cell["label"] = f"第 {row.number} 行 {column.header}"
                cell["suggestion"] = parsing.suggested(cell["error"])
                cell["alike"] = alike[column.header, shown] if shown else 1
            if column.header in doubts:
                cell["warning"] = doubts[column.header]
            if column.kind == "date" and not row.errors and column.key in row.values:
                cell["text"] = str(row.values[column.key])  # what will be stored
            if column.key in row.changes:
                old = row.changes[column.key][0]
                old_shown = importer.shown(column, old) if hasattr(importer, "shown") else column.show(old)
                cell["old"] = mask(str(old_shown)) if mask and old_shown else str(old_shown or "（空）")
            cells.append(cell)
        sheet = row.sheet if analysis.match.more else ""
        listed[state].append(
            {
                "number": row.number,
                "sheet": sheet,
                "of": row.sheet,
                "cells": cells,
                "more": [f"{k}：{m}" for k, m in errors.items()],
            }
        )
    return {
        "headers": [column.header for _, column in columns],
        "sheets": analysis.sheets,
        "asks": [*Counter(what for row in analysis.rows if not row.errors for what in row.asks).items()],
        "dropped": unknown_columns(importer.ledger, analysis.match),
        "all_headers": list(analysis.match.columns),
        "rows": listed,
        "wrong": wrong_cells,
    }


def details_of(batch: ImportBatch) -> dict[str, Any]:
    """Return what `preview` kept for the page."""
    return orjson.loads(decrypt_bytes(bytes(batch.details))) if batch.details else {}


def apply(batch: ImportBatch, report: Report = quiet) -> ImportBatch:
    """Apply a batch once: analysed anew against the register as it is now, and written, in one transaction.

    Raises CannotImport when it was applied already, or when somebody's change at the same moment collides.
    """
    try:
        return tried_again(lambda: _apply(batch, report))
    except IntegrityError as error:
        raise CannotImport("导入时登记册有别的改动，没有写入任何内容，请重新预览后再试") from error
    except closing.MonthClosed as error:
        raise CannotImport(f"{error}。请填写补录原因后再导入") from error
    except OperationalError as error:
        if not lost(error):
            raise
        raise CannotImport(
            "别人正在修改同一批记录，试了几次都没有轮到，没有写入任何内容。请过一会儿再按一次导入"
        ) from error


def _apply(batch: ImportBatch, report: Report) -> ImportBatch:
    with atomic(), acting_as(batch.user, current_address()), closing.with_reason(batch.late_reason):
        held = ImportBatch.objects.select_for_update(no_key=True).get(pk=batch.pk)
        if held.state in (ImportBatch.State.APPLIED, ImportBatch.State.UNDOING, ImportBatch.State.UNDONE):
            raise CannotImport("这个文件已经导入过了")
        _one_at_a_time(held)
        importer = importer_for(held)
        analysis = importer.analyse(reopen(held), report)
        return importer.apply(analysis, held, report)


def _enter(touches: set[Touch], undo: Undo, batch: ImportBatch) -> None:
    """Mark the rows that were written into locked months, and the batch where a row was taken out of one.

    Raises MonthClosed where no reason was given.
    """
    places = closing.locked(touches)
    if not places:
        return
    written = [*undo.created.items(), *((label, [row["pk"] for row in rows]) for label, rows in undo.restored.items())]
    for label, pks in written:
        model = apps.get_model(label)
        if issubclass(model, Record) and model.DATED:
            rows = model._default_manager.filter(pk__in=pks)
            places -= closing.enter_rows(closing.Act.IMPORT, ((record, record.touches()) for record in rows))
    left = (touch for touch in touches if (touch.organization_id, touch.day.replace(day=1)) in places)
    closing.enter(closing.Act.IMPORT, f"{ledgers.get(batch.ledger).title}的导入", left, batch)


def _one_at_a_time(batch: ImportBatch) -> None:
    """Let imports into the same street wait for each other, so that none makes what another just made."""
    within = streets.inside(batch.organization.path if batch.organization else batch.home_path)
    take_turns("import", *map(str, within or [streets.NONE]))

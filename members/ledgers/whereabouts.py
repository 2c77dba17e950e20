"""Ledgers of floating members (流动党员台账) and of members out of contact (失联党员台账), as of a day, and their import."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce

from accounts.encryption import EncryptedTextField
from accounts.permissions import Right
from ledgers.importing import Report, Row, Undo, create, create_rows, rewrite
from ledgers.ledger import Column, Filter, Ledger, field_filter, register
from ledgers.models import Touch
from members.models import Contact, Member, Membership, Whereabouts, floated, mask_id, mask_phone, without
from members.models.whereabouts import standing_on
from members.querysets import matching

from .references import MemberReferences

Kind = Whereabouts.Kind
REGISTERED = ("destination", "is_lost", "lost_on")
"""Columns of the register that make records of whereabouts: where somebody floats to, out of contact since when."""
CONTACT = ("last_contact", "last_way")
"""Columns that say when and how somebody was last reached: an entry of the log, no field of the record."""


class WhereaboutsImporter(MemberReferences):
    """The key is kind, person and first day. Those who float out are members; guests are known by branch and name."""

    def key(self, row: Row) -> Any:
        values = row.values
        person = values.get("member_id") or (values.get("organization_id"), values.get("name"))
        return values["kind"], person, values.get("since")

    def key_column(self, row: Row) -> str:
        return "姓名"

    def prepare(self, rows: list[Row]) -> None:
        """Find the members; a guest keeps name and organisation instead."""
        kinds = self.ledger.kinds  # type: ignore[attr-defined]
        for row in rows:
            row.values.setdefault("kind", kinds[0].value)
        members = [row for row in rows if row.values["kind"] != Kind.IN]
        super().prepare(members)
        for row in members:
            if "member_id" in row.values:
                row.values.pop("organization_id", None)  # follows the member
        found = {row.values["member_id"] for row in members if "member_id" in row.values}
        people = Member.objects.filter(pk__in=found).values_list("pk", "left_on", "joined_on")
        self.gone: set[int] = set()
        self.joined: dict[Any, date | None] = {}
        for pk, left, joined in people:
            self.joined[pk] = joined
            if left:
                self.gone.add(pk)

    def existing(self, rows: list[Row]) -> Mapping[Any, tuple[Any, Mapping[str, Any]]]:
        own = ["destination", "host", "contact", "phone", "until", "outcome", "remarks", "id_number", *CONTACT]
        self.open: dict[tuple[str, Any], tuple[Any, Any]] = {}
        found = {}
        columns = ("pk", "kind", "member_id", "organization_id", "name", "since")
        for pk, kind, member, place, name, since, *values in self.scope().values_list(*columns, *own):
            person = member or (place, name)
            found[kind, person, since] = (pk, {"kind": kind, "since": since} | dict(zip(own, values, strict=True)))
            if member and values[own.index("until")] is None:
                self.open[kind, member] = (pk, since)
        return found

    def check(self, rows: list[Row]) -> None:
        """Days in order and not to come; one open record of a kind for each member."""
        begun: dict[tuple[str, Any], Row] = {}
        for row in rows:
            values = row.values
            since, until = values["since"], values.get("until")
            for key in ("since", "until", "last_contact"):
                if values.get(key) and values[key] > self.today:
                    self.wrong(row, key, "这一天还没有到")
            if wrong := Whereabouts.too_early(since, self.joined.get(values.get("member_id"))):
                self.wrong(row, "since", wrong)
            if until and until <= since:
                self.wrong(row, "until", f"应在起始日期 {since} 之后")
            if "last_way" in values and "last_contact" not in values:
                self.wrong(row, "last_way", "请一并填最近联系日期")
            if row.pk is None and until is None and (member := values.get("member_id")):
                kind = values["kind"]
                if member in self.gone:
                    self.wrong(row, "since", "这名党员已离开登记册，请填结束日期")
                elif earlier := self.open.get((kind, member)):
                    self.wrong(row, "since", f"这名党员有一条 {earlier[1]} 起的登记还没有结束，请先填它的结束日期")
                elif (first := begun.setdefault((kind, member), row)) is not row:
                    self.wrong(row, "since", f"与第 {first.number} 行都没有结束日期，请补上较早一行的结束日期")

    def write(self, new: list[Row], changed: list[Row], undo: Undo, report: Report) -> Iterable[Touch]:
        made = [Whereabouts(**{k: v for k, v in row.values.items() if k not in CONTACT}) for row in new]
        create(made, undo, self.user, report)
        edits = {row.pk: {k: v for k, (_, v) in row.changes.items() if k not in CONTACT} for row in changed}
        rewrite(Whereabouts, {pk: values for pk, values in edits.items() if values}, undo, self.user)
        entries = [
            Contact(whereabouts_id=pk, on=row.values["last_contact"], way=row.values.get("last_way", Contact.Way.OTHER))
            for row, pk in [*zip(new, (one.pk for one in made), strict=True), *((row, row.pk) for row in changed)]
            if row.values.get("last_contact") and (row.pk is None or any(key in row.changes for key in CONTACT))
        ]
        create(entries, undo, self.user)
        return self._keep_in_step(new, changed, undo)

    def _keep_in_step(self, new: list[Row], changed: list[Row], undo: Undo) -> set[Touch]:
        """Let the memberships follow the records of floating out, as a single one does by `Member.mark_floating`."""
        marks: dict[int, list[tuple[Any, Any, bool]]] = defaultdict(list)
        for row in new:
            if row.values["kind"] == Kind.OUT:
                marks[row.values["member_id"]].append((row.values["since"], row.values.get("until"), True))
        for row in changed:
            if row.values["kind"] == Kind.OUT and "until" in row.changes:
                since, (old, until) = row.values["since"], row.changes["until"]
                for away, left in (
                    (False, without((since, old), (since, until))),
                    (True, without((since, until), (since, old))),
                ):
                    marks[row.values["member_id"]] += [(*span, away) for span in left]
        lines: dict[int, list[Membership]] = defaultdict(list)
        for membership in Membership.objects.filter(member__in=list(marks)).order_by("start"):
            lines[membership.member_id].append(membership)
        state = ("end", "left_by", "document", "is_floating")
        edits: dict[int, dict[str, Any]] = {}
        members: dict[int, dict[str, Any]] = {}
        fresh: list[Membership] = []
        for member, spans in marks.items():
            before = {m.pk: [getattr(m, name) for name in state] for m in lines[member]}
            planned = lines[member]
            for start, end, away in spans:
                planned = floated(planned, start, end, away=away)
            for m in planned:
                if m.pk is None:
                    fresh.append(m)
                elif (now := [getattr(m, name) for name in state]) != before[m.pk]:
                    edits[m.pk] = dict(zip(state, now, strict=True))
            members[member] = {"is_floating": planned[-1].is_floating}
        touches = set(rewrite(Membership, edits, undo, self.user)) | set(create(fresh, undo, self.user))
        held = dict(Member.objects.filter(pk__in=list(members)).values_list("pk", "is_floating"))
        turned = {pk: values for pk, values in members.items() if values["is_floating"] != held[pk]}
        return touches | set(rewrite(Member, turned, undo, self.user))


class RegisteredAway:
    """What a register of members says of who is away or out of contact, on its way to records of whereabouts.

    The register names no day from which somebody floats: the record begins with the day of the import.
    """

    def __init__(self, keys: Iterable[str], today: date) -> None:
        self.keys = [key for key in REGISTERED if key in keys]
        self.today = today
        self.open: dict[tuple[int, str], Whereabouts] = {}

    def faults(self, row: Row) -> Iterator[tuple[str, str]]:
        """Complete a row from what it says, and yield (column key, what cannot be)."""
        values = row.values
        if values.get("destination") and values.setdefault("is_floating", True) is False:
            yield "destination", "不是流动党员的不填外出流向；是的，请把流动党员一列改为“是”"
        if on := values.get("lost_on"):
            if values.setdefault("is_lost", True) is False:
                yield "lost_on", "没有失联的不填失去联系日期"
            elif on > self.today:
                yield "lost_on", "这一天还没有到"
            elif wrong := Whereabouts.too_early(on, values.get("joined_on")):
                yield "lost_on", wrong

    def current(self, members: Iterable[int]) -> dict[int, dict[str, Any]]:
        """Return member id → what the open records say under these columns. One query."""
        if not self.keys:
            return {}
        held = Whereabouts.objects.open_ones().filter(kind__in=(Kind.OUT, Kind.LOST), member__in=list(members))
        for record in held.order_by("since"):
            assert record.member_id is not None  # only a guest has none
            self.open[record.member_id, record.kind] = record
        found: dict[int, dict[str, Any]] = {}
        for member in members:
            out, lost = self.open.get((member, Kind.OUT)), self.open.get((member, Kind.LOST))
            told = {
                "destination": out.destination if out else None,
                "is_lost": lost is not None,
                "lost_on": lost.since if lost else None,
            }
            found[member] = {key: told[key] for key in self.keys}
        return found

    def begins_today(self, row: Row) -> bool:
        """Say whether a row calls somebody lost without a day, who was not."""
        is_new = row.pk is None or "is_lost" in row.changes
        return bool(row.values.get("is_lost")) and is_new and "lost_on" not in row.values

    def write(self, rows: Iterable[tuple[int, Row]], undo: Undo, user: Any) -> None:
        """Make and change the records that rows, each with its member's id, ask for."""
        fresh: list[dict[str, Any]] = []
        edits: dict[Any, dict[str, Any]] = {}
        for member, row in rows:
            for kind, said in self._said(row):
                held = self.open.get((member, kind))
                if held is None:
                    fresh.append({"member_id": member, "kind": kind, "since": self.today, **said})
                elif said:
                    edits[held.pk] = said
        create_rows(Whereabouts, fresh, undo, user)
        rewrite(Whereabouts, edits, undo, user)

    def _said(self, row: Row) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield (kind, fields) of the records that a new or changed row speaks of."""
        values = row.values if row.pk is None else {key: now for key, (_, now) in row.changes.items()}
        if values.get("destination"):
            yield Kind.OUT, {"destination": values["destination"]}
        if values.get("is_lost") or values.get("lost_on"):
            yield Kind.LOST, {"since": values["lost_on"]} if values.get("lost_on") else {}


WAYS = {"打电话": "phone", "微信": "message", "短信": "message", "QQ": "message", "走访": "visit", "上门": "visit", "信件": "letter", "亲属": "via", "亲友": "via"}  # fmt: skip
_BRANCH = Column("所在党支部", "place_name", "organization", ("党支部", "所属支部", "支部", "联系支部"), True, field="organization_id", width=24, note="党支部的名称或编码")  # fmt: skip
_NAME = Column("姓名", "person_name", "name", ("党员姓名",), True, field="name", width=10, max_length=60)
_ID = Column("身份证号", "person_id", "id", ("公民身份号码", "身份证号码"), field="id_number", width=20, mask=mask_id, sortable=False, note="支部里没有重名的可以不填")  # fmt: skip
_END = (
    Column("结束情况", "outcome", "text", ("结果",), width=20, listed=False, max_length=200),
    Column("备注", "remarks", "text", width=20, listed=False, max_length=300),
)


class WhereaboutsLedger(Ledger):
    """Base of the ledgers over records of whereabouts; subclasses say which kinds."""

    kinds: ClassVar[tuple[Kind, ...]]
    group = "党员"
    unit = "人"
    model = Whereabouts
    order = ("place_path", "since", "pk")
    right = Right.MEMBERS_VIEW
    edit_right = Right.MEMBERS_EDIT
    importer = WhereaboutsImporter
    page = ("members:away", "pk")

    @property
    def path(self) -> str:
        """Whose record it is today comes from the member's branch, or is the guest's."""
        return "place_path"

    def queryset(self) -> models.QuerySet[Any]:
        rows = Whereabouts.objects.placed().with_last_contact().filter(kind__in=self.kinds)
        return rows.annotate(
            person_name=Coalesce("member__name", "name"),
            person_id=Coalesce("member__id_number", "id_number", output_field=EncryptedTextField()),
        )

    def standing(self, day: date) -> Q:
        return standing_on(day)

    def timeless(self, filters: Mapping[str, str]) -> bool:
        return "all" in filters

    def search(self, text: str) -> Q:
        return matching(text, "member__") | Q(name__contains=text) | Q(destination__icontains=text)


_ALL = Filter("all", "含已结束", lambda value, query: {"1": Q()}[value], [("1", "含已结束")], more=True)


@register
class FloatingLedger(WhereaboutsLedger):
    slug = "floating"
    title = "流动党员台账"
    about = "流出党员的去向、联系人和联系情况；外来党员在本地居住的登记为流入，不计入党员数。"
    kinds = (Kind.OUT, Kind.IN)
    create_page = "members:floating-create"
    views = (("流入登记", "members:guest-create"),)
    columns = (
        Column("流动类型", "kind", "choice", ("类型", "流向"), True, Kind.choices[:2], {"外出": "out", "流出党员": "out", "流入党员": "in", "外来": "in"}, width=9),
        _BRANCH,
        _NAME,
        _ID,
        Column("流动日期", "since", "date", ("流出日期", "流入日期", "外出时间", "外出日期", "流动时间"), True, width=12),
        Column("流向地", "destination", "text", ("流动去向", "外出地点", "流入地", "现居住地", "来源地", "流出地"), width=26, max_length=200, note="流出填去向，流入填现住址"),
        Column("对方党组织", "host", "text", ("流入地党组织", "流出地党组织"), width=22, listed=False, max_length=100),
        Column("联系人", "contact", "name", ("支部联系人",), width=10, max_length=60),
        Column("联系电话", "phone", "phone", ("联系方式", "手机号码"), width=14, mask=mask_phone, sortable=False),
        Column("最近联系日期", "last_contact", "date", ("最近联系时间", "最近一次联系时间"), width=12),
        Column("最近联系方式", "last_way", "choice", choices=Contact.Way.choices, synonyms=WAYS, width=10, listed=False),
        Column("返回日期", "until", "date", ("结束日期", "返回时间"), width=12, listed=False),
        *_END,
    )  # fmt: skip
    filters = (field_filter("kind", "流动类型", "kind", Kind.choices[:2]), _ALL)


@register
class LostContactLedger(WhereaboutsLedger):
    slug = "lost-contact"
    title = "失联党员台账"
    about = "与党组织失去联系的党员和查找经过。处理之前仍在册、仍计入党员数。"
    kinds = (Kind.LOST,)
    create_page = "members:lost-create"
    columns = (
        _BRANCH,
        _NAME,
        _ID,
        Column("失联日期", "since", "date", ("失联时间",), True, width=12),
        Column("最后联系的地点", "destination", "text", ("原去向",), width=26, max_length=200),
        Column("恢复联系日期", "until", "date", ("结束日期", "找到日期"), width=12, listed=False),
        *_END,
    )
    filters = (_ALL,)

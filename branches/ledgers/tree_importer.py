"""Import of the organisation tree and of committees."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from itertools import pairwise
from operator import or_
from typing import Any

from django.apps import apps
from django.db.models import Q

from accounts.encryption import blind_index
from accounts.permissions import access_of
from ledgers.importing import Importer, RecordImporter, Report, Row, Undo, create, rewrite
from ledgers.models import Touch

from ..forms.tree import OF_THE_SUPERIOR, may_restructure_at
from ..models import RESERVED_CODES, Committee, CommitteeSeat, Organization, OrganizationEvent


class OrganizationImporter(RecordImporter):
    """Parents may stand anywhere in the file, or be in the register already."""

    identity = ("code",)
    asks_about = "名称和成立日期"

    @property
    def fields(self) -> list[str]:
        return [key for key in super().fields if key != "parent_code"]

    def existing(self, rows: list[Row]) -> Mapping[Any, tuple[Any, Mapping[str, Any]]]:
        found = dict(super().existing(rows))
        paths = dict(self.scope().values_list("pk", "path"))
        codes = dict(Organization.objects.values_list("path", "code"))
        for key, (pk, current) in found.items():
            found[key] = (pk, {**current, "parent_code": codes.get(paths[pk][: -Organization.steplen])})
        return found

    def check(self, rows: list[Row]) -> None:
        inside = {row.values["code"]: row for row in rows}
        wanted = {row.values.get("parent_code") for row in rows} - {None}
        allowed = Organization.objects.filter(access_of(self.user).scope(self.ledger.edit_right, "path"))
        if self.organization is not None:
            allowed = allowed.filter(self.organization.subtree())
        visible = dict(allowed.filter(code__in=wanted).values_list("code", "pk"))
        taken = set(
            Organization.objects.filter(code__in=[r.values["code"] for r in rows if r.pk is None]).values_list(
                "code", flat=True
            )
        )
        everywhere = access_of(self.user).paths(self.ledger.edit_right) is None and self.organization is None
        for row in rows:
            parent, code = row.values.get("parent_code"), row.values["code"]
            dissolved, established = row.values.get("dissolved_on"), row.values.get("established")
            if dissolved and established and dissolved < established:
                self.wrong(row, "dissolved_on", f"撤销日期早于成立日期 {established}")
            if row.pk is None and code in RESERVED_CODES:
                self.wrong(row, "code", "这个编码留给系统的网址用，请改一个")
            if row.values.get("expires_on") and row.values["kind"] != Organization.Kind.TEMPORARY_BRANCH:
                self.wrong(row, "expires_on", "只有临时党支部填到期日期")
            if "kind" in row.changes:
                self.wrong(row, "kind", "改变类别请在组织页面办理，以便留下日期和文号；登记错的也在那里改正")
            if code in taken:
                self.wrong(row, "code", "这个编码不能用，请与街道党建办核对")
            elif parent is None:
                if row.pk is None and not everywhere:
                    self.wrong(row, "code", "请填上级组织编码")
            elif parent == code:
                self.wrong(row, "parent_code", "上级不能是自己")
            elif parent not in inside and parent not in visible:
                self.wrong(row, "parent_code", "登记册和本表里都没有这个编码的组织")
            elif "parent_code" in row.changes:
                self.wrong(row, "parent_code", "转隶请在组织页面办理，以便留下日期和文号")
        self._hold_to_the_superior([row for row in rows if row.changes.keys() & set(OF_THE_SUPERIOR)])
        self._refuse_orphans(rows, inside, visible)
        self._refuse_to_leave_people([row for row in rows if row.changes.get("dissolved_on", (0, None))[1]])

    def _hold_to_the_superior(self, rows: list[Row]) -> None:
        """A new name or founding day is for who keeps the superior's records, as on the page; it is asked for first.

        Two queries however many rows.
        """
        if not rows:
            return
        step = Organization.steplen
        paths = dict(Organization.objects.filter(pk__in=[row.pk for row in rows]).values_list("pk", "path"))
        sisters = self._names_beside([paths[row.pk] for row in rows if "name" in row.changes])
        for row in rows:
            above = paths[row.pk][:-step]
            if not may_restructure_at(self.user, paths[row.pk]):
                key = next(key for key in OF_THE_SUPERIOR if key in row.changes)
                self.wrong(row, key, "这一项由上级党组织改，请联系上级")
                continue
            if "name" in row.changes:
                old, new = row.changes["name"]
                if row.values["kind"] == Organization.Kind.GROUP:
                    self.wrong(row, "name", "党小组更名请在组织页面办理，党员所在的党小组随之更名")
                elif sisters.get((above, new), row.pk) != row.pk:
                    self.wrong(row, "name", "同一上级下已有同名的组织，请加以区分")
                else:
                    self.ask(
                        row, "name", "更名", f"将由“{old}”更名，写入组织沿革，日期是今天；有文号的请在组织页面办理"
                    )
            if "established" in row.changes:
                old = row.changes["established"][0]
                self.ask(row, "established", "改成立日期", f"将由 {old or '（空）'} 改过来，以前各期的数字随之重算")

    def _names_beside(self, paths: Sequence[str]) -> dict[tuple[str, str], int]:
        """Return (path above, name) → key of the undissolved organisations beside these."""
        step = Organization.steplen
        above = {path[:-step] for path in paths}
        if not above:
            return {}
        beside = reduce(or_, (Q(path__startswith=path, depth=len(path) // step + 1) for path in above))
        rows = Organization.objects.undissolved().filter(beside)
        return {(path[:-step], name): pk for pk, path, name in rows.values_list("pk", "path", "name")}

    def _refuse_to_leave_people(self, rows: list[Row]) -> None:
        """An organisation cannot end while members or subordinates are left in it. Two queries however many rows."""
        if not rows:
            return
        days = {row.pk: row.values["dissolved_on"] for row in rows}
        spans = apps.get_model("members", "Membership").objects.filter(branch__in=days)
        left = Counter(
            branch for branch, end in spans.values_list("branch_id", "end") if end is None or end > days[branch]
        )
        paths = {o.path: o.pk for o in Organization.objects.filter(pk__in=days)}
        step, ending = Organization.steplen, {row.values["code"]: row.values["dissolved_on"] for row in rows}
        below = Organization.objects.filter(reduce(or_, (Q(path__startswith=path) for path in paths)))
        for path, code, dissolved in below.values_list("path", "code", "dissolved_on"):
            above = paths.get(path[:-step])
            end = ending.get(code) or dissolved
            if above is not None and (end is None or end > days[above]):
                left[-above] += 1
        for row in rows:
            if left[row.pk]:
                self.wrong(row, "dissolved_on", f"还有 {left[row.pk]} 名党员在册，请先把他们转到别的支部")
            elif left[-row.pk]:
                self.wrong(row, "dissolved_on", f"还有 {left[-row.pk]} 个下级组织没有撤销，请先撤销或转隶")

    def _refuse_orphans(self, rows: list[Row], inside: Mapping[str, Row], visible: Mapping[str, int]) -> None:
        """A row whose parent in the file is wrong, or that stands in a circle, is wrong too."""
        settled: dict[str, bool] = {}

        def sound(code: str, trail: tuple[str, ...]) -> bool:
            if code not in settled:
                row = inside[code]
                parent = row.values.get("parent_code")
                settled[code] = not row.errors and (
                    row.pk is not None
                    or parent is None
                    or parent in visible
                    or (parent not in trail and parent in inside and sound(parent, (*trail, code)))
                )
            return settled[code]

        for row in rows:
            if not row.errors and not sound(row.values["code"], (row.values["code"],)):
                self.wrong(row, "parent_code", "上级组织所在的行有错，改正后再导入")

    def write(self, new: list[Row], changed: list[Row], undo: Undo, report: Report) -> Iterable[Touch]:
        rows = {row.values["code"]: row for row in new}
        parents = {row.values.get("parent_code") for row in new} - {None}
        nodes = {
            o.code: o
            for o in Organization.objects.select_for_update(of=("self",), no_key=True).filter(code__in=parents)
        }
        last = self._last_steps(list(nodes.values()))
        made: list[Organization] = []
        waiting = list(rows.values())
        while waiting:
            later = []
            for row in waiting:
                code = row.values.get("parent_code")
                if code is not None and code not in nodes:
                    later.append(row)
                    continue
                values = {k: v for k, v in row.values.items() if k != "parent_code"}
                node = Organization(**values)
                parent = nodes.get(code) if code else None
                base = parent.path if parent else ""
                last[base] = last.get(base, 0) + 1
                node.depth = (parent.depth if parent else 0) + 1
                node.path = Organization._get_path(base, node.depth, last[base])
                node.numchild = 0
                if parent:
                    parent.numchild += 1
                nodes[node.code] = node
                made.append(node)
            waiting = later
        touches = [*create(made, undo, self.user, report)]
        existing = [o for o in nodes.values() if o.code not in rows]
        Organization.objects.bulk_update(existing, ["numchild"])
        touches += rewrite(
            Organization, {row.pk: {k: v for k, (_, v) in row.changes.items()} for row in changed}, undo, self.user
        )
        return [*touches, *self._write_history(changed, undo)]

    def _write_history(self, rows: list[Row], undo: Undo) -> Iterable[Touch]:
        """A new name, or an end, is history just as it is when somebody enters it on the page."""
        found = Organization.objects.in_bulk([row.pk for row in rows])
        events = []
        for row in rows:
            organization = found[row.pk]
            if "name" in row.changes:
                events.append(OrganizationEvent.renaming(organization, row.changes["name"][0], self.today))
            if organization.dissolved_on and "dissolved_on" in row.changes:
                events.append(
                    OrganizationEvent(
                        organization=organization,
                        kind=OrganizationEvent.Kind.DISSOLVED,
                        on=organization.dissolved_on,
                        detail=f"{organization.name}撤销",
                    )
                )
        return create(events, undo, self.user)

    def _last_steps(self, parents: list[Organization]) -> dict[str, int]:
        """Return parent path ("" for the roots) → number of its last child's step."""
        last: dict[str, int] = defaultdict(int)
        depths = {p.depth + 1 for p in parents} | {1}
        known = {p.path for p in parents} | {""}
        for path in Organization.objects.filter(depth__in=depths).values_list("path", flat=True):
            base = path[: -Organization.steplen]
            if base in known:
                last[base] = max(last[base], Organization._str2int(path[-Organization.steplen :]))
        return last


def members_by_number(importer: Importer, numbers: set[str]) -> Mapping[str, tuple[int, str]]:
    """Return citizen ID → (pk, name) of the members that the importer's user may write to. One query."""
    if not numbers:
        return {}
    indexes = {blind_index(number, "citizen-id"): number for number in numbers}
    members = apps.get_model("members", "Member").objects
    scope = access_of(importer.user).scope(importer.ledger.edit_right, "branch__path")
    rows = members.filter(scope, id_number_index__in=list(indexes)).values_list("id_number_index", "pk", "name")
    return {indexes[index]: (pk, name) for index, pk, name in rows}


def members_by_name(importer: Importer, names: set[str]) -> Mapping[str, list[tuple[int, str]]]:
    """Return name → [(pk, path of the branch)] of the live members that the importer's user may write to. One query."""
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    if not names:
        return found
    members = apps.get_model("members", "Member").objects
    scope = access_of(importer.user).scope(importer.ledger.edit_right, "branch__path")
    live = members.filter(scope, name__in=names, left_on__isnull=True)
    for pk, name, path in live.values_list("pk", "name", "branch__path"):
        found[name].append((pk, path))
    return found


def mask_id(number: str) -> str:
    """Return a citizen ID with the middle ten characters hidden, as ledgers show it."""
    return number and f"{number[:4]}{'*' * 10}{number[-4:]}"


def person_named(importer: Importer, row: Row) -> bool:
    """Take an ID that stands under 姓名 for what it is; refuse a row that names nobody, and say so."""
    name = row.values.get("name", "")
    if len(name) in (15, 18) and name[:-1].isdigit():
        row.values["id_number"] = name.upper()
        del row.values["name"]
    if "name" not in row.values and "id_number" not in row.values and not row.errors:
        importer.wrong(row, "name", "请填姓名或身份证号")
        return False
    return True


def find_people(importer: Importer, rows: Sequence[Row], place: str = "organization") -> None:
    """Put `member` and `name` into rows by `id_number`, or by a `name` that one live member has at or below `place`.

    Of namesakes the one is meant whose masked ID stands in the row. Whom the register does not have stays a name. A
    group's members are those of its branch. Five queries however many rows.
    """
    by_number = members_by_number(importer, {r.values["id_number"] for r in rows if "id_number" in r.values})
    named = [r for r in rows if "name" in r.values and "id_number" not in r.values]
    by_name = members_by_name(importer, {row.values["name"] for row in named})
    places = Organization.objects.filter(pk__in={row.values[place] for row in rows}) if rows else ()
    paths = {o.pk: o.path[: -o.steplen] if o.kind == Organization.Kind.GROUP else o.path for o in places}
    here = {
        row.place: [pk for pk, path in by_name[row.values["name"]] if path.startswith(paths[row.values[place]])]
        for row in named
    }
    doubtful = {
        pk for row in named if row.masked.get("id_number") for pk in here[row.place] if len(here[row.place]) > 1
    }
    people = apps.get_model("members", "Member").objects.filter(pk__in=doubtful) if doubtful else ()
    masks = {member.pk: mask_id(member.id_number) for member in people}
    for row in rows:
        number = row.values.pop("id_number", None)
        if number is not None:
            found = by_number.get(number)
            if found is None:
                row.values["id_number"] = number
                importer.wrong(row, "id_number", "党员花名册里没有这个身份证号")
            else:
                row.values["member"], row.values["name"] = found
            continue
        meant = here[row.place]
        if len(meant) > 1:
            meant = [pk for pk in meant if masks.get(pk) == row.masked.get("id_number", "").upper()] or meant
        if len(meant) > 1:
            importer.wrong(row, "name", f"本组织有 {len(meant)} 名党员叫这个名字，请改填身份证号")
        elif meant:
            row.values["member"] = meant[0]


class CommitteeImporter(Importer):
    """One row is one seat; rows of one organisation and 届次 make one committee."""

    def key(self, row: Row) -> Any:
        values = row.values
        if "organization" not in values or "number" not in values:
            return None
        return values["organization"], values["number"], values.get("post", "member"), values.get("name", "")

    def key_column(self, row: Row) -> str:
        return "姓名"

    def prepare(self, rows: list[Row]) -> None:
        """Find the members behind names and IDs; a seat needs one or the other."""
        kinds = dict(
            Organization.objects.filter(
                pk__in={r.values["organization"] for r in rows if isinstance(r.values.get("organization"), int)}
            ).values_list("pk", "kind")
        )
        for row in rows:
            row.values.setdefault("post", CommitteeSeat.Post.MEMBER.value)
            community = kinds.get(row.values.get("organization")) == Organization.Kind.COMMUNITY_COMMITTEE
            row.values.setdefault("term_years", 5 if community else 3)
            person_named(self, row)
            if not 1 <= row.values["term_years"] <= 10:
                self.wrong(row, "term_years", "任期应在 1 到 10 年之间")
        find_people(self, [r for r in rows if not r.errors])

    def existing(self, rows: list[Row]) -> Mapping[Any, tuple[Any, Mapping[str, Any]]]:
        wanted = {row.values["organization"] for row in rows}
        seats = CommitteeSeat.objects.filter(committee__organization__in=wanted).select_related("committee")
        return {
            (s.committee.organization_id, s.committee.number, s.post, s.name): (
                s.pk,
                {
                    "start": s.committee.start,
                    "term_years": s.committee.term_years,
                    "member": s.member_id,
                    "since": s.since,
                    "left_on": s.left_on,
                },
            )
            for s in seats
        }

    def check(self, rows: list[Row]) -> None:
        """The rows of one committee must agree on when it started."""
        starts: dict[tuple[int, str], Row] = {}
        for row in rows:
            first = starts.setdefault((row.values["organization"], row.values["number"]), row)
            if first.values["start"] != row.values["start"]:
                self.wrong(row, "start", f"与第 {first.number} 行同一届次，任职开始却不同")
            took = row.values.get("since") or row.values["start"]
            if row.values.get("left_on") and row.values["left_on"] < took:
                self.wrong(row, "left_on", f"离任日期早于任职日期 {took}")
            row.changes = {k: v for k, v in row.changes.items() if k != "term_years" or "term_years" in self.keys}

    def write(self, new: list[Row], changed: list[Row], undo: Undo, report: Report) -> Iterable[Touch]:
        touches: list[Touch] = []
        held = {
            (c.organization_id, c.number): c
            for c in Committee.objects.filter(organization__in={r.values["organization"] for r in [*new, *changed]})
        }
        fresh: dict[tuple[int, str], Committee] = {}
        for row in new:
            place = row.values["organization"], row.values["number"]
            if place not in held and place not in fresh:
                fresh[place] = Committee(
                    organization_id=place[0],
                    number=place[1],
                    start=row.values["start"],
                    term_years=row.values["term_years"],
                )
        touches += create(list(fresh.values()), undo, self.user, report)
        held |= fresh
        seats = [
            CommitteeSeat(
                committee=held[row.values["organization"], row.values["number"]],
                post=row.values["post"],
                name=row.values["name"],
                member_id=row.values.get("member"),
                since=row.values.get("since"),
                left_on=row.values.get("left_on"),
            )
            for row in new
        ]
        touches += create(seats, undo, self.user, report)
        terms: dict[int, dict[str, Any]] = {}
        seated: dict[int, dict[str, Any]] = {}
        for row in changed:
            committee = held[row.values["organization"], row.values["number"]]
            for key, (_, value) in row.changes.items():
                target, pk = (terms, committee.pk) if key in ("start", "term_years") else (seated, row.pk)
                target.setdefault(pk, {})[key] = value
        touches += rewrite(Committee, terms, undo, self.user)
        touches += rewrite(CommitteeSeat, seated, undo, self.user)
        self._close_earlier({c.organization_id for c in fresh.values()}, undo)
        return touches

    def _close_earlier(self, organizations: set[int], undo: Undo) -> None:
        """A committee ends on the day its successor starts."""
        by_organization: dict[int, list[Committee]] = defaultdict(list)
        for committee in Committee.objects.filter(organization__in=organizations).order_by("start"):
            by_organization[committee.organization_id].append(committee)
        ends = {
            earlier.pk: {"ended_on": later.start}
            for line in by_organization.values()
            for earlier, later in pairwise(line)
            if earlier.ended_on is None and later.start > earlier.start
        }
        rewrite(Committee, ends, undo, self.user)

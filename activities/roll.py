"""The roll of an activity on its way to being saved: who is called, how each is marked, what minutes say of them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.http import QueryDict

from accounts.permissions import Right, access_of
from branches.models import CommitteeSeat, Organization
from ledgers.parsing import row_key, row_keys
from members.models import Exemption, Member, Membership, TemporaryAttachment
from members.querysets import in_force

from .minutes import Minutes, match_roster
from .models import Activity, Attendance, LeaveRequest

State = Attendance.State
NOBODY = "none"
"""The answer that a name in minutes is none of the members offered."""
UNMENTIONED = "记录里没有提到"
ALL_CAME, ALL_BUT, ONE_BY_ONE = "all", "but", "each"
"""The answers to the question how to mark those of whom the minutes say nothing."""


@dataclass
class Line:
    """One person on the roll. `added` by hand rather than by rule; `doubt` says why a person should look again."""

    member_id: int
    name: str
    initials: str
    group: str = ""
    category: str = Member.Category.FULL.value
    is_floating: bool = False
    state: str = State.PRESENT.value
    reason: str = ""
    added: bool = False
    excused: bool = False  # a leave was granted for the day
    doubt: str = ""
    unasked: str = ""  # the state before a question about this person was answered
    listed: str = ""  # "state:reason" as rule, leave and minutes give it: what differs was marked by hand

    @property
    def notes(self) -> str:
        """What tells this person from a namesake, and matters for the roll."""
        category = Member.Category.PROBATIONARY.label if self.category == Member.Category.PROBATIONARY else ""
        return " · ".join(note for note in (self.group, category, "流动党员" if self.is_floating else "") if note)


@dataclass
class Question:
    """A name in minutes that only a person can place; `must` be answered where the options are namesakes."""

    name: str
    state: str
    reason: str
    options: list[Line]
    must: bool
    answer: str = ""

    @property
    def choices(self) -> Iterator[tuple[str, Line]]:
        """Yield what each answer sends (member, the state to leave, the one to take, reason), and whom it means."""
        for line in self.options:
            yield f"{line.member_id}:{line.unasked}:{self.state}:{self.reason}", line


@dataclass
class Roll:
    """The lines, the groups they can be narrowed to, and what reading minutes left open."""

    lines: list[Line] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    group: str = ""
    questions: list[Question] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    posts: dict[int, str] = field(default_factory=dict)  # of the committee, by member

    @property
    def unmarked(self) -> list[Line]:
        """Those of whom nobody said whether they came: a person is asked, nobody is marked."""
        return [line for line in self.lines if not line.state]

    @property
    def marks(self) -> dict[int, tuple[str, str]]:
        """Member id → (state, reason), as `record_roll` takes it."""
        return {line.member_id: (line.state, line.reason) for line in self.lines if line.state}

    @property
    def present_ids(self) -> list[int]:
        """The ids of those marked as there, late or not."""
        return [line.member_id for line in self.lines if line.state in State.there()]

    @property
    def unmentioned(self) -> list[Line]:
        """Who is called but not named in the minutes."""
        return [line for line in self.lines if line.doubt == UNMENTIONED]

    @property
    def counts(self) -> dict[str, int]:
        """Return expected, present (late or not), leave, absent."""
        states = Counter(line.state for line in self.lines)
        return {
            "expected": len(self.lines) - states[State.EXEMPT.value],
            "present": sum(states[state.value] for state in State.there()),
            "leave": states[State.LEAVE.value],
            "absent": states[State.ABSENT.value],
        }


# Who


def called(organization: Organization, kind: str, day: date) -> list[Line]:
    """Return who is due at an activity of this kind on this day, everyone present until marked otherwise.

    A committee meeting, and an activity of an organisation that is neither branch nor group, calls the committee's
    seats; a group its members; a temporary branch those attached to it; everything else all members of the branch on
    that day. Two queries at most.
    """
    if _calls_committee(organization, kind):
        seats = CommitteeSeat.objects.held_on(day).filter(committee__organization=organization, member__isnull=False)
        due = Q(member__in=list(seats.values_list("member_id", flat=True)))
    elif organization.kind == Organization.Kind.GROUP:
        names = [name for name in (organization.name, organization.short_name) if name]
        due = Q(branch__path=branch_path(organization), member__group_name__in=names)
    elif organization.kind == Organization.Kind.TEMPORARY_BRANCH:
        attached = TemporaryAttachment.objects.standing_on(day).filter(organization=organization)
        due = Q(branch=organization) | Q(member__in=attached.values("member_id"))
    else:
        due = Q(branch=organization)
    rows = Membership.objects.in_force_on(day).filter(due).order_by("member_id")
    return [Line(*values) for values in rows.values_list(*_LINE)]


_LINE = (
    "member_id",
    "member__name",
    "member__initials",
    "member__group_name",
    "member__category",
    "is_floating",
)
"""The first fields of a `Line`, from a membership."""


def posts_in(organization: Organization, day: date) -> dict[int, str]:
    """Return what post each member of the committee of an organisation, or of a group's branch, holds on a day."""
    place = branch_path(organization)
    seats = CommitteeSeat.objects.held_on(day).filter(committee__organization__path=place, member__isnull=False)
    return {member: CommitteeSeat.Post(post).label for member, post in seats.values_list("member_id", "post")}


def posts_each(wanted: Sequence[tuple[Organization, str, date]]) -> list[dict[int, str]]:
    """Return what `posts_in` returns for each of many, with one query for all."""
    paths = {branch_path(organization) for organization, *_ in wanted}
    seats: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    held = CommitteeSeat.objects.filter(committee__organization__path__in=paths, member__isnull=False)
    for path, *seat in held.values_list("committee__organization__path", "member_id", "post", *_IN_OFFICE):
        seats[path].append(tuple(seat))
    return [
        {
            member: CommitteeSeat.Post(post).label
            for member, post, *term in seats[branch_path(organization)]
            if _in_office(day, *term)
        }
        for organization, _, day in wanted
    ]


_IN_OFFICE = ("committee__start", "committee__ended_on", "since", "left_on")


def _in_office(day: date, start: date, ended: date | None, since: date | None, left: date | None) -> bool:
    """Say whether a seat was held on a day; as `CommitteeSeat.objects.held_on`, for rows that were read already."""
    begun = start <= day and (since is None or since <= day)
    return begun and (ended is None or ended > day) and (left is None or left > day)


def called_each(wanted: Sequence[tuple[Organization, str, date]]) -> list[list[Line]]:
    """Return what `called` returns for each of many (organisation, kind, day), with three queries for all."""
    if not wanted:
        return []
    by_seat = [_calls_committee(organization, kind) for organization, kind, _ in wanted]
    days = [day for *_, day in wanted]
    seats: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    committees = {organization.pk for (organization, *_), seated in zip(wanted, by_seat, strict=True) if seated}
    held = CommitteeSeat.objects.filter(committee__organization__in=committees, member__isnull=False)
    for organization_id, *seat in held.values_list("committee__organization_id", "member_id", *_IN_OFFICE):
        seats[organization_id].append(tuple(seat))
    paths = {branch_path(organization) for organization, *_ in wanted}
    attached: dict[int, list[TemporaryAttachment]] = defaultdict(list)
    for one in TemporaryAttachment.objects.filter(organization__in=_temporary(wanted), date__lte=max(days)):
        attached[one.organization_id].append(one)
    seated_members = {member for rows in seats.values() for member, *_ in rows}
    seated_members |= {one.member_id for rows in attached.values() for one in rows}
    due = Membership.objects.filter(Q(branch__path__in=paths) | Q(member__in=seated_members), start__lte=max(days))
    rows = list(
        due.filter(Q(end__isnull=True) | Q(end__gt=min(days)))
        .order_by("member_id")
        .values_list("branch__path", "start", "end", *_LINE)
    )
    found = []
    for (organization, _, day), seated in zip(wanted, by_seat, strict=True):
        is_group = organization.kind == Organization.Kind.GROUP
        names = {organization.name, organization.short_name} - {""}
        there = {one.member_id for one in attached[organization.pk] if one.holds_on(day)}
        sitting = {member for member, *term in seats[organization.pk] if _in_office(day, *term)}
        lines = []
        for path, start, end, *values in rows:
            line = Line(*values)
            if seated:
                fits = line.member_id in sitting
            else:
                fits = path == branch_path(organization) and (not is_group or line.group in names)
                fits = fits or line.member_id in there
            if fits and start <= day and (end is None or end > day):
                lines.append(line)
        found.append(lines)
    return found


def _temporary(wanted: Iterable[tuple[Organization, str, date]]) -> set[int]:
    """Return the ids of the temporary branches among them."""
    kind = Organization.Kind.TEMPORARY_BRANCH
    return {organization.pk for organization, *_ in wanted if organization.kind == kind}


def _calls_committee(organization: Organization, kind: str) -> bool:
    """Say whether an activity of this kind calls the committee's seats rather than the members."""
    is_group = organization.kind == Organization.Kind.GROUP
    return kind == Activity.Kind.COMMITTEE or not (organization.is_branch or is_group)


def branch_path(organization: Organization) -> str:
    """Return the path of the branch whose members are called: a group's is the one above it."""
    is_group = organization.kind == Organization.Kind.GROUP
    return organization.path[: -organization.steplen] if is_group else organization.path


def excuse(lines: Iterable[Line], day: date, activity: Activity | None = None) -> None:
    """Mark of whom nothing is asked, and who was granted leave for the day or for this very activity. Two queries."""
    by_id = {line.member_id: line for line in lines}
    exempt = Exemption.objects.standing_on(day).filter(member__in=list(by_id))
    for member_id, reason in exempt.values_list("member_id", "reason"):
        by_id[member_id].state, by_id[member_id].reason = State.EXEMPT.value, reason
    granted = LeaveRequest.objects.granted().for_day(day, activity).filter(member__in=list(by_id))
    for member_id, reason in granted.order_by("pk").values_list("member_id", "reason"):
        line = by_id[member_id]
        line.state, line.reason, line.excused = State.LEAVE.value, reason, True


def _note_listed(lines: Iterable[Line]) -> None:
    """Remember how the lines stand before anybody marks them."""
    for line in lines:
        line.listed = f"{line.state}:{line.reason}"


def people(condition: Q) -> list[Line]:
    """Return a line for each member that fits, in the order of the register."""
    rows = Member.objects.filter(condition).order_by("pk")
    return [
        Line(*values) for values in rows.values_list("pk", "name", "initials", "group_name", "category", "is_floating")
    ]


def allowed(ids: Iterable[int], user: Any, organization: Organization, day: date, activity: Activity) -> Q:
    """Return the condition on those of these members whom this user may put on this roll.

    Whom they see, whoever was in the branch that day even if gone since, and who is on the roll already.
    """
    branches = [organization.path, organization.path[: -organization.steplen]]
    then = Membership.objects.filter(in_force(day), member=OuterRef("pk"), branch__path__in=branches)
    attached = TemporaryAttachment.objects.standing_on(day).filter(organization=organization, member=OuterRef("pk"))
    mine = access_of(user).scope(Right.MEMBERS_VIEW, "branch__path") | Q(Exists(then)) | Q(Exists(attached))
    if activity.pk:
        mine |= Q(Exists(Attendance.objects.filter(activity=activity, member=OuterRef("pk"))))
    return Q(pk__in=list(ids)) & mine


# From what


def of_activity(activity: Activity) -> Roll:
    """Return the roll as it is on record."""
    return Roll(of_each([activity.pk])[activity.pk])


def of_each(activities: Collection[int]) -> dict[int, list[Line]]:
    """Return the lines on record of each of these activities. One query for all."""
    found: dict[int, list[Line]] = {pk: [] for pk in activities}
    held = Attendance.objects.filter(activity__in=activities).order_by("pk")
    rows: Iterable[tuple[Any, ...]] = held.values_list(
        "activity_id",
        "member_id",
        "member__name",
        "member__initials",
        "member__group_name",
        "member__category",
        "member__is_floating",
        "state",
        "reason",
    )
    for activity, *values in rows:
        found[activity].append(Line(*values))
    return found


def excuse_each(rolls: Sequence[tuple[Sequence[Line], date]]) -> None:
    """Mark on each of many rolls, with its day, of whom nothing is asked and who was granted leave. Two queries."""
    if not rolls:
        return
    days = [day for _, day in rolls]
    exempt: dict[int, list[tuple[date, date | None, str]]] = defaultdict(list)
    marked = Exemption.objects.filter(
        member__in={line.member_id for lines, _ in rolls for line in lines}, date__lte=max(days)
    )
    for member, start, until, reason in marked.values_list("member_id", "date", "until", "reason"):
        exempt[member].append((start, until, reason))
    for lines, day in rolls:
        for line in lines:
            for start, until, reason in exempt[line.member_id]:
                if start <= day and (until is None or day < until):
                    line.state, line.reason = State.EXEMPT.value, reason
    granted = LeaveRequest.objects.granted().filter(activity__isnull=True, start__lte=max(days), end__gte=min(days))
    members = {line.member_id for lines, _ in rolls for line in lines}
    leaves: dict[int, list[tuple[date, date, str]]] = defaultdict(list)
    held = granted.filter(member__in=members).order_by("pk")
    for member, start, end, reason in held.values_list("member_id", "start", "end", "reason"):
        leaves[member].append((start, end, reason))
    for lines, day in rolls:
        for line in lines:
            for start, end, reason in leaves[line.member_id]:
                if start <= day <= end:
                    line.state, line.reason, line.excused = State.LEAVE.value, reason, True


def to_edit(activity: Activity) -> Roll:
    """Return the roll on record as a form starts from it: a leave granted for the day is not a mark by hand."""
    roll = of_activity(activity)
    granted = [Line(line.member_id, line.name, line.initials) for line in roll.lines]
    excuse(granted, activity.date, activity)
    for line, leave in zip(roll.lines, granted, strict=True):
        line.excused = leave.excused
        is_given = leave.excused or leave.state == State.EXEMPT
        given = is_given and (line.state, line.reason) == (leave.state, leave.reason)
        line.listed = f"{line.state}:{line.reason}" if given else f"{State.PRESENT.value}:"
    return roll


def fresh(
    organization: Organization,
    kind: str,
    day: date,
    group: str = "",
    activity: Activity | None = None,
    together: Sequence[Organization] = (),
) -> Roll:
    """Return the roll of who is called, leaves granted; of one group where a branch holds a group meeting.

    Of an activity that several hold together it is the roll of them all.
    """
    if together:
        return _of_all(together, kind, day)
    lines = called(organization, kind, day)
    excuse(lines, day, activity)
    roll = Roll(lines)
    _note_listed(lines)
    if kind == Activity.Kind.GROUP and organization.is_branch:
        roll.groups = sorted({line.group for line in lines} - {""})
        roll.group = group if group in roll.groups else ""
        roll.lines = [line for line in lines if roll.group in ("", line.group)]
    return roll


def _of_all(together: Sequence[Organization], kind: str, day: date) -> Roll:
    """Return one roll for all who hold an activity together, each person with the organisation that calls them."""
    lines: dict[int, Line] = {}
    for organization, each in zip(together, called_each([(one, kind, day) for one in together]), strict=True):
        for line in each:
            line.group = f"{organization.label} {line.group}".strip()
            lines.setdefault(line.member_id, line)
    roll = Roll(list(lines.values()))
    excuse(roll.lines, day)
    _note_listed(roll.lines)
    return roll


def again(source: Activity, organization: Organization, day: date) -> Roll:
    """Return the roll for an activity like an earlier one: who is called now, and who else was there and still is."""
    roll = fresh(organization, source.kind, day)
    known = {line.member_id for line in roll.lines}
    held = Attendance.objects.filter(activity=source, member=OuterRef("pk"))
    for line in people(Q(Exists(held), left_on__isnull=True)):
        if line.member_id not in known:
            line.added = True
            roll.lines.append(line)
    return roll


def sent(data: QueryDict) -> dict[int, tuple[str, str]]:
    """Read member id → (state, reason) out of a sent form; what is malformed is passed over."""
    found = {}
    for name in data:
        number, state = name.removeprefix("state-"), str(data[name])
        if number != name and (key := row_key(number)) and state in State.values:
            reason = str(data.get(f"reason-{number}", "")).strip()[:100] if state == State.LEAVE else ""
            found[key] = (state, reason)
    return found


def _added(data: QueryDict) -> set[int]:
    return set(row_keys(data.getlist("added")))


def of_form(data: QueryDict, user: Any, organization: Organization, day: date, activity: Activity) -> Roll:
    """Return the roll as it was sent, with the answers to the questions put in. Raises ValueError, in Chinese.

    An answer only changes a line that stands as it was before: where a person marked somebody otherwise, that holds.
    """
    marks = sent(data)
    for name in data:
        number, unasked, state, reason = [*str(data[name]).split(":", 3), "", "", ""][:4]
        if not name.startswith("ask-") or not row_key(number) or state not in State.values:
            continue
        if marks.get(int(number), ("",))[0] == unasked:
            marks[int(number)] = (state, reason.strip()[:100] if state == State.LEAVE else "")
    waiting = set(row_keys(data.getlist("unmarked"))) - set(marks)
    if waiting and data.get("unread") in (ALL_CAME, ALL_BUT):
        marks |= dict.fromkeys(waiting, (State.PRESENT.value, ""))
    elif waiting:
        raise ValueError(f"还有 {len(waiting)} 人没有点名：没有读到出席名单，请在考勤上方选定怎样点名，或者逐个标记")
    lines = people(allowed(marks, user, organization, day, activity))
    if len(lines) < len(marks):
        raise ValueError("名单里有您看不到的党员，请重新打开这个页面再点名。")
    added = _added(data)
    for line in lines:
        line.state, line.reason = marks[line.member_id]
        line.added = line.member_id in added
        line.listed = str(data.get(f"listed-{line.member_id}", ""))[:120]
    return Roll(lines)


def unanswered(data: QueryDict) -> bool:
    """Say whether a question that must be answered was not."""
    return any(name not in data for name in data.getlist("must"))


def renewed(
    data: QueryDict,
    user: Any,
    organization: Organization,
    kind: str,
    day: date,
    activity: Activity,
    minutes: Minutes | None = None,
    together: Sequence[Organization] = (),
) -> Roll:
    """Return the roll for what the form says now, with the marks made by hand and whom somebody added.

    What stands as it was listed before was marked by nobody: leaves and minutes of the day that the form says now hold.
    """
    roll = fresh(organization, kind, day, str(data.get("group", "")), activity, together)
    if minutes is not None:
        roll.posts = posts_in(organization, day)
        fill_from(roll, minutes)
        _note_listed(roll.lines)
    marks = sent(data)
    extra = (_added(data) & set(marks)) - {line.member_id for line in roll.lines}
    if extra:
        for line in people(allowed(extra, user, organization, day, activity)):
            line.added = True
            roll.lines.append(line)
    for line in roll.lines:
        if line.member_id in marks and data.get(f"listed-{line.member_id}") != ":".join(marks[line.member_id]):
            line.state, line.reason = marks[line.member_id]
    for number, question in enumerate(roll.questions):
        question.answer = str(data.get(f"ask-{number}", ""))
    return roll


def fill_from(roll: Roll, minutes: Minutes) -> None:
    """Mark the lines as minutes say, and put what they leave open on the roll.

    Where minutes name who came, who is not named stands as absent, with a doubt; where they say that everyone else
    came, the others stand as present; where they say neither, nobody is marked but those they name. Who chaired or took
    the notes was there.
    """
    said: dict[str, tuple[str, str]] = dict.fromkeys(
        filter(None, (*minutes.attendees, minutes.chair, minutes.recorder)), (State.PRESENT.value, "")
    )
    said |= dict.fromkeys(minutes.absent, (State.ABSENT.value, ""))
    said |= {name: (State.LEAVE.value, reason[:100]) for name, reason in minutes.leave}
    times = Counter([*minutes.attendees, *minutes.absent, *(name for name, _ in minutes.leave)])
    by_id = {line.member_id: line for line in roll.lines}
    match = match_roster(list(said), [(line.member_id, line.name) for line in roll.lines], roll.posts)
    named: dict[int, tuple[str, str]] = {}
    for name, member in match.matched.items():  # who is named twice was away rather than there
        if member not in named or said[name][0] != State.PRESENT:
            named[member] = said[name]
    everyone = minutes.everyone and not _too_few(minutes, roll, named)
    for line in roll.lines:
        if line.member_id in named:
            line.state, line.reason = named[line.member_id]
        elif line.excused:
            continue
        elif everyone:
            line.state = State.PRESENT.value
        elif minutes.attendees and not minutes.everyone:
            line.state, line.doubt = State.ABSENT.value, UNMENTIONED
        else:
            line.state = ""
    for name, members in match.namesakes.items():
        if times[name] >= len(members):  # written once for each of them
            for pk in members:
                (by_id[pk].state, by_id[pk].reason), by_id[pk].doubt = said[name], ""
        else:
            _ask(roll, Question(name, *said[name], [by_id[pk] for pk in members], must=True))
    for name, near in match.near.items():
        _ask(roll, Question(name, *said[name], [by_id[pk] for pk, _ in near if pk not in named], must=False))
    observers = {*minutes.observers}
    roll.unknown += [name for name in match.unknown if name not in observers]


def _too_few(minutes: Minutes, roll: Roll, named: Mapping[int, tuple[str, str]]) -> bool:
    """Say whether “everyone” cannot be so, because fewer came by the number that the minutes give."""
    away = sum(state not in State.there() for state, _ in named.values())
    away += sum(line.excused and line.member_id not in named for line in roll.lines)
    return minutes.present_count is not None and minutes.present_count < len(roll.lines) - away


def officers(roll: Roll, minutes: Minutes) -> dict[str, str]:
    """Return chair, recorder and lecturer under the name of the register, where they are called by post (秦书记)."""
    written = {name: getattr(minutes, name) for name in ("chair", "recorder", "lecturer")}
    names = {line.member_id: line.name for line in roll.lines}
    match = match_roster([name for name in written.values() if name], list(names.items()), roll.posts)
    return {name: names.get(match.matched.get(value, 0), value) for name, value in written.items()}


def _ask(roll: Roll, question: Question) -> None:
    """Put a question on the roll; a name that nobody else can be meant by is unknown."""
    if not question.options:
        roll.unknown.append(question.name)
        return
    roll.questions.append(question)
    for line in question.options:
        line.unasked, line.doubt = line.state, "同名，请在上面选定" if question.must else "名字相近，请在上面选定"

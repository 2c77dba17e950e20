"""Who has to be there for a meeting to count: quorums worked out on the register and the roll (R15, R17).

《中国共产党支部工作条例（试行）》: 半数以上 includes the half itself.
By 党章 probationary members have no right to vote, nor has whoever is on probation within the Party (留党察看).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from branches.models import CommitteeSeat, Organization, turnout_needed
from members.models import Honor, Member, Membership
from members.querysets import full_on, in_force

from .models import Activity, Attendance, Vote

Kind = Activity.Kind
THERE = [state.value for state in Attendance.State.there()]
SUSPENDED = "留党察看"
"""What the title of a sanction says that takes the right to vote for its time."""


def half(whole: int) -> int:
    """Return the least number that is at least half of the whole."""
    return -(-whole // 2)


def majority(whole: int) -> int:
    """Return the least number that is more than half of the whole."""
    return whole // 2 + 1


@dataclass(frozen=True)
class Quorum:
    """How many have to come, who they are, and how many of them did. `noun` is what they are called."""

    noun: str
    whole: int
    present: int
    people: frozenset[int] = frozenset()
    from_roll: bool = True

    @property
    def least(self) -> int:
        """How many must be there at least."""
        return half(self.whole)

    @property
    def is_reached(self) -> bool:
        """Whether they were."""
        return self.present >= self.least

    @property
    def least_for_election(self) -> int:
        """How many must be there at least when an election is held."""
        return turnout_needed(self.whole)


def may_vote_on(day: Any, member: str = "member") -> Q:
    """Return the condition on memberships that the member has the right to vote on a day (a date or an OuterRef)."""
    suspended = Honor.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gt=_further(day)),
        member=OuterRef(member),
        nature=Honor.Nature.SANCTION,
        title__contains=SUSPENDED,
        date__lte=_further(day),
    )
    return full_on(day) & ~Q(Exists(suspended))


def _further(day: Any) -> Any:
    """Return the day as one query further in sees it."""
    return OuterRef(day) if isinstance(day, OuterRef) else day


def voters(branch: Organization, day: date) -> list[int]:
    """Return the ids of those with the right to vote in a branch on a day."""
    held = Membership.objects.in_force_on(day).filter(may_vote_on(day), branch=branch)
    return list(held.values_list("member_id", flat=True))


def quorum(organization: Organization, kind: str, day: date, there: Collection[int]) -> Quorum | None:
    """Return the quorum of a meeting with these members there; None for a kind, or a place, that has none.

    One query. A seat held by a name alone counts as a person who can never be found on the roll.
    """
    if kind == Kind.GENERAL and organization.is_branch:
        people = frozenset(voters(organization, day))
        return Quorum("有表决权的党员", len(people), len(people & set(there)), people)
    if kind == Kind.COMMITTEE:
        seats = CommitteeSeat.objects.held_on(day).filter(committee__organization=organization)
        held = set(seats.values_list("member_id", "name"))
        if not held:
            return None
        people = frozenset(member for member, _ in held if member)
        nameless = {name for member, name in held if not member}
        present = len(people & set(there))
        if nameless:
            present += len(nameless & set(Member.objects.filter(pk__in=there).values_list("name", flat=True)))
        return Quorum("支委会成员", len(people) + len(nameless), present, people)
    return None


def quorum_of(activity: Activity) -> Quorum | None:
    """Return the quorum of a meeting on record: by its roll, or, without one, by the number noted as present."""
    there = list(activity.roll.present().values_list("member_id", flat=True))
    found = quorum(activity.organization, activity.kind, activity.date, there)
    if found is None or there or activity.roll.exists():
        return found
    if activity.present_stated is None or activity.kind == Kind.GENERAL:
        return None
    return Quorum(found.noun, found.whole, min(activity.present_stated, found.whole), from_roll=False)


# Many at once, for the rules


def with_turnout(votes: QuerySet[Vote]) -> QuerySet[Vote]:
    """Annotate votes with `entitled` and `present`: by register and roll, else as noted, else None."""
    day, branch = OuterRef("activity__date"), OuterRef("activity__organization")
    in_branch = in_force(day)  # type: ignore[arg-type]  # a reference to the outer query stands for its day
    stays = Membership.objects.filter(in_branch, may_vote_on(day), branch=branch).order_by().values("branch")
    came = stays.filter(member__attendances__activity=OuterRef("activity"), member__attendances__state__in=THERE)
    called = Exists(Attendance.objects.filter(activity=OuterRef("activity")))
    return votes.annotate(
        has_roll=called,
        voters_then=Coalesce(Subquery(stays.annotate(n=Count("pk")).values("n"), output_field=IntegerField()), 0),
        came_then=Coalesce(Subquery(came.annotate(n=Count("pk")).values("n"), output_field=IntegerField()), 0),
    )


@dataclass(frozen=True)
class Outcome:
    """What a vote comes to: how many have the right and came, what is needed, and what is wrong with it, if anything.

    Where nobody knows how many have the right or came, nothing can be said.
    """

    entitled: int | None
    present: int | None
    least: int | None
    needed: int | None
    fault: str = ""
    value: int | None = None
    required: int | None = None

    @classmethod
    def of(cls, vote: Any) -> "Outcome":
        """Judge a vote that `with_turnout` has annotated.

        At least half of all who have the right must be present (at an election four fifths), and what is said to be
        carried must have more than half of all who have it (at an election, of those present) in favour.
        """
        by_roll = vote.has_roll and vote.voters_then
        entitled = vote.voters_then if by_roll else vote.entitled_stated
        present = vote.came_then if by_roll else vote.present_stated
        if entitled is None:
            return cls(None, present, None, None)
        is_election = vote.kind == Vote.Kind.ELECTION
        least = turnout_needed(entitled) if is_election else half(entitled)
        whole = present if is_election else entitled
        needed = None if whole is None else majority(whole)
        if present is not None and present < least:
            fault = f"有表决权的 {entitled} 人，到会 {present} 人，至少应到会 {least} 人"
            return cls(entitled, present, least, needed, fault, present, least)
        if vote.passed and needed is not None and vote.in_favour < needed:
            of_whom = f"到会 {present} 人" if is_election else f"有表决权的 {entitled} 人"
            fault = f"{of_whom}，赞成 {vote.in_favour} 人，没有超过半数，不能算通过"
            return cls(entitled, present, least, needed, fault, vote.in_favour, needed)
        return cls(entitled, present, least, needed)


@dataclass(frozen=True)
class Sitting:
    """One committee meeting: whose, when, how many sat in the committee that day and how many of them came."""

    organization_id: int
    day: date
    seats: int
    present: int
    activity_id: int = 0

    @property
    def least(self) -> int:
        """How many must have come."""
        return half(self.seats)


def sittings(meetings: QuerySet[Activity]) -> list[Sitting]:
    """Return the committee meetings whose quorum can be told, in the order of their days. Three queries."""
    held = list(
        meetings.filter(kind=Kind.COMMITTEE)
        .annotate(has_roll=Exists(Attendance.objects.filter(activity=OuterRef("pk"))))
        .order_by("date", "pk")
        .values_list("pk", "organization_id", "date", "has_roll", "present_stated")
    )
    if not held:
        return []
    ids = meetings.filter(kind=Kind.COMMITTEE).order_by()
    seats: dict[int, list[CommitteeSeat]] = {}
    for seat in (
        CommitteeSeat.objects.filter(committee__organization__in=ids.values("organization"))
        .select_related("committee")
        .only(
            "member_id",
            "name",
            "since",
            "left_on",
            "committee__organization",
            "committee__start",
            "committee__ended_on",
        )
    ):
        seats.setdefault(seat.committee.organization_id, []).append(seat)
    came: dict[int, set[tuple[int, str]]] = {}
    rows = Attendance.objects.filter(activity__in=ids.values("pk")).present()
    for activity, member, name in rows.values_list("activity_id", "member_id", "member__name").iterator(
        chunk_size=5000
    ):
        came.setdefault(activity, set()).add((member, name))
    found = []
    for pk, organization, day, has_roll, stated in held:
        people = _sat(seats.get(organization, ()), day)
        if not people or (not has_roll and stated is None):
            continue
        ids_there = {member for member, _ in came.get(pk, ())}
        names_there = {name for _, name in came.get(pk, ())}
        present = sum(member in ids_there if member else name in names_there for member, name in people)
        found.append(
            Sitting(organization, day, len(people), present if has_roll else min(stated or 0, len(people)), pk)
        )
    return found


def without_quorum(meetings: QuerySet[Activity]) -> set[int]:
    """Return the ids of the general and committee meetings to which too few came. Four queries."""
    short = {sitting.activity_id for sitting in sittings(meetings) if sitting.present < sitting.least}
    day, branch = OuterRef("date"), OuterRef("organization")
    in_branch = in_force(day)  # type: ignore[arg-type]  # a reference to the outer query stands for its day
    stays = Membership.objects.filter(in_branch, may_vote_on(day), branch=branch).order_by().values("branch")
    came = stays.filter(member__attendances__activity=OuterRef("pk"), member__attendances__state__in=THERE)
    general = (
        meetings.filter(kind=Kind.GENERAL, roll__isnull=False)
        .distinct()
        .annotate(
            voters=Coalesce(Subquery(stays.annotate(n=Count("pk")).values("n"), output_field=IntegerField()), 0),
            came=Coalesce(Subquery(came.annotate(n=Count("pk")).values("n"), output_field=IntegerField()), 0),
        )
    )
    return short | {pk for pk, voters, there in general.values_list("pk", "voters", "came") if there < half(voters)}


def _sat(seats: Iterable[CommitteeSeat], day: date) -> set[tuple[int | None, str]]:
    """Return who sat in a committee on a day: (member id, ""), or (None, name) of one who is only named."""
    return {
        (seat.member_id, "" if seat.member_id else seat.name)
        for seat in seats
        if seat.committee.start <= day
        and (seat.committee.ended_on is None or seat.committee.ended_on > day)
        and (seat.since is None or seat.since <= day)
        and (seat.left_on is None or seat.left_on > day)
    }

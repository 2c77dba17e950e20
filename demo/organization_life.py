"""How a street's organisations live: elections, units of joint branches, leaders of groups, ends of temporary ones."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from branches.models import (
    Candidate,
    Committee,
    CommitteeSeat,
    Election,
    GroupLeader,
    JointUnit,
    Organization,
    OrganizationEvent,
    turnout_needed,
)

from .names import FIRMS, TRADES, person
from .plan import Branch, Plan, Street

Kind, Unit, Post = Organization.Kind, Organization.UnitKind, CommitteeSeat.Post
REGISTERED_SINCE = 10 * 365
"""Days back to the oldest election of which there are numbers on record."""


def live(street: Street) -> Counter[str]:
    """Write the elections behind the committees in office, and what else a branch of each kind keeps."""
    random, plan = street.random("organization-life"), street.plan
    elections, candidates = _elections(random, street)
    units = [unit for branch in street.branches for unit in _units(random, plan, branch)]
    leaders = [leader for branch in street.branches for leader in _leaders(random, plan, branch)]
    Election.objects.bulk_create(elections, batch_size=1000)
    Candidate.objects.bulk_create(candidates, batch_size=1000)
    JointUnit.objects.bulk_create(units, batch_size=1000)
    GroupLeader.objects.bulk_create(leaders, batch_size=1000)
    OrganizationEvent.objects.bulk_create(_foundings(random, street), batch_size=1000)
    temporary = [b.organization for b in street.branches if b.organization.kind == Kind.TEMPORARY_BRANCH]
    for number, branch in enumerate(temporary):  # the first is past its end, the next one near it
        branch.expires_on = plan.ago((40, -50, -200)[number % 3])
    Organization.objects.bulk_update(temporary, ["expires_on"], batch_size=500)
    return Counter(elections=len(elections), joint_units=len(units), group_leaders=len(leaders))


def _elections(random: Random, street: Street) -> tuple[list[Election], list[Candidate]]:
    """Return the elections of the committees in office, one of them with too few."""
    committees = list(
        Committee.objects.filter(
            organization__in=[branch.organization for branch in street.branches if not branch.is_temporary],
            ended_on__isnull=True,
            start__range=(street.plan.ago(REGISTERED_SINCE), street.plan.until),
        ).order_by("organization__path", "pk")
    )
    by_organization = {branch.organization.pk: branch for branch in street.branches}
    elections: list[Election] = []
    candidates: list[Candidate] = []
    lately = max(committees, key=lambda c: c.start, default=None)  # in which too few came
    for committee in committees:
        branch = by_organization[committee.organization_id]
        seats = [seat for seat in branch.seats if seat.committee_id == committee.pk]
        voters = len([stay for stay in branch.standing(committee.start) if _may_vote(stay.member, committee.start)])
        if not seats or voters < len(seats):
            continue
        least = turnout_needed(voters)
        present = max(1, least - 1) if committee is lately else random.randint(least, voters)
        majority = present // 2 + 1
        valid = max(present - random.choice((0, 0, 0, 1)), majority)
        election = Election(
            organization=branch.organization,
            on=committee.start,
            method=Election.Method.DIFFERENTIAL,
            committee=committee,
            places=len(seats),
            voters=voters,
            present=present,
            issued=present,
            collected=present,
            valid=valid,
            document=f"{street.name[:1]}工委〔{committee.start.year}〕{random.randint(1, 40)}号",
        )
        elections.append(election)
        candidates += [
            Candidate(
                election=election,
                member=seat.member,
                name=seat.name,
                post=seat.post,
                votes=random.randint(majority, valid),
                elected=True,
            )
            for seat in seats
        ]
        loser = Candidate(election=election, name=person(random, male=True), votes=random.randint(0, present // 3))
        candidates.append(loser)
    return elections, candidates


def _may_vote(member: object, day: date) -> bool:
    regularised = getattr(member, "regularised_on", None)
    return regularised is not None and regularised <= day


def _units(random: Random, plan: Plan, branch: Branch) -> Iterator[JointUnit]:
    """Yield the units of a joint branch; one in five covers too many."""
    if branch.organization.kind != Kind.JOINT_BRANCH:
        return
    count = random.choice((2, 3, 4, 5, 6))
    names = [f"{firm}{trade}" for firm in FIRMS for trade in TRADES]
    for name in random.sample(names, count):
        start = max(branch.organization.established or plan.first, plan.ago(random.randint(200, 2000)))
        yield JointUnit(
            organization=branch.organization,
            name=name,
            unit_kind=random.choice((Unit.PRIVATE_ENTERPRISE, Unit.PRIVATE_ENTERPRISE, Unit.SOCIAL_ORGANIZATION)),
            start=start,
        )


def _leaders(random: Random, plan: Plan, branch: Branch) -> Iterator[GroupLeader]:
    """Yield the leaders of a branch's groups, members of them; now and then a group has none."""
    for group in branch.groups:
        people = [stay for stay in branch.standing(plan.until) if stay.member.group_name == group.short_name]
        if not people or random.random() < 0.08:
            continue
        chosen = random.choice(people)
        since = max(chosen.start, group.established or chosen.start, plan.ago(random.randint(100, 1200)))
        yield GroupLeader(group=group, member=chosen.member, name=chosen.member.name, since=min(since, plan.until))


def _foundings(random: Random, street: Street) -> Iterator[OrganizationEvent]:
    """Yield the first entry of each branch's history, and the old name of a few."""
    for number, branch in enumerate(street.branches):
        founded = branch.organization.established
        if founded is None:
            continue
        name = branch.organization.name
        yield OrganizationEvent(
            organization=branch.organization,
            kind=OrganizationEvent.Kind.ESTABLISHED,
            on=founded,
            document=f"{street.name[:1]}工委〔{founded.year}〕{random.randint(1, 40)}号",
            detail=f"{name}成立",
        )
        renamed = founded + timedelta(days=900)
        if number % 9 == 4 and renamed < street.plan.until:
            old = f"{branch.community.short_name}老第{number + 1}党支部"
            yield OrganizationEvent(
                organization=branch.organization,
                kind=OrganizationEvent.Kind.RENAMED,
                on=renamed,
                detail=f"由{old}更名为{name}",
            )

"""Members of a street and where each has belonged: joined, moved, retired, gone; with a few faults of data entry."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from dateutil.relativedelta import relativedelta

from accounts.encryption import blind_index
from ledgers.parsing import check_digit
from members.models import UNKNOWN_START, Education, Employment, Gender, Member, Membership, TemporaryAttachment

from .names import FIRMS, NATIVE_PLACES, TRADES, address, mobile, person
from .plan import Branch, Plan, Stay, Street

AREA = "990100"
"""Area prefix of citizen IDs that is given to no place."""

GONE_SHARE = 0.05
"""Members who left, as a share of those who are still there."""
MINORITIES = ("满族", "回族", "蒙古族", "壮族", "土家族")
Leave = Member.Leave


class IdNumbers:
    """Gives out citizen IDs, each once: area, birth date, sequence (odd for men), check digit."""

    def __init__(self) -> None:
        self._last: Counter[tuple[date, bool]] = Counter()
        self._taken = set(Member.objects.values_list("id_number_index", flat=True))

    def give(self, born: date, *, male: bool) -> str:
        """Return the next ID of this birth date and gender. Raises ValueError past the 499th of a day."""
        while True:
            self._last[born, male] += 1
            sequence = 2 * self._last[born, male] - male
            if sequence > 999:
                raise ValueError("同一天出生的演示党员太多，身份证号不够用；请减少人数")
            digits = f"{AREA}{born:%Y%m%d}{sequence:03}"
            number = digits + check_digit(digits)
            if not self._taken or blind_index(number, "citizen-id") not in self._taken:
                return number


def settle(street: Street) -> Counter[str]:
    """Fill the street's branches with members and with their memberships; note who stayed where and when."""
    random = street.random("members")
    members: list[Member] = []
    memberships: list[Membership] = []
    guests: list[tuple[Branch, Member]] = []
    for place, home in zip(street.branches, homes_of(street), strict=True):
        branch = home  # who takes part in a temporary branch belongs to another one
        gone = sum(random.random() < GONE_SHARE for _ in range(place.size))
        for number in range(place.size + gone):
            member = _person(random, street, branch, number)
            if place is not home and number < place.size:
                guests.append((place, member))
            if number >= place.size:
                _send_off(random, street.plan, member)
            members.append(member)
            memberships += _history(random, street, branch, member)
    Member.objects.bulk_create(members, batch_size=1000)
    Membership.objects.bulk_create(memberships, batch_size=2000)
    branches = {branch.organization.pk: branch for branch in street.branches}
    for membership in memberships:
        member = membership.member
        stay = Stay(
            member, membership.start, membership.end, _diligence(random, branches[membership.branch_id], member)
        )
        branches[membership.branch_id].stays.append(stay)
    attached = [attachment for place, member in guests if (attachment := _attach(street.plan, place, member))]
    TemporaryAttachment.objects.bulk_create(attached, batch_size=1000)
    for one in attached:
        place = branches[one.organization_id]
        place.attached.append(Stay(one.member, one.date, one.until, place.diligence))
    return Counter(members=len(members), memberships=len(memberships), attachments=len(attached))


def homes_of(street: Street) -> list[Branch]:
    """Return, for each branch, the one that its members belong to: of a temporary one the last before it."""
    found: list[Branch] = []
    for branch in street.branches:
        found.append(found[-1] if branch.is_temporary and found else branch)
    return found


def _attach(plan: Plan, place: Branch, member: Member) -> TemporaryAttachment | None:
    """Return the attachment of a member, from the founding of the temporary branch or from joining on."""
    start = max(place.organization.established or plan.first, member.joined_on or plan.first)
    if start > plan.until or member.left_on:
        return None
    return TemporaryAttachment(organization=place.organization, member=member, date=start, reason="参加项目施工")


def _person(random: Random, street: Street, branch: Branch, number: int) -> Member:
    """Return a member of the branch as the register holds them, all derived fields filled."""
    plan, male = street.plan, random.random() < 0.56
    probationary = random.random() < 0.04
    born = _born(random, plan, branch, probationary=probationary)
    joined, regularised = _party_dates(random, plan, born, probationary=probationary)
    age = (plan.until - born).days // 365
    employment = _employment(random, branch, age, male=male)
    group = branch.groups[number % len(branch.groups)].short_name if branch.groups else ""
    member = Member(
        name=person(random, male=male),
        gender=Gender.MALE if male else Gender.FEMALE,
        ethnicity="汉族" if random.random() < 0.95 else random.choice(MINORITIES),
        birth_date=born,
        id_number=street.numbers.give(born, male=male),
        branch=branch.organization,
        group_name=group,
        category=Member.Category.PROBATIONARY if probationary else Member.Category.FULL,
        education=_education(random, age),
        joined_on=joined,
        regularised_on=regularised,
        employment=employment,
        workplace=_workplace(random, branch, employment),
        phone=mobile(random) if random.random() < 0.97 else "",
        address=address(random, branch.community.short_name),
        is_floating=employment != Employment.RETIRED and random.random() < 0.08,
        native_place=random.choice(NATIVE_PLACES),
        dues_base=_dues_base(random, employment),
    )
    member.derive()
    return member


def _born(random: Random, plan: Plan, branch: Branch, *, probationary: bool) -> date:
    """Return a birth date: residents' branches are old, workplaces and newcomers young."""
    if probationary:
        age = random.randint(20, 42)
    elif branch.in_community:
        age = min(94, max(22, round(random.gauss(70, 9) if random.random() < 0.62 else random.gauss(42, 11))))
    else:
        age = min(61, max(22, round(random.gauss(39, 9))))
    return plan.ago(age * 365 + age // 4 + random.randint(1, 364))


def _party_dates(random: Random, plan: Plan, born: date, *, probationary: bool) -> tuple[date, date | None]:
    """Return the days of joining and of regularisation: a few overdue (R24), a few that cannot be true (Q04)."""
    grown = born + relativedelta(years=18)
    if probationary:
        overdue = random.random() < 0.25
        return plan.ago(random.randint(380, 560) if overdue else random.randint(15, 355)), None
    latest = plan.ago(760)
    joined = grown + timedelta(days=int(random.betavariate(1.3, 3.2) * max(1, (latest - grown).days)))
    if random.random() < 0.03:  # regularised while the data run
        joined = max(grown, plan.ago(random.randint(400, 700)))
    fault = random.random()
    if fault < 0.005:
        joined = born + relativedelta(years=17, days=random.randint(0, 300))
    early = fault > 0.995
    return joined, joined + relativedelta(
        years=1, days=-random.randint(60, 200) if early else random.choice((0, 0, 3, 12))
    )


def _employment(random: Random, branch: Branch, age: int, *, male: bool) -> str:
    """Return what somebody of that age lives on."""
    if age >= (60 if male else 55):
        return Employment.RETIRED
    if not branch.in_community:
        return Employment.IN_SERVICE
    if age < 25:
        return random.choice((Employment.STUDENT, Employment.IN_SERVICE))
    return random.choices(
        (Employment.IN_SERVICE, Employment.SELF_EMPLOYED, Employment.UNEMPLOYED, Employment.FARMER),
        (80, 11, 7, 2),
    )[0]


def _education(random: Random, age: int) -> str:
    """Return a level of education; the younger, the longer."""
    levels = (
        Education.POSTGRADUATE,
        Education.BACHELOR,
        Education.COLLEGE,
        Education.SECONDARY,
        Education.SENIOR_HIGH,
        Education.JUNIOR_HIGH,
        Education.PRIMARY,
    )
    weights = (
        (10, 48, 28, 6, 6, 2, 0) if age < 40 else (4, 26, 32, 14, 16, 7, 1) if age < 62 else (1, 9, 20, 20, 24, 20, 6)
    )
    return random.choices(levels, weights)[0]


def _workplace(random: Random, branch: Branch, employment: str) -> str:
    """Return where somebody works, or worked."""
    firm = f"{random.choice(FIRMS)}{random.choice(TRADES)}"
    if employment == Employment.IN_SERVICE:
        return f"{firm}{random.choice(('职员', '主管', '技术员', '会计', '经理'))}"
    if employment == Employment.RETIRED:
        return f"{branch.community.short_name}（退休）" if random.random() < 0.5 else f"{firm}（退休）"
    return ""


def _dues_base(random: Random, employment: str) -> Decimal | None:
    """Return the monthly income in yuan from which dues are reckoned; nothing for those without one."""
    if employment == Employment.IN_SERVICE:
        return Decimal(random.randrange(3200, 14800, 50))
    if employment == Employment.RETIRED:
        return Decimal(random.randrange(2400, 7200, 50))
    return Decimal(random.randrange(2000, 9000, 100)) if employment == Employment.SELF_EMPLOYED else None


def _send_off(random: Random, plan: Plan, member: Member) -> None:
    """Take a member off the register on a day while the data run."""
    member.left_on = plan.first + timedelta(days=random.randint(0, max(0, (plan.until - plan.first).days)))
    old = member.birth_date is not None and (plan.until - member.birth_date).days > 70 * 365
    member.leave_kind = random.choices(
        (Leave.TRANSFERRED, Leave.DECEASED, Leave.REMOVED), (25, 74, 1) if old else (93, 5, 2)
    )[0]
    if member.joined_on is None or member.joined_on >= member.left_on:  # joined after that day: could not have left
        member.left_on, member.leave_kind = plan.until, Leave.TRANSFERRED


def _history(random: Random, street: Street, branch: Branch, member: Member) -> Iterator[Membership]:
    """Yield the intervals of one member, oldest first; only the last may be open."""
    plan = street.plan
    joined = member.joined_on or UNKNOWN_START
    founded = branch.organization.established or UNKNOWN_START
    last = member.left_on or plan.until
    steps = [(joined, Membership.Event.JOINED, branch)]
    draw, moved = random.random(), None
    if joined < founded and plan.first <= founded < last:  # founded lately: they come from a neighbour
        moved = founded
    elif draw < 0.02:
        moved = _some_day(random, plan, joined, last)
    elif draw < 0.04 and (day := _some_day(random, plan, joined, last)):
        steps = [(day, Membership.Event.TRANSFERRED_IN, branch)]
    elif draw < 0.3 and joined < founded < plan.first:
        steps = [(founded, Membership.Event.TRANSFERRED_IN, branch)]
    if moved and (neighbour := _neighbour(random, street, branch)):
        steps = [(joined, Membership.Event.JOINED, neighbour), (moved, Membership.Event.MOVED, branch)]
    for number, (start, event, where) in enumerate(steps):
        end, left_by = member.left_on, str(member.leave_kind)
        if number + 1 < len(steps):
            end, left_by = steps[number + 1][0], steps[number + 1][1].value
        yield from _states(plan, member, where, start, end, event, left_by)


def _states(
    plan: Plan, member: Member, branch: Branch, start: date, end: date | None, event: Membership.Event, left_by: str
) -> Iterator[Membership]:
    """Yield one stay in a branch, cut in two where the member retired while the data run."""
    retired_on = None
    if member.employment == Employment.RETIRED and member.birth_date is not None:
        retired_on = member.birth_date + relativedelta(years=60 if member.gender == Gender.MALE else 55)
    fields = {"member": member, "branch": branch.organization, "is_floating": member.is_floating}
    if retired_on and plan.first < retired_on and start < retired_on < (end or plan.until):
        before = {"end": retired_on, "left_by": Membership.Event.CHANGED.value, "employment": Employment.IN_SERVICE}
        yield Membership(start=start, came_by=event, **before, **fields)
        start, event = retired_on, Membership.Event.CHANGED
    yield Membership(start=start, end=end, came_by=event, left_by=left_by, employment=member.employment, **fields)


def _some_day(random: Random, plan: Plan, joined: date, last: date) -> date | None:
    """Return a day while the data run on which a member could move, or None."""
    earliest = max(plan.first, joined + timedelta(days=1))
    return earliest + timedelta(days=random.randrange((last - earliest).days)) if earliest < last else None


def _neighbour(random: Random, street: Street, branch: Branch) -> Branch | None:
    """Return another branch that was there before the data run, from which somebody may have come; None without one."""
    others = [b for b in random.sample(street.branches, min(8, len(street.branches))) if b is not branch]
    return next((b for b in others if (b.organization.established or UNKNOWN_START) < street.plan.first), None)


def _diligence(random: Random, branch: Branch, member: Member) -> float:
    """Return how likely a member comes to a meeting: less so when away, very old, or in a slack branch."""
    if member.is_floating:
        return random.uniform(0.1, 0.5)
    old = member.birth_date is not None and member.birth_date.year < 1942
    return random.uniform(0.45, 0.75) if old else random.uniform(0.78, 1.0) * (0.7 + 0.3 * branch.diligence)

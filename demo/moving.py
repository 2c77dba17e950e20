"""Who came, went and lives away: letters of transfer, floating members with their log, members out of contact."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from random import Random

from ledgers import bulk
from members.models import UNKNOWN_START, Contact, Member, Membership, Transfer, Whereabouts

from .names import address, mobile, person
from .plan import Branch, Plan, Stay, Street

PLACES = ("外省某市", "省城某区", "邻县某镇", "沿海某市开发区", "外省某县")
REASONS = ("工作调动", "居住地变动", "随子女居住", "企业改制", "毕业就业")
UNDER_WAY = 0.012
"""Members with a letter under way, as a share of those in the register."""
LOST = 0.004
"""Members out of contact."""
RECORDED = 0.85
"""Floating members who have a record, as a share of those marked in the register."""
Kind, State, Way = Transfer.Kind, Transfer.State, Contact.Way


def move(street: Street) -> Counter[str]:
    """Write the street's letters, records of whereabouts and their logs, with the gaps that rules find."""
    random = street.random("moving")
    numbers = _Numbers(street)
    letters = [*_past(random, street, numbers), *_under_way(random, street, numbers)]
    bulk.insert(letters)
    records = [*_floating(random, street), *_guests(random, street), *_lost(random, street)]
    bulk.insert(records)
    contacts = [contact for record in records for contact in _log(random, street.plan, record)]
    bulk.insert(contacts)
    return Counter(transfers=len(letters), whereabouts=len(records), contacts=len(contacts))


class _Numbers:
    """Gives out the numbers of letters, year by year."""

    def __init__(self, street: Street) -> None:
        self.street = street
        self.last: Counter[int] = Counter()

    def next(self, day: date) -> str:
        self.last[day.year] += 1
        return f"{self.street.name[0]}组转〔{day.year}〕{self.last[day.year]}号"


def _letter(random: Random, numbers: _Numbers, member: Member, issued: date, **fields: object) -> Transfer:
    return Transfer(
        member=member,
        name=member.name,
        id_number=member.id_number,
        letter_number=numbers.next(issued),
        issued_on=issued,
        dues_paid_until=issued.replace(day=1) - timedelta(days=1),
        reason=random.choice(REASONS),
        **fields,
    )


def _past(random: Random, street: Street, numbers: _Numbers) -> Iterator[Transfer]:
    """Yield the letters behind the moves that the register shows while the data run."""
    branches = [branch.organization.pk for branch in street.branches]
    known = {stay.member.pk: stay.member for branch in street.branches for stay in branch.stays}
    lines: dict[int, list[Membership]] = {pk: [] for pk in known}
    for membership in Membership.objects.filter(branch__in=branches).order_by("member", "start"):
        lines[membership.member_id].append(membership)
    for pk, line in lines.items():
        first, last = line[0], line[-1]
        if first.came_by == Membership.Event.TRANSFERRED_IN and street.plan.first <= first.start <= street.plan.until:
            ends = {
                "kind": Kind.IN,
                "organization_id": first.branch_id,
                "elsewhere": f"{random.choice(PLACES)}某党支部",
            }
            yield _done(random, numbers, known[pk], first.start, ends)
        for before, after in pairwise(line):
            if after.came_by == Membership.Event.MOVED:
                inside = {"kind": Kind.INSIDE, "organization_id": before.branch_id, "receiver_id": after.branch_id}
                yield _done(random, numbers, known[pk], after.start, inside)
        if last.left_by == Member.Leave.TRANSFERRED and last.end:
            out = {
                "kind": Kind.OUT,
                "organization_id": last.branch_id,
                "elsewhere": f"{random.choice(PLACES)}某街道党工委",
            }
            yield _done(random, numbers, known[pk], last.end, out)


def _done(random: Random, numbers: _Numbers, member: Member, on: date, ends: dict[str, object]) -> Transfer:
    issued = on - timedelta(days=random.randint(2, 45))
    return _letter(random, numbers, member, issued, state=State.RECEIVED, closed_on=on, **ends)


def _under_way(random: Random, street: Street, numbers: _Numbers) -> Iterator[Transfer]:
    """Yield letters that nobody has taken in yet, a third of them for too long; the first goes to the first branch."""
    addressed: Branch | None = street.branches[0]
    for branch in street.branches[1:]:
        for stay in branch.standing(street.plan.until):
            if random.random() >= UNDER_WAY and addressed is None:
                continue
            days = random.randint(95, 160) if random.random() < 0.33 else random.randint(3, 80)
            issued = max(street.plan.ago(days), stay.start + timedelta(days=1))
            if issued >= street.plan.until or not random.random() < 0.9:
                continue
            if addressed is None and random.random() < 0.4:
                ends = {"kind": Kind.OUT, "elsewhere": f"{random.choice(PLACES)}某街道党工委"}
            else:
                others = [b for b in street.branches if b is not branch]
                receiver = addressed or random.choice(others)
                ends = {"kind": Kind.INSIDE, "receiver": receiver.organization}
            addressed = None
            yield _letter(random, numbers, stay.member, issued, organization=branch.organization, **ends)


def _floating(random: Random, street: Street) -> Iterator[Whereabouts]:
    """Yield records of those marked floating: some have none, some lack a contact."""
    for branch in street.branches:
        for stay in branch.standing(street.plan.until):
            if stay.member.is_floating and random.random() < RECORDED:
                yield Whereabouts(
                    kind=Whereabouts.Kind.OUT,
                    member=stay.member,
                    since=_since(random, street.plan, stay, 60, 700),
                    destination=random.choice(PLACES) if random.random() < 0.93 else "",
                    host=f"{random.choice(PLACES)}某企业党支部" if random.random() < 0.3 else "",
                    contact=person(random, male=random.random() < 0.5) if random.random() < 0.93 else "",
                    phone=mobile(random) if random.random() < 0.95 else "",
                )


def _since(random: Random, plan: Plan, stay: Stay, least: int, most: int) -> date:
    return max(plan.ago(random.randint(least, most)), stay.start, UNKNOWN_START)


def _guests(random: Random, street: Street) -> Iterator[Whereabouts]:
    """Yield floating members of other places, in branches of residents."""
    homes: list[Branch] = [branch for branch in street.branches if branch.in_community]
    for branch in homes:
        if random.random() < 0.3:
            yield Whereabouts(
                kind=Whereabouts.Kind.IN,
                organization=branch.organization,
                name=person(random, male=random.random() < 0.5),
                since=street.plan.ago(random.randint(30, 500)),
                destination=address(random, branch.community.short_name),
                host=f"{random.choice(PLACES)}某党支部",
                phone=mobile(random),
            )


def _lost(random: Random, street: Street) -> Iterator[Whereabouts]:
    """Yield members whom nobody can reach, half of them for more than six months."""
    for branch in street.branches:
        for stay in branch.standing(street.plan.until):
            if not stay.member.is_floating and random.random() < LOST:
                since = _since(random, street.plan, stay, 40, 380)
                yield Whereabouts(
                    kind=Whereabouts.Kind.LOST, member=stay.member, since=since, destination=random.choice(PLACES)
                )


def _log(random: Random, plan: Plan, record: Whereabouts) -> Iterator[Contact]:
    """Yield what was tried, every month or three; one in eight branches' logs broke off long ago."""
    lost = record.kind == Whereabouts.Kind.LOST
    last = plan.ago(random.randint(190, 300)) if not lost and random.random() < 0.12 else plan.until
    day = record.since + timedelta(days=random.randint(5, 60))
    while day <= last:
        way = random.choice(
            (Way.VISIT, Way.VIA, Way.PHONE) if lost else (Way.PHONE, Way.MESSAGE, Way.MESSAGE, Way.VIDEO)
        )
        note = "没有人知道去向" if lost else random.choice(("", "", "工作、生活正常", "已参加线上学习"))
        yield Contact(whereabouts=record, on=day, way=way, reached=not lost, note=note)
        day += timedelta(days=random.randint(25, 100))

"""Organisations of a street, and the committees that lead them."""

import math
from collections import Counter
from datetime import date, timedelta
from random import Random

from pypinyin import Style, lazy_pinyin

from branches.models import Committee, CommitteeSeat, Organization
from members.models import Member, years_between

from .names import FIRMS, TRADES, community_names, landline, person, street_names
from .plan import Branch, Plan, Stay, Street

Kind, Unit, Post = Organization.Kind, Organization.UnitKind, CommitteeSeat.Post

MEMBERS_PER_BRANCH = 22
BRANCHES_PER_GENERAL_BRANCH = 4
GROUPED_FROM = 25
"""Members from which a branch is divided into groups."""
COMMITTEE_FROM = 7
"""Full members from which a branch has a committee."""
DIGITS = "一二三四五六七八九"


def found_streets(plan: Plan) -> list[Street]:
    """Make the working committees of all streets, under a district where there are several.

    Raises ValueError with a Chinese message when there are not enough names for so many.
    """
    taken = set(Organization.objects.values_list("code", flat=True))
    free = [(name, code) for name, code in _street_codes() if code not in taken]
    if plan.streets > len(free):
        raise ValueError(f"演示街道最多还能生成 {len(free)} 个")
    last = Organization.objects.filter(depth=1).last()
    roots = Organization._str2int(last.path) if last else 0
    district = None
    if plan.streets > 1:
        code = next(c for c in ("QW", *(f"QW{n}" for n in range(2, 1000))) if c not in taken)
        district = _node("", roots + 1, code=code, name="示范区委", kind=Kind.DISTRICT_COMMITTEE, unit_kind=Unit.AGENCY)
        district.numchild = plan.streets
        district.save()
    streets = []
    for number, (name, code) in enumerate(free[: plan.streets]):
        node = _node(
            district.path if district else "",
            number + 1 if district else roots + 1,
            code=code,
            name=f"{name}街道党工委",
            short_name=f"{name}街道",
            kind=Kind.WORKING_COMMITTEE,
            unit_kind=Unit.AGENCY,
            established=date(1996 + number % 12, 7, 1),
        )
        streets.append(Street(plan, number, code, f"{name}街道", node))
    Organization.objects.bulk_create([street.organization for street in streets])
    return streets


def plant(street: Street) -> Counter[str]:
    """Make everything below the street's working committee: communities, general branches, branches, groups."""
    random, plan = street.random("branches"), street.plan
    sizes = _sizes(random, plan.members_per_street)
    count = min(len(sizes), max(1, round(1.15 * math.sqrt(len(sizes)))))
    names, width = community_names(random), max(2, len(str(len(sizes))))
    nodes: list[Organization] = []
    for number in range(count):
        community = _node(
            street.organization.path,
            number + 1,
            code=f"{street.code}{number + 1:0{width}}",
            name=f"{_name(names, number)}社区党委",
            short_name=f"{_name(names, number)}社区",
            kind=Kind.COMMUNITY_COMMITTEE,
            unit_kind=Unit.COMMUNITY,
            established=date(random.randint(1998, 2008), 7, 1),
            phone=landline(random),
            population=(population := random.randint(2800, 12500)),
            households=round(population / random.uniform(2.3, 3.2)),
        )
        street.communities.append(community)
        nodes += [community, *_below(random, street, community, sizes[number::count], width)]
    street.organization.numchild = count
    street.organization.save(update_fields=["numchild"])
    Organization.objects.bulk_create(nodes, batch_size=1000)
    return Counter(organizations=len(nodes))


def elect(street: Street) -> Counter[str]:
    """Give the communities and the branches their committees: some overdue, some ending soon, a few missing."""
    random = street.random("committees")
    electing: list[tuple[Organization, Branch, int, int]] = []  # for whom, out of which branch, years, seats
    for community in street.communities:
        electing.append((community, next(b for b in street.branches if b.community is community), 5, 5))
    for branch in street.branches:
        full = [s for s in branch.called(street.plan.until) if s.member.category == Member.Category.FULL]
        if not full or (len(full) >= COMMITTEE_FROM and random.random() < 0.03):
            continue
        count = 1 if len(full) < COMMITTEE_FROM else random.choice((3, 3, 5)) if len(full) < 30 else 5
        electing.append((branch.organization, branch, 5 if branch.in_community else 3, count))
    committees: list[Committee] = []
    seats: list[CommitteeSeat] = []
    for turn, (organization, branch, years, count) in enumerate(electing):
        ages = {5: (10, 400), 7: (-175, -5)}  # two in eleven: overdue, and ending within six months
        age = years * 365 + random.randint(*ages.get(turn % 11, (60 - years * 365, -200)))
        in_office, before = _committees(random, street.plan.ago(age), organization, years)
        committees += [in_office, *before]
        held = _seats(random, street.plan, in_office, branch, count)
        seats += held
        if organization is branch.organization:
            branch.seats = [seat for seat in held if seat.left_on is None]
    Committee.objects.bulk_create(committees, batch_size=2000)
    CommitteeSeat.objects.bulk_create(seats, batch_size=2000)
    return Counter(committees=len(committees), seats=len(seats))


def _committees(
    random: Random, start: date, organization: Organization, years: int
) -> tuple[Committee, list[Committee]]:
    """Return the committee in office since `start`, and often the one before it."""
    number = random.randint(2, 6)
    in_office = Committee(organization=organization, number=_ordinal(number), start=start, term_years=years)
    if random.random() < 0.4:
        return in_office, []
    elected = start - timedelta(days=years * 365 + random.randint(0, 60))
    before = Committee(
        organization=organization, number=_ordinal(number - 1), start=elected, term_years=years, ended_on=start
    )
    return in_office, [before]


def _seats(random: Random, plan: Plan, committee: Committee, branch: Branch, count: int) -> list[CommitteeSeat]:
    """Return the seats of a committee, held by members of the branch; now and then somebody has left one."""
    candidates = [stay for stay in branch.called(plan.until) if _may_lead(stay, committee.start, plan.until)]
    posts = [Post.SECRETARY, *([Post.DEPUTY_SECRETARY] if count == 5 else [])]
    posts += [Post.ORGANIZATION, Post.PUBLICITY, Post.DISCIPLINE]
    chosen = random.sample(candidates, min(count, len(candidates)))
    seats = [
        CommitteeSeat(committee=committee, post=post, member=stay.member, name=stay.member.name)
        for post, stay in zip(posts, chosen, strict=False)
    ]
    if count > 1 and random.random() < 0.1:
        left = min(committee.start + timedelta(days=random.randint(30, 700)), plan.until)
        seats.append(CommitteeSeat(committee=committee, post=Post.MEMBER, name=person(random, male=True), left_on=left))
    return seats


def _may_lead(stay: Stay, elected: date, until: date) -> bool:
    """Say whether a member could be elected on that day and is not too old for it today."""
    member = stay.member
    regularised = member.regularised_on is not None and member.regularised_on <= elected
    return regularised and not member.is_floating and years_between(member.birth_date or until, until) < 72


def _below(random: Random, street: Street, community: Organization, sizes: list[int], width: int) -> list[Organization]:
    """Return the nodes below a community, parents first, and note its branches."""
    name = community.short_name
    heads = len(sizes) // BRANCHES_PER_GENERAL_BRANCH if len(sizes) >= 2 * BRANCHES_PER_GENERAL_BRANCH else 0
    generals = [
        _node(
            community.path,
            number + 1,
            code=f"{community.code}Z{number + 1}",
            name=f"{name}第{_counted(number + 1)}党总支",
            kind=Kind.GENERAL_BRANCH,
            unit_kind=Unit.COMMUNITY,
            established=date(random.randint(2009, 2015), 6, 1),
        )
        for number in range(heads)
    ]
    community.numchild = heads
    nodes = list(generals)
    for index, size in enumerate(sizes):
        # The general branches lead three in four of the branches; the rest answer to the community itself.
        parent = generals[index % heads] if generals and index % 4 else community
        parent.numchild += 1
        node = _node(
            parent.path,
            parent.numchild,
            code=f"{community.code}{index + 1:0{width}}",
            phone=landline(random),
            **_branch_kind(random, name, index),
            established=_founded(random, street.plan),
        )
        diligence = random.uniform(0.3, 0.6) if random.random() < 0.1 else random.uniform(0.82, 1.0)
        branch = Branch(node, community, size, diligence)
        street.branches.append(branch)
        nodes.append(node)
        if size >= GROUPED_FROM:
            branch.groups = [
                _node(
                    node.path,
                    number + 1,
                    code=f"{node.code}{number + 1:02}",
                    name=f"{node.name}第{DIGITS[number]}党小组",
                    short_name=f"第{DIGITS[number]}党小组",
                    kind=Kind.GROUP,
                    unit_kind=node.unit_kind,
                    established=node.established,
                )
                for number in range(min(4, 1 + size // GROUPED_FROM))
            ]
            node.numchild = len(branch.groups)
            nodes += branch.groups
    return nodes


def _branch_kind(random: Random, community: str, index: int) -> dict[str, str]:
    """Return name, kind and unit kind of a community's next branch."""
    draw = random.random() if index else 0.0  # the first is always one of residents
    if draw < 0.72:
        return {"name": f"{community}第{_counted(index + 1)}党支部", "kind": Kind.BRANCH, "unit_kind": Unit.COMMUNITY}
    if draw < 0.86:
        name = f"{community}{random.choice(FIRMS)}{random.choice(TRADES)}第{_counted(index + 1)}党支部"
        return {"name": name, "kind": Kind.BRANCH, "unit_kind": Unit.PRIVATE_ENTERPRISE}
    if draw < 0.96:
        name = f"{community}两新组织第{_counted(index + 1)}联合党支部"
        return {"name": name, "kind": Kind.JOINT_BRANCH, "unit_kind": Unit.PRIVATE_ENTERPRISE}
    name = f"{community}项目工地第{_counted(index + 1)}临时党支部"
    return {"name": name, "kind": Kind.TEMPORARY_BRANCH, "unit_kind": Unit.OTHER}


def _founded(random: Random, plan: Plan) -> date:
    """Return when a branch was founded: nearly all long ago, a few while the data run."""
    if random.random() < 0.03 and plan.months > 3:
        return plan.periods[plan.months // 2].start
    return date(random.randint(2004, 2021), random.choice((3, 6, 7, 9)), 1)


def _sizes(random: Random, members: int) -> list[int]:
    """Return the branches' live members, which add up: a few under 3, a few over 50, most between 8 and 40."""
    count = max(1, round(members / MEMBERS_PER_BRANCH))
    weights = [random.lognormvariate(0, 0.55) for _ in range(count)]
    scale = members / sum(weights)
    sizes = [int(weight * scale) for weight in weights]
    for index in range(members - sum(sizes)):
        sizes[index % count] += 1
    if count >= 8:  # one branch too small to be one, whatever was drawn
        sizes[0] += sizes[-1] - min(2, sizes[-1])
        sizes[-1] = min(2, sizes[-1])
    return sizes


def _street_codes() -> list[tuple[str, str]]:
    """Return (name, code): the initials of the name, numbered where they repeat."""
    seen: Counter[str] = Counter()
    named = []
    for name in street_names():
        initials = "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).upper()
        seen[initials] += 1
        # A letter, since a digit would read as a community's number.
        named.append((name, initials if seen[initials] == 1 else f"{initials}{chr(63 + seen[initials])}"))
    return named


def _name(names: list[str], number: int) -> str:
    """Return the name of the so-manieth community; past the end of the list they start again with a number."""
    rounds, index = divmod(number, len(names))
    return names[index] + (_counted(rounds + 1) if rounds else "")


def _ordinal(number: int) -> str:
    return f"第{_counted(number)}届"


def _counted(number: int) -> str:
    """Return 1 to 99 in Chinese numerals, larger numbers in digits."""
    if number > 99:
        return str(number)
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else f"{DIGITS[tens - 1]}十") + (DIGITS[ones - 1] if ones else "")


def _node(parent_path: str, step: int, **fields: object) -> Organization:
    """Return an unsaved node of the tree, the `step`-th child of the node with that path."""
    depth = len(parent_path) // Organization.steplen + 1
    return Organization(path=Organization._get_path(parent_path, depth, step), depth=depth, numchild=0, **fields)

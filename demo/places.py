"""Premises, two-new organisations and Party workers of a street, with what the rules find in real ones."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from branches.credit_codes import check_digit
from branches.models import (
    Enterprise,
    EnterpriseState,
    InstructorVisit,
    Organization,
    PartyWorker,
    Shortage,
    Venue,
    WorkerTraining,
)

from .names import FIRMS, ROADS, TRADES, person
from .plan import Plan, Street

Tenure, Organised, Reason = Venue.Tenure, EnterpriseState.Organised, PartyWorker.Reason
CREDIT_CODE_AREA = "990100"
"""Area in invented credit codes: no place has it."""
SOCIAL = ("养老服务中心", "舞蹈协会", "志愿者协会", "社工服务站", "幼儿园", "书法协会")
GUIDANCE = (
    "指导召开主题党日",
    "核对党员名册，动员亮身份",
    "讲解发展党员程序",
    "了解经营困难，对接政策",
    "商量联合组建党支部",
)
PROBLEMS = ("活动场地不固定", "党员组织关系在外地", "负责人不熟悉党务", "")
SUBJECTS = ("党务工作者集中培训", "发展党员实务", "会议记录与台账规范", "群众工作方法")


def furnish(street: Street) -> Counter[str]:
    """Give the street's communities premises, enterprises and Party workers."""
    return _premises(street) + _enterprises(street) + _workers(street)


def _premises(street: Street) -> Counter[str]:
    """A centre for each community, rooms for some branches; every third lease runs out, every fifth is short."""
    random, plan = street.random("venues"), street.plan
    venues, shortages = [], []
    for number, community in enumerate(street.communities):
        tenure = (Tenure.OWN, Tenure.RENTED, Tenure.BORROWED)[number % 3]
        area = random.randint(80, 900)
        venues.append(_venue(random, plan, community, f"{community.short_name}党群服务中心", tenure, area, number))
        if number % 5 == 1:
            shortages.append(
                Shortage(
                    organization=community,
                    since=plan.ago(random.randint(120, 500)),
                    situation=f"活动用房只有 {area} 平方米，没有独立的党员活动室",
                    missing_area=Decimal(random.randint(60, 200)),
                    plan=random.choice(("", "与辖区学校商借会议室", "纳入老旧小区改造配套用房")),
                )
            )
        elif number % 5 == 3:
            since = plan.ago(random.randint(300, 600))
            shortages.append(
                Shortage(
                    organization=community,
                    since=since,
                    situation="原用房拆迁，临时借用物业办公室",
                    plan="租用沿街商铺二楼，已装修启用",
                    solved_on=since + timedelta(days=200),
                )
            )
    for number, branch in enumerate(street.branches):
        if random.random() < 0.3:
            tenure = random.choice((Tenure.SHARED, Tenure.BORROWED))
            name = f"{branch.organization.name}党员活动室"
            venues.append(_venue(random, plan, branch.organization, name, tenure, random.randint(20, 90), number))
    Venue.objects.bulk_create(venues, batch_size=1000)
    Shortage.objects.bulk_create(shortages, batch_size=1000)
    return Counter(venues=len(venues), shortages=len(shortages))


def _venue(
    random: Random, plan: Plan, organization: Organization, name: str, tenure: str, area: int, number: int
) -> Venue:
    own = tenure == Tenure.OWN
    end = None if own else plan.until + timedelta(days=(random.randint(-20, 80) if number % 3 == 1 else 500))
    return Venue(
        organization=organization,
        name=name,
        tenure=tenure,
        area=Decimal(area),
        address=f"{random.choice(ROADS)}{random.randint(1, 199)}号",
        functions="党员活动室、居民议事厅",
        owner="" if own else random.choice(("区国资公司", "物业公司", "辖区小学", "沿街业主")),
        lease_start=end - timedelta(days=3 * 365) if end else None,
        lease_end=end,
        opened_on=date(random.randint(2008, 2020), random.randint(1, 12), 1),
    )


def _enterprises(street: Street) -> Counter[str]:
    """Some enterprises for each community: with and without members, organisation, instructor; a few that closed."""
    random, plan = street.random("enterprises"), street.plan
    taken = Enterprise.objects.count()
    hosts: dict[int, list[Organization]] = {}
    for branch in street.branches:
        if branch.organization.unit_kind == Organization.UnitKind.PRIVATE_ENTERPRISE:
            hosts.setdefault(branch.community.pk, []).append(branch.organization)
    enterprises: list[Enterprise] = []
    states: list[EnterpriseState] = []
    visits: list[InstructorVisit] = []
    for community in street.communities:
        for number in range(random.randint(4, 8)):
            social = number % 4 == 3
            name = f"{community.short_name}{random.choice(SOCIAL)}" if social else _firm(random)
            founded = date(random.randint(2006, 2023), random.randint(1, 12), random.randint(1, 28))
            closed = plan.ago(random.randint(10, 300)) if random.random() < 0.06 else None
            enterprise = Enterprise(
                credit_code=_credit_code(taken + len(enterprises), social=social),
                name=f"{name}（{number + 1}）",
                kind=Enterprise.Kind.SOCIAL if social else Enterprise.Kind.PRIVATE,
                organization=community,
                founded=founded,
                address=f"{random.choice(ROADS)}{random.randint(1, 199)}号",
                head=person(random, male=random.random() < 0.6),
                closed_on=closed,
            )
            enterprises.append(enterprise)
            states += _states(random, plan, enterprise, hosts.get(community.pk, []))
            instructor = states[-1].instructor
            for _ in range(random.choice((0, 1, 1, 2)) if instructor else 0):
                problem = random.choice(PROBLEMS)
                on = plan.ago(random.randint(3, 300))
                result = random.choice(("已协调解决", "")) if problem else ""
                guided = random.choice(GUIDANCE)
                visits.append(
                    InstructorVisit(
                        enterprise=enterprise,
                        on=on,
                        instructor=instructor,
                        content=guided,
                        problem=problem,
                        result=result,
                    )
                )
    Enterprise.objects.bulk_create(enterprises, batch_size=1000)
    EnterpriseState.objects.bulk_create(states, batch_size=1000)
    InstructorVisit.objects.bulk_create(visits, batch_size=1000)
    return Counter(enterprises=len(enterprises), visits=len(visits))


def _states(random: Random, plan: Plan, enterprise: Enterprise, hosts: list[Organization]) -> list[EnterpriseState]:
    """Return what an enterprise was like: often one state, sometimes another since some months ago."""
    full = random.choice((0, 0, 0, 1, 2, 3, 4, 6))
    organised = Organised.NONE
    if full >= 3 and random.random() < 0.75:
        organised = Organised.ALONE if full > 3 else Organised.JOINT
    elif full and hosts and random.random() < 0.3:
        organised = Organised.JOINT
    is_organised = organised != Organised.NONE
    instructed = random.random() < 0.8
    assert enterprise.founded is not None
    last = EnterpriseState(
        enterprise=enterprise,
        organization=enterprise.organization,
        start=enterprise.founded,
        end=enterprise.closed_on,
        employees=random.randint(6, 120),
        party_members=full + random.choice((0, 0, 1)) if full else 0,
        full_members=full,
        organised=organised,
        organised_since=plan.ago(random.randint(60, 900)) if is_organised else None,
        party_organization=random.choice(hosts) if is_organised and hosts else None,
        reason="" if is_organised or full < 3 else random.choice(("党员流动性大", "负责人不愿意", "正在筹备")),
        instructor=person(random, male=random.random() < 0.5) if instructed else "",
        instructor_unit="街道机关干部" if instructed else "",
        instructor_since=plan.ago(random.randint(100, 700)) if instructed else None,
    )
    turned = plan.ago(random.randint(20, 200))
    if full < 1 or enterprise.closed_on or turned <= last.start or random.random() > 0.3:
        return [last]
    last.start = turned
    before = EnterpriseState(
        enterprise=enterprise,
        organization=enterprise.organization,
        start=enterprise.founded,
        end=turned,
        employees=last.employees,
        party_members=full - 1,
        full_members=full - 1,
    )
    return [before, last]


def _firm(random: Random) -> str:
    return f"{random.choice(FIRMS)}{random.choice(TRADES)}"


def _credit_code(number: int, *, social: bool) -> str:
    """Return the credit code of nobody with this number."""
    first = f"{'52' if social else '91'}{CREDIT_CODE_AREA}MA{number:07}"
    return first + check_digit(first)


def _workers(street: Street) -> Counter[str]:
    """Three to six Party workers for each community; in every fourth community many have left, or nobody is reserve."""
    random, plan = street.random("workers"), street.plan
    workers, trainings = [], []
    Post = PartyWorker.Post
    for turn, community in enumerate(street.communities):
        branch = next(b for b in street.branches if b.community is community)
        names = [seat.member for seat in branch.seats if seat.member]
        count = random.randint(3, 6)
        leavers = 2 if turn % 4 == 1 else int(random.random() < 0.2)
        taken: set[str] = set()
        for number in range(count + leavers):
            member = names.pop() if names and number < 2 else None
            name = member.name if member else person(random, male=random.random() < 0.35)
            if name in taken:
                continue
            taken.add(name)
            start = date(random.randint(2015, 2024), random.randint(1, 12), 1)
            left = plan.ago(random.randint(5, 330)) if number >= count else None
            worker = PartyWorker(
                organization=community,
                name=name,
                member=member,
                post=(Post.SECRETARY, Post.DEPUTY, Post.OFFICER)[number] if number < 3 else Post.CLERK,
                pay_band=random.choice(PartyWorker.PayBand.values),
                start=start,
                left_on=left,
                left_reason=random.choice((Reason.RESIGNED, Reason.RECRUITED, Reason.TRANSFERRED)) if left else "",
                reserve_since=plan.ago(random.randint(40, 700)) if number == 2 and turn % 4 != 2 else None,
            )
            workers.append(worker)
            for _ in range(random.choice((0, 1, 2))):
                trainings.append(
                    WorkerTraining(
                        worker=worker,
                        on=plan.ago(random.randint(10, 360)),
                        subject=random.choice(SUBJECTS),
                        organizer="街道党建办",
                        hours=Decimal(random.choice((4, 8, 16))),
                    )
                )
    PartyWorker.objects.bulk_create(workers, batch_size=1000)
    WorkerTraining.objects.bulk_create(trainings, batch_size=1000)
    return Counter(workers=len(workers), trainings=len(trainings))

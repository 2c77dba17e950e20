"""What residents of a street asked for and what became of it; notes of visits."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from random import Random

from activities.models import Activity, Concern, HandOver, TourStop, Visit
from branches.models import Organization
from ledgers import bulk
from ledgers.workdays import add_workdays

from .names import ROADS, address, mobile, person
from .plan import Plan, Street

Kind, Source, Satisfaction = Concern.Kind, Concern.Source, Concern.Satisfaction
MATTERS: tuple[tuple[str, str, str], ...] = (
    (Kind.FACILITIES, "{n} 号楼楼道灯不亮", "已更换灯泡和声控开关，现场试过。"),
    (Kind.FACILITIES, "{n} 号楼电梯常停运，老人下楼难", "物业已联系维保单位更换门机，两天没有再停。"),
    (Kind.ENVIRONMENT, "小区垃圾清运不及时，夏天有异味", "清运改为每天两次，垃圾桶加盖。"),
    (Kind.ENVIRONMENT, "{n} 号楼后有人圈地种菜", "已同住户说通，菜地改为公共绿化。"),
    (Kind.PARKING, "消防通道被私家车占用", "划了禁停线，物业每晚巡查。"),
    (Kind.PARKING, "电动车充电桩不够用", "新装充电口 20 个，已通电。"),
    (Kind.PROPERTY, "物业费上涨没有征求业主意见", "召开业主代表会，物业公开了成本，维持原价。"),
    (Kind.CARE, "希望社区开办老年食堂", "已列入明年计划，先由志愿者给 6 位老人送餐。"),
    (Kind.DISPUTE, "楼上漏水，两家说不拢", "调解员上门三次，双方签了协议，已修好。"),
    (Kind.SAFETY, "围墙开裂，怕倒下来伤人", "已围挡并请房管部门鉴定。"),
    (Kind.RELIEF, "下岗半年，想了解公益性岗位", "已讲明条件并帮助填表。"),
    (Kind.POLICY, "咨询老旧小区加装电梯的补贴", "已告知办理程序和所需材料。"),
)
HARD = (
    "涉及产权单位已撤销，社区协调不动",
    "需要住建、城管一起到现场",
    "维修资金账户不清，物业不肯垫付",
)
HANDLERS = ("物业公司", "社区网格员", "综合执法队", "供电公司", "社区民政专干", "业委会")
VISITS: tuple[tuple[str, str, str, str], ...] = (
    (Visit.Kind.RESIDENTS, "{road}小区住户", "逐户了解物业、停车和养老方面的想法。", "公共区域照明损坏较多"),
    (Visit.Kind.RESIDENTS, "困难家庭和独居老人", "看了居住条件，问了就医和吃饭的情况。", ""),
    (Visit.Kind.RESIDENTS, "沿街商户", "听商户谈客流、停车和夜间照明。", "商户门前停车与行人混行"),
    (Visit.Kind.REPORT, "社区党委半年工作汇报", "听取组织生活、发展党员和居民服务情况。", "两个支部会议记录不完整"),
    (Visit.Kind.REPORT, "党支部书记座谈", "各支部书记汇报本季度工作和困难。", ""),
    (Visit.Kind.PAPERS, "三会一课记录和党费台账", "抽查四个支部的记录本和缴费凭证。", "个别支部没有签到表"),
    (Visit.Kind.PAPERS, "发展党员档案", "核对近两年发展党员材料。", ""),
)
SEEN = ("党群服务中心和楼栋议事点", "三会一课台账和阵地", "老旧小区改造项目", "共建单位联办的便民集市", "")
A_MONTH = 3
"""Concerns of a community in one month, on average."""


def listen(street: Street) -> Counter[str]:
    """Write the visits to the street's communities and what their residents asked for; some answers are late."""
    random, plan = street.random("concerns"), street.plan
    visits = [visit for community in street.communities for visit in _visits(random, plan, community)]
    bulk.insert(visits)
    concerns = [one for community in street.communities for one in _concerns(random, plan, community)]
    by_place: dict[int, list[Visit]] = {}
    for visit in visits:
        if visit.kind == Visit.Kind.RESIDENTS:
            by_place.setdefault(visit.organization_id, []).append(visit)
    for concern in concerns:
        if concern.source == Source.VISIT and (made := by_place.get(concern.organization_id)):
            concern.visit = random.choice(made)
            concern.received_on = concern.visit.date
            _progress(random, plan, concern)
    for number, concern in enumerate(concerns, 1):
        concern.number = f"{street.code}-SQ{number:05}"
        concern.derive()
    bulk.insert(concerns)
    steps = [step for concern in concerns for step in _steps(random, concern)]
    bulk.insert(steps)
    stops = list(_tour_stops(random, street))
    bulk.insert(stops)
    return Counter(visits_made=len(visits), concerns=len(concerns), concern_steps=len(steps), tour_stops=len(stops))


def _tour_stops(random: Random, street: Street) -> Iterator[TourStop]:
    """Yield where the street's tours went: to every community, save one now and then."""
    for tour in Activity.objects.filter(organization=street.organization, kind=Activity.Kind.OBSERVATION):
        for community in street.communities:
            if random.random() < 0.92:
                yield TourStop(activity=tour, community=community, seen=random.choice(SEEN))


def _visits(random: Random, plan: Plan, community: Organization) -> Iterator[Visit]:
    """Yield a visit to the community in most months, of one kind or another."""
    taken = set()
    for month in plan.periods:
        for kind, target, content, problem in random.sample(VISITS, random.choice((0, 1, 1, 2))):
            day = month.start + timedelta(days=random.randint(0, 27))
            place = target.format(road=random.choice(ROADS))
            if day > plan.until or (day, kind, place) in taken:
                continue
            taken.add((day, kind, place))
            yield Visit(
                organization=community,
                date=day,
                kind=kind,
                visitors=person(random, male=random.random() < 0.5),
                target=place,
                people=None if kind == Visit.Kind.PAPERS else random.randint(2, 14),
                content=content,
                problem=problem if random.random() < 0.7 else "",
            )


def _concerns(random: Random, plan: Plan, community: Organization) -> Iterator[Concern]:
    """Yield what the community's residents asked for."""
    for month in plan.periods:
        for _ in range(random.randint(0, 2 * A_MONTH)):
            day = month.start + timedelta(days=random.randint(0, 27))
            if day > plan.until:
                continue
            kind, title, settled = random.choice(MATTERS)
            concern = Concern(
                organization=community,
                received_on=day,
                source=random.choice(
                    (Source.VISIT, Source.VISIT, Source.PHONE, Source.PHONE, Source.HOTLINE, Source.ONLINE)
                ),
                kind=kind,
                title=title.format(n=random.randint(1, 30)),
                resident=person(random, male=random.random() < 0.4),
                phone=mobile(random) if random.random() < 0.8 else "",
                address=address(random, community.short_name),
                handler=random.choice(HANDLERS) if random.random() < 0.7 else "",
                answer=settled,
            )
            _progress(random, plan, concern)
            yield concern


def _progress(random: Random, plan: Plan, concern: Concern) -> None:
    """Set how far it has got by the plan's last day: mostly answered in time, seldom late, a few hard cases."""
    settled = concern.answer or next(answer for kind, _, answer in MATTERS if kind == concern.kind)
    concern.answered_on = concern.resolved_on = concern.escalated_on = None
    concern.answer = concern.satisfaction = concern.escalation = ""
    received = concern.received_on
    answered = add_workdays(received, random.randint(17, 30) if random.random() < 0.06 else random.randint(0, 13))
    if random.random() < 0.06 and received + timedelta(days=6) <= plan.until:
        concern.escalated_on, concern.escalation = received + timedelta(days=random.randint(2, 6)), random.choice(HARD)
    if answered > plan.until or random.random() < 0.02:
        return
    concern.answered_on, concern.answer = answered, settled
    resolved = answered + timedelta(days=random.choice((0, 0, 0, 3, 12, 40)))
    if resolved <= plan.until and not (concern.escalated_on and random.random() < 0.5):
        concern.resolved_on = resolved
        if random.random() < 0.85:
            graded = (Satisfaction.SATISFIED, Satisfaction.SATISFIED, Satisfaction.FAIR, Satisfaction.DISSATISFIED)
            concern.satisfaction = random.choices(graded, (6, 2, 2, 1))[0]


def _steps(random: Random, concern: Concern) -> Iterator[HandOver]:
    """Yield who handed it to whom."""
    giver = person(random, male=random.random() < 0.5)
    if concern.handler:
        yield HandOver(
            concern=concern, on=concern.received_on, giver=giver, taker=concern.handler, note="请尽快到现场看"
        )
    if concern.escalated_on:
        yield HandOver(
            concern=concern,
            on=concern.escalated_on,
            giver=giver,
            taker="街道党建办",
            note=concern.escalation,
            is_escalation=True,
        )

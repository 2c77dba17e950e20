"""Brand and service projects of a street's communities: stages, participants, whom they served, how they spread."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from activities.models import BrandProject, Milestone, Participant, ServiceEvent, Story
from branches.models import Organization

from .names import person
from .plan import Plan, Street

Kind, Stage = BrandProject.Kind, BrandProject.Stage
BRANDS = (
    "邻里红管家",
    "银龄先锋",
    "红色议事厅",
    "幸福楼道",
    "小院课堂",
    "先锋夜话",
    "百姓说事",
    "红色物业",
    "家门口党校",
)
SERVICES = (
    ("三大暖情", "对独居老人、困境儿童、残疾居民定期上门：送餐、陪诊、陪伴。"),
    ("爱心商户联盟", "沿街商户按约定给老人和困难家庭优惠，联盟有牌子、有清单、有评议。"),
    ("小红服", "穿红马甲的志愿者定点服务：代办、维修、劝导。"),
)
"""Name and content of the three service projects that the street knows best; each begins somewhere and spreads."""
STEPS = ("摸清需求，定方案", "组建队伍", "建成服务点", "总结做法，形成制度")
MERCHANTS = ("理发店", "早餐铺", "药店", "眼镜店", "修鞋铺", "菜店", "洗衣店")
TEAMS = ("社区志愿服务队", "青年志愿者队", "退休党员服务队")
UNITS = ("卫生服务中心", "实验小学", "律师事务所")
DEEDS = ("上门理发", "助老送餐", "义诊量血压", "家电维修", "陪老人就医", "免费磨刀修鞋", "周末托管", "冬衣发放")
STORIES = (
    ("一碗热汤", "独居的老人三天没下楼，送餐的志愿者多敲了一次门，及时送医。此后这栋楼排了探访值班表。"),
    ("修鞋铺的周三", "每周三下午，修鞋铺给七十岁以上老人免费。铺主说，坐下来说说话，比挣钱要紧。"),
)


def spread(street: Street) -> Counter[str]:
    """Write projects with what belongs to them; every fifth community has no brand of its own (R46)."""
    random, plan = street.random("brands"), street.plan
    projects = [
        _project(random, plan, community, BRANDS[number % len(BRANDS)], Kind.BRAND, random.randint(200, 1100))
        for number, community in enumerate(street.communities)
        if number % 5 != 3
    ]
    for name, summary in SERVICES:
        projects += _family(random, street, name, summary)
    firsts = [one for one in projects if one.source is None]
    copies = [one for one in projects if one.source is not None and one.source.source is None]
    further = [one for one in projects if one.source is not None and one.source.source is not None]
    for wave in (firsts, copies, further):  # what was replicated comes after its source
        BrandProject.objects.bulk_create(wave, batch_size=1000)
    milestones = [one for project in projects for one in _milestones(random, plan, project)]
    participants = [one for project in projects for one in _participants(random, project)]
    services = [one for project in projects for one in _services(random, plan, project)]
    stories = [
        Story(project=project, date=plan.ago(random.randint(5, 300)), title=title, content=content)
        for project, (title, content) in zip(firsts[-len(SERVICES) :], STORIES, strict=False)
    ]
    Milestone.objects.bulk_create(milestones, batch_size=1000)
    Participant.objects.bulk_create(participants, batch_size=1000)
    ServiceEvent.objects.bulk_create(services, batch_size=1000)
    Story.objects.bulk_create(stories, batch_size=1000)
    return Counter(
        brands=len(projects), milestones=len(milestones), brand_participants=len(participants), services=len(services)
    )


def _project(
    random: Random, plan: Plan, community: Organization, name: str, kind: BrandProject.Kind, age: int, summary: str = ""
) -> BrandProject:
    stage = Stage.PLANNING if age < 100 else Stage.BUILDING if age < 350 else Stage.RUNNING
    return BrandProject(
        organization=community,
        name=name,
        kind=kind,
        stage=stage,
        lead=person(random, male=random.random() < 0.4),
        budget=Decimal(random.randint(4, 40) * 500),
        start=plan.ago(age),
        summary=summary,
    )


def _family(random: Random, street: Street, name: str, summary: str) -> list[BrandProject]:
    """Return a project where it began, replicated into some communities, and from the first of them into more."""
    chosen = random.sample(street.communities, min(len(street.communities), random.randint(3, 6)))
    first = _project(random, street.plan, chosen[0], name, Kind.SERVICE, random.randint(700, 1200), summary)
    if len(chosen) > 1:
        first.stage = Stage.SPREADING
    made = [first]
    for number, community in enumerate(chosen[1:]):
        copy = _project(random, street.plan, community, name, Kind.SERVICE, random.randint(60, 330), summary)
        copy.source = made[1] if number >= 3 else first
        if number >= 3:
            copy.start = max(copy.start, made[1].start + timedelta(days=30))
        made.append(copy)
    return made


def _milestones(random: Random, plan: Plan, project: BrandProject) -> list[Milestone]:
    """Return the steps, two months apart; what was due lately is not always done."""
    found = []
    for number, title in enumerate(STEPS):
        due = project.start + timedelta(days=60 * (number + 1))
        done = due + timedelta(days=random.randint(-10, 20))
        reached = done <= plan.ago(60) or (done <= plan.until and random.random() < 0.6)
        found.append(Milestone(project=project, title=title, due=due, done_on=done if reached else None))
    return found


def _participants(random: Random, project: BrandProject) -> list[Participant]:
    place = project.organization.short_name.removesuffix("社区")
    kinds = Participant.Kind
    named = [(kinds.VOLUNTEERS, team, "每周上门") for team in random.sample(TEAMS, random.randint(1, 2))]
    if project.kind == Kind.SERVICE:
        named += [
            (kinds.MERCHANT, f"{place}{shop}", "老人优惠") for shop in random.sample(MERCHANTS, random.randint(2, 5))
        ]
        named += [(kinds.UNIT, f"{place}{unit}", "专业服务") for unit in random.sample(UNITS, random.randint(0, 2))]
    return [
        Participant(
            organization=project.organization, project=project, name=name, kind=kind, offer=offer, since=project.start
        )
        for kind, name, offer in named
    ]


def _services(random: Random, plan: Plan, project: BrandProject) -> list[ServiceEvent]:
    """Return about one service a month for a service project, now and then one for a brand."""
    found: dict[tuple[date, str], ServiceEvent] = {}
    often = 0.8 if project.kind == Kind.SERVICE else 0.25
    for month in plan.periods:
        day = month.start + timedelta(days=random.randint(1, 26))
        if random.random() > often or not project.start <= day <= plan.until:
            continue
        served = random.randint(12, 160)
        content = random.choice(DEEDS)
        found[day, content] = ServiceEvent(
            organization=project.organization,
            project=project,
            date=day,
            content=content,
            place="党群服务中心",
            served=served,
            volunteers=random.randint(3, 18),
        )
    return list(found.values())

"""Partner units of a street's communities, their agreements of the years, and what they did."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from activities.models import Agreement, Contribution, PartnerUnit
from branches.models import Organization

from .names import mobile, person
from .plan import Plan, Street

UnitKind, Kind = Organization.UnitKind, Contribution.Kind
UNITS = (
    ("供电所", UnitKind.STATE_ENTERPRISE, "电工、用电安全检查"),
    ("实验小学", UnitKind.SCHOOL, "操场、会议室、教师志愿者"),
    ("卫生服务中心", UnitKind.INSTITUTION, "义诊、健康讲座"),
    ("派出所", UnitKind.AGENCY, "反诈宣传、夜间巡逻"),
    ("商业银行支行", UnitKind.STATE_ENTERPRISE, "金融知识讲座、便民网点"),
    ("物业公司", UnitKind.PRIVATE_ENTERPRISE, "维修、停车位"),
    ("社工服务站", UnitKind.SOCIAL_ORGANIZATION, "心理疏导、助老服务"),
    ("司法所", UnitKind.AGENCY, "法律咨询、人民调解"),
    ("市场监管所", UnitKind.AGENCY, "食品安全检查"),
    ("连锁超市", UnitKind.PRIVATE_ENTERPRISE, "节日慰问物资"),
)  # fmt: skip
NEEDS = (
    "独居老人定期上门探访",
    "夜间停车位不足",
    "暑期儿童无人看管",
    "楼道飞线充电",
    "老旧楼栋照明损坏",
    "居民缺少法律咨询",
)
RESOURCES = ("会议室每周六上午开放", "志愿者 20 名", "专业讲师每季度 1 次", "停车位夜间错时开放 30 个", "图书和电脑")
PROJECTS = ("红色微课堂", "错时停车共享", "银发关爱行动", "四点半课堂", "楼道亮灯工程", "反诈宣传进楼栋")
DEEDS = (
    (Kind.PROJECT, "楼道照明改造"), (Kind.RESOURCE, "开放会议室供居民议事"), (Kind.NEED, "为独居老人安装扶手"),
    (Kind.SERVICE, "上门维修水电"), (Kind.SERVICE, "义诊量血压"), (Kind.PROJECT, "错时停车位上线"),
    (Kind.RESOURCE, "捐赠图书"), (Kind.NEED, "协调疏通下水管道"),
)  # fmt: skip
UNSIGNED = 5
"""Every so manieth community has not signed this year (R41)."""


def build_together(street: Street) -> Counter[str]:
    """Write units, agreements and deeds; every fifth community has not signed this year, and one unit has left."""
    random, plan = street.random("cobuilding"), street.plan
    units: list[PartnerUnit] = []
    agreements: list[Agreement] = []
    deeds: list[Contribution] = []
    for number, community in enumerate(street.communities):
        for name, kind, strengths in random.sample(UNITS, random.randint(2, 5)):
            unit = _unit(random, plan, community, name, kind, strengths)
            units.append(unit)
            years = [plan.until.year - 1, *([plan.until.year] if number % UNSIGNED != 2 else [])]
            signed = [_agreement(random, unit, year) for year in years if random.random() < 0.9]
            agreements += signed
            deeds += _deeds(random, plan, unit) if signed else []
    PartnerUnit.objects.bulk_create(units, batch_size=1000)
    Agreement.objects.bulk_create(agreements, batch_size=1000)
    Contribution.objects.bulk_create(deeds, batch_size=1000)
    return Counter(partners=len(units), agreements=len(agreements), contributions=len(deeds))


def _unit(random: Random, plan: Plan, community: Organization, name: str, kind: str, strengths: str) -> PartnerUnit:
    return PartnerUnit(
        organization=community,
        name=f"{community.short_name.removesuffix('社区')}{name}",
        kind=kind,
        strengths=strengths,
        contact=person(random, male=random.random() < 0.5),
        phone=mobile(random) if random.random() < 0.9 else "",
        registered_on=date(random.randint(2019, plan.until.year - 2), random.randint(1, 12), 1),
        left_on=plan.ago(random.randint(20, 200)) if random.random() < 0.06 else None,
    )


def _agreement(random: Random, unit: PartnerUnit, year: int) -> Agreement:
    late = random.random() < 0.1
    signed_on = date(year, 4 if late else random.randint(1, 3), random.randint(1, 28))
    needs, resources, projects = (
        "\n".join(random.sample(items, random.randint(1, 3))) for items in (NEEDS, RESOURCES, PROJECTS)
    )
    return Agreement(
        organization=unit.organization,
        partner=unit,
        year=year,
        number=f"{unit.organization.code}-{year}-{random.randint(1, 99):02}",
        signed_on=signed_on,
        start=date(year, 1, 1),
        end=date(year, 12, 31),
        needs=needs,
        resources=resources,
        projects=projects,
    )


def _deeds(random: Random, plan: Plan, unit: PartnerUnit) -> list[Contribution]:
    done = []
    for kind, content in random.sample(DEEDS, random.randint(0, 4)):
        on = plan.until - timedelta(days=random.randint(3, 330))
        if unit.left_on and on >= unit.left_on:
            continue
        done.append(
            Contribution(
                organization=unit.organization,
                partner=unit,
                date=on,
                kind=kind,
                content=content,
                money=Decimal(random.randint(2, 60) * 500) if kind == Kind.PROJECT else None,
                people=random.randint(8, 200),
            )
        )
    return done

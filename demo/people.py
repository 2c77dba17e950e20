"""Who checked in to which community and served there; talks, matters, honours and achievements of a street."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from ledgers import bulk
from ledgers.parsing import joined
from ledgers.period import Period
from members.models import CommunityCheckIn, Honor, MatterReport, PerformanceRecord, ServiceEntry, Talk

from .names import mobile, person
from .plan import Branch, Plan, Stay, Street

CHECKED_IN = 0.82
"""Members in service who have checked in, as a share."""
ELSEWHERE = 6
"""People registered elsewhere who check in to a community, on average."""
SPECIALTIES = ("法律", "医护", "书画", "水电维修", "计算机", "心理疏导", "财会", "摄影", "外语", "")
UNITS = ("市税务局", "区教育局", "市第二医院", "供电公司", "区人民法院", "市图书馆", "地铁集团", "区市场监管局")
SERVICES = (
    "入户走访独居老人", "帮社区修理路灯和门禁", "周末法律咨询", "暑期托管班辅导", "楼道飞线排查", "公共空间旧物清运",
    "反诈宣传进楼栋", "社区书屋整理", "义诊量血压", "路口文明劝导",
)  # fmt: skip
TALKS = (
    "了解近期工作和家庭情况，提醒按时参加组织生活。",
    "交流对支部工作的看法，建议主题党日少念材料、多办实事。",
    "谈到照顾老人时间紧，商量以送学上门的方式补课。",
    "指出上半年有三次无故缺席，本人表示今后提前请假。",
)
FOLLOW_UPS = ("把学习材料送到家里", "两周后回访一次", "向社区反映停车难的问题", "下月支委会上通报")
HONORS = (
    ("优秀共产党员", Honor.Level.STREET), ("优秀党务工作者", Honor.Level.STREET), ("优秀志愿者", Honor.Level.DISTRICT),
    ("优秀共产党员", Honor.Level.DISTRICT), ("最美邻里", Honor.Level.COMMUNITY), ("先进工作者", Honor.Level.CITY),
)  # fmt: skip
SANCTIONS = (("党内警告", 365), ("党内严重警告", 540), ("诫勉", 180))
MATTERS = (
    (MatterReport.Kind.ABROAD, "拟因私出境探亲十天。"),
    (MatterReport.Kind.CEREMONY, "操办子女婚礼，已承诺不收服务对象礼金。"),
    (MatterReport.Kind.PROPERTY, "购买住房一套，说明了资金来源。"),
    (MatterReport.Kind.FAMILY_WORK, "配偶新入职一家物业公司。"),
)
ACHIEVEMENTS = (
    ("老旧小区加装电梯 6 部", "livelihood"), ("建成楼栋党群会客厅 3 处", "party-building"),
    ("化解物业费纠纷 21 件", "governance"), ("汛期转移居民 48 户，无人员伤亡", "urgent"),
    ("引进便民早餐点 4 家", "livelihood"), ("消防通道堆物清零", "safety"),
)  # fmt: skip


def keep(street: Street) -> Counter[str]:
    """Write what is kept of the street's people; slack branches talk and note little."""
    random, plan = street.random("people"), street.plan
    checkins = [*_members_in_service(random, street), *_from_elsewhere(random, street)]
    CommunityCheckIn.objects.bulk_create(checkins, batch_size=1000)
    hours = [entry for checkin in checkins for entry in _served(random, plan, checkin)]
    bulk.insert(hours)
    talks = [talk for branch in street.branches for talk in _talks(random, plan, branch)]
    Talk.objects.bulk_create(talks, batch_size=1000, ignore_conflicts=True)
    honors = [one for branch in street.branches for one in _honors(random, plan, branch)]
    Honor.objects.bulk_create(honors, batch_size=1000)
    matters = [one for branch in street.branches for one in _matters(random, plan, branch)]
    MatterReport.objects.bulk_create(matters, batch_size=1000)
    achievements = [one for branch in street.branches for one in _achievements(random, plan, branch)]
    PerformanceRecord.objects.bulk_create(achievements, batch_size=1000)
    return Counter(
        checkins=len(checkins), service_entries=len(hours), talks=len(talks), honors=len(honors),
        matters=len(matters), achievements=len(achievements),
    )  # fmt: skip


def _members_in_service(random: Random, street: Street) -> Iterator[CommunityCheckIn]:
    """Yield one check-in for most members in service, seldom in another community than their branch's."""
    plan = street.plan
    for branch in street.branches:
        for stay in branch.stays:
            member = stay.member
            if stay.end is not None or member.employment != "in-service" or random.random() > CHECKED_IN:
                continue
            place = branch.community if random.random() < 0.8 else random.choice(street.communities)
            start = max(plan.ago(random.randint(20, 900)), stay.start)
            if start >= plan.until:
                continue
            yield CommunityCheckIn(
                community=place,
                member=member,
                name=member.name,
                workplace=member.workplace,
                phone=member.phone,
                specialty=random.choice(SPECIALTIES),
                posts=_claimed(random, 0.75),
                start=start,
            )


def _claimed(random: Random, share: float) -> str:
    """Return the posts that somebody claimed: mostly one, now and then two or three, and of some none."""
    known = CommunityCheckIn.Post.values
    chosen = random.sample(known, random.choice((1, 1, 1, 2, 2, 3))) if random.random() < share else []
    return joined(post for post in known if post in chosen)


def _from_elsewhere(random: Random, street: Street) -> Iterator[CommunityCheckIn]:
    """Yield people whose membership lies elsewhere and who live here; a few have ended it."""
    plan = street.plan
    for community in street.communities:
        for _ in range(random.randint(ELSEWHERE // 2, ELSEWHERE * 3 // 2)):
            unit, start = random.choice(UNITS), plan.ago(random.randint(30, 700))
            yield CommunityCheckIn(
                community=community,
                name=person(random, male=random.random() < 0.5),
                workplace=unit,
                party_branch=f"{unit}第{random.choice('一二三四')}党支部",
                phone=mobile(random),
                specialty=random.choice(SPECIALTIES),
                posts=_claimed(random, 0.8),
                start=start,
                end=start + timedelta(days=random.randint(10, 29)) if random.random() < 0.08 else None,
            )


def _served(random: Random, plan: Plan, checkin: CommunityCheckIn) -> Iterator[ServiceEntry]:
    """Yield hours noted by hand: some people serve most months, many never."""
    keen = random.random()
    for month in plan.periods:
        day = _day(random, month)
        last = min(checkin.end or plan.until, plan.until)
        if random.random() < 0.4 * keen and checkin.start <= day < last:
            hours = Decimal(random.choice((1, 2, 2, 3, 4))) / (2 if random.random() < 0.1 else 1)
            yield ServiceEntry(checkin=checkin, date=day, hours=hours, content=random.choice(SERVICES))


def _day(random: Random, month: Period) -> date:
    return month.start + timedelta(days=random.randint(1, 26))


def _leading(branch: Branch) -> list[Stay]:
    held = {seat.member_id for seat in branch.seats}
    return [stay for stay in branch.stays if stay.end is None and stay.member.pk in held]


def _talks(random: Random, plan: Plan, branch: Branch) -> Iterator[Talk]:
    """Yield talks of the committee: with each other once a year, mostly, and with some members each."""
    leading = _leading(branch)
    here = [stay for stay in branch.stays if stay.end is None]
    for year in sorted({month.year for month in plan.periods}):
        months = [month for month in plan.periods if month.year == year]
        for number, one in enumerate(leading):
            others = [*leading[number + 1 :], *random.sample(here, min(2, len(here)))]
            for other in others:
                day = _day(random, random.choice(months))
                if other.member == one.member or random.random() > 0.35 + 0.65 * branch.diligence:
                    continue
                if day <= plan.until and other.covers(day) and one.covers(day):
                    yield _talk(random, plan, branch, one, other, day)


def _talk(random: Random, plan: Plan, branch: Branch, one: Stay, other: Stay, day: date) -> Talk:
    kind = Talk.Kind.HEART if random.random() < 0.85 else Talk.Kind.REMINDER
    promised = random.random() < 0.3
    by = day + timedelta(days=random.randint(7, 30))
    done = by - timedelta(days=random.randint(0, 6)) if promised and random.random() < 0.8 else None
    return Talk(
        organization=branch.organization,
        kind=kind,
        date=day,
        talker=one.member,
        talker_name=one.member.name,
        member=other.member,
        content=random.choice(TALKS),
        follow_up=random.choice(FOLLOW_UPS) if promised else "",
        follow_up_by=by if promised else None,
        followed_up_on=done if done and done <= plan.until else None,
    )


def _honors(random: Random, plan: Plan, branch: Branch) -> Iterator[Honor]:
    """Yield an honour for one member in twelve and a rare sanction; now and then the branch has one of its own."""
    for stay in branch.stays:
        day = _day(random, random.choice(plan.periods))
        if stay.end is not None or not stay.covers(day) or day > plan.until:
            continue
        draw = random.random()
        if draw < 0.08:
            title, level = random.choice(HONORS)
            authority = (
                "市委" if level == Honor.Level.CITY else "区委" if level == Honor.Level.DISTRICT else "街道党工委"
            )
            yield Honor(
                organization=branch.organization, date=day, nature=Honor.Nature.HONOR, member=stay.member, title=title,
                level=level, authority=authority,
            )  # fmt: skip
        elif draw > 0.994:
            title, days = random.choice(SANCTIONS)
            yield Honor(
                organization=branch.organization, date=day, nature=Honor.Nature.SANCTION, member=stay.member,
                title=title, authority="街道纪工委", reason="违反工作纪律", ends_on=day + timedelta(days=days),
            )  # fmt: skip
    day = _day(random, random.choice(plan.periods))
    if random.random() < 0.1 * branch.diligence and day <= plan.until:
        yield Honor(
            organization=branch.organization, date=day, nature=Honor.Nature.HONOR, title="先进基层党组织",
            level=Honor.Level.STREET, authority="街道党工委",
        )  # fmt: skip


def _matters(random: Random, plan: Plan, branch: Branch) -> Iterator[MatterReport]:
    for stay in _leading(branch):
        day = _day(random, random.choice(plan.periods))
        if random.random() < 0.12 and stay.covers(day) and day <= plan.until:
            kind, content = random.choice(MATTERS)
            answered = day + timedelta(days=random.randint(2, 12))
            answered_on = answered if random.random() < 0.8 and answered <= plan.until else None
            yield MatterReport(
                organization=branch.organization, date=day, kind=kind, member=stay.member, content=content,
                opinion="已阅，请遵守有关规定。" if answered_on else "", answered_on=answered_on,
            )  # fmt: skip


def _achievements(random: Random, plan: Plan, branch: Branch) -> Iterator[PerformanceRecord]:
    for stay in _leading(branch)[:2]:
        day = _day(random, random.choice(plan.periods))
        if random.random() < 0.3 and stay.covers(day) and day <= plan.until:
            title, area = random.choice(ACHIEVEMENTS)
            yield PerformanceRecord(
                organization=branch.organization, date=day, member=stay.member, title=title, area=area,
                evidence="工作简报、现场照片",
            )  # fmt: skip

"""What a street studies and how it reviews its members: themes, series, certificates, reviews, criticism, promises."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from activities.models import (
    Activity,
    BranchReview,
    Certificate,
    Criticism,
    DemocraticReview,
    Promise,
    StudySeries,
    StudyTheme,
)
from ledgers import bulk

from .plan import Branch, Plan, Stay, Street

Grade = DemocraticReview.Grade
THEMES = (
    ("学习贯彻全会精神", "区委〔{year}〕6号"),
    ("党史学习教育常态化", "街道党工委〔{year}〕3号"),
    ("党章和支部工作条例", "街道党工委〔{year}〕4号"),
)
COURSES = (
    ("区委党校主体班", "区委党校", 40, True), ("社区工作者网络培训", "市干部网络学院", 16, False),
    ("党务实务培训班", "区委组织部", 24, False), ("基层治理专题班", "市委党校", 56, True),
)  # fmt: skip
SELF = ("学习时紧时松，学得不深。", "到居民家里走得少，了解情况不够。", "遇到难题有畏难情绪，办法不多。")
OTHERS = ("开会常常迟到，希望带头守时。", "布置工作多、检查落实少。", "说话急，和居民沟通要更耐心。")
PROMISES = (
    ("每月至少参加两次集中学习", "列出书单，每月交一篇笔记"),
    ("每季度走访党员一遍", "分片包干，做好记录"),
    ("主题党日提前一周通知", "由组织委员负责"),
    ("化解楼道堆物投诉", "联系物业，一个月内清完"),
)
DECISIONS = ("支部书记谈话，限期改正", "批评教育，半年后复评")


def study(street: Street) -> Counter[str]:
    """Write the street's themes, series and certificates, and what its reviews and life meetings came to."""
    random, plan = street.random("study"), street.plan
    themes, series = _themes(street)
    papers = [paper for branch in street.branches for paper in _certificates(random, plan, branch)]
    bulk.insert(papers)
    rounds: list[BranchReview] = []
    reviews: list[DemocraticReview] = []
    for month in plan.periods:
        if month.number != 1:
            continue
        for branch in street.branches:
            held = month.start + timedelta(days=random.randint(14, 26))
            if held > plan.until or random.random() > 0.3 + 0.7 * branch.diligence:
                continue
            rounds.append(_round(random, branch, month.year - 1, held))
            reviews += _reviews(random, branch, month.year - 1, held)
    BranchReview.objects.bulk_create(rounds, batch_size=1000)
    bulk.insert(reviews)
    criticisms, promises = _life_meetings(random, street)
    Criticism.objects.bulk_create(criticisms, batch_size=1000)
    Promise.objects.bulk_create(promises, batch_size=1000)
    return Counter(
        study_themes=themes, study_series=series, certificates=len(papers), democratic_reviews=len(reviews),
        criticisms=len(criticisms), promises=len(promises),
    )  # fmt: skip


def _themes(street: Street) -> tuple[int, int]:
    """Write three themes for each year, and the year's trainings of the street as one concentrated series."""
    years = sorted({month.year for month in street.plan.periods})
    themes = [
        StudyTheme(organization=street.organization, year=year, title=title, document=document.format(year=year))
        for year in years
        for title, document in THEMES
    ]
    StudyTheme.objects.bulk_create(themes)
    series = [
        StudySeries(
            organization=street.organization,
            year=year,
            title=f"{year}年党组织书记集中轮训",
            theme=themes[number * len(THEMES)],
            concentrated=True,
        )
        for number, year in enumerate(years)
    ]
    StudySeries.objects.bulk_create(series)
    trainings = Activity.objects.filter(organization=street.organization, kind=Activity.Kind.TRAINING)
    for one in series:  # a year each
        trainings.filter(date__year=one.year).update(series=one)
    return len(themes), len(series)


def _certificates(random: Random, plan: Plan, branch: Branch) -> Iterator[Certificate]:
    """Yield a certificate for one leading member in three, and for one member in thirty."""
    leading = {seat.member_id for seat in branch.seats}
    for stay in branch.stays:
        day = plan.ago(random.randint(10, 360))
        if not stay.covers(day) or random.random() > (0.33 if stay.member.pk in leading else 0.03):
            continue
        title, issuer, hours, concentrated = random.choice(COURSES)
        yield Certificate(
            organization=branch.organization, member=stay.member, title=title, issuer=issuer, date=day,
            hours=Decimal(hours), number=f"{day.year}-{random.randint(1, 999):03}", concentrated=concentrated,
        )  # fmt: skip


def _round(random: Random, branch: Branch, year: int, held: date) -> BranchReview:
    """Return the procedure of a review whose ballot was on a day; a slack branch has not followed it up."""
    return BranchReview(
        organization=branch.organization,
        year=year,
        mobilised_on=held - timedelta(days=14),
        self_reviewed_on=held - timedelta(days=3),
        discussed_on=held,
        balloted_on=held,
        settled_on=held,
        followed_up_on=held if random.random() < branch.diligence - 0.2 else None,
    )


def _reviews(random: Random, branch: Branch, year: int, held: date) -> Iterator[DemocraticReview]:
    """Yield the review of everybody who was a full member; one branch in ten is too generous, one leaves some out."""
    voters = len(branch.standing(held))
    generous, forgetful = random.random() < 0.1, random.random() < 0.1
    for stay in branch.standing(date(year, 12, 31)):
        member, draw = stay.member, random.random()
        regularised = member.regularised_on
        if regularised is None or regularised > date(year, 12, 31) or (forgetful and draw < 0.1):
            continue
        grade = (
            Grade.EXCELLENT if draw > (0.5 if generous else 0.8)
            else Grade.UNQUALIFIED if draw < 0.004
            else Grade.BASIC if draw < 0.03
            else Grade.QUALIFIED
        )  # fmt: skip
        most = random.randint(voters // 2, voters) if voters else 0
        yield DemocraticReview(
            organization=branch.organization, member=member, year=year, date=held, grade=grade,
            self_reviewed=random.random() < 0.95,
            votes_excellent=most if grade == Grade.EXCELLENT else (voters - most) // 2,
            votes_qualified=most if grade == Grade.QUALIFIED else (voters - most) // 2,
            votes_basic=most if grade == Grade.BASIC else 0,
            votes_unqualified=most if grade == Grade.UNQUALIFIED else 0,
            decision=random.choice(DECISIONS) if grade == Grade.UNQUALIFIED else "",
        )  # fmt: skip


def _life_meetings(random: Random, street: Street) -> tuple[list[Criticism], list[Promise]]:
    """Return what the committees said and promised at life meetings; every fifth promise is late."""
    by_organization = {branch.organization.pk: branch for branch in street.branches}
    meetings = Activity.objects.filter(kind=Activity.Kind.LIFE, organization__in=list(by_organization))
    criticisms: list[Criticism] = []
    promises: list[Promise] = []
    for meeting in meetings.only("pk", "date", "organization_id").order_by("pk"):
        branch = by_organization[meeting.organization_id]
        people = _leading(branch, meeting.date)
        for number, stay in enumerate(people):
            criticisms.append(Criticism(activity=meeting, kind="self", member=stay.member, content=random.choice(SELF)))
            other = people[(number + 1) % len(people)]
            if other is not stay:
                criticisms.append(
                    Criticism(
                        activity=meeting,
                        kind="mutual",
                        speaker=stay.member,
                        member=other.member,
                        content=random.choice(OTHERS),
                    )
                )
        owners: list[Stay | None] = [None, *people[:2]]
        for owner, (item, measure) in zip(owners, random.sample(PROMISES, len(owners)), strict=True):
            deadline = meeting.date + timedelta(days=random.randint(60, 400))
            done = deadline - timedelta(days=random.randint(1, 40)) if random.random() < 0.8 else None
            promises.append(
                Promise(
                    activity=meeting,
                    owner=owner.member if owner else None,
                    item=item,
                    measure=measure,
                    deadline=deadline,
                    done_on=done if done and done <= street.plan.until else None,
                )
            )
    return criticisms, promises


def _leading(branch: Branch, day: date) -> list[Stay]:
    held = {seat.member_id for seat in branch.seats}
    return [stay for stay in branch.standing(day) if stay.member.pk in held]

"""The year's rounds of a street: observation of its communities, work reviews, self-checks against a standard."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from accounts.acting import acting_as
from activities.models import TourStop
from assessments import standards
from assessments.models import (
    Ballot,
    BallotGroup,
    CommunityObservation,
    Judge,
    JudgeGroup,
    Level,
    ObservationItem,
    ObservationRound,
    ReviewBallots,
    SelfCheck,
    SelfCheckAnswer,
    Standard,
    StandardItem,
    WorkReview,
)
from branches.models import CommitteeSeat
from ledgers import bulk
from ledgers.period import Period

from .names import person
from .plan import Street

ITEMS = (("组织建设", 20, "site"), ("阵地和活动", 20, "site"), ("为民服务", 30, "site"), ("工作汇报", 30, "spoken"))
REMARKS = (
    "阵地管理有序，居民参与度高，可以推广。",
    "楼栋议事有实效，台账再细一点。",
    "品牌特色明显，宣传还要跟上。",
    "小区改造中党员作用发挥好。",
)
PROBLEMS = ("活动室开放时间没有公示", "个别支部会议记录不完整", "")
SPOTS = ("党群服务中心、阳光小区", "楼栋议事点、共建单位", "物业党支部、红色驿站")
GROUPS = (("领导班子", 40), ("党员代表", 30), ("群众代表", 30))


def hold_rounds(street: Street) -> Counter[str]:
    """Write what the street held: the running quarter's round is still being scored."""
    random = street.random("rounds")
    observed = [*_observations(random, street)]
    bulk.insert(observed)
    judges = _open_round(street, observed, random)
    reviews = [*_reviews(random, street)]
    bulk.insert(reviews)
    ballots = [one for review in reviews for one in _ballots(random, review)]
    bulk.insert(ballots)
    checks, answers = _selfchecks(random, street)
    asked = _residents_asked(random, street)
    return Counter(
        observations=len(observed),
        judges=judges,
        work_reviews=len(reviews),
        ballots=len(ballots),
        selfchecks=checks,
        selfcheck_answers=answers,
        satisfaction_ballots=asked,
    )


def _observations(random: Random, street: Street) -> Iterator[CommunityObservation]:
    """Yield the communities that tours went to, with what judges gave them; of the running quarter without points."""
    tours = TourStop.objects.filter(activity__organization=street.organization).order_by("activity__date", "pk")
    by_quarter: dict[Period, dict[int, date]] = {}
    for pk, day in tours.values_list("community_id", "activity__date"):
        by_quarter.setdefault(Period.containing(day, Period.QUARTER), {}).setdefault(pk, day)
    for quarter, visited in by_quarter.items():
        stops = []
        for place, community in enumerate(street.communities, 1):
            if community.pk not in visited:
                continue
            is_scored = quarter.end <= street.plan.until
            stops.append(
                CommunityObservation(
                    organization=community,
                    period=quarter.code,
                    position=place,
                    visited_on=visited[community.pk],
                    spots=random.choice(SPOTS),
                    points=Decimal(random.randint(7800, 9700)) / 100 if is_scored else None,
                    comment=random.choice(REMARKS) if is_scored else "",
                    problem=random.choice(PROBLEMS),
                )
            )
        ranked = sorted((stop.points for stop in stops if stop.points is not None), reverse=True)
        for stop in stops:
            stop.rank = ranked.index(stop.points) + 1 if stop.points is not None else None
        yield from stops


def _open_round(street: Street, observed: list[CommunityObservation], random: Random) -> int:
    """Open the scoring of the running quarter for five judges, without points so far."""
    quarter = Period.containing(street.plan.until, Period.QUARTER)
    stops = [one for one in observed if one.period == quarter.code and one.points is None]
    visited = {one.organization.pk for one in stops}
    coming = [
        CommunityObservation(organization=community, period=quarter.code, position=place, spots=random.choice(SPOTS))
        for place, community in enumerate(street.communities, 1)
        if community.pk not in visited
    ]
    bulk.insert(coming)
    stops += coming
    this = ObservationRound(organization=street.organization, period=quarter.code, title="逐社区观摩")
    bulk.insert([this])
    ObservationItem.objects.bulk_create(
        ObservationItem(round=this, position=place, title=title, points=points, part=part)
        for place, (title, points, part) in enumerate(ITEMS)
    )
    leaders = JudgeGroup.objects.create(round=this, title="领导班子", weight=60)
    others = JudgeGroup.objects.create(round=this, title="社区书记", weight=40)
    judges = [Judge(group=leaders, name=person(random, male=True)) for _ in range(3)]
    judges += [
        Judge(group=others, name=person(random, male=False), community=community)
        for community in street.communities[:2]
    ]
    Judge.objects.bulk_create(judges)
    CommunityObservation.objects.filter(pk__in=[one.pk for one in stops]).update(round=this)
    return len(judges)


def _reviews(random: Random, street: Street) -> Iterator[WorkReview]:
    """Yield the review of each community's and nearly each branch's secretary for last year."""
    year = street.plan.until.year - 1
    held = date(year + 1, 1, 20)
    if held > street.plan.until:
        return
    seats = CommitteeSeat.objects.filter(
        post=CommitteeSeat.Post.SECRETARY, committee__organization__path__startswith=street.organization.path
    ).select_related("committee__organization", "member")
    seen = set()
    for seat in seats.order_by("committee__organization__path", "pk"):
        place = seat.committee.organization
        if place.pk in seen or (place.is_branch and random.random() < 0.1):
            continue
        seen.add(place.pk)
        on_site = not place.is_branch or random.random() < 0.7
        yield WorkReview(
            organization=place,
            year=year,
            secretary=seat.name,
            member=seat.member,
            form=WorkReview.Form.ON_SITE if on_site else WorkReview.Form.WRITTEN,
            held_on=held + timedelta(days=random.randint(0, 9)),
            grade=random.choice(("good", "good", "fair", "average")) if on_site else "",
            comment="组织生活正常，联系群众还要再经常。",
            statement="一、主要工作\n按月开展主题党日，按季上党课。\n\n二、存在的问题\n流动党员联系不够经常。\n\n三、下步打算\n逐人明确联系人。",
        )  # fmt: skip


def _ballots(random: Random, review: WorkReview) -> Iterator[ReviewBallots]:
    if review.form == WorkReview.Form.WRITTEN:
        return
    for group, weight in GROUPS:
        votes = random.randint(6, 18)
        good = random.randint(votes // 2, votes)
        fair = random.randint(0, votes - good)
        yield ReviewBallots(
            review=review, group=group, weight=weight, good=good, fair=fair, average=votes - good - fair
        )


def _residents_asked(random: Random, street: Street) -> int:
    """Ask the residents of each community for the last quarter that is over; return how many ballots that makes."""
    ballots = [
        Ballot(
            organization=community,
            kind=Ballot.Kind.SATISFACTION,
            title="居民满意度测评",
            period=quarter.code,
            closed_on=min(street.plan.until, quarter.end + timedelta(days=8)),
        )
        for quarter in street.plan.quarters_over[-1:]
        for community in street.communities
    ]
    bulk.insert(ballots)
    groups = []
    for ballot in ballots:
        votes = random.randint(24, 40)
        good = random.randint(votes // 2, votes - 4)
        fair, average = votes - good - 3, 2
        counts = {"good": good, "fair": fair, "average": average, "poor": 1}
        groups.append(BallotGroup(ballot=ballot, title="居民代表", slips=votes + 2, **counts))
    BallotGroup.objects.bulk_create(groups)
    return len(ballots)


def _selfchecks(random: Random, street: Street) -> tuple[int, int]:
    """Write the standard and this year's round of most branches; return how many rounds and answers."""
    title, edition, items = standards.ready()
    year = street.plan.until.year
    standard = Standard(
        organization=street.organization, title=title, edition=edition, first_year=year, last_year=year + 2
    )
    with acting_as(None):
        bulk.insert([standard])
    standards.hang(standard, items)
    kept: list[StandardItem] = list(standard.items.all())
    checks, answers = [], []
    for branch in street.branches:
        if branch.is_temporary or random.random() < 0.2:
            continue
        done = max(date(year, 1, 1), street.plan.ago(random.randint(40, 120)))
        check = SelfCheck(organization=branch.organization, standard=standard, period=str(year), done_on=done)
        own = [_answer(random, check, item) for item in kept]
        if random.random() < 0.6:
            check.checked_on = min(street.plan.until, done + timedelta(days=20))
            for one in own:
                one.checked = one.own
        check.asked = sum(one.own != Level.NOT_ASKED for one in own)
        check.met = sum(one.own == Level.MET for one in own)
        if check.checked_on and random.random() < 0.8:
            check.overall = check.proposed(own)
        checks.append(check)
        answers += own
    bulk.insert(checks)
    for answer in answers:
        answer.selfcheck_id = answer.selfcheck.pk
    bulk.insert(answers)
    return len(checks), len(answers)


def _answer(random: Random, check: SelfCheck, item: StandardItem) -> SelfCheckAnswer:
    level = random.choices((Level.MET, Level.NEARLY, Level.MISSED, Level.NOT_ASKED), (84, 8, 5, 3))[0]
    notes = {
        Level.NEARLY: "材料还差一项",
        Level.MISSED: "还没有做到",
        Level.NOT_ASKED: "本支部没有这类情况",
    }
    return SelfCheckAnswer(selfcheck=check, item=item, own=level, own_note=notes.get(level, ""))

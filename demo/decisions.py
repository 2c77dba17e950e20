"""What a street's general meetings voted on and resolved, and how far it has come: some late, one vote too thin."""

from collections import Counter
from datetime import timedelta
from typing import Any

from activities.models import Activity, Resolution, Vote
from activities.quorums import majority, with_turnout

from .plan import Street

MATTERS = (
    "通过支部年度工作计划",
    "通过党员积分管理办法",
    "通过支部经费使用方案",
    "接收预备党员",
    "预备党员按期转正",
    "通过整改措施清单",
)
RESOLVED = (
    "建立党员联系户制度",
    "整修党员活动室",
    "开展一次上门送学",
    "成立志愿服务小组",
    "更新公开栏",
    "走访困难党员",
)
Status = Activity.Status


def decide(street: Street) -> Counter[str]:
    """Write a vote for each general meeting, and what every other one resolved."""
    random, plan = street.random("decisions"), street.plan
    meetings = list(
        Activity.objects.filter(
            street.organization.subtree("organization__path"), kind=Activity.Kind.GENERAL, status__in=Status.counted()
        )
        .only("pk", "date", "chair", "organization_id")
        .order_by("date", "pk")
    )
    votes = [
        Vote(activity=meeting, matter=random.choice(MATTERS), in_favour=0)
        for meeting in meetings
        if random.random() < 0.7
    ]
    Vote.objects.bulk_create(votes, batch_size=1000)
    turnout: Any = with_turnout(Vote.objects.filter(pk__in=[vote.pk for vote in votes]))
    counts = {
        pk: (voters, came) for pk, voters, came in turnout.order_by().values_list("pk", "voters_then", "came_then")
    }
    thin = False
    for vote in votes:
        voters, came = counts[vote.pk]
        vote.abstained = min(came, random.choice((0, 0, 0, 1, 2)))
        vote.in_favour = came - vote.abstained
        vote.passed = vote.in_favour >= majority(voters) or not thin  # the first that is too thin is said to be carried
        thin = thin or vote.in_favour < majority(voters)
    Vote.objects.bulk_update(votes, ["in_favour", "abstained", "passed"], batch_size=500)
    resolutions = []
    for meeting in meetings:
        if random.random() < 0.5:
            due = meeting.date + timedelta(days=random.randint(20, 90))
            done = due - timedelta(days=random.randint(-10, 15))
            is_done = done <= plan.until and random.random() < 0.85
            resolutions.append(
                Resolution(
                    activity=meeting,
                    matter=random.choice(RESOLVED),
                    responsible=meeting.chair,
                    due_on=due,
                    done_on=max(done, meeting.date) if is_done else None,
                    note="已办结" if is_done else "",
                )
            )
    Resolution.objects.bulk_create(resolutions, batch_size=1000)
    return Counter(votes=len(votes), resolutions=len(resolutions))

"""Leave requests of a street: behind most leaves on the rolls, and some for the days to come that nobody answered."""

from collections import Counter
from datetime import timedelta

from activities.models import Attendance, LeaveRequest

from .plan import Street
from .texts import LEAVE_REASONS

State = LeaveRequest.State
WITH_PAPER = 0.7
"""Share of the leaves on the rolls of the last months that were asked for in writing."""
MONTHS_ON_PAPER = 3


def ask(street: Street) -> Counter[str]:
    """Write the requests, in bulk."""
    random, plan = street.random("leave"), street.plan
    secretaries = {b.organization.pk: b.seats[0].name for b in street.branches if b.seats}
    since = plan.periods[-MONTHS_ON_PAPER:][0].start
    lines = Attendance.objects.filter(
        state=Attendance.State.LEAVE,
        activity__organization__in=[branch.organization.pk for branch in street.branches],
        activity__date__range=(since, plan.until),
    ).order_by("pk")
    found: dict[tuple[int, object], LeaveRequest] = {}
    for activity, organization, day, member, reason in lines.values_list(
        "activity_id", "activity__organization_id", "activity__date", "member_id", "reason"
    ):
        if random.random() > WITH_PAPER or (member, day) in found:
            continue
        asked = day - timedelta(days=random.randint(0, 3))
        found[member, day] = LeaveRequest(
            organization_id=organization,
            member_id=member,
            activity_id=activity,
            start=day,
            end=day,
            reason=reason,
            asked_on=asked,
            state=State.GRANTED,
            decided_by=secretaries.get(organization, ""),
            decided_on=asked,
        )
    for number, branch in enumerate(street.branches):
        standing = branch.standing(plan.until)
        if number % 3 or not standing:
            continue
        stay, start = random.choice(standing), plan.until + timedelta(days=random.randint(1, 9))
        found[stay.member.pk, start] = LeaveRequest(
            organization=branch.organization,
            member=stay.member,
            start=start,
            end=start + timedelta(days=random.randint(0, 4)),
            reason=random.choice(LEAVE_REASONS),
            asked_on=plan.ago(random.randint(0, 2)),
        )
    LeaveRequest.objects.bulk_create(found.values(), batch_size=1000)
    return Counter(leave_requests=len(found))

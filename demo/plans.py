"""What a street's branches planned for the rest of the year, as far as they plan at all."""

from collections import Counter
from datetime import date

from activities.models import PlannedActivity
from activities.planning import adopt, propose

from .plan import Street


def draw_up(street: Street) -> Counter[str]:
    """Write the plan of three branches in four from the last month on, and tie to it what was held since."""
    random, until = street.random("plans"), street.plan.until
    planning = [branch for branch in street.branches if random.random() < 0.75]
    organizations = [one for branch in planning for one in (branch.organization, *branch.groups)]
    proposed = propose(organizations, until.year, until.replace(day=1))
    made = [
        PlannedActivity(organization_id=organization, kind=kind, date=day)
        for (organization, kind), days in proposed.items()
        for day in days
    ]
    PlannedActivity.objects.bulk_create(made, batch_size=1000)
    adopt([one.pk for one in organizations], until.replace(day=1), date(until.year, 12, 31))
    return Counter(plans=len(made))

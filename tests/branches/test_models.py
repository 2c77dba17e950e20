from datetime import date

import pytest

from accounts.models import AuditEntry
from branches.models import Organization
from tests.factories import OrganizationFactory

KIND = Organization.Kind


@pytest.mark.parametrize(
    ("kind", "parent", "fits"),
    [
        (KIND.WORKING_COMMITTEE, KIND.DISTRICT_COMMITTEE, True),
        (KIND.COMMUNITY_COMMITTEE, KIND.WORKING_COMMITTEE, True),
        (KIND.BRANCH, KIND.WORKING_COMMITTEE, True),
        (KIND.JOINT_BRANCH, KIND.GENERAL_BRANCH, True),
        (KIND.TEMPORARY_BRANCH, KIND.BRANCH, False),
        (KIND.BRANCH, KIND.JOINT_BRANCH, False),
        (KIND.GENERAL_BRANCH, KIND.GENERAL_BRANCH, False),
        (KIND.COMMUNITY_COMMITTEE, KIND.BRANCH, False),
        (KIND.GROUP, KIND.TEMPORARY_BRANCH, True),
        (KIND.GROUP, KIND.COMMUNITY_COMMITTEE, False),
        (KIND.BRANCH, KIND.GROUP, False),
    ],
)
def test_what_stands_under_what(kind, parent, fits):
    assert Organization(kind=kind).may_stand_under(Organization(kind=parent)) is fits


@pytest.mark.parametrize(
    ("established", "dissolved_on", "live"),
    [
        (None, None, True),
        (date(2026, 11, 23), None, True),
        (date(2026, 11, 24), None, False),
        (None, date(2026, 11, 24), True),
        (None, date(2026, 11, 23), False),
    ],
)
def test_live_from_the_day_of_founding_to_the_day_before_dissolution(db, today, established, dissolved_on, live):
    made = OrganizationFactory(established=established, dissolved_on=dissolved_on)
    assert made.is_live is live
    assert Organization.objects.live_on(today).exists() is live


def test_two_added_through_stale_objects_of_one_parent_get_places_of_their_own(town):
    one, other = (Organization.objects.get(pk=town.community.pk) for _ in range(2))
    Organization(code="A", name="甲", kind="branch").place_under(one)
    Organization(code="B", name="乙", kind="branch").place_under(other)
    assert Organization.objects.find_problems() == ([], [], [], [], [])


def test_dissolving_is_in_the_audit_trail(town, today):
    town.branch.dissolve(today)
    entry = AuditEntry.objects.get(action="dissolve")
    assert entry.changes == {"dissolved_on": [None, "2026-11-23"]}

"""What tests of rules need beside the shared factories: members by the dozen, meetings by days, odd citizen IDs."""

from datetime import date
from itertools import count

from activities.models import Activity, Attendance
from branches.models import Committee, Organization
from ledgers.parsing import check_digit
from members.models import Member
from tests.factories import ActivityFactory, CommitteeFactory, MemberFactory, OrganizationFactory, SeatFactory

BORN = date(1980, 1, 1)
_serial = count(500)


def citizen_id(born: date = BORN, *, wrong: bool = False) -> str:
    """Return a new citizen ID of nobody, with a right check digit unless `wrong`."""
    body = f"990100{born:%Y%m%d}{next(_serial) % 1000:03}"
    right = check_digit(body)
    return body + (next(d for d in "01" if d != right) if wrong else right)


def make_street(code: str = "S") -> Organization:
    """Return a street with one community, whose code has a C behind."""
    street = OrganizationFactory(code=code, name=f"街道{code}", kind="working-committee", established=None)
    OrganizationFactory(code=f"{code}C", name="东风社区", kind="community-committee", parent=street)
    return Organization.objects.get(pk=street.pk)


def make_branch(street: Organization, code: str = "B1", **fields) -> Organization:
    community = Organization.objects.get(code=f"{street.code}C")
    return OrganizationFactory(**{"code": code, "name": f"支部{code}", "parent": community} | fields)


def make_member(branch: Organization, *, born: date = BORN, **fields) -> Member:
    own = {"branch": branch, "id_number": citizen_id(born), "employment": "retired"}  # not in service: R42 asks nothing
    return MemberFactory(**own | fields)


def make_members(branch: Organization, number: int, **fields) -> list[Member]:
    return [make_member(branch, **fields) for _ in range(number)]


def hold(organization: Organization, kind: str, *days: date, **fields) -> list[Activity]:
    """Record confirmed activities of a kind on these days."""
    return [ActivityFactory(organization=organization, kind=kind, date=day, **fields) for day in days]


def enrol(activity: Activity, members: list[Member], state: str = "present") -> None:
    """Put members on the roll, and let the facts know."""
    Attendance.objects.bulk_create(Attendance(activity=activity, member=m, state=state) for m in members)
    activity.record("roll")


def elect(organization: Organization, start: date, seats: int = 3, **fields) -> Committee:
    committee = CommitteeFactory(organization=organization, start=start, **fields)
    for place in range(seats):
        SeatFactory(committee=committee, post="member", name=f"委员{place}")
    return committee

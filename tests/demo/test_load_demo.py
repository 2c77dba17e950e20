"""Demo data: the size asked for, the same every time, fit for the rules, and never over somebody's own data."""

import json
from datetime import date
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db.models import Count, Exists, F, OuterRef
from django.db.models.functions import ExtractYear

from accounts import audit
from accounts.models import AuditEntry, Posting, User
from accounts.roles import Role
from activities.models import (
    Activity,
    Agreement,
    Attendance,
    BranchReview,
    BrandProject,
    Certificate,
    Concern,
    Contribution,
    DemocraticReview,
    LeaveRequest,
    PartnerUnit,
    PlannedActivity,
    Practice,
    Promise,
    ServiceEvent,
    StudySeries,
    StudyTheme,
    TourStop,
    Visit,
)
from assessments.models import (
    Ballot,
    BranchStars,
    CommunityObservation,
    Demonstration,
    Measure,
    MemberStar,
    ObservationRound,
    RequestReport,
    SelfCheck,
    Standard,
    Supervision,
    WeakBranch,
    WorkReview,
)
from branches.models import (
    Committee,
    CommitteeSeat,
    Election,
    Enterprise,
    EnterpriseState,
    GroupLeader,
    JointUnit,
    Organization,
    OrganizationEvent,
    PartyWorker,
    Shortage,
    Venue,
)
from ledgers import parsing
from ledgers.models import StaleMark
from members.development.procedure import BY_CODE, ORDER, Standing, missing_before
from members.models import (
    ClosedDues,
    CommunityCheckIn,
    DevelopmentCase,
    DevelopmentPaper,
    DuesCharge,
    Honor,
    MatterReport,
    Member,
    Membership,
    PerformanceRecord,
    Talk,
    TemporaryAttachment,
    Transfer,
    Whereabouts,
    holding_on,
)
from members.querysets import in_force

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    """Keep the papers where the test ends."""
    settings.MEDIA_ROOT = str(tmp_path)


UNTIL = date(2026, 10, 20)


def load(**options: object) -> dict:
    out, err = StringIO(), StringIO()
    call_command("load_demo", until=UNTIL, stdout=out, stderr=err, **options)
    assert err.getvalue()
    return json.loads(out.getvalue())


@pytest.fixture
def street() -> dict:
    return load(months=6)


def test_it_works(street: dict) -> None:
    assert street["streets"] == ["HP"]
    assert street["organizations"] == Organization.objects.count()
    assert street["members"] == Member.objects.count()
    assert street["activities"] == Activity.objects.count() > 100
    assert street["attendance"] == Attendance.objects.count() > 1000
    assert Member.objects.live().count() == Membership.objects.in_force_on(UNTIL).count() == 300
    assert Organization.objects.get(code="HP0101").name == "东风社区第一党支部"


def test_the_tree_is_sound(street: dict) -> None:
    assert not any(Organization.objects.find_problems())
    assert Organization.objects.get(code="HP0101").path.startswith(Organization.objects.get(code="HP").path)
    assert not Organization.objects.communities().filter(population=None).exists()


def test_residents_are_heard_with_the_gaps_that_rules_find(street: dict) -> None:
    assert street["concerns"] == Concern.objects.count() > 20
    assert not Concern.objects.filter(received_on__gt=UNTIL).exists()
    assert Concern.objects.filter(answered_on__gt=F("due_on")).exists()
    assert Concern.objects.escalated_on(UNTIL).exists()
    assert Concern.objects.filter(visit__isnull=False).exists()
    assert street["practices"] == Practice.objects.count() > 2
    assert street["tour_stops"] == TourStop.objects.count() > 0


def test_study_and_reviews_have_gaps() -> None:
    made = load(months=12, members_per_street=100)
    assert StudyTheme.objects.filter(year=2026).count() == 3
    assert Certificate.objects.filter(concentrated=True).exists()
    assert Activity.objects.filter(series__concentrated=True, kind="training").exists()
    assert made["democratic_reviews"] == DemocraticReview.objects.count() > 0
    assert {review.grade for review in DemocraticReview.objects.all()} >= {"excellent", "qualified"}
    assert Promise.objects.filter(done_on__isnull=True).exists()
    assert Promise.objects.filter(done_on__isnull=False).exists()


def test_the_same_plan_makes_the_same_data(street: dict) -> None:
    def rows() -> list:
        people = Member.objects.order_by("id_number_index").values_list(
            "id_number_index", "name", "branch__code", "left_on"
        )
        meetings = Activity.objects.order_by("number").values_list("number", "kind", "status", "content")
        rolls = Attendance.objects.order_by("activity__number", "member__id_number_index").values_list(
            "state", "reason"
        )
        return [*people, *meetings, *rolls]

    first = rows()
    BrandProject.objects.update(source=None)
    for model in (
        Measure,
        Ballot,
        CommunityObservation,
        ObservationRound,
        WorkReview,
        SelfCheck,
        Standard,
        Supervision,
        RequestReport,
        Demonstration,
        BranchStars,
        MemberStar,
        WeakBranch,
        PlannedActivity,
        LeaveRequest,
        ServiceEvent,
        BrandProject,
        Contribution,
        Agreement,
        PartnerUnit,
        BranchReview,
        DemocraticReview,
        Certificate,
        StudySeries,
        StudyTheme,
        OrganizationEvent,
        Election,
        GroupLeader,
        JointUnit,
        Concern,
        Practice,
        TourStop,
        Visit,
        Venue,
        Shortage,
        PartyWorker,
        Enterprise,
        CommunityCheckIn,
        Talk,
        TemporaryAttachment,
        MatterReport,
        Honor,
        PerformanceRecord,
        Transfer,
        Whereabouts,
        DevelopmentCase,
        DevelopmentPaper,
        DuesCharge,
        ClosedDues,
        Attendance,
        Activity,
        CommitteeSeat,
        Committee,
        Membership,
        Member,
        Posting,
    ):
        model.objects.all().delete()
    Organization.objects.all().delete()
    assert load(months=6)["members"] == street["members"]
    assert rows() == first


def test_another_seed_makes_other_people() -> None:
    load(months=1, members_per_street=20)
    ours = set(Member.objects.values_list("name", flat=True))
    load(months=1, members_per_street=20, seed=7, add=True)
    theirs = set(Member.objects.exclude(name__in=ours).values_list("name", flat=True))
    assert len(theirs) > 10


def test_every_citizen_id_is_right_and_nobodys(street: dict) -> None:
    for member in Member.objects.all():
        number = parsing.citizen_id(member.id_number)
        assert number.startswith("990100")
        assert parsing.birth_date_of(number) == member.birth_date
        assert parsing.gender_of(number) == member.get_gender_display()
    assert not Member.objects.exclude(faults="").exists()
    assert not Member.objects.values("id_number_index").annotate(n=Count("pk")).filter(n__gt=1).exists()


def test_it_has_the_gaps_of_a_real_street(street: dict) -> None:
    live = Member.objects.live()
    assert live.filter(category="probationary", joined_on__lt=date(2025, 10, 20)).exists(), "overdue for regularisation"
    assert live.annotate(born=ExtractYear("birth_date")).filter(joined_on__year__lt=F("born") + 18).exists(), "Q04"
    assert live.floating().exists()
    assert set(Member.objects.exclude(leave_kind="").values_list("leave_kind", flat=True)) >= {
        "transferred",
        "deceased",
    }
    assert Membership.objects.filter(came_by="moved").exists()
    ends = [committee.term_ends for committee in Committee.objects.in_office_on(UNTIL)]
    assert any(end < UNTIL for end in ends)
    assert any(UNTIL < end < date(2027, 4, 20) for end in ends)
    assert any(not election.is_quorate for election in Election.objects.all()), "R15"
    assert set(Activity.objects.values_list("status", flat=True)) == set(Activity.Status)
    lacking = [s for s in EnterpriseState.objects.in_force_on(UNTIL) if s.lacks_organisation]
    assert lacking
    assert Venue.objects.in_use_on(UNTIL).lease_ends_soon(UNTIL).exists()
    assert PartyWorker.objects.exclude(left_on=None).exists()
    sizes = Organization.objects.branches().annotate(n=Count("members")).values_list("n", flat=True)
    assert min(sizes) < 3 < 7 < max(sizes)


def test_nothing_happens_after_the_last_day_or_before_the_first_month(street: dict) -> None:
    days = Activity.objects.order_by("date").values_list("date", flat=True)
    assert date(2026, 5, 1) <= days.first() and days.last() <= UNTIL
    assert not Member.objects.filter(left_on__gt=UNTIL).exists()
    assert not Activity.objects.filter(submitted_at__date__gt=UNTIL).exists()


def test_only_those_in_the_branch_on_the_day_stand_on_its_roll(street: dict) -> None:
    rolls = Attendance.objects.filter(activity__kind="theme-day")
    there = Membership.objects.filter(
        in_force(OuterRef("activity__date")), member=OuterRef("member"), branch=OuterRef("activity__organization")
    )
    assert rolls.exists()
    attached = TemporaryAttachment.objects.filter(
        holding_on(OuterRef("activity__date")),
        member=OuterRef("member"),
        organization=OuterRef("activity__organization"),
    )
    assert rolls.filter(Exists(attached)).exists()
    assert not rolls.exclude(Exists(there) | Exists(attached)).exists()


def test_each_role_can_sign_in(street: dict, client) -> None:
    assert {Posting.objects.get(user__username=s["username"]).role for s in street["sign_ins"]} == set(Role)
    assert not User.objects.filter(is_superuser=True).exists()
    assert not User.objects.filter(must_change_password=True).exists()
    for sign_in in street["sign_ins"]:
        assert User.objects.get(username=sign_in["username"]).check_password(street["password"])


def test_a_superuser_comes_only_when_asked_for() -> None:
    summary = load(months=1, members_per_street=10, superuser=True)
    assert User.objects.get(is_superuser=True).username == summary["superuser"]


def test_it_leaves_one_audit_entry_and_marks_the_sheets_once(street: dict) -> None:
    assert AuditEntry.objects.get().action == "import"
    assert audit.verify() == 1
    assert StaleMark.objects.get().organization is None


def test_it_will_not_touch_a_database_in_use(street: dict) -> None:
    before = Organization.objects.count()
    with pytest.raises(CommandError, match="--add"):
        load()
    assert Organization.objects.count() == before


def test_asked_to_fill_only_an_empty_database_it_leaves_another_alone() -> None:
    assert load(months=1, members_per_street=10, if_empty=True)["streets"] == ["HP"]
    out = StringIO()
    call_command("load_demo", if_empty=True, stdout=out)
    assert json.loads(out.getvalue()) == {"streets": []}


def test_make_demo_tells_the_sign_ins_that_it_makes(street: dict) -> None:
    told = (settings.BASE_DIR / "Makefile").read_text()
    assert street["password"] in told
    assert all(f"{s['username']}（{s['role']}）" in told for s in street["sign_ins"])


def test_adding_makes_new_streets_with_ids_of_their_own(street: dict) -> None:
    added = load(months=1, members_per_street=40, add=True)
    assert added["streets"] == ["XH"]
    assert not any(Organization.objects.find_problems())
    assert not Member.objects.values("id_number_index").annotate(n=Count("pk")).filter(n__gt=1).exists()
    assert added["sign_ins"] == [], "the sign-ins of the first load stay as they are"


def test_several_streets_stand_under_a_district() -> None:
    summary = load(streets=3, members_per_street=30, months=1)
    root, *below = Organization.objects.filter(depth__lte=2)
    assert root.kind == Organization.Kind.DISTRICT_COMMITTEE
    assert [street.code for street in below] == summary["streets"]
    assert summary["organizations"] == Organization.objects.count()
    assert not any(Organization.objects.find_problems())


@pytest.mark.parametrize("members", [1, 2, 9])
def test_the_smallest_streets_work(members: int) -> None:
    load(members_per_street=members, months=1)
    assert Member.objects.live().count() == members


@pytest.mark.parametrize("wrong", [{"streets": 0}, {"members_per_street": 0}, {"months": 0}, {"streets": 5000}])
def test_an_impossible_size_is_refused_in_one_line(wrong: dict) -> None:
    with pytest.raises(CommandError) as refused:
        load(**wrong)
    assert "\n" not in str(refused.value)
    assert not Organization.objects.exists()


def test_people_on_the_way_into_the_party_are_as_the_portal_would_have_them(street: dict) -> None:
    cases = list(DevelopmentCase.objects.prefetch_related("steps"))
    assert {case.standing for case in cases} == {*Standing}
    for case in cases:
        held = case.activist_on, case.candidate_on, case.admitted_on, case.regularised_on, case.due_on
        progress = case.follow(case.steps.all())
        assert held == (case.activist_on, case.candidate_on, case.admitted_on, case.regularised_on, case.due_on)
        furthest = BY_CODE[max(progress.taken, key=ORDER.__getitem__)]
        assert missing_before(furthest, progress.taken) == []
        if case.member:
            assert case.admitted_on == case.member.joined_on

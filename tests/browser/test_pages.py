"""Every kind of page is open to screen reader and keyboard, fits its window, and has nothing the browser refuses."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from activities.models import Activity, Concern, LeaveRequest, Practice, Visit
from activities.sign_in import code_for, lay_out
from assessments.assessing import draw_up, score_oneself
from assessments.models import (
    BranchStars,
    Judge,
    Measure,
    ObservationRound,
    Scheme,
    SelfCheck,
    Supervision,
    WorkReview,
)
from branches.models import Enterprise, Organization, PartyWorker, Venue
from ledgers.importing import open_batch, preview
from ledgers.ledger import get
from members.models import CommunityCheckIn, DevelopmentPaper, Member, Whereabouts
from reports.models import InvestigationReport
from tests.browser.conftest import PHONE, at_both_sizes

pytestmark = pytest.mark.browser
GRAVE = ("serious", "critical")
SMALLEST = 320
"""Pixels of the narrowest window that a page fits."""
WRONG_ROWS = """姓名,身份证号,所在党支部,党员类别
张三,990100198001011234,没有的支部,正式党员
李四,,东风社区第一党支部,党员
"""


@pytest.fixture(scope="module")
def things(demo_street) -> SimpleNamespace:
    """One of each thing that has a page."""
    office = User.objects.get(username="office")
    branch = Organization.objects.get(code="HP0101")
    community = Organization.objects.get(code="HP01")
    street = Organization.objects.get_parent(community)
    batch, match = open_batch(get("members"), WRONG_ROWS.encode(), "花名册.csv", office, street)
    batch.save()
    preview(batch, match)
    scheme = Scheme.objects.get(code="ZBJD")
    draw_up(scheme, demo_street)
    sheet_of_scores, reviewed = scheme.assessments.order_by("organization__path")[:2]
    score_oneself(reviewed, {})
    return SimpleNamespace(
        period=demo_street,
        month=demo_street.months()[-1],
        scheme=scheme,
        sheet_of_scores=sheet_of_scores,
        reviewed=reviewed,
        branch=branch,
        community=community,
        member=Member.objects.filter(branch=branch).first(),
        activity=Activity.objects.filter(organization=branch, kind="general").first(),
        report=InvestigationReport.drafted(street, demo_street),
        leave=LeaveRequest.objects.waiting().first(),
        sheet=lay_out(Activity(organization=branch, kind="lecture", date=timezone.localdate(), topic="党课").record()),
        concern=Concern.objects.filter(organization=community).first(),
        visit=Visit.objects.filter(organization=community).first(),
        tour=Activity.objects.filter(kind="observation", status="confirmed").first(),
        practice=Practice.objects.filter(offered_on__isnull=False, accepted_on__isnull=True).first(),
        batch=batch,
        account=User.objects.get(username="zhibu"),
        twin=twin_of(branch),
        away=Whereabouts.objects.filter(kind="out").first(),
        checkin=CommunityCheckIn.objects.filter(community=community, end=None).exclude(posts="").first(),
        venue=Venue.objects.first(),
        enterprise=Enterprise.objects.first(),
        worker=PartyWorker.objects.first(),
        task=Measure.objects.filter(kind="key").first(),
        fault=Measure.objects.exclude(kind__in=Measure.Kind.responsibilities()).first(),
        matter=Supervision.objects.filter(closed_on=None).first(),
        selfcheck=SelfCheck.objects.filter(organization=branch).first() or SelfCheck.objects.first(),
        work_review=WorkReview.objects.filter(form="on-site").first(),
        round=ObservationRound.objects.first(),
        judge=Judge.objects.first(),
        stars=BranchStars.objects.first(),
        case=DevelopmentPaper.objects.first().case,
        step=DevelopmentPaper.objects.exclude(step=None).first().step,
    )


def twin_of(branch: Organization) -> Member:
    """Register somebody of a branch a second time, in another one."""
    member = Member.objects.filter(branch=branch, left_on=None).last()
    other = Organization.objects.filter(kind=branch.kind, dissolved_on=None).exclude(pk=branch.pk).first()
    twin = Member(name=member.name, id_number=member.id_number, branch=other, category=member.category)
    return twin.enter()


PAGES: dict[str, tuple[str, Callable[[SimpleNamespace], str]]] = {
    "sign-in": ("", lambda t: "/accounts/sign-in/"),
    "password": ("zhibu", lambda t: "/accounts/password/"),
    "workbench-office": ("office", lambda t: "/"),
    "workbench-branch": ("zhibu", lambda t: "/"),
    "dashboard": ("leader", lambda t: f"/dashboard/?period={t.period.code}"),
    "dashboard-branch": ("zhibu", lambda t: f"/dashboard/?period={t.period.code}"),
    "search": ("office", lambda t: "/search/?q=东风"),
    "catalogue": ("office", lambda t: "/ledgers/"),
    "members": ("office", lambda t: "/ledgers/members/"),
    "activities": ("shequ", lambda t: "/ledgers/activities/?period=all"),
    "print": ("office", lambda t: "/ledgers/members/print/"),
    "statistics": ("office", lambda t: "/members/statistics/"),
    "member-form": ("zhibu", lambda t: "/members/new/"),
    "member": ("office", lambda t: t.member.get_absolute_url()),
    "tree": ("office", lambda t: "/branches/"),
    "organization": ("office", lambda t: t.branch.get_absolute_url()),
    "organization-form": ("office", lambda t: "/branches/new/"),
    "terms": ("office", lambda t: "/branches/terms/"),
    "activity-form": ("zhibu", lambda t: "/activities/new/"),
    "activity-edit": ("office", lambda t: f"{t.activity.get_absolute_url()}edit/"),
    "activity": ("shequ", lambda t: t.activity.get_absolute_url()),
    "review": ("shequ", lambda t: "/activities/review/"),
    "upload": ("zhibu", lambda t: "/activities/upload/"),
    "democratic": ("office", lambda t: f"/activities/democratic/?year={t.period.year - 1}"),
    "democratic-sheet": ("zhibu", lambda t: f"/activities/democratic/{t.branch.code}/{t.period.year - 1}/"),
    "hours": ("office", lambda t: "/activities/hours/"),
    "hours-branch": ("zhibu", lambda t: f"/activities/hours/{t.branch.code}/"),
    "certificate-form": ("zhibu", lambda t: "/activities/certificates/new/"),
    "minutes-batch": ("zhibu", lambda t: "/activities/upload/batch/"),
    "minutes-search": ("shequ", lambda t: "/activities/search/?q=党员"),
    "import": ("office", lambda t: "/ledgers/members/import/"),
    "preview": ("office", lambda t: f"/ledgers/members/import/{t.batch.pk}/"),
    "findings": ("shequ", lambda t: "/findings/"),
    "ranking": ("office", lambda t: f"/assessments/ranking/?scheme=ZBYD&period={t.month.code}"),
    "ranking-branch": ("zhibu", lambda t: f"/assessments/ranking/?scheme=ZBJD&period={t.period.code}"),
    "sheet": ("zhibu", lambda t: f"/assessments/scores/{t.scheme.pk}/{t.branch.code}/?period={t.period.code}"),
    "line": (
        "zhibu",
        lambda t: f"/assessments/scores/{t.scheme.pk}/lines/{t.branch.code}/?period={t.period.code}&indicator=A2",
    ),
    "review-sheets": ("office", lambda t: "/assessments/review/"),
    "self-score": ("zhibu", lambda t: f"/assessments/sheets/{t.sheet_of_scores.pk}/self/"),
    "claim": ("zhibu", lambda t: f"/assessments/sheets/{t.sheet_of_scores.pk}/entries/new/"),
    "sheet-paper": ("zhibu", lambda t: f"/assessments/sheets/{t.sheet_of_scores.pk}/paper/"),
    "adjust": ("office", lambda t: f"/assessments/sheets/{t.reviewed.pk}/adjust/"),
    "trial": ("office", lambda t: f"{t.scheme.get_absolute_url()}trial/"),
    "closed-months": ("office", lambda t: "/branches/months/"),
    "late-entries": ("office", lambda t: "/ledgers/late-entries/"),
    "schemes": ("leader", lambda t: "/assessments/schemes/"),
    "scheme": ("office", lambda t: t.scheme.get_absolute_url()),
    "scheme-import": ("office", lambda t: "/assessments/schemes/import/"),
    "settings": ("office", lambda t: "/settings/local/"),
    "reports": ("leader", lambda t: "/reports/investigation/"),
    "report": ("office", lambda t: t.report.get_absolute_url()),
    "outline": ("office", lambda t: "/reports/outline/?organization=HP"),
    "responsibilities": ("office", lambda t: "/ledgers/responsibilities/"),
    "responsibility": ("office", lambda t: t.task.get_absolute_url()),
    "responsibility-form": ("office", lambda t: "/responsibilities/new/"),
    "rectification": ("office", lambda t: t.fault.get_absolute_url()),
    "duties": ("leader", lambda t: "/responsibilities/duties/"),
    "secretary-work": ("leader", lambda t: "/responsibilities/secretary/?organization=HP01&period=2026"),
    "supervisions": ("leader", lambda t: "/ledgers/supervisions/"),
    "supervision": ("office", lambda t: t.matter.get_absolute_url()),
    "supervision-form": ("leader", lambda t: "/supervisions/new/?organization=HP01"),
    "ballot-form": ("shequ", lambda t: "/ballots/new/"),
    "supervision-notice": ("office", lambda t: f"{t.matter.get_absolute_url()}notice/"),
    "observation-rounds": ("office", lambda t: "/observations/rounds/"),
    "observation-round": ("office", lambda t: t.round.get_absolute_url()),
    "observation-round-form": ("office", lambda t: f"{t.round.get_absolute_url()}edit/"),
    "judge-link": ("office", lambda t: f"/observations/judges/{t.judge.pk}/"),
    "judge": ("", lambda t: f"/observations/score/{t.judge.token}/"),
    "judge-sheet": ("", lambda t: f"/observations/score/{t.judge.token}/?stop={t.round.stops.last().pk}"),
    "standard": ("zhibu", lambda t: t.selfcheck.standard.get_absolute_url()),
    "selfcheck": ("office", lambda t: t.selfcheck.get_absolute_url()),
    "selfcheck-rates": ("leader", lambda t: "/selfchecks/rates/"),
    "work-review": ("office", lambda t: t.work_review.get_absolute_url()),
    "work-review-votes": ("office", lambda t: f"{t.work_review.get_absolute_url()}votes/"),
    "branch-stars": ("office", lambda t: t.stars.get_absolute_url()),
    "branch-stars-form": ("zhibu", lambda t: "/branch-stars/new/"),
    "stars-wall": ("leader", lambda t: "/branch-stars/wall/"),
    "requests": ("shequ", lambda t: "/ledgers/requests/?state=overdue"),
    "request-form": ("shequ", lambda t: "/requests/new/"),
    "demonstrations": ("leader", lambda t: "/ledgers/demonstrations/"),
    "weak-branches": ("office", lambda t: "/ledgers/weak-branches/"),
    "cobuilding": ("office", lambda t: "/activities/cobuilding/"),
    "agreements": ("office", lambda t: "/ledgers/agreements/"),
    "partner-form": ("shequ", lambda t: "/activities/partners/new/"),
    "brands": ("office", lambda t: "/ledgers/brands/"),
    "brand-form": ("shequ", lambda t: "/activities/brands/new/"),
    "spread": ("office", lambda t: "/activities/brands/spread/"),
    "concerns": ("office", lambda t: "/ledgers/concerns/"),
    "concern": ("shequ", lambda t: t.concern.get_absolute_url()),
    "concern-form": ("zhibu", lambda t: "/activities/concerns/new/"),
    "concern-answer": ("shequ", lambda t: f"{t.concern.get_absolute_url()}answer/"),
    "visit": ("shequ", lambda t: t.visit.get_absolute_url()),
    "tour": ("office", lambda t: f"/activities/{t.tour.pk}/tour/"),
    "practice": ("office", lambda t: t.practice.get_absolute_url()),
    "practice-accept": ("office", lambda t: f"{t.practice.get_absolute_url()}accept/"),
    "accounts": ("admin", lambda t: "/accounts/"),
    "account": ("admin", lambda t: f"/accounts/{t.account.pk}/"),
    "account-form": ("admin", lambda t: "/accounts/new/"),
    "audit": ("auditor", lambda t: "/accounts/audit/"),
    "calendar": ("shequ", lambda t: "/activities/calendar/"),
    "calendar-branch": ("zhibu", lambda t: "/activities/calendar/"),
    "plan": ("shequ", lambda t: "/activities/plan/?propose=1"),
    "plan-street": ("leader", lambda t: "/activities/plan/"),
    "plans": ("office", lambda t: "/ledgers/plans/?period=all"),
    "votes": ("office", lambda t: "/ledgers/votes/?period=all"),
    "vote-form": ("shequ", lambda t: f"{t.activity.get_absolute_url()}votes/new/"),
    "resolution-form": ("shequ", lambda t: f"{t.activity.get_absolute_url()}resolutions/new/"),
    "leave-requests": ("office", lambda t: "/ledgers/leave-requests/?period=all"),
    "leave": ("office", lambda t: t.leave.get_absolute_url()),
    "rates": ("office", lambda t: f"/activities/rates/?period={t.period.code}"),
    "rates-branch": ("zhibu", lambda t: f"/activities/rates/?period={t.period.code}"),
    "leave-form": ("zhibu", lambda t: "/activities/leave/new/"),
    "sign-in-code": ("zhibu", lambda t: f"/activities/{t.sheet.activity_id}/sign-in/"),
    "door": ("", lambda t: f"/activities/door/{code_for(t.sheet)}/"),
    "transfers": ("office", lambda t: "/ledgers/transfers/"),
    "transfer-form": ("zhibu", lambda t: f"/members/transfers/new/?member={t.member.pk}"),
    "inbox": ("zhibu", lambda t: "/members/transfers/inbox/"),
    "floating": ("office", lambda t: "/ledgers/floating/"),
    "away": ("office", lambda t: t.away.get_absolute_url()),
    "checkins": ("shequ", lambda t: "/ledgers/checkins/"),
    "checkin": ("shequ", lambda t: t.checkin.get_absolute_url()),
    "checkin-form": ("shequ", lambda t: f"{t.checkin.get_absolute_url()}edit/"),
    "talks": ("shequ", lambda t: "/ledgers/talks/?period=all"),
    "talk-form": ("zhibu", lambda t: f"/members/talks/new/?member={t.member.pk}"),
    "honors": ("leader", lambda t: "/ledgers/honors/?period=all"),
    "achievements": ("office", lambda t: "/ledgers/achievements/?period=all"),
    "dues": ("office", lambda t: "/members/dues/"),
    "dues-arrears": ("office", lambda t: "/members/dues/arrears/"),
    "dues-sheet": ("zhibu", lambda t: f"/members/dues/{t.branch.code}/{t.period.months()[0].code}/"),
    "dues-statement": ("office", lambda t: f"/members/dues/statement/{t.branch.code}/"),
    "dues-member": ("office", lambda t: f"{t.member.get_absolute_url()}dues/"),
    "venues": ("office", lambda t: "/ledgers/venues/"),
    "venue": ("office", lambda t: t.venue.get_absolute_url()),
    "venue-board": ("office", lambda t: reverse("branches:venue-board")),
    "enterprises": ("office", lambda t: "/ledgers/enterprises/"),
    "enterprise": ("office", lambda t: t.enterprise.get_absolute_url()),
    "coverage": ("office", lambda t: reverse("branches:coverage")),
    "workers": ("office", lambda t: "/ledgers/workers/"),
    "worker": ("office", lambda t: t.worker.get_absolute_url()),
    "worker-board": ("office", lambda t: reverse("branches:worker-board")),
    "development": ("office", lambda t: "/members/development/"),
    "development-case": ("office", lambda t: t.case.get_absolute_url()),
    "development-step": ("office", lambda t: reverse("members:development-step-edit", args=[t.step.pk])),
    "development-ledger": ("office", lambda t: "/ledgers/development/"),
    "quality": ("office", lambda t: reverse("assessments:quality")),
    "duplicates": ("office", lambda t: "/members/duplicates/"),
    "merge": ("office", lambda t: f"/members/{t.twin.pk}/merge/"),
}


@at_both_sizes
@pytest.mark.parametrize("name", PAGES)
def test_it_works(name, things, anyone, signed_in, size):
    username, address = PAGES[name]
    page = signed_in(username) if username else anyone
    answer = page.goto(address(things))
    assert answer.status == 200
    found = [one for one in Axe().run(page).response["violations"] if one["impact"] in GRAVE]
    assert [f"{one['id']}: {node['html']} {node['failureSummary']}" for one in found for node in one["nodes"]] == []
    if size == PHONE:
        page.set_viewport_size({"width": SMALLEST, "height": 568})
        page.wait_for_function(f"document.documentElement?.scrollWidth <= {SMALLEST}")

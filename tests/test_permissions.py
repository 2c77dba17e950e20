"""The permission walk: every address × every role × one's own and somebody else's organisation.

A new address fails here until it stands in `config.permissions`, and, if it has parameters, until `TARGETS` says how to
open it. Outside the scope the answer is 404: nothing tells that something is there.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property, partial
from io import BytesIO
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from PIL import Image

from accounts.models import Posting, User
from accounts.permissions import PUBLIC, ROLE_RIGHTS, SIGNED_IN, Right
from accounts.roles import Role
from activities import attachments
from activities.models import Activity, CalendarFeed, PendingUpload, PracticeEvidence, SignInSheet
from activities.sign_in import code_for
from assessments.findings import sync
from assessments.models import Appeal, Assessment, Finding, SheetEntry, SheetLine
from assessments.schemes.document import read as read_scheme
from assessments.schemes.versions import draft
from assessments.views import ballots, measures, observations, requests, reviews, selfchecks, supervision
from assessments.views import standing as standing_pages
from branches.models import Organization
from branches.views.record_pages import RecordPages
from config.permissions import URL_TABLE
from ledgers import importing, ledger, papers
from ledgers.models import ClosedMonth, ImportBatch, SavedView
from ledgers.papers import Paper
from ledgers.period import Period
from members import merging
from members.models import Transfer, Whereabouts
from members.models.papers import hang as hang_paper
from reports.models import InvestigationReport
from tests.activities import kept as activities_kept
from tests.activities.brands import make_brand, make_milestone, make_participant, make_service, make_story
from tests.activities.heard import make_concern, make_practice
from tests.activities.heard import make_visit as make_call
from tests.activities.leaves import ask_leave
from tests.activities.partners import make_agreement, make_contribution, make_partner
from tests.activities.plans import make_plan, make_resolution, make_vote
from tests.assessments import rounds, standing
from tests.assessments.measures import rectification, responsibility
from tests.assessments.schemes import manual
from tests.assessments.schemes import scheme as scheme_of
from tests.assessments.test_ballots import make_ballot
from tests.branches.life import make_election, make_group, make_unit
from tests.branches.places import (
    make_enterprise,
    make_shortage,
    make_training,
    make_venue,
    make_visit,
    make_worker,
)
from tests.factories import (
    ActivityFactory,
    CommitteeFactory,
    DuesChargeFactory,
    MemberFactory,
    PostingFactory,
    SeatFactory,
    UserFactory,
    street,
)
from tests.ledgers.workbooks import xlsx
from tests.members import people
from tests.members.development import applicant, take

pytestmark = pytest.mark.django_db


def patterns(resolver: URLResolver | None = None, space: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Yield (view name, pattern) of every address of the portal; Django's admin, for superusers, has its own test."""
    for each in (resolver or get_resolver()).url_patterns:
        if isinstance(each, URLResolver):
            if each.namespace != "admin":
                yield from patterns(each, f"{each.namespace}:" if each.namespace else space)
        elif isinstance(each, URLPattern) and each.name:
            yield f"{space}{each.name}", each


@dataclass
class Place:
    """One community with a little of everything in it; what an address needs is made when it is asked for."""

    community: Organization
    branch: Organization
    owner: User

    @cached_property
    def member(self) -> Any:
        return MemberFactory(branch=self.branch)

    @cached_property
    def merged(self) -> Any:
        twin = MemberFactory(branch=self.branch, name=self.member.name, birth_date=self.member.birth_date)
        return merging.merge(self.member, twin)

    @cached_property
    def charge(self) -> Any:
        return DuesChargeFactory(member=self.member)

    @cached_property
    def development(self) -> Any:
        return applicant(self.branch)

    @cached_property
    def development_step(self) -> Any:
        return take(self.development, "talk", date(2026, 3, 20))

    @cached_property
    def development_paper(self) -> Any:
        text = b"text"
        hang_paper(self.development_step, [Paper(papers.store(text), "谈话记录.txt", "text/plain", 4)], self.owner)
        return self.development_step.papers.get()

    @cached_property
    def letter(self) -> Any:
        letter = Transfer(
            kind="out", member=self.member, elsewhere="外地", letter_number="1", issued_on=date(2026, 8, 1)
        )
        return letter.issue()

    @cached_property
    def away(self) -> Any:
        return Whereabouts(kind="lost", member=self.member, since=date(2026, 8, 1)).record()

    @cached_property
    def report(self) -> Any:
        return InvestigationReport.drafted(self.branch, Period.parse("2026Q3"))

    @cached_property
    def finding(self) -> Any:
        sync(self.branch, Period.parse("2026Q3"))
        return Finding.objects.filter(organization=self.branch)[0]

    @cached_property
    def scheme(self) -> Any:
        street = Organization.objects.get_parent(self.community)
        scheme = draft(street, read_scheme(scheme_of(manual())))
        return scheme.put_in_force(Period.parse("2026Q1"))

    @cached_property
    def assessment(self) -> Any:
        """A sheet that waits for its self-score; a review waits for the community once it is given."""
        sheet = Assessment(scheme=self.scheme, organization=self.branch, community=self.community, period="2026Q3")
        sheet.record()
        SheetLine.objects.create(assessment=sheet, code="A1")
        return sheet

    @cached_property
    def entry(self) -> Any:
        fields = {"code": "P1", "matter": "市级表彰", "document": "3号", "on": date(2026, 8, 1)}
        return SheetEntry(assessment=self.assessment, **fields).record()

    @cached_property
    def appeal(self) -> Any:
        return Appeal(assessment=self.assessment, code="A1", text="漏登了一次", on=date(2026, 10, 20)).record()

    @cached_property
    def activity(self) -> Any:
        return ActivityFactory(organization=self.branch, status=Activity.Status.SUBMITTED)

    @cached_property
    def vote(self) -> Any:
        return make_vote(ActivityFactory(organization=self.branch, status=Activity.Status.DRAFT))

    @cached_property
    def feed(self) -> Any:
        CalendarFeed.issue(self.owner, self.branch)
        return CalendarFeed.objects.get(user=self.owner)

    def feed_token(self, user: User) -> str:
        """The address of somebody who may see this place, whoever opens it."""
        seer = UserFactory()
        PostingFactory(user=seer, role=Role.BRANCH_SECRETARY, organization=self.branch)
        with transaction.atomic():
            return CalendarFeed.issue(seer, self.branch)

    @cached_property
    def planned(self) -> Any:
        return make_plan(self.branch, date(2026, 12, 8))

    @cached_property
    def resolution(self) -> Any:
        return make_resolution(self.activity)

    @cached_property
    def attachment(self) -> Any:
        photo = BytesIO()
        Image.new("RGB", (9, 9)).save(photo, "JPEG")
        digest = papers.store(photo.getvalue())
        paper = Paper(digest, "照片.jpg", "image/jpeg", photo.tell())
        attachments.hang(self.activity, [paper], self.owner)
        return self.activity.attachments.get()

    @cached_property
    def upload(self) -> Any:
        paper = self.attachment
        return PendingUpload.objects.create(
            user=self.owner, digest=paper.digest, filename="照片.jpg", content_type="image/jpeg", size=paper.size
        )

    @cached_property
    def sheet(self) -> Any:
        return SignInSheet(activity=self.activity, opened_at=timezone.now()).record()

    @cached_property
    def leave(self) -> Any:
        return ask_leave(self.member)

    @cached_property
    def committee(self) -> Any:
        return CommitteeFactory(organization=self.branch)

    @cached_property
    def seat(self) -> Any:
        return SeatFactory(committee=self.committee, member=self.member)

    @cached_property
    def election(self) -> Any:
        return make_election(self.branch)

    @cached_property
    def joint_unit(self) -> Any:
        return make_unit(self.branch)

    @cached_property
    def group(self) -> Any:
        return make_group(self.branch, code=f"{self.branch.code}G")

    @cached_property
    def venue(self) -> Any:
        return make_venue(self.branch)

    @cached_property
    def shortage(self) -> Any:
        return make_shortage(self.branch)

    @cached_property
    def enterprise(self) -> Any:
        return make_enterprise(self.branch)

    @cached_property
    def visit(self) -> Any:
        return make_visit(self.enterprise)

    @cached_property
    def worker(self) -> Any:
        return make_worker(self.branch)

    @cached_property
    def training(self) -> Any:
        return make_training(self.worker)

    @cached_property
    def account(self) -> User:
        user = UserFactory()
        PostingFactory(user=user, role=Role.BRANCH_SECRETARY, organization=self.branch)
        return user

    @cached_property
    def waiting(self) -> Posting:
        given = {"waits": True, "given_by": UserFactory()}
        return PostingFactory(user=UserFactory(), role=Role.BRANCH_SECRETARY, organization=self.branch, **given)

    @cached_property
    def talk(self) -> Any:
        return people.talk(MemberFactory(branch=self.branch), self.member)

    @cached_property
    def matter(self) -> Any:
        return people.matter(self.member)

    @cached_property
    def honor(self) -> Any:
        return people.honor(self.member)

    @cached_property
    def achievement(self) -> Any:
        return people.achievement(self.member)

    @cached_property
    def exemption(self) -> Any:
        return people.exempt(self.member)

    @cached_property
    def waiver(self) -> Any:
        return people.waive(self.member)

    @cached_property
    def temporary_attachment(self) -> Any:
        return people.attach(self.member, self.branch)

    @cached_property
    def democratic_review(self) -> Any:
        return activities_kept.review(self.member)

    @cached_property
    def criticism(self) -> Any:
        return activities_kept.criticise(activities_kept.life_meeting(self.branch), self.member)

    @cached_property
    def promise(self) -> Any:
        return activities_kept.promise(activities_kept.life_meeting(self.branch), self.member)

    @cached_property
    def certificate(self) -> Any:
        return activities_kept.certificate(self.member)

    @cached_property
    def theme(self) -> Any:
        return activities_kept.theme(self.branch)

    @cached_property
    def closed_month(self) -> Any:
        month = (timezone.localdate().replace(day=1) - timedelta(days=1)).replace(day=1)
        return ClosedMonth(street=Organization.objects.get_parent(self.community), month=month).record()

    @cached_property
    def series(self) -> Any:
        return activities_kept.series(self.branch)

    @cached_property
    def checkin(self) -> Any:
        return people.check_in(self.community, self.member)

    @cached_property
    def service(self) -> Any:
        return people.serve(self.checkin)

    @cached_property
    def partner(self) -> Any:
        return make_partner(self.branch)

    @cached_property
    def agreement(self) -> Any:
        return make_agreement(self.partner)

    @cached_property
    def contribution(self) -> Any:
        return make_contribution(self.partner)

    @cached_property
    def brand(self) -> Any:
        return make_brand(self.branch)

    @cached_property
    def milestone(self) -> Any:
        return make_milestone(self.brand)

    @cached_property
    def participant(self) -> Any:
        return make_participant(self.brand)

    @cached_property
    def brand_service(self) -> Any:
        return make_service(self.brand)

    @cached_property
    def story(self) -> Any:
        return make_story(self.brand)

    @cached_property
    def story_photo(self) -> Any:
        return self.story.photos.create(digest=self.attachment.digest, filename="照片.jpg")

    @cached_property
    def concern(self) -> Any:
        return make_concern(self.branch)

    @cached_property
    def tour(self) -> Any:
        return ActivityFactory(organization=self.branch, kind=Activity.Kind.OBSERVATION, status=Activity.Status.DRAFT)

    @cached_property
    def practice(self) -> Any:
        return make_practice(self.branch)

    @cached_property
    def practice_evidence(self) -> Any:
        return PracticeEvidence(practice=self.practice, fact="members.total", period="2026Q3").record()

    @cached_property
    def call(self) -> Any:
        return make_call(self.branch)

    @cached_property
    def responsibility(self) -> Any:
        return responsibility(self.branch)

    @cached_property
    def rectification(self) -> Any:
        return rectification(self.branch)

    @cached_property
    def observation(self) -> Any:
        return rounds.observe(self.community)

    @cached_property
    def observation_round(self) -> Any:
        return rounds.make_round(Organization.objects.get_parent(self.community))

    @cached_property
    def judge(self) -> Any:
        return rounds.make_judge(self.observation_round, "张华")

    @cached_property
    def review_record(self) -> Any:
        return rounds.review(self.branch)

    @cached_property
    def standard(self) -> Any:
        return rounds.make_standard(self.branch)

    @cached_property
    def selfcheck(self) -> Any:
        standard = rounds.make_standard(self.branch, title="自查用的")
        return rounds.check(self.branch, standard)

    @cached_property
    def ballot(self) -> Any:
        return make_ballot(self.branch)

    @cached_property
    def supervision(self) -> Any:
        return standing.hand_on(self.branch)

    @cached_property
    def request(self) -> Any:
        return standing.request(self.branch)

    @cached_property
    def demonstration(self) -> Any:
        return standing.example(self.branch)

    @cached_property
    def branch_stars(self) -> Any:
        return standing.claim(self.branch)

    @cached_property
    def member_star(self) -> Any:
        return standing.star(self.member)

    @cached_property
    def weak_branch(self) -> Any:
        return standing.weak(self.branch)

    def of(self, name: str, step: str) -> Any:
        """A record in the state in which a step can be taken."""
        record = getattr(self, name)
        for field, value in STATES.get((name, step), {}).items():
            setattr(record, field, value)
        return record.record()

    def batch(self, user: User) -> ImportBatch:
        """A batch belongs to whoever uploaded it: the visitor at home, somebody else abroad."""
        data = xlsx(("姓名", "身份证号", "所在党支部", "党员类别"), ["张三", "坏", self.branch.name, "正式党员"])
        batch, match = importing.open_batch(ledger.get("members"), data, "表.xlsx", user, self.community)
        batch.save()
        importing.preview(batch, match)
        return batch


Target = Callable[[Place, User], dict[str, Any]]
DONE = {"done_on": date(2026, 8, 31)}
ASKED = {"due_on": date(2099, 1, 1), "asked_to": date(2099, 2, 1), "asked_on": date(2026, 9, 1)}
STATES: dict[tuple[str, str], dict[str, Any]] = {
    (name, step): state
    for name in ("responsibility", "rectification")
    for step, state in {
        "accept": DONE,
        "return": DONE,
        "answer": ASKED,
        "longer": {"due_on": date(2099, 1, 1)},
    }.items()
}
"""What of a record must be so for a step to be offered."""
STATES |= {
    ("selfcheck", "check"): {"done_on": date(2026, 9, 1)},
    ("supervision", "return"): {"answered_on": date(2026, 9, 2)},
    ("request", "answer"): {"sent_on": date(2026, 9, 1)},
    ("request", "outcome"): {"sent_on": date(2026, 9, 1), "answered_on": date(2026, 9, 2)},
    ("demonstration", "withdraw"): {"named_on": date(2026, 9, 1)},
    ("branch_stars", "take-back"): {"granted_on": date(2026, 11, 2)},
    ("selfcheck", "conclude"): {"done_on": date(2026, 9, 1), "checked_on": date(2026, 9, 2)},
}


def at_step(place: Place, user: User, *, name: str, step: str) -> dict[str, Any]:
    return {"pk": place.of(name, step).pk}


def steps_of(pages: RecordPages) -> dict[str, "Target"]:
    """Return how to open every page of some kinds of records."""
    found: dict[str, Target] = {}
    for kind in pages.kinds.values():
        for step in ("", "edit", "delete", *(step.name for step in kind.steps)):
            address = f"{kind.address}-{step}" if step else kind.address
            found[address] = partial(at_step, name=kind.name.replace("-", "_"), step=step)
    return found


def pk_of(name: str) -> Target:
    return lambda place, user: {"pk": getattr(place, name).pk}


def slug(place: Place, user: User) -> dict[str, Any]:
    return {"slug": "members"}


def batch(place: Place, user: User) -> dict[str, Any]:
    return {"slug": "members", "pk": place.batch(user if place.owner == user else place.owner).pk}


def saved_view(place: Place, user: User) -> dict[str, Any]:
    owner = user if place.owner == user else place.owner
    view, _ = SavedView.objects.get_or_create(user=owner, ledger="members", name="我的")
    return {"slug": "members", "pk": view.pk}


def code(place: Place, user: User) -> dict[str, Any]:
    return {"code": place.branch.code}


def branch_month(place: Place, user: User) -> dict[str, Any]:
    return {"code": place.branch.code, "month": "2026-09"}


LEAVE_PAGES = ("edit", "decide", "delete", "print")
TARGETS: dict[str, Target] = {
    "accounts:unpost": lambda place, user: {"pk": place.account.postings.get().pk},
    "accounts:confirm": lambda place, user: {"pk": place.waiting.pk},
    "members:dues-charge": pk_of("charge"),
    "members:dues-statement": code,
    "members:dues-sheet": branch_month,
    "members:dues-generate": branch_month,
    "members:dues-close": branch_month,
    "ledgers:batch": batch,
    "ledgers:mapping": batch,
    "ledgers:correct": batch,
    "ledgers:apply": batch,
    "ledgers:progress": batch,
    "ledgers:wrong-rows": batch,
    "ledgers:undo": batch,
    "ledgers:view": saved_view,
    "activities:person": pk_of("member"),
    "activities:pending": pk_of("upload"),
    "activities:original": pk_of("upload"),
    "activities:preview": pk_of("upload"),
    "activities:discard": pk_of("upload"),
    "activities:attachment": pk_of("attachment"),
    "activities:thumbnail": pk_of("attachment"),
    "activities:detach": pk_of("attachment"),
    "reports:minutes-record": lambda place, user: {"pk": place.activity.pk, "form": "docx"},
    "activities:compare": lambda place, user: {
        "pk": place.activity.pk,
        "other": ActivityFactory(organization=place.branch).pk,
    },
    "branches:committee": pk_of("committee"),
    "branches:committee-edit": pk_of("committee"),
    "branches:seat-change": pk_of("seat"),
    "branches:election": pk_of("election"),
    "branches:election-edit": pk_of("election"),
    "branches:election-delete": pk_of("election"),
    "branches:joint-unit-edit": pk_of("joint_unit"),
    "branches:joint-unit-delete": pk_of("joint_unit"),
    "branches:leader": lambda place, user: {"code": place.group.code},
    "branches:venue": pk_of("venue"),
    "branches:venue-edit": pk_of("venue"),
    "branches:venue-delete": pk_of("venue"),
    "branches:month-reopen": pk_of("closed_month"),
    "branches:shortage": pk_of("shortage"),
    "branches:shortage-edit": pk_of("shortage"),
    "branches:shortage-delete": pk_of("shortage"),
    "branches:enterprise": pk_of("enterprise"),
    "branches:enterprise-edit": pk_of("enterprise"),
    "branches:enterprise-delete": pk_of("enterprise"),
    "branches:visit-create": pk_of("enterprise"),
    "branches:visit-edit": pk_of("visit"),
    "branches:visit-delete": pk_of("visit"),
    "branches:worker": pk_of("worker"),
    "branches:worker-edit": pk_of("worker"),
    "branches:worker-delete": pk_of("worker"),
    "branches:training-create": pk_of("worker"),
    "branches:training-edit": pk_of("training"),
    "branches:training-delete": pk_of("training"),
    "members:transfer": pk_of("letter"),
    "members:transfer-edit": pk_of("letter"),
    "members:transfer-receive": pk_of("letter"),
    "members:transfer-refuse": pk_of("letter"),
    "members:transfer-cancel": pk_of("letter"),
    "members:away": pk_of("away"),
    "members:away-edit": pk_of("away"),
    "members:away-contact": pk_of("away"),
    "members:away-end": pk_of("away"),
    "members:away-delete": pk_of("away"),
    "members:away-reveal": pk_of("away"),
    "members:talk": pk_of("talk"),
    "members:talk-edit": pk_of("talk"),
    "members:talk-delete": pk_of("talk"),
    "members:matter": pk_of("matter"),
    "members:matter-edit": pk_of("matter"),
    "members:matter-delete": pk_of("matter"),
    "members:honor": pk_of("honor"),
    "members:honor-edit": pk_of("honor"),
    "members:honor-delete": pk_of("honor"),
    "members:achievement": pk_of("achievement"),
    "members:achievement-edit": pk_of("achievement"),
    "members:achievement-delete": pk_of("achievement"),
    "members:exemption": pk_of("exemption"),
    "members:exemption-edit": pk_of("exemption"),
    "members:exemption-delete": pk_of("exemption"),
    "members:waiver": pk_of("waiver"),
    "members:waiver-edit": pk_of("waiver"),
    "members:waiver-delete": pk_of("waiver"),
    "members:attachment": pk_of("temporary_attachment"),
    "members:attachment-edit": pk_of("temporary_attachment"),
    "members:attachment-delete": pk_of("temporary_attachment"),
    "members:checkin": pk_of("checkin"),
    "members:checkin-edit": pk_of("checkin"),
    "members:checkin-delete": pk_of("checkin"),
    "members:service-create": pk_of("checkin"),
    "members:service-edit": pk_of("service"),
    "members:service-delete": pk_of("service"),
}
SIGN_IN = ("screen", "code", "lay-out", "take-up")
TARGETS |= {f"activities:{page}": lambda place, user: {"pk": place.sheet.activity_id} for page in SIGN_IN}
TARGETS |= {"activities:scan": lambda place, user: {"code": code_for(place.sheet)}}
TARGETS |= {f"activities:{page}": pk_of("leave") for page in ("leave", *(f"leave-{p}" for p in LEAVE_PAGES))}
TARGETS |= {
    f"members:development-{page}": pk_of("development") for page in ("detail", "edit", "close", "reopen", "print")
} | {
    "members:development-step": lambda place, user: {"pk": place.development.pk, "code": "talk"},
    "members:development-step-edit": pk_of("development_step"),
    "members:development-step-delete": pk_of("development_step"),
    "members:development-paper": pk_of("development_paper"),
    "members:development-paper-delete": pk_of("development_paper"),
}
TARGETS |= (
    {
        f"reports:investigation-{page}": pk_of("report")
        for page in ("detail", "edit", "arrange", "settle", "rebuild", "sign")
    }
    | {
        "reports:investigation-download": lambda place, user: {"pk": place.report.pk, "ending": "json"},
        "reports:investigation-evidence": lambda place, user: {"pk": place.report.pk, "ending": "docx"},
        "assessments:finding": pk_of("finding"),
        "assessments:scheme": pk_of("scheme"),
        "assessments:sheet": lambda place, user: {"pk": place.scheme.pk, "code": place.branch.code},
        "assessments:line": lambda place, user: {"pk": place.scheme.pk, "code": place.branch.code},
    }
    | {f"assessments:scheme-{page}": pk_of("scheme") for page in ("trial", "start", "retire", "copy", "export")}
)
TARGETS |= {f"assessments:{page}": pk_of("scheme") for page in ("draw-up", "decide", "lock", "notice", "bulletin")}
TARGETS |= {
    f"assessments:{page}": pk_of("assessment")
    for page in ("held", "sheet-paper", "feedback", "self-score", "adjust", "send-back", "enter", "appeal")
}
for pages in (
    measures.PAGES,
    observations.PAGES,
    observations.ROUNDS,
    reviews.PAGES,
    selfchecks.PAGES,
    supervision.PAGES,
    requests.PAGES,
    ballots.PAGES,
    standing_pages.PAGES,
):
    TARGETS |= steps_of(pages)
TARGETS |= {
    "assessments:judge-link": pk_of("judge"),
    "assessments:supervision-notice": pk_of("supervision"),
    "assessments:ballot-slips": pk_of("ballot"),
    "assessments:vote": lambda place, user: {"token": place.ballot.groups.get().issue(1)[0]},
    "assessments:judge": lambda place, user: {"token": place.judge.token},
}
TARGETS |= {"assessments:measure": pk_of("responsibility")}
TARGETS |= {"assessments:answer": pk_of("appeal"), "assessments:settle": pk_of("entry")}
TARGETS |= {
    f"activities:{name.replace('_', '-')}{page}": pk_of(name)
    for name in ("democratic_review", "criticism", "promise", "certificate", "theme", "series")
    for page in ("", "-edit", "-delete")
} | {
    "activities:democratic-sheet": lambda place, user: {"code": place.branch.code, "year": 2026},
    "activities:hours-branch": code,
}
TARGETS |= {
    f"activities:{thing}-{page}": pk_of(thing)
    for thing in ("vote", "resolution", "planned")
    for page in ("edit", "delete")
} | {
    "activities:planned": pk_of("planned"),
    "activities:feed-revoke": pk_of("feed"),
    "activities:feed": lambda place, user: {"token": place.feed_token(user)},
}
TARGETS |= {"members:merged": pk_of("merged"), "members:merge-undo": pk_of("merged")}
TARGETS |= {
    f"activities:{name}{page}": pk_of(name)
    for name in ("partner", "agreement", "contribution")
    for page in ("", "-edit", "-delete", "-reveal")
}
TARGETS |= {
    "activities:brand": pk_of("brand"),
    "activities:brand-edit": pk_of("brand"),
    "activities:brand-delete": pk_of("brand"),
    "activities:milestone-create": pk_of("brand"),
    "activities:milestone-edit": pk_of("milestone"),
    "activities:milestone-delete": pk_of("milestone"),
    "activities:participant-create": pk_of("brand"),
    "activities:participant-edit": pk_of("participant"),
    "activities:participant-delete": pk_of("participant"),
    "activities:service-edit": pk_of("brand_service"),
    "activities:service-delete": pk_of("brand_service"),
    "activities:story-create": pk_of("brand"),
    "activities:story": pk_of("story"),
    "activities:story-edit": pk_of("story"),
    "activities:story-delete": pk_of("story"),
    "activities:story-photos": pk_of("story"),
    "activities:photo": pk_of("story_photo"),
    "activities:photo-thumbnail": pk_of("story_photo"),
    "activities:photo-delete": pk_of("story_photo"),
}
TARGETS |= {
    f"activities:{page}": pk_of("concern")
    for page in (
        "concern",
        "concern-edit",
        "concern-reveal",
        "concern-hand-over",
        "concern-escalate",
        "concern-answer",
        "concern-delete",
    )
} | {f"activities:{page}": pk_of("call") for page in ("visit", "visit-edit", "visit-delete")}
TARGETS["activities:tour"] = pk_of("tour")
TARGETS |= {
    f"activities:practice{page}": pk_of("practice")
    for page in ("", "-edit", "-evidence", "-offer", "-accept", "-return", "-delete")
} | {"activities:practice-evidence-delete": pk_of("practice_evidence")}
BY_SPACE: dict[str, Target] = {
    "ledgers": slug,
    "branches": code,
    "members": pk_of("member"),
    "activities": pk_of("activity"),
    "accounts": pk_of("account"),
}
SCOPELESS = {
    "assessments:judge",
    "assessments:vote",
    "activities:feed",
    "activities:scan",
    "ledgers:list",
    "ledgers:print",
    "ledgers:views",
    "ledgers:export",
    "ledgers:template",
    "ledgers:import",
}
"""Addresses whose parameter is not a thing of somebody's: their rows are scoped, see the tests of ledgers."""
EVERYONE = [pytest.param(None, id="nobody"), *(pytest.param(role, id=role.value) for role in Role)]


def allowed(name: str, role: Role | None) -> bool:
    """Say what the table says."""
    rule = URL_TABLE[name]
    if rule is PUBLIC:
        return True
    if role is None:
        return False
    if rule is SIGNED_IN:
        if name in ("ledgers:list", "ledgers:print", "ledgers:views", "ledgers:view"):
            return Right.MEMBERS_VIEW in ROLE_RIGHTS[role]
        if name == "ledgers:catalogue":
            return Right.ORGANIZATIONS_VIEW in ROLE_RIGHTS[role]
        return True
    return rule in ROLE_RIGHTS[role]


def open_it(client: Client, name: str, kwargs: dict[str, Any]) -> Any:
    """Open an address as a link would, or press its button where it only takes one."""
    url = reverse(name, kwargs=kwargs)
    response = client.get(url)
    return client.post(url) if response.status_code == 405 else response


def test_every_address_is_in_the_table() -> None:
    walked = {name for name, _ in patterns()}
    assert walked - set(URL_TABLE) == set(), "an address without a rule answers 404 to everyone"
    assert set(URL_TABLE) - walked == set(), "a rule without an address"


def home_and_abroad(role: Role | None) -> tuple[Place, Place, User | None]:
    """Return the visitor's community, another one of another street, and the visitor."""
    here, there = street(1, 1), street(1, 1)
    user = None
    if role is not None:
        user = UserFactory()
        places = {Role.BRANCH_SECRETARY: here.branch, Role.OFFICE: here.committee}
        place = places.get(role, here.community)
        PostingFactory(user=user, role=role, organization=place, start=date(2020, 1, 1))
    stranger = UserFactory()
    PostingFactory(user=stranger, role=Role.OFFICE, organization=there.committee)
    home = Place(here.community, here.branch, user or stranger)
    return home, Place(there.community, there.branch, stranger), user


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> None:
    """Keep uploaded files where the test ends."""
    settings.MEDIA_ROOT = str(tmp_path)


class TakeBack(Exception):
    """Ends the visit to one address; what it changed is taken back."""


@pytest.mark.parametrize("role", EVERYONE)
def test_who_may_open_what(role: Role | None) -> None:
    home, abroad, user = home_and_abroad(role)
    client = Client()
    if user:
        client.force_login(user)
    signed_in, wrong = client.cookies.output(), []
    for name, pattern in patterns():
        client.cookies.clear()  # the last address may have been the one that signs out
        client.cookies.load(signed_in.replace("Set-Cookie: ", ""))
        try:
            with transaction.atomic():
                wrong += walk(client, name, pattern, role, replace(home), replace(abroad), user)
                raise TakeBack
        except TakeBack:
            pass
    assert wrong == []


def walk(
    client: Client, name: str, pattern: URLPattern, role: Role | None, home: Place, abroad: Place, user: User | None
) -> list[str]:
    """Open one address at home and abroad, and return what is wrong with the answers."""
    route: Any = pattern.pattern
    parameters = set(route.converters) or set(route.regex.groupindex)
    target = TARGETS.get(name) or BY_SPACE.get(name.partition(":")[0])
    if parameters and target is None:
        return [f"{name}: say in TARGETS how to open it"]
    visitor = user or home.owner
    kwargs = target(home, visitor) if parameters and target else {}
    if set(kwargs) != parameters:
        return [f"{name}: TARGETS gives {sorted(kwargs)}, the address takes {sorted(parameters)}"]
    at_home = open_it(client, name, kwargs)
    if role is None and URL_TABLE[name] is not PUBLIC:
        asked_in = at_home.status_code == 302 and "/accounts/sign-in/" in at_home["Location"]
        return [] if asked_in else [f"{name}: not signed in, {at_home.status_code}"]
    wrong = []
    may = allowed(name, role)
    if may and (at_home.status_code == 404 or at_home.status_code >= 500):
        wrong.append(f"{name}: at home {at_home.status_code}")
    if not may and at_home.status_code != 404:
        wrong.append(f"{name}: without the right {at_home.status_code}")
    if parameters and target and name not in SCOPELESS:
        status = open_it(client, name, target(abroad, visitor)).status_code
        if status != 404:
            wrong.append(f"{name}: abroad {status}")
    return wrong


def test_the_admin_is_for_superusers(client: Client) -> None:
    user = UserFactory(is_staff=True)
    client.force_login(user)
    assert client.get("/admin/").status_code == 404

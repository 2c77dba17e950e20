"""Supervision: a matter handed on, signed for, answered, pressed, closed; by people or by the records."""

from datetime import date

import pytest
from django.urls import reverse

from accounts.roles import Role
from assessments.findings import sync
from assessments.models import Finding, Supervision
from ledgers import facts
from ledgers.period import Period
from tests.assessments.measures import rectification
from tests.assessments.standing import hand_on
from tests.branches.importing import export, messages, take_in, take_in_file
from tests.factories import ActivityFactory, sign_in, superuser
from tests.factories import street as make_town

pytestmark = pytest.mark.django_db

Q3 = Period.parse("2026Q3")


@pytest.fixture
def town():
    return make_town()


def test_it_works(client, town, fill_in, text_of, today):
    sign_in(client, Role.LEADER, town.committee, name="李书记")
    there = fill_in(
        reverse("assessments:supervision-create") + f"?organization={town.branch.code}",
        subject="消防通道堵塞",
        words="一周内拿出办法。",
        due_on="2026-10-20",
    ).url
    matter = Supervision.objects.get()
    assert (matter.organization, matter.set_by, matter.sent_on) == (town.branch, town.committee, date(2026, 10, 8))
    sign_in(client, Role.BRANCH_SECRETARY, town.branch)
    assert "1 件督办事项等待签收" in text_of(client.get("/"))
    fill_in(reverse("assessments:supervision-sign", args=[matter.pk]))
    fill_in(reverse("assessments:supervision-answer", args=[matter.pk]), answer="已清理。")
    assert client.get(reverse("assessments:supervision-close", args=[matter.pk])).status_code == 404
    sign_in(client, Role.OFFICE, town.committee)
    assert "1 件督办事项已反馈，等待审核" in text_of(client.get("/"))
    fill_in(reverse("assessments:supervision-return", args=[matter.pk]), returned="没有照片")
    fill_in(reverse("assessments:supervision-press", args=[matter.pk]))
    matter.refresh_from_db()
    assert (matter.rung, matter.answered_on, matter.returned) == ("urged", None, "没有照片")
    fill_in(reverse("assessments:supervision-close", args=[matter.pk]), opinion="同意办结")
    words = text_of(client.get(there))
    assert "已办结" in words and "同意办结" in words
    assert "一周内拿出办法" in text_of(client.get(reverse("assessments:supervision-notice", args=[matter.pk])))


def test_a_finding_sent_out_is_closed_by_the_record_itself(client, town, fill_in, text_of, today):
    sync(town.committee, Q3)
    finding = Finding.objects.get(rule="R01", organization=town.branch)
    sign_in(client, Role.LEADER, town.committee)
    assert "下发督办" in text_of(client.get(finding.get_absolute_url()))
    fill_in(reverse("assessments:supervision-create") + f"?finding={finding.pk}")
    matter = Supervision.objects.get()
    assert (matter.finding, matter.organization) == (finding, town.branch)
    ActivityFactory(organization=town.branch, kind="general", date=date(2026, 9, 1))
    sync(town.committee, Q3)
    matter.refresh_from_db()
    assert matter.closed_on == date(2026, 10, 8)


def test_a_deadline_that_is_past_is_refused(client, town, fill_in, text_of, today):
    sign_in(client, Role.OFFICE, town.committee)
    address = reverse("assessments:supervision-create") + f"?organization={town.branch.code}"
    page = fill_in(address, subject="消防通道堵塞", due_on="2026-10-07")
    assert "办结时限早于交办日期 2026-10-08" in text_of(page)
    assert not Supervision.objects.exists()


def test_a_task_can_be_pressed(client, town, fill_in, today):
    measure = rectification(town.branch)
    sign_in(client, Role.OFFICE, town.committee)
    fill_in(reverse("assessments:supervision-create") + f"?measure={measure.pk}")
    assert (Supervision.objects.get().measure, Supervision.objects.get().subject) == (measure, measure.title)


def test_the_ladder_ends(client, town, fill_in, today):
    matter = hand_on(town.branch, set_by=town.committee)
    sign_in(client, Role.OFFICE, town.committee)
    address = reverse("assessments:supervision-press", args=[matter.pk])
    for rung in ("urged", "supervised", "notice", "talk"):
        fill_in(address)
        matter.refresh_from_db()
        assert matter.rung == rung
    assert client.get(address).status_code == 404


def test_what_is_overdue_is_counted(town, today):
    hand_on(town.branch)
    hand_on(town.branch, "乙", closed_on=date(2026, 9, 30))
    hand_on(town.branch, "丙", due_on=date(2026, 12, 1))
    counted = facts.of(town.committee, Q3)
    assert (counted["supervision.open"], counted["supervision.overdue"]) == (2, 1)


def test_a_file_is_taken_in_and_comes_back_the_same(town, today):
    user = superuser()
    headers = ("事项", "承办单位", "交办日期", "办结时限", "签收日期", "签收人")
    found = take_in(
        "supervisions", user, headers,
        ["通道整治", town.branch.code, "2026-09-01", "2026-09-20", "2026-09-02", "赵书记"],
        ["通道整治", town.community.code, "2026-09-21", "2026-09-20", "", ""],
    )  # fmt: skip
    assert found.counts == {"new": 1, "wrong": 1} and "早于交办日期" in messages(found)[3]
    assert take_in_file("supervisions", user, export("supervisions", user)).counts == {"same": 1}

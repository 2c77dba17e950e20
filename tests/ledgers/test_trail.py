"""The audit trail as an auditor reads it, searches it and takes it away."""

import io
from datetime import date

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.acting import acting_as
from accounts.audit import record
from accounts.models import AuditEntry
from accounts.roles import Role
from activities.models import Attendance, record_roll
from members.models import Member, Talk
from tests.factories import ActivityFactory, MemberFactory, sign_in, street


@pytest.fixture
def town(db):
    return street(code="S")


@pytest.fixture
def auditor(client, town):
    return sign_in(client, Role.AUDITOR, town.committee, name="纪检员")


def read(client, text_of, **query):
    return text_of(client.get(reverse("accounts:audit"), query))


def test_a_changed_roll_says_who_and_what_in_words(client, town, auditor, text_of):
    member = MemberFactory(branch=town.branch, name="王小明")
    activity = ActivityFactory(organization=town.branch)
    record_roll(activity, {member.pk: (Attendance.State.ABSENT, "")})
    record_roll(activity, {member.pk: (Attendance.State.LEAVE, "出差")})
    words = read(client, text_of, action="roll")
    assert "王小明 缺席 请假" in words
    assert "absent" not in words and "member" not in words


def test_keys_become_names_and_codes_labels(client, town, auditor, text_of):
    member = MemberFactory(branch=town.branches[0], category="probationary", joined_on=date(2026, 1, 1))
    member.refresh_from_db()
    changes = {"branch": (town.branches[0].pk, town.branches[1].pk), "category": ("probationary", "full")}
    record("change", member, changes={**changes, "is_active": (True, False)}, organization_path=town.branch.path)
    words = read(client, text_of, action="change")
    assert f"{town.branches[0].name} {town.branches[1].name}" in words
    assert "预备党员 正式党员" in words
    assert "是 否" in words


def test_what_is_gone_is_called_as_the_trail_called_it(client, town, auditor, text_of):
    member = MemberFactory(branch=town.branch, name="李已删")
    gone = member.pk
    record("delete", member, organization_path=town.branch.path)
    activity = ActivityFactory(organization=town.branch)
    record("roll", activity, changes={f"members.member#{gone}": ("出席", None)}, organization_path=town.branch.path)
    Member.objects.filter(pk=gone).delete()
    assert "李已删（已删除） 出席" in read(client, text_of, action="roll")


def test_a_sensitive_value_is_not_even_shown_as_its_digest(client, town, auditor, text_of):
    member = MemberFactory(branch=town.branch)
    member.phone = "13900000001"
    member.record()
    words = read(client, text_of, action="change")
    assert "敏感内容，不显示" in words and "digest" not in words and "13900000001" not in words


def test_the_trail_is_searched_by_kind_and_address(client, town, auditor):
    with acting_as(None, "10.0.0.7"):
        record("change", town.branch, label="换了名", organization_path=town.branch.path)
    found = client.get(reverse("accounts:audit"), {"address": "10.0.0.7"}).context["page"].object_list
    assert [entry.label for entry in found] == ["换了名"]
    kinds = {"kind": "branches.organization", "address": "10.0.0.8"}
    assert not client.get(reverse("accounts:audit"), kinds).context["page"].object_list


def test_queries_do_not_grow_with_the_entries(client, town, auditor):
    def queries():
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("accounts:audit"))
        return len(asked)

    changes = {"branch": (town.branches[0].pk, town.branches[1].pk)}
    members = [MemberFactory(branch=town.branch) for _ in range(12)]
    record("change", members[0], changes=changes, organization_path=town.branch.path)
    before = queries()
    for member in members[1:]:
        record("change", member, changes=changes, organization_path=town.branch.path)
    assert queries() == before


def test_the_auditor_takes_away_what_the_filter_keeps_and_that_is_an_entry(client, town, auditor):
    record("change", town.branch, changes={"name": ("旧名", "新名")}, organization_path=town.branch.path)
    record("delete", label="别的", organization_path=town.branch.path)
    answer = client.get(reverse("ledgers:audit-export"), {"action": "change"})
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.getvalue())).active.iter_rows(values_only=True))
    told = [row for row in rows if row[5] == "修改"]
    assert len(told) == 1 and told[0][-1] == "组织名称：旧名 → 新名"
    assert not [row for row in rows if row[5] == "删除"]
    assert AuditEntry.objects.filter(action="export", label="审计记录").exists()


def test_too_many_entries_for_one_file_are_refused_with_the_way_out(client, town, auditor, monkeypatch, text_of):
    monkeypatch.setattr("ledgers.trail.LIMIT", 1)
    for _ in range(2):
        record("change", town.branch, organization_path=town.branch.path)
    answer = client.get(reverse("ledgers:audit-export"), {"action": "change"}, follow=True)
    assert "用日期缩小范围" in text_of(answer)


def test_nobody_but_the_auditor_takes_the_trail_away(client, town):
    sign_in(client, Role.OFFICE, town.committee)
    assert client.get(reverse("ledgers:audit-export")).status_code == 404


class TestLooks:
    """Every clear reading and everything that leaves the portal is an entry; what shows nothing secret is none."""

    @pytest.fixture
    def secretary(self, client, town):
        return sign_in(client, Role.BRANCH_SECRETARY, town.branch)

    def entries(self, *actions):
        return AuditEntry.objects.filter(action__in=actions)

    def test_reading_a_talk_is_one(self, client, town, secretary):
        talk = Talk(
            organization=town.branch, member=MemberFactory(branch=town.branch), kind=Talk.Kind.HEART,
            date=date(2026, 9, 1), content="说了心里话",
        ).record()  # fmt: skip
        client.get(talk.get_absolute_url())
        entry = self.entries("reveal").get()
        assert entry.changes["显示"][1] == "谈话内容" and entry.object_id == str(talk.pk)
        assert "心里话" not in str(entry.changes)

    def test_a_talk_without_content_shows_nothing_to_be_noted(self, client, town, secretary):
        member = MemberFactory(branch=town.branch)
        talk = Talk(organization=town.branch, member=member, kind=Talk.Kind.HEART, date=date(2026, 9, 1)).record()
        client.get(talk.get_absolute_url())
        assert not self.entries("reveal").exists()

    @pytest.mark.parametrize(("page", "action"), [("export", "export"), ("print", "print")])
    def test_a_list_that_leaves_the_portal_is_one(self, client, town, secretary, page, action):
        MemberFactory(branch=town.branch)
        client.get(reverse(f"ledgers:{page}", args=["members"]))
        assert self.entries(action).get().label.startswith("党员花名册")

    def test_the_record_of_a_meeting_as_a_file_is_one(self, client, town, secretary):
        activity = ActivityFactory(organization=town.branch)
        assert client.get(reverse("reports:minutes-record", args=[activity.pk, "docx"])).status_code == 200
        assert self.entries("export").get().object_id == str(activity.pk)

    def test_a_look_does_not_ask_for_a_new_check_of_the_rules(self, client, town, secretary):
        from accounts import audit
        from assessments.findings import _recorded_since

        def recorded() -> bool:
            return _recorded_since([before], audit.position(town.branch.path))

        MemberFactory(branch=town.branch)
        before = {str(street): count for street, count in audit.position(town.branch.path).items()}
        member = Member.objects.get()
        record("reveal", member, organization_path=town.branch.path)
        assert not recorded()
        record("change", member, organization_path=town.branch.path)
        assert recorded()

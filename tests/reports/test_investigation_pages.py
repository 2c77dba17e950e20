"""The pages of the investigation report, as each role meets them."""

import io
import json
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from docx import Document

from accounts.roles import Role
from ledgers.period import Period
from reports import official
from reports.models import InvestigationReport, StatementEdit
from tests.factories import ActivityFactory, MemberFactory, OrganizationFactory, sign_in, street, superuser
from tests.members.people import honor, sanction, talk

pytestmark = pytest.mark.django_db

LIST = reverse("reports:investigation")
KEY = "meetings.counts"


@pytest.fixture
def place():
    made = street(2, 2, code="HP")
    MemberFactory(branch=made.branch)
    ActivityFactory(organization=made.branch, kind="general", date=date(2026, 8, 10))
    return made


@pytest.fixture
def draft(place):
    return InvestigationReport.drafted(place.committee, Period.parse("2026Q3"))


def address(report, view="detail", *more):
    return reverse(f"reports:investigation-{view}", args=[report.pk, *more])


class TestList:
    def test_it_works(self, client, place, draft, text_of):
        sign_in(client, Role.OFFICE, place.committee)
        page = text_of(client.get(LIST, {"period": "2026Q3"}))
        assert "2026年第三季度调研报告" in page
        assert "生成2026年第三季度报告" in page

    def test_builds_for_the_chosen_organisation_and_period(self, client, place):
        sign_in(client, Role.COMMUNITY_SECRETARY, place.community)
        response = client.post(LIST, {"organization": place.community.code, "period": "2026Q3"})
        report = InvestigationReport.objects.get()
        assert response.url == address(report)
        assert (report.organization, report.period) == (place.community, "2026Q3")

    def test_nobody_builds_beyond_their_scope(self, client, place):
        sign_in(client, Role.COMMUNITY_SECRETARY, place.community)
        for code in (place.committee.code, place.communities[1].code, "没有"):
            assert client.post(LIST, {"organization": code, "period": "2026Q3"}).status_code == 404
        assert not InvestigationReport.objects.exists()

    def test_a_wrong_period_is_explained(self, client, place, text_of):
        sign_in(client, Role.OFFICE, place.committee)
        response = client.post(LIST, {"organization": "HP", "period": "第三季度"}, follow=True)
        assert "看不懂的时期" in text_of(response)

    def test_shows_only_what_is_in_scope(self, client, place, draft, text_of):
        sign_in(client, Role.COMMUNITY_SECRETARY, place.community)
        assert "还没有报告" in text_of(client.get(LIST))

    def test_a_leader_reads_and_does_not_build(self, client, place, draft, text_of):
        sign_in(client, Role.LEADER, place.committee)
        page = text_of(client.get(LIST, {"period": "2026Q3"}))
        assert "2026年第三季度调研报告" in page
        assert "生成2026" not in page

    def test_costs_the_same_for_any_number_of_reports(self, client, place, draft):
        sign_in(client, Role.OFFICE, place.committee)
        client.get(LIST)
        with CaptureQueriesContext(connection) as few:
            client.get(LIST)
        for month in range(1, 13):
            InvestigationReport(organization=place.committee, period=f"2025-{month:02}", built=draft.built).record()
        with CaptureQueriesContext(connection) as many:
            client.get(LIST)
        assert len(many) == len(few)


class TestDetail:
    def test_it_works(self, client, place, draft, text_of):
        sign_in(client, Role.OFFICE, place.committee)
        response = client.get(address(draft))
        page = text_of(response)
        for words in ("关于HP街道基层党建工作情况的调研报告", "一、基本情况", "四、下步打算", "签发", "重新生成"):
            assert words in page
        assert 'href="/ledgers/activities/?organization=HP&amp;period=2026Q3' in response.content.decode()

    def test_a_report_outside_the_scope_does_not_exist(self, client, place, draft):
        sign_in(client, Role.COMMUNITY_SECRETARY, place.community)
        assert client.get(address(draft)).status_code == 404
        assert client.get(address(draft, "download", "docx")).status_code == 404
        for view in ("edit", "settle", "rebuild"):
            assert client.post(address(draft, view)).status_code == 404

    def test_a_leader_sees_no_way_to_change_it(self, client, place, draft, text_of):
        sign_in(client, Role.LEADER, place.committee)
        response = client.get(address(draft), {"edit": KEY})
        assert "导出 Word" in text_of(response)
        for view in ("rebuild", "sign", "edit", "settle"):
            assert address(draft, view) not in response.content.decode()

    def test_a_community_secretary_does_not_sign(self, client, place, text_of):
        sign_in(client, Role.COMMUNITY_SECRETARY, place.community)
        report = InvestigationReport.drafted(place.community, Period.parse("2026Q3"))
        page = client.get(address(report)).content.decode()
        assert address(report, "sign") not in page
        assert client.post(address(report, "sign"), {"digest": report.digest}).status_code in (403, 404)

    def test_costs_the_same_for_any_number_of_edits_and_branches(self, client, place, draft):
        superuser(client)
        client.get(address(draft))
        with CaptureQueriesContext(connection) as few:
            client.get(address(draft))
        for key in (KEY, "organizations.counts", "members.total", "problem.R05", "step.R05"):
            draft.edit(key, "手写。")
        for number in range(20):
            OrganizationFactory(parent=place.community, code=f"X{number}")
        draft.rebuild()
        with CaptureQueriesContext(connection) as many:
            client.get(address(draft))
        assert len(many) == len(few)


class TestEditing:
    @pytest.fixture(autouse=True)
    def office(self, client, place):
        return sign_in(client, Role.OFFICE, place.committee, name="李示例")

    def test_it_works(self, client, draft):
        page = client.get(address(draft), {"edit": KEY})
        form = page.context["form"]
        sent = {name: form[name].value() for name in ("key", "version", "text")}
        response = client.post(address(draft, "edit"), sent | {"text": "共召开大会1次。"})
        assert response.url == f"{address(draft)}#s-{KEY}"
        assert 'class="said paragraph edited"' in client.get(address(draft)).content.decode()

    def test_nothing_is_lost_when_somebody_else_was_faster(self, client, draft, text_of):
        draft.edit(KEY, "甲写的。")
        response = client.post(address(draft, "edit"), {"key": KEY, "version": "0", "text": "乙写的。"})
        page = text_of(response)
        assert "最新内容： 甲写的。" in page
        assert "乙写的。" in page
        again = response.context["form"]
        sent = {name: again[name].value() for name in ("key", "version", "text")}
        client.post(address(draft, "edit"), sent)
        assert StatementEdit.objects.get().text == "乙写的。"

    def test_an_empty_text_is_refused_at_the_field(self, client, draft, text_of):
        response = client.post(address(draft, "edit"), {"key": KEY, "version": "0", "text": " "})
        assert "不能留空" in text_of(response)

    def test_the_built_words_can_be_restored(self, client, draft):
        draft.edit(KEY, "手写。")
        client.post(address(draft, "edit"), {"key": KEY, "version": "1", "text": "不管", "restore": "1"})
        assert not StatementEdit.objects.exists()

    def test_changed_data_are_asked_about(self, client, place, draft, text_of):
        draft.edit(KEY, "共召开大会1次。")
        ActivityFactory(organization=place.branches[1], kind="general", date=date(2026, 8, 11))
        page = text_of(client.post(address(draft, "rebuild"), follow=True))
        assert "1 处数据有变" in page
        assert "“支部党员大会 1”现为 2" in page
        client.post(address(draft, "settle"), {"key": KEY, "choice": "new"})
        assert StatementEdit.objects.get().text == "共召开大会2次。"
        assert "数据有变" not in text_of(client.get(address(draft)))

    def test_hostile_text_is_only_text(self, client, draft):
        client.post(address(draft, "edit"), {"key": KEY, "version": "0", "text": "<script>alert(1)</script>\x00"})
        assert "<script>alert(1)" not in client.get(address(draft)).content.decode()

    def test_a_key_that_is_not_there_is_explained(self, client, draft, text_of):
        data = {"key": "没有.这段", "version": "0", "text": "字"}
        assert "没有这一段" in text_of(client.post(address(draft, "edit"), data, follow=True))
        assert client.get(address(draft), {"edit": "没有.这段"}).status_code == 200


class TestSigning:
    def test_it_works(self, client, place, draft, text_of):
        sign_in(client, Role.OFFICE, place.committee, name="李示例")
        page = text_of(client.post(address(draft, "sign"), {"digest": draft.digest}, follow=True))
        assert "已签发" in page
        assert "李示例" in page
        assert "重新生成" not in page
        draft.refresh_from_db()
        assert not draft.is_draft

    def test_only_what_was_read_is_signed(self, client, place, draft, text_of):
        sign_in(client, Role.OFFICE, place.committee)
        seen = draft.digest
        InvestigationReport.objects.get().edit(KEY, "刚刚改的。")
        page = text_of(client.post(address(draft, "sign"), {"digest": seen}, follow=True))
        assert "刚刚有改动" in page
        draft.refresh_from_db()
        assert draft.is_draft

    def test_a_second_press_is_explained(self, client, place, draft, text_of):
        sign_in(client, Role.OFFICE, place.committee)
        client.post(address(draft, "sign"), {"digest": draft.digest})
        assert "已经签发" in text_of(client.post(address(draft, "sign"), {"digest": "x"}, follow=True))


class TestDownload:
    @pytest.fixture(autouse=True)
    def leader(self, client, place):
        return sign_in(client, Role.LEADER, place.committee)

    def test_it_works(self, client, draft):
        draft.edit(KEY, "共召开大会1次，手写。")
        response = client.get(address(draft, "download", "docx"))
        assert "attachment" in response["Content-Disposition"]
        texts = [paragraph.text for paragraph in Document(io.BytesIO(response.content)).paragraphs]
        assert "共召开大会1次，手写。" in texts

    def test_the_data_list_sections_statements_and_figures(self, client, draft):
        data = json.loads(client.get(address(draft, "download", "json")).content)
        assert [section["title"] for section in data["sections"]] == ["基本情况", "主要做法", "存在的问题", "下步打算"]
        assert all(f["code"] and f["url"] for s in data["sections"] for one in s["statements"] for f in one["figures"])

    def test_a_pdf_is_printed_once_for_each_version(self, client, draft, monkeypatch):
        printed = []
        monkeypatch.setitem(official.WRITERS, ".pdf", lambda report: printed.append(report) or b"%PDF-1.7")
        for _ in range(2):
            assert client.get(address(draft, "download", "pdf")).content == b"%PDF-1.7"
        assert len(printed) == 1
        draft.edit(KEY, "手写。")
        client.get(address(draft, "download", "pdf"))
        assert len(printed) == 2

    def test_other_endings_do_not_exist(self, client, draft):
        assert client.get(f"{address(draft)}download.exe").status_code == 404


class TestWhatOnlySomeMayRead:
    """The number of talks is for every reader; the talks are not."""

    @pytest.fixture
    def report(self, place):
        colleague, member = MemberFactory.create_batch(2, branch=place.branch)
        talk(colleague, member, date(2026, 5, 5))
        talk(colleague, member)
        talk(member, colleague)
        sanction(member)
        honor(member)
        return InvestigationReport.drafted(place.committee, Period.parse("2026Q3"))

    def test_who_keeps_them_follows_the_number(self, client, place, report):
        sign_in(client, Role.OFFICE, place.committee)
        page = client.get(address(report)).content.decode()
        assert "/ledgers/talks/?" in page
        assert "nature=sanction" in page

    @pytest.mark.parametrize("ending", ["", "html", "json"])
    def test_a_leader_gets_the_number_and_no_dead_link(self, client, place, report, ending, text_of):
        sign_in(client, Role.LEADER, place.committee)
        response = client.get(address(report, "download", ending) if ending else address(report))
        page = response.content.decode()
        assert "谈心谈话台账（谈话内容只有支部书记、社区书记和党建办可以查看）" in page
        assert "惩处只有支部书记、社区书记和党建办可以查看" in page
        assert "/ledgers/talks/?" not in page and "nature=sanction" not in page
        assert "nature=honor" in page
        assert "2" in text_of(response).partition("开展各类谈话")[2][:20] or ending == "json"

    def test_every_link_of_a_leader_opens(self, client, place, report):
        sign_in(client, Role.LEADER, place.committee)
        paper = json.loads(client.get(address(report, "download", "json")).content)
        said = [s for section in paper["sections"] for s in section["statements"]]
        urls = {one["url"] for s in said for one in (*s["figures"], *s["evidence"])} - {""}
        assert urls
        assert {url for url in urls if client.get(url).status_code != 200} == set()

    def test_a_printed_pdf_is_not_shared_between_them(self, client, place, report, monkeypatch):
        monkeypatch.setitem(official.WRITERS, ".pdf", lambda paper: json.dumps(official.annex_rows(paper), default=str))
        sign_in(client, Role.OFFICE, place.committee)
        assert b"/ledgers/talks/" in client.get(address(report, "download", "pdf")).content
        sign_in(client, Role.LEADER, place.committee)
        assert b"/ledgers/talks/" not in client.get(address(report, "download", "pdf")).content

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
from reports.investigation.outline import DEFAULT
from reports.models import InvestigationReport, ReportOutline, StatementEdit
from tests.factories import ActivityFactory, MemberFactory, OrganizationFactory, sign_in, street, superuser
from tests.members.people import honor, sanction, talk

pytestmark = pytest.mark.django_db

LIST = reverse("reports:investigation")
KEY = "point.meetings"


@pytest.fixture
def place():
    made = street(2, 2, code="HP")
    MemberFactory(branch=made.branch)
    ActivityFactory(organization=made.branch, kind="general", date=date(2026, 8, 10))
    return made


@pytest.fixture
def draft(place):
    return InvestigationReport.drafted(place.committee, Period.parse("2026Q3"))


def statements_of(data):
    """Every paragraph of a report's JSON, at whatever level it stands."""
    found = list(data["lead"])
    for section in data["sections"]:
        found += section["statements"]
        for heading in section["headings"]:
            found += heading["statements"]
            found += [one for point in heading["points"] for one in point["statements"]]
    return found


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
        for key in (KEY, "topic.organizations", "topic.members", "problem.R05", "measure.R05"):
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


class TestArranging:
    @pytest.fixture(autouse=True)
    def office(self, client, place):
        return sign_in(client, Role.OFFICE, place.committee)

    def act(self, client, draft, act, key, **more):
        return client.post(address(draft, "arrange"), {"act": act, "key": key} | more)

    def test_a_paragraph_is_left_out_and_brought_back(self, client, draft, text_of):
        words = next(one.text for one in draft.content.statements() if one.key == "problem.R05")
        self.act(client, draft, "drop", "problem.R05")
        page = client.get(address(draft))
        assert 'id="s-problem.R05"' not in page.content.decode()
        assert words in text_of(page)  # among what was decided not to be written
        self.act(client, draft, "back", "problem.R05")
        assert 'id="s-problem.R05"' in client.get(address(draft)).content.decode()

    def test_one_is_added_behind_another(self, client, draft):
        page = client.get(address(draft), {"add": "problem.R05"})
        assert "在这一段后面加一段" in page.content.decode()
        data = {"key": "problem.R05", "version": "0", "text": "我们还看到一件事。", "add": "1"}
        assert client.post(address(draft, "edit"), data).url.endswith("#s-own.1")
        assert "我们还看到一件事。" in client.get(address(draft)).content.decode()

    def test_an_empty_one_is_refused_where_it_is_typed(self, client, draft, text_of):
        data = {"key": "problem.R05", "version": "0", "text": " ", "add": "1"}
        page = text_of(client.post(address(draft, "edit"), data))
        assert "不能留空" in page
        assert "在这一段后面加一段" in page

    def test_what_is_no_act_or_no_paragraph_is_refused(self, client, draft, text_of):
        assert self.act(client, draft, "explode", KEY).status_code == 400
        page = client.post(address(draft, "arrange"), {"act": "up", "key": "没有"}, follow=True)
        assert "没有这一段" in text_of(page)

    def test_another_length_is_written_at_the_press_of_a_button(self, client, draft):
        client.post(address(draft, "rebuild"), {"length": "brief"})
        draft.refresh_from_db()
        assert draft.length == "brief"


class TestOutlinePage:
    ADDRESS = reverse("reports:outline")

    def posted(self, page):
        """What the page's form sends as it stands."""
        rows = [entry for entry, _ in page.context["rows"]]
        data = {"organization": page.context["organization"].code, "key": [row.key for row in rows]}
        data |= {f"kind-{row.key}": row.kind for row in rows}
        data |= {f"title-{row.key}": row.title for row in rows}
        data |= {f"text-{row.key}": row.text for row in rows}
        data |= {f"on-{row.key}": "on" for row in rows if row.on}
        return data | {"annexes": ["problems", "measures"], "to": "区委"}

    def test_what_is_sent_back_unchanged_is_the_same_outline(self, client, place):
        sign_in(client, Role.OFFICE, place.committee)
        client.post(self.ADDRESS, self.posted(client.get(self.ADDRESS)))
        kept = ReportOutline.in_force(place.committee)
        assert kept.sections == DEFAULT.sections
        assert (kept.to, kept.annexes) == ("区委", ("problems", "measures"))

    def test_a_report_follows_what_was_renamed_moved_left_out_and_added(self, client, place):
        sign_in(client, Role.OFFICE, place.committee)
        data = self.posted(client.get(self.ADDRESS))
        data["title-basics"] = "抓基础"
        data.pop("on-problems.capacity", None)
        data["key"].insert(data["key"].index("meetings"), "own.1")
        data |= {"kind-own.1": "point", "title-own.1": "我们的一点", "text-own.1": "打了一次的话。", "on-own.1": "on"}
        client.post(self.ADDRESS, data)
        report = InvestigationReport.drafted(place.committee, Period.parse("2026Q3")).content
        assert report.to == "区委"
        heading = report.sections[1].divisions[0]
        assert (heading.title, heading.divisions[0].title) == ("抓基础", "我们的一点")
        assert "基层党组织工作力量不足" not in [one.title for one in report.divisions()]

    def test_wrong_rows_are_told_and_nothing_typed_is_lost(self, client, place, text_of):
        sign_in(client, Role.OFFICE, place.committee)
        data = self.posted(client.get(self.ADDRESS)) | {"title-basics": "", "copies": "各社区"}
        response = client.post(self.ADDRESS, data)
        assert response.status_code == 400
        assert "标题不能空着" in text_of(response)
        assert 'value="各社区"' in response.content.decode()
        assert not ReportOutline.objects.exists()

    def test_a_point_needs_a_heading_above_it(self, client, place, text_of):
        sign_in(client, Role.OFFICE, place.committee)
        data = self.posted(client.get(self.ADDRESS))
        data["key"].remove("meetings")
        data["key"].insert(0, "meetings")
        assert "要放在一个部分的标题下面" in text_of(client.post(self.ADDRESS, data))

    def test_the_offices_own_comes_back(self, client, place):
        sign_in(client, Role.OFFICE, place.committee)
        client.post(self.ADDRESS, self.posted(client.get(self.ADDRESS)))
        client.post(self.ADDRESS, {"organization": "HP", "restore": "1"})
        assert ReportOutline.in_force(place.committee) == DEFAULT
        assert ReportOutline.latest(place.committee).number == 2

    def test_an_older_version_can_be_looked_at(self, client, place):
        sign_in(client, Role.OFFICE, place.committee)
        client.post(self.ADDRESS, self.posted(client.get(self.ADDRESS)) | {"title-basics": "第一版的标题"})
        client.post(self.ADDRESS, {"organization": "HP", "restore": "1"})
        assert "第一版的标题" in client.get(self.ADDRESS, {"version": "1"}).content.decode()
        assert "第一版的标题" not in client.get(self.ADDRESS).content.decode()

    def test_nobody_changes_that_of_another(self, client, place):
        sign_in(client, Role.COMMUNITY_SECRETARY, place.community)
        assert client.post(self.ADDRESS, {"organization": "HP", "restore": "1"}).status_code == 404
        assert not ReportOutline.objects.exists()


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
        assert "一是严肃组织生活。共召开大会1次，手写。" in texts

    def test_what_the_figures_rest_on_is_a_file_of_its_own(self, client, draft):
        response = client.get(address(draft, "evidence", "docx"))
        document = Document(io.BytesIO(response.content))
        assert "数据依据表" in [paragraph.text for paragraph in document.paragraphs]
        (table,) = document.tables
        assert len(table.rows) == 1 + len(dict(draft.composed.report.figures()))

    def test_the_data_list_sections_statements_and_figures(self, client, draft):
        data = json.loads(client.get(address(draft, "download", "json")).content)
        assert [section["title"] for section in data["sections"]] == ["基本情况", "主要做法", "存在的问题", "下步打算"]
        figures = [figure for one in statements_of(data) for figure in one["figures"]]
        assert figures
        assert all(figure["code"] and figure["url"] for figure in figures)

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
        assert "2" in text_of(response).partition("开展谈心谈话")[2][:20] or ending == "json"

    def test_every_link_of_a_leader_opens(self, client, place, report):
        sign_in(client, Role.LEADER, place.committee)
        paper = json.loads(client.get(address(report, "download", "json")).content)
        said = statements_of(paper)
        urls = {one["url"] for s in said for one in (*s["figures"], *s["evidence"])} - {""}
        urls |= {row["url"] for annex in paper["annexes"] for row in annex["rows"]} - {""}
        assert urls
        assert {url for url in urls if client.get(url).status_code != 200} == set()

    def test_a_printed_pdf_is_not_shared_between_them(self, client, place, report, monkeypatch):
        monkeypatch.setitem(official.WRITERS, ".pdf", lambda paper: json.dumps(official.to_json(paper)))
        sign_in(client, Role.OFFICE, place.committee)
        assert b"/ledgers/talks/" in client.get(address(report, "download", "pdf")).content
        sign_in(client, Role.LEADER, place.committee)
        assert b"/ledgers/talks/" not in client.get(address(report, "download", "pdf")).content

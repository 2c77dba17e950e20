"""Pages of schemes and scores: what each role sees, and that every number opens what it rests on."""

import json
from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import AuditEntry
from assessments.models import Scheme
from assessments.schemes.document import load, read
from assessments.schemes.ready import TITLES, ready_scheme
from assessments.schemes.trial import trial
from assessments.schemes.versions import draft
from branches.models import Organization
from ledgers.period import Period
from tests.assessments.factories import hold, make_branch, make_members
from tests.assessments.schemes import indicator, manual, scheme
from tests.assessments.schemes.test_score_table import ROWS, table
from tests.factories import sign_in

THEME_DAYS = indicator("A1", 60, kind="required", fact="meetings.theme_day", at_least=1, every="month", deduct=20)
RULES = indicator("A2", 40, kind="rules", rules=["R01"], deduct=10)
GRADES = [{"title": "优秀", "from": 90, "at_most_percent": 50}, {"title": "一般", "from": 0}]
RANKING = reverse("assessments:ranking") + "?period=2026Q3"


@pytest.fixture
def judged(street, branch):
    """A street with a scheme in force and two branches, the second without anything."""
    hold(branch, "theme-day", date(2026, 7, 1), date(2026, 8, 1), date(2026, 9, 1))
    hold(branch, "general", date(2026, 7, 2))
    make_branch(street, "B2")
    return draft(street, read(scheme(THEME_DAYS, RULES, grades=GRADES))).put_in_force(Period.parse("2026Q1"))


def sheet(scheme, code="B2"):
    return reverse("assessments:sheet", args=[scheme.pk, code]) + "?period=2026Q3"


class TestRanking:
    def test_it_ranks_grades_and_opens_every_cell(self, client, street, judged):
        sign_in(client, "office", street)
        text = client.get(RANKING).content.decode()
        assert text.index("支部B1") < text.index("支部B2")
        assert "100.00" in text and "30.00" in text
        assert f'href="{sheet(judged).replace("&", "&amp;")}#A1"' in text
        assert "7月、8月、9月缺主题党日，扣 60 分" in text

    def test_a_branch_sees_its_own_row_with_its_place_in_the_street(self, client, street, branch, judged):
        sign_in(client, "branch-secretary", branch)
        text = client.get(RANKING).content.decode()
        assert "支部B1" in text
        assert "支部B2" not in text
        assert client.get(sheet(judged, "B2")).status_code == 404

    def test_a_running_period_is_as_of_today_and_without_places(self, client, street, judged):
        sign_in(client, "leader", street)
        text = client.get(reverse("assessments:ranking") + "?period=2026Q4").content.decode()
        assert "截至" not in text or "不排名次" in text

    def test_without_a_scheme_it_says_what_to_do(self, client, street):
        sign_in(client, "office", street)
        assert "还没有在执行的考核方案" in client.get(RANKING).content.decode()

    def test_drafts_are_for_the_office(self, client, street, branch):
        draft(street, read(scheme(THEME_DAYS)))
        sign_in(client, "branch-secretary", branch)
        assert "还没有在执行的考核方案" in client.get(RANKING).content.decode()
        assert not client.get(reverse("assessments:schemes")).context["schemes"]
        sign_in(client, "office", street)
        assert "草稿试算" in client.get(RANKING).content.decode()

    def test_queries_do_not_grow(self, client, street, judged):
        sign_in(client, "office", street)

        def count():
            client.get(RANKING)
            with CaptureQueriesContext(connection) as queries:
                client.get(RANKING)
            return len(queries)

        few = count()
        for number in range(3, 12):
            make_members(make_branch(street, f"B{number}"), 3)
        assert count() == few


class TestExport:
    def test_the_ranking_as_a_sheet_that_says_what_the_page_says(self, client, street, judged):
        sign_in(client, "office", street)
        answer = client.get(reverse("assessments:ranking-export") + "?period=2026Q3")
        rows = [[cell.value for cell in row] for row in load_workbook(BytesIO(b"".join(answer))).active]
        assert rows[0][0].endswith("2026年第三季度党支部季度考核得分和名次")
        assert rows[2][1:9] == [
            "名次",
            "党组织",
            "考核类别",
            "总分",
            "等次",
            "社区内名次",
            "A1 指标A1（60）",
            "A2 指标A2（40）",
        ]
        assert rows[3][1:9] == [1, "支部B1", None, "100.00", "优秀", 1, "60", "40"]
        assert rows[4][1:9] == [2, "支部B2", None, "30.00", "一般", 2, "0", "30"]
        assert AuditEntry.objects.filter(action="export").exists()

    def test_a_branch_takes_away_its_own_row(self, client, branch, judged):
        sign_in(client, "branch-secretary", branch)
        answer = client.get(reverse("assessments:ranking-export") + "?period=2026Q3")
        text = str([[cell.value for cell in row] for row in load_workbook(BytesIO(b"".join(answer))).active])
        assert "支部B1" in text
        assert "支部B2" not in text


class TestSheet:
    def test_each_line_says_why_and_how_to_earn_the_rest(self, client, street, judged):
        sign_in(client, "office", street)
        text = client.get(sheet(judged)).content.decode()
        assert "30.00" in text
        assert "扣 60" in text
        assert "怎样得分：每月主题党日至少 1 次" in text
        assert "尽快召开支部党员大会" in text

    def test_a_line_of_rules_opens_every_breach(self, client, street, judged):
        sign_in(client, "office", street)
        address = reverse("assessments:line", args=[judged.pk, "B2"]) + "?period=2026Q3&indicator=A2"
        assert address.replace("&", "&amp;") in client.get(sheet(judged)).content.decode()
        text = client.get(address).content.decode()
        assert "缺 2026年第三季度" in text
        assert "支部党员大会每季度至少召开一次" in text

    def test_an_unknown_line_leads_back_to_the_sheet(self, client, street, judged):
        sign_in(client, "office", street)
        address = reverse("assessments:line", args=[judged.pk, "B2"]) + "?period=2026Q3&indicator=Z9"
        assert client.get(address).url == sheet(judged)


class TestTrial:
    def test_it_shows_four_periods_under_both_and_who_moves(self, client, street, branch, judged):
        other = [THEME_DAYS | {"points": 10, "formula": THEME_DAYS["formula"] | {"deduct": 1}}, RULES, manual("A3", 50)]
        new = draft(street, read(scheme(*other, grades=GRADES)))
        hold(Organization.objects.get(code="B2"), "general", date(2026, 8, 2), date(2026, 5, 1))
        sign_in(client, "office", street)
        page = client.get(reverse("assessments:scheme-trial", args=[new.pk]))
        first, *_ = page.context["periods"]
        assert first[0].period.code == "2026Q3"
        assert first[1:3] == (Decimal("98.50"), Decimal("70.00"))  # 100 and 97; 100 and 40
        movers = {one.organization.code: one for one in page.context["page"].object_list}
        assert [card.total for card in movers["B2"].cards[:2]] == [97, 97]
        assert (movers["B2"].before.rank, movers["B2"].moved) == (2, 0)
        assert "“指标A3”两边都按满分计" in page.content.decode()
        assert Scheme.objects.get(pk=new.pk).state == "draft"

    def test_raw_values_are_read_once_a_period(self, client, street, branch, judged):
        def count():
            with CaptureQueriesContext(connection) as queries:
                trial(judged, Period.parse("2026Q3"))
            return len(queries)

        count()
        few = count()
        for number in range(3, 9):
            make_members(make_branch(street, f"B{number}"), 3)
        count()
        assert count() == few


class TestSchemes:
    @pytest.fixture(autouse=True)
    def office(self, client, street):
        sign_in(client, "office", street)

    def upload(self, client, content, name, **more):
        file = SimpleUploadedFile(name, content)
        return client.post(
            reverse("assessments:scheme-import"), {"organization": "S", "file": file, **more}, follow=True
        )

    def test_from_a_file_to_being_in_force_to_its_end(self, client, street):
        text = self.upload(client, json.dumps(scheme(THEME_DAYS)).encode(), "方案.json").content.decode()
        assert "已存成“党支部季度考核”第 1 版草稿" in text
        made = Scheme.objects.get()
        client.post(reverse("assessments:scheme-start", args=[made.pk]), {"since": "2026Q3"})
        made.refresh_from_db()
        assert (made.state, made.since) == ("in-force", date(2026, 7, 1))
        assert (
            "只有草稿可以开始执行"
            in client.post(reverse("assessments:scheme-start", args=[made.pk]), {"since": "2026Q4"}).content.decode()
        )
        client.post(reverse("assessments:scheme-copy", args=[made.pk]))
        assert Scheme.objects.get(edition=2).state == "draft"
        client.post(reverse("assessments:scheme-retire", args=[made.pk]), {"last": "2026Q4"})
        made.refresh_from_db()
        assert (made.state, made.until) == ("retired", date(2026, 12, 31))

    def test_the_office_s_own_table(self, client):
        text = self.upload(client, table(ROWS), "评分表.xlsx").content.decode()
        assert "5 项按文字认出了计分公式，1 项由人评分" in text

    def test_what_is_wrong_stands_at_the_field(self, client):
        broken = scheme(indicator(kind="count", fact="x", target=1))
        text = self.upload(client, json.dumps(broken).encode(), "方案.json").content.decode()
        assert "指标 A1 的“formula”的“fact”：没有指标“x”" in text
        assert not Scheme.objects.exists()

    def test_one_of_the_two(self, client):
        assert "两样选一样" in client.post(reverse("assessments:scheme-import"), {"organization": "S"}).content.decode()

    @pytest.mark.parametrize("name", TITLES)
    def test_ready_schemes(self, client, name):
        client.post(reverse("assessments:scheme-import"), {"organization": "S", "ready": name})
        made = Scheme.objects.get()
        assert made.title == TITLES[name]
        assert client.get(made.get_absolute_url()).status_code == 200
        found = ready_scheme(name)
        assert sum(one.points for one in found.indicators if not one.formula.outside) == found.base

    def test_what_is_exported_is_taken_again(self, client, street):
        made = draft(street, ready_scheme("branch-quarterly"))
        written = client.get(reverse("assessments:scheme-export", args=[made.pk])).content
        assert load(written) == ready_scheme("branch-quarterly")

    def test_a_warning_stands_on_its_page(self, client, street):
        made = draft(street, read(scheme(manual(points=60))))
        assert "各项分值合计 60 分" in client.get(made.get_absolute_url()).content.decode()

"""manage.py import_scheme and score."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import AuditEntry
from assessments.models import Scheme
from ledgers.period import Period
from tests.assessments.factories import enrol, hold, make_branch, make_members
from tests.assessments.schemes import indicator, manual, scheme
from tests.factories import PostingFactory, superuser

THEME_DAYS = indicator("A1", 60, kind="required", fact="meetings.theme_day", at_least=1, every="month", deduct=20)
ATTENDANCE = indicator("A2", 40, kind="rate", rate="attendance.rate", zero=0.5, full=1)
GRADES = [{"title": "优秀", "from": 90, "at_most_percent": 30}, {"title": "一般", "from": 0}]


def run(command: str, *arguments: str, err: StringIO | None = None):
    out = StringIO()
    call_command(command, *arguments, stdout=out, stderr=err or StringIO())
    return json.loads(out.getvalue())


@pytest.fixture
def office(street):
    return PostingFactory(organization=street, role="office", user__username="office").user


@pytest.fixture
def take(tmp_path, office):
    """Import a scheme as the office: `take(written)`."""

    def importing(written, user="office", organization="S", err=None):
        file = tmp_path / "scheme.json"
        file.write_text(json.dumps(written, ensure_ascii=False), encoding="utf-8")
        return run("import_scheme", str(file), "--organization", organization, "--user", user, err=err)

    return importing


class TestImport:
    def test_each_import_drafts_the_next_version(self, take):
        assert take(scheme(THEME_DAYS, ATTENDANCE)) == {"code": "ZB", "version": 1, "indicators": 2}
        assert take(scheme(THEME_DAYS)) == {"code": "ZB", "version": 2, "indicators": 1}
        assert set(Scheme.objects.values_list("state", flat=True)) == {"draft"}

    def test_it_leaves_its_trace(self, take):
        take(scheme(THEME_DAYS))
        entry = AuditEntry.objects.get(model="assessments.scheme")
        assert (entry.action, entry.actor.username) == ("create", "office")

    def test_nothing_is_kept_of_a_scheme_that_is_refused(self, take):
        with pytest.raises(CommandError, match="没有指标“x”") as refusal:
            take(scheme(THEME_DAYS, indicator("A2", kind="count", fact="x", target=1)))
        assert "\n" not in str(refusal.value)
        assert not Scheme.objects.exists()

    def test_what_does_not_add_up_is_told_and_taken(self, take):
        said = StringIO()
        take(scheme(manual(points=60)), err=said)
        assert "各项分值合计 60 分" in said.getvalue()

    def test_only_who_may_change_schemes(self, take, branch, street):
        PostingFactory(organization=branch, role="branch-secretary", user__username="zhibu")
        PostingFactory(organization=street, role="leader", user__username="leader")
        for user in ("zhibu", "leader"):
            with pytest.raises(CommandError, match="没有编码为“S”的组织"):
                take(scheme(THEME_DAYS), user=user)
        assert take(scheme(THEME_DAYS), user=superuser().username)["version"] == 1

    def test_a_file_that_is_not_there(self, office):
        with pytest.raises(CommandError, match="打不开文件"):
            run("import_scheme", "/nowhere.json", "--organization", "S", "--user", "office")


class TestScore:
    @pytest.fixture
    def two(self, street, branch, take):
        """Two branches: one with all theme days and 3 of 4 there, one with a theme day missing and nobody expected."""
        people = make_members(branch, 4)
        first, *_ = hold(branch, "theme-day", date(2026, 7, 1), date(2026, 8, 1), date(2026, 9, 1))
        enrol(first, people[:3])
        enrol(first, people[3:], "absent")
        other = make_branch(street, "B2")
        hold(other, "theme-day", date(2026, 7, 1), date(2026, 9, 1))
        take(scheme(THEME_DAYS, ATTENDANCE, grades=GRADES))
        return branch, other

    def score(self, organization="S", period="2026Q3", **more):
        return run("score", "--scheme", "ZB", "--organization", organization, "--period", period, **more)

    def test_it_prints_every_line(self, two):
        first, second = self.score()
        lines = first.pop("lines")
        assert first == {
            "organization": "B1",
            "class": None,
            "total": 80,
            "least": 80,
            "most": 80,
            "grade": "一般",
            "rank": 1,
            "rank_in_community": 1,
        }
        assert lines[0] == {
            "code": "A1",
            "points": 60,
            "score": 60,
            "applies": True,
            "value": 0,
            "detail": "主题党日已按要求开展，不扣分",
            "url": "/ledgers/activities/?organization=B1&period=2026Q3&kind=theme-day&status=counted",
        }
        assert (lines[1]["score"], lines[1]["value"]) == (20, 0.75)
        assert (second["total"], second["rank"]) == (66.67, 2)  # 40 of 60, scaled
        assert (second["lines"][1]["score"], second["lines"][1]["applies"]) == (None, False)

    def test_a_part_of_the_street_has_the_ranks_of_the_street(self, two):
        assert [(one["organization"], one["rank"]) for one in self.score("B2")] == [("B2", 2)]

    def test_it_writes_no_scores(self, two):
        before = AuditEntry.objects.count()
        self.score()
        assert AuditEntry.objects.count() == before

    def test_the_version_in_force_in_the_period_else_the_newest_draft(self, two, take):
        Scheme.objects.get().put_in_force(Period.parse("2026Q3"))
        take(scheme(manual()))
        assert len(self.score()[0]["lines"]) == 2
        Scheme.objects.get(edition=2).put_in_force(Period.parse("2026Q4"))
        assert len(self.score()[0]["lines"]) == 2
        assert Scheme.objects.get(edition=1).until == date(2026, 9, 30)

    def test_a_running_period_says_so(self, two, today):
        today(date(2026, 9, 30))
        said = StringIO()
        first, _ = self.score(err=said)
        assert (first["total"], first["rank"], first["grade"]) == (80, None, None)
        assert "截至 2026-09-30" in said.getvalue()

    @pytest.mark.parametrize(
        ("code", "period", "message"),
        [
            ("XX", "2026Q3", "没有编号为“XX”"),
            ("ZB", "2026-09", "是季度考核，不能按2026年9月计算"),
            ("ZB", "2027Q1", "还没有开始"),
        ],
    )
    def test_bad_input_is_one_clear_line(self, two, code, period, message):
        with pytest.raises(CommandError, match=message):
            run("score", "--scheme", code, "--organization", "S", "--period", period)


class TestPutInForce:
    def test_a_new_version_ends_the_old_one(self, take):
        take(scheme(THEME_DAYS))
        take(scheme(ATTENDANCE))
        first, second = Scheme.objects.order_by("edition")
        first.put_in_force(Period.parse("2026Q1"))
        second.put_in_force(Period.parse("2026Q4"))
        first.refresh_from_db()
        assert (first.state, first.until) == ("retired", date(2026, 9, 30))
        assert Scheme.objects.for_period("ZB", Period.parse("2026Q3")) == first
        assert Scheme.objects.for_period("ZB", Period.parse("2027Q1")) == second

    @pytest.mark.parametrize(
        ("since", "message"), [("2026-10", "季度考核不能从2026年10月起执行"), ("2025Q4", "应从以后的时期开始")]
    )
    def test_it_refuses_what_makes_no_sense(self, take, since, message):
        take(scheme(THEME_DAYS))
        take(scheme(THEME_DAYS))
        first, second = Scheme.objects.order_by("edition")
        first.put_in_force(Period.parse("2026Q1"))
        with pytest.raises(ValueError, match=message):
            second.put_in_force(Period.parse(since))
        with pytest.raises(ValueError, match="只有草稿"):
            first.put_in_force(Period.parse("2027Q1"))

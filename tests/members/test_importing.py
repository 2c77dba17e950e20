"""Import of the register: how rows are matched, what a change does to history, and the way back."""

import csv
import io
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.acting import acting_as
from ledgers import exporting, facts, importing, undoing
from ledgers import ledger as ledgers
from ledgers.ledger import Query
from ledgers.period import Period
from members.models import Member, Whereabouts, mask_id
from tests.factories import MemberFactory, street, superuser

from .conftest import citizen_id

pytestmark = pytest.mark.django_db
HEADERS = ["姓名", "身份证号", "所在党支部", "党员类别", "入党时间", "就业状态", "手机号码"]


@pytest.fixture
def user(db):
    return superuser()


@pytest.fixture
def bring(user):
    """Analyse rows (lists in the order of HEADERS, or dicts) and apply them; return the analysis and the batch."""

    def run(*rows, apply=True, as_user=None, organization=None):
        text = io.StringIO()
        headers = HEADERS if not isinstance(rows[0], dict) else list(rows[0])
        writer = csv.writer(text)
        writer.writerow(headers)
        writer.writerows(list(row.values()) if isinstance(row, dict) else row for row in rows)
        return take(text.getvalue().encode(), "花名册.csv", as_user or user, organization, apply)

    return run


def take(data, name, user, organization=None, apply=True):
    batch, match = importing.open_batch(ledgers.get("members"), data, name, user, organization)
    with acting_as(user):
        analysis = importing.importer_for(batch).analyse(match)
        if apply:
            batch.save()
            importing.apply(batch)
    return analysis, batch


def states(analysis):
    return [row.state for row in analysis.rows]


def message(analysis):
    return next(error.message for _, error in analysis.errors)


def exported(user, organization, **query):
    """Return the register as the portal exports it, masked."""
    target = io.BytesIO()
    exporting.export(ledgers.get("members"), Query(organization, **query), user, target)
    return target.getvalue()


ZHANG = citizen_id("19800102", "003")
LI = citizen_id("19750304", "002")


def zhang(**changes):
    row = dict(zip(HEADERS, ["张三", ZHANG, "S-1-1", "正式党员", "2010-07-01", "在职", "13912345678"], strict=True))
    return row | changes


def test_it_works(bring, place):
    analysis, batch = bring(zhang())
    member = Member.objects.get()
    assert states(analysis) == ["new"] and batch.pk
    assert (member.branch.code, member.gender, member.birth_date) == ("S-1-1", "male", date(1980, 1, 2))
    assert member.memberships.get().start == date(2010, 7, 1)


def test_twice_the_same_changes_nothing(bring, place):
    bring(zhang())
    analysis, _ = bring(zhang())
    assert states(analysis) == ["same"]
    assert Member.objects.get().version == 1


def test_the_id_finds_the_member_whatever_the_name(bring, place):
    bring(zhang())
    analysis, _ = bring(zhang(姓名="张叁"))
    assert states(analysis) == ["changed"]
    assert Member.objects.get().name == "张叁"


def test_an_empty_cell_leaves_what_is_there(bring, place):
    bring(zhang())
    analysis, _ = bring(zhang(手机号码="", 就业状态=""))
    assert states(analysis) == ["same"]


def test_a_member_out_of_scope_is_not_looked_for(bring, place):
    MemberFactory(branch=place.branches[3], id_number=ZHANG)
    analysis, _ = bring(zhang(), organization=place.community)
    assert states(analysis) == ["new"]


def test_a_row_twice_in_the_file(bring, place):
    analysis, _ = bring(zhang(), zhang(姓名="张叁"), apply=False)
    assert states(analysis) == ["new", "wrong"]
    assert "与第 2 行重复" in message(analysis)


def test_two_live_members_with_one_id_are_asked_about(bring, place):
    for branch in place.branches[:2]:
        MemberFactory(branch=branch, id_number=ZHANG)
    analysis, _ = bring(zhang(), apply=False)
    assert "两名党员" in message(analysis)


def test_of_one_who_left_and_one_who_is_there_the_latter_is_meant(bring, place):
    MemberFactory(branch=place.branch, id_number=ZHANG).leave("transferred", date(2025, 1, 1))
    present = MemberFactory(branch=place.branches[1], id_number=ZHANG)
    MemberFactory(branch=place.branch, id_number=ZHANG).leave("transferred", date(2025, 1, 1))
    analysis, _ = bring(zhang(所在党支部="S-1-2"), apply=False)
    assert [row.pk for row in analysis.rows] == [present.pk]


def test_one_who_left_is_not_brought_back_by_a_file(bring, place):
    MemberFactory(branch=place.branch, id_number=ZHANG).leave("transferred", date(2025, 1, 1))
    analysis, _ = bring(zhang(), apply=False)
    assert "已离开登记册" in message(analysis)


def test_a_community_is_no_branch(bring, place):
    analysis, _ = bring(zhang(所在党支部="S-1"), apply=False)
    assert "不是党支部" in message(analysis)


def test_a_change_of_branch_opens_an_interval_from_today(bring, place):
    bring(zhang())
    bring(zhang(所在党支部="S-1-2"))
    first, second = Member.objects.get().memberships.order_by("start")
    today = timezone.localdate()
    assert (first.end, first.left_by) == (today, "moved")
    assert (second.start, second.branch.code, second.came_by) == (today, "S-1-2", "moved")


def test_a_second_change_on_the_same_day_corrects_the_first(bring, place):
    bring(zhang())
    bring(zhang(就业状态="离退休"))
    bring(zhang(就业状态="务农"))
    assert [m.employment for m in Member.objects.get().memberships.order_by("start")] == ["in-service", "farmer"]


def test_a_corrected_day_of_joining_moves_the_first_interval(bring, place):
    bring(zhang())
    bring(zhang(入党时间="2012.7.1"))
    assert Member.objects.get().memberships.get().start == date(2012, 7, 1)


def test_undo_takes_new_members_away_and_puts_changed_ones_back(bring, user, place):
    bring(zhang())
    _, batch = bring(zhang(所在党支部="S-1-2", 入党时间="2012-07-01"), zhang(姓名="李四", 身份证号=LI))
    assert facts.of(place.committee, Period.parse("2026-09"))["members.total"] == 2
    with acting_as(user):
        undoing.undo(batch, user)
    member = Member.objects.get()
    assert (member.branch.code, member.joined_on) == ("S-1-1", date(2010, 7, 1))
    membership = member.memberships.get()
    assert (membership.start, membership.end, membership.branch.code) == (date(2010, 7, 1), None, "S-1-1")
    assert facts.of(place.committee, Period.parse("2026-09"))["members.total"] == 1


def test_undo_is_refused_once_a_member_was_changed(bring, user, place):
    _, batch = bring(zhang())
    member = Member.objects.get()
    member.workplace = "区政府"
    member.amend()
    with pytest.raises(importing.CannotImport, match="改过"):
        undoing.undo(batch, user)
    assert Member.objects.exists()


# masked exports


def test_a_masked_export_changes_nothing(user, place):
    for branch in place.branches:
        MemberFactory(branch=branch, phone="13912345678", address="和平路 1 号")
        MemberFactory(branch=branch, gender="", dues_base="3200.50", remarks="备注")
    data = exported(user, place.committee)
    analysis, _ = take(data, "导出.xlsx", user)
    assert states(analysis) == ["same"] * 8
    assert {m.version for m in Member.objects.all()} == {1}


def test_a_masked_row_changes_what_is_written_in_clear(bring, place):
    member = MemberFactory(branch=place.branch, name="张三", id_number=ZHANG, phone="13912345678", employment="")
    analysis, _ = bring(zhang(身份证号=member.masked_id, 手机号码=member.masked_phone, 入党时间="", 就业状态="离退休"))
    assert states(analysis) == ["changed"]
    held = Member.objects.get()
    assert (held.id_number, held.phone, held.employment) == (ZHANG, "13912345678", "retired")


@pytest.mark.parametrize("change", [{"姓名": "李四"}, {"所在党支部": "S-1-2"}, {"身份证号": "9901**********9999"}])
def test_a_masked_row_that_meets_nobody_is_wrong(bring, place, change):
    member = MemberFactory(branch=place.branch, name="张三", id_number=ZHANG)
    analysis, _ = bring(zhang(身份证号=member.masked_id) | change, apply=False)
    assert states(analysis) == ["wrong"]
    assert "请核对，或填完整的身份证号" in message(analysis)


def test_a_masked_row_that_meets_two_is_wrong(bring, place):
    numbers = (citizen_id(f"198001{day:02}", "003") for day in range(1, 32))
    for number in [number for number in numbers if mask_id(number) == "9901**********0035"][:2]:
        MemberFactory(branch=place.branch, name="张三", id_number=number)
    analysis, _ = bring(zhang(身份证号="9901**********0035"), apply=False)
    assert "有 2 名党员" in message(analysis)


def test_a_masked_row_finds_nobody_out_of_scope(bring, place):
    member = MemberFactory(branch=place.branches[3], name="张三", id_number=ZHANG)
    row = zhang(身份证号=member.masked_id, 所在党支部="S-2-2")
    analysis, _ = bring(row, apply=False, organization=place.community)
    assert states(analysis) == ["wrong"]


def test_the_number_behind_a_mask_is_never_told(bring, place):
    member = MemberFactory(branch=place.branch, name="张三", id_number=ZHANG)
    row = zhang(身份证号=member.masked_id, 就业状态="离退休")
    analysis, batch = bring(row, row)
    assert states(analysis) == ["changed", "wrong"]
    assert ZHANG not in str([e for _, e in analysis.errors]) + str(importing.details_of(batch))


def test_as_many_queries_for_much_as_for_little(user):
    def queries(count, code):
        there = street(1, 1, code=code)
        for _ in range(count):
            MemberFactory(branch=there.branch)
        data = exported(user, there.committee)
        batch, match = importing.open_batch(ledgers.get("members"), data, "导出.xlsx", user)
        with CaptureQueriesContext(connection) as caught:
            analysis = importing.importer_for(batch).analyse(match)
        assert states(analysis) == ["same"] * count
        return len(caught)

    assert queries(20, "A") == queries(200, "B")


class TestAwayAndLost:
    """是否为失联党员, 失去联系日期, 外出流向 of the national form make records of whereabouts."""

    def row(self, name="张三", number=ZHANG, **more):
        place = more.pop("place")
        base = {"姓名": name, "身份证号": number, "所在党支部": place.branch.code, "党员类别": "正式党员"}
        return base | {"入党时间": "2001-07-01"} | more

    def test_new_members_bring_their_records(self, bring, user):
        place = street()
        rows = [
            self.row(place=place, 是否为流动党员="是", 外出流向="深圳", 是否为失联党员="否", 失去联系日期=""),
            self.row(
                "李四", LI, place=place, 是否为流动党员="", 外出流向="", 是否为失联党员="是", 失去联系日期="2026-01-15"
            ),
        ]
        analysis, batch = bring(*rows)
        assert states(analysis) == ["new", "new"]
        assert importing.unknown_columns(ledgers.get("members"), analysis.match) == []
        out, lost = Whereabouts.objects.order_by("member__pk")
        assert (out.member.name, out.kind, out.destination, out.since) == ("张三", "out", "深圳", timezone.localdate())
        assert (lost.member.name, lost.kind, lost.since) == ("李四", "lost", date(2026, 1, 15))
        assert Member.objects.get(name="张三").is_floating
        again, _ = bring(*rows, apply=False)
        assert states(again) == ["same", "same"]
        undoing.undo(batch, user)
        assert not Whereabouts.objects.exists()
        assert not Member.objects.exists()

    def test_a_known_member_gets_lost_and_a_date_is_corrected(self, bring):
        place = street()
        bring(self.row(place=place))
        bring(self.row(place=place, 是否为失联党员="是", 失去联系日期="2026-02-01"))
        assert Whereabouts.objects.get().since == date(2026, 2, 1)
        analysis, _ = bring(self.row(place=place, 失去联系日期="2026-03-01"))
        assert states(analysis) == ["changed"]
        assert Whereabouts.objects.get().since == date(2026, 3, 1)

    def test_without_a_day_it_begins_today_and_says_so(self, bring):
        analysis, _ = bring(self.row(place=street(), 失联="是"))
        assert [w.message for _, w in analysis.warnings] == [f"没有填，先按 {timezone.localdate()} 起失联登记"]
        assert Whereabouts.objects.get().since == timezone.localdate()

    @pytest.mark.parametrize(
        ("cells", "said"),
        [
            ({"是否为失联党员": "否", "失去联系日期": "2026-01-15"}, "没有失联的不填失去联系日期"),
            ({"失去联系日期": "2126-01-15"}, "年份"),
            ({"失去联系日期": "1999-01-15"}, "早于入党时间 2001-07-01"),
            ({"是否为流动党员": "否", "外出流向": "深圳"}, "不是流动党员的不填外出流向"),
        ],
    )
    def test_what_cannot_be(self, bring, cells, said):
        analysis, _ = bring(self.row(place=street(), **cells), apply=False)
        assert said in message(analysis)

    def test_found_again_is_not_told_by_the_register(self, bring):
        place = street()
        bring(self.row(place=place, 是否为失联党员="是", 失去联系日期="2026-02-01"))
        analysis, _ = bring(self.row(place=place, 是否为失联党员="否"))
        assert "请先在失联党员台账里登记恢复联系日期" in message(analysis)
        assert Whereabouts.objects.get().is_open

    def test_the_export_comes_back_unchanged(self, bring, user):
        place = street()
        bring(self.row(place=place, 外出流向="深圳"), self.row("李四", LI, place=place, 失去联系日期="2026-01-15"))
        data = exported(user, place.committee)
        analysis, _ = take(data, "导出.xlsx", user, apply=False)
        assert states(analysis) == ["same", "same"]

    def test_many_cost_no_more_queries_than_few(self, bring):
        place, counts = street(), []
        for numbers in ([ZHANG], [citizen_id("19700102", f"{n:03}") for n in range(1, 12)]):
            rows = [
                self.row(f"甲{n}", number, place=place, 外出流向="深圳", 失去联系日期="2026-01-15")
                for n, number in enumerate(numbers)
            ]
            with CaptureQueriesContext(connection) as queries:
                bring(*rows)
            counts.append(len(queries))
        assert counts[1] <= counts[0]

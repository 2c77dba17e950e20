"""Tables as offices keep them: merged cells, 同上, several sheets, notes behind headers, columns that are not there."""

import json
from datetime import date
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from openpyxl import Workbook

from activities.models import Activity
from members.models import Member
from tests.factories import OrganizationFactory, citizen_ids, superuser

pytestmark = pytest.mark.django_db
HEADERS = ("姓名", "身份证号", "所在党支部", "党员类别")


@pytest.fixture
def town():
    """Two communities with a first and a second branch each."""
    root = OrganizationFactory(code="JD", name="和平街道党工委", kind="working-committee")
    for code, name in (("JD01", "东风社区"), ("JD02", "梅居社区")):
        community = OrganizationFactory(
            code=code, name=f"{name}党委", short_name=name, kind="community-committee", parent=root
        )
        for number, word in ((1, "一"), (2, "二")):
            OrganizationFactory(code=f"{code}0{number}", name=f"{name}第{word}党支部", kind="branch", parent=community)
    return root


@pytest.fixture
def load(tmp_path: Path):
    """Import a workbook: sheet name → (rows, merged ranges); return the command's answer."""

    def run(sheets: dict[str, tuple[list[Any], list[str]]], *more: str, slug: str = "members", **options: Any) -> Any:
        book = Workbook()
        book.remove(book.active)
        for name, (rows, merged) in sheets.items():
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(row)
            if name.startswith("（隐藏）"):
                sheet.sheet_state = "hidden"
            for cells in merged:
                sheet.merge_cells(cells)
        file, kept = tmp_path / "表.xlsx", BytesIO()
        book.save(kept)
        file.write_bytes(kept.getvalue())
        out = StringIO()
        user = superuser() if not hasattr(run, "user") else run.user
        run.user = user
        call_command("import_ledger", slug, str(file), "--user", user.username, *more, stdout=out, **options)
        return json.loads(out.getvalue())

    return run


def people(count: int, *rest: Any) -> list[list[Any]]:
    ids = citizen_ids()
    return [[f"党员{'甲乙丙丁戊己'[n]}", next(ids), *rest] for n in range(count)]


def test_merged_cells_are_filled_down_and_ditto_means_the_cell_above(town, load):
    rows = people(4, None, "正式党员")
    rows[0][2], rows[2][2], rows[3][2] = "东风社区第一党支部", "东风社区第二党支部", "同上"
    rows[3][3] = "〃"
    answer = load({"花名册": ([["和平街道党员花名册"], list(HEADERS), *rows], ["A1:D1", "C3:C4"])}, "--apply")
    assert (answer["new"], answer["wrong"]) == (4, 0)
    branches = [m.branch.code for m in Member.objects.select_related("branch").order_by("pk")]
    assert branches == ["JD0101", "JD0101", "JD0102", "JD0102"]


def test_every_sheet_is_read_or_named_and_its_name_gives_the_branch(town, load):
    ids = citizen_ids()
    header = ["序号", "姓名", "身份证号", "党员类别"]

    def roster(count: int) -> list[list[Any]]:
        return [[n, f"人{n}", next(ids), "正式党员"] for n in range(1, count + 1)]

    answer = load(
        {
            "东风社区第一党支部": ([header, *roster(2)], []),
            "东风社区第二党支部": ([header, *roster(3)], []),
            "填表说明": ([["请如实填写"], ["不得漏报"]], []),
        },
        "--apply",
    )
    assert (answer["new"], answer["wrong"]) == (5, 0)
    assert answer["sheets"] == [
        {"name": "东风社区第一党支部", "rows": 2, "taken": True},
        {"name": "东风社区第二党支部", "rows": 3, "taken": True},
        {"name": "填表说明", "rows": 2, "taken": False},
    ]
    assert Member.objects.filter(branch__code="JD0102").count() == 3


def test_sheets_with_their_columns_in_another_order_are_read_by_their_headers(town, load):
    ids = citizen_ids()
    first = [["姓名", "身份证号", "党员类别"], ["甲某", next(ids), "正式党员"]]
    second = [["党员类别", "姓名", "身份证号"], ["预备党员", "乙某", next(ids)]]
    answer = load({"东风社区第一党支部": (first, []), "梅居社区第一党支部": (second, [])}, "--apply")
    assert (answer["new"], answer["wrong"]) == (2, 0)
    assert Member.objects.get(name="乙某").branch.code == "JD0201"
    assert Member.objects.get(name="乙某").category == "probationary"


def test_stars_and_notes_behind_headers_and_the_words_of_the_national_form(town, load):
    header = [
        "*姓名", "公民身份证号码*（18位）", "所在组织编号", "*党员类型", "入党时间*\n（年月日）", "转为正式党员日期", "工作岗位",
        "单位及职务", "联系方式", "政治表现",
    ]  # fmt: skip
    row = [
        "甲某",
        next(citizen_ids()),
        "JD0101",
        "正式党员",
        "2001.7.1",
        "2002年7月1日",
        "离退休人员",
        "退休教师",
        "13900000001",
        "好",
    ]
    answer = load({"Sheet1": ([header, row], [])}, "--apply")
    assert (answer["new"], answer["wrong"], answer["dropped"]) == (1, 0, ["政治表现"])
    member = Member.objects.get()
    assert (member.joined_on, member.regularised_on) == (date(2001, 7, 1), date(2002, 7, 1))
    assert (member.employment, member.workplace, member.phone) == ("retired", "退休教师", "13900000001")


def test_a_branch_s_own_roster_needs_neither_branch_nor_category(town, load):
    rows = [["姓名", "身份证号"], *people(3)]
    with pytest.raises(CommandError, match="所在党支部、党员类别"):
        load({"Sheet1": (rows, [])})
    with pytest.raises(CommandError, match="党员类别"):
        load({"Sheet1": (rows, [])}, "--organization", "JD0101")
    answer = load({"Sheet1": (rows, [])}, "--organization", "JD0101", "--set", "党员类型=正式党员", "--apply")
    assert (answer["new"], answer["wrong"]) == (3, 0)
    assert set(Member.objects.values_list("branch__code", "category")) == {("JD0101", "full")}
    again = load({"Sheet1": (rows, [])}, "--organization", "JD0101", "--set", "党员类型=正式党员", "--apply")
    assert (again["new"], again["same"]) == (0, 3)


@pytest.mark.parametrize(
    ("setting", "message"),
    [("党员类别", "列名=值"), ("星座=白羊", "没有“星座”"), ("党员类别=团员", "党员类别“团员”")],
)
def test_a_value_for_a_column_that_cannot_be_is_refused_in_one_line(town, load, setting, message):
    with pytest.raises(CommandError, match=message):
        load({"Sheet1": ([["姓名", "身份证号"], *people(1)], [])}, "--organization", "JD0101", "--set", setting)


@pytest.mark.parametrize("text", ["一支部", "第一支部", "第一党支部", "1支部"])
def test_a_lone_ordinal_is_understood_inside_one_community(town, load, text):
    rows = [list(HEADERS), *people(1, text, "正式党员")]
    assert load({"Sheet1": (rows, [])}, "--organization", "JD02", "--apply")["new"] == 1
    assert Member.objects.get().branch.code == "JD0201"


def test_rows_named_in_full_say_which_community_is_meant(town, load):
    rows = people(2, None, "正式党员")
    rows[0][2], rows[1][2] = "梅居社区第一党支部", "二支部"
    assert load({"Sheet1": ([list(HEADERS), *rows], [])}, "--apply")["new"] == 2
    assert set(Member.objects.values_list("branch__code", flat=True)) == {"JD0201", "JD0202"}


def test_an_ordinal_that_two_communities_have_is_asked_about(town, load):
    answer = load({"Sheet1": ([list(HEADERS), *people(1, "一支部", "正式党员")], [])})
    (error,) = answer["errors"]
    assert "2 个党支部可能是“一支部”" in error["message"]
    assert load({"Sheet1": ([list(HEADERS), *people(1, "东风一支部", "正式党员")], [])})["new"] == 1


@pytest.mark.parametrize("text", ["东风社区第四党支部", "新华社区第一党支部"])
def test_no_suggestion_crosses_ordinals_or_communities(town, load, text):
    answer = load({"Sheet1": ([list(HEADERS), *people(1, text, "正式党员")], [])})
    assert "是“" not in answer["errors"][0]["message"]


def test_a_slip_of_the_pen_is_still_suggested(town, load):
    answer = load({"Sheet1": ([list(HEADERS), *people(1, "东风社区第一党支都", "正式党员")], [])})
    assert "是“东风社区第一党支部”吗" in answer["errors"][0]["message"]


def test_an_october_that_excel_cut_is_mended_by_the_id_and_said_so(town, load):
    from tests.assessments.factories import citizen_id

    header = [*HEADERS, "出生日期", "性别"]
    october, other = citizen_id(date(1990, 10, 5)), citizen_id(date(1985, 3, 2))
    rows = [
        ["甲某", october, "JD0101", "正式党员", 1990.1, None],
        ["乙某", other, "JD0101", "正式党员", "1985-03-20", None],
    ]
    answer = load({"Sheet1": ([header, *rows], [])}, "--apply")
    assert (answer["new"], answer["wrong"]) == (2, 0)
    first, second = answer["warnings"]
    assert (first["row"], first["column"], first["value"]) == (2, "出生日期", "1990.1")
    assert "1990-10-05" in first["message"]
    assert (second["row"], "1985-03-02" in second["message"]) == (3, True)
    assert Member.objects.get(name="甲某").birth_date == date(1990, 10, 5)
    assert Member.objects.get(name="乙某").birth_date == date(1985, 3, 20)  # what the office wrote, with Q02


def test_a_month_alone_that_fits_the_id_is_no_contradiction(town, load):
    from tests.assessments.factories import citizen_id

    row = ["甲某", citizen_id(date(1990, 10, 5)), "JD0101", "正式党员", "1990年10月"]
    assert load({"Sheet1": ([[*HEADERS, "出生年月"], row], [])})["warnings"] == []


def test_a_template_of_activities_with_other_words(town, load):
    header = ["主题", "描述", "类型", "场地", "开始时间", "结束时间"]
    row = ["学习党章", "逐章学习", "党员大会", "一楼会议室", "2026-09-01 14:30", "2026-09-01 16:00"]
    answer = load({"Sheet1": ([header, row], [])}, "--organization", "JD0101", "--apply", slug="activities")
    assert (answer["new"], answer["wrong"], answer["dropped"]) == (1, 0, ["结束时间"])
    held = Activity.objects.get()
    assert (held.organization.code, held.kind, held.date, held.place) == (
        "JD0101",
        "general",
        date(2026, 9, 1),
        "一楼会议室",
    )


def test_a_hidden_sheet_is_named_as_not_read(town, load):
    rows = [list(HEADERS), *people(2, "JD0101", "正式党员")]
    answer = load({"花名册": (rows, []), "（隐藏）旧表": (rows, [])}, "--apply")
    assert answer["new"] == 2
    assert answer["sheets"][1] == {"name": "（隐藏）旧表", "rows": 3, "taken": False, "hidden": True}


def test_an_example_of_how_to_fill_the_table_in_is_no_data(town, load):
    example = ["例：张三", "990100199001010000", "某某支部", "正式党员"]
    rows = [list(HEADERS), example, *people(2, "JD0101", "正式党员")]
    answer = load({"花名册": (rows, [])}, "--apply")
    assert (answer["new"], answer["wrong"]) == (2, 0)


def test_a_month_s_table_of_meetings_with_short_days_and_units(town, load):
    header = ["支部", "类型", "日期", "主题", "应到人数", "实到人数"]
    rows = [
        ["第一党支部", "主题党日", "11.19", "学习", "41人", "38人"],
        ["第二党支部", "主题党日", "11月20日", "学习", "21人", 18],
        ["第一党支部", "党课", 11.25, "讲党课", 41, 40],
        ["第二党支部", "党课", 11.2, "讲党课", 21, 20],  # 11.2 or 11.20: Excel keeps no zero
        ["第二党支部", "党课", "13.40", "讲党课", 21, 20],
    ]
    table = [["东风社区2026年11月组织生活统计表"], header, *rows]
    answer = load({"Sheet1": (table, [])}, "--organization", "JD01", "--apply", slug="activities")
    assert (answer["new"], answer["wrong"]) == (3, 2)
    days = Activity.objects.order_by("date").values_list("date", "expected_stated", "present_stated")
    assert list(days) == [(date(2026, 11, 19), 41, 38), (date(2026, 11, 20), 21, 18), (date(2026, 11, 25), 41, 40)]
    assert answer["warnings"][0]["message"] == "没有写年份，按表题取 2026-11-19"
    assert {error["row"] for error in answer["errors"]} == {6, 7}


def test_two_numbers_in_one_cell_are_two_columns(town, load):
    header = ["支部", "类型", "日期", "主题", "应到/实到人数", "备注"]
    rows = [
        ["第一党支部", "主题党日", "2026-11-19", "学习", "41／38", ""],
        ["第二党支部", "主题党日", "2026-11-20", "学习", "21 / 18", "雨"],
        ["第一党支部", "党课", "2026-11-25", "讲党课", date(2026, 12, 10), ""],  # 12/10, as Excel keeps it
        ["第二党支部", "党课", "2026-11-26", "讲党课", "20", ""],
        ["第二党支部", "主题党日", "2026-11-27", "学习", "一/二/三", ""],
    ]
    answer = load({"Sheet1": ([header, *rows], [])}, "--organization", "JD01", "--apply", slug="activities")
    assert (answer["new"], answer["wrong"]) == (4, 1)
    numbers = Activity.objects.order_by("date").values_list("expected_stated", "present_stated")
    assert list(numbers) == [(41, 38), (21, 18), (12, 10), (20, None)]


def test_a_table_of_no_year_leaves_short_days_wrong(town, load):
    rows = [["支部", "类型", "日期", "主题"], ["第一党支部", "主题党日", "11.19", "学习"]]
    answer = load({"Sheet1": (rows, [])}, "--organization", "JD01", slug="activities")
    assert answer["wrong"] == 1


def test_the_same_person_in_two_sheets_is_told_with_the_sheet(town, load):
    header, row = ["姓名", "身份证号", "党员类别"], ["甲某", next(citizen_ids()), "正式党员"]
    sheets = {"东风社区第一党支部": ([header, row], []), "东风社区第二党支部": ([header, row], [])}
    answer = load(sheets)
    assert answer["wrong"] == 1
    assert "“东风社区第一党支部”第 2 行重复" in answer["errors"][0]["message"]

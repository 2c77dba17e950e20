"""The Excel files that leave the portal, read back as Excel and as the import would read them."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import CalamineWorkbook

from ledgers.printing import PrintColumn, write_ledger, write_template, write_wrong_rows

BENCH = Path(__file__).resolve().parents[2] / "bench" / "export_rows.py"
NAMES_OF_GB_T_3304 = """
汉族 蒙古族 回族 藏族 维吾尔族 苗族 彝族 壮族 布依族 朝鲜族 满族 侗族 瑶族 白族
土家族 哈尼族 哈萨克族 傣族 黎族 傈僳族 佤族 畲族 高山族 拉祜族 水族 东乡族 纳西族 景颇族
柯尔克孜族 土族 达斡尔族 仫佬族 羌族 布朗族 撒拉族 毛南族 仡佬族 锡伯族 阿昌族 普米族 塔吉克族 怒族
乌孜别克族 俄罗斯族 鄂温克族 德昂族 保安族 裕固族 京族 塔塔尔族 独龙族 鄂伦春族 赫哲族 门巴族 珞巴族 基诺族
"""
ETHNICITIES = tuple(NAMES_OF_GB_T_3304.split())
MEMBER_COLUMNS = (
    PrintColumn("姓名", 10, required=True, note="与身份证一致，如 张三。", aliases=("党员姓名",)),
    PrintColumn("性别", 6, choices=("男", "女")),
    PrintColumn("民族", 8, choices=ETHNICITIES),
    PrintColumn("身份证号", 20, required=True),
    PrintColumn("入党时间", 12, kind="date"),
    PrintColumn("手机号码", 13),
    PrintColumn("流动党员", 6, kind="yes_no"),
    PrintColumn("学时", 8, kind="number"),
    PrintColumn("党费基数", 11, kind="money"),
    PrintColumn("备注", 30),
)
MEMBER = (
    "张三",
    "男",
    "汉族",
    "990100198001010018",
    date(2004, 7, 1),
    "13900000000",
    True,
    32,
    Decimal("3456.70"),
    None,
)


def ledger_of(
    rows: Sequence[Sequence[object]], columns: Sequence[PrintColumn] = MEMBER_COLUMNS, title: str = "党员花名册"
) -> BytesIO:
    target = BytesIO()
    write_ledger(
        target,
        title=title,
        organization="和平街道党工委",
        as_of=date(2026, 9, 30),
        filled_by="李四",
        columns=columns,
        rows=iter(rows),
    )
    return target


def sheet_of(target: BytesIO) -> Worksheet:
    return openpyxl.load_workbook(target).worksheets[0]


def one_cell(value: object, **column: object) -> openpyxl.cell.Cell:
    """The cell that `value` becomes as the only data cell of a ledger."""
    return sheet_of(ledger_of([[value]], [PrintColumn("内容", **column)]))["B4"]


def merged(sheet: Worksheet) -> set[str]:
    return {str(cells) for cells in sheet.merged_cells.ranges}


class TestLedger:
    def test_reads_as_the_printed_form(self):
        sheet = sheet_of(ledger_of([MEMBER, MEMBER]))
        rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
        assert rows[0][0] == "和平街道党工委党员花名册"
        assert [text for text in rows[1] if text] == [
            "填报单位：和平街道党工委",
            "截止日期：2026年9月30日",
            "填表人：李四",
        ]
        assert rows[2] == ["序号", *(column.header for column in MEMBER_COLUMNS)]
        member = ["张三", "男", "汉族", "990100198001010018", "2004-07-01", "13900000000", "是", 32, 3456.7, None]
        assert rows[3:5] == [[1, *member], [2, *member]]
        assert [text for text in rows[5] if text] == ["审核人：", "填表人：", "填表日期："]
        assert len(rows) == 6

    def test_title_and_filing_line_are_merged_over_the_whole_width(self):
        sheet = sheet_of(ledger_of([MEMBER]))
        assert "A1:K1" in merged(sheet)
        second_row = sorted(cells.bounds for cells in sheet.merged_cells.ranges if cells.min_row == 2)
        assert [second_row[0][0], second_row[-1][2]] == [1, 11]
        assert [left[2] + 1 for left in second_row[:-1]] == [right[0] for right in second_row[1:]]
        title = sheet["A1"]
        assert (title.font.name, title.font.sz, title.font.b, title.alignment.horizontal) == (
            "宋体",
            16,
            True,
            "center",
        )

    def test_prints_on_a4_landscape_with_repeated_headers_and_page_numbers(self):
        sheet = sheet_of(ledger_of([MEMBER]))
        assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 9)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (int(sheet.page_setup.fitToWidth or 1), int(sheet.page_setup.fitToHeight)) == (1, 0)
        assert sheet.print_title_rows == "$1:$3"
        assert sheet.oddFooter.center.text == "第 &P 页 共 &N 页"
        assert sheet.freeze_panes == "A4"

    def test_every_cell_from_the_header_down_has_thin_borders(self):
        sheet = sheet_of(ledger_of([MEMBER]))
        edges = {
            getattr(cell.border, edge).style
            for row in sheet["A3:K5"]
            for cell in row
            for edge in ("left", "right", "top", "bottom")
        }
        assert edges == {"thin"}

    def test_columns_keep_their_width_or_widen_to_take_the_header_in_two_lines(self):
        columns = [PrintColumn("姓名", 70), PrintColumn("身份证号", 60), PrintColumn("是否流动党员及去向", 4)]
        sheet = sheet_of(ledger_of([["张三", "990100198001010018", None]], columns))
        widths = [round(sheet.column_dimensions[letter].width) for letter in "BCD"]
        assert widths[:2] == [71, 61]  # Excel adds the cell's own margin
        assert widths[2] >= 11

    def test_a_narrow_ledger_is_stretched_over_the_page_and_joins_its_filing_line(self):
        sheet = sheet_of(ledger_of([["张三"]], [PrintColumn("姓名", 10)]))
        assert sheet.column_dimensions["B"].width > 100
        assert merged(sheet) == {"A1:B1", "A2:B2"}
        for label in ("填报单位：", "截止日期：", "填表人："):
            assert label in sheet["A2"].value
        for label in ("审核人：", "填表人：", "填表日期："):
            assert label in sheet["B5"].value

    @pytest.mark.parametrize("count", [3, 4, 5, 12, 30])
    def test_three_signature_cells_whatever_the_number_of_columns(self, count):
        columns = [PrintColumn(f"列{place}", 8) for place in range(count)]
        last_row = list(sheet_of(ledger_of([], columns)).values)[-1]
        assert [text for text in last_row if text] == ["审核人：", "填表人：", "填表日期："]

    def test_an_empty_ledger_still_has_headers_and_signatures(self):
        assert (
            write_ledger(
                BytesIO(),
                title="台账",
                organization="",
                as_of=date(2026, 9, 30),
                filled_by="",
                columns=MEMBER_COLUMNS,
                rows=[],
            )
            == 0
        )
        rows = list(sheet_of(ledger_of([])).values)
        assert len(rows) == 4
        assert rows[2][0] == "序号"

    def test_returns_the_number_of_rows_and_writes_to_a_path(self, tmp_path):
        target = tmp_path / "ledger.xlsx"
        count = write_ledger(
            target,
            title="党员花名册",
            organization="和平街道党工委",
            as_of=date(2026, 9, 30),
            filled_by="李四",
            columns=MEMBER_COLUMNS,
            rows=(MEMBER for _ in range(2_500)),
        )
        assert count == 2_500
        assert openpyxl.load_workbook(target).worksheets[0].cell(2_503, 1).value == 2_500

    def test_a_row_grows_with_its_text(self):
        sheet = sheet_of(ledger_of([MEMBER, (*MEMBER[:-1], "在外务工，按季度联系。" * 10)]))
        assert sheet.row_dimensions[4].height is None
        assert sheet.row_dimensions[5].height > 60

    @pytest.mark.parametrize(
        ("title", "name"),
        [("三会一课[2026]: 台账/一", "三会一课2026 台账一"), ("很" * 40, "很" * 31), ("/", "台账")],
    )
    def test_the_sheet_is_named_after_the_title_in_legal_characters(self, title, name):
        assert sheet_of(ledger_of([MEMBER], title=title)).title == name

    @pytest.mark.parametrize("headers", [["姓名", "姓名"], ["序号"]])
    def test_repeated_headers_are_a_mistake_of_the_caller(self, headers):
        with pytest.raises(AssertionError, match="duplicate headers"):
            ledger_of([], [PrintColumn(header) for header in headers])

    def test_a_row_of_another_length_is_refused(self):
        with pytest.raises(ValueError, match="zip"):
            ledger_of([MEMBER[:-1]])

    def test_an_error_while_reading_rows_leaves_no_file(self, tmp_path):
        def rows():
            for _ in range(3_000):
                yield MEMBER
            raise ConnectionError("database gone")

        target = tmp_path / "ledger.xlsx"
        with pytest.raises(ConnectionError):
            write_ledger(
                target,
                title="台账",
                organization="",
                as_of=date(2026, 9, 30),
                filled_by="",
                columns=MEMBER_COLUMNS,
                rows=rows(),
            )
        assert not target.exists()


class TestCells:
    @pytest.mark.parametrize(
        "text", ["=1+1", "+8613900000000", "-1", "@SUM(A1)", '\t=HYPERLINK("x")', "http://a.cn", "'=1"]
    )
    def test_text_is_never_a_formula_or_a_link(self, text):
        target = ledger_of([[text]], [PrintColumn("内容")])
        cell = sheet_of(target)["B4"]
        assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)
        assert b"<f>" not in zipfile.ZipFile(target).read("xl/worksheets/sheet1.xml")

    def test_a_leading_carriage_return_becomes_a_line_break_before_text(self):
        cell = one_cell("\r=1+1\r\n好")
        assert (cell.value, cell.data_type) == ("\n=1+1\n好", "s")

    @pytest.mark.parametrize("kind", ["text", "number", "money", "date"])
    @pytest.mark.parametrize("text", ["990100198001010018", "013900000000", "1e5", "2026/1/2", "***"])
    def test_text_of_digits_stays_text(self, kind, text):
        cell = one_cell(text, kind=kind)
        assert (cell.value, cell.data_type) == (text, "s")

    @pytest.mark.parametrize(
        ("value", "kind", "shown"),
        [
            (date(2026, 9, 30), "date", "2026-09-30"),
            (date(2026, 9, 30), "text", "2026-09-30"),
            (True, "yes_no", "是"),
            (False, "yes_no", "否"),
            (False, "number", "否"),
            (13900000000, "text", "13900000000"),
            (13900000000.0, "text", "13900000000"),
            (9.9010019800101e17, "text", "9.9010019800101e+17"),
            (990100198001010018, "number", "990100198001010018"),
            (0, "text", "0"),
            (Decimal("3.10"), "text", "3.10"),
        ],
    )
    def test_value_becomes_text(self, value, kind, shown):
        cell = one_cell(value, kind=kind)
        assert (cell.value, cell.data_type, cell.number_format == "@") == (shown, "s", kind != "number")

    @pytest.mark.parametrize(
        ("value", "kind", "number_format"),
        [
            (0, "number", "General"),
            (12, "number", "General"),
            (-1.5, "number", "General"),
            (10**15 - 1, "number", "General"),
            (Decimal("3456.70"), "money", "#,##0.00"),
        ],
    )
    def test_numbers_and_money_can_be_calculated_with(self, value, kind, number_format):
        cell = one_cell(value, kind=kind)
        assert (Decimal(str(cell.value)), cell.data_type, cell.number_format) == (
            Decimal(str(value)),
            "n",
            number_format,
        )

    @pytest.mark.parametrize("value", [None, "", "\x00\x0b"])
    @pytest.mark.parametrize("kind", ["text", "number", "date", "money", "yes_no"])
    def test_nothing_is_an_empty_cell(self, value, kind):
        assert one_cell(value, kind=kind).value is None

    def test_characters_that_xml_forbids_are_removed_and_others_kept(self):
        assert one_cell("甲\x00\x08\x0b\x1f\ud800\ufffe\uffff乙<&>\"'　😀\t\n𠮷").value == "甲乙<&>\"'　😀\t\n𠮷"

    @pytest.mark.parametrize(
        ("text", "kept"),
        [
            ("长" * 32_767, "长" * 32_767),
            ("长" * 32_768, "长" * 32_766 + "…"),
            ("😀" * 16_384, "😀" * 16_383 + "…"),  # Excel counts an emoji as two
        ],
        ids=["at the limit", "one over", "emoji"],
    )
    def test_long_text_is_cut_at_the_limit_of_a_cell(self, text, kept):
        assert one_cell(text).value == kept

    def test_the_import_reads_the_same_cells_as_excel(self):
        awkward = (
            "\t=1",
            "男",
            "汉族",
            "990100198001010018",
            date(2004, 7, 1),
            "013",
            False,
            1.5,
            Decimal("0.10"),
            "a\nb ",
        )
        target = ledger_of([MEMBER, awkward])
        by_openpyxl = [["" if value is None else value for value in row] for row in sheet_of(target).values]
        workbook = CalamineWorkbook.from_filelike(BytesIO(target.getvalue()))
        assert workbook.get_sheet_by_index(0).to_python() == by_openpyxl
        assert by_openpyxl[4][1] == "\t=1"


class TestTemplate:
    @pytest.fixture
    def workbook(self) -> openpyxl.Workbook:
        target = BytesIO()
        write_template(
            target, title="党员花名册", columns=MEMBER_COLUMNS, filling_notes=["带颜色的列必填。", "=一行一人。"]
        )
        return openpyxl.load_workbook(target)

    def lists(self, workbook: openpyxl.Workbook) -> dict[str, list[str]]:
        """The choices that each column offers, by its letter."""
        offered = {}
        for rule in workbook.worksheets[0].data_validations.dataValidation:
            (cells,) = rule.sqref.ranges
            assert (rule.type, cells.min_row, cells.max_row) == ("list", 4, 1_003)
            if rule.formula1.startswith('"'):
                assert len(rule.formula1) <= 257
                values = rule.formula1.strip('"').split(",")
            else:
                name, reference = rule.formula1.split("!")
                values = [cell.value for (cell,) in workbook[name][reference.replace("$", "")]]
            offered[cells.coord[0]] = values
        return offered

    def test_is_the_blank_form(self, workbook):
        sheet = workbook.worksheets[0]
        rows = list(sheet.values)
        assert rows[0][0] == sheet.title == "党员花名册"
        assert [text for text in rows[1] if text] == ["填报单位：", "截止日期：", "填表人："]
        assert list(rows[2]) == ["序号", *(column.header for column in MEMBER_COLUMNS)]
        assert len(rows) == 3
        assert "A1:K1" in merged(sheet)
        assert (sheet.print_title_rows, sheet.freeze_panes, sheet.page_setup.orientation) == (
            "$1:$3",
            "A4",
            "landscape",
        )

    def test_offers_the_choices(self, workbook):
        assert len(ETHNICITIES) == 56
        assert self.lists(workbook) == {"C": ["男", "女"], "D": list(ETHNICITIES), "H": ["是", "否"]}

    def test_lists_too_long_for_a_rule_or_with_commas_are_read_from_a_hidden_sheet(self):
        target = BytesIO()
        long = tuple(f"和平街道东风社区第{place}党支部" for place in range(40))
        columns = [
            PrintColumn("支部", choices=long),
            PrintColumn("类别", choices=("甲,乙", '"丙"')),
            PrintColumn("备注"),
        ]
        write_template(target, title="台账", columns=columns, filling_notes=[])
        workbook = openpyxl.load_workbook(target)
        assert self.lists(workbook) == {"B": list(long), "C": ["甲,乙", '"丙"']}
        assert [(sheet.title, sheet.sheet_state) for sheet in workbook.worksheets] == [
            ("台账", "visible"),
            ("填写说明", "visible"),
            ("选项", "hidden"),
        ]

    def test_required_headers_differ_in_colour_and_say_so_in_their_note(self, workbook):
        headers = {cell.value: cell for cell in workbook.worksheets[0][3]}
        fills = {header: cell.fill.start_color.rgb for header, cell in headers.items()}
        assert fills["姓名"] == fills["身份证号"] != fills["性别"] == fills["备注"]
        notes = {header: cell.comment.text for header, cell in headers.items()}
        assert notes["姓名"] == "必填\n与身份证一致，如 张三。"
        assert "必填" not in notes["性别"]
        assert "2021-07-01" in notes["入党时间"]
        assert all(notes.values())

    def test_what_is_typed_in_text_columns_stays_text(self, workbook):
        columns = workbook.worksheets[0].column_dimensions
        assert [columns[letter].number_format for letter in "BEFGIJ"] == ["@", "@", "@", "@", "General", "#,##0.00"]

    def test_second_sheet_explains_each_column(self, workbook):
        sheet = workbook["填写说明"]
        rows = [["" if value is None else value for value in row] for row in sheet.values]
        assert [row[0] for row in rows[:3]] == ["党员花名册填写说明", "1. 带颜色的列必填。", "2. =一行一人。"]
        assert rows[3] == ["列名", "是否必填", "填写要求", "可选值", "也可写作"]
        assert rows[4] == ["姓名", "必填", "与身份证一致，如 张三。", "", "党员姓名"]
        assert rows[5] == ["性别", "选填", "", "男、女", ""]
        assert [row[0] for row in rows[4:]] == [column.header for column in MEMBER_COLUMNS]


class TestWrongRows:
    def wrong(self, headers: Sequence[str], rows: Sequence[tuple[int, Sequence[object], str]]) -> Worksheet:
        target = BytesIO()
        columns = [PrintColumn(header) for header in headers]
        assert write_wrong_rows(target, title="党员花名册", columns=columns, rows=iter(rows)) == len(rows)
        return sheet_of(target)

    def test_gives_rows_back_as_they_were_with_number_and_reason(self):
        sheet = self.wrong(
            ["党员姓名", "身份证号", "出生年月"],
            [
                (7, ["张三", 9.90100198001e17, date(1980, 1, 1)], "“身份证号”请按文本填写。"),
                (12, ["=李四"], "“身份证号”没有填写。"),
            ],
        )
        rows = list(sheet.values)
        assert rows[2:] == [
            ("原行号", "党员姓名", "身份证号", "出生年月", "错误原因"),
            ("7", "张三", "9.90100198001e+17", "1980-01-01", "“身份证号”请按文本填写。"),
            ("12", "=李四", None, None, "“身份证号”没有填写。"),
        ]
        assert rows[0][0] == "党员花名册错误行"
        assert "重新导入" in rows[1][0]
        assert {"A1:E1", "A2:E2"} == merged(sheet)

    def test_no_signature_row_to_stumble_over(self):
        sheet = self.wrong(["姓名"], [(4, ["张三"], "错")])
        assert sheet.max_row == 4

    def test_a_corrected_file_that_is_still_wrong_has_one_reason_column(self):
        sheet = self.wrong(["原行号", "姓名", "错误原因"], [(4, ["17", "张三", "旧原因"], "新原因")])
        assert list(sheet.values)[2:] == [("原行号", "姓名", "错误原因"), ("4", "张三", "新原因")]

    def test_blank_and_repeated_headers_of_the_owner_are_told_apart(self):
        sheet = self.wrong(["姓名", "", "姓名", "姓名（2）"], [(4, ["甲", "乙", "丙", "丁"], "错")])
        assert list(sheet.values)[2:] == [
            ("原行号", "姓名", "第2列", "姓名（2）", "姓名（2）（2）", "错误原因"),
            ("4", "甲", "乙", "丙", "丁", "错"),
        ]

    def test_without_wrong_rows_the_headers_remain(self):
        sheet = self.wrong(["姓名"], [])
        assert list(sheet.values)[2:3] == [("原行号", "姓名", "错误原因")]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_memory_does_not_grow_with_the_rows():
    """Measured in a process of its own: the writer's memory is not Python's, and a parent's peak must not count."""

    def memory(rows: int) -> float:
        command = [sys.executable, str(BENCH), "--only", "printing", "--rows", str(rows)]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["memory"]

    assert memory(60_000) < memory(6_000) + 20

"""Files as offices send them, and files that nobody should send."""

import csv
import datetime as dt
import io
import struct
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlwt
from hypothesis import given
from hypothesis import strategies as st

from ledgers.reading import Sheet, Unreadable, data_rows, find_header, normal_header, read_workbook

COLUMNS = {
    "姓名": ["姓名", "党员姓名"],
    "性别": ["性别"],
    "身份证号": ["身份证号", "公民身份号码"],
    "入党时间": ["入党时间", "入党日期"],
    "备注": ["备注"],
}
REQUIRED = ["姓名", "身份证号"]
HEADER = ["序号", "姓名", "性别", "身份证号", "入党时间", "备注"]
PERSON = [1, "张三", "男", "990100199001010012", "2021-07-01", ""]


def xlsx(*sheets: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets, 1):
        sheet = book.create_sheet(f"表{number}")
        for row in rows:
            sheet.append(row)
    return saved(book)


def saved(book: openpyxl.Workbook | xlwt.Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def xls(*cells: tuple[int, int, object], sheets: int = 1) -> bytes:
    book = xlwt.Workbook()
    for number in range(sheets):
        sheet = book.add_sheet(f"表{number}")
        for row, column, value in cells:
            sheet.write(row, column, value)
    return saved(book)


def repacked(content: bytes, **parts: bytes) -> bytes:
    """The same package with parts replaced or added; `__` in a name stands for `/` and a final `_xml` for `.xml`."""
    wanted = {name.replace("__", "/").replace("_xml", ".xml").replace("_bin", ".bin"): p for name, p in parts.items()}
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, wanted.pop(name, None) or old.read(name))
        for name, part in wanted.items():
            new.writestr(name, part)
    return stream.getvalue()


def with_sheet_data(data: bytes) -> bytes:
    xml = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'
    return repacked(xlsx([["x"]]), xl__worksheets__sheet1_xml=xml % data)


def sheet_of(*rows: list[object]) -> Sheet:
    width = max(len(row) for row in rows)
    return Sheet("表", [[*row, *[""] * (width - len(row))] for row in rows])


def numbers_of_data(*rows: list[object]) -> list[int]:
    return [number for number, _ in data_rows(find_header([sheet_of(*rows)], COLUMNS, REQUIRED))]


class TestReadWorkbook:
    def test_it_works(self):
        (sheet,) = read_workbook(xlsx([HEADER, PERSON]), "名册.xlsx")
        assert (sheet.name, sheet.first_row) == ("表1", 1)
        assert sheet.rows == [HEADER, PERSON]

    def test_rows_keep_their_sheet_numbers_below_empty_ones(self):
        (sheet,) = read_workbook(xlsx([[], [], ["", "姓名"]]), "a.xlsx")
        assert sheet.rows[2] == ["", "姓名"]

    def test_reads_from_a_path(self, tmp_path):
        path = tmp_path / "a.xlsx"
        path.write_bytes(xlsx([["姓名"]]))
        assert read_workbook(path, "a.xlsx")[0].rows == [["姓名"]]

    def test_xls(self):
        (sheet,) = read_workbook(xls((1, 0, "姓名"), (1, 1, 5.5)), "a.xls")
        assert sheet.rows == [["", ""], ["姓名", 5.5]]

    def test_an_extension_that_lies_is_tolerated(self):
        assert read_workbook(xlsx([["姓名"]]), "a.xls")[0].rows == [["姓名"]]
        assert read_workbook(xls((0, 0, "姓名")), "a.csv")[0].rows == [["姓名"]]

    def test_dates_come_as_dates_and_text_with_equals_as_text(self):
        book = openpyxl.Workbook()
        book.active["A1"] = dt.date(2021, 7, 1)
        book.active["B1"] = "=写法"
        book.active["B1"].data_type = "s"
        assert read_workbook(saved(book), "a.xlsx")[0].rows == [[dt.date(2021, 7, 1), "=写法"]]

    def test_hidden_sheets_are_only_named_and_empty_ones_left_out(self):
        book = openpyxl.Workbook()
        book.active.append(["看得见"])
        book.create_sheet("隐藏").append(["看不见"])
        book["隐藏"].sheet_state = "hidden"
        book.create_sheet("空")
        seen, hidden = read_workbook(saved(book), "a.xlsx")
        assert (seen.rows, seen.hidden) == ([["看得见"]], 0)
        assert (hidden.name, hidden.rows, hidden.hidden) == ("隐藏", [], 1)

    def test_a_file_with_nothing_but_hidden_sheets_is_refused(self):
        book = openpyxl.Workbook()
        book.create_sheet("隐藏").append(["看不见"])
        book["隐藏"].sheet_state = "hidden"
        with pytest.raises(Unreadable, match="取消隐藏"):
            read_workbook(saved(book), "a.xlsx")

    def test_trailing_blank_rows_are_cut(self):
        assert len(read_workbook(xlsx([["姓名"], [" "], [" "]]), "a.xlsx")[0].rows) == 1

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
    @pytest.mark.parametrize("delimiter", [",", "\t", ";"])
    def test_csv(self, encoding, delimiter):
        stream = io.StringIO()
        rows = [HEADER, ["1", "张,三;", "男", "9901", "2021.07", "“好”\n两行"], [*PERSON[1:], "㐀"]]
        csv.writer(stream, delimiter=delimiter).writerows([[str(cell) for cell in row] for row in rows])
        (sheet,) = read_workbook(stream.getvalue().encode(encoding), "a.csv")
        assert sheet.rows == [[str(cell) for cell in row] for row in rows]

    def test_csv_with_semicolons_inside_cells_is_cut_at_commas(self):
        content = "主题,参加人\n学习,张三;李四;王五\n座谈,赵六;孙七\n".encode()
        assert read_workbook(content, "a.csv")[0].rows[1] == ["学习", "张三;李四;王五"]

    def test_csv_rows_are_padded_and_blank_lines_counted(self):
        assert read_workbook(b"a,b,c\n\n1,2\n", "a.csv")[0].rows == [["a", "b", "c"], ["", "", ""], ["1", "2", ""]]

    @pytest.mark.parametrize("name", ["tidy", "office"])
    def test_rows_below_a_header_are_read_to_the_end(self, name):
        header = (
            [["和平街道党员花名册"], ["填报单位：和平街道", "", "填表时间：2026年10月10日"]] if name == "office" else []
        )
        footer = [[], ["审核人：", "", "填表人：", "", "联系电话："]] if name == "office" else []
        people = [[n, f"张{n}", "男", f"9901001990{n:08d}", "2021.07", ""] for n in range(1, 331)]
        match = find_header(read_workbook(xlsx([*header, HEADER, *people, *footer]), "a.xlsx"), COLUMNS, REQUIRED)
        assert [cells[1] for _, cells in data_rows(match)] == [person[1] for person in people]


class TestRefusals:
    def refused(self, content: bytes | Path, name: str = "a.xlsx") -> str:
        with pytest.raises(Unreadable) as refusal:
            read_workbook(content, name)
        return str(refusal.value)

    def test_too_large(self, settings, tmp_path):
        settings.UPLOAD_MAX_BYTES = 1024 * 1024
        (tmp_path / "a.xlsx").write_bytes(b"x" * 1_600_000)
        assert "1.5 MB" in self.refused(tmp_path / "a.xlsx")
        assert "上限是 1 MB" in self.refused(b"x" * 1_600_000)

    @pytest.mark.parametrize(
        "content",
        [xlsx([[f"行{n}"] for n in range(7)]), xls(*((n, 0, "行") for n in range(7))), "行,列\n".encode() * 7],
        ids=["xlsx", "xls", "csv"],
    )
    def test_too_many_rows_not_counting_the_header(self, settings, content):
        settings.IMPORT_MAX_ROWS = 6
        assert len(read_workbook(content, "a")[0].rows) == 7
        settings.IMPORT_MAX_ROWS = 5
        assert "超过 5 行" in self.refused(content)

    def test_too_many_rows_are_seen_before_reading(self, settings, monkeypatch):
        settings.IMPORT_MAX_ROWS = 150_000
        monkeypatch.setattr("python_calamine.load_workbook", None)
        content = with_sheet_data(b'<row r="150002"><c r="A150002"><v>1</v></c></row>')
        assert "超过 150000 行" in self.refused(content)

    @pytest.mark.parametrize("content", [b"", b" \n", xlsx([[""]]), xlsx([], []), b"\xef\xbb\xbf\n\n"])
    def test_empty(self, content):
        assert "没有内容" in self.refused(content)

    @pytest.mark.parametrize("page", ["<html><table>", "  <?xml version='1.0'?>", "MIME-Version: 1.0"])
    def test_a_web_page_that_calls_itself_xls(self, page):
        assert "网页" in self.refused(page.encode(), "名册.xls")

    @pytest.mark.parametrize(
        "content",
        [b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n\0\0", b"\xff\xd8\xff\xe0\0\x10JFIF", b"{\\rtf1}", bytes(range(256))],
    )
    def test_other_kinds_of_file(self, content):
        assert "不是能读取的电子表格" in self.refused(content)

    def test_a_zip_that_is_no_workbook(self):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("word/document.xml", "<w/>")
        assert "不是能读取的电子表格" in self.refused(stream.getvalue())

    @pytest.mark.parametrize(
        "content", [xlsx([HEADER, PERSON]), xls((0, 0, "姓名"), (1, 0, "张三"))], ids=["xlsx", "xls"]
    )
    def test_a_truncated_file(self, content):
        assert "损坏" in self.refused(content[: len(content) // 2])

    def test_a_crash_of_the_reader_is_a_broken_file(self, monkeypatch):
        PanicException = type("PanicException", (BaseException,), {})

        def crash(_: object) -> None:
            raise PanicException

        monkeypatch.setattr("python_calamine.load_workbook", crash)
        assert "损坏" in self.refused(xlsx([["x"]]))

    def test_macros_in_xlsx(self):
        assert "含宏" in self.refused(repacked(xlsx([["x"]]), xl__vbaProject_bin=b"x"))

    def test_macros_under_another_name(self):
        types = b'<Types><Override PartName="/xl/a.bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>'
        content = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(xlsx([["x"]]))) as old, zipfile.ZipFile(content, "w") as new:
            for name in old.namelist():
                new.writestr(name, types if name == "[Content_Types].xml" else old.read(name))
        assert "含宏" in self.refused(content.getvalue())

    def test_macros_in_xls(self):
        assert "含宏" in self.refused(compound_file("_VBA_PROJECT_CUR", "Workbook"))

    def test_password_on_xlsx(self):
        assert "去掉密码" in self.refused(compound_file("EncryptedPackage", "EncryptionInfo"))

    def test_password_on_xls(self):
        content = xls((0, 0, "姓名"))
        begin = content.index(b"\x09\x08\x10\x00")  # the first record; the one after it becomes FILEPASS
        end = begin + 20
        assert "去掉密码" in self.refused(content[:end] + b"\x2f\x00" + content[end + 2 :])

    def test_a_word_document(self):
        assert "不是能读取的电子表格" in self.refused(compound_file("WordDocument"))

    def test_a_dtd(self):
        bad = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'
        assert "外部引用" in self.refused(repacked(xlsx([["x"]]), xl__worksheets__sheet1_xml=bad))

    def test_a_part_in_utf_16_cannot_hide_a_dtd(self):
        bad = '<!DOCTYPE x [<!ENTITY a "b">]><x/>'.encode("utf-16")
        assert "损坏" in self.refused(repacked(xlsx([["x"]]), xl__worksheets__sheet1_xml=bad))

    def test_a_zip_bomb(self):
        assert "过大" in self.refused(repacked(xlsx([["x"]]), xl__styles_xml=b" " * (51 * 1024 * 1024)))

    def test_a_zip_bomb_that_lies_about_its_size(self):
        content = bytearray(repacked(xlsx([["x"]]), xl__zeros_xml=b" " * (51 * 1024 * 1024)))
        entry = content.rindex(b"PK\x01\x02")
        struct.pack_into("<I", content, entry + 24, 10)
        assert "过大" in self.refused(bytes(content))

    def test_too_many_parts(self):
        parts = {f"xl__media__{n}": b"x" for n in range(2001)}
        assert "过大" in self.refused(repacked(xlsx([["x"]]), **parts))

    @pytest.mark.parametrize(
        "data",
        [
            b'<row r="1"><c r="A1"><v>1</v></c></row><row r="99999"><c r="XFD99999"><v>1</v></c></row>',
            b'<row r="1"><c r="ZZ1"><v>1</v></c></row><row r="99999"><c r="A99999"><v>1</v></c></row>',
            b'<row r="1"><c\nr = "A1"><v>1</v></c></row><row r="99999"><c  r="XFD99999"><v>1</v></c></row>',
            b'<row r="1"><c r="A1"><v>1</v></c></row><row r="99999">' + b"<c><v>1</v></c>" * 100 + b"</row>",
        ],
        ids=["far column", "wide above tall", "odd spacing", "cells without a place"],
    )
    def test_few_cells_far_apart(self, monkeypatch, data):
        monkeypatch.setattr("python_calamine.load_workbook", None)
        assert "范围过大" in self.refused(with_sheet_data(data))

    def test_few_cells_far_apart_in_xls(self, monkeypatch):
        monkeypatch.setattr("python_calamine.load_workbook", None)
        assert "范围过大" in self.refused(xls((0, 0, "x"), (65535, 255, "y"), sheets=3))

    def test_empty_cells_with_a_format_may_be_far_away(self):
        data = b'<row r="1"><c r="A1"><v>7</v></c></row><row r="1048576"><c r="XFD1048576" s="0"/></row>'
        assert read_workbook(with_sheet_data(data), "a.xlsx")[0].rows == [[7]]

    def test_a_wide_sheet_of_few_rows_is_read(self):
        assert len(read_workbook(xlsx([["x"] * 900] * 3), "a.xlsx")[0].rows[0]) == 900

    def test_cells_without_a_place_are_read(self):
        data = b"<row><c><v>1</v></c><c><v>2</v></c></row>"
        assert read_workbook(with_sheet_data(data), "a.xlsx")[0].rows == [[1, 2]]

    def test_csv_with_an_open_quote(self):
        assert "引号" in self.refused('姓名,备注\n张三,"好\n李四,好\n'.encode())


def compound_file(*names: str) -> bytes:
    """An OLE2 file of one FAT sector and one directory sector, with empty streams of these names."""
    header = struct.pack("<8s16sHHHHH6xIIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 62, 3, 0xFFFE, 9, 6,
                         0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0)  # fmt: skip
    header = header.ljust(512, b"\xff")
    fat = struct.pack("<II", 0xFFFFFFFD, 0xFFFFFFFE).ljust(512, b"\xff")
    entries = b""
    for name in ("Root Entry", *names):
        encoded = name.encode("utf-16-le")
        kind = 5 if name == "Root Entry" else 2
        entry = encoded.ljust(64, b"\0") + struct.pack("<HBB", len(encoded) + 2, kind, 1)
        entries += entry.ljust(116, b"\0") + struct.pack("<II", 0xFFFFFFFE, 0) + b"\0" * 4
    return header + fat + entries.ljust(512, b"\0")


class TestNormalHeader:
    @pytest.mark.parametrize(
        "written",
        [
            "入党时间",
            " 入党 时间 ",
            "入党\n时间",
            "入党时间*",
            "*入党时间",
            "入党时间（必填）",
            "入党时间：",
            "入党时间 （必填） *",
            "入\u200b党时间",
        ],
    )
    def test_noise_is_dropped(self, written):
        assert normal_header(written) == "入党时间"

    def test_full_width_and_declared_brackets(self):
        assert normal_header("任期（年）") == normal_header("任期(年)") == "任期(年)"
        assert normal_header("Ａ１") == "A1"

    @given(
        st.sampled_from(["姓名", "身份证号", "任期(年)"]),
        st.lists(st.sampled_from([" ", "\n", "\u3000", "\u200b", "\t", "\xa0"]), min_size=8, max_size=8),
        st.sampled_from(["", "*", "＊", "（必填）", "(必填)", "：", ":"]),
    )
    def test_any_noise(self, header, spaces, mark):
        noisy = "".join(space + char for space, char in zip(spaces, header, strict=False)) + mark
        assert normal_header(noisy) == header


class TestFindHeader:
    def match(self, *rows: list[object]):
        return find_header([sheet_of(*rows)], COLUMNS, REQUIRED)

    def test_it_works(self):
        match = self.match(["党员花名册"], ["填报单位：和平街道", "", "填表时间：2026年"], HEADER, PERSON)
        assert match.header_rows == (3, 3)
        assert match.data_start == 3
        assert match.columns == HEADER
        assert match.mapping == {1: "姓名", 2: "性别", 3: "身份证号", 4: "入党时间", 5: "备注"}
        assert (match.unknown, match.missing, match.other_sheets) == ([0], [], [])

    def test_aliases(self):
        assert self.match(["党员姓名", "公民身份号码"]).mapping == {0: "姓名", 1: "身份证号"}

    def test_a_repeated_header_maps_once(self):
        match = self.match(["姓名", "身份证号", "姓名"])
        assert match.mapping == {0: "姓名", 1: "身份证号"}
        assert match.unknown == [2]

    def test_missing_required_columns_are_named_not_refused(self):
        assert self.match(["姓名", "性别"]).missing == ["身份证号"]

    def test_two_rows_with_groups_and_joined_words_and_merged_cells(self):
        match = self.match(
            ["基本信息", "", "身份证号", "入党", "转正", "其他"],
            ["姓名", "性别", "", "时间", "时间", "备注"],
            ["张三", "男", "9901", "2021", "2022", ""],
        )
        assert match.header_rows == (1, 2)
        assert match.mapping == {0: "姓名", 1: "性别", 2: "身份证号", 3: "入党时间", 5: "备注"}
        assert match.columns[3:5] == ["入党时间", "转正时间"]
        assert match.unknown == [4]

    def test_a_merged_header_ends_the_group_before_it(self):
        match = self.match(["入党", "姓名", "", "身份证号"], ["时间", "", "时间", ""])
        assert match.mapping == {0: "入党时间", 1: "姓名", 3: "身份证号"}

    def test_the_first_data_row_is_not_taken_for_a_second_header_row(self):
        assert self.match(HEADER, PERSON).header_rows == (1, 1)
        assert self.match(HEADER, [""] * 6, PERSON).header_rows == (1, 1)

    def test_a_cover_sheet_is_passed_by(self):
        cover = Sheet("封面", [["党员信息采集表"], ["姓名"]])
        match = find_header([cover, sheet_of(HEADER, PERSON)], COLUMNS, REQUIRED)
        assert match.sheet.name == "表"

    def test_of_equal_sheets_the_first_with_data_is_read_and_the_others_are_named(self):
        sheets = [Sheet("模板", [HEADER]), Sheet("一支部", [HEADER, PERSON]), Sheet("二支部", [HEADER, PERSON])]
        match = find_header(sheets, COLUMNS, REQUIRED)
        assert match.sheet.name == "一支部"
        assert match.other_sheets == ["二支部"]

    def test_only_the_first_thirty_rows_are_looked_at(self):
        assert self.match(*[["说明"]] * 29, HEADER).header_rows == (30, 30)
        with pytest.raises(Unreadable):
            self.match(*[["说明"]] * 30, HEADER)

    def test_nothing_alike_names_what_was_expected_required_first(self):
        with pytest.raises(Unreadable, match="姓名、身份证号、性别、入党时间、备注"):
            self.match(["姓名", "别的"], ["张三", "x"])

    def test_a_ledger_of_one_column_needs_one(self):
        assert find_header([sheet_of(["姓名"])], {"n": ["姓名"]}, ["n"]).mapping == {0: "n"}


class TestDataRows:
    def test_numbers_are_those_of_the_sheet(self):
        match = find_header([sheet_of(["花名册"], HEADER, PERSON, [], PERSON)], COLUMNS, REQUIRED)
        assert list(data_rows(match)) == [(3, PERSON), (5, PERSON)]

    @pytest.mark.parametrize(
        "row",
        [
            ["", " ", None],
            HEADER,
            ["序 号", "姓名*", "性别：", "身份证号", "入党时间", "备注"],
            ["合计", "", 12],
            ["", "合 计", "", "", "12"],
            ["小计", "", "", "", 3.0],
            ["总计：331人"],
            ["第一党支部小计", "", 5],
            ["审核人：", "", "", "填表人：", "", "联系电话："],
            ["审核人：李四", "", "填表日期：2026年10月10日"],
            ["审核人:", "李四", "填表人:", "王五"],
            ["单位负责人（签字）：", "", "制表人："],
            ["注：党员类别填正式党员或预备党员"],
            ["", "备注：本表一式两份"],
            ["说明:填写时用阿拉伯数字"],
            [12],
            ["12"],
            ["和平街道党员花名册"],
        ],
    )
    def test_print_between_rows_is_left_out(self, row):
        assert numbers_of_data(["和平街道党员花名册"], HEADER, PERSON, row, PERSON) == [3, 5]

    def test_numbered_lines_go_on_from_a_note(self):
        assert numbers_of_data(HEADER, PERSON, ["注：1.按月填报"], ["2.不得涂改"]) == [2]

    @pytest.mark.parametrize(
        "row",
        [["1", "2", "3", "4", "5", "6"], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], ["甲", "乙", 1, 2, 3, 4], ["（1）", "（2）"]],
    )
    def test_column_numbers_under_a_header_are_left_out(self, row):
        assert numbers_of_data(HEADER, [], row, PERSON, HEADER, row, PERSON) == [4, 7]

    @pytest.mark.parametrize(
        "row",
        [
            [1, "张三", "", "9901"],
            [1, "2", "3", "x"],
            [2, 3],
            [1, "注：张", "男", "9901"],
            ["合计", "张三", "男", "9901"],
            ["", "张三"],
            ["", "", "", "", "", "请假"],
            ["", "", "", "", "", "联系电话13900000000"],
            ["", "张三", "", "", "", "审核人：李四"],
            ["", "姓名", "", "9901"],
        ],
    )
    def test_real_rows_stay(self, row):
        assert numbers_of_data(HEADER, row, PERSON) == [2, 3]
        assert numbers_of_data(HEADER, PERSON, row, PERSON) == [2, 3, 4]

    def test_column_numbers_further_down_are_data(self):
        assert numbers_of_data(HEADER, PERSON, [1, 2, 3, 4, 5, 6]) == [2, 3]

    def test_both_rows_of_a_repeated_two_row_header_are_left_out(self):
        header = [["基本信息", "", "入党"], ["姓名", "身份证号", "时间"]]
        assert numbers_of_data(*header, ["张三", "1", ""], *header, ["李四", "2", ""]) == [3, 6]

    def test_a_corrected_mapping_is_used(self):
        match = find_header([sheet_of(["姓名", "身份证号", "其他"], ["", "", "合计"])], COLUMNS, REQUIRED)
        assert list(data_rows(match)) == []
        match.mapping = {2: "姓名"}
        match.required = frozenset({"姓名"})
        assert list(data_rows(match)) == []  # the label itself does not make a row complete

    @given(
        st.lists(st.tuples(st.text("张李王赵", min_size=2, max_size=3), st.integers(10**17, 10**18 - 1)), max_size=30)
    )
    def test_complete_rows_are_never_lost(self, people):
        rows = [[n, name, "男", str(number), "", ""] for n, (name, number) in enumerate(people, 1)]
        assert numbers_of_data(["花名册"], HEADER, *rows) == list(range(3, 3 + len(rows)))

"""Reading minutes: the layouts in which offices hand them in, hostile files, and the registers."""

import io
import re
import time
import zipfile
from datetime import date
from datetime import time as clock

import docx
import pytest
import weasyprint
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader, PdfWriter

from activities.minutes import (
    MAX_TEXT,
    Minutes,
    Unreadable,
    attendance,
    division,
    extract_text,
    match_organization,
    match_roster,
    meetings,
    moments,
    people,
    read_minutes,
    sections,
    sections_of,
    spelling,
)
from activities.minutes import text as text_of_files
from activities.minutes.spelling import cleaned

KINDS = [
    *("支部党员大会", "支部委员会", "党小组会", "党课", "主题党日", "组织生活会", "民主评议", "理论中心组学习"),
    *("集中学习", "读书活动", "专题培训", "以会代训", "座谈研讨", "体会交流", "参观见学", "党建联席会议", "共建活动"),
    *("志愿服务", "警示教育(以案促改)", "党建工作例会", "观摩评比", "述职评议会", "走访调研"),
]
TODAY = date(2026, 10, 10)

HANGS = 20
"""Seconds of work after which a pattern is said to hang: what is sound takes a hundredth of it, what is not, hours."""
SAMPLE = """东风社区第二党支部支部党员大会会议记录
时间：2026年9月15日 14:30
地点：社区党群服务中心二楼会议室
主持人：蒋燕博
记录人：姚娜
应到6人，实到5人
参加人员：蒋燕博、姚娜、顾晓、梁文志、贺燕洋
请假人员：苏子（出差）
会议议题：学习党的创新理论
会议内容：
一、蒋燕博同志传达上级文件精神。
二、与会党员围绕“学习党的创新理论”展开讨论。
会议决议：一致同意第四季度工作安排。"""
FIVE = ["蒋燕博", "姚娜", "顾晓", "梁文志", "贺燕洋"]


PIECES = re.findall(
    r"\S+|\s",
    "时间 ： 参加人员 请假 （ ） 、 \n \t 会议内容 决议 会议记录 十 百 月 日 年 点 半 ٣ 2026 9 应到 人 苏子 因 均 姓名 "
    "支委会 东风党支部 在 由 召开 主持 记录 □ √ 1. 一、 同志 等 · 无 签字 出差 缺席 列席 议题",
)

PATTERNS = [
    value
    for module in (attendance, division, meetings, moments, people, sections, spelling, text_of_files)
    for value in vars(module).values()
    if isinstance(value, re.Pattern)
]


def read(text: str, today: date = TODAY) -> Minutes:
    return read_minutes(text, kinds=KINDS, today=today)


def saved(document) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def running(text: str) -> bytes:
    document = docx.Document()
    for line in text.split("\n"):
        document.add_paragraph(line)
    return saved(document)


def rezipped(data: bytes, **parts: bytes) -> bytes:
    """The same .docx with some parts replaced; keys are file names without folder and ending."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            key = name.rsplit("/", 1)[-1].removesuffix(".xml")
            new.writestr(name, parts.get(key, old.read(name)))
    return stream.getvalue()


def pdf(html: str) -> bytes:
    return weasyprint.HTML(
        string=f"<style>@page {{size: A4}} body {{font: 16pt 'Noto Serif CJK SC'}}</style>{html}"
    ).write_pdf()


def assert_sample(minutes: Minutes) -> None:
    assert minutes.organization_text == "东风社区第二党支部"
    assert minutes.kind == "支部党员大会"
    assert minutes.date == date(2026, 9, 15)
    assert minutes.start_time == clock(14, 30)
    assert minutes.place == "社区党群服务中心二楼会议室"
    assert (minutes.chair, minutes.recorder, minutes.lecturer) == ("蒋燕博", "姚娜", "")
    assert (minutes.expected, minutes.present_count) == (6, 5)
    assert minutes.attendees == FIVE
    assert minutes.leave == [("苏子", "出差")]
    assert (minutes.absent, minutes.observers) == ([], [])
    assert minutes.topic == "学习党的创新理论"
    assert minutes.content == "一、蒋燕博同志传达上级文件精神。\n二、与会党员围绕“学习党的创新理论”展开讨论。"
    assert minutes.resolution == "一致同意第四季度工作安排。"
    assert minutes.hints == []


class TestFiles:
    """Text out of .docx, .pdf and images."""

    def test_running_text_in_docx(self):
        text = extract_text(running(SAMPLE), "会议记录.docx")

        assert text == SAMPLE
        assert_sample(read(text))

    def test_form_table_with_merged_cells(self):
        document = docx.Document()
        document.add_paragraph("东风社区第二党支部支部党员大会会议记录")
        table = document.add_table(rows=8, cols=4)
        rows = [
            ["时 间", "2026年9月15日 14:30", "地\n点", "社区党群服务中心二楼会议室"],
            ["主持人", "蒋燕博", "记录人", "姚娜"],
            ["应到人数", "6", "实到人数", "5"],
            ["参加人员", "、".join(FIVE), "", ""],
            ["请假人员\n（及原因）", "苏子（出差）", "", ""],
            ["会议议题", "学习党的创新理论", "", ""],
            ["会\n议\n内\n容", "一、蒋燕博同志传达上级文件精神。", "", ""],
            ["", "", "", ""],
        ]
        for row, texts in zip(table.rows, rows, strict=True):
            for cell, value in zip(row.cells, texts, strict=True):
                cell.text = value
        for number in (3, 4, 5, 6):
            merged = table.cell(number, 1).merge(table.cell(number, 3))
            merged.text = rows[number][1]
        table.cell(6, 1).add_paragraph("二、与会党员围绕“学习党的创新理论”展开讨论。")
        whole = table.cell(7, 0).merge(table.cell(7, 3))
        whole.text = "会议决议：一致同意第四季度工作安排。"

        text = extract_text(saved(document), "表.docx")

        assert "时间：2026年9月15日 14:30\n地点：社区党群服务中心二楼会议室\n主持人：蒋燕博\n记录人：姚娜\n" in text
        assert text.count("贺燕洋") == 1
        assert_sample(read(text))

    def test_vertically_merged_label_keeps_its_rows(self):
        document = docx.Document()
        table = document.add_table(rows=3, cols=2)
        table.cell(0, 0).merge(table.cell(1, 0)).text = "参会人员"
        table.cell(0, 1).text = "蒋燕博 姚娜 顾晓"
        table.cell(1, 1).text = "梁文志 贺燕洋"
        table.cell(2, 0).text = "缺席及原因"
        table.cell(2, 1).text = "无"

        minutes = read(extract_text(saved(document), "a.docx"))

        assert minutes.attendees == FIVE
        assert minutes.absent == []

    def test_row_of_labels_above_a_row_of_values(self):
        document = docx.Document()
        table = document.add_table(rows=2, cols=3)
        for column, (label, value) in enumerate([("应到人数", "12"), ("实到人数", "12"), ("主持人", "蒋燕博")]):
            table.cell(0, column).text, table.cell(1, column).text = label, value

        minutes = read(extract_text(saved(document), "a.docx"))

        assert (minutes.expected, minutes.present_count, minutes.chair) == (12, 12, "蒋燕博")

    def test_names_each_in_a_cell_of_its_own(self):
        document = docx.Document()
        table = document.add_table(rows=1, cols=4)
        for column, value in enumerate(["出席人员", "蒋燕博", "姚娜", "顾晓"]):
            table.cell(0, column).text = value

        assert read(extract_text(saved(document), "a.docx")).attendees == ["蒋燕博", "姚娜", "顾晓"]

    def test_sign_in_sheet_is_read_when_there_is_no_other_list(self):
        document = docx.Document()
        document.add_paragraph("东风社区第二党支部主题党日签到表")
        table = document.add_table(rows=4, cols=6)
        rows = ["序号 姓名 签到 序号 姓名 签到", "1 蒋燕博 蒋燕博 2 姚娜 姚娜", "3 顾晓 请假 4 苏子 苏子"]
        for row, line in zip(table.rows, rows, strict=False):
            for cell, value in zip(row.cells, line.split(), strict=True):
                cell.text = value

        minutes = read(extract_text(saved(document), "a.docx"))

        assert minutes.attendees == ["蒋燕博", "姚娜", "苏子"]
        assert minutes.leave == [("顾晓", "")]
        assert "参加人员取自签到表，请核对是否都到会。" in minutes.hints

    def test_header_footer_text_box_and_tracked_changes(self):
        document = docx.Document()
        document.sections[0].header.paragraphs[0].text = "东风社区第二党支部"
        document.sections[0].footer.paragraphs[0].text = "第 1 页 共 1 页"
        document.sections[0].footer.add_paragraph("记录人：姚娜")
        paragraph = document.add_paragraph("支部党员大会会议记录")
        box = "<w:txbxContent><w:p><w:r><w:t>时间：2026年9月15日</w:t></w:r></w:p></w:txbxContent>"
        spaces = nsdecls("w") + ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
        paragraph._p.append(
            parse_xml(
                f"<w:r {spaces}><mc:AlternateContent><mc:Choice Requires='wps'>{box}</mc:Choice>"
                f"<mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r>"
            )
        )
        changed = document.add_paragraph("地点：")
        changed._p.append(parse_xml(f"<w:del {nsdecls('w')}><w:r><w:delText>旧址</w:delText></w:r></w:del>"))
        changed._p.append(parse_xml(f"<w:ins {nsdecls('w')}><w:r><w:t>会议室</w:t></w:r></w:ins>"))

        text = extract_text(saved(document), "a.docx")
        minutes = read(text)

        assert text.split("\n") == [
            "东风社区第二党支部",
            "支部党员大会会议记录",
            "时间：2026年9月15日",
            "地点：会议室",
            "记录人：姚娜",
        ]
        assert (minutes.organization_text, minutes.kind) == ("东风社区第二党支部", "支部党员大会")
        assert (minutes.date, minutes.place, minutes.recorder) == (date(2026, 9, 15), "会议室", "姚娜")

    def test_ticked_box_drawn_as_a_symbol(self):
        document = docx.Document()
        paragraph = document.add_paragraph("会议类型：")
        for char, label in (("F0A8", "支部党员大会 "), ("F052", "支委会 "), ("F0A8", "党课")):
            paragraph._p.append(
                parse_xml(f"<w:r {nsdecls('w')}><w:sym w:font='Wingdings 2' w:char='{char}'/><w:t>{label}</w:t></w:r>")
            )

        assert read(extract_text(saved(document), "a.docx")).kind == "支部委员会"

    def test_pdf_with_text(self):
        lines = "".join(f"<p>{line}</p>" for line in SAMPLE.split("\n"))

        assert_sample(read(extract_text(pdf(lines), "会议记录.PDF")))

    def test_pdf_name_broken_at_the_margin_is_one_name(self):
        names = [first + second for first in "赵钱孙李周吴郑" for second in ("建国", "志强", "秀兰", "丽华")]
        minutes = read(extract_text(pdf(f"<p>参加人员：{'、'.join(names)}</p><p>请假人员：无</p>"), "a.pdf"))

        assert minutes.attendees == names
        assert minutes.leave == []

    def test_pdf_of_a_scan_has_no_text(self):
        stream = io.BytesIO()
        Image.new("RGB", (20, 20), "white").save(stream, "PDF")

        assert extract_text(stream.getvalue(), "扫描.pdf") == ""

    def test_pdf_form_table(self):
        rows = [
            ("时间", "2026年9月15日下午2:30", "地点", "二楼会议室"),
            ("主持人", "蒋燕博", "记录人", "姚娜"),
            ("参会人员", "蒋燕博、姚娜、顾晓", "缺席人员", "无"),
        ]
        cells = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
        minutes = read(extract_text(pdf(f"<table style='font-size: 10pt' border=1>{cells}</table>"), "a.pdf"))

        assert (minutes.date, minutes.start_time) == (date(2026, 9, 15), clock(14, 30))
        assert (minutes.place, minutes.chair, minutes.recorder) == ("二楼会议室", "蒋燕博", "姚娜")
        assert minutes.attendees == ["蒋燕博", "姚娜", "顾晓"]

    @pytest.mark.parametrize(("name", "kind"), [("扫描.jpg", "JPEG"), ("扫描.png", "PNG"), ("扫描.JPEG", "JPEG")])
    def test_scan_gives_no_text_and_a_hint(self, name, kind):
        stream = io.BytesIO()
        Image.new("RGB", (20, 20), "white").save(stream, kind)

        text = extract_text(stream.getvalue(), name)
        minutes = read(text)

        assert text == ""
        assert minutes.attendees == []
        assert minutes.hints == ["文件里没有可以读取的文字（可能是扫描件或照片），请对照原件填写。"]

    def test_text_is_cut_at_the_limit_and_says_so(self):
        text = extract_text(running(SAMPLE + "\n" + "讨论" * MAX_TEXT), "a.docx")

        assert len(text) == MAX_TEXT
        assert any("文字太长" in hint for hint in read(text).hints)


class TestHostileFiles:
    """What cannot or must not be read is refused in one clear Chinese sentence."""

    @pytest.mark.parametrize(
        ("data", "name", "message"),
        [
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "记录.doc", "另存为 .docx"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "记录.docx", "密码"),
            (b"PK\x03\x04", "记录.xlsx", "只能读取"),
            (b"", "记录.docx", "不是 .docx 格式"),
            (b"<html>", "记录.pdf", "不是 .pdf 格式"),
            (b"MZ\x90\x00", "记录.png", "不是 .png 格式"),
            (b"PK\x03\x04broken", "记录.docx", "损坏"),
            (b"%PDF-1.7\nbroken", "记录.pdf", "损坏"),
            (b"x", "记录", "只能读取"),
        ],
    )
    def test_refused(self, data, name, message):
        with pytest.raises(Unreadable, match=message):
            extract_text(data, name)

    def test_zip_without_a_document(self):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("a.txt", "x")
        with pytest.raises(Unreadable, match="损坏"):
            extract_text(stream.getvalue(), "a.docx")

    def test_zip_bomb_in_the_text(self):
        with pytest.raises(Unreadable, match="太大"):
            extract_text(rezipped(running("x"), document=b" " * 9 * 1024 * 1024), "a.docx")

    def test_zip_bomb_beside_the_text(self):
        with pytest.raises(Unreadable, match="太大"):
            extract_text(rezipped(running("x"), styles=b" " * 201 * 1024 * 1024), "a.docx")

    @pytest.mark.parametrize(
        "doctype",
        [
            b'<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><d>&b;</d>',
            b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>',
            b'<!DOCTYPE d SYSTEM "http://example.invalid/d.dtd"><d/>',
        ],
    )
    def test_dtd_and_entities(self, doctype):
        with pytest.raises(Unreadable, match="DTD"):
            extract_text(rezipped(running("x"), document=doctype), "a.docx")

    def test_elements_nested_without_end(self):
        deep = b"<d><body>" + b"<p>" * 50_000 + b"</p>" * 50_000 + b"</body></d>"
        with pytest.raises(Unreadable, match="损坏"):
            extract_text(rezipped(running("x"), document=deep), "a.docx")

    def test_encrypted_pdf(self):
        writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf("<p>时间</p>"))))
        writer.encrypt("secret", algorithm="AES-256")
        stream = io.BytesIO()
        writer.write(stream)
        with pytest.raises(Unreadable, match="密码"):
            extract_text(stream.getvalue(), "a.pdf")

    def test_pdf_of_201_pages(self):
        writer = PdfWriter()
        for _ in range(201):
            writer.add_blank_page(595, 842)
        stream = io.BytesIO()
        writer.write(stream)
        with pytest.raises(Unreadable, match="200 页"):
            extract_text(stream.getvalue(), "a.pdf")

    @pytest.mark.parametrize(
        "text", ["：" * 5000, "（" * 5000, "时间：" * 5000, "一 " * 5000, "应到" * 5000, "由" * 5000, "\x00\ud800"]
    )
    def test_any_text_is_read_without_an_error_and_without_hanging(self, text):
        started = time.process_time()
        read(f"参加人员：{text}\n请假人员：{text}\n时间：{text}\n{text}")

        assert time.process_time() - started < HANGS

    @pytest.mark.parametrize("blank", [" ", "\t", "\u3000", "\xa0", "_", "\u2003", " \n", "_\n"])
    def test_sixteen_times_as_many_blanks_take_about_sixteen_times_as_long(self, blank):
        """256 times as long would stop a worker; how fast the machine is, and how busy, does not matter."""

        def cost(count):
            text = f"应到{blank * count}x"
            file = running(f"a{blank.strip(chr(10)) * (count if len(blank) == 1 else 1)}x")
            started = time.process_time()
            extract_text(file, "a.docx")
            read(text)
            read(f"时间：{blank * count}\n参加人员：{blank * count}\n会议内容：{blank * count}")
            return time.process_time() - started

        assert min(cost(200_000) for _ in range(2)) < 64 * max(min(cost(12_500) for _ in range(2)), 0.02)

    @settings(deadline=None, max_examples=60)
    @given(st.sampled_from(PATTERNS), st.text("a1一十人、（ ：\t等同志应到年月2.：。", min_size=1, max_size=6))
    def test_no_pattern_hangs_on_any_text_repeated(self, pattern, unit):
        text = cleaned(f"a{unit * 2000}x")[:4000]
        started = time.process_time()
        for _ in pattern.finditer(text):
            pass

        assert time.process_time() - started < HANGS

    @settings(deadline=None, max_examples=300)
    @given(st.lists(st.sampled_from(PIECES)).map("".join))
    def test_no_text_raises(self, text):
        minutes = read(text)

        assert minutes.hints
        assert "" not in minutes.attendees


class TestLayouts:
    """The ways offices write minutes."""

    def test_handwritten_style_with_spaces_and_full_width(self):
        minutes = read(
            "建设社区第一党支部\n支 委 会 会 议 记 录\n时  间：２０２６ 年 ９ 月 15 日下午2:30\n地　点：社区会议室\n"
            "主 持 人：张　三\n记 录 人：李 四 光\n出席人员：张 三、李 四 光、王 五\n列席人员：赵六（街道党建办）\n"
            "缺 席：无\n议题：1.研究发展党员工作；2.讨论三季度安排\n会议内容：\n略"
        )

        assert minutes.organization_text == "建设社区第一党支部"
        assert minutes.kind == "支部委员会"
        assert (minutes.date, minutes.start_time) == (date(2026, 9, 15), clock(14, 30))
        assert (minutes.place, minutes.chair, minutes.recorder) == ("社区会议室", "张三", "李四光")
        assert minutes.attendees == ["张三", "李四光", "王五"]
        assert minutes.observers == ["赵六"]
        assert minutes.absent == []
        assert minutes.topic == "1.研究发展党员工作；2.讨论三季度安排"
        assert minutes.content == "略"

    def test_several_fields_in_one_line(self):
        minutes = read(
            "第三季度党课记录\n会议时间：2026.9.8上午9时30分   地点：三楼会议室    主讲人：蒋燕博\n"
            "主持：姚娜；记录：顾晓\n学习内容：弘扬优良作风\n应到会党员十二人，实到十人，请假2人\n"
            "到会人员：甲乙 丙丁 戊己\n请假：苏子 出差；李明因病住院\n主要内容：\n讲课。"
        )

        assert minutes.kind == "党课"
        assert (minutes.date, minutes.start_time) == (date(2026, 9, 8), clock(9, 30))
        assert (minutes.place, minutes.lecturer) == ("三楼会议室", "蒋燕博")
        assert (minutes.chair, minutes.recorder, minutes.topic) == ("姚娜", "顾晓", "弘扬优良作风")
        assert (minutes.expected, minutes.present_count) == (12, 10)
        assert minutes.attendees == ["甲乙", "丙丁", "戊己"]
        assert minutes.leave == [("苏子", "出差"), ("李明", "因病住院")]
        assert minutes.content == "讲课。"
        assert "实到 10 人，名单里有 3 人，请核对。" in minutes.hints

    def test_numbered_labels_and_numbered_topics(self):
        minutes = read(
            "党小组会记录\n一、会议时间：9月28日晚上7点半\n二、会议地点：小区凉亭\n三、参会人员：蒋燕博,姚娜;顾晓\n"
            "四、会议议程：\n（一）学习文件\n（二）讨论评议\n五、会议内容：\n（一）学习文件。大家发言。\n六、形成决议：同意。"
        )

        assert minutes.kind == "党小组会"
        assert (minutes.date, minutes.start_time) == (date(2026, 9, 28), clock(19, 30))
        assert minutes.place == "小区凉亭"
        assert minutes.attendees == ["蒋燕博", "姚娜", "顾晓"]
        assert minutes.topic == "学习文件；讨论评议"
        assert minutes.content == "（一）学习文件。大家发言。"
        assert minutes.resolution == "同意。"

    def test_labels_without_colon(self):
        minutes = read("时间  2026-9-15 14:30\n地点\n二楼会议室\n主持人 蒋燕博  记录人 姚娜\n出席人员 蒋燕博 姚娜 顾晓")

        assert (minutes.date, minutes.start_time) == (date(2026, 9, 15), clock(14, 30))
        assert (minutes.place, minutes.chair, minutes.recorder) == ("二楼会议室", "蒋燕博", "姚娜")
        assert minutes.attendees == ["蒋燕博", "姚娜", "顾晓"]

    def test_told_as_a_story(self):
        minutes = read(
            "东风社区第二党支部开展主题党日活动\n2026年9月15日下午，东风社区第二党支部在社区二楼会议室召开党员大会，"
            "会议由支部书记蒋燕博同志主持，姚娜记录。应到党员6名，实到5名。\n会上学习了文件。"
        )

        assert (minutes.date, minutes.start_time, minutes.place) == (date(2026, 9, 15), None, "社区二楼会议室")
        assert (minutes.chair, minutes.recorder) == ("蒋燕博", "姚娜")
        assert (minutes.expected, minutes.present_count) == (6, 5)
        assert minutes.kind == "主题党日"
        assert minutes.content.endswith("会上学习了文件。")
        assert "没有找到参加人员，请填写。" in minutes.hints

    def test_people_quoted_in_the_record_are_not_fields(self):
        minutes = read(
            "主持人：蒋燕博\n会议内容：\n主持人：下面开会。\n姚娜：我完全同意。\n时间：抓紧。\n决议：通过。\n"
            "记录人签字：姚娜    2026年9月15日"
        )

        assert minutes.chair == "蒋燕博"
        assert minutes.content.startswith("主持人：下面开会。\n姚娜：我完全同意。")
        assert minutes.resolution == "通过。"
        assert minutes.recorder == "姚娜"
        assert minutes.date is None

    def test_title_over_two_lines_and_committee_called_in_full(self):
        minutes = read("中共和平街道东风社区第二支部委员会\n支部党员大会会议记录\n时间：2026/9/15")

        assert minutes.kind == "支部党员大会"
        assert minutes.organization_text == "中共和平街道东风社区第二支部委员会"

    def test_committee_meeting_of_a_branch_called_in_full(self):
        minutes = read("中共和平街道东风社区第二支部委员会会议记录\n时间：2026/9/15")

        assert minutes.kind == "支部委员会"
        assert minutes.organization_text == "中共和平街道东风社区第二支部委员会"

    def test_form_with_organisation_and_ticked_kind(self):
        minutes = read(
            "三会一课记录表\n党支部名称：建设社区第一党支部\n会议类型：□支部党员大会 √支委会 □党课\n"
            "开会日期：2026年9月1日"
        )

        assert minutes.organization_text == "建设社区第一党支部"
        assert minutes.kind == "支部委员会"
        assert minutes.date == date(2026, 9, 1)

    def test_blanks_filled_in_on_underscores(self):
        minutes = read("活动时间：_2026_年_9_月_15_日\n应到_12_人，实到_12_人\n活动地点：__会议室__")

        assert (minutes.date, minutes.expected, minutes.place) == (date(2026, 9, 15), 12, "会议室")

    def test_time_and_place_in_one_field(self):
        minutes = read("时间、地点：2026年9月15日下午三点一刻，社区会议室\n主持人：蒋燕博")

        assert (minutes.date, minutes.start_time, minutes.place) == (date(2026, 9, 15), clock(15, 15), "社区会议室")

    def test_list_with_groups_titles_and_total(self):
        minutes = read("参加党员：支委：蒋燕博书记、姚娜（组织委员）；党员：顾晓同志、梁文志等12人\n记录人：姚娜")

        assert minutes.attendees == ["蒋燕博", "姚娜", "顾晓", "梁文志"]
        assert minutes.present_count == 12
        assert "实到 12 人，名单里有 4 人，请核对。" in minutes.hints

    def test_roll_over_several_lines_ends_where_prose_begins(self):
        minutes = read("主题党日\n出席：蒋燕博、姚娜\n顾晓、梁文志\n会上，大家一起学习了文件，并作了讨论。")

        assert minutes.attendees == ["蒋燕博", "姚娜", "顾晓", "梁文志"]
        assert minutes.content == "会上，大家一起学习了文件，并作了讨论。"

    def test_labels_put_together_freely(self):
        minutes = read(
            "参加学习人员签名：蒋燕博、姚娜\n学习方式：观看影片\n缺席党员名单及原因：苏子：出差\n李明：生病\n"
            "列席会议领导：赵云\n活动内容及过程：观影。\n备注：无"
        )

        assert minutes.attendees == ["蒋燕博", "姚娜"]
        assert minutes.leave == [("苏子", "出差"), ("李明", "生病")]
        assert minutes.observers == ["赵云"]
        assert minutes.content == "观影。"

    def test_everybody_is_not_a_name(self):
        minutes = read("参加人员：全体党员\n时间：2026年9月15日")

        assert minutes.attendees == []
        assert minutes.everyone

    def test_absent_with_and_without_reason(self):
        minutes = read(
            "缺席人员及原因：苏子（出差）、李明、王强（无故）\n请假人员：无\n实到人员：蒋燕博（线上）、赵云（请假）"
        )

        assert minutes.leave == [("苏子", "出差"), ("赵云", "")]
        assert minutes.absent == ["李明", "王强"]
        assert minutes.attendees == ["蒋燕博"]
        assert any("写在“缺席”一栏" in hint for hint in minutes.hints)

    @pytest.mark.parametrize(
        ("written", "leave"),
        [
            ("苏子出差，李明因病", [("苏子", "出差"), ("李明", "因病")]),
            ("苏子：出差；李明：生病", [("苏子", "出差"), ("李明", "生病")]),
            ("苏子、李明（均出差）", [("苏子", "出差"), ("李明", "出差")]),
            ("2人：苏子（病假）李明（事假）", [("苏子", "病假"), ("李明", "事假")]),
            ("苏子，外出培训", [("苏子", "外出培训")]),
            ("无", []),
            ("/", []),
            ("", []),
        ],
    )
    def test_leave(self, written, leave):
        assert read(f"请假人员：{written}\n记录人：姚娜").leave == leave

    @pytest.mark.parametrize(
        ("written", "names"),
        [
            ("张 三 李 四", ["张三", "李四"]),
            ("张　三　　李四光　　王　五", ["张三", "李四光", "王五"]),
            ("欧阳 锋、王 小 明", ["欧阳锋", "王小明"]),
            ("阿依古丽·买买提、古力扎尔•艾山", ["阿依古丽·买买提", "古力扎尔·艾山"]),
            ("张三,李四;王五\t赵六\n孙七", ["张三", "李四", "王五", "赵六", "孙七"]),
            ("1.张三 2.李四", ["张三", "李四"]),
            ("张三、李四等同志", ["张三", "李四"]),
        ],
    )
    def test_names(self, written, names):
        assert read(f"参加人员：{written}\n记录人：姚娜").attendees == names

    @pytest.mark.parametrize(
        ("written", "day", "start"),
        [
            ("二〇二六年九月十五日", date(2026, 9, 15), None),
            ("26年9月15日", date(2026, 9, 15), None),
            ("20260915", date(2026, 9, 15), None),
            ("2026-09-15 09:00-11:00", date(2026, 9, 15), clock(9)),
            ("9月15日中午12点", date(2026, 9, 15), clock(12)),
            ("10月10日", date(2026, 10, 10), None),
            ("10月11日", date(2025, 10, 11), None),
            ("2月29日", date(2024, 2, 29), None),
            ("2026年9月15日（星期二）下午十四时三十分", date(2026, 9, 15), clock(14, 30)),
            ("2026年13月40日", None, None),
            ("2026年9月", None, None),
        ],
    )
    def test_when(self, written, day, start):
        minutes = read(f"时间：{written}\n地点：会议室")

        assert (minutes.date, minutes.start_time) == (day, start)
        assert any("读不出哪一天" in hint for hint in minutes.hints) == (day is None)

    def test_hour_without_half_of_day_is_asked_about(self):
        minutes = read("时间：9月15日 3:00")

        assert minutes.start_time is None
        assert "开始时间“3:00”看不出上午还是下午，请填写。" in minutes.hints

    def test_future_date_is_asked_about(self):
        assert "会议日期 2027-09-15 晚于今天，请核对。" in read("时间：2027年9月15日").hints

    @pytest.mark.parametrize(
        ("title", "kind"),
        [
            ("党员大会会议记录", "支部党员大会"),
            ("支部委员会会议记录", "支部委员会"),
            ("9月主题党日（参观见学）活动记录", "主题党日"),
            ("专题组织生活会记录", "组织生活会"),
            ("民主评议党员大会记录", ""),
            ("民主评议党员会议记录", "民主评议"),
            ("以案促改警示教育会记录", "警示教育(以案促改)"),
            ("第三季度党建联席会议纪要", "党建联席会议"),
            ("理论学习中心组学习会", "理论中心组学习"),
            ("社区读书会", "读书活动"),
            ("主题党日暨党课记录", ""),
            ("会议记录", ""),
        ],
    )
    def test_kind(self, title, kind):
        minutes = read(f"{title}\n时间：2026年9月15日")

        assert minutes.kind == kind
        assert any("活动类型" in hint for hint in minutes.hints) == (kind == "")

    def test_counts_that_do_not_add_up(self):
        hints = read("应到6人，实到5人，请假2人\n参加人员：蒋燕博、姚娜、顾晓、梁文志\n请假人员：苏子").hints

        assert "实到 5 人，名单里有 4 人，请核对。" in hints
        assert "请假和缺席写的是 2 人，名单里有 1 人，请核对。" in hints

    def test_expected_and_present_with_a_slash(self):
        minutes = read("应到/实到：12/10")

        assert (minutes.expected, minutes.present_count) == (12, 10)

    def test_what_is_missing_is_named(self):
        hints = read("随便写的一段话。").hints

        for name in ("活动类型", "会议时间", "党组织", "地点", "主持人", "记录人", "参加人员", "主题或议题"):
            assert any(name in hint for hint in hints), name

    def test_sections(self):
        assert sections_of("标题\n时间：今天\n地点：这里\n又一句话。") == {
            "title": "标题",
            "when": "今天",
            "place": "这里",
            "rest": "又一句话。",
        }


class TestRoster:
    ROSTER = [(1, "蒋燕博"), (2, "姚娜"), (3, "顾晓"), (4, "张伟"), (5, "张伟"), (6, "苏子"), (7, "高等"), (8, "曾毅")]

    def test_titles_spaces_and_et_cetera_are_stripped(self):
        result = match_roster(["蒋 燕博", "姚娜同志", "书记顾晓", "高等", "苏子等"], self.ROSTER)

        assert result.matched == {"蒋 燕博": 1, "姚娜同志": 2, "书记顾晓": 3, "高等": 7, "苏子等": 6}
        assert (result.namesakes, result.near, result.unknown) == ({}, {}, [])

    def test_namesakes_are_left_to_a_person(self):
        result = match_roster(["张伟", "张伟"], self.ROSTER)

        assert result.namesakes == {"张伟": [4, 5]}
        assert result.matched == {}

    @pytest.mark.parametrize(
        ("written", "member"),
        [
            ("江雁博", (1, "蒋燕博")),
            ("蒋燕伯", (1, "蒋燕博")),
            ("蒋燕", (1, "蒋燕博")),
            ("增义", (8, "曾毅")),
            ("姚那", (2, "姚娜")),
        ],
    )
    def test_near_names_are_asked_about_never_assumed(self, written, member):
        result = match_roster([written], self.ROSTER)

        assert result.near[written][0] == member
        assert (result.matched, result.unknown) == ({}, [])

    def test_stranger_is_unknown(self):
        result = match_roster(["欧阳锋", "无", ""], self.ROSTER)

        assert result.unknown == ["欧阳锋"]
        assert result.near == {}

    def test_three_hundred_members_are_compared_without_hanging(self):
        roster = [(i, chr(0x4E00 + i) + chr(0x5E00 + i * 7) + "明") for i in range(300)]
        started = time.process_time()
        match_roster([chr(0x8000 + i) + "小军" for i in range(50)], roster)

        assert time.process_time() - started < HANGS


class TestOrganization:
    STREET = [
        (1, "和平街道党工委", ""),
        (2, "东风社区党委", "东风党委"),
        (3, "东风社区第一党支部", "东风一支部"),
        (4, "东风社区第二党支部", ""),
        (5, "东风社区第十二党支部", ""),
        (6, "建设社区第一党支部", "建设一支部"),
        (7, "宏达公司联合党支部", "宏达联合支部"),
        (8, "东风社区党总支", ""),
    ]

    @pytest.mark.parametrize(
        ("text", "organization"),
        [
            ("东风社区第二党支部支部党员大会会议记录", 4),
            ("东风社区第二党支部支部委员会会议记录", 4),
            ("中共和平街道东风社区第二支部委员会", 4),
            ("中共和平街道工作委员会东风社区党委第二党支部", 4),
            ("东风社区第2支部", 4),
            ("东风社区第12党支部", 5),
            ("东风第二党支部", 4),
            ("东风 社区\n第二党支部", 4),
            ("东风一支部党员大会", 3),
            ("宏达公司联合支部主题党日", 7),
            ("中共东风社区委员会", 2),
            ("东风社区党委理论学习中心组", 2),
            ("东风社区总支部委员会", 8),
            ("中共和平街道工作委员会", 1),
            ("东风社区第一党支部、建设社区第一党支部共建活动", None),
            ("第一党支部", None),
            ("幸福社区第二党支部", None),
            ("", None),
        ],
    )
    def test_name_in_a_text(self, text, organization):
        assert match_organization(text, self.STREET) == organization

    def test_title_comes_before_the_body(self):
        text = "东风社区第二党支部会议记录\n" + "内容\n" * 6 + "向建设社区第一党支部学习"

        assert match_organization(text, self.STREET) == 4

    def test_same_name_twice_is_ambiguous(self):
        assert match_organization("第一党支部会议记录", [(1, "第一党支部", ""), (2, "第一党支部", "")]) is None

"""A finished report as Word, PDF, page and JSON: what a reader of each file sees."""

import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from pypdf import PdfReader

from reports import official
from reports.bars import charts
from reports.document import Annex, Column, Division, Evidence, Figure, Report, Row, Statement, chinese_numeral, to_json
from reports.layout import title_lines
from reports.official import evidence_pdf, to_html, to_pdf, write
from reports.word import evidence_docx, to_docx

A4_TWIPS = (11906, 16838)
HOSTILE = "<b>&\"'\x00\x07\x1b\ud800\ufffe\u202e]]>" + "长" * 200 + "W" * 200


def figure(text="359", code="members.total", **changes):
    values = {
        "text": text,
        "value": Decimal(text.rstrip("%")),
        "code": code,
        "title": "党员总数",
        "unit": "名",
        "url": f"/ledgers/members/?fact={code}",
        "source": "党员花名册",
        "filter": "和平街道 · 2026-07-01 至 2026-09-30 · 在册",
        "count": 359,
        "formula": "",
    }
    return Figure(**values | changes)


RATE = figure(
    "91.7%", "attendance.rate", title="到会率", unit="%", source="考勤台账", count=None, formula="出席 1019 ÷ 应到 1111"
)


def statement(*parts, kind="paragraph", **changes):
    return Statement("key", parts, kind, **changes)


def section(*statements, topic="", number="一", title="基本情况"):
    if topic:
        return Division("a", number, title, (), (Division("b", "（一）", topic, statements),))
    return Division("a", number, title, statements)


def report(*statements, title="关于和平街道基层党建工作情况的调研报告", topic="", **changes):
    values = {
        "title": title,
        "organization": "中共和平街道工作委员会",
        "organization_code": "HP",
        "period": "2026Q3",
        "period_label": "2026年第三季度",
        "made_at": datetime(2026, 10, 10, 1, 12, tzinfo=UTC),
        "signed_by": "李示例",
        "signed_on": date(2026, 10, 15),
        "draft": False,
        "sections": (section(*statements, topic=topic),),
    }
    return Report(**values | changes)


MEASURES = Annex(
    "measures",
    "责任清单",
    (Column("number", "序号", 20), Column("measure", "措施", 136)),
    (Row(("1", "召开大会"), "/x/"),),
)

TWO_FIGURES = (
    statement("现有党员", figure(), "名，到会率", RATE, "。"),
    statement("党员", figure(), "名均已编入支部。"),
)


def read(source):
    return Document(io.BytesIO(to_docx(source)))


def part(source, name):
    return zipfile.ZipFile(io.BytesIO(to_docx(source))).read(name).decode()


def paragraphs(document):
    return [paragraph.text for paragraph in document.paragraphs]


def pdf_text(source):
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(to_pdf(source))).pages)


class TestFigures:
    def test_are_numbered_as_they_appear_and_a_repeated_one_keeps_its_number(self):
        assert [(number, one.code) for number, one in report(*TWO_FIGURES).figures()] == [
            (1, "members.total"),
            (2, "attendance.rate"),
            (1, "members.total"),
        ]

    @pytest.mark.parametrize("change", [{"code": "members.full"}, {"url": "/ledgers/other/"}, {"text": "358"}])
    def test_that_differ_get_numbers_of_their_own(self, change):
        other = replace(figure(), **change)
        assert [number for number, _ in report(statement(figure(), other)).figures()] == [1, 2]


class TestJson:
    def test_lists_sections_statements_and_figures(self):
        data = json.loads(json.dumps(to_json(report(*TWO_FIGURES, topic="党员"))))
        assert (data["title"], data["organization"], data["period"], data["made_at"]) == (
            "关于和平街道基层党建工作情况的调研报告",
            "中共和平街道工作委员会",
            "2026Q3",
            "2026-10-10T09:12:00+08:00",
        )
        one = data["sections"][0]
        assert (one["number"], one["title"], one["statements"]) == ("一", "基本情况", [])
        heading = one["headings"][0]
        assert (heading["number"], heading["title"], heading["points"]) == ("（一）", "党员", [])
        first = heading["statements"][0]
        assert (first["key"], first["kind"], first["edited"]) == ("key", "paragraph", False)
        assert first["text"] == "现有党员359名，到会率91.7%。"
        assert first["figures"][1] == {
            "code": "attendance.rate",
            "title": "到会率",
            "text": "91.7%",
            "value": 91.7,
            "unit": "%",
            "url": "/ledgers/members/?fact=attendance.rate",
            "source": "考勤台账",
            "filter": "和平街道 · 2026-07-01 至 2026-09-30 · 在册",
            "count": None,
            "formula": "出席 1019 ÷ 应到 1111",
        }

    def test_says_whom_it_goes_to_and_who_signed(self):
        data = to_json(report(to="区委", as_of=date(2026, 9, 30), lead=(statement("近期。"),)))
        assert (data["to"], data["as_of"], data["draft"]) == ("区委", "2026-09-30", False)
        assert [one["text"] for one in data["lead"]] == ["近期。"]
        assert data["signature"] == {"by": "中共和平街道工作委员会", "on": "2026-10-15", "signer": "李示例"}

    def test_lists_the_annexes_with_their_rows(self):
        data = to_json(report(*TWO_FIGURES, annexes=(MEASURES,)))
        assert [(one["kind"], len(one["rows"])) for one in data["annexes"]] == [("evidence", 2), ("measures", 1)]
        assert data["annexes"][0]["rows"][0]["title"] == "党员总数"
        assert data["annexes"][1]["rows"] == [{"number": "1", "measure": "召开大会", "url": "/x/"}]
        assert to_json(report(*TWO_FIGURES, rests_on=False))["annexes"] == []

    def test_a_whole_decimal_is_an_integer(self):
        value = to_json(report(statement(figure())))["sections"][0]["statements"][0]["figures"][0]["value"]
        assert value == 359
        assert isinstance(value, int)

    def test_carries_the_evidence_of_a_statement(self):
        data = to_json(report(statement("未召开。", evidence=(Evidence("第一党支部", "/organizations/1/"),))))
        assert data["sections"][0]["statements"][0]["evidence"] == [{"label": "第一党支部", "url": "/organizations/1/"}]


class TestWordPage:
    def test_is_a4_with_the_type_area_of_the_standard(self):
        section = read(report()).sections[0]
        assert (section.page_width.mm, section.page_height.mm) == pytest.approx((210, 297), abs=0.05)
        assert (section.top_margin.mm, section.left_margin.mm) == pytest.approx((37, 28), abs=0.05)
        assert (section.right_margin.mm, section.bottom_margin.mm) == pytest.approx((26, 35), abs=0.05)

    def test_holds_22_lines_of_28_characters(self):
        document = read(report())
        section, grid = document.sections[0], document.sections[0]._sectPr.find(qn("w:docGrid"))
        assert grid.get(qn("w:type")) == "linesAndChars"
        line = int(grid.get(qn("w:linePitch"))) / 20
        character = 16 + int(grid.get(qn("w:charSpace"))) / 4096
        height = section.page_height.pt - section.top_margin.pt - section.bottom_margin.pt
        wide = section.page_width.pt - section.left_margin.pt - section.right_margin.pt
        assert line == 28.95
        assert (int(height // line), int(wide // character)) == (22, 28)
        body = document.styles["Body Text"].element.rPr
        squeezed = 16 + int(body.find(qn("w:spacing")).get(qn("w:val"))) / 20
        assert int(wide // squeezed) == 28

    def test_numbers_odd_pages_at_the_right_and_even_ones_at_the_left(self):
        document = read(report())
        assert document.settings.odd_and_even_pages_header_footer
        section = document.sections[0]
        for footer, alignment, side in (
            (section.footer, WD_ALIGN_PARAGRAPH.RIGHT, "right"),
            (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT, "left"),
        ):
            paragraph = footer.paragraphs[0]
            assert paragraph.text == "— 1 —"
            assert paragraph.alignment == alignment
            assert paragraph._p.pPr.find(qn("w:ind")).get(qn(f"w:{side}Chars")) == "100"
            assert [field.text for field in paragraph._p.iter(qn("w:instrText"))] == [" PAGE "]
            assert [one.get(qn("w:fldCharType")) for one in paragraph._p.iter(qn("w:fldChar"))] == [
                "begin",
                "separate",
                "end",
            ]

    @pytest.mark.parametrize(
        ("style", "font", "size", "indent"),
        [
            ("Title", "方正小标宋简体", 22, "0"),
            ("Normal", "仿宋_GB2312", 16, "0"),
            ("Body Text", "仿宋_GB2312", 16, "200"),
            ("Heading 1", "黑体", 16, "200"),
            ("Heading 2", "楷体_GB2312", 16, "200"),
            ("Heading 3", "仿宋_GB2312", 16, "200"),
            ("Footer", "宋体", 14, "0"),
        ],
    )
    def test_styles_are_those_of_the_standard(self, style, font, size, indent):
        element = read(report()).styles[style].element
        fonts = element.rPr.find(qn("w:rFonts"))
        assert {fonts.get(qn(f"w:{kind}")) for kind in ("ascii", "hAnsi", "eastAsia")} == {font}
        assert not [name for name in fonts.attrib if "Theme" in name]
        assert element.rPr.find(qn("w:sz")).get(qn("w:val")) == str(size * 2)
        assert element.pPr.find(qn("w:ind")).get(qn("w:firstLineChars")) == indent
        assert element.pPr.find(qn("w:spacing")).get(qn("w:lineRule")) == "exact"
        assert element.pPr.find(qn("w:kinsoku")) is not None

    def test_names_what_stands_in_for_a_missing_font(self):
        table = part(report(), "word/fontTable.xml")
        assert '<w:font w:name="仿宋_GB2312"><w:altName w:val="仿宋"/>' in table
        assert '<w:font w:name="方正小标宋简体"><w:altName w:val="FZXiaoBiaoSong-B05S"/>' in table


class TestWordText:
    def test_reads_like_a_document(self):
        document = read(report(*TWO_FIGURES, topic="党员队伍", to="区委"))
        assert [(one.style.name, one.text) for one in document.paragraphs][:9] == [
            ("Title", "关于和平街道基层党建工作情况的调研报告"),
            ("Subtitle", "（2026年第三季度）"),
            ("主送", "区委："),
            ("Heading 1", "一、基本情况"),
            ("Heading 2", "（一）党员队伍"),
            ("Body Text", "现有党员359名，到会率91.7%。"),
            ("Body Text", "党员359名均已编入支部。"),
            ("Body Text", "附件：数据依据表（另册）"),
            ("落款", "中共和平街道工作委员会"),
        ]
        assert "w:hyperlink" not in part(report(*TWO_FIGURES), "word/document.xml")

    def test_a_point_runs_in_with_its_title_in_bold(self):
        point = Division("p", "一是", "加强学习教育", (statement("组织学习", figure("4"), "次。"),))
        heading = Division("h", "（一）", "突出基础工作", (), (point,))
        document = read(report(sections=(Division("s", "二", "主要做法", (), (heading,)),)))
        paragraph = next(one for one in document.paragraphs if one.text.startswith("一是"))
        assert paragraph.text == "一是加强学习教育。组织学习4次。"
        assert "".join(run.text for run in paragraph.runs if run.bold) == "一是加强学习教育。"

    def test_a_measure_runs_in_with_its_lead_and_has_no_number(self):
        source = report(*(statement(f"开好会{n}。某支部于12月1日前召开。", kind="measure") for n in "甲乙"))
        texts = [one.text for one in read(source).paragraphs if one.text.startswith("开好会")]
        assert texts == ["开好会甲。某支部于12月1日前召开。", "开好会乙。某支部于12月1日前召开。"]

    def test_items_are_counted_and_open_with_their_sentence_in_bold(self):
        long_lead = "字" * 28 + "。"
        source = report(
            statement("会议未按季召开。", figure("4"), "个支部未召开。", kind="item"),
            statement("任期届满未换届。", kind="item"),
            statement(long_lead, "其余。", kind="item"),
        )
        items = read(source).paragraphs[3:6]
        assert [item.text for item in items] == [
            "一是会议未按季召开。4个支部未召开。",
            "二是任期届满未换届。",
            f"三是{long_lead}其余。",
        ]
        bold = ["".join(run.text for run in item.runs if run.bold) for item in items]
        assert bold == ["一是会议未按季召开。", "二是", "三是"]
        assert read(replace(source, length="full")).paragraphs[3].text.startswith("1.会议")

    def test_who_gets_a_copy_stands_at_the_end(self):
        last = read(report(copies="各社区党委")).paragraphs[-1]
        assert (last.style.name, last.text) == ("抄送", "抄送：各社区党委")

    def test_a_single_item_has_no_number(self):
        assert "只此一条。" in paragraphs(read(report(statement("只此一条。", kind="item"))))

    def test_a_note_says_that_it_is_one(self):
        document = read(report(statement("含补录2条。", kind="note"), statement("（另附）", kind="note")))
        assert [(one.style.name, one.text) for one in document.paragraphs[3:5]] == [
            ("附注", "注：含补录2条。"),
            ("附注", "（另附）"),
        ]

    def test_a_line_break_starts_a_new_paragraph(self):
        document = read(report(statement("第一段。\r\n\r\n第二段", figure(), "名。")))
        assert paragraphs(document)[3:5] == ["第一段。", "第二段359名。"]

    def test_is_signed_with_name_and_date(self):
        name, dated = [one for one in read(report()).paragraphs if one.style.name == "落款"]
        assert (name.text, dated.text) == ("中共和平街道工作委员会", "2026年10月15日")
        right = [one._p.pPr.find(qn("w:ind")).get(qn("w:rightChars")) for one in (name, dated)]
        assert right == ["200", "400"]  # 11 characters centred over 7 that end 4 from the margin

    @pytest.mark.parametrize("change", [{"draft": True}, {"signed_on": None}])
    def test_a_draft_says_so_and_has_no_date(self, change):
        texts = paragraphs(read(report(**change)))
        assert "（草稿，未签发）" in texts
        assert "2026年10月15日" not in texts

    def test_properties_name_the_report(self):
        properties = read(report(title="长" * 300)).core_properties
        assert (properties.title, properties.author) == ("长" * 255, "中共和平街道工作委员会")
        assert properties.created == datetime(2026, 10, 10, 1, 12, tzinfo=UTC)
        assert properties.comments == ""

    def test_the_same_report_gives_the_same_bytes(self):
        assert to_docx(report(*TWO_FIGURES)) == to_docx(report(*TWO_FIGURES))


class TestAnnex:
    def test_the_evidence_is_a_file_of_its_own_with_a_row_for_each_figure(self):
        source = report(*TWO_FIGURES)
        assert read(source).tables == []
        (table,) = Document(io.BytesIO(evidence_docx(source))).tables
        assert [[cell.text for cell in row.cells] for row in table.rows] == [
            ["序号", "指标", "数值", "来源台账", "取数条件", "行数"],
            ["1", "党员总数", "359 名", "党员花名册", "和平街道 · 2026-07-01 至 2026-09-30 · 在册", "359"],
            [
                "2",
                "到会率",
                "91.7%",
                "考勤台账",
                "和平街道 · 2026-07-01 至 2026-09-30 · 在册\n出席 1019 ÷ 应到 1111",
                "—",
            ],
        ]

    def test_ends_with_when_the_report_was_made(self):
        document = Document(io.BytesIO(evidence_docx(report(*TWO_FIGURES))))
        assert document.paragraphs[-1].text == (
            "本报告由台账数据生成，生成时间：2026年10月10日 09:12。签发人：李示例。"
        )

    def test_is_a_fixed_table_whose_head_is_repeated_and_whose_rows_stay_whole(self):
        (table,) = Document(io.BytesIO(evidence_docx(report(*TWO_FIGURES)))).tables
        assert table._tbl.tblPr.find(qn("w:tblLayout")).get(qn("w:type")) == "fixed"
        widths = [int(column.get(qn("w:w"))) for column in table._tbl.tblGrid]
        assert sum(widths) == pytest.approx(156 / 25.4 * 1440, abs=6)
        properties = [row._tr.trPr for row in table.rows]
        assert [one.find(qn("w:tblHeader")) is not None for one in properties] == [True, False, False]
        assert all(one.find(qn("w:cantSplit")) is not None for one in properties)

    def test_others_start_a_page_each_and_are_mentioned_by_number(self):
        document = read(report(*TWO_FIGURES, annexes=(MEASURES,)))
        texts = paragraphs(document)
        assert "附件：1.数据依据表（另册）" in texts
        assert "2.责任清单" in texts
        label = next(one for one in document.paragraphs if one.text == "附件2")
        assert label.style.element.pPr.find(qn("w:pageBreakBefore")) is not None
        (table,) = document.tables
        assert [cell.text for cell in table.rows[1].cells] == ["1", "召开大会"]

    def test_a_report_without_figures_says_so(self):
        document = Document(io.BytesIO(evidence_docx(report(statement("无数字。")))))
        assert document.tables == []
        assert "本报告没有引用台账数据。" in paragraphs(document)


BARS = Annex(
    "charts",
    "图表",
    tuple(Column(key, key, 39) for key in ("chart", "label", "shown", "value")),
    (
        Row(("到会率", "东风社区", "80%", "80.0"), "/x/"),
        Row(("到会率", "梅居社区", "40%", "40.0")),
        Row(("结构", "女", "0名", "0")),
    ),
)


class TestCharts:
    def test_bars_are_as_long_as_their_numbers(self):
        rates, structure = charts(BARS)
        assert [chart.title for chart in (rates, structure)] == ["到会率", "结构"]
        assert [(mark.label, mark.shown) for mark in rates.marks] == [("东风社区", "80%"), ("梅居社区", "40%")]
        assert rates.marks[0].length == 2 * rates.marks[1].length
        assert structure.marks[0].length == 0

    def test_word_holds_a_picture_of_each(self):
        document = read(report(*TWO_FIGURES, annexes=(BARS,)))
        assert len(document.inline_shapes) == 2
        assert "到会率" in paragraphs(document)
        assert document.tables == []

    def test_word_says_the_numbers_where_nothing_can_be_drawn(self, monkeypatch):
        monkeypatch.setattr("reports.word.picture", lambda chart: None)
        assert "东风社区 80%；梅居社区 40%" in paragraphs(read(report(*TWO_FIGURES, annexes=(BARS,))))

    def test_a_page_draws_them_with_links_and_without_style(self):
        html = to_html(report(*TWO_FIGURES, annexes=(BARS,)))
        assert html.count("<svg") == 2
        assert '<a href="/x/"><text' in html
        assert " style=" not in html


class TestPdf:
    def test_holds_text_and_page_numbers_on_a4(self):
        reader = PdfReader(io.BytesIO(to_pdf(report(*TWO_FIGURES))))
        assert [float(side) for side in reader.pages[0].mediabox[2:]] == pytest.approx([595.28, 841.89], abs=0.1)
        (first,) = (page.extract_text() for page in reader.pages)
        assert "一、基本情况" in first
        assert "现有党员359名，到会率91.7%。" in first
        assert "2026年10月15日" in first
        assert "— 1 —" in first
        assert "附件：数据依据表（另册）" in first
        assert reader.metadata.title == "关于和平街道基层党建工作情况的调研报告"

    def test_has_22_lines_of_28_characters(self):
        source = report(statement("字" * 3000))
        page = PdfReader(io.BytesIO(to_pdf(source))).pages[1].extract_text()
        lines = [line for line in page.splitlines() if "字" in line]
        assert [line.strip() for line in lines] == ["字" * 28] * 22

    def test_what_the_figures_rest_on_is_a_file_of_its_own(self):
        text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(evidence_pdf(report(*TWO_FIGURES)))).pages)
        assert "数据依据表" in text
        assert "出席 1019 ÷ 应到 1111" in text
        assert "基本情况" not in text

    def test_fetches_nothing(self):
        with pytest.raises(ValueError, match="不从外部取内容"):
            official.refuse("http://192.0.2.1/x.png")
        source = report(statement('<img src="http://192.0.2.1/x.png">'))
        assert '<img src="http://192.0.2.1/x.png">' in pdf_text(source)


class TestPage:
    def test_links_each_figure_to_its_rows_and_takes_css_from_the_portal(self):
        html = to_html(report(*TWO_FIGURES))
        assert '<link rel="stylesheet" href="/static/css/official.css">' in html
        assert re.search(r'<a class="num" href="/ledgers/members/\?fact=members.total"[^>]*>359</a>', html)
        assert "<style" not in html
        assert " style=" not in html
        assert "<script" not in html

    def test_marks_what_a_person_has_edited_and_lists_the_evidence(self):
        html = to_html(
            report(statement("改过。", edited=True, evidence=(Evidence("第一党支部", "/organizations/1/"),)))
        )
        assert '<p class="paragraph edited" data-key="key">改过。</p>' in html
        assert '<a href="/organizations/1/">第一党支部</a>' in html

    @pytest.mark.parametrize("url", ["javascript:alert(1)", "//192.0.2.1/", "http://192.0.2.1/", "/\\192.0.2.1"])
    def test_links_lead_nowhere_but_the_portal(self, url):
        html = to_html(report(statement(figure(url=url), evidence=(Evidence("外", url),))))
        assert url not in html

    def test_a_figure_without_rows_is_plain_text(self):
        assert "共3条" in to_html(report(statement("共", figure("3", url=""), "条")))


class TestHostileText:
    def test_breaks_no_format(self, tmp_path):
        bad = replace(
            figure(), **dict.fromkeys(("text", "code", "title", "unit", "source", "filter", "formula"), HOSTILE)
        )
        source = report(
            statement(HOSTILE, bad, HOSTILE, kind="item", evidence=(Evidence(HOSTILE, "/x/"),)),
            statement(HOSTILE, kind="note"),
            title=HOSTILE,
            organization=HOSTILE,
            period_label=HOSTILE,
            signed_by=HOSTILE,
            topic=HOSTILE,
        )
        for ending in ("docx", "pdf", "html", "json"):
            write(source, tmp_path / f"report.{ending}")
        shown = "<b>&\"']]>" + "长" * 200 + "W" * 200
        assert shown in paragraphs(Document(tmp_path / "report.docx"))[3]
        assert "长" * 28 in PdfReader(tmp_path / "report.pdf").pages[0].extract_text().replace("\n", "")
        assert '<b>&"' not in (tmp_path / "report.html").read_text().split("</style>")[1]
        assert json.loads((tmp_path / "report.json").read_text())["title"] == shown

    def test_a_long_latin_word_stays_on_the_paper(self):
        assert "W" * 200 in pdf_text(report(statement("W" * 200))).replace("\n", "")


class TestTitle:
    @pytest.mark.parametrize(
        ("title", "lines"),
        [
            ("关于和平街道基层党建工作情况的调研报告", ["关于和平街道基层党建工作情况的调研报告"]),
            (
                "关于和平街道2026年第三季度基层党建工作情况的调研报告",
                ["关于和平街道2026年第三季度", "基层党建工作情况的调研报告"],
            ),
            ("自己断行\n的标题", ["自己断行", "的标题"]),
        ],
    )
    def test_breaks_where_the_meaning_pauses(self, title, lines):
        assert title_lines(title) == lines

    @pytest.mark.parametrize("length", [21, 22, 39, 41, 200])
    def test_leaves_no_single_character_on_a_line(self, length):
        lines = title_lines("党" * length)
        assert "".join(lines) == "党" * length
        assert all(10 <= len(line) <= 20 for line in lines)

    def test_never_breaks_a_number(self):
        assert any("20260930" in line for line in title_lines("党" * 15 + "20260930" + "建" * 8))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "一"),
        (4, "四"),
        (10, "十"),
        (12, "十二"),
        (20, "二十"),
        (35, "三十五"),
        (99, "九十九"),
        (100, "100"),
        (0, "0"),
    ],
)
def test_chinese_numerals_count_headings(number, text):
    assert chinese_numeral(number) == text


@pytest.mark.parametrize(
    ("ending", "start"), [("docx", b"PK"), ("PDF", b"%PDF"), ("html", b"<!doctype"), ("json", b"{")]
)
def test_write_goes_by_the_ending(tmp_path, ending, start):
    path = tmp_path / f"report.{ending}"
    written = write(report(*TWO_FIGURES), path)
    assert all(one.read_bytes().startswith(start) for one in written)
    apart = [tmp_path / f"report-数据依据表.{ending}"] if ending in ("docx", "PDF") else []
    assert written == [path, *apart]
    assert write(report(*TWO_FIGURES, rests_on=False), path) == [path]


def test_a_written_page_holds_its_own_css(tmp_path):
    write(report(), tmp_path / "report.html")
    html = (tmp_path / "report.html").read_text()
    assert "@page" in html
    assert "<link" not in html


@pytest.mark.parametrize("name", ["report.xlsx", "report"])
def test_write_refuses_other_endings(tmp_path, name):
    with pytest.raises(ValueError, match="文件名请以"):
        write(report(), tmp_path / name)
    assert not (tmp_path / name).exists()

"""The official layout of a report: GB/T 9704-2012 as Word, PDF and page, besides plain JSON.

Word is built by python-docx; page and PDF come from one template. All three walk the same laid-out paragraphs, so
that they say the same. Nothing here reads the database or the network.
"""

import io
import json
import math
import re
import threading
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date
from html import escape
from pathlib import Path
from typing import Any, NoReturn

import weasyprint
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from docx import Document
from docx.document import Document as WordDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt
from docx.text.paragraph import Paragraph

from reports.bars import Chart, charts, picture
from reports.document import (
    Annex,
    Division,
    Evidence,
    Figure,
    Report,
    Row,
    Statement,
    chinese_numeral,
    cleaned,
    evidence,
    local,
    to_json,
)

# GB/T 9704-2012, 5.2: the page and its type area in millimetres, and the grid of lines and characters in it.
PAGE = (210, 297)
TOP, LEFT = 37, 28
AREA = (156, 225)
LINES, CHARACTERS = 22, 28
LINE_PITCH = 28.95  # points
BODY_SIZE = 16  # points, 三号
TITLE_SIZE = 22  # points, 二号
MM = 72 / 25.4  # points

TITLE_FONT, BODY_FONT, HEI, KAI, SONG = "方正小标宋简体", "仿宋_GB2312", "黑体", "楷体_GB2312", "宋体"
# What Word takes where the office has not bought or installed the font that the standard names.
SUBSTITUTES = {TITLE_FONT: "FZXiaoBiaoSong-B05S", BODY_FONT: "仿宋", KAI: "楷体", HEI: "SimHei", SONG: "SimSun"}

SIGNATURE_WIDTH = 15  # characters: a date of seven and four on either side
UNSIGNED = "（草稿，未签发）"
_PRINTER = threading.Lock()


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of a line in one weight; `number` is the figure's row in the annex, 0 where it is no figure."""

    text: str
    strong: bool = False
    figure: Figure | None = None
    number: int = 0

    @property
    def url(self) -> str:
        """Where the figure's rows are, "" if there is no such page."""
        return self.figure.url if self.figure and is_of_this_site(self.figure.url) else ""


@dataclass(frozen=True, slots=True)
class LaidStatement:
    """A statement with its number or mark put in front, cut into the paragraphs that it prints as."""

    statement: Statement
    lines: list[list[Run]]
    evidence: list[Evidence]


@dataclass(frozen=True, slots=True)
class Block:
    """A heading of level 1 or 2 ("" for none) and what follows it up to the next heading; points run in."""

    level: int
    heading: str
    statements: list[LaidStatement]


@dataclass(frozen=True, slots=True)
class LaidAnnex:
    """An annex with its mark: 附件 where it is the only one, else 附件1. `apart` says that it is a file of its own."""

    label: str
    mention: str
    annex: Annex
    apart: bool = False

    @property
    def charts(self) -> list[Chart]:
        """What is drawn of it; none of a table."""
        return charts(self.annex) if self.annex.kind == "charts" else []


# --- what is said, the same in every format


def width(text: str) -> float:
    """Return how many Chinese characters wide a text is; Latin letters and digits take half of one."""
    return sum(0.5 if unicodedata.east_asian_width(character) in "HNaNa" else 1 for character in text)


def chinese_date(day: date) -> str:
    """Return a date as documents write it: 2026年10月15日."""
    return f"{day.year}年{day.month}月{day.day}日"


_CUT_AFTER = (
    "的",
    "年",
    "年度",
    "季度",
    "半年",
    "月",
    "党委",
    "党工委",
    "党总支",
    "党支部",
    "街道",
    "社区",
    *"，、：；》）” ",
)
_CUT_BEFORE = ("关于", "调研报告", "《", "（", "“")
_NEVER_FIRST = "，、：；。》）”！？的"
_NEVER_LAST = "《（“"


def title_lines(title: str, widest: float = AREA[0] * MM / TITLE_SIZE) -> list[str]:
    """Break a title into lines of like length, where the meaning pauses, never inside a number or a Latin word."""
    lines: list[str] = []
    for rest in title.split("\n"):
        while width(rest) > widest:
            cut = _title_cut(rest, widest)
            lines.append(rest[:cut].strip())
            rest = rest[cut:].strip()
        lines.append(rest)
    return [line for line in lines if line]


def _title_cut(text: str, widest: float) -> int:
    """Return where the first line of a title ends: near an even share of the whole, at a pause if there is one."""
    whole = width(text)
    lines = math.ceil(whole / widest)
    fitting = [cut for cut in range(1, min(len(text), 2 * int(widest) + 1)) if width(text[:cut]) <= widest]

    def cost(cut: int) -> float:
        at_pause = text[:cut].endswith(_CUT_AFTER) or text.startswith(_CUT_BEFORE, cut)
        return abs(width(text[:cut]) - whole / lines) + (0 if at_pause else 5)

    def allowed(cut: int) -> bool:
        before, after = text[cut - 1], text[cut]
        in_word = before.isascii() and before.isalnum() and (before.isdigit() or after.isascii())
        room = whole - width(text[:cut]) <= (lines - 1) * widest
        return room and not in_word and before not in _NEVER_LAST and after not in _NEVER_FIRST

    return min(filter(allowed, fitting), key=cost, default=fitting[-1])


def lay_out(report: Report) -> list[Block]:
    """Return the body as numbered headings and paragraphs, ready to be set in any format."""
    numbers = (number for number, _ in report.figures())
    blocks = [Block(0, "", list(_laid(report.lead, numbers, report.length)))] if report.lead else []
    for section in report.sections:
        heading = f"{section.number}、{section.title}"
        blocks.append(Block(1, heading, list(_laid(section.statements, numbers, report.length))))
        for division in section.divisions:
            said = list(_laid(division.statements, numbers, report.length))
            for point in division.divisions:
                said += _laid(point.statements, numbers, report.length, point)
            blocks.append(Block(2, f"{division.number}{division.title}", said))
    return blocks


def _laid(
    statements: Iterable[Statement], numbers: Iterator[int], length: str, point: Division | None = None
) -> Iterator[LaidStatement]:
    """Yield paragraphs ready to be set: a point runs in with its title, items are counted unless there is only one."""
    statements = list(statements)
    counted = sum(statement.kind == "item" for statement in statements) > 1
    count = 0
    for place, statement in enumerate(statements):
        label, strong = "", 0
        if point and not place:
            label = f"{point.number}{point.title}。"
        if statement.kind in ("item", "measure"):
            strong = _lead(statement.text)
            if statement.kind == "item" and counted:
                count += 1
                label = f"{count}." if length == "full" else f"{chinese_numeral(count)}是"
        elif statement.kind == "note" and not statement.text.startswith(("注", "（")):
            label = "注："
        runs = [Run(label, strong=statement.kind != "note")] if label else []
        lines = [runs]
        for run in _runs(statement, strong, numbers):
            first, *others = run.text.split("\n") if run.figure is None else [run.text.replace("\n", " ")]
            lines[-1].append(Run(first, run.strong, run.figure, run.number))
            lines.extend([Run(other, run.strong)] for other in others)
        printed = [line for line in lines if "".join(run.text for run in line).strip()]
        yield LaidStatement(statement, printed, [one for one in statement.evidence if is_of_this_site(one.url)])


def _lead(text: str) -> int:
    """Return how many characters a paragraph runs in with: its first sentence, if something follows it."""
    lead = text.find("。") + 1
    return lead if 0 < lead < len(text.strip()) and lead <= CHARACTERS else 0


def _runs(statement: Statement, strong: int, numbers: Iterator[int]) -> Iterator[Run]:
    """Yield a statement's parts, the first `strong` characters of it in bold, figures with their numbers."""
    for part in statement.parts:
        if isinstance(part, Figure):
            yield Run(part.text, strong > 0, part, next(numbers))
            strong -= len(part.text)
            continue
        bold = max(0, strong)
        yield from (Run(text, heavy) for text, heavy in ((part[:bold], True), (part[bold:], False)) if text)
        strong -= len(part)


def is_of_this_site(url: str) -> bool:
    """Say whether a link stays on the portal, so that no report carries a foreign or a javascript: link."""
    return url.startswith("/") and not url.startswith(("//", "/\\"))


def laid_annexes(report: Report) -> list[LaidAnnex]:
    """Return the annexes in order with their marks; the evidence, which is the longest, is a file of its own."""
    annexes = [*([evidence(report)] if report.rests_on else []), *report.annexes]
    several = len(annexes) > 1
    laid = []
    for number, annex in enumerate(map(_of_this_site, annexes), 1):
        apart = annex.kind == "evidence"
        mention = f"{number}.{annex.title}" if several else annex.title
        laid.append(
            LaidAnnex(f"附件{number}" if several else "附件", mention + ("（另册）" if apart else ""), annex, apart)
        )
    return laid


def _of_this_site(annex: Annex) -> Annex:
    """Return an annex without links that leave the portal."""
    rows = (row if is_of_this_site(row.url) else replace(row, url="") for row in annex.rows)
    return replace(annex, rows=tuple(rows))


def signature(report: Report) -> str:
    """Return who stands under the report."""
    return report.signature or report.organization


def closing(report: Report) -> str:
    """Return the sentence that ends the annex: when the report was made and who signed it off."""
    made = local(report.made_at)
    signed = f"签发人：{report.signed_by}。" if report.signed_by and not report.draft else ""
    return f"本报告由台账数据生成，生成时间：{chinese_date(made)} {made:%H:%M}。{signed}"


def signing_date(report: Report) -> str:
    """Return the date under the organisation's name, or that the report is a draft."""
    return UNSIGNED if report.draft or report.signed_on is None else chinese_date(report.signed_on)


def period_line(report: Report) -> str:
    """Return the line under the title, "" where the title names the period already."""
    return "" if not report.period_label or report.period_label in report.title else f"（{report.period_label}）"


# --- Word


@dataclass(frozen=True, slots=True)
class Style:
    """How a Word style is set; sizes and spaces in points, indents in characters."""

    font: str
    size: float = BODY_SIZE
    bold: bool = False
    align: str = "both"
    first_line: int = 0
    line: float = LINE_PITCH
    before: float = 0
    after: float = 0
    keep_next: bool = False
    page_break: bool = False
    outline: int | None = None
    squeeze: float = 0

    def paragraph_xml(self) -> str:
        """Return w:pPr, in the order that the schema asks for."""
        keep = "<w:keepNext/>" if self.keep_next else ""
        page = "<w:pageBreakBefore/>" if self.page_break else ""
        outline = "" if self.outline is None else f'<w:outlineLvl w:val="{self.outline}"/>'
        return (
            f"<w:pPr {nsdecls('w')}>{keep}{page}"
            '<w:widowControl w:val="0"/><w:kinsoku/><w:wordWrap/><w:overflowPunct/><w:topLinePunct w:val="0"/>'
            # No extra space between Chinese and digits: it would push the 28th character off the line.
            # Nor the grid itself: LibreOffice gives a 16-point character one and a half of its 15.79-point cells.
            '<w:autoSpaceDE w:val="0"/><w:autoSpaceDN w:val="0"/><w:snapToGrid w:val="0"/>'
            f'<w:spacing w:before="{_twips(self.before)}" w:after="{_twips(self.after)}"'
            f' w:line="{_twips(self.line)}" w:lineRule="exact"/>'
            f'<w:ind w:left="0" w:right="0" w:firstLineChars="{self.first_line * 100}"'
            f' w:firstLine="{_twips(self.first_line * self.size)}"/>'
            f'<w:jc w:val="{self.align}"/>{outline}</w:pPr>'
        )

    def run_xml(self) -> str:
        """Return w:rPr with one font for Chinese, Latin letters and digits."""
        bold, half_points = int(self.bold), int(self.size * 2)
        return (
            f'<w:rPr {nsdecls("w")}><w:rFonts w:hint="eastAsia" w:ascii="{self.font}" w:eastAsia="{self.font}"'
            f' w:hAnsi="{self.font}" w:cs="{self.font}"/><w:b w:val="{bold}"/><w:bCs w:val="{bold}"/><w:i w:val="0"/>'
            f'<w:color w:val="000000"/><w:spacing w:val="{-_twips(self.squeeze)}"/><w:kern w:val="0"/>'
            f'<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/>'
            '<w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr>'
        )


NOTE, SIGNATURE, ADDRESSEE, COPIES = "附注", "落款", "主送", "抄送"
ANNEX_LABEL, ANNEX_HEADING, CELL, CELL_HEAD = "附件", "附件标题", "表格", "表头"
# What a 16-point character gives up so that 28 of them fit on a line, in whole twips.
SQUEEZE = math.ceil((BODY_SIZE - AREA[0] * MM / CHARACTERS) * 20) / 20
STYLES = {
    "Normal": Style(BODY_FONT),
    "Title": Style(TITLE_FONT, TITLE_SIZE, align="center", keep_next=True),
    "Subtitle": Style(KAI, align="center", keep_next=True),
    "Heading 1": Style(HEI, first_line=2, squeeze=SQUEEZE, keep_next=True, outline=0),
    "Heading 2": Style(KAI, first_line=2, squeeze=SQUEEZE, keep_next=True, outline=1),
    "Heading 3": Style(BODY_FONT, bold=True, first_line=2, squeeze=SQUEEZE, keep_next=True, outline=2),
    "Body Text": Style(BODY_FONT, first_line=2, squeeze=SQUEEZE),
    "Footer": Style(SONG, 14, align="right", line=16),
    NOTE: Style(KAI, 14, first_line=2),
    SIGNATURE: Style(BODY_FONT, align="right"),
    ADDRESSEE: Style(BODY_FONT, squeeze=SQUEEZE),
    COPIES: Style(BODY_FONT, 14, line=24),
    ANNEX_LABEL: Style(HEI, page_break=True, keep_next=True),
    ANNEX_HEADING: Style(
        TITLE_FONT, TITLE_SIZE, align="center", before=LINE_PITCH, after=LINE_PITCH / 2, keep_next=True, outline=0
    ),
    CELL: Style(BODY_FONT, 9, align="left", line=13, before=2, after=2),
    CELL_HEAD: Style(HEI, 9, align="center", line=13, before=3, after=3, keep_next=True),
}


def _twips(points: float) -> int:
    return round(points * 20)


def to_docx(report: Report) -> bytes:
    """Return the report as a Word document with its annexes; the same report gives the same bytes."""
    report = cleaned(report)
    document = _new_document(report)
    _write_body(document, report)
    for laid in laid_annexes(report):
        if not laid.apart:
            _write_annex(document, laid)
    return _saved(document)


def evidence_docx(report: Report) -> bytes:
    """Return the annex of what each figure rests on, as a Word document of its own."""
    report = cleaned(report)
    document = _new_document(report)
    laid = next(one for one in laid_annexes(replace(report, rests_on=True)) if one.apart)
    _write_annex(document, laid, first=True)
    document.add_paragraph(closing(report), style=CELL).paragraph_format.space_before = Pt(6)
    return _saved(document)


def _new_document(report: Report) -> WordDocument:
    document = Document()
    _set_page(document)
    _set_styles(document)
    _set_settings(document)
    _set_properties(document, report)
    return document


def _saved(document: WordDocument) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return settled(buffer.getvalue())


def _set_page(document: WordDocument) -> None:
    """Set A4, the margins, the grid of 22 lines of 28 characters, and the page numbers in the footers."""
    section = document.sections[0]
    section.page_width, section.page_height = Mm(PAGE[0]), Mm(PAGE[1])
    section.top_margin, section.left_margin = Mm(TOP), Mm(LEFT)
    section.bottom_margin, section.right_margin = Mm(PAGE[1] - TOP - AREA[1]), Mm(PAGE[0] - LEFT - AREA[0])
    section.header_distance = Mm(15)
    section.footer_distance = Mm(PAGE[1] - TOP - AREA[1] - 10)  # the dashes stand 7 mm under the type area
    grid = section._sectPr.find(qn("w:docGrid"))
    grid.set(qn("w:type"), "linesAndChars")
    grid.set(qn("w:linePitch"), str(_twips(LINE_PITCH)))
    # In 1/4096 point, what a character gets more (here: less) than the size of the Normal style; rounded down, as
    # a grid that is a hair too wide holds 27.
    grid.set(qn("w:charSpace"), str(math.floor((AREA[0] * MM / CHARACTERS - BODY_SIZE) * 4096)))
    document.settings.odd_and_even_pages_header_footer = True
    for footer, side in ((section.footer, "right"), (section.even_page_footer, "left")):
        paragraph = footer.paragraphs[0]
        paragraph.style = document.styles["Footer"]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT if side == "right" else WD_ALIGN_PARAGRAPH.LEFT
        _indent(paragraph, side, 1, 14)
        paragraph.add_run("— ")
        for xml in (
            '<w:fldChar w:fldCharType="begin"/>',
            '<w:instrText xml:space="preserve"> PAGE </w:instrText>',
            '<w:fldChar w:fldCharType="separate"/>',
            "<w:t>1</w:t>",
            '<w:fldChar w:fldCharType="end"/>',
        ):
            paragraph._p.append(parse_xml(f"<w:r {nsdecls('w')}>{xml}</w:r>"))
        paragraph.add_run(" —")


def _indent(paragraph: Paragraph, side: str, characters: float, size: float = BODY_SIZE) -> None:
    """Indent one side of a paragraph by characters; the twips are for readers that do not know character units."""
    indent = paragraph._p.get_or_add_pPr().get_or_add_ind()
    indent.set(qn(f"w:{side}Chars"), str(round(characters * 100)))
    indent.set(qn(f"w:{side}"), str(_twips(characters * size)))


def _set_styles(document: WordDocument) -> None:
    """Restyle Word's own styles, so that the navigation pane works, and add those of the annex."""
    styles = document.styles
    defaults = styles.element.find(qn("w:docDefaults"))
    defaults.find(qn("w:rPrDefault")).replace(
        defaults.find(f"{qn('w:rPrDefault')}/{qn('w:rPr')}"), parse_xml(Style(BODY_FONT).run_xml())
    )
    defaults.remove(defaults.find(qn("w:pPrDefault")))
    for name, wanted in STYLES.items():
        style = styles[name] if name in styles else styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        for child in style.element.findall(qn("w:pPr")) + style.element.findall(qn("w:rPr")):
            style.element.remove(child)
        style.element.append(parse_xml(wanted.paragraph_xml()))
        style.element.append(parse_xml(wanted.run_xml()))
        if name.startswith("Heading"):
            style.next_paragraph_style = styles["Body Text"]


def _set_settings(document: WordDocument) -> None:
    """Tell Word that this is Chinese text: its line-breaking rules, and punctuation that may be squeezed."""
    settings = document.settings.element
    settings.find(qn("w:themeFontLang")).set(qn("w:eastAsia"), "zh-CN")
    settings.find(qn("w:characterSpacingControl")).set(qn("w:val"), "compressPunctuation")
    settings.find(qn("w:zoom")).set(qn("w:percent"), "100")
    for compatibility in settings.iter(qn("w:compatSetting")):
        if compatibility.get(qn("w:name")) == "compatibilityMode":
            compatibility.set(qn("w:val"), "15")  # else Word 2013 and later say 兼容模式 in the title bar


def _set_properties(document: WordDocument, report: Report) -> None:
    """Fill in what the file's properties show; Word allows 255 characters each."""
    properties = document.core_properties
    properties.title = report.title[:255]
    properties.author = properties.last_modified_by = report.organization[:255]
    properties.subject = report.period_label[:255]
    properties.comments = ""
    properties.language = "zh-CN"
    properties.created = properties.modified = local(report.made_at).astimezone(UTC).replace(tzinfo=None)


def _write_body(document: WordDocument, report: Report) -> None:
    """Write title, whom it is sent to, sections, the mention of the annexes, the signature and who gets a copy."""
    head = [document.add_paragraph("\n".join(title_lines(report.title)), style="Title")]
    if period := period_line(report):
        head.append(document.add_paragraph(period, style="Subtitle"))
    head[-1].paragraph_format.space_after = Pt(LINE_PITCH)
    if report.to:
        document.add_paragraph(f"{report.to}：", style=ADDRESSEE)
    for block in lay_out(report):
        if block.heading:
            document.add_paragraph(block.heading, style=f"Heading {block.level}")
        for laid in block.statements:
            for line in laid.lines:
                paragraph = document.add_paragraph(style=NOTE if laid.statement.kind == "note" else "Body Text")
                for run in line:
                    paragraph.add_run(run.text).bold = True if run.strong else None
    # A signature never stands on a page of its own.
    document.paragraphs[-1].paragraph_format.keep_with_next = True
    for place, laid_annex in enumerate(laid_annexes(report)):
        annex = document.add_paragraph(("" if place else "附件：") + laid_annex.mention, style="Body Text")
        annex.paragraph_format.keep_with_next = True
        if place:
            _indent(annex, "left", 3)
        else:
            annex.paragraph_format.space_before = Pt(LINE_PITCH)
    dated = signing_date(report)
    by = signature(report)
    name = document.add_paragraph(by, style=SIGNATURE)
    name.paragraph_format.space_before = Pt(LINE_PITCH)
    name.paragraph_format.keep_with_next = True
    # The name is centred over the date, which stands four characters from the right; a long one ends at the margin.
    _indent(name, "right", max(0, 4 + width(dated) / 2 - width(by) / 2))
    date_line = document.add_paragraph(dated, style=SIGNATURE)
    _indent(date_line, "right", 4)
    if report.copies:
        date_line.paragraph_format.keep_with_next = True
        document.add_paragraph(f"抄送：{report.copies}", style=COPIES).paragraph_format.space_before = Pt(LINE_PITCH)


def _write_annex(document: WordDocument, laid: LaidAnnex, *, first: bool = False) -> None:
    """Write the table of an annex on a page of its own, its head repeated on each page."""
    label = document.add_paragraph(laid.label, style=ANNEX_LABEL)
    if first:
        label.paragraph_format.page_break_before = False
    document.add_paragraph(laid.annex.title, style=ANNEX_HEADING)
    if not laid.annex.rows:
        document.add_paragraph("本报告没有引用台账数据。", style="Body Text")
        return
    if laid.annex.kind == "charts":
        _write_charts(document, laid.annex)
        return
    columns = laid.annex.columns
    ids = {name: document.styles[name].style_id for name in (CELL, CELL_HEAD)}
    borders = "".join(
        f'<w:{edge} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
        for edge in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    head = _row_xml(laid.annex, Row(tuple(column.title for column in columns)), ids[CELL_HEAD], header=True)
    rows = "".join(_row_xml(laid.annex, row, ids[CELL]) for row in laid.annex.rows)
    table = (
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{_twips(AREA[0] * MM)}" w:type="dxa"/>'
        f'<w:tblBorders>{borders}</w:tblBorders><w:tblLayout w:type="fixed"/><w:tblCellMar>'
        '<w:left w:w="70" w:type="dxa"/><w:right w:w="70" w:type="dxa"/></w:tblCellMar></w:tblPr><w:tblGrid>'
        + "".join(f'<w:gridCol w:w="{_twips(column.width * MM)}"/>' for column in columns)
        + f"</w:tblGrid>{head}{rows}</w:tbl>"
    )
    document.element.body.insert_element_before(parse_xml(table), "w:sectPr")


def _write_charts(document: WordDocument, annex: Annex) -> None:
    """Write the charts as pictures, each with its title; its numbers as a line where no picture can be drawn."""
    for chart in charts(annex):
        document.add_paragraph(chart.title, style="Heading 3").paragraph_format.keep_with_next = True
        drawn = picture(chart)
        if drawn is None:
            said = "；".join(f"{mark.label} {mark.shown}" for mark in chart.marks)
            document.add_paragraph(said, style="Body Text")
            continue
        place = document.add_paragraph()
        place.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
        place.add_run().add_picture(io.BytesIO(drawn), width=Mm(AREA[0]))


CENTRED = ("number", "text", "count", "rank", "total", "grade", "deadline")
"""Columns whose cells stand in the middle."""


def _row_xml(annex: Annex, row: Row, style: str, *, header: bool = False) -> str:
    """Return one w:tr that is not split over pages; line breaks in a cell start a new paragraph."""
    parts = []
    for text, column in zip(row.cells, annex.columns, strict=True):
        align = '<w:jc w:val="center"/>' if column.key in CENTRED and not header else ""
        paragraphs = "".join(
            f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{align}</w:pPr>'
            f'<w:r><w:t xml:space="preserve">{_unbroken_dates(line)}</w:t></w:r></w:p>'
            for line in text.split("\n")
        )
        parts.append(
            f'<w:tc><w:tcPr><w:tcW w:w="{_twips(column.width * MM)}" w:type="dxa"/><w:vAlign w:val="center"/></w:tcPr>'
            f"{paragraphs}</w:tc>"
        )
    return f"<w:tr><w:trPr><w:cantSplit/>{'<w:tblHeader/>' if header else ''}</w:trPr>{''.join(parts)}</w:tr>"


def _unbroken_dates(text: str) -> str:
    """Return XML for the inside of w:t in which 2026-07-01 stays on one line."""
    hyphen = '</w:t><w:noBreakHyphen/><w:t xml:space="preserve">'
    return re.sub(r"(?<=\d)-(?=\d)", hyphen, escape(text))


def settled(docx: bytes) -> bytes:
    """Pack a Word file again: no clock time in the zip, our fonts and what stands in for them in the font table."""
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{other}"/><w:charset w:val="86"/><w:family w:val="roman"/></w:font>'
        for name, other in SUBSTITUTES.items()
    )
    table = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:fonts {nsdecls("w")}>{fonts}</w:fonts>'
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(docx)) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = table.encode() if name == "word/fontTable.xml" else source.read(name)
            target.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


# --- page and PDF


def to_html(report: Report) -> str:
    """Return a whole page that takes its css from the portal; each figure is a link to its rows."""
    return _page(report)


def to_pdf(report: Report) -> bytes:
    """Return the report printed on A4. Figures are no links there, as the portal may be out of reach."""
    return printed(_page(report, css=_css(), on_paper=True))


def evidence_pdf(report: Report) -> bytes:
    """Return the annex of what each figure rests on, printed as a file of its own."""
    return printed(_page(report, css=_css(), on_paper=True, evidence_only=True))


def printed(html: str) -> bytes:
    """Return a page as a PDF. One at a time in a process: the libraries that set the type are not safe with threads."""
    with _PRINTER:
        pdf: bytes = weasyprint.HTML(string=html, url_fetcher=refuse).write_pdf()
        return pdf


def refuse(url: str, *args: Any, **kwargs: Any) -> NoReturn:
    """Keep the printer off network and disk: the css is in the page, and nothing else is wanted."""
    raise ValueError(f"报告不从外部取内容：{url[:80]}")


def _css() -> str:
    path = finders.find("css/official.css")
    if path is None:
        raise FileNotFoundError("缺少样式文件 css/official.css，请检查安装是否完整。")
    return Path(path).read_text(encoding="utf-8")


def _page(report: Report, *, css: str = "", on_paper: bool = False, evidence_only: bool = False) -> str:
    """Render the template; with `css` the page holds its style itself, else it links to the portal's.

    On paper the evidence is a file of its own; a page ends with it, so that a figure's source is at hand.
    """
    report = cleaned(report)
    laid = laid_annexes(replace(report, rests_on=True) if evidence_only else report)
    annexes = [one for one in laid if one.apart] if evidence_only else laid
    return render_to_string(
        "reports/official.html",
        {
            "report": report,
            "made_at": local(report.made_at).isoformat(),
            "title_lines": title_lines(report.title),
            "period_line": period_line(report),
            "blocks": [] if evidence_only else lay_out(report),
            "signing_date": signing_date(report),
            "signature": signature(report),
            "long_name": width(signature(report)) > SIGNATURE_WIDTH,
            "mentions": [one.mention for one in laid],
            "annexes": [one for one in annexes if evidence_only or not (on_paper and one.apart)],
            "closing": closing(report) if evidence_only or not on_paper else "",
            "css": css,
            "on_paper": on_paper,
            "evidence_only": evidence_only,
        },
    )


WRITERS: dict[str, Callable[[Report], bytes]] = {
    ".docx": to_docx,
    ".pdf": to_pdf,
    ".html": lambda report: _page(report, css=_css()).encode(),
    ".json": lambda report: json.dumps(to_json(report), ensure_ascii=False, indent=2).encode(),
}


EVIDENCE_WRITERS: dict[str, Callable[[Report], bytes]] = {".docx": evidence_docx, ".pdf": evidence_pdf}
"""What writes the annex of evidence as a file of its own, where a format keeps it apart."""


def write(report: Report, path: Path) -> list[Path]:
    """Write the report to a file as its ending says, on paper with its evidence in a second file; return both.

    Raises ValueError for an ending that is none of ours.
    """
    suffix = path.suffix.lower()
    writer = WRITERS.get(suffix)
    if writer is None:
        raise ValueError(f"不能写成“{path.name}”：文件名请以 .docx、.pdf、.html 或 .json 结尾。")
    path.write_bytes(writer(report))
    if not (report.rests_on and suffix in EVIDENCE_WRITERS):
        return [path]
    apart = path.with_name(f"{path.stem}-数据依据表{path.suffix}")
    apart.write_bytes(EVIDENCE_WRITERS[suffix](report))
    return [path, apart]

"""A report as a Word document by GB/T 9704-2012, made with python-docx; the same report gives the same bytes."""

import io
import math
import re
import zipfile
from dataclasses import dataclass, replace
from datetime import UTC
from html import escape

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt
from docx.text.paragraph import Paragraph

from reports.bars import charts, picture
from reports.document import Annex, Report, Row, cleaned, local

from .layout import (
    AREA,
    BODY_FONT,
    BODY_SIZE,
    CHARACTERS,
    HEI,
    KAI,
    LEFT,
    LINE_PITCH,
    MM,
    PAGE,
    SONG,
    SUBSTITUTES,
    TITLE_FONT,
    TITLE_SIZE,
    TOP,
    LaidAnnex,
    closing,
    laid_annexes,
    lay_out,
    period_line,
    signature,
    signing_date,
    title_lines,
    width,
)


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

"""The official record of an activity (党支部组织生活记录): the form that offices print, sign and file, as Word and PDF.

Both walk the same rows, so that they say the same. The form is filled from the record; only the signatures are left.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe
from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import qn
from docx.shared import Mm
from docx.table import _Cell

from accounts.models import User
from activities import roll as rolls
from activities.models import Activity, Attendance
from activities.panels.sections import Section
from activities.roll import Roll
from branches.models import Organization
from ledgers.recording import trace_paper

from .layout import BODY_FONT, HEI, PAGE, TITLE_FONT, chinese_date
from .official import printed
from .word import Style, settled

MARGINS = {"top": 25, "bottom": 20, "left": 25, "right": 20}  # millimetres; the wider left one is for binding
WIDTHS = (27, 55, 27, 56)
"""Columns in millimetres: label, value, label, value."""
TALL, LOW = 62, 22
"""Least heights in millimetres of the cells that hold the content, and the topic or the resolution."""
TITLE, LABEL, VALUE = "记录标题", "记录栏目", "记录内容"
STYLES = {
    TITLE: Style(TITLE_FONT, 22, align="center", line=32, after=10),
    LABEL: Style(HEI, 12, align="center", line=20),
    VALUE: Style(BODY_FONT, 12, align="left", line=20),
}
FORMS = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}
NONE = "无"
SIGNATURES = (("主持人签名", ""), ("记录人签名", ""))


@dataclass(frozen=True)
class Cell:
    """A label and what stands beside it; `height` is the least, in millimetres."""

    label: str
    text: str
    height: int = 10

    @property
    def lines(self) -> list[str]:
        """The text by paragraphs, at least one."""
        return [line.strip() for line in self.text.split("\n") if line.strip()] or [""]


@dataclass(frozen=True)
class Form:
    """The filled form: rows of one cell, as wide as the page, or of two."""

    title: str
    note: str
    rows: Sequence[Sequence[Cell]]


def form_of(activity: Activity, roll: Roll) -> Form:
    """Fill the form in. Where no roll was called, the numbers are those that the ledger states."""
    there = {state.value for state in Attendance.State.there()}
    came = [line for line in roll.lines if line.state in there]
    counts = roll.counts
    expected = counts["expected"] if roll.lines else activity.expected_stated
    present = counts["present"] if roll.lines else activity.present_stated
    time = chinese_date(activity.date) + (f" {activity.start_time:%H:%M}" if activity.start_time else "")
    rows = [
        (Cell("组织名称", activity.organization.name), Cell("活动类型", activity.get_kind_display())),
        (Cell("时间", time), Cell("地点", activity.place)),
        (Cell("主持人", activity.chair), Cell("记录人", activity.recorder)),
    ]
    if activity.lecturer or activity.hours:
        hours = f"{activity.hours.normalize():f} 学时" if activity.hours else ""
        rows.append((Cell("主讲人", activity.lecturer), Cell("学时", hours)))
    rows.append((Cell("应到人数", _people(expected)), Cell("实到人数", _people(present))))
    wide = [
        Cell("出席人员", "、".join(_name(line) for line in came), LOW),
        Cell("请假人员", _listed(roll, Attendance.State.LEAVE)),
        Cell("缺席人员", _listed(roll, Attendance.State.ABSENT)),
        Cell("议题", activity.topic),
        Cell("内容", activity.content, TALL),
        Cell("决议", activity.resolution or NONE, LOW),
    ]
    is_branch = activity.organization.is_branch or activity.organization.kind == Organization.Kind.GROUP
    counted = activity.status in Activity.Status.counted()
    return Form(
        title="党支部组织生活记录" if is_branch else "党组织活动记录",
        note=f"编号：{activity.number}" + ("" if counted else f"（{activity.get_status_display()}，未生效）"),
        rows=[*rows, *((cell,) for cell in wide), tuple(Cell(label, text, 14) for label, text in SIGNATURES)],
    )


def _people(number: int | None) -> str:
    return "" if number is None else f"{number} 人"


def _name(line: rolls.Line) -> str:
    return f"{line.name}（{Attendance.State.LATE.label}）" if line.state == Attendance.State.LATE else line.name


def _listed(roll: Roll, state: Attendance.State) -> str:
    """Return the names in a state with their reasons; that there are none, where a roll was called."""
    names = [
        f"{line.name}（{line.reason}）" if line.reason else line.name for line in roll.lines if line.state == state
    ]
    return "、".join(names) or (NONE if roll.lines else "")


# Word


def to_docx(form: Form) -> bytes:
    """Return the form as a Word document; the same form gives the same bytes."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(PAGE[0]), Mm(PAGE[1])
    section.top_margin, section.bottom_margin = Mm(MARGINS["top"]), Mm(MARGINS["bottom"])
    section.left_margin, section.right_margin = Mm(MARGINS["left"]), Mm(MARGINS["right"])
    for name, wanted in STYLES.items():
        style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.element.append(parse_xml(wanted.paragraph_xml()))
        style.element.append(parse_xml(wanted.run_xml()))
    properties = document.core_properties
    properties.title, properties.author, properties.comments = form.title, "", ""
    document.add_paragraph(_printable(form.title), style=TITLE)
    document.add_paragraph(_printable(form.note), style=VALUE).alignment = WD_ALIGN_PARAGRAPH.RIGHT
    table = document.add_table(rows=0, cols=len(WIDTHS), style="Table Grid")
    table.autofit = False
    for column, width in enumerate(WIDTHS):
        table.columns[column].width = Mm(width)
    for cells in form.rows:
        row = table.add_row()
        row.height = Mm(max(cell.height for cell in cells))
        for column, width in enumerate(WIDTHS):
            row.cells[column].width = Mm(width)
        if len(cells) == 1:
            row.cells[1].merge(row.cells[3])
        for place, cell in enumerate(cells):
            _write(row.cells[2 * place], [cell.label], LABEL)
            _write(row.cells[2 * place + 1], cell.lines, VALUE)
    buffer = io.BytesIO()
    document.save(buffer)
    return settled(buffer.getvalue())


def _write(cell: _Cell, lines: Sequence[str], style: str) -> None:
    """Put paragraphs in a cell, in its middle."""
    for place, line in enumerate(lines):
        paragraph = cell.paragraphs[0] if place == 0 else cell.add_paragraph()
        paragraph.style = style
        paragraph.add_run(_printable(line))
    properties = cell._tc.get_or_add_tcPr()
    middle = OxmlElement("w:vAlign")
    middle.set(qn("w:val"), "center")
    properties.append(middle)


def _printable(text: str) -> str:
    """Return the text without what XML forbids."""
    return "".join(
        c for c in text if c == "\t" or (c >= " " and c not in "\ufffe\uffff" and not "\ud800" <= c <= "\udfff")
    )


# PDF


def to_pdf(form: Form) -> bytes:
    """Return the form printed on A4."""
    path = finders.find("css/minutes-record.css")
    if path is None:
        raise FileNotFoundError("缺少样式文件 css/minutes-record.css，请检查安装是否完整。")
    css = Path(path).read_text(encoding="utf-8")
    return printed(render_to_string("reports/minutes_record.html", {"form": form, "css": css}))


# The page


@require_safe
def download(request: HttpRequest, pk: int, form: str) -> HttpResponse:
    """Hand out the record of an activity as .docx or .pdf."""
    if form not in FORMS:
        raise Http404
    activity = get_object_or_404(Activity.objects.visible_to(request.user).select_related("organization"), pk=pk)
    filled = form_of(activity, rolls.of_activity(activity))
    trace_paper("export", f"{filled.title}：{activity}", activity.organization.path, activity, 格式=form)
    response = HttpResponse({"docx": to_docx, "pdf": to_pdf}[form](filled), content_type=FORMS[form])
    name = f"{filled.title}-{activity.organization.label}-{activity.date}-{activity.get_kind_display()}.{form}"
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return response


def _offered(activity: Activity, user: User) -> dict[str, Any]:
    return {"pk": activity.pk, "forms": FORMS}


SECTIONS = (Section("打印归档", "reports/sections/minutes_record.html", _offered, order=80, aside=True),)

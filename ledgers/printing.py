"""Ledgers as Excel files: the printed form, the blank template, and the wrong rows of an import.

Ledgers and wrong rows are streamed: memory stays constant however many rows there are. The template is small and
hand-made, with openpyxl, because its drop-downs refer to a second sheet.

Whatever a person may have typed reaches the sheet as a text cell; only numbers and money become numeric cells. So no
text is ever run as a formula, no identity number loses its last digits, and no Excel locale rewrites a date.
"""

import re
from bisect import bisect
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import accumulate, chain, islice, pairwise
from pathlib import Path
from typing import BinaryIO, Literal

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill
from openpyxl.styles import Side as Line
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.worksheet import Worksheet
from rustpy_xlsxwriter import FastExcel, Format

CELL_LIMIT = 32_767
"""The most UTF-16 units that Excel keeps in one cell."""
SHEET_NAME_LIMIT = 31
INLINE_LIST_LIMIT = 255
"""The most characters of a drop-down's values written into the rule itself; longer lists go to the sheet 选项."""
TEMPLATE_ROWS = 1_000
"""How many rows of a template offer drop-downs."""

TITLE_FONT = HEADER_FONT = "宋体"
BODY_FONT = "仿宋"
BODY_SIZE = 11
HEADER_FILL = "#F2F2F2"
REQUIRED_FILL = "#FCE4D6"
REASON_COLOR = "#C00000"
TITLE_HEIGHT, FILING_HEIGHT, HEADER_HEIGHT = 32, 21, 33
"""Points; the headers have room for two lines."""
MARGINS = {"left": 0.5, "right": 0.5, "top": 0.6, "bottom": 0.7, "header": 0.3, "footer": 0.35}
"""Inches."""
PAGE_WIDTH = 120
"""Half-width characters across the page at full size; a wider table is printed smaller."""
WIDE = 20
"""From this width on, text stands at the left instead of in the middle."""
LINE_HEIGHT = 17
"""Points."""
MEASURED_ROWS = 2_000
"""How many rows get the height that their text needs; for the rest this is left to the program that opens the file."""
TALLEST_ROW = 409
"""Points; Excel's limit."""
FOOTER = "&C第 &P 页 共 &N 页"
FILING_LABELS = ("填报单位：", "截止日期：", "填表人：")
SIGNATURE_LABELS = ("审核人：", "填表人：", "填表日期：")
GAP = "　　　"

_BLANK = float("nan")  # the writer leaves None out altogether, but gives NaN an empty cell with its borders
_ILLEGAL_IN_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ILLEGAL_IN_SHEET_NAME = re.compile(r"[\[\]:*?/\\\t\n]")
_EXACT_DIGITS = 10**15  # Excel keeps 15 digits of a number; a longer one stays text

Kind = Literal["text", "date", "number", "money", "yes_no"]
Side = Literal["left", "center", "right"]
SIDES: tuple[Side, ...] = ("left", "center", "right")
HINTS: dict[Kind, str] = {
    "text": "",
    "date": "填日期，如 2021-07-01；只有年月的填 2021-07。",
    "number": "只填数字，如 12。",
    "money": "填金额（元），只填数字，如 3000.00。",
    "yes_no": "填“是”或“否”。",
}


@dataclass(frozen=True, slots=True)
class PrintColumn:
    """One column of a sheet.

    `width` is in Excel's unit, half-width characters (a Chinese character takes two); a header that would need more
    than two lines widens it. `choices`, `note` (what to write, with an example), `required` and `aliases` (other
    headers that the import takes for this one) speak to whoever fills in the template.
    """

    header: str
    width: float = 12
    kind: Kind = "text"
    choices: tuple[str, ...] = ()
    note: str = ""
    required: bool = False
    aliases: tuple[str, ...] = ()


NUMBER = PrintColumn("序号", width=6, kind="number", note="可以不填，导入时不读这一列。")
SHEET_ROW = PrintColumn("原行号", width=8)
REASON = PrintColumn("错误原因", width=40)


def write_ledger(
    target: Path | BinaryIO,
    *,
    title: str,
    organization: str,
    as_of: date,
    filled_by: str,
    columns: Sequence[PrintColumn],
    rows: Iterable[Sequence[object]],
) -> int:
    """Write a ledger in its printed form (rulebook §5) and return how many rows it has.

    A row holds one str, int, float, Decimal, date, bool or None for each column; 序号 is added. The file can be
    imported again as it is. An error raised by `rows` passes through and leaves no file behind.

    Raises:
        AssertionError: two columns have the same header, or one is called 序号.
        ValueError: a row has more or fewer values than there are columns.
    """
    printed = [NUMBER, *columns]
    filing = (organization, f"{as_of.year}年{as_of.month}月{as_of.day}日", filled_by)
    count = 0

    def lines() -> Iterator[Sequence[object]]:
        nonlocal count
        for count, row in enumerate(rows, start=1):
            yield (count, *row)
        yield _signatures(printed)

    _stream(
        target,
        sheet=title,
        title=f"{organization}{title}",
        filing=[label + value for label, value in zip(FILING_LABELS, filing, strict=True)],
        columns=printed,
        lines=lines(),
    )
    return count


def write_wrong_rows(
    target: Path | BinaryIO,
    *,
    title: str,
    columns: Sequence[PrintColumn],
    rows: Iterable[tuple[int, Sequence[object], str]],
) -> int:
    """Write the rows that an import refused, as their owner had them, and return how many there are.

    `columns` carry the headers of the owner's file, `rows` are (row number in that sheet, its cells, what is wrong).
    原行号 goes first and 错误原因 last; the import ignores both, so the corrected file can be imported directly. Where
    the owner's file was such a file itself, its old 原行号 and 错误原因 are left out.
    """
    added = (SHEET_ROW.header, REASON.header)
    kept = [place for place, column in enumerate(columns) if column.header not in added]
    printed = [SHEET_ROW, *_with_distinct_headers([columns[place] for place in kept]), REASON]
    count = 0

    def lines() -> Iterator[Sequence[object]]:
        nonlocal count
        for sheet_row, cells, reason in rows:
            count += 1
            yield (sheet_row, *(cells[place] if place < len(cells) else None for place in kept), reason)
        if not count:
            yield [None] * len(printed)  # without any row the writer would leave out the headers

    _stream(
        target,
        sheet=f"{title[: SHEET_NAME_LIMIT - 4]}错误行",
        title=f"{title}错误行",
        filing=["请对照最后一列“错误原因”在原单元格中改正，保存后直接重新导入本文件；“原行号”“错误原因”两列不用管。"],
        columns=printed,
        lines=lines(),
    )
    return count


def write_template(
    target: Path | BinaryIO, *, title: str, columns: Sequence[PrintColumn], filling_notes: Sequence[str]
) -> None:
    """Write the blank form of a ledger, to be filled in and imported.

    Required headers are coloured, each header carries a note, columns with choices have drop-downs, and text columns
    are text for Excel too. A second sheet 填写说明 opens with `filling_notes` and describes each column.
    """
    printed = [NUMBER, *columns]
    _assert_distinct(printed)
    widths = _widths(printed)
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = _sheet_name(title)
    _set_up_page(sheet)
    sheet.row_dimensions[2].height, sheet.row_dimensions[3].height = FILING_HEIGHT, HEADER_HEIGHT
    sheet.print_title_rows = "1:3"
    sheet.freeze_panes = "A4"
    _put(sheet, 1, 1, title, size=16, bold=True, side="center", until=len(printed))
    for (first, last), text, side in _filing_cells(widths, FILING_LABELS):
        _put(sheet, 2, first + 1, text, side=side, until=last + 1)
    for place, column in enumerate(printed, start=1):
        _put(sheet, 3, place, column.header, bold=True, side="center", fill=_header_fill(column), bordered=True)
        note = Comment(_note(column), "填写说明", width=230)
        note.height = 30 + 20 * (1 + len(note.text) // 14 + note.text.count("\n"))
        sheet.cell(3, place).comment = note
        style = sheet.column_dimensions[get_column_letter(place)]
        style.width = widths[place - 1]
        style.font = Font(name=BODY_FONT, size=BODY_SIZE)
        style.alignment = Alignment(horizontal=_side(column), vertical="center", indent=_indent(column), wrap_text=True)
        style.border = _thin_borders()
        style.number_format = _number_format(column)
    _add_filling_sheet(workbook, title, columns, filling_notes)
    _add_drop_downs(workbook, sheet, printed)
    workbook.save(target)


def _stream(
    target: Path | BinaryIO,
    *,
    sheet: str,
    title: str,
    filing: Sequence[str],
    columns: Sequence[PrintColumn],
    lines: Iterable[Sequence[object]],
) -> None:
    """Write title, filing line, headers and `lines` (one value for each column), in constant memory.

    The writer gives the title row no height of its own; Excel fits it to the font.
    """
    _assert_distinct(columns)
    headers = [column.header for column in columns]
    widths = _widths(columns)
    converters: list[Callable[[object], object]] = [
        _as_number if column.kind in ("number", "money") else _as_text for column in columns
    ]
    last = len(columns) - 1
    heads: list[tuple[int, int, int, int, str, Format]] = [
        (0, 0, 0, last, clean_text(title), _font(TITLE_FONT, 16).set_bold().set_align("center").set_shrink())
    ]
    for (start, end), text, side in _filing_cells(widths, filing):
        heads.append((1, start, 1, end, clean_text(text), _font(BODY_FONT).set_align(side).set_shrink()))
    header_format = _font(HEADER_FONT).set_bold().set_align("center").set_text_wrap().set_border("thin")
    records = (
        dict(zip(headers, [convert(value) for convert, value in zip(converters, line, strict=True)], strict=True))
        for line in lines
    )
    measured = list(islice(records, MEASURED_ROWS))
    name = _sheet_name(sheet)
    workbook = FastExcel(target, output_format="xlsx").freeze(row=3, sheet=name)
    workbook.sheet(
        name,
        chain(measured, records),
        header_row=2,
        merge_ranges=heads,
        header_format=header_format.set_background_color(HEADER_FILL),
        column_formats=[_body_format(column) for column in columns],
        column_widths=widths,
        row_heights={1: FILING_HEIGHT, 2: HEADER_HEIGHT, **_tall_rows(widths, measured)},
        ignore_errors=[column.header for column in columns if _number_format(column) == "@"],
        page_setup={
            "landscape": True,
            "paper_size": 9,
            "fit_to_pages": (1, 0),
            "repeat_rows": (0, 2),
            "center_horizontally": True,
            "margins": MARGINS,
            "footer": FOOTER,
        },
    ).save()


def clean_text(text: str) -> str:
    """Return `text` as a cell can hold it: Excel's line ends, nothing that XML forbids, cut at `CELL_LIMIT`."""
    text = _ILLEGAL_IN_XML.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    units = text.encode("utf-16-le")
    if len(units) > 2 * CELL_LIMIT:
        return units[: 2 * (CELL_LIMIT - 1)].decode("utf-16-le", errors="ignore") + "…"
    return text


def _as_text(value: object) -> str | float:
    if isinstance(value, str):
        if value.isprintable() and len(value) <= CELL_LIMIT // 2:  # nearly every cell: nothing to clean or cut
            return value or _BLANK
        return clean_text(value) or _BLANK
    if value is None:
        return _BLANK
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_DIGITS:
        return str(int(value))  # a phone that Excel had kept as a number; longer ones have lost digits and must show it
    return str(value)


def _as_number(value: object) -> str | float | Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return _as_text(value)
    return value if -_EXACT_DIGITS < value < _EXACT_DIGITS else _as_text(value)


def _signatures(columns: Sequence[PrintColumn]) -> list[str | None]:
    """The last row: a label in the widest column of each third of the table, behind 序号."""
    cells: list[str | None] = [None] * len(columns)
    widths = _widths(columns)
    data = len(columns) - 1
    if data < len(SIGNATURE_LABELS):
        cells[-1] = GAP.join(SIGNATURE_LABELS)
        return cells
    for third, label in enumerate(SIGNATURE_LABELS):
        places = range(1 + data * third // 3, 1 + data * (third + 1) // 3)
        cells[max(places, key=widths.__getitem__)] = label
    return cells


def _filing_cells(widths: Sequence[float], texts: Sequence[str]) -> list[tuple[tuple[int, int], str, Side]]:
    """Where the texts of the second row stand: ((first, last) column, text, alignment).

    Three texts share the width in thirds; a table too small for that (a merged cell needs two columns) joins them.
    """
    ends = list(accumulate(widths))
    cuts = [0, bisect(ends, ends[-1] / 3), bisect(ends, ends[-1] * 2 / 3), len(widths)]
    spans = [(start, end - 1) for start, end in pairwise(cuts)]
    if len(texts) == len(spans) and all(first < last for first, last in spans):
        return list(zip(spans, texts, SIDES, strict=True))
    return [((0, len(widths) - 1), GAP.join(texts), "left")]


def _widths(columns: Sequence[PrintColumn]) -> list[float]:
    """Column widths: each takes its header in two lines, and the columns of a narrow table share out the page."""
    first, *data = [max(column.width, _half_widths(column.header) / 2 + 2) for column in columns]
    stretch = max(1, (PAGE_WIDTH - first) / sum(data))
    return [first, *(round(width * stretch, 1) for width in data)]


def _tall_rows(widths: Sequence[float], records: Iterable[dict[str, object]]) -> dict[int, float]:
    """Heights, by 0-based row of the sheet, of the rows that need more than one line.

    Excel would find them when it opens the file; LibreOffice does not.
    """
    heights = {row: _height(record.values(), widths) for row, record in enumerate(records, start=3)}
    return {row: height for row, height in heights.items() if height > LINE_HEIGHT}


def _height(cells: Iterable[object], widths: Iterable[float]) -> float:
    """How many points high a row must be for the texts among its `cells`."""
    lines = [
        sum(1 + int(max(_half_widths(line) - 1, 0) // (width - 2)) for line in text.split("\n"))
        for text, width in zip(cells, widths, strict=True)
        if isinstance(text, str)
    ]
    return min(LINE_HEIGHT * max(lines, default=1), TALLEST_ROW)


def _half_widths(text: str) -> int:
    """How many half-width characters `text` is wide; in GBK a full-width one takes two bytes, fast to count."""
    return len(text.encode("gbk", errors="replace"))


def _with_distinct_headers(columns: Sequence[PrintColumn]) -> list[PrintColumn]:
    """The columns of somebody's file with blank headers named and repeated ones counted; the first keeps its name."""
    seen: set[str] = set()
    named = []
    for place, column in enumerate(columns, start=1):
        name = header = clean_text(column.header) or f"第{place}列"
        times = 1
        while header in seen:
            times += 1
            header = f"{name}（{times}）"
        seen.add(header)
        named.append(replace(column, header=header))
    return named


def _assert_distinct(columns: Iterable[PrintColumn]) -> None:
    headers = [column.header for column in columns]
    assert len(set(headers)) == len(headers), f"duplicate headers: {headers}"


def _sheet_name(title: str) -> str:
    name = _ILLEGAL_IN_SHEET_NAME.sub("", clean_text(title)).strip("' ")
    return name[:SHEET_NAME_LIMIT].strip("' ") or "台账"


def _side(column: PrintColumn) -> Side:
    if column.kind in ("number", "money") and column is not NUMBER:
        return "right"
    return "left" if column.kind == "text" and column.width > WIDE else "center"


def _indent(column: PrintColumn) -> int:
    return 0 if _side(column) == "center" else 1


def _number_format(column: PrintColumn) -> str:
    return {"number": "General", "money": "#,##0.00"}.get(column.kind, "@")


def _font(name: str, size: int = BODY_SIZE) -> Format:
    return Format().set_font_name(name).set_font_size(size).set_align("vertical_center")


def _body_format(column: PrintColumn) -> Format:
    style = _font(BODY_FONT).set_align(_side(column)).set_indent(_indent(column)).set_text_wrap().set_border("thin")
    if column is REASON:
        style = style.set_font_color(REASON_COLOR)
    return style.set_num_format(_number_format(column))


def _choices(column: PrintColumn) -> tuple[str, ...]:
    return ("是", "否") if column.kind == "yes_no" else column.choices


def _header_fill(column: PrintColumn) -> str:
    return REQUIRED_FILL if column.required else HEADER_FILL


def _note(column: PrintColumn) -> str:
    lines = ["必填" if column.required else "选填", HINTS[column.kind], column.note]
    if column.choices:
        lines.append("请从下拉列表中选择。")
    return "\n".join(line for line in lines if line)


def _thin_borders() -> Border:
    thin = Line(style="thin")
    return Border(left=thin, right=thin, top=thin, bottom=thin)


def _put(
    sheet: Worksheet,
    row: int,
    column: int,
    text: str,
    *,
    size: int = BODY_SIZE,
    bold: bool = False,
    side: Side = "left",
    fill: str = "",
    bordered: bool = False,
    until: int = 0,
) -> None:
    """Write one text cell of the template, merged up to the column `until` where that is given (1-based)."""
    places = range(column, max(column, until) + 1)
    if len(places) > 1:  # first, because merging clears the styles of the cells it covers
        sheet.merge_cells(start_row=row, end_row=row, start_column=column, end_column=places[-1])
    for place in places:
        cell = sheet.cell(row, place)
        cell.font = Font(name=HEADER_FONT if bold else BODY_FONT, size=size, bold=bold)
        cell.alignment = Alignment(horizontal=side, vertical="center", wrap_text=True)
        if bordered:
            cell.border = _thin_borders()
        if fill:
            cell.fill = PatternFill("solid", start_color=fill.removeprefix("#"))
    first = sheet.cell(row, column)
    if text:
        first.value = text
        first.data_type = "s"  # a note that begins with "=" is no formula


def _set_up_page(sheet: Worksheet) -> None:
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_margins = PageMargins(**MARGINS)
    sheet.print_options.horizontalCentered = True
    sheet.oddFooter.center.text = FOOTER.removeprefix("&C")
    sheet.row_dimensions[1].height = TITLE_HEIGHT


def _add_filling_sheet(
    workbook: Workbook, title: str, columns: Sequence[PrintColumn], filling_notes: Sequence[str]
) -> None:
    """Add 填写说明: the notes, numbered, then a table of the columns."""
    sheet = workbook.create_sheet("填写说明")
    _set_up_page(sheet)
    headers = {"列名": 18, "是否必填": 10, "填写要求": 44, "可选值": 44, "也可写作": 30}
    for place, width in enumerate(headers.values(), start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    _put(sheet, 1, 1, f"{title}填写说明", size=16, bold=True, side="center", until=len(headers))
    for number, note in enumerate(filling_notes, start=1):
        _put(sheet, 1 + number, 1, f"{number}. {note}", until=len(headers))
        sheet.row_dimensions[1 + number].height = _height([note], [sum(headers.values())])
    top = len(filling_notes) + 2
    for place, header in enumerate(headers, start=1):
        _put(sheet, top, place, header, bold=True, side="center", fill=HEADER_FILL, bordered=True)
    for row, column in enumerate(columns, start=top + 1):
        fill = REQUIRED_FILL if column.required else ""
        cells = (
            column.header,
            "必填" if column.required else "选填",
            HINTS[column.kind] + column.note,
            "、".join(_choices(column)),
            "、".join(column.aliases),
        )
        for place, text in enumerate(cells, start=1):
            if place <= 2:
                _put(sheet, row, place, text, side="center", fill=fill, bordered=True)
            else:
                _put(sheet, row, place, text, bordered=True)
        sheet.row_dimensions[row].height = _height(cells, headers.values())


def _add_drop_downs(workbook: Workbook, sheet: Worksheet, columns: Sequence[PrintColumn]) -> None:
    """Give each column with choices its list, from the hidden sheet 选项 where Excel takes no list that long."""
    for place, column in enumerate(columns, start=1):
        values = _choices(column)
        if not values:
            continue
        inline = ",".join(values)
        if len(inline) <= INLINE_LIST_LIMIT and inline.count(",") == len(values) - 1 and '"' not in inline:
            source = f'"{inline}"'
        else:
            source = _listed(workbook, column.header, values)
        rule = DataValidation(type="list", formula1=source, allow_blank=True, showErrorMessage=True)
        rule.errorTitle = column.header[:32]
        rule.error = "请从下拉列表中选择。"
        letter = get_column_letter(place)
        rule.add(f"{letter}4:{letter}{3 + TEMPLATE_ROWS}")
        sheet.add_data_validation(rule)


def _listed(workbook: Workbook, header: str, values: Sequence[str]) -> str:
    """Write `values` as a new column of the hidden sheet 选项 and return the reference to them."""
    if "选项" not in workbook.sheetnames:
        workbook.create_sheet("选项").sheet_state = "hidden"
    options = workbook["选项"]
    place = 1 if options.cell(1, 1).value is None else options.max_column + 1
    for row, value in enumerate((header, *values), start=1):
        _put(options, row, place, value)
    letter = get_column_letter(place)
    return f"选项!${letter}$2:${letter}${len(values) + 1}"

"""Reading the spreadsheets that offices send: guards against bad files, sheets of raw cells, the header, the data rows.

Nothing here knows what a column means; `ledgers.parsing` reads single cells. Messages of `Unreadable` are shown to the
person who uploaded the file, so they are Chinese and say what to do.
"""

import csv
import datetime
import io
import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from xml.sax import SAXException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

import defusedxml.sax
import python_calamine
from django.conf import settings

HEADER_SCAN = 30  # rows in which a header is looked for
MAX_CELLS = 6_000_000  # of the rectangles around a workbook’s values: what the reader holds in memory
MAX_UNPACKED = 400 * 1024 * 1024
MAX_PART = 50 * 1024 * 1024  # a part above this size may not be packed tighter than MAX_RATIO
MAX_RATIO = 200
MAX_PARTS = 2000

CORRUPT = "文件已损坏或不完整，无法读取。请用 Excel 或 WPS 打开，另存为 .xlsx 后再上传。"
LOCKED = "文件设了打开密码。请去掉密码后再上传。"
MACROS = "文件含宏，不能上传。请另存为不含宏的 .xlsx 后再上传。"
TOO_LARGE = "文件解开后过大，不能读取。请删去多余的内容和图片，或拆成几个文件再上传。"
TOO_WIDE = "表格的范围过大，可能在很远的行或列里有内容。请删去数据区以外的内容后再上传。"
NOT_A_TABLE = "这不是能读取的电子表格。请上传 .xlsx、.xls 或 .csv 文件；别的格式请先另存为 .xlsx。"
WEB_PAGE = "这个文件的内容是网页或 XML，只是用了表格的扩展名。请用 Excel 或 WPS 打开，另存为 .xlsx 后再上传。"
EMPTY = "表格里没有内容。请填好数据后再上传；隐藏的工作表不读取，要读取的请先取消隐藏。"


_YEAR = re.compile(r"(?<!\d)(20\d\d) ?年")


class Unreadable(Exception):
    """A file that cannot be taken in. Its message is Chinese, for the person who uploaded it, with what to do."""


class NoHeader(Unreadable):
    """No row of the workbook is the header that was looked for; `sheets` are what was read."""

    def __init__(self, message: str, sheets: "list[Sheet]") -> None:
        super().__init__(message)
        self.sheets = sheets


@dataclass(frozen=True, slots=True)
class Sheet:
    """A worksheet: rectangular rows of raw cells, the first of which is sheet row `first_row` (1-based).

    A cell is str, float, int, bool, date, datetime, time, timedelta or "" (blank; a formula in error is blank too).
    `merged` are the ranges of merged cells, ((row, column), (row, column)) from 0, first and last. Of a hidden sheet
    nothing is read but how many rows it has, in `hidden`.
    """

    name: str
    rows: list[list[object]]
    first_row: int = 1
    merged: tuple[tuple[tuple[int, int], tuple[int, int]], ...] = ()
    hidden: int = 0


@dataclass
class HeaderMatch:
    """Where a ledger's header stands and which column it gives to which declared name; `mapping` may be corrected.

    `header_rows` are sheet rows, first and last; `columns` the header text of each column; `unknown` the columns with
    a header nobody declared (or one already taken); `data_start` an index into `sheet.rows`; `missing` the required
    names without a column; `other_sheets` the names of the sheets `more` that fit as well and are read along;
    `sheets` all sheets of the workbook.
    """

    sheet: Sheet
    header_rows: tuple[int, int]
    columns: list[str]
    mapping: dict[int, str]
    unknown: list[int]
    data_start: int
    missing: list[str]
    required: frozenset[str]
    other_sheets: list[str] = field(default_factory=list)
    more: "list[HeaderMatch]" = field(default_factory=list)
    sheets: list[Sheet] = field(default_factory=list)

    @property
    def parts(self) -> "list[HeaderMatch]":
        """This sheet, and those of the same kind that are read along with it."""
        return [self, *self.more]

    @property
    def year(self) -> int | None:
        """The one year that stands above the header or in the sheet's name: 2026年11月组织生活统计表."""
        above = self.sheet.rows[: self.header_rows[0] - self.sheet.first_row]
        texts = [self.sheet.name, *(cell for row in above for cell in row if type(cell) is str)]
        found = {int(year) for text in texts for year in _YEAR.findall(text)}
        return found.pop() if len(found) == 1 else None


# Files


def read_workbook(data: bytes | Path, filename: str) -> list[Sheet]:
    """Return the sheets with content of an .xlsx, .xls or .csv file, told apart by content, not by name.

    Those that are visible are read, hidden ones are only named. `filename` is only named back to the user. Raises
    Unreadable for anything too big, dangerous, locked or broken.
    """
    size = data.stat().st_size if isinstance(data, Path) else len(data)
    if size > settings.UPLOAD_MAX_BYTES:
        limit = settings.UPLOAD_MAX_BYTES / 1024 / 1024
        raise Unreadable(f"“{filename}”有 {size / 1024 / 1024:.1f} MB，上限是 {limit:g} MB。请拆成几个文件再上传。")
    content = data.read_bytes() if isinstance(data, Path) else data
    if not content.strip():
        raise Unreadable(EMPTY)
    if content.startswith(b"PK\x03\x04"):
        _guard_package(content)
        sheets = _excel_sheets(content)
    elif content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        _guard_compound_file(content)
        sheets = _excel_sheets(content)
    else:
        sheets = [Sheet("CSV", _csv_rows(_csv_text(content)))]
    for sheet in sheets:
        while sheet.rows and _is_blank(sheet.rows[-1]):
            sheet.rows.pop()
    if not any(sheet.rows for sheet in sheets):
        raise Unreadable(EMPTY)
    return [sheet for sheet in sheets if sheet.rows or sheet.hidden]


def _excel_sheets(content: bytes) -> list[Sheet]:
    try:
        workbook = python_calamine.load_workbook(io.BytesIO(content))
        sheets, cells = [], 0
        for index, meta in enumerate(workbook.sheets_metadata):
            if meta.typ in (python_calamine.SheetTypeEnum.MacroSheet, python_calamine.SheetTypeEnum.Vba):
                raise Unreadable(MACROS)
            if meta.typ != python_calamine.SheetTypeEnum.WorkSheet:
                continue
            found = workbook.get_sheet_by_index(index)
            if found.end is None:
                continue
            height, width = found.end[0] + 1, found.end[1] + 1
            if meta.visible != python_calamine.SheetVisibleEnum.Visible:
                sheets.append(Sheet(meta.name, [], hidden=height))
                continue
            _guard_rows(height)
            cells += height * width
            if cells > MAX_CELLS:
                raise Unreadable(TOO_WIDE)
            rows: list[list[object]] = found.to_python(skip_empty_area=False)  # type: ignore[assignment]
            sheets.append(Sheet(meta.name, rows, merged=tuple(found.merged_cell_ranges or ())))
    except python_calamine.PasswordError:
        raise Unreadable(LOCKED) from None
    except (python_calamine.CalamineError, ValueError, OverflowError) as error:
        raise Unreadable(CORRUPT) from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # the reader's own crash, which is not an Exception
            raise Unreadable(CORRUPT) from None
        raise
    return sheets


def _guard_rows(rows: int) -> None:
    """Refuse more rows than an import may have; the header row is not counted."""
    if rows > settings.IMPORT_MAX_ROWS + 1:
        limit = settings.IMPORT_MAX_ROWS
        raise Unreadable(f"表格超过 {limit} 行，一次导入不了。请拆成几个文件再上传；如果后面都是空行，请先删除。")


# .xlsx: a zip of XML parts

_DTD = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_MACRO = re.compile(r"vbaProject|macrosheet", re.IGNORECASE)
# A filled cell that is not plainly written at A1 … Z99999: only these can make the rectangle of a sheet large.
_FAR_CELL = re.compile(rb"""<c(?=[\s>])(?! r="[A-Z]\d{1,5}")(?: r="([A-Z]+)(\d+)")?[^>]*(?<!/)>""")
_PREFIXED_CELL = re.compile(rb":c[\s>]")


def _guard_package(content: bytes) -> None:
    """Refuse zip bombs, macros, passwords, DTDs and sheets whose few cells span a huge rectangle."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            names = {member.filename for member in members}
            if len(members) > MAX_PARTS:
                raise Unreadable(TOO_LARGE)
            if any(member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for member in members):
                raise Unreadable(CORRUPT)
            if any(member.flag_bits & 1 for member in members):
                raise Unreadable(LOCKED)
            if any(_MACRO.search(name) for name in names):
                raise Unreadable(MACROS)
            if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
                raise Unreadable(NOT_A_TABLE)
            unpacked = cells = 0
            for member in members:
                part = _unpack(archive, member, MAX_UNPACKED - unpacked)
                unpacked += len(part)
                cells += _guard_part(member.filename, part)
                if cells > MAX_CELLS:
                    raise Unreadable(TOO_WIDE)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError) as error:
        raise Unreadable(CORRUPT) from error


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, room: int) -> bytes:
    """Return a part's bytes, at most `room` of them, by what it really holds and not by the size it declares."""
    declared, member.file_size = member.file_size, room + 1
    if declared > room:
        raise Unreadable(TOO_LARGE)
    with archive.open(member) as packed:
        part = packed.read(room + 1)
    if len(part) > room or (len(part) > MAX_PART and len(part) > MAX_RATIO * member.compress_size):
        raise Unreadable(TOO_LARGE)
    if len(part) != declared:
        raise Unreadable(CORRUPT)
    return part


def _guard_part(name: str, part: bytes) -> int:
    """Refuse a part that no office program writes; return how many cells its far cells make the sheet span."""
    if name.startswith("xl/media/"):
        return 0
    if b"\0" in part[:4] and name.endswith((".xml", ".rels")):  # UTF-16, which would hide from the checks below
        raise Unreadable(CORRUPT)
    if _DTD.search(part):
        raise Unreadable("文件里有外部引用（DTD），不能上传。请用 Excel 或 WPS 打开，另存为 .xlsx 后再上传。")
    if name == "[Content_Types].xml" and _MACRO.search(part.decode("utf-8", "replace")):
        raise Unreadable(MACROS)
    far = _FAR_CELL.findall(part)
    rows = max((int(row or 0) for _, row in far), default=0)
    columns = max((_column(letters) for letters in {letters for letters, _ in far}), default=0)
    plain = all(row for _, row in far) and not _PREFIXED_CELL.search(part)
    if not plain or max(rows, 99_999) * max(columns, 26) > MAX_CELLS:
        rows, columns = _exact_extent(part)
    _guard_rows(rows)
    return rows * columns


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


class _Extent(ContentHandler):
    """Finds the last row and column with a value, counting along where cells do not say their place."""

    def __init__(self) -> None:
        super().__init__()
        self.row = self.column = self.rows = self.columns = 0

    def startElement(self, name: str, attrs: AttributesImpl) -> None:
        """Follow `row` and `c`; a `v` or `is` inside means that the cell has a value."""
        tag = name.rpartition(":")[2]
        if tag == "row":
            self.row, self.column = int(attrs.get("r", str(self.row + 1))), 0
        elif tag == "c":
            place = re.fullmatch(r"([A-Za-z]+)(\d+)", attrs.get("r", ""))
            self.column = _column(place[1].encode()) if place else self.column + 1
            self.row = int(place[2]) if place else self.row
        elif tag in ("v", "is"):
            self.rows = max(self.rows, self.row)
            self.columns = max(self.columns, self.column)


def _exact_extent(part: bytes) -> tuple[int, int]:
    extent = _Extent()
    try:
        defusedxml.sax.parseString(part, extent)
    except SAXException as error:
        raise Unreadable(CORRUPT) from error
    return extent.rows, extent.columns


# .xls: streams in an OLE2 compound file ([MS-CFB]), the workbook a stream of records ([MS-XLS])

_LAST_SECTOR = 0xFFFFFFF9
_CELL_RECORDS = {0x0006, 0x0206, 0x0406, 0x00BD, 0x00D6, 0x00FD, 0x0203, 0x0204, 0x0205, 0x027E}


def _guard_compound_file(content: bytes) -> None:
    """Refuse passwords, macros, Word files, and sheets whose few cells span a huge rectangle."""
    try:
        names, workbooks = _streams(content)
    except (struct.error, IndexError, ValueError) as error:
        raise Unreadable(CORRUPT) from error
    if "EncryptedPackage" in names:
        raise Unreadable(LOCKED)
    if any(name.startswith("_VBA_PROJECT") for name in names):
        raise Unreadable(MACROS)
    if not workbooks:
        raise Unreadable(NOT_A_TABLE)
    if sum(_cells_spanned(workbook) for workbook in workbooks) > MAX_CELLS:
        raise Unreadable(TOO_WIDE)


def _cells_spanned(workbook: bytes) -> int:
    """Return how many cells the rectangles around the values of a workbook stream's sheets hold."""
    cells = rows = columns = position = 0
    while position + 8 <= len(workbook):
        kind, size, row, column = struct.unpack_from("<HHHH", workbook, position)
        if kind in _CELL_RECORDS:
            if kind == 0x00BD and size >= 6:  # several numbers in a row: the last column ends the record
                (column,) = struct.unpack_from("<H", workbook, position + size + 2)
            rows, columns = max(rows, row + 1), max(columns, column + 1)
        elif kind == 0x002F:
            raise Unreadable(LOCKED)
        elif kind == 0x0200 and size >= 12:  # the declared extent, for which the reader makes room in advance
            first, last = struct.unpack_from("<II", workbook, position + 4)
            if not first <= last <= 65_536 or struct.unpack_from("<H", workbook, position + 14)[0] > 256:
                raise Unreadable(CORRUPT)
        elif kind == 0x0809:  # the next sheet begins
            cells, rows, columns = cells + rows * columns, 0, 0
        position += 4 + size
    return cells + rows * columns


def _streams(content: bytes) -> tuple[set[str], list[bytes]]:
    """Return the names of all streams and storages in an OLE2 file, and the bytes of its workbook streams."""
    sector = 1 << struct.unpack_from("<H", content, 30)[0]
    directory_start, _, _, mini_start, _, difat_next = struct.unpack_from("<IIIIII", content, 48)
    if sector not in (512, 4096):
        raise ValueError(sector)

    def numbers(block: bytes) -> tuple[int, ...]:
        return struct.unpack(f"<{len(block) // 4}I", block[: len(block) // 4 * 4])

    def block_at(number: int) -> bytes:
        return content[(number + 1) * sector : (number + 2) * sector]

    def chained(start: int, table: Sequence[int], source: bytes, width: int, offset: int) -> bytes:
        blocks: list[bytes] = []
        while start <= _LAST_SECTOR:
            if len(blocks) > len(table):
                raise ValueError("a chain of sectors that bites its tail")
            blocks.append(source[start * width + offset : (start + 1) * width + offset])
            start = table[start]
        return b"".join(blocks)

    difat = list(numbers(content[76:512]))
    while difat_next <= _LAST_SECTOR and len(difat) * 4 <= len(content):
        *more, difat_next = numbers(block_at(difat_next))
        difat += more
    fat_sectors = {number: None for number in difat if number <= _LAST_SECTOR}  # each once, in order
    fat = [entry for number in fat_sectors for entry in numbers(block_at(number))]
    directory = chained(directory_start, fat, content, sector, sector)
    names: set[str] = set()
    workbooks: list[bytes] = []
    small = b""
    for position in range(0, len(directory) - 127, 128):
        entry = directory[position : position + 128]
        name = entry[: max(0, struct.unpack_from("<H", entry, 64)[0] - 2)].decode("utf-16-le", "replace")
        start, size = struct.unpack_from("<II", entry, 116)
        names.add(name)
        if entry[66] == 5:  # the root holds the blocks of all small streams
            small = chained(start, fat, content, sector, sector)
        elif name in ("Workbook", "Book") and size >= 4096:
            workbooks.append(chained(start, fat, content, sector, sector)[:size])
        elif name in ("Workbook", "Book"):
            mini_fat = numbers(chained(mini_start, fat, content, sector, sector))
            workbooks.append(chained(start, mini_fat, small, 64, 0)[:size])
    return names, workbooks


# .csv

_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x19\x1b-\x1f]")


def _csv_text(content: bytes) -> str:
    encodings = ["utf-8-sig", "gb18030"]
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    for encoding in encodings:
        try:
            text = content.decode(encoding).rstrip("\x1a")
        except UnicodeDecodeError:
            continue
        if _CONTROLS.search(text) or text.startswith(("%PDF", "{\\rtf")):
            break
        if text.lstrip().startswith(("<", "MIME-Version")):
            raise Unreadable(WEB_PAGE)
        return text
    raise Unreadable(NOT_A_TABLE)


def _csv_rows(text: str) -> list[list[object]]:
    """Return the rows, padded to one width. The delimiter is the one that cuts most of the first rows alike."""

    def evenness(delimiter: str) -> tuple[int, int]:
        try:
            widths = [
                len(row) for row in islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), HEADER_SCAN)
            ]
        except csv.Error:
            return 0, 0
        return max(((widths.count(width), width) for width in widths if width > 1), default=(0, 0))

    delimiter = max(",\t;", key=evenness)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[object]] = []
    width = 0
    try:
        for row in reader:
            rows.append(list(row))
            width = max(width, len(row))
            _guard_rows(len(rows))
            if len(rows) * width > MAX_CELLS:
                raise Unreadable(TOO_WIDE)
    except csv.Error as error:
        raise Unreadable(
            f"第 {reader.line_num} 行的引号不成对，无法分列。请用 Excel 或 WPS 打开，另存为 .xlsx 后再上传。"
        ) from error
    return [row + [""] * (width - len(row)) for row in rows]


# Headers

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_BRACKETED = re.compile(r"(?:\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】|\*|:)+$")
_MARKS = re.compile(r"^\*+|(?:\*|:|\((?:必填|必填项|选填|\*)\)|\[(?:必填|选填)\]|【(?:必填|选填)】)+$")


def normal_header(text: object) -> str:
    """Return a header as it is compared: half-width, no spaces or line breaks, no “*”, “（必填）” and “：”."""
    return _MARKS.sub("", _squash(text))


def bare_header(text: str) -> str:
    """Return a header, as `normal_header` gives it, without the star and the note in brackets behind it."""
    return _BRACKETED.sub("", text) or text


def find_header(sheets: list[Sheet], columns: Mapping[str, Sequence[str]], required: Collection[str]) -> HeaderMatch:
    """Find the sheet and the one or two rows that fit `columns` (name -> header and aliases) best.

    Looks at the first 30 rows of each sheet, so that cover sheets, merged titles and 填报单位 rows are passed by.
    Required columns that are not there end up in `missing`. Raises NoHeader where no row matches two columns (or the
    only one).
    """
    names = {normal_header(header): name for name in reversed(list(columns)) for header in reversed(columns[name])}
    enough = min(2, len(columns))
    for sheet in sheets:
        _part_pairs(sheet, names)
    best: list[tuple[tuple[int, int, int], HeaderMatch]] = []
    for sheet in sheets:
        matches = [
            _header_at(sheet, top, height, names, required)
            for top in range(HEADER_SCAN)
            for height in (1, 2)
            if top + height <= min(HEADER_SCAN, len(sheet.rows))
        ]
        best += sorted(((_fit(m), m) for m in matches if len(m.mapping) >= enough), key=_by_fit, reverse=True)[:1]
    if not best:
        expected = "、".join(columns[name][0] for name in sorted(columns, key=lambda name: name not in required))
        raise NoHeader(f"没有找到表头。表头应有这些列：{expected}。请对照模板检查后再上传。", sheets)
    _, match = max(best, key=_by_fit)
    match.more = [
        other
        for (_, has_data, _), other in best
        if other is not match and has_data and set(other.missing) <= set(match.missing)
    ]
    match.other_sheets = [other.sheet.name for other in match.more]
    match.sheets = sheets
    return match


_SLASH = re.compile(r"\s*[/／]\s*")


def _part_pairs(sheet: Sheet, names: Mapping[str, str]) -> None:
    """Make two columns of one that holds two in each cell, as in 应到/实到 above 21/18; the second goes to the end.

    Excel keeps 10/12 as the twelfth of October: that is read back.
    """
    pairs = [
        (at, column, halves)
        for at, row in enumerate(sheet.rows[:HEADER_SCAN])
        for column, cell in enumerate(row)
        if isinstance(cell, str) and (halves := _halves_of_header(cell, names))
    ]
    for at, column, halves in pairs:
        for row in sheet.rows[:at]:
            row.append("")
        for row in sheet.rows[at:]:
            row[column], second = halves if row is sheet.rows[at] else _halves_of_cell(row[column])
            row.append(second)


def _halves_of_header(text: str, names: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the two headers that one such as 应到/实到人数 stands for, or None where it is no such header."""
    header = normal_header(text)
    parts = _SLASH.split(header)
    if len(parts) != 2 or bare_header(header) in names:
        return None
    first, second = parts
    shared = next((first + second[at:] for at in range(1, len(second)) if first + second[at:] in names), first)
    both = (first if first in names else shared, second)
    return both if all(half in names for half in both) and names[both[0]] != names[both[1]] else None


def _halves_of_cell(cell: object) -> tuple[object, object]:
    if isinstance(cell, datetime.date):  # of which a datetime is one
        return str(cell.month), str(cell.day)
    parts = _SLASH.split(cell) if isinstance(cell, str) else []
    return (parts[0], parts[1]) if len(parts) == 2 else (cell, "")


def _by_fit(pair: tuple[tuple[int, int, int], HeaderMatch]) -> tuple[int, int, int]:
    return pair[0]


def _fit(match: HeaderMatch) -> tuple[int, int, int]:
    """Rank a header: columns found, required ones double; then with data below it; then one row before two.

    Of equals the caller keeps the first, so an earlier row or sheet wins.
    """
    found = len(match.mapping) + len(match.required & set(match.mapping.values()))
    has_data = any(not _is_blank(row) for row in islice(match.sheet.rows, match.data_start, match.data_start + 100))
    return found, has_data, match.header_rows[0] - match.header_rows[1]


def _header_at(sheet: Sheet, top: int, height: int, names: Mapping[str, str], required: Collection[str]) -> HeaderMatch:
    upper = [normal_header(cell) for cell in sheet.rows[top]]
    lower = [normal_header(cell) for cell in sheet.rows[top + 1]] if height == 2 else upper
    texts: list[str] = []
    group = ""
    for above, below in zip(upper, lower, strict=True):
        if height == 1 or not below:  # a vertically merged header ends the group before it
            group = ""
            texts.append(above)
            continue
        group = above or group
        joined = group + below
        texts.append(below if bare_header(below) in names and bare_header(joined) not in names else joined)
    mapping: dict[int, str] = {}
    taken: set[str] = set()
    for column, text in enumerate(texts):
        name = names.get(text) or names.get(bare_header(text))
        if name and name not in taken:
            mapping[column] = name
            taken.add(name)
    return HeaderMatch(
        sheet=sheet,
        header_rows=(sheet.first_row + top, sheet.first_row + top + height - 1),
        columns=texts,
        mapping=mapping,
        unknown=[column for column, text in enumerate(texts) if text and column not in mapping],
        data_start=top + height,
        missing=[name for name in required if name not in taken],
        required=frozenset(required),
    )


# Data rows

_TOTAL = re.compile(
    r"(?:.{0,20}(?:合计|小计|总计)|(?:本页|全部)?(?:共计|累计))(?:\(.*\))?(?::.*)?|(?:合计|小计|总计|共计)\d.*"
)
_SIGNATURE = re.compile(
    r"(?:审核人?|复核人?|审批人?|填表人?|填报人?|制表人?|经办人|联系人|联系电话|电话|(?:单位|主要)?负责人|分管领导|主要领导"
    r"|(?:党组织|党委|支部)?书记(?:签字|签名)?|签字|签名|(?:单位)?(?:签章|盖章|公章)|(?:填报|填表|上报)?单位"
    r"|(?:填表|填报|制表|审核|上报|打印|截止)(?:日期|时间))(?:\([^)]*\))?:"
)
_NOTE = re.compile(r"(?:备注|附注|注意事项|注意|注|(?:填表|填报)?说明)\d*:")
_NOTE_GOES_ON = re.compile(r"\(?\d+(?:[.、)]|:)\D")
_EXAMPLE = re.compile(r"(?:示?例|样例|举例|填写示例|范例)(?:\d*:|\d*$)")
_ORDINAL_HEADERS = {"序号", "编号", "行号", "NO", "NO.", "No", "No."}
_STEMS = "甲乙丙丁戊己庚辛壬癸"


def data_rows(match: HeaderMatch) -> Iterator[tuple[int, list[object]]]:
    """Yield (sheet row number, cells) of the rows that hold data.

    Left out: blank rows, examples of how to fill the table in, and rows with nothing but their 序号; titles and headers
    repeated on each page; the row of column numbers under a header; totals, signatures and notes, which are known by
    their wording and leave required columns empty: the cell with the label itself does not count as filled.
    """
    rows = match.sheet.rows
    _fill_down(match)
    top = match.header_rows[0] - match.sheet.first_row
    furniture = _Furniture(match, rows[top : match.data_start], rows[:top])
    below_header, below_note = True, False
    for index in range(match.data_start, len(rows)):
        row = rows[index]
        lead = next((cell for cell in row if type(cell) is str and not cell.isdigit() and cell.strip()), None)
        plain = lead is not None and not furniture.may_begin_with(_squash(lead))
        if plain and not below_header and not below_note:
            yield match.sheet.first_row + index, row
            continue
        filled = {column: text for column, cell in enumerate(row) if (text := _squash(cell))}
        if not filled:
            continue
        if furniture.is_header(filled):
            below_header, below_note = True, False
            continue
        numbers_columns = below_header and _numbers_columns(list(filled.values()))
        below_header = False
        if numbers_columns:
            continue
        below_note = furniture.is_note(filled, below_note)
        if below_note or furniture.is_total(filled) or furniture.is_signature(filled) or furniture.is_unused(filled):
            continue
        if furniture.is_example(filled):
            continue
        yield match.sheet.first_row + index, row


def _fill_down(match: HeaderMatch) -> None:
    """Give every row below a merged cell what stands in its first one."""
    rows = match.sheet.rows
    for (first, column), (last, _) in match.sheet.merged:
        if match.data_start <= first < last and column < len(rows[first] if first < len(rows) else ()):
            for row in rows[first + 1 : last + 1]:
                if row[column] in ("", None):
                    row[column] = rows[first][column]


class _Furniture:
    """Knows the rows of one sheet that are print, not data; `filled` maps a row's columns to their squashed texts."""

    def __init__(self, match: HeaderMatch, header: list[list[object]], preamble: list[list[object]]) -> None:
        self.required = [column for column, name in match.mapping.items() if name in match.required]
        self.ordinals = {column for column in match.unknown if match.columns[column] in _ORDINAL_HEADERS}
        self.header_texts = [{normal_header(cell) for cell in cells} for cells in zip(*header, strict=True)]
        self.titles = [[text for cell in row if (text := _squash(cell))] for row in preamble]
        self.leads = {text for texts in self.header_texts for text in texts} | {t[0] for t in self.titles if t}

    def may_begin_with(self, lead: str) -> bool:
        """Say, cheaply, whether a row whose first text is `lead` needs a closer look."""
        return (
            _EXAMPLE.match(lead) is not None
            or lead in self.leads
            or _MARKS.sub("", lead) in self.leads
            or any(pattern.match(lead) for pattern in (_TOTAL, _SIGNATURE, _NOTE))
        )

    def is_complete(self, filled: Mapping[int, str], but: int | None = None) -> bool:
        """Say whether every required column is filled, not counting column `but`, which holds a label."""
        return bool(self.required) and all(column in filled and column != but for column in self.required)

    def is_header(self, filled: Mapping[int, str]) -> bool:
        """A header or a title that is printed again on a later page."""
        texts = list(filled.values())
        return all(_MARKS.sub("", text) in self.header_texts[column] for column, text in filled.items()) or (
            texts in self.titles and not self.is_complete(filled)
        )

    def is_total(self, filled: Mapping[int, str]) -> bool:
        """A row whose first text is 合计, 总计, 小计 or ends so."""
        column = next((column for column, text in filled.items() if not text.isdigit()), None)
        return (
            column is not None
            and _TOTAL.fullmatch(filled[column]) is not None
            and not self.is_complete(filled, but=column)
        )

    def is_signature(self, filled: Mapping[int, str]) -> bool:
        """审核人：, 填表人：, 填表日期： and the like, each followed by at most one value."""
        column = next(iter(filled))
        labels = sum(_SIGNATURE.match(text) is not None for text in filled.values())
        return (
            _SIGNATURE.match(filled[column]) is not None
            and len(filled) <= 2 * labels
            and (labels > 1 or not self.is_complete(filled, but=column))
        )

    def is_note(self, filled: Mapping[int, str], below_note: bool) -> bool:
        """注： and the like in a row of its own, and the numbered lines that go on from it."""
        text = next(iter(filled.values()))
        begins = _NOTE.match(text) or (below_note and _NOTE_GOES_ON.match(text))
        return len(filled) == 1 and bool(begins) and not self.is_complete(filled)

    def is_example(self, filled: Mapping[int, str]) -> bool:
        """A row that shows how to fill the table in: 例：张三, in a required column or the first."""
        places = [next(iter(filled)), *self.required]
        return any(_EXAMPLE.match(filled.get(column, "")) for column in places)

    def is_unused(self, filled: Mapping[int, str]) -> bool:
        """A line numbered in advance and left empty."""
        return all(column in self.ordinals and text.isdigit() for column, text in filled.items())


def _numbers_columns(texts: list[str]) -> bool:
    """Say whether the cells number the columns: 1 2 3 …, (1) (2) …, or 甲 乙 1 2 …, in order and nothing else."""
    tokens = [text.strip("()") for text in texts]
    stems = [token for token in tokens if token in _STEMS]
    numbers = [token for token in tokens if token not in _STEMS]
    return len(tokens) > 1 and [*stems, *numbers] == [
        *_STEMS[: len(stems)],
        *(str(number) for number in range(1, len(numbers) + 1)),
    ]


def _squash(cell: object) -> str:
    """Return a cell's text in half-width, without any space or line break."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return _INVISIBLE.sub("", "".join(unicodedata.normalize("NFKC", str(cell)).split()))


def _is_blank(row: list[object]) -> bool:
    return all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in row)

"""Text out of a file: .docx and .pdf, guarded against hostile ones."""

import io
import re
import time as clock
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import PurePath
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException
from pypdf import PdfReader

from .people import NAME_HEADS
from .sections import LABEL, NUMBERING, as_label
from .spelling import MAX_TEXT, cleaned

MAX_PDF_PAGES = 200
MAX_PDF_SECONDS = 5.0
MAX_PAGE_BYTES = 2 * 1024 * 1024  # drawing instructions of one PDF page, unpacked
MAX_XML_BYTES = 8 * 1024 * 1024  # one XML part of a .docx, unpacked
MAX_ZIP_BYTES = 200 * 1024 * 1024  # all parts of a .docx, unpacked
MAX_ZIP_PARTS = 2000


class Unreadable(Exception):
    """The file cannot be read as minutes; the message says why and what to do, in Chinese."""


_MAGIC = {
    ".docx": (b"PK\x03\x04",),
    ".pdf": (b"%PDF-",),
    ".jpg": (b"\xff\xd8\xff", b"\x89PNG"),
    ".jpeg": (b"\xff\xd8\xff", b"\x89PNG"),
    ".png": (b"\x89PNG", b"\xff\xd8\xff"),
    ".bmp": (b"BM",),
    ".tif": (b"II*\x00", b"MM\x00*"),
    ".tiff": (b"II*\x00", b"MM\x00*"),
}
_OLE = b"\xd0\xcf\x11\xe0"

_PAGE_NUMBER = re.compile(r"^[\s\-—–·.]*(?:第\s*)?\d{1,3}\s*(?:页)?(?:\s*[/，,]?\s*共?\s*\d{1,3}\s*页?)?[\s\-—–·.]*$")


def extract_text(data: bytes, filename: str) -> str:
    """Return the text of an uploaded file, at most `MAX_TEXT` characters; an image gives "" (no OCR).

    `filename` says what the file claims to be (.docx, .pdf, .jpg …); the content must agree.
    A form-table row of a .docx becomes "label：value" lines. Raises `Unreadable` for everything else.
    """
    suffix = PurePath(filename.replace("\\", "/")).suffix.lower()
    if suffix in (".doc", ".wps"):
        raise Unreadable("旧版文档（.doc、.wps）读不出内容，可以作为附件保存；要自动填写，请另存为 .docx 后再上传。")
    if suffix not in _MAGIC:
        raise Unreadable("只能读取 .docx、.pdf 和图片，请把会议记录另存为这些格式后再上传。")
    if suffix == ".docx" and data.startswith(_OLE):
        raise Unreadable("这份文档设了密码，或者是改了扩展名的旧版 .doc，请去掉密码、另存为 .docx 后再上传。")
    head = data[:1024] if suffix == ".pdf" else data[:8]
    if not any(magic in head if suffix == ".pdf" else head.startswith(magic) for magic in _MAGIC[suffix]):
        raise Unreadable(f"文件内容不是 {suffix} 格式，可能已经损坏，请重新导出后再上传。")
    if suffix == ".docx":
        return cleaned(_docx_text(data))
    if suffix == ".pdf":
        return cleaned(_pdf_text(data))
    return ""


def _docx_text(data: bytes) -> str:
    """Read the parts of a .docx by hand: quicker than python-docx, and every part passes the guards first."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            if len(infos) > MAX_ZIP_PARTS or sum(info.file_size for info in infos) > MAX_ZIP_BYTES:
                raise Unreadable("文件解压后太大，无法读取，请检查文件是否正确。")
            names = [info.filename for info in infos]
            main = _main_part(_xml(archive, "_rels/.rels"))
            folder = main.rpartition("/")[0]
            edges = {
                kind: [name for name in sorted(names) if re.fullmatch(rf"{re.escape(folder)}/{kind}\d*\.xml", name)][:6]
                for kind in ("header", "footer")
            }
            headers = list(dict.fromkeys(line for name in edges["header"] for line in _blocks(_xml(archive, name))))
            footers = list(dict.fromkeys(line for name in edges["footer"] for line in _blocks(_xml(archive, name))))
            body = next((node for node in _xml(archive, main) if _tag(node) == "body"), None)
            lines = list(_blocks(body)) if body is not None else []
    except (zipfile.BadZipFile, KeyError, OSError, RuntimeError, ValueError, ParseError, zlib.error) as error:
        # RuntimeError: an encrypted part or (RecursionError) elements nested without end; ValueError: a bad attribute.
        raise Unreadable("文档已经损坏，或者不是正常的 .docx，请用 Word 或 WPS 重新保存后再上传。") from error
    # Page furniture at the foot says nothing; a signature there ("记录人：") does.
    signed = [line for line in footers if LABEL.match(line) and re.search("[:：]", line)]
    return "\n".join([line for line in headers if not _PAGE_NUMBER.match(line)] + lines + signed)


def _xml(archive: zipfile.ZipFile, name: str) -> Element:
    if archive.getinfo(name).file_size > MAX_XML_BYTES:
        raise Unreadable("文档的文字部分太大，无法读取，请检查文件是否正确。")
    try:
        return ElementTree.fromstring(archive.read(name), forbid_dtd=True)
    except DefusedXmlException as error:
        raise Unreadable("文档里有不允许的内容（DTD 或外部实体），为安全起见没有读取。") from error


def _main_part(relations: Element) -> str:
    for relation in relations:
        if relation.get("Type", "").endswith("/officeDocument"):
            return relation.get("Target", "").lstrip("/")
    raise KeyError("officeDocument")


def _tag(node: Element) -> str:
    """The local name: transitional and strict documents use different namespaces."""
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def _attribute(node: Element, name: str) -> str:
    return next((value for key, value in node.items() if key.rpartition("}")[2] == name), "")


def _child(node: Element, *path: str) -> Element | None:
    for name in path:
        found = next((child for child in node if _tag(child) == name), None)
        if found is None:
            return None
        node = found
    return node


def _blocks(container: Element) -> Iterator[str]:
    """Yield the lines of a body, cell, header or text box in document order."""
    for node in container:
        tag = _tag(node)
        if tag == "p":
            boxes: list[Element] = []
            yield "".join(_runs(node, boxes))
            for box in boxes:
                yield from _blocks(box)
        elif tag == "tbl":
            yield from table_lines([_cells(row) for row in _rows(node)])
        elif tag in ("sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag"):
            yield from _blocks(node)


_CHECKED_SYMBOLS = {"F052": "☑", "F0FE": "☑", "F0FC": "√", "F0A8": "□", "F06F": "□", "F0A3": "□"}  # Wingdings


def _runs(node: Element, boxes: list[Element]) -> Iterator[str]:
    for child in node:
        tag = _tag(child)
        if tag == "t":
            yield child.text or ""
        elif tag == "tab" and _tag(node) != "tabs":
            yield "\t"
        elif tag in ("br", "cr"):
            yield "\n"
        elif tag == "sym":
            yield _CHECKED_SYMBOLS.get(_attribute(child, "char").upper(), "")
        elif tag == "txbxContent":
            boxes.append(child)
        # A text box is stored twice, for new and old Word; deleted text and the pinyin over characters is not text.
        elif tag not in ("Fallback", "moveFrom", "del", "rt", "pPr", "rPr"):
            yield from _runs(child, boxes)


def _rows(table: Element) -> Iterator[Element]:
    for node in table:
        if _tag(node) == "tr":
            yield node
        elif _tag(node) in ("sdt", "sdtContent", "ins", "customXml"):
            yield from _rows(node)


def _cells(row: Element) -> list[str]:
    """The texts of a row's cells; the lower cells of a vertical merge repeat nothing and are left out."""
    cells: list[str] = []
    for node in row:
        if _tag(node) == "tc":
            merge = _child(node, "tcPr", "vMerge")
            if merge is None or _attribute(merge, "val") == "restart":
                cells.append("\n".join(_blocks(node)).strip())
        elif _tag(node) in ("sdt", "sdtContent", "ins", "customXml"):
            cells += _cells(node)
    return cells


def table_lines(rows: Sequence[list[str]]) -> Iterator[str]:
    """Turn a form table into "label：value" lines; a sign-in sheet keeps its columns, parted by tabs."""
    heads: list[str] = []
    columns: list[str] = []  # of a table whose rows are meetings
    signing = False
    for row in rows:
        labels = [as_label(cell) for cell in row]
        if columns and not heads and len(row) == len(columns) and not any(labels) and _is_record(columns, row):
            yield ""
            yield from (f"{head}：{cell}" for head, cell in zip(columns, row, strict=True))
            continue
        if heads and len(row) == len(heads) and not any(labels):
            yield from (f"{head}：{cell}" for head, cell in zip(heads, row, strict=True))
            heads = []
            continue
        yield from (f"{head}：" for head in heads)
        heads = []
        signing = len(row) > 1 and (
            any(re.sub(r"\s", "", cell) in NAME_HEADS for cell in row) or (signing and not labels[0])
        )
        if signing:
            yield "\t".join(re.sub(r"\s+", " ", cell) for cell in row)
        elif len(row) > 1 and all(labels):
            heads = columns = labels
        else:
            yield from _row_lines(row, labels)
    yield from (f"{head}：" for head in heads)


def _is_record(columns: Sequence[str], row: Sequence[str]) -> bool:
    """Say whether a further row under the same heads is one more meeting: its day stands where the first one's did."""
    return any(re.search("时间|日期", head) and re.search(r"\d", cell) for head, cell in zip(columns, row, strict=True))


def _row_lines(row: Sequence[str], labels: Sequence[str]) -> Iterator[str]:
    if len(row) == 2 and not any(labels) and re.fullmatch(r"[\u4e00-\u9fff\s]{2,12}[:：]?", row[0]) and row[1]:
        head = re.sub(r"[\s:：]", "", row[0])
        yield f"{head}：{row[1]}"
        return
    line: list[str] = []
    for cell, label in zip(row, labels, strict=True):
        if label:
            if line:
                yield "\t".join(line)
            line = [f"{label}："]
        elif line and line[-1].endswith("：") and len(line) == 1:
            line[0] += cell
        elif cell:
            line.append(cell)
    if line:
        yield "\t".join(line)


def _pdf_text(data: bytes) -> str:
    deadline = clock.monotonic() + MAX_PDF_SECONDS

    def in_time(*_: object) -> None:
        if clock.monotonic() > deadline:
            raise Unreadable("这份 PDF 太复杂，读取超时，请把会议记录另存为 .docx 后再上传。")

    pages: list[list[str]] = []
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted:
            raise Unreadable("这份 PDF 设了密码，请另存为没有密码的 PDF 后再上传。")
        if len(reader.pages) > MAX_PDF_PAGES:
            raise Unreadable(f"这份 PDF 超过 {MAX_PDF_PAGES} 页，请只上传会议记录的部分。")
        size = 0
        for page in reader.pages:
            in_time()
            contents = page.get_contents()
            if contents is not None and len(contents.get_data()) > MAX_PAGE_BYTES:
                raise Unreadable("这份 PDF 的页面太复杂，请把会议记录另存为 .docx 后再上传。")
            lines = [line.rstrip() for line in page.extract_text(visitor_operand_before=in_time).splitlines()]
            lines = [line for line in lines if line.strip() and not _PAGE_NUMBER.match(line)]
            if pages and pages[0] and lines[:1] == pages[0][:1]:
                lines = lines[1:]  # a page header
            pages.append(lines)
            size += sum(map(len, lines))
            if size > MAX_TEXT:
                break
    except Unreadable:
        raise
    except Exception as error:  # pypdf lets all sorts escape from a malformed file
        raise Unreadable("这份 PDF 已经损坏或者格式不规范，请重新导出后再上传。") from error
    return _unwrapped([line for lines in pages for line in lines])


def _width(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in line)


def _unwrapped(lines: Sequence[str]) -> str:
    """Join lines that were only broken at the right margin, else a name broken there would be two."""
    widest = max(map(_width, lines), default=0)
    text = ""
    for line, following in zip_longest(lines, lines[1:], fillvalue=""):
        full = widest >= 48 and _width(line) >= widest - 3 and not re.search("[。；;：:！？]$", line)
        begins = NUMBERING.match(following.lstrip()) or LABEL.match(following)
        text += line if full and not begins else f"{line}\n"
    return text

"""Read meeting minutes: text out of a file, fields out of the text, names and organisations against the registers.

A person confirms everything read here. What is not certain therefore stays empty, and a hint says why; nothing is
guessed. Pure functions: no database, no models.
"""

import datetime
import io
import re
import time as clock
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from itertools import zip_longest
from pathlib import PurePath
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException
from pypdf import PdfReader
from pypinyin import Style, pinyin

MAX_TEXT = 200_000  # characters kept of one file
MAX_ROLL = 20_000  # characters of one list of names
MAX_PDF_PAGES = 200
MAX_PDF_SECONDS = 5.0
MAX_PAGE_BYTES = 2 * 1024 * 1024  # drawing instructions of one PDF page, unpacked
MAX_XML_BYTES = 8 * 1024 * 1024  # one XML part of a .docx, unpacked
MAX_ZIP_BYTES = 200 * 1024 * 1024  # all parts of a .docx, unpacked
MAX_ZIP_PARTS = 2000


class Unreadable(Exception):
    """The file cannot be read as minutes; the message says why and what to do, in Chinese."""


# --- Text out of a file -----------------------------------------------------------------------------------------

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

# PDFs often carry radicals in place of the characters they look like; NFKC maps only the Kangxi block.
_RADICALS = str.maketrans(
    "⺠⻁⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻨⻩⻬⻮⻰⻳", "民虎西见角贝车长门青韦页风飞食马骨鬼鱼鸟麦黄齐齿龙龟"
)
_KANGXI = re.compile("[\u2f00-\u2fdf\uf900-\ufaff]")
# What XML and PostgreSQL refuse, and what cannot be seen.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060\ufeff\ufffe\uffff\ud800-\udfff]"
)
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
        return _clean(_docx_text(data))[:MAX_TEXT]
    if suffix == ".pdf":
        return _clean(_pdf_text(data))[:MAX_TEXT]
    return ""


def _clean(text: str) -> str:
    text = _KANGXI.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text.translate(_RADICALS))
    text = _INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t\u3000\xa0]+$", "", text, flags=re.M)).strip("\n")


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
    signed = [line for line in footers if _LABEL.match(line) and re.search("[:：]", line)]
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
            yield from _table_lines([_cells(row) for row in _rows(node)])
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


def _table_lines(rows: Sequence[list[str]]) -> Iterator[str]:
    """Turn a form table into "label：value" lines; a sign-in sheet keeps its columns, parted by tabs."""
    heads: list[str] = []
    signing = False
    for row in rows:
        labels = [_as_label(cell) for cell in row]
        if heads and len(row) == len(heads) and not any(labels):
            yield from (f"{head}：{cell}" for head, cell in zip(heads, row, strict=True))
            heads = []
            continue
        yield from (f"{head}：" for head in heads)
        heads = []
        signing = len(row) > 1 and (
            any(re.sub(r"\s", "", cell) in _NAME_HEADS for cell in row) or (signing and not labels[0])
        )
        if signing:
            yield "\t".join(re.sub(r"\s+", " ", cell) for cell in row)
        elif len(row) > 1 and all(labels):
            heads = labels
        else:
            yield from _row_lines(row, labels)
    yield from (f"{head}：" for head in heads)


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
        begins = _NUMBERING.match(following.lstrip()) or _LABEL.match(following)
        text += line if full and not begins else f"{line}\n"
    return text


# --- Sections out of the text -----------------------------------------------------------------------------------

# What offices write before a field. A label that ends in "：" here is also a word of titles and prose ("会议记录"):
# it counts only when a colon follows.
_LABELS = {
    "when_where": "时间地点 时间、地点 时间及地点 时间和地点 会议时间地点 会议时间及地点 活动时间地点",
    "when": """时间 日期 会议时间 会议日期 活动时间 活动日期 开会时间 开会日期 召开时间 召开日期 学习时间 学习日期
        授课时间 授课日期 上课时间 党课时间 开展时间 开始时间""",
    "place": """地点 会议地点 活动地点 开会地点 召开地点 学习地点 授课地点 上课地点 党课地点
        开展地点 会议场所 活动场所""",
    "chair": "主持 主持人 主持者 会议主持 会议主持人 活动主持人 主持人员 召集人",
    "recorder": "记录： 记录人 记录员 记录者 会议记录人 会议记录员 活动记录人 记录人员",
    "lecturer": """主讲 主讲人 授课人 讲课人 党课主讲人 党课授课人 宣讲人 主讲老师 授课老师
        主讲教师 授课教师 授课人员""",
    "organization": """党组织： 党组织名称 党支部： 党支部名称 支部： 支部名称 所在支部 所在党支部 组织名称 召开单位
        单位： 单位名称 主办单位 所属支部 所属党支部""",
    "kind": "会议类型 会议类别 会议种类 活动类型 活动类别 会议形式 活动形式 类型： 类别：",
    "name": "会议名称 活动名称 名称： 会议标题",
    "topic": """主题： 会议主题 活动主题 学习主题 党课主题 授课主题 党日主题 题目： 党课题目 授课题目 讲课题目 课题：
        党课名称 议题 会议议题 主要议题 学习议题 讨论议题 会议议程 议程 主要议程""",
    "study": "学习内容 授课内容 党课内容 学习篇目",
    "attendees": "签到 人员签到 签到名单 参加对象 听课人员 学习人员",
    "leave": "请假缺席人员 缺席请假人员",
    "absent": "因故缺席 因故缺席人员",
    "late": "迟到： 迟到人员 迟到人 迟到党员",
    "observers": "特邀人员 邀请人员 旁听人员",
    "content": """会议内容 活动内容 内容： 主要内容： 会议主要内容 活动主要内容 记录内容 会议记录内容 会议记录：
        活动记录： 学习记录： 会议纪要： 会议情况： 活动情况： 会议过程 活动过程 会议程序 讨论情况 讨论发言
        发言记录 讨论记录 议程及内容 会议议程及内容 会议具体内容 具体内容
        讨论交流： 交流发言： 交流讨论： 研讨发言：""",
    "resolution": """决议 会议决议 决议事项 会议决议事项 会议决定： 决定事项 会议决定事项 形成决议 会议形成决议
        议定事项 会议议定事项 会议结论 表决结果 表决情况 决议情况 会议结果""",
    "chair_signed": "主持人签字 主持人签名 主持人签章",
    "recorder_signed": "记录人签字 记录人签名 记录人签章",
    "ignored": """人数： 应到： 应到人数 应到会人数 应参会人数 应出席人数 应参加人数 应到党员 实到： 实到人数 实到会人数
        实参会人数 实际参会人数 实际到会人数 实际参加人数 实际出席人数 出席人数 参会人数 参加人数 到会人数 请假人数
        缺席人数 迟到人数 列席人数 备注 附件 编号 序号 届次 次数： 学时 天气 审核人 审阅人 审核： 填表人 填表时间 填报人
        填报时间 联系人 联系电话 电话 结束时间 散会时间 会议照片 活动照片 签字： 签名： 支部书记签字 书记签字""",
}
_FIELD_OF = {label.rstrip("："): name for name, labels in _LABELS.items() for label in labels.split()}
_NEEDS_COLON = {label.rstrip("：") for labels in _LABELS.values() for label in labels.split() if label.endswith("：")}
# The labels of lists are put together too freely to list them all; "~" stands for spaces that may come before a part.
_WHO = "(?:~(?:会议|活动|学习))?(?:~(?:人员|党员|同志|领导|人))?(?:~(?:名单|姓名))?"
_WHY = "(?:~(?:及|和|、))?(?:~(?:原因|事由|情况))?"
_LABEL_PATTERNS = {
    "attendees": f"(?:参加|参会|出席|到会|与会|实到|参学|参与){_WHO}(?:~(?:签名|签到|签字))?",
    "leave": f"(?:因故请假|请假){_WHO}{_WHY}",
    "absent": f"(?:缺席|缺勤|未到会|未到|未参加|未参会|未出席){_WHO}{_WHY}",
    "observers": f"列席{_WHO}",
    "content": "(?:会议|活动|学习|党课)(?:~(?:主要|具体))?~(?:内容|过程|情况|议程)~(?:及|和|与)(?:~主要)?"
    "~(?:内容|过程|情况|记录|决议)",
}


def _spread(pattern: str) -> str:
    """Allow spaces between the characters of a label; possessive, so that no run of spaces is tried twice."""
    return re.sub("(?<=[\u4e00-\u9fff])(?=[\u4e00-\u9fff])|~", r"[ \\t]*+", pattern)


_ALTERNATIVES = "|".join(map(_spread, [*sorted(_FIELD_OF, key=len, reverse=True), *_LABEL_PATTERNS.values()]))
_NUMBERING = re.compile(r"[（(]?(?:[一二三四五六七八九十]{1,3}|\d{1,2})(?:[、．）)]|\.(?!\d))[ \t]*")
_LABEL = re.compile(
    rf"(?:^[ \t]*(?P<first>)(?:{_NUMBERING.pattern})?|(?<=[\s；;，,。）)\d]))[【\[]?(?P<label>{_ALTERNATIVES})"
    r"[ \t]*(?:[（(][^（）()\n]{0,12}[）)][ \t]*)?(?:(?P<colon>[】\]][ \t]*[:：]?|[:：])|(?=[ \t]|$))",
    re.M,
)
# The same length as what they replace, so that positions in the plain and the original text agree.
_PLAIN = str.maketrans(
    {0xFF01 + i: 0x21 + i for i in range(94) if chr(0x21 + i).isalnum()}
    | {"\u3000": " ", "\xa0": " ", "_": " ", "＿": " ", "︰": "：", "﹕": "：", "∶": "："}
)
_NAMES = frozenset(("attendees", "leave", "absent", "late", "observers"))
_BODY = frozenset(("content", "resolution"))
_NAME_HEADS = frozenset(("姓名", "党员姓名", "参会人员姓名", "参加人姓名"))
_SIGN_SHEET = re.compile(rf"^(?=.*\t)(?:.*\t)?(?:{'|'.join(_NAME_HEADS)})(?:\t.*)?\n?(?:^.*\t.*\n?)*", re.M)


def _named(label: str) -> str:
    """The field that a label, its spaces taken away, stands for; "" for any other text."""
    patterns = (name for name, pattern in _LABEL_PATTERNS.items() if re.fullmatch(pattern.replace("~", ""), label))
    return _FIELD_OF.get(label) or next(patterns, "")


def _as_label(cell: str) -> str:
    """The known label that a table cell holds, its spaces, line breaks, colon and bracket taken away; else ""."""
    compact = re.sub(r"[（(][^（）()]*[）)]|[:：【】\[\]]", "", re.sub(r"\s", "", cell.translate(_PLAIN)))
    return compact if _named(compact) else ""


def _line_after(found: re.Match[str]) -> str:
    end = found.string.find("\n", found.end())
    return found.string[found.end() : end if end >= 0 else None].strip()


def _field(found: re.Match[str]) -> str:
    """The field a matched label stands for; “主持人（签字）” is a signature, “会议记录：姚娜” names the recorder."""
    name = _named(re.sub(r"\s", "", found["label"]))
    if name in ("chair", "recorder") and "签" in found[0]:
        return f"{name}_signed"
    if name == "content" and re.search(r"记\s*录$", found["label"]) and _person(_line_after(found)):
        return "recorder"
    return name


def _is_label(found: re.Match[str], sections: dict[str, str], in_body: bool) -> bool:
    """Whether a word that looks like a label is one here, given what has been read before it."""
    name, line = _field(found), _line_after(found)
    starts_line = found["first"] is not None
    if not found["colon"]:
        if in_body:
            return starts_line and not line and name == "resolution"
        if not starts_line and (not line or not found.string[found.start() - 1].isspace()):
            return False
        label = re.sub(r"\s", "", found["label"])
        if name in _NAMES or label == "记录":
            return _is_roll(line) or bool(_NOBODY.fullmatch(line)) or (not line and len(label) > 3)
        if label in _NEEDS_COLON:
            return False
    if name in ("chair_signed", "recorder_signed"):
        return True
    if not in_body:
        return name in (*_NAMES, "ignored") or not sections.get(name)
    # Inside the record people are quoted ("主持人：下面……"); only what is still missing and fits is taken.
    if name in ("chair", "recorder", "lecturer"):
        return not sections.get(name) and bool(_person(line))
    if name == "ignored":
        return starts_line
    return starts_line and name in ("resolution", *_NAMES, "when", "place") and not sections.get(name)


def sections_of(text: str) -> dict[str, str]:
    """Cut minutes into sections: field name → its text; `title` is what precedes the first label, `rest` the prose.

    Field names are the keys of `_LABELS`. Later lists of names add to earlier ones; of all else the first counts.
    """
    plain = text.translate(_PLAIN)
    sections: dict[str, str] = {}
    rest: list[str] = []
    current, start, body = "title", 0, ""

    def close(end: int) -> None:
        value, left = _own_lines(current, text[start:end])
        if value:
            sections[current] = f"{sections[current]}\n{value}" if current in sections else value
        if re.fullmatch(r"[\s\d年月日/.\-]*", left):
            return  # nothing, or the date beside a signature
        if body and current not in _BODY:
            sections[body] = f"{sections.get(body, '')}\n{left}".strip()
        else:
            rest.append(left)

    for found in _LABEL.finditer(plain):
        if not _is_label(found, sections, bool(body)) or (found.start() >= start and current == _field(found) in _BODY):
            continue
        close(found.start())
        current, start = _field(found), found.end()
        if current in _BODY:
            body = current
    close(len(text))
    if rest:
        sections["rest"] = "\n".join(rest)
    return sections


def _own_lines(name: str, value: str) -> tuple[str, str]:
    """Part the lines that belong to a field from the prose that follows it without a label."""
    if name in _BODY:
        return value.strip(), ""
    if name.endswith("_signed") and not value.split("\n", 1)[0].strip():
        return "", value.strip()  # signed by hand
    value = value.strip().strip("；;")
    lines = [line.strip() for line in value.split("\n") if line.strip()]
    if not lines:
        return "", ""
    if name == "title":
        size = next(
            (i for i, line in enumerate(lines) if len(line) > 60 or re.search("[。；]", line) or i == 6), len(lines)
        )
    elif name in _NAMES:
        size = next((i for i, line in enumerate(lines) if i and not _goes_on(line)), len(lines))
    elif name in ("topic", "study") and (style := _numbering_style(lines[0])):
        size = next((i for i, line in enumerate(lines) if _numbering_style(line) != style), len(lines))
        restarts = [
            i for i, line in enumerate(lines[:size]) if i and re.match(r"[（(]?[一1](?![\d一二三四五六七八九十])", line)
        ]
        size = restarts[0] if restarts else size
    else:
        size = 1
    return "\n".join(lines[:size]), "\n".join(lines[size:])


def _numbering_style(line: str) -> str:
    found = _NUMBERING.match(line)
    return re.sub("[一二三四五六七八九十]+", "一", re.sub(r"\d+", "1", found[0].strip())) if found else ""


# --- Dates, times and numbers -----------------------------------------------------------------------------------

_DIGITS = {char: value for value, char in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0, "Ｏ": 0, "两": 2}
_NUMBER = r"(?:\d{1,4}|[一二三四五六七八九十百两〇零]{1,5})"
_CHINESE_YEAR = r"[一二三四五六七八九〇零○]{4}"
_DATE = re.compile(
    rf"(?:(?P<year>\d{{4}}|(?<!\d)\d{{2}}|{_CHINESE_YEAR})\s*年\s*)?(?P<month>(?<!\d){_NUMBER})\s*月\s*"
    rf"(?P<day>{_NUMBER})\s*[日号]"
    r"|(?<!\d)(?P<year2>20\d{2})\s*(?P<mark>[-/.．])\s*(?P<month2>\d{1,2})\s*(?P=mark)\s*(?P<day2>\d{1,2})(?!\d)"
    r"|(?<!\d)(?P<year3>20\d{2})(?P<month3>\d{2})(?P<day3>\d{2})(?!\d)"
)
_TIME = re.compile(
    rf"(?P<half>凌晨|早上|早晨|上午|中午|下午|傍晚|晚上|早|晚|[AaPp][Mm])?\s*(?P<hour>(?<!\d)\d{{1,2}}|[一二三四五六七八九十两]{{1,3}})\s*"
    rf"(?:[:：]\s*(?P<minute>[0-5]\d)(?!\d)|[时点](?!间)\s*(?:(?P<word>半|一刻|三刻|整)|(?P<minute2>{_NUMBER})\s*分?)?)"
)


def _number(text: str) -> int:
    """An amount below 10,000 in digits or Chinese numerals (十二 → 12)."""
    if text.isdecimal():
        return int(text)
    if not re.search("[十百]", text):
        return int("".join(str(_DIGITS[char]) for char in text))
    total, digit = 0, 0
    for char in text:
        if char in "十百":
            total += (digit or 1) * (10 if char == "十" else 100)
            digit = 0
        else:
            digit = _DIGITS[char]
    return total + digit


def _dates(text: str, today: date) -> Iterator[tuple[date, int]]:
    """Yield the dates written in a text and where each ends; a date without a year is the latest not after today."""
    for found in _DATE.finditer(text):
        year, month, day = (found[name] or found[f"{name}2"] or found[f"{name}3"] for name in ("year", "month", "day"))
        years: Iterable[int]
        if year:
            number = _number(year)
            years = [number if number > 99 else 2000 + number]
        else:
            years = range(today.year, today.year - 9, -1)
        for candidate in years:
            try:
                result = date(candidate, _number(month), _number(day))
            except ValueError:
                continue
            if year or result <= today:
                yield result, found.end()
                break


def _start_time(text: str) -> tuple[datetime.time | None, int]:
    """The first time of day in a text and where it ends; None where morning or afternoon cannot be told."""
    for found in _TIME.finditer(text):
        hour, half = _number(found["hour"]), (found["half"] or "").lower()
        words = {"半": 30, "一刻": 15, "三刻": 45}
        minute = words.get(found["word"] or "", _number(found["minute"] or found["minute2"] or "0"))
        if (half in ("下午", "傍晚", "晚上", "晚", "pm") and hour < 12) or (half == "中午" and hour < 3):
            hour += 12
        if hour > 23 or minute > 59 or (hour < 7 and not half):
            return None, found.end()
        return datetime.time(hour, minute), found.end()
    return None, 0


_GAP = r"(?:会议?|正式|党员|委员|支委|人员|人数|同志|总数|共|为|有|是|[:：（(\s])*"
_AFTER = r"(?=\s*(?:[人名位个，,。；;、）)\s/]|$))"


def _count(text: str, words: str) -> int | None:
    """The number of people after one of `words` (应到…); probationary members named after it are added."""
    found = re.search(
        rf"(?:{words}){_GAP}(?P<n>{_NUMBER}){_AFTER}(?:\s*[人名位]?\s*[、，,和及]?\s*预备党员\s*(?P<more>{_NUMBER})\s*[人名])?",
        text,
    )
    if not found:
        return None
    return _number(found["n"]) + (_number(found["more"]) if found["more"] else 0)


# --- People -----------------------------------------------------------------------------------------------------

_HAN = "\u4e00-\u9fff\u3400-\u4dbf\U00020000-\U0003ffff"
_NAME = re.compile(rf"[{_HAN}]{{2,4}}|[{_HAN}]{{1,10}}(?:·[{_HAN}]{{1,10}})+")
_LONG_NAME = re.compile(rf"[{_HAN}]{{5,8}}")
_TITLE = (
    "(?:党?总?支部|社区|党委|街道|党小组|支委会?){0,2}(?:第一书记|副书记|书记|(?:组织|宣传|纪检|统战|青年|学习|生活|群工)?委员|支委|"
    "副主任|主任|副组长|组长|党小组长|副局长|局长|科长|处长|站长|预备党员|正式党员|老?党员|同志|老师|教授|先生|女士)"
)
_TRAIL = re.compile(rf"(?:{_TITLE}|等)+$")
_NOT_A_NAME = re.compile(
    "全体|全部|所有|各位|其他|其余|党员|人员|名单|签到|详见|见附|附后|附件|代表|群众|居民|志愿者|请假|缺席|出席|列席|支委|委员|会议|"
    "书记|主任|同志|学习|讨论|召开|活动|人数|原因|姓名|签名|签字|电话|备注"
)
_NOBODY = re.compile(r"无|没有|暂无|零|[\-—–/\\0×]+")
_REASON = (
    "(?:因|由于|出差|外出|生病|患病|住院|病假|事假|公假|产假|年假|休假|值班|培训|探亲|在外|在家|上班|加班|有事|临时|年老|年迈|身体|行动不便|"
    "开会|外地|务工|公务|看病|请假|无故)"
)
_COMPOUND = "欧阳 上官 司马 诸葛 东方 夏侯 皇甫 尉迟 公孙 慕容 令狐 司徒 长孙 宇文 轩辕 端木 独孤 南宫"
_DOTS = str.maketrans("•・‧∙⋅．.", "·······")


def _person(text: str) -> str:
    """The one person's name in a text, without title, bracket and spaces; "" where it is none or several."""
    people = _people(text)[0]
    return people[0][0] if len(people) == 1 and _NAME.fullmatch(people[0][0]) else ""


def _bare(name: str) -> str:
    """A name without 同志, titles and 等; unchanged where nothing like a name would be left."""
    short = re.sub(r"^[\d.]+", "", re.sub(r"\s", "", name)).translate(_DOTS).strip("·")
    unled = re.sub(rf"^(?:{_TITLE})+", "", short)
    stripped = (_TRAIL.sub("", unled), _TRAIL.sub("", short), unled)
    return next((rest for rest in stripped if _NAME.fullmatch(rest)), short)


def _spaced(text: str) -> list[str]:
    """Part names at spaces, but keep "张 三" together."""
    groups = [part.split() for part in re.split(r"\s{2,}", text.strip())]
    parts = [word for group in groups for word in (["".join(group)] if _is_spelled(group) else group)]
    names: list[str] = []
    for part in parts:
        given = len(part) == 1 and names and (len(names[-1]) == 1 or names[-1] in _COMPOUND)
        if given or (names and re.fullmatch(_TITLE, part)):
            names[-1] += part
        else:
            names.append(part)
    return names


def _is_spelled(group: Sequence[str]) -> bool:
    return len(group) in (2, 3) and all(len(word) == 1 for word in group)


def _is_roll(line: str) -> bool:
    people, odd = _people(line)
    return bool(people) and len(people) >= len(odd) and all(_NAME.fullmatch(name) for name, _ in people[:3])


def _goes_on(line: str) -> bool:
    """Whether a further line belongs to a list of people: names, not “学习方式：……”."""
    head = re.match(rf"([{_HAN}\s]{{2,10}})[:：]\s*({_REASON})?", line)
    return _is_roll(line) and (not head or bool(head[2] or re.search("员|支委|书记|组|人|代表|干部|群众", head[1])))


def _people(text: str, *, reasons: bool = False) -> tuple[list[tuple[str, str]], list[str]]:
    """Part a list of people into (name, remark in brackets or reason) and what does not look like a name.

    With `reasons` a word such as 出差 after a name is its reason ("苏子出差", "苏子：出差", "苏子，出差").
    """
    text = re.sub(" {3,}", "  ", text.translate(_PLAIN)[:MAX_ROLL].replace("…", "、"))
    if reasons:
        text = re.sub(rf"(?<![{_HAN}])([{_HAN}]{{2,4}})[:：]\s*(?={_REASON})([^、，,；;。\n（(]+)", r"\1（\2）", text)
    text = re.sub(
        rf"(?:等|共计?|合计|总计)?\s*{_NUMBER}\s*[人名位](?:党员|同志)?(?=[\s、，,；;。：:）)]|$)", "、", text
    )
    text = re.sub(r"等(?:同志|人)+", "、", text)
    text = re.sub(r"(?:(?<=[\s、，,；;。])|^)[^\s、，,；;。：:（()）]{0,10}[:：]", "、", text, flags=re.M)  # 支委：……
    people: list[tuple[str, str]] = []
    odd: list[str] = []
    for token, remark in re.findall(r"([^、，,；;。\n\t/|（()）]+)?(?:[（(]([^（）()]*)[）)])?", text):
        remark = remark.strip()
        if re.match("[均都]", remark):
            people = [(name, reason or remark[1:]) for name, reason in people]
            remark = remark[1:]
        for position, word in enumerate(words := _spaced(token)):
            last = position == len(words) - 1
            if reasons and people and re.match(_REASON, word):
                people[-1] = (people[-1][0], f"{people[-1][1]}{word}")
                continue
            found = re.match(rf"([{_HAN}·]{{2,4}}?)(?:同志)?[\-—]*({_REASON}.*)$", word) if reasons else None
            name = _bare(found[1] if found else word)
            if (_NAME.fullmatch(name) or _LONG_NAME.fullmatch(name)) and not _NOT_A_NAME.search(name):
                if not _NOBODY.fullmatch(name):
                    people.append((name, found[2] if found else (remark if last else "")))
            elif not _NOBODY.fullmatch(name) and not name.isascii():
                odd.append(word)
    return people, odd


def _signed(sheet: str) -> list[tuple[str, str]]:
    """People of a sign-in sheet (columns parted by tabs, one headed 姓名) with what its attendance column says."""
    rows = [[re.sub(r"\s", "", cell) for cell in line.split("\t")] for line in sheet.strip("\n").split("\n")]
    names = [i for i, head in enumerate(rows[0]) if head in _NAME_HEADS]
    people: list[tuple[str, str]] = []
    for row in rows[1:]:
        for place, column in enumerate(names):
            end = names[place + 1] if place + 1 < len(names) else len(row)
            name = _bare(row[column]) if column < len(row) else ""
            if _NAME.fullmatch(name):
                remark = next((cell for cell in row[column + 1 : end] if re.search("假|缺席|列席|出差", cell)), "")
                people.append((name, remark))
    return people


# --- Fields out of the sections ---------------------------------------------------------------------------------

_KIND_WORDS = {
    "支部党员大会": "支部党员大会 党员大会 支部大会 全体党员会议",
    "支部委员会": "支部委员会会议 支部委员会 支委会 支委会议 支委扩大会",
    "党小组会": "党小组会 党小组会议 党小组学习",
    "党课": "党课",
    "主题党日": "主题党日 党日活动 党员活动日",
    "组织生活会": "组织生活会",
    "民主评议": "民主评议党员 民主评议 评议党员",
    "理论中心组学习": "理论中心组学习 理论学习中心组 中心组学习",
    "集中学习": "集中学习",
    "读书活动": "读书活动 读书会 读书分享 读书班",
    "专题培训": "专题培训 培训班 培训会",
    "以会代训": "以会代训",
    "座谈研讨": "座谈研讨 座谈会 研讨会",
    "体会交流": "体会交流 心得交流",
    "参观见学": "参观见学 参观学习",
    "党建联席会议": "党建联席会议 联席会议 联席会",
    "共建活动": "共建活动 共驻共建",
    "志愿服务": "志愿服务",
    "警示教育": "警示教育 以案促改",
    "党建工作例会": "党建工作例会 党建例会 工作例会",
    "观摩评比": "观摩评比 观摩活动",
    "述职评议会": "述职评议会 述职评议",
    "走访调研": "走访调研 调研活动 走访活动",
}
_STATUTORY = ("支部党员大会", "支部委员会", "党小组会", "党课", "主题党日", "组织生活会", "民主评议")
_ORGANIZATION = re.compile(
    rf"[{_HAN}A-Za-z×\d（）()]*?(?:党支部|支部委员会|总支部委员会|党总支部|党总支|党工委|工委|党委|党小组|(?:社区|街道|村)(?:工作)?委员会|(?<=[第{_HAN}])支部)"
)
_CHECKED = re.compile(r"[☑■√✓✔☒]\s*([^□☐☑■√✓✔☒○\s]+)|([^\s（）()□]+)[（(]\s*[√✓✔]\s*[）)]")


@dataclass
class Minutes:
    """What was read out of minutes; an empty field was not found or is not certain, `hints` (Chinese) say which."""

    text: str
    organization_text: str = ""
    kind: str = ""
    date: datetime.date | None = None
    start_time: datetime.time | None = None
    place: str = ""
    chair: str = ""
    recorder: str = ""
    lecturer: str = ""
    expected: int | None = None
    present_count: int | None = None
    attendees: list[str] = field(default_factory=list)
    leave: list[tuple[str, str]] = field(default_factory=list)  # (name, reason)
    absent: list[str] = field(default_factory=list)
    observers: list[str] = field(default_factory=list)
    topic: str = ""
    content: str = ""
    resolution: str = ""
    hints: list[str] = field(default_factory=list)


def read_minutes(text: str, *, kinds: Sequence[str], today: date) -> Minutes:
    """Read the fields of minutes out of their text.

    `kinds` are the labels of the activity kinds to choose from (rulebook §4); `today` dates what is written without
    a year. Never raises on any text.
    """
    text = _clean(text)[:MAX_TEXT]
    minutes = Minutes(text=text)
    if not text.strip():
        minutes.hints.append("文件里没有可以读取的文字（可能是扫描件或照片），请对照原件填写。")
        return minutes
    if len(text) == MAX_TEXT:
        minutes.hints.append(f"文字太长，只读了前 {MAX_TEXT} 个字，请核对内容。")
    sheets = [found[0] for found in _SIGN_SHEET.finditer(text)]
    parts = sections_of(_SIGN_SHEET.sub("\n", text))
    plain = {name: value.translate(_PLAIN) for name, value in parts.items()}
    minutes.content = parts.get("content", "")
    minutes.resolution = parts.get("resolution", "")
    if not minutes.content:
        minutes.content = parts.get("rest", "") or parts.get("study", "")
    minutes.topic = _topic(parts)
    story = f"{plain.get('rest', '')}\n{plain.get('content', '')}"[:800]
    title = re.sub(r"\s", "", plain.get("title", ""))
    _read_kind_and_organization(minutes, plain, title, story, kinds)
    _read_time_and_place(minutes, plain, title, story, today)
    _read_officers(minutes, plain, story)
    _read_roll(minutes, plain, sheets, text.translate(_PLAIN))
    _add_missing(minutes)
    return minutes


def _topic(parts: dict[str, str]) -> str:
    value = parts.get("topic") or parts.get("study") or ""
    if not value:
        found = re.search(r"^[ \t]*(?:会议|主要)?(?:议题|主题)[:：][ \t]*(.+)$", parts.get("content", ""), re.M)
        value = found[1] if found else parts.get("name", "")
    lines = [line.strip() for line in value.split("\n") if line.strip()]
    if len(lines) > 1:
        lines = [_NUMBERING.sub("", line, count=1).rstrip("；;。") for line in lines]
    return "；".join(lines)


def _kinds_in(text: str, kinds: Sequence[str]) -> list[tuple[str, int]]:
    """The kinds named in a text and where; one of the seven statutory kinds outweighs the words of the others."""
    found: list[tuple[str, int]] = []
    for kind in kinds:
        key = re.sub(r"\(.*", "", unicodedata.normalize("NFKC", kind))  # 警示教育(以案促改)
        words = {key, *_KIND_WORDS.get(key, "").split()}
        places = [text.rfind(word) for word in sorted(words, key=len, reverse=True) if word in text]
        if places:
            found.append((kind, min(places)))
    statutory = [pair for pair in found if pair[0] in _STATUTORY]
    found = statutory or found
    if len(found) > 1:
        # “第二支部委员会”is also how a branch is called in full.
        found = [pair for pair in found if pair[0] != "支部委员会" or re.search("支委|支部委员会(?:扩大)?会", text)]
    return found


def _read_kind_and_organization(
    minutes: Minutes, plain: dict[str, str], title: str, story: str, kinds: Sequence[str]
) -> None:
    chosen = plain.get("kind", "")
    if re.search("[□☐☑■√✓✔☒○]", chosen):
        chosen = " ".join(first or second for first, second in _CHECKED.findall(chosen))
    opening = re.search("(?:召开|举行|开展|组织|举办)[^。\n]{0,40}", story)
    named = plain.get("name", "")
    for source in (chosen, title, named, opening[0] if opening else ""):
        found = _kinds_in(source, kinds)
        if len(found) == 1:
            minutes.kind = found[0][0]
            break
        if found:
            names = "、".join(kind for kind, _ in found)
            minutes.hints.append(f"活动类型可能是：{names}，请选一个。")
            break
    else:
        minutes.hints.append("没有看出活动类型，请选择。")

    minutes.organization_text = plain.get("organization", "").split("\t")[0].strip()
    for source in (title, re.sub(r"\s", "", named)):
        if minutes.organization_text:
            return
        places = _kinds_in(source, [minutes.kind]) if minutes.kind else []
        before = source[: places[0][1]] if places else source
        if minutes.kind == "支部委员会" and not re.search("(?:支部|总支|党委)$", before):
            before = source
        called = "".join(_ORGANIZATION.findall(before))
        if len(called) > 3 and called != "支部委员会":  # “党支部会议记录” names nobody
            minutes.organization_text = called
    found_in_story = re.search(
        rf"(?:^|[\s，,日午晚])([{_HAN}\d]{{2,30}}?(?:党支部|党总支|党委|党小组|支部))(?=在|召|组织|开展|举|全体)", story
    )
    if not minutes.organization_text and found_in_story:
        minutes.organization_text = re.sub("^.*[年月日午]", "", found_in_story[1])


def _read_time_and_place(minutes: Minutes, plain: dict[str, str], title: str, story: str, today: date) -> None:
    minutes.place = plain.get("place", "").split("\t")[0].strip(" ，,。；;")
    written = plain.get("when", "") or plain.get("when_where", "")
    opening = next((line for line in re.split("[。\n]", story) if re.search("召开|举行|开展|组织|举办", line)), "")
    # A full date in the title is the meeting's; a bare year or month there is not.
    for source in (written, opening, title):
        stamp = next(_dates(source, today), None) or next(_dates(re.sub(r"(?<=\d) (?=\d)", "", source), today), None)
        if stamp:
            minutes.date, end = stamp
            minutes.start_time, more = _start_time(source[end:])
            if source is written and "when_where" in plain and not minutes.place:
                minutes.place = re.split(r"[，,；;\s]+", source[end + more :].strip(" ，,；;。"))[0]
            if more and not minutes.start_time:
                minutes.hints.append(f"开始时间“{source[end : end + more].strip()}”看不出上午还是下午，请填写。")
            if minutes.date > today:
                minutes.hints.append(f"会议日期 {minutes.date.isoformat()} 晚于今天，请核对。")
            break
        if source is written and written:
            minutes.hints.append(f"会议时间“{written[:30]}”读不出哪一天，请填写。")
            break
    else:
        seen = list(dict.fromkeys(day.isoformat() for day, _ in _dates(minutes.text.translate(_PLAIN), today)))[:3]
        other = f"（文中出现过 {'、'.join(seen)}）" if seen else ""
        minutes.hints.append(f"没有找到会议时间，请填写{other}。")
    if not minutes.place:
        where = re.search(r"在([^，,。；;\n]{2,30}?)(?:召开|举行|开展|组织|举办|集中)", opening)
        minutes.place = where[1] if where else ""


def _read_officers(minutes: Minutes, plain: dict[str, str], story: str) -> None:
    patterns = {
        "chair": (r"由([^，,。；;\s]{2,16}?)主持", r"(?:^|[，,。；;\s])([^，,。；;\s由]{2,16}?)主持(?:会议|召开|了)"),
        "recorder": (
            r"(?:^|[，,。；;\s由])([^，,。；;\s由]{2,12}?)(?:担任|负责|[作做])?(?:会议)?记录(?=[，,。；;\s]|$)",
        ),
        "lecturer": (r"由([^，,。；;\s]{2,16}?)(?:讲授|主讲|授课|讲党课|作党课)",),
    }
    titles = {"chair": "主持人", "recorder": "记录人", "lecturer": "主讲人"}
    for name, prose in patterns.items():
        written = (plain.get(name) or plain.get(f"{name}_signed") or "").split("\t")[0].strip()
        person = _person(written)
        if not written:
            found = next((match for pattern in prose if (match := re.search(pattern, story))), None)
            person = _person(found[1]) if found else ""
        elif not person and name == "lecturer":
            person = written[:50]  # often a guest, with a title and from elsewhere
        elif not person and not _NOBODY.fullmatch(written):
            minutes.hints.append(f"{titles[name]}写的是“{written[:20]}”，请核对后填写姓名。")
        setattr(minutes, name, person)


def _read_roll(minutes: Minutes, plain: dict[str, str], sheets: Sequence[str], text: str) -> None:
    leave: dict[str, str] = {}
    absent: dict[str, None] = {}
    observers: dict[str, None] = {}
    attendees, odd = _people(plain.get("attendees", ""))
    late, strange = _people(plain.get("late", ""))
    odd += strange
    known = {name for name, _ in attendees}
    attendees += [pair for pair in late if pair[0] not in known]
    if not attendees:
        attendees = [pair for sheet in sheets for pair in _signed(sheet)]
        if attendees:
            minutes.hints.append("参加人员取自签到表，请核对是否都到会。")
    for name, remark in attendees:
        if "缺席" in remark:
            absent[name] = None
        elif re.search("假|出差", remark):
            leave.setdefault(name, re.sub("^请假$", "", remark))
        elif "列席" in remark:
            observers[name] = None
        else:
            minutes.attendees.append(name)
    people, strange = _people(plain.get("leave", ""), reasons=True)
    odd += strange
    for name, reason in people:
        leave.setdefault(name, reason)
    people, strange = _people(plain.get("absent", ""), reasons=True)
    odd += strange
    for name, reason in people:
        if reason and not re.search("无故|未请假|旷|原因不明|缺席$", reason):
            leave.setdefault(name, reason)
            minutes.hints.append(f"{name}（{reason}）写在“缺席”一栏，有原因，先按请假填写，请核对。")
        elif name not in leave:
            absent[name] = None
    observers |= {name: None for name, _ in _people(plain.get("observers", ""))[0]}
    minutes.leave, minutes.absent, minutes.observers = list(leave.items()), list(absent), list(observers)
    # The figures of a vote count those entitled to it, not those invited.
    text = "\n".join(line for line in text.split("\n") if not re.search("表决|赞成|反对票|选票", line))
    _read_counts(minutes, text, plain.get("attendees", ""))
    _compare_counts(minutes, text, odd)


def _read_counts(minutes: Minutes, text: str, attendees: str) -> None:
    both = re.search(r"应到(?:人数)?\s*[/、]\s*实到(?:人数)?\s*[:：]\s*(\d{1,4})\s*人?\s*[/、]\s*(\d{1,4})", text)
    if both:
        minutes.expected, minutes.present_count = int(both[1]), int(both[2])
        return
    minutes.expected = _count(text, "应到|应出席|应参会|应参加")
    minutes.present_count = _count(text, "实到|实际到会|实际出席|实际参会|实际参加|实参会|实出席|实参加")
    if minutes.present_count is None:
        minutes.present_count = _count(text, "(?:出席|参会|参加|到会|与会)人数")
    if minutes.present_count is None:
        total = re.search(rf"(?:(?:等|共计?|合计)\s*|^\s*)({_NUMBER})\s*[人名]", attendees)
        minutes.present_count = _number(total[1]) if total else None


def _compare_counts(minutes: Minutes, text: str, odd: Sequence[str]) -> None:
    hints = minutes.hints
    if odd:
        hints.append(f"名单里这些不像姓名，请核对：{'、'.join(odd[:5])}。")
    twice = [name for name, times in Counter(minutes.attendees).items() if times > 1]
    if twice:
        hints.append(f"名单里重复出现：{'、'.join(twice)}；如果不是同名的两个人，请删去一个。")
    listed = len(minutes.attendees)
    if minutes.present_count is not None and listed and minutes.present_count != listed:
        hints.append(f"实到 {minutes.present_count} 人，名单里有 {listed} 人，请核对。")
    clash = [name for name in [*(person for person, _ in minutes.leave), *minutes.absent] if name in minutes.attendees]
    if clash:
        hints.append(f"{'、'.join(clash)}既在参加名单里，又在请假或缺席名单里，请核对。")
    away = len(minutes.leave) + len(minutes.absent)
    counted = [_count(text, "请假"), _count(text, "缺席")]
    stated = sum(number for number in counted if number is not None)
    if any(number is not None for number in counted) and stated != away:
        hints.append(f"请假和缺席写的是 {stated} 人，名单里有 {away} 人，请核对。")
    if minutes.expected is not None and minutes.present_count is not None:
        gap = minutes.expected - minutes.present_count
        if gap < 0:
            hints.append(f"应到 {minutes.expected} 人，实到却有 {minutes.present_count} 人，请核对。")
        elif gap != max(away, stated):
            counts = f"应到 {minutes.expected} 人，实到 {minutes.present_count} 人，请假和缺席合计 {away} 人"
            hints.append(f"{counts}，对不上，请核对。")
    if minutes.chair and minutes.attendees and minutes.chair not in [*minutes.attendees, *minutes.observers]:
        hints.append(f"主持人{minutes.chair}不在参加人员名单里，请核对。")


def _add_missing(minutes: Minutes) -> None:
    for value, name in (
        (minutes.organization_text, "党组织"),
        (minutes.place, "地点"),
        (minutes.chair, "主持人"),
        (minutes.recorder, "记录人"),
        (minutes.attendees, "参加人员"),
        (minutes.topic, "主题或议题"),
        (minutes.content, "会议内容"),
        (minutes.lecturer or minutes.kind != "党课", "主讲人"),
    ):
        if not value and not any(hint.startswith(name) for hint in minutes.hints):
            minutes.hints.append(f"没有找到{name}，请填写。")


# --- Against the registers --------------------------------------------------------------------------------------


@dataclass
class RosterMatch:
    """Names of minutes against a roster of members; each name is a key of, or in, exactly one of the four.

    `matched`: the one member of that name. `namesakes`: all members of that name, a person must choose.
    `near`: (member id, name) of up to five members whose name is one character off or sounds the same, those that
    sound the same first: to be asked about, never assumed. `unknown`: nobody like that.
    """

    matched: dict[str, int] = field(default_factory=dict)
    namesakes: dict[str, list[int]] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    near: dict[str, list[tuple[int, str]]] = field(default_factory=dict)


def match_roster(names: Sequence[str], roster: Sequence[tuple[int, str]]) -> RosterMatch:
    """Match names as written, titles and 等 stripped, against the roster's (member id, name)."""
    result = RosterMatch()
    ids: dict[str, list[int]] = {}
    for member, written in roster:
        ids.setdefault(_roster_key(written), []).append(member)
    for name in dict.fromkeys(names):
        key = _roster_key(name)
        if key not in ids:
            key = _roster_key(_bare(re.sub(r"[（(].*?[）)]", "", key)))
        found = ids.get(key, [])
        if len(found) == 1:
            result.matched[name] = found[0]
        elif found:
            result.namesakes[name] = found
        elif near := _near(key, roster):
            result.near[name] = near
        elif key and not _NOBODY.fullmatch(key):
            result.unknown.append(name)
    return result


def _roster_key(name: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", name)).translate(_DOTS)


@lru_cache(maxsize=20_000)
def _sounds(char: str) -> frozenset[str]:
    """All readings of a character without tones (曾: zeng, ceng)."""
    return frozenset(pinyin(char, style=Style.NORMAL, heteronym=True)[0])


def _near(key: str, roster: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    ranked: list[tuple[int, int, str]] = []
    for member, name in roster:
        other = _roster_key(name)
        if len(other) == len(key) > 1 and all(
            a == b or _sounds(a) & _sounds(b) for a, b in zip(key, other, strict=True)
        ):
            ranked.append((0, member, name))
        elif _one_off(key, other):
            ranked.append((1, member, name))
    return [(member, name) for _, member, name in sorted(ranked, key=lambda row: row[0])[:5]]


def _one_off(one: str, other: str) -> bool:
    """Whether one character replaced, added or left out turns one name (2 characters or more) into the other."""
    short, long = sorted((one, other), key=len)
    if len(short) < 2 or len(long) - len(short) > 1:
        return False
    start = next((i for i, char in enumerate(short) if char != long[i]), len(short))
    return short[start + (len(short) == len(long)) :] == long[start + 1 :]


def match_organization(text: str, organizations: Sequence[tuple[int, str, str]]) -> int | None:
    """Find the organisation that a text (best its title) names among (id, name, short name); None when ambiguous.

    The longest full name contained counts, in the first lines before the whole text, then short names, then names
    without 社区 and 街道. “中共……第二支部委员会”, “第2支部” and “第二党支部” are the same branch.
    """
    lines = [line for line in text.split("\n") if line.strip()]
    for shorten in (lambda name: name, _without_area):
        for position in (1, 2):
            keys = [(row[0], shorten(_organization_key(str(row[position])))) for row in organizations if row[position]]
            for part in dict.fromkeys(("".join(lines[:5]), "".join(lines))):
                written = shorten(_organization_key(part))
                # “东风社区党委第二党支部” names a branch by way of the committee above it.
                hits = _contained(written, keys) + _contained(re.sub("(?<=社区)党委(?=第)", "", written), keys)
                if hits:
                    return _only(hits)
    return None


def _without_area(name: str) -> str:
    return re.sub("社区|街道", "", name)


def _organization_key(name: str) -> str:
    """One spelling for the ways a Party organisation is called."""
    key = re.sub(r"\s|中国共产党|中共", "", unicodedata.normalize("NFKC", name))
    key = re.sub(r"(?<=第)\d{1,2}(?=[党支总])|\d{1,2}(?=党?支部)", lambda found: _in_chinese(int(found[0])), key)
    key = re.sub("党?总支部?(?:委员会)?", "党总支", key)
    key = re.sub("(?<!总)党?支部(?:委员会)?", "党支部", key)
    key = re.sub("(?<=街道)(?:党?工作委员会|工委)", "党工委", key)
    return re.sub("(?<=社区)(?:党?委员会)", "党委", key)


def _in_chinese(number: int) -> str:
    tens, units = divmod(number, 10)
    digits = "〇一二三四五六七八九"
    return (("" if tens == 1 else digits[tens]) + "十" if tens else "") + (digits[units] if units or not tens else "")


def _contained(text: str, keys: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """The organisations whose name is in the text other than only as a part of a longer one's name."""
    hits: list[tuple[int, str]] = []
    for organization, key in sorted(keys, key=lambda pair: len(pair[1]), reverse=True):
        longer = [other for _, other in hits if key in other and other != key]
        rest = text
        for other in longer:
            rest = rest.replace(other, "\n")
        if len(key) > 2 and key in rest:
            hits.append((organization, key))
    return hits


def _only(hits: Sequence[tuple[int, str]]) -> int | None:
    """The organisation of the longest name, unless another of the same kind (…党支部) is named as well."""
    longest = max((key for _, key in hits), key=len)
    rivals = {organization for organization, key in hits if key[-2:] == longest[-2:]}
    return rivals.pop() if len(rivals) == 1 else None

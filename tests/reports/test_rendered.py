"""The report as Word prints it: rendered by LibreOffice, its lines counted and its fonts looked at (GB/T 9704-2012)."""

import re
import shutil
import subprocess
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from docx import Document
from docx.oxml.ns import qn

from reports.document import Division, Report, Statement
from reports.layout import SUBSTITUTES
from reports.word import to_docx

pytestmark = pytest.mark.skipif(not shutil.which("soffice"), reason="needs LibreOffice")

LINES = 22
WORDS = "组织学习，内容以有关文件为主。"
LISTED = {*SUBSTITUTES, *SUBSTITUTES.values(), "宋体"}


@pytest.fixture(scope="module")
def report() -> Report:
    """Four sections of points that fill some pages."""
    points = tuple(
        Division(
            f"p{n}", "一是", "加强学习教育", (Statement(f"s{n}", ("组织学习，内容以有关文件为主。" * 7,), "paragraph"),)
        )
        for n in range(20)
    )
    heading = Division("h", "（一）", "突出基础工作抓实抓牢", (), points)
    return Report(
        "关于和平街道基层党建工作情况的调研报告",
        "和平街道党工委",
        "HP",
        "2026Q3",
        "2026年第三季度",
        datetime(2026, 10, 10, tzinfo=UTC),
        to="中共示例区委",
        signed_on=date(2026, 10, 15),
        draft=False,
        rests_on=False,
        lead=(Statement("lead", ("近期，进行了调研。现将有关情况报告如下：",), "paragraph"),),
        sections=(Division("s", "二", "主要做法", (), (heading,)),),
    )


@pytest.fixture(scope="module")
def printed(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Word file as LibreOffice prints it."""
    folder = tmp_path_factory.mktemp("printed")
    (folder / "report.docx").write_bytes(to_docx(report))
    home = f"-env:UserInstallation=file://{folder}/home"
    command = [
        "soffice",
        home,
        "--headless",
        "--convert-to",
        "pdf",
        "--outdir",
        str(folder),
        str(folder / "report.docx"),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    return folder / "report.pdf"


def out(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_a_full_page_has_22_lines(printed: Path) -> None:
    pages = out("pdftotext", "-bbox-layout", str(printed), "-").split("<page ")[1:]
    heights = []
    for page in pages:
        tops = [float(top) for top in re.findall(r'<line [^>]*yMin="([\d.]+)"', page)]
        lines = {round(top) for top in tops}
        heights.append(len(lines) - 1)  # the page number is a line of its own
    assert len(heights) > 3
    full = Counter(heights[1:-1])
    assert max(heights) == LINES
    assert full.most_common(1)[0][0] == LINES


def test_has_a_page_for_each_22_lines(report: Report, printed: Path) -> None:
    pages = int(re.search(r"Pages:\s+(\d+)", out("pdfinfo", str(printed)))[1])  # type: ignore[index]
    lines = sum(-(-(len(f"一是加强学习教育。{one.text}") + 2) // 28) for one in report.statements()) + 12
    assert abs(pages - -(-lines // LINES)) <= 1


def test_asks_for_the_fonts_of_the_standard_only(printed: Path) -> None:
    document = Document(str(printed.with_suffix(".docx")))
    styles = {paragraph.style.style_id: paragraph.style for paragraph in document.paragraphs}
    asked = {
        value
        for element in (document.element, *(style.element for style in styles.values()))
        for fonts in element.iter(qn("w:rFonts"))
        for name, value in fonts.attrib.items()
        if not name.endswith("}hint")
    }
    assert asked
    assert asked <= LISTED
    rows = out("pdffonts", str(printed)).splitlines()[2:]
    assert rows
    assert all(re.search(r"\byes\s+(yes|no)\s+(yes|no)\s+\d+\s+\d+$", row) for row in rows)  # each is embedded

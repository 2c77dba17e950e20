"""A report as a file: Word, page, PDF and plain JSON, which all say the same.

Page and PDF come from one template, Word from `word.py`; all walk the paragraphs that `layout.py` lays out. Nothing
here reads the database or the network.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import weasyprint
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from reports.document import Report, cleaned, local, to_json

from .layout import (
    SIGNATURE_WIDTH,
    closing,
    laid_annexes,
    lay_out,
    period_line,
    signature,
    signing_date,
    title_lines,
    width,
)
from .word import evidence_docx, to_docx

_PRINTER = threading.Lock()


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

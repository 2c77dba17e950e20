"""Forms of the investigation report."""

from copy import copy
from typing import Any

from django import forms
from django.http import QueryDict

from accounts.form_errors import OwnWords
from reports.models import InvestigationReport, StatementEdit

from .annexes import KINDS
from .outline import Entry, from_plain, to_plain


class StatementForm(OwnWords, forms.Form):
    """The words of one statement. `version` is that of the edit which the person saw, 0 for the built words."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=80)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    text = forms.CharField(
        label="这一段的文字",
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": "不能留空。要恢复系统写的文字，请按“恢复原文”。"},
    )

    @classmethod
    def of(cls, report: InvestigationReport, key: str) -> "StatementForm | None":
        """Return the form filled with what a statement of the report says now, None where there is none such."""
        text = next((one.text for one in statements(report) if one.key == key), None)
        if text is None:
            return None
        edit = _edit(report, key)
        return cls(initial={"key": key, "version": edit.version if edit else 0, "text": text})

    def start_from_newest(self, report: InvestigationReport) -> None:
        """After a conflict: let the next press of the button start from the newest version, the typed text kept."""
        data: Any = copy(self.data)  # a QueryDict's copy can be changed
        edit = _edit(report, data.get("key", ""))
        data["version"] = str(edit.version if edit else 0)
        self.data = data


def statements(report: InvestigationReport) -> list[Any]:
    """Return the statements of a report as it reads now, edits included."""
    return list(report.composed.report.statements())


def _edit(report: InvestigationReport, key: str) -> StatementEdit | None:
    return next((edit for edit in report.edits.all() if edit.key == key), None)


LEVELS = {"section": 1, "heading": 2, "point": 3}
HEAD = ("to", "copies", "signature", "lead")
TITLE, TEXT = 60, 1000
"""Characters of a title and of a standing text, at most."""


class OutlineForm:
    """The rows of an outline as its page posts them: a row an entry, in reading order, each under the last heading.

    `wrong` says what is wrong with them, in Chinese, after `plain` returned None.
    """

    def __init__(self, data: QueryDict) -> None:
        self.data = data
        self.wrong = ""

    def rows(self) -> list[Entry]:
        """Return what was posted, row by row."""
        return [
            Entry(
                self.data.get(f"kind-{key}", ""),
                key,
                self.data.get(f"title-{key}", "").strip(),
                self.data.get(f"text-{key}", "").strip(),
                f"on-{key}" in self.data,
            )
            for key in self.data.getlist("key")
        ]

    def head(self) -> dict[str, Any]:
        """Return what was posted about the whole report: whom it goes to, who signs, which annexes."""
        annexes = [kind for kind in KINDS if kind in self.data.getlist("annexes")]
        return {"annexes": annexes} | {name: self.data.get(name, "").strip() for name in HEAD}

    def plain(self) -> dict[str, Any] | None:
        """Return the outline as JSON keeps it, None where the rows make none."""
        sections: list[dict[str, Any]] = []
        under: dict[int, dict[str, Any]] = {}
        for entry in self.rows():
            level = LEVELS.get(entry.kind, 4)
            if level < 4 and not entry.title:
                self.wrong = "标题不能空着；不要的标题，去掉“写入”。"
                return None
            if len(entry.title) > TITLE or len(entry.text) > TEXT:
                self.wrong = f"标题不超过 {TITLE} 字，固定文字不超过 {TEXT} 字。"
                return None
            plain: dict[str, Any] = {
                "kind": entry.kind, "key": entry.key, "title": entry.title, "text": entry.text, "on": entry.on
            }  # fmt: skip
            if level == 1:
                under = {1: plain}
                sections.append(plain)
                continue
            if 1 not in under or (level == 3 and 2 not in under):
                self.wrong = f"“{entry.title or entry.text[:20]}”要放在一个部分的标题下面。"
                return None
            if level == 2:
                under[2] = plain
            above = under[1] if level == 2 or 2 not in under else under[2]
            above.setdefault("entries", []).append(plain)
        try:
            outline = from_plain({"sections": sections} | self.head())
        except ValueError as error:
            self.wrong = str(error)
            return None
        if not sections:
            self.wrong = "提纲至少要有一个部分。"
            return None
        return to_plain(outline)

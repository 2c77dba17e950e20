"""Forms of the investigation report."""

from copy import copy
from typing import Any

from django import forms

from accounts.form_errors import OwnWords
from reports.models import InvestigationReport, StatementEdit


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
    sections = report.composed.report.sections
    return [one for section in sections for topic in section.topics for one in topic.statements]


def _edit(report: InvestigationReport, key: str) -> StatementEdit | None:
    return next((edit for edit in report.edits.all() if edit.key == key), None)

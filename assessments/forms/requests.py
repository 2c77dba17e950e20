"""Forms of requests and reports: the matter, sending, the answer, what came of it."""

from django import forms

from accounts.permissions import Right
from activities.forms.base import KeepersForm
from branches.forms.tree import OrganizationField

from ..models import RequestReport
from .steps import CheckedStepForm, StepForm


class RequestForm(KeepersForm):
    """One matter to one addressee."""

    right = Right.MEASURES_REPORT

    class Meta:
        model = RequestReport
        fields = (
            "organization", "kind", "subject", "content", "timing", "part", "channel", "level", "addressee", "signer",
            "discussed_on", "number", "due_on", "sent_on",
        )  # fmt: skip
        field_classes = {"organization": OrganizationField}
        widgets = {"content": forms.Textarea({"rows": 6})}
        help_texts = {
            "subject": "一文一事。",
            "level": "按分级负责的规定，这件事由哪一级决定。",
            "part": "只有报告才填。",
            "discussed_on": "经集体研究的，填研究的日期。",
            "due_on": "规定哪天以前要报的，填上；过了没报会提醒。",
            "sent_on": "还没有报的先不填。",
        }


class SendRequestForm(CheckedStepForm):
    """It has gone up."""

    asked = ("sent_on",)
    today = "sent_on"

    class Meta:
        model = RequestReport
        fields = ("sent_on", "number", "signer")


class AnswerRequestForm(CheckedStepForm):
    """What was answered."""

    asked = ("answered_on", "answer")
    today = "answered_on"

    class Meta:
        model = RequestReport
        fields = ("answered_on", "answer_number", "answer")
        widgets = {"answer": forms.Textarea({"rows": 5})}


class OutcomeForm(StepForm):
    """What came of the answer."""

    class Meta:
        model = RequestReport
        fields = ("outcome",)
        widgets = {"outcome": forms.Textarea({"rows": 3})}

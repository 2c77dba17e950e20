"""Forms of requests and reports: the matter, sending, the answer, what came of it."""

from typing import Any

from django import forms
from django.utils import timezone

from accounts.permissions import Right
from activities.forms.base import KeepersForm
from branches.forms.tree import OrganizationField

from ..models import RequestReport
from .measures import StepForm


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


class CheckedStepForm(StepForm):
    """A step whose fields are checked together with the rest of the record."""

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        model: Any = type(self.instance)
        whole = {field.name: getattr(self.instance, field.attname) for field in model._meta.concrete_fields} | given
        for name, message in model.faults(whole):
            if not self.errors:
                self.add_error(name if name in self.fields else None, message)
        return given


class SendRequestForm(CheckedStepForm):
    """It has gone up."""

    class Meta:
        model = RequestReport
        fields = ("sent_on", "number", "signer")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sent_on"].required = True
        self.initial["sent_on"] = timezone.localdate()


class AnswerRequestForm(CheckedStepForm):
    """What was answered."""

    class Meta:
        model = RequestReport
        fields = ("answered_on", "answer_number", "answer")
        widgets = {"answer": forms.Textarea({"rows": 5})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["answered_on"].required = self.fields["answer"].required = True
        self.initial["answered_on"] = timezone.localdate()


class OutcomeForm(StepForm):
    """What came of the answer."""

    class Meta:
        model = RequestReport
        fields = ("outcome",)
        widgets = {"outcome": forms.Textarea({"rows": 3})}

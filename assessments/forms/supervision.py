"""Forms of supervision: handing a matter on, signing for it, answering, pressing, closing."""

from collections.abc import Iterator
from typing import Any

from dateutil.relativedelta import relativedelta
from django import forms
from django.utils import timezone

from accounts.permissions import Right
from activities.forms.base import KeepersForm
from branches.forms.tree import OrganizationField
from ledgers.models import Record

from ..models import Supervision
from ..models.measures import setter_for
from .origins import keep_origins
from .steps import StepForm


class SupervisionForm(KeepersForm):
    """What is to be seen to, by whom, until when. It is sent at once."""

    right = Right.MEASURES_DIRECT

    class Meta:
        model = Supervision
        fields = ("organization", "subject", "words", "urgency", "owner", "partners", "number", "due_on")
        field_classes = {"organization": OrganizationField}
        labels = {"organization": "承办单位"}
        widgets = {"words": forms.Textarea({"rows": 4})}
        help_texts = {
            "words": "领导的批示原话，或者具体要求。",
            "owner": "写明由谁办；不填就是承办单位的书记。",
            "number": "立项编号，没有的不填。",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["due_on"] = self.initial.get("due_on") or timezone.localdate() + relativedelta(days=15)

    def clean(self) -> dict[str, Any]:
        """Refuse a deadline before the day on which it is sent."""
        given = super().clean()
        due, sent = given.get("due_on"), self.instance.sent_on or timezone.localdate()
        if due and due < sent and not self.has_error("due_on"):
            self.add_error("due_on", f"办结时限早于交办日期 {sent}")
        return given

    def store(self) -> Record:
        matter: Supervision = self.instance
        if matter._state.adding:
            matter.set_by = setter_for(self.user, matter.organization, self.right)
            matter.sent_on = timezone.localdate()
            keep_origins(self, ("finding", "measure"))
        return matter.record()


class SignForForm(StepForm):
    """Say that it has arrived."""

    asked = ("signed_by",)

    class Meta:
        model = Supervision
        fields = ("signed_by",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["signed_by"] = self.user.name

    def changes(self) -> Iterator[tuple[str, Any]]:
        yield "signed_on", timezone.localdate()


class AnswerMatterForm(StepForm):
    """Say what was done (一事一文); it counts as signed for."""

    asked = ("answer",)

    class Meta:
        model = Supervision
        fields = ("answer",)
        widgets = {"answer": forms.Textarea({"rows": 6})}

    def changes(self) -> Iterator[tuple[str, Any]]:
        today = timezone.localdate()
        yield "answered_on", today
        yield "returned", ""
        if not self.instance.signed_on:
            yield "signed_on", today
            yield "signed_by", self.user.name


class PressForm(StepForm):
    """One rung up: 催办, 督办, 通报, 约谈."""

    class Meta:
        model = Supervision
        fields = ("words",)
        labels = {"words": "批示和要求（可以补充）"}
        widgets = {"words": forms.Textarea({"rows": 4})}

    def changes(self) -> Iterator[tuple[str, Any]]:
        yield "rung", self.instance.next_rung
        yield "pressed_on", timezone.localdate()


class ReturnMatterForm(StepForm):
    """Have it done again, and say why."""

    asked = ("returned",)

    class Meta:
        model = Supervision
        fields = ("returned",)

    def changes(self) -> Iterator[tuple[str, Any]]:
        yield "answered_on", None


class CloseMatterForm(StepForm):
    """Close it; the opinion stays on the record."""

    class Meta:
        model = Supervision
        fields = ("opinion",)

    def changes(self) -> Iterator[tuple[str, Any]]:
        yield "closed_on", timezone.localdate()

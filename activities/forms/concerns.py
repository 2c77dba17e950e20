"""Forms of residents' concerns: registering, handing over, escalating, answering."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from branches.forms.records import CheckedForm
from branches.forms.tree import OrganizationField
from ledgers import parsing
from ledgers.forms import RecordForm
from ledgers.models import Record
from members.forms.masked import MaskedForm
from members.models import mask_address, mask_phone

from ..models import Concern, HandOver
from ..models.concerns import mask_name
from .base import KeepersForm


class ConcernForm(MaskedForm, KeepersForm):
    """What a resident asks for."""

    masks = {"resident": mask_name, "phone": mask_phone, "address": mask_address}
    resident = forms.CharField(label="居民姓名", max_length=60, required=False)
    phone = forms.CharField(label="联系电话", max_length=30, required=False)

    class Meta:
        model = Concern
        fields = (
            "organization", "title", "resident", "phone", "source", "kind", "received_on", "content", "address",
            "handler",
        )  # fmt: skip
        field_classes = {"organization": OrganizationField}
        widgets = {
            "title": forms.TextInput({"autocomplete": "off", "placeholder": "一句话，如“3 号楼楼道灯不亮”"}),
            "content": forms.Textarea({"rows": 3}),
            "address": forms.TextInput({"maxlength": 200}),
        }
        error_messages = {"title": {"required": "请写明居民反映了什么"}}
        help_texts = {"handler": "当场就转出去的填写；也可以登记后再转办。"}

    SHORT = ("organization", "title", "resident", "phone", "source", "kind")
    """What is asked first; the rest can wait."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cover()
        if self.is_new:
            self.initial["received_on"] = self.initial.get("received_on") or timezone.localdate()
        self.fields["phone"].widget.attrs["inputmode"] = "tel"

    @property
    def short(self) -> list[forms.BoundField]:
        """The fields that registering takes."""
        return [self[name] for name in self.SHORT]

    @property
    def rest(self) -> list[forms.BoundField]:
        """The fields that can be filled in later."""
        return [field for field in self.visible_fields() if field.name not in self.SHORT]

    @property
    def rest_is_wrong(self) -> bool:
        """Whether one of those is wrong, so that they must be seen."""
        return any(field.errors for field in self.rest)

    def clean_resident(self) -> str:
        """Keep the name where it is untouched."""
        return self.read("resident", parsing.person_name)

    def clean_address(self) -> str:
        """Keep the address where it is untouched."""
        return self.read("address", lambda words: parsing.text(words, 200))

    def clean(self) -> dict[str, Any]:
        """Refuse a day of receipt after what has been done since."""
        given = super().clean()
        if (day := given.get("received_on")) and not self.has_error("received_on"):
            done = [d for d in (self.instance.answered_on, self.instance.escalated_on) if d]
            if done and day > min(done):
                self.add_error("received_on", f"不能晚于已经登记的答复、上报日期 {min(done)}")
        return given


class HandOverForm(RecordForm):
    """One step: to whom it goes, and what is asked of them."""

    class Meta:
        model = HandOver
        fields = ("on", "giver", "taker", "note")
        widgets = {"note": forms.TextInput()}
        error_messages = {"taker": {"required": "请写明转给哪个单位或哪个人"}}

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["on"] = timezone.localdate()
        self.initial["giver"] = user.name

    def clean(self) -> dict[str, Any]:
        """Refuse days before the concern came in, and days to come."""
        given = super().clean() or {}
        unlikely(self, given.get("on"), self.instance.concern)
        return given

    def store(self) -> Record:
        step: HandOver = self.instance
        return step.concern.hand_over(step)


class EscalationForm(RecordForm):
    """Handing a hard case up to the street."""

    on = forms.DateField(label="上报日期")
    reason = forms.CharField(
        label="难在哪里、请街道协调什么",
        max_length=300,
        widget=forms.Textarea({"rows": 2}),
        error_messages={"required": "请写明难在哪里，街道才好协调"},
    )

    class Meta:
        model = Concern
        fields = ()

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.initial["on"] = timezone.localdate()

    def clean(self) -> dict[str, Any]:
        """Refuse days before the concern came in, and days to come."""
        given = super().clean() or {}
        unlikely(self, given.get("on"), self.instance)
        return given

    def store(self) -> Record:
        concern: Concern = self.instance
        try:
            return concern.escalate(self.cleaned_data["on"], self.cleaned_data["reason"], self.user.name)
        except ValueError as refusal:
            raise ValidationError(str(refusal)) from refusal


def unlikely(form: RecordForm, day: Any, concern: Concern) -> None:
    """Put an error on the field `on` where the day lies before the concern came in, or is still to come."""
    if day and day < concern.received_on:
        form.add_error("on", f"早于受理日期 {concern.received_on}")
    elif day and day > timezone.localdate():
        form.add_error("on", "这一天还没有到")


class AnswerForm(CheckedForm):
    """What the resident was told, whether that settled it, and what they thought of it."""

    class Meta:
        model = Concern
        fields = ("answered_on", "answer", "resolved_on", "satisfaction")
        widgets = {"answer": forms.Textarea({"rows": 4})}
        help_texts = {
            "resolved_on": "事情已经解决的填写；一时解决不了的先留空，解决后再补。",
            "satisfaction": "回访居民以后选择。",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["answered_on"].required = self.fields["answer"].required = True
        self.fields["answer"].error_messages["required"] = "请写明是怎样答复的"
        if self.instance.answered_on is None:
            self.initial["answered_on"] = timezone.localdate()

    def faults(self, given: Any) -> Any:
        """Check the days against that of receipt as well."""
        return Concern.faults(given | {"received_on": self.instance.received_on})

    def store(self) -> Record:
        concern: Concern = self.instance
        return concern.record("answer")

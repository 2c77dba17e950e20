"""Forms of whereabouts: who is away, since when and how to reach them; and the log of contacts."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import User
from ledgers import parsing
from ledgers.forms import RecordForm
from ledgers.models import Record

from ..models import Contact, Whereabouts, mask_id, mask_phone
from .masked import MaskedForm
from .register import Day, ask_to_choose, editable_branches

Kind = Whereabouts.Kind
WORDS: dict[str, dict[str, str]] = {
    Kind.OUT: {"since": "流出日期", "destination": "流向地", "host": "流入地党组织"},
    Kind.IN: {"since": "流入日期", "destination": "现住址", "host": "组织关系所在党组织"},
    Kind.LOST: {"since": "失联日期", "destination": "最后联系的地点"},
}
"""Kind of record → what its fields are called."""
GUEST = ("organization", "name", "id_number")
"""What is asked of somebody who is on no register here."""


class WhereaboutsForm(MaskedForm):
    """One record. Which fields there are depends on its kind, which is given with the instance."""

    masks = {"phone": mask_phone, "id_number": mask_id}

    since = Day(label="起始日期")
    phone = forms.CharField(
        label="联系电话", max_length=30, required=False, widget=forms.TextInput({"inputmode": "tel"})
    )
    id_number = forms.CharField(label="身份证号", max_length=30, required=False)

    class Meta:
        model = Whereabouts
        fields = (
            "organization", "name", "id_number", "since", "destination", "host", "contact", "phone", "remarks",
        )  # fmt: skip
        labels = {"organization": "联系支部", "contact": "联系人"}
        error_messages = {
            "organization": {"required": "请选择联系支部"},
            "name": {"required": "请填姓名"},
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = self.instance.kind
        ask_to_choose(self)
        self.cover()
        if self.is_new:
            self.initial["since"] = timezone.localdate()
        absent = {Kind.OUT: GUEST, Kind.IN: (), Kind.LOST: (*GUEST, "host", "contact", "phone")}
        for name in absent[self.kind]:
            del self.fields[name]
        for name, label in WORDS[self.kind].items():
            self.fields[name].label = label
        if self.kind == Kind.IN:
            branches = editable_branches(user, self.instance.organization_id)
            self.fields["organization"].queryset = branches  # type: ignore[attr-defined]
            self.fields["organization"].required = self.fields["name"].required = True
            self.fields["organization"].widget.attrs["data-pick"] = ""

    def clean_id_number(self) -> str:
        """Check the ID's digits."""
        return self.read("id_number", parsing.citizen_id)

    def clean(self) -> dict[str, Any]:
        """Refuse a second open record of a kind, and days that cannot be."""
        super().clean()
        member = self.instance.member
        since = self.cleaned_data.get("since")
        if self.instance.until and since and since >= self.instance.until:
            self.add_error("since", f"应在结束日期 {self.instance.until} 之前")
        if member is None or since is None or self.was_saved():
            return self.cleaned_data
        if wrong := Whereabouts.too_early(since, member.joined_on):
            self.add_error("since", wrong)
        others = member.whereabouts.filter(kind=self.kind).exclude(pk=self.instance.pk)
        if self.is_new and (other := others.open_ones().first()):
            self.add_error(None, f"{member.name}从 {other.since} 起已登记{other.get_kind_display()}，还没有结束")
        elif others.filter(since=since).exists():
            self.add_error("since", "从这一天起已经有一条登记")
        return self.cleaned_data


class EndForm(RecordForm):
    """The end of a record: back, left, found again."""

    until = Day(label="结束日期")

    class Meta:
        model = Whereabouts
        fields = ("until", "outcome")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["until"] = timezone.localdate()
        words = {Kind.OUT: "返回日期", Kind.IN: "离开日期", Kind.LOST: "恢复联系日期"}
        self.fields["until"].label = words[self.instance.kind]
        self.fields["until"].required = True

    def clean_until(self) -> Any:
        """The end lies after the beginning."""
        until = self.cleaned_data["until"]
        if until and until <= self.instance.since:
            raise ValidationError(f"应在起始日期 {self.instance.since} 之后")
        return until

    def store(self) -> Record:
        """Close it."""
        return self.instance.end(self.cleaned_data["until"], self.cleaned_data["outcome"])


class ContactForm(RecordForm):
    """One entry of the log."""

    on = Day(label="日期")

    class Meta:
        model = Contact
        fields = ("on", "way", "reached", "note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ask_to_choose(self)
        self.fields["way"].error_messages["required"] = "请选择方式"
        self.initial["on"] = timezone.localdate()

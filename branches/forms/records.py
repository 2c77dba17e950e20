"""Forms of what hangs on the tree: premises, enterprises and their instructors' visits, Party workers."""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import fields_for_model
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right, access_of
from ledgers import parsing
from ledgers.forms import Difference, RecordForm, spoken
from ledgers.models import Record
from ledgers.scope import may

from ..credit_codes import credit_code
from ..models import (
    Enterprise,
    EnterpriseState,
    InstructorVisit,
    Organization,
    PartyWorker,
    Shortage,
    Venue,
    WorkerTraining,
)
from .tree import OrganizationField, by_name, person_name


class CheckedForm(RecordForm):
    """Base: fields are checked against one another by the model's own `faults`, as an import checks them."""

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for name, message in self.faults(given):
            if name in self.fields and not self.has_error(name):
                self.add_error(name, message)
        return given

    def faults(self, given: Mapping[str, Any]) -> Any:
        """Return (field, what is wrong) of fields that do not go together."""
        return type(self.instance).faults(given)


class PlacedForm(CheckedForm):
    """Base of forms over records of one organisation: it is one on which the user has the `right`."""

    right: ClassVar[Right] = Right.ORGANIZATIONS_EDIT

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        editable = Organization.objects.visible_to(user, self.right)
        field = self.fields["organization"]
        assert isinstance(field, OrganizationField)
        field.queryset = editable.undissolved().exclude(kind=Organization.Kind.GROUP) | editable.filter(
            pk=self.instance.organization_id
        )


class VenueForm(PlacedForm):
    """One place."""

    class Meta:
        model = Venue
        fields = (
            "organization",
            "name",
            "tenure",
            "area",
            "address",
            "functions",
            "owner",
            "lease_start",
            "lease_end",
            "opened_on",
            "closed_on",
            "note",
        )
        field_classes = {"organization": OrganizationField}
        help_texts = {
            "functions": "如“党员活动室、居民议事厅”。",
            "owner": "租来、借来、共用的，填产权单位或个人。",
            "lease_end": "到期前 90 天开始提醒；续租后改成新的日期。",
            "closed_on": "不再使用的填写；这一天起不再计入。",
        }


class ShortageForm(PlacedForm):
    """An organisation short of premises."""

    class Meta:
        model = Shortage
        fields = ("organization", "since", "situation", "missing_area", "plan", "solved_on")
        field_classes = {"organization": OrganizationField}
        help_texts = {
            "situation": "缺什么、为什么不够用。",
            "plan": "打算怎样解决；已经解决的写明是怎样解决的。",
            "solved_on": "填了就不再提醒，以前各月的数字不变。",
        }

    def clean(self) -> dict[str, Any]:
        """Refuse a time in which the organisation is marked already."""
        given = super().clean()
        since, solved, place = given.get("since"), given.get("solved_on"), given.get("organization")
        if since and place:
            others = Shortage.objects.filter(organization=place).exclude(pk=self.instance.pk)
            later = others.filter(since__lt=solved) if solved else others
            if later.exclude(solved_on__lte=since).exists():
                self.add_error("since", "与这个组织另一条阵地不足的时间重叠，请先填那一条的解决日期")
        return given


class EnterpriseForm(PlacedForm):
    """An enterprise with its present state. What changes of the state holds from `on`; earlier days keep theirs."""

    on = forms.DateField(label="以上情况从哪天起", help_text="情况变了，填变动那天；只是更正录错的，不改这一格。")

    class Meta:
        model = Enterprise
        fields = ("credit_code", "name", "kind", "organization", "founded", "address", "head", "closed_on", "note")
        field_classes = {"organization": OrganizationField}
        help_texts = {"organization": "归哪个社区管理。", "closed_on": "这一天起不再计入。"}

    STATE = tuple(name for name in EnterpriseState.HELD if name != "organization")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        fresh = self.instance._state.adding
        self.state = EnterpriseState() if fresh else self.instance.state
        self.fields.update(fields_for_model(EnterpriseState, self.STATE, help_texts=STATE_HELP))
        for name in ("organised_since", "instructor_since"):
            self.fields[name].widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        visible = Organization.objects.visible_to(user).undissolved().exclude(kind=Organization.Kind.GROUP)
        own = Organization.objects.filter(pk=self.state.party_organization_id)
        help_text = STATE_HELP["party_organization"]
        self.fields["party_organization"] = OrganizationField(
            visible | own, label="所在党组织", required=False, help_text=help_text
        )
        for name in self.STATE:
            value = getattr(self.state, f"{name}_id" if name == "party_organization" else name)
            self.initial.setdefault(name, value)
        order = ["credit_code", "name", "kind", "organization", "founded", "address", "head", *self.STATE]
        if fresh:
            del self.fields["on"]
            del self.fields["closed_on"]
        else:
            self.initial["on"] = self.state.start
        self.order_fields([*order, "on", "closed_on", "note"])

    def clean_credit_code(self) -> str:
        """In capitals and checked."""
        try:
            return credit_code(parsing.code(self.cleaned_data["credit_code"]))
        except parsing.Unparsable as error:
            raise ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        """Refuse a change before the last one, and closing before it."""
        given = super().clean()
        start, closed = self.state.start, given.get("closed_on")
        on = given.get("on")
        if on and on < start:
            self.add_error("on", f"不能早于最近一次情况变动的日期 {start}")
        elif on and on > timezone.localdate():
            self.add_error("on", "不能晚于今天")
        if closed and (closed <= start or (on and closed <= on)):
            self.add_error("closed_on", f"应晚于最近一次情况变动的日期 {max(start, on or start)}")
        return given

    def faults(self, given: Mapping[str, Any]) -> Any:
        return EnterpriseState.faults(given)

    @property
    def held(self) -> dict[str, Any]:
        """The state as typed; an empty number of members is none."""
        held = {name: self.cleaned_data.get(name) for name in self.STATE}
        return held | {name: held[name] or 0 for name in ("party_members", "full_members")}

    def store(self) -> Record:
        enterprise: Enterprise = self.instance
        if enterprise._state.adding:
            return enterprise.enter(**self.held)
        on: date = self.cleaned_data["on"]
        return enterprise.amend(on, **self.held)

    def _compare(self) -> bool:
        super()._compare()
        newest, typed = self.instance.state, EnterpriseState(**self.held)
        for name in self.STATE:
            if getattr(newest, name) != getattr(typed, name):
                label = str(self.fields[name].label)
                self.differences.append(Difference(label, spoken(newest, name), spoken(typed, name)))
        return bool(self.differences)


STATE_HELP = {
    "full_members": "满 3 名应当建立党组织。",
    "party_organization": "单独或联合建立的党组织；还没有登记的可以先不填。",
    "reason": "有 3 名以上正式党员还没建的，写明原因。",
    "instructor_unit": "如“街道党建办副主任”。",
}


class VisitForm(CheckedForm):
    """One visit of an instructor."""

    class Meta:
        model = InstructorVisit
        fields = ("on", "instructor", "content", "problem", "result")
        widgets = {name: forms.Textarea(attrs={"rows": 3}) for name in ("content", "problem", "result")}


class WorkerForm(PlacedForm):
    """One Party worker. Where the register of members has the name, the user says whether it is the same person."""

    namesake = forms.IntegerField(
        label="花名册里的党员", required=False, widget=forms.HiddenInput, help_text="选定后，个人页面上会显示这段经历。"
    )

    class Meta:
        model = PartyWorker
        fields = (
            "organization",
            "name",
            "post",
            "pay_band",
            "start",
            "left_on",
            "left_reason",
            "reserve_since",
            "reserve_until",
            "note",
        )
        field_classes = {"organization": OrganizationField}
        help_texts = {"pay_band": "只有党建办和社区看得到。", "reserve_since": "不是后备干部的留空。"}

    field_order = ("organization", "name", "namesake")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        fresh = self.instance._state.adding
        access = access_of(user)
        if not (
            access.has(Right.SENSITIVE_REVEAL)
            if fresh
            else may(user, Right.SENSITIVE_REVEAL, self.instance.organization)
        ):
            del self.fields["pay_band"]
        if not fresh:
            self._offer(by_name(self.instance.organization, [self.instance.name])[self.instance.name])
            self.initial["namesake"] = self.instance.member_id or 0

    def _offer(self, namesakes: list[Any]) -> None:
        if namesakes:
            choices = [(m.pk, f"{m.name}，{m.branch.label}，{m.birth_date or '出生日期不详'}") for m in namesakes]
            self.fields["namesake"].widget = forms.Select(choices=[("", "请选择"), (0, "不是花名册里的党员"), *choices])

    def clean_name(self) -> str:
        return person_name(self.cleaned_data["name"])

    def clean(self) -> dict[str, Any]:
        """Settle who it is among the members of the organisation."""
        given = super().clean()
        name, place, chosen = given.get("name"), given.get("organization"), given.get("namesake")
        if not (name and place):
            return given
        namesakes = by_name(place, [name])[name]
        self._offer(namesakes)
        found = next((m for m in namesakes if m.pk == chosen), None)
        if found is not None or chosen == 0:
            self.instance.member = found
        elif namesakes:
            self.add_error("namesake", f"花名册里有党员叫{name}，请选定是不是同一个人")
        elif "name" in self.changed_data:
            self.instance.member = None
        return given


class TrainingForm(CheckedForm):
    """One training of a Party worker."""

    class Meta:
        model = WorkerTraining
        fields = ("on", "subject", "organizer", "hours")

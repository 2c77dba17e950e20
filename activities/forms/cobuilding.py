"""Forms of co-building: partner units, agreements, what a unit did."""

from datetime import date
from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right
from branches.forms.records import CheckedForm, PlacedForm
from branches.forms.tree import OrganizationField
from ledgers import parsing
from members.forms.masked import MaskedForm

from ..models import Activity, Agreement, Contribution, PartnerUnit

OFFERED = 100
"""Activities that the form of a contribution offers: the latest."""
TOGETHER = (Activity.Kind.JOINT_MEETING, Activity.Kind.COBUILDING, Activity.Kind.VOLUNTEERING)


class PartnerField(forms.ModelChoiceField):
    """Units, each with the community that it is registered in."""

    def label_from_instance(self, partner: Any) -> str:
        return f"{partner.name}（{partner.organization.label}）"


class ActivityField(forms.ModelChoiceField):
    """Activities by day and topic."""

    def label_from_instance(self, activity: Any) -> str:
        return f"{activity.date} {activity.topic[:40]}"


class PartnerForm(MaskedForm, PlacedForm):
    """One unit."""

    right = Right.ACTIVITIES_EDIT
    phone = forms.CharField(
        label="联系电话", max_length=30, required=False, widget=forms.TextInput({"inputmode": "tel"})
    )

    class Meta:
        model = PartnerUnit
        fields = (
            "organization", "name", "kind", "strengths", "contact", "phone", "registered_on", "left_on", "note",
        )  # fmt: skip
        field_classes = {"organization": OrganizationField}
        help_texts = {
            "strengths": "能提供什么，如“会议室、法律咨询、志愿者”。",
            "left_on": "不再共建的填写；这一天起它的协议也不再计入。",
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        self.order_fields(self.Meta.fields)
        self.cover()
        if not self.instance._state.adding:
            self.fields["organization"].disabled = True

    def clean(self) -> dict[str, Any]:
        """Refuse a registration after the first agreement."""
        given = super().clean()
        registered = given.get("registered_on")
        if registered and not self.instance._state.adding:
            signed = self.instance.agreements.order_by("signed_on").values_list("signed_on", flat=True).first()
            if signed and signed < registered:
                self.add_error("registered_on", f"应不晚于最早一份协议的签订日期 {signed}")
        return given


class AgreementForm(CheckedForm):
    """One year's agreement; the lists are typed one item a line."""

    class Meta:
        model = Agreement
        fields = (
            "partner", "year", "number", "signed_on", "start", "end", "needs", "resources", "projects", "note",
        )  # fmt: skip
        field_classes = {"partner": PartnerField}
        widgets = {name: forms.Textarea(attrs={"rows": 4}) for name in ("needs", "resources", "projects")}
        help_texts = {
            "partner": "没有要找的单位，先在“共建单位”里登记。",
            "end": "到期前 60 天提醒续签。",
            "needs": "社区和居民需要什么，一行一条。",
            "resources": "单位能提供什么，一行一条。",
            "projects": "一起做哪些项目，一行一条。",
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = PartnerUnit.objects.visible_to(user, Right.ACTIVITIES_EDIT).select_related("organization")
        field = self.fields["partner"]
        assert isinstance(field, PartnerField)
        field.widget.attrs["data-pick"] = ""
        today = timezone.localdate()
        if self.instance._state.adding:
            field.queryset = units.standing_on(today)
            usual = {
                "year": today.year,
                "signed_on": today,
                "start": date(today.year, 1, 1),
                "end": date(today.year, 12, 31),
            }
            self.initial.update({name: value for name, value in usual.items() if self.initial.get(name) is None})
        else:
            field.queryset = units.filter(pk=self.instance.partner_id)
            field.disabled = True

    def clean(self) -> dict[str, Any]:
        """Keep the lists as they are imported; refuse one signed before the unit was registered."""
        given = super().clean()
        for name in ("needs", "resources", "projects"):
            if name in given:
                given[name] = parsing.text(given[name])
        partner, signed = given.get("partner"), given.get("signed_on")
        if partner and signed and partner.registered_on and signed < partner.registered_on:
            self.add_error("signed_on", f"早于这个单位的登记日期 {partner.registered_on}")
        return given


class ContributionForm(CheckedForm):
    """One thing that a unit did."""

    class Meta:
        model = Contribution
        fields = ("partner", "date", "kind", "content", "money", "people", "activity")
        field_classes = {"partner": PartnerField, "activity": ActivityField}
        help_texts = {"activity": "在联席会议或共建活动上做的，选那次活动。", "money": "没有投入资金的不填。"}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = PartnerUnit.objects.visible_to(user, Right.ACTIVITIES_EDIT).select_related("organization")
        field, held = self.fields["partner"], self.fields["activity"]
        assert isinstance(field, PartnerField) and isinstance(held, ActivityField)
        field.widget.attrs["data-pick"] = ""
        activities = Activity.objects.visible_to(user, Right.ACTIVITIES_EDIT).filter(kind__in=TOGETHER)
        if self.instance._state.adding:
            field.queryset = units
        else:
            field.queryset = units.filter(pk=self.instance.partner_id)
            field.disabled = True
        partner = self.initial.get("partner")
        if isinstance(partner, PartnerUnit):
            activities = activities.under(partner.organization)
        latest = activities.order_by("-date", "-pk").values_list("pk", flat=True)[:OFFERED]
        asked = getattr(self.initial.get("activity"), "pk", self.initial.get("activity"))
        held.queryset = Activity.objects.filter(Q(pk__in=[*latest, *([asked] if asked else [])])).order_by(
            "-date", "-pk"
        )

    def clean(self) -> dict[str, Any]:
        """Refuse an activity of another community."""
        given = super().clean()
        partner, activity = given.get("partner"), given.get("activity")
        if partner and activity and not activity.organization.path.startswith(partner.organization.path):
            self.add_error("activity", f"这次活动不是{partner.organization.label}的，请重新选择")
        return given

"""Forms of practices worth telling: the text, its evidence, the street's decision."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import User
from branches.forms.tree import OrganizationField
from ledgers import facts
from ledgers.forms import RecordForm
from ledgers.models import Record
from ledgers.period import Period

from ..models import Activity, Practice, PracticeEvidence
from .base import KeepersForm

OFFERED = 100
"""Activities, and findings, that a list of possible evidence holds: the latest."""


class PracticeForm(KeepersForm):
    """The practice as its writers tell it."""

    class Meta:
        model = Practice
        fields = ("organization", "title", "written_on", "method", "result")
        field_classes = {"organization": OrganizationField}
        widgets = {"method": forms.Textarea({"rows": 8}), "result": forms.Textarea({"rows": 4})}
        help_texts = {
            "title": "一句话说清做法，如“楼栋议事会解决停车难”。",
            "method": "怎么想到的、分几步做、谁来做。",
            "result": "做成了什么，用数字说话；依据在保存以后添加。",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            self.initial["written_on"] = timezone.localdate()

    def faults(self, given: Any) -> Any:
        """Check the day against what was done since."""
        held = self.instance
        later = {name: getattr(held, name) for name in ("offered_on", "accepted_on", "wording")}
        for name, message in Practice.faults(given | later):
            yield ("written_on" if name == "offered_on" else name), message


class EvidenceForm(RecordForm):
    """One thing that the practice rests on."""

    period = forms.ChoiceField(label="指标的时期", required=False)

    class Meta:
        model = PracticeEvidence
        fields = ("activity", "finding", "fact", "period")
        help_texts = {"fact": "选一项指标和时期；页面上显示数字和明细。"}

    def __init__(self, *args: Any, user: User, period: Period, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        place = self.instance.practice.organization
        activities = Activity.objects.visible_to(user).under(place).counted()
        latest = activities.order_by("-date", "-pk").values("pk")[:OFFERED]
        self.fields["activity"].queryset = Activity.objects.filter(pk__in=latest)  # type: ignore[attr-defined]
        findings: Any = PracticeEvidence._meta.get_field("finding").related_model
        closed = findings.objects.visible_to(user).under(place).filter(state="closed")
        solved = closed.order_by("-closed_on", "-pk").values("pk")[:OFFERED]
        shown = findings.objects.filter(pk__in=solved).select_related("organization")
        self.fields["finding"].queryset = shown  # type: ignore[attr-defined]
        self.fields["finding"].label_from_instance = told  # type: ignore[attr-defined]
        known = [(fact.code, f"{fact.title}（{fact.unit}）") for fact in facts.every()]
        label, help_text = self.fields["fact"].label, self.fields["fact"].help_text
        self.fields["fact"] = forms.ChoiceField(
            label=label, help_text=help_text, required=False, choices=[("", "不选"), *known]
        )
        self.fields["period"].choices = [(one.code, one.label) for one in _offered(period)]  # type: ignore[attr-defined]
        self.initial["period"] = period.code
        self.fields["activity"].empty_label = self.fields["finding"].empty_label = "不选"  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Ask for exactly one thing; the period goes with the fact only."""
        given = super().clean() or {}
        chosen = [name for name in ("activity", "finding", "fact") if given.get(name)]
        if len(chosen) != 1 and not self.errors:
            self.add_error(None, "请在活动、预警、指标里选一项；要加几项的，一项一项添加")
        if given.get("fact"):
            if not given.get("period") and not self.has_error("period"):
                self.add_error("period", "请选择指标的时期")
        else:
            given["period"] = ""
        return given


def _offered(chosen: Period) -> list[Period]:
    """Return the periods that a fact may be told of: the chosen one, then years, quarters and months, latest first."""
    found = [chosen]
    for kind, many in ((Period.YEAR, 3), (Period.QUARTER, 8), (Period.MONTH, 24)):
        one = Period.containing(timezone.localdate(), kind)
        for _ in range(many):
            found.append(one)
            one = one.previous()
    return list(dict.fromkeys(found))


def told(finding: Any) -> str:
    """Return a finding as the list of possible evidence tells it."""
    return f"{finding.organization.label}：{finding.detail}"


class AcceptForm(RecordForm):
    """The street takes a practice up, in its own words."""

    class Meta:
        model = Practice
        fields = ("wording",)
        widgets = {"wording": forms.Textarea({"rows": 8})}
        help_texts = {"wording": "写进调研报告“经验做法”的原文。已经照支部的做法和成效填好，请改成要用的话。"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        practice: Practice = self.instance
        self.fields["wording"].required = True
        if not practice.wording:
            self.initial["wording"] = f"{practice.method.strip()}\n{practice.result.strip()}".strip()[:1000]

    def store(self) -> Record:
        practice: Practice = self.instance
        try:
            return practice.accept(timezone.localdate(), self.cleaned_data["wording"])
        except ValueError as refusal:
            raise ValidationError(str(refusal)) from refusal

"""Forms of what holds of a member by decision: 不作要求, 党费减免, attached to a temporary branch."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone

from accounts.permissions import Right
from branches.models import Organization
from branches.querysets import live_on
from ledgers.models import Record

from ..models import DuesWaiver, Exemption, TemporaryAttachment
from .personal import PersonalForm
from .register import Day


class DecisionForm(PersonalForm):
    """Base: from when on, until when, and why."""

    date = Day(label="起")
    until = Day(label="止", required=False, help_text="从这天起不再有效；一直有效的不填")

    def clean(self) -> dict[str, Any]:
        """Ask for days in order, and for one decision of a person a day."""
        data = super().clean() or {}
        since, until, member = data.get("date"), data.get("until"), data.get("member")
        if since and until and until <= since:
            self.add_error("until", f"应在 {since} 之后")
        if since and member and not (self.instance._state.adding and self.was_saved()):
            same = type(self.instance)._default_manager.filter(member=member, date=since).exclude(pk=self.instance.pk)
            if same.exists():
                self.add_error("date", "这名党员从这天起的已经登记过，请打开那一条修改")
        return data


class ExemptionForm(DecisionForm):
    """Nothing is asked of the old, frail and sick."""

    class Meta:
        model = Exemption
        fields = ("member", "date", "until", "reason")
        help_texts = {"reason": "如年老体弱、长期患病；支部讨论后登记，撤销前一直有效"}


class WaiverForm(DecisionForm):
    """Less dues, or none."""

    decided_on = Day(label="决定日期")

    class Meta:
        model = DuesWaiver
        fields = ("member", "date", "until", "amount", "reason", "decided_on", "authority", "document")
        help_texts = {"amount": "免交的填 0"}


class AttachmentForm(DecisionForm):
    """Attach a member of another branch to a temporary one."""

    organization = forms.ModelChoiceField(
        label="临时党支部", queryset=Organization.objects.none(), error_messages={"required": "请选择临时党支部"}
    )

    class Meta:
        model = TemporaryAttachment
        fields = ("organization", "member", "date", "until", "reason")
        help_texts = {"member": "组织关系留在原支部，只在原支部统计"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = Organization.objects.visible_to(self.user, Right.MEMBERS_EDIT).filter(
            kind=Organization.Kind.TEMPORARY_BRANCH
        )
        field = self.fields["organization"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = kept.filter(live_on(timezone.localdate()) | Q(pk=self.instance.organization_id or 0))
        field.empty_label = "请选择"

    def store(self) -> Record:
        """Record it under the temporary branch that was chosen."""
        stored: Record = self.instance.record()
        return stored

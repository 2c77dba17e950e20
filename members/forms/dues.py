"""The form of one member's dues of one month."""

from typing import Any

from django import forms
from django.utils import timezone

from ledgers.forms import RecordForm
from ledgers.models import Record
from members.models import DuesCharge


class DuesChargeForm(RecordForm):
    """One charge. Once the month is closed a change needs a reason, and is marked as a late entry."""

    due = forms.DecimalField(label="应缴", max_digits=10, decimal_places=2, min_value=0, help_text="元")
    paid = forms.DecimalField(
        label="实缴", max_digits=10, decimal_places=2, min_value=0, required=False, help_text="元"
    )

    class Meta:
        model = DuesCharge
        fields = (*DuesCharge.EDITED, "late_reason")

    def __init__(self, *args: Any, is_closed: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_closed = is_closed
        if not is_closed:
            del self.fields["late_reason"]
            return
        self.initial["late_reason"] = ""  # every change has its own reason
        reason = self.fields["late_reason"]
        reason.required, reason.error_messages["required"] = True, "这个月已经封账，请写明为什么要改"
        reason.help_text = "会记入变更记录，台账里标明“补录”"

    def clean_paid(self) -> Any:
        """Nothing typed means nothing paid."""
        return self.cleaned_data["paid"] or 0

    def clean_paid_on(self) -> Any:
        """A payment lies in the past."""
        day = self.cleaned_data["paid_on"]
        if day and day > timezone.localdate():
            raise forms.ValidationError("缴纳日期在今天之后")
        return day

    def clean(self) -> dict[str, Any]:
        """Nothing paid has neither day nor method; a payment without a day is of today."""
        super().clean()
        data = self.cleaned_data
        if not data.get("paid"):
            data["paid_on"], data["method"] = None, ""
        elif not data.get("paid_on") and "paid_on" not in self.errors:
            data["paid_on"] = timezone.localdate()
        return data

    def store(self) -> Record:
        """Record the change, after closing as a late entry."""
        charge: DuesCharge = self.instance
        return charge.record("late-entry" if self.is_closed else "")

"""Forms of the findings' pages and of the street's own numbers."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.form_errors import OwnWords

from .. import engine
from ..findings import Handling
from ..models import Finding, Severity
from ..querysets import FindingQuerySet


class FindingFilter(OwnWords, forms.Form):
    """What the page of findings is narrowed to; a value it does not know counts as none."""

    WAITING = "waiting"

    state = forms.ChoiceField(
        label="状态", required=False, choices=[(WAITING, "未销号"), ("all", "全部状态"), *Finding.State.choices]
    )
    severity = forms.ChoiceField(label="程度", required=False, choices=[("", "全部程度"), *Severity.choices])
    rule = forms.ChoiceField(label="规则", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rules = [(rule.code, rule.title) for rule in engine.every_rule()]
        self.fields["rule"].choices = [("", "全部规则"), *rules]  # type: ignore[attr-defined]
        self.is_valid()

    def narrow(self, findings: FindingQuerySet) -> FindingQuerySet:
        """Keep what the reader asked for; unless told otherwise, what is still to be seen to."""
        asked = self.cleaned_data
        state = asked.get("state") or self.WAITING
        if state == self.WAITING:
            findings = findings.waiting()
        elif state != "all":
            findings = findings.filter(state=state)
        if asked.get("severity"):
            findings = findings.filter(severity=asked["severity"])
        if asked.get("rule"):
            findings = findings.filter(rule=asked["rule"])
        return findings


class HandleForm(OwnWords, forms.Form):
    """What to do about the chosen findings."""

    ACTIONS = [
        (Finding.State.IN_HAND, "安排处理：写明责任人和完成时限"),
        (Finding.State.CLOSED, "销号：写明怎样解决的"),
        (Finding.State.EXEMPTED, "免于处理：写明理由"),
        (Finding.State.OPEN, "重新打开：回到待处理"),
    ]

    state = forms.ChoiceField(
        label="办理方式", choices=ACTIONS, initial=Finding.State.IN_HAND, widget=forms.RadioSelect
    )
    owner = forms.CharField(label="责任人", max_length=60, required=False)
    deadline = forms.DateField(
        label="完成时限", required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    note = forms.CharField(label="说明或理由", max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def clean(self) -> dict[str, Any]:
        """Ask for what each decision needs."""
        cleaned = super().clean() or {}
        state = cleaned.get("state")
        if state == Finding.State.IN_HAND:
            if not cleaned.get("owner"):
                self.add_error("owner", "请填写责任人，让大家知道由谁来办。")
            if "deadline" in cleaned and not cleaned["deadline"]:
                self.add_error("deadline", "请填写完成时限。")
        elif state == Finding.State.CLOSED and not cleaned.get("note"):
            self.add_error("note", "请写明这个问题是怎样解决的。")
        elif state == Finding.State.EXEMPTED and not cleaned.get("note"):
            self.add_error("note", "请写明免于处理的理由。")
        return cleaned

    def clean_deadline(self) -> Any:
        """Refuse a day that is past."""
        deadline = self.cleaned_data["deadline"]
        if deadline and deadline < timezone.localdate():
            raise ValidationError("完成时限已经过去了，请填今天或以后的日期。")
        return deadline

    def handling(self) -> Handling:
        """Return the decision."""
        cleaned = self.cleaned_data
        return Handling(Finding.State(cleaned["state"]), cleaned["owner"], cleaned["deadline"], cleaned["note"])

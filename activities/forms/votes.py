"""Forms of what a meeting decided: a vote, a matter resolved."""

from collections.abc import Mapping
from typing import Any

from django import forms

from branches.forms.records import CheckedForm

from ..models import Resolution, Vote
from ..models.votes import COUNTS
from ..quorums import Quorum


class VoteForm(CheckedForm):
    """One vote. Where the roll says who came, those numbers are not asked for."""

    passed = forms.TypedChoiceField(
        label="结果",
        choices=[("True", "通过"), ("False", "未通过")],
        coerce=lambda value: value == "True",
        help_text="决定：赞成超过有表决权人数的一半才能通过；选举：赞成超过到会有选举权人数的一半。",
    )

    class Meta:
        model = Vote
        fields = (
            "matter",
            "kind",
            "method",
            "entitled_stated",
            "present_stated",
            "in_favour",
            "against",
            "abstained",
            "passed",
            "note",
        )
        help_texts = {
            "matter": "如“接收王某为预备党员”“通过年度工作计划”。",
            "entitled_stated": "有表决权的正式党员，预备党员不算。点名以后按花名册自动计算，不用填。",
            "present_stated": "到会的有表决权的正式党员。",
        }

    def __init__(self, *args: Any, quorum: Quorum | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["passed"] = str(self.instance.passed)
        self.quorum = quorum if quorum and quorum.from_roll else None
        if self.quorum:
            del self.fields["entitled_stated"]
            del self.fields["present_stated"]

    def clean(self) -> dict[str, Any]:
        """Refuse more votes than there were people to cast them."""
        given = super().clean()
        cast = sum(given.get(name) or 0 for name in COUNTS)
        if self.quorum and cast > self.quorum.present:
            self.add_error(
                "in_favour",
                f"赞成、反对、弃权共 {cast} 人，多于到会有表决权的 {self.quorum.present} 人，请核对票数或考勤",
            )
        return given


class ResolutionForm(CheckedForm):
    """One matter resolved, and how far it is."""

    class Meta:
        model = Resolution
        fields = ("matter", "responsible", "due_on", "done_on", "note")
        help_texts = {
            "responsible": "由谁负责落实。",
            "due_on": "过了时限还没有完成的，在工作台提醒。",
            "done_on": "落实以后填写，不再提醒。",
        }

    def faults(self, given: Mapping[str, Any]) -> Any:
        return Resolution.faults(given, self.instance.activity.date)

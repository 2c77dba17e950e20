"""Forms of work reviews: the record, the statement, the votes, what was said."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.permissions import Right
from activities.forms.base import KeepersForm
from branches.forms.tree import OrganizationField
from branches.models import CommitteeSeat
from ledgers import facts
from ledgers.models import Record
from ledgers.period import Period

from ..models import ReviewBallots, WorkReview
from ..models.votes import ANSWERS
from .steps import CheckedStepForm, StepForm

ACCOUNTED = (
    "meetings.general", "meetings.committee", "meetings.lecture", "meetings.theme_day", "study.sessions",
    "training.sessions", "members.joined", "development.regularised", "cobuild.joint_meetings", "talks.held",
    "visits.residents", "concerns.resolved", "measures.done", "rectify.closed",
)  # fmt: skip
"""What a statement is drafted from."""
_VOTES = re.compile(r"^(?P<group>\D.*?)\s+(?P<weight>\d+(?:\.\d+)?)\s*%?\s+(?P<votes>\d+(?:\s+\d+){3})$")


class WorkReviewForm(KeepersForm):
    """One secretary's review of one year."""

    right = Right.ASSESSMENTS_REVIEW

    class Meta:
        model = WorkReview
        fields = ("organization", "year", "secretary", "form", "held_on")
        field_classes = {"organization": OrganizationField}
        help_texts = {
            "secretary": "不填就用支委会台账里的书记。",
            "form": "任职不满半年的书面述职，不评定等次。",
            "held_on": "还没有评议的先不填。",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["secretary"].required = False
        self.initial["year"] = self.initial.get("year") or timezone.localdate().year

    def clean(self) -> dict[str, Any]:
        """Take the secretary on record where none was typed."""
        given = super().clean()
        place = given.get("organization")
        if place and not given.get("secretary"):
            seats = CommitteeSeat.objects.held_on(timezone.localdate()).filter(committee__organization=place)
            seat = seats.filter(post=CommitteeSeat.Post.SECRETARY).select_related("member").last()
            if seat is None:
                self.add_error("secretary", "支委会台账里没有书记，请填写姓名")
            else:
                given["secretary"] = seat.name
                self.instance.member = seat.member
        return given


class StatementForm(StepForm):
    """The secretary's own account, begun from what is on record of the year."""

    asked = ("statement",)

    class Meta:
        model = WorkReview
        fields = ("statement",)
        widgets = {"statement": forms.Textarea({"rows": 22})}
        help_texts = {"statement": "开头的数字来自平时的登记，其余请本人写：做了什么、差在哪里、下一步怎么办。"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.statement:
            self.initial["statement"] = drafted(self.instance)


def drafted(review: WorkReview) -> str:
    """Return the beginning of a statement: the year's numbers that are on record, under the usual headings."""
    year = Period.parse(str(review.year))
    counted = facts.of(review.organization, year) if year.has_begun() else {}
    known = {fact.code: fact for fact in facts.every()}
    told = "，".join(
        f"{known[code].title} {counted[code]} {known[code].unit}" for code in ACCOUNTED if counted.get(code)
    )
    opening = f"{review.year} 年，{told}。" if told else ""
    return f"一、主要工作\n{opening}\n\n二、存在的问题\n\n三、下步打算\n"


class VotesForm(StepForm):
    """How the votes fell, a line for each group of voters."""

    votes = forms.CharField(
        label="票数",
        widget=forms.Textarea({"rows": 5}),
        help_text=(
            "一行一类投票人：名称、权重、好、较好、一般、差的票数，空格分开，如“党员代表 40 18 2 0 0”。没有投票的不写。"
        ),
    )

    class Meta:
        model = WorkReview
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["votes"] = "\n".join(
            f"{one.group} {one.weight.normalize():f} {one.good} {one.fair} {one.average} {one.poor}"
            for one in self.instance.ballots.all()
        )

    def clean_votes(self) -> dict[str, dict[str, Any]]:
        """Return group → weight and votes."""
        found: dict[str, dict[str, Any]] = {}
        for line in self.cleaned_data["votes"].splitlines():
            if not line.strip():
                continue
            match = _VOTES.match(" ".join(line.split()))
            if match is None:
                raise ValidationError(f"“{line.strip()[:30]}”应写成名称、权重和四个票数，如“党员代表 40 18 2 0 0”")
            weight = Decimal(match["weight"])
            if not 0 < weight <= 100:
                raise ValidationError(f"“{match['group']}”的权重应在 0 到 100 之间")
            if match["group"] in found:
                raise ValidationError(f"“{match['group']}”写了两次")
            votes = dict(zip(ANSWERS, map(int, match["votes"].split()), strict=True))
            found[match["group"][:40]] = {"weight": weight, **votes}
        return found

    def store(self) -> Record:
        review: WorkReview = self.instance
        held = {one.group: one for one in review.ballots.all()}
        for group, counted in self.cleaned_data["votes"].items():
            ballots = held.pop(group, None) or ReviewBallots(review=review, group=group)
            for name, value in counted.items():
                setattr(ballots, name, value)
            ballots.record()
        for gone in held.values():
            gone.erase()
        return review


class CommentForm(CheckedStepForm):
    """What the committee above says to it (一述一评), the grade, the feedback."""

    class Meta:
        model = WorkReview
        fields = ("held_on", "comment", "grade", "feedback")
        help_texts = {"grade": "书面述职的不评定等次。"}

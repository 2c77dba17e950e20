"""Forms of ballots: the matter and its voters, slips, paper votes, the end; and the vote itself."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import F

from accounts.form_errors import OwnWords
from accounts.permissions import Right
from accounts.transactions import atomic
from activities.forms.base import KeepersForm
from branches.forms.tree import OrganizationField
from ledgers.models import Record
from ledgers.period import Period

from ..models import Ballot, BallotGroup
from ..models.ballots import MOST_SLIPS
from ..models.votes import ANSWERS
from .periods import offer_periods
from .steps import StepForm

_VOTERS = re.compile(r"^(?P<title>\D.*?)\s+(?P<weight>\d+(?:\.\d{1,2})?)\s*%?$")


class BallotForm(KeepersForm):
    """What is voted on, and who votes."""

    right = Right.ASSESSMENTS_REVIEW
    voters = forms.CharField(
        label="投票人",
        widget=forms.Textarea({"rows": 3}),
        help_text="一行一类：名称和权重，如“居民代表 60”。只有一类的，权重写 100。",
    )

    class Meta:
        model = Ballot
        fields = ("organization", "kind", "title", "period", "review")
        field_classes = {"organization": OrganizationField}
        help_texts = {"review": "述职测评的选上：结束以后票数自动登记到那份述职评议。"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_periods(self, "时期", [Period.QUARTER, Period.YEAR])
        seen = self.fields["review"].queryset  # type: ignore[attr-defined]
        self.fields["review"].queryset = (  # type: ignore[attr-defined]
            seen.visible_to(self.user, self.right).select_related("organization").order_by("-year")[:200]
        )
        ballot: Ballot = self.instance
        groups = ballot.groups.all() if ballot.pk else ()
        self.initial["voters"] = (
            "\n".join(f"{one.title} {one.weight.normalize():f}" for one in groups) or "居民代表 100"
        )

    def faults(self, given: Any) -> Any:
        return ()

    def clean_voters(self) -> list[tuple[str, Decimal]]:
        """Return (group, weight) of each line."""
        found: list[tuple[str, Decimal]] = []
        for line in filter(None, map(str.strip, self.cleaned_data["voters"].splitlines())):
            match = _VOTERS.match(line)
            if match is None or not 0 < Decimal(match["weight"]) <= 100:
                raise ValidationError(f"“{line[:30]}”应写成名称和 100 以内的权重，如“居民代表 60”")
            found.append((match["title"][:40], Decimal(match["weight"])))
        if len({title for title, _ in found}) < len(found):
            raise ValidationError("有两类投票人同名")
        return found

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        review, place = given.get("review"), given.get("organization")
        if review is not None and place is not None and review.organization_id != place.pk:
            self.add_error("review", "这份述职评议不是这个组织的")
        return given

    @atomic
    def store(self) -> Record:
        ballot: Ballot = self.instance
        ballot.record()
        held: dict[str, BallotGroup] = {one.title: one for one in ballot.groups.all()}
        for title, weight in self.cleaned_data["voters"]:
            group = held.pop(title, None) or BallotGroup(ballot=ballot, title=title)
            group.weight = weight
            group.save()
        used = [one.title for one in held.values() if one.slips or one.votes]
        if used:
            raise ValidationError(f"“{used[0]}”已经发了票，不能去掉")
        BallotGroup.objects.filter(pk__in=[one.pk for one in held.values()]).delete()
        return ballot


class SlipsForm(OwnWords, forms.Form):
    """How many slips for whom."""

    group: forms.ModelChoiceField = forms.ModelChoiceField(None, label="投票人", empty_label=None)
    number = forms.IntegerField(label="张数", min_value=1, max_value=MOST_SLIPS, initial=30)

    def __init__(self, *args: Any, ballot: Ballot, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["group"].queryset = ballot.groups.all()  # type: ignore[attr-defined]


class PaperVotesForm(StepForm):
    """Votes on paper, added to those by slips."""

    class Meta:
        model = Ballot
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ballot: Ballot = self.instance
        self.groups: list[BallotGroup] = list(ballot.groups.all())
        for voters in self.groups:
            for name, word in ballot.options:
                self.fields[f"{name}{voters.pk}"] = forms.IntegerField(
                    label=f"{voters.title}：{word}", min_value=0, max_value=100_000, required=False, initial=0
                )

    @atomic
    def store(self) -> Record:
        ballot: Ballot = self.instance
        for one in self.groups:
            added = {name: self.cleaned_data[f"{name}{one.pk}"] or 0 for name in ANSWERS}
            if any(added.values()):
                counted = {name: F(name) + number for name, number in added.items()}
                BallotGroup.objects.filter(pk=one.pk).update(slips=F("slips") + sum(added.values()), **counted)
        return ballot.record("count-votes")


class CloseBallotForm(StepForm):
    """End it; there is nothing to type."""

    class Meta:
        model = Ballot
        fields = ()

    def store(self) -> Record:
        ballot: Ballot = self.instance
        return ballot.close()


class VoteForm(OwnWords, forms.Form):
    """One vote."""

    option = forms.ChoiceField(label="您的评价", widget=forms.RadioSelect)

    def __init__(self, *args: Any, ballot: Ballot, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["option"].choices = ballot.options  # type: ignore[attr-defined]

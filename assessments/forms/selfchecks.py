"""Forms of self-checks: the standard, a round, what is said of each item, the whole, what is put right."""

from collections.abc import Iterator
from typing import Any

from dateutil.relativedelta import relativedelta
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.permissions import Right
from activities.forms.base import KeepersForm
from branches.forms.tree import OrganizationField
from branches.models import Organization
from ledgers.models import Record
from ledgers.period import Period
from ledgers.recording import record_all

from .. import selfchecking, standards
from ..models import Level, SelfCheck, SelfCheckAnswer, Standard
from ..models.measures import setter_for
from .periods import offer_periods
from .steps import StepForm

YEARS = 3


class StandardForm(KeepersForm):
    """A standard as lines. Once something was held against it, a new edition is made instead."""

    right = Right.SCHEMES_MANAGE
    items = forms.CharField(
        label="条款",
        widget=forms.Textarea({"rows": 20}),
        help_text="# 开头的是部分的标题；一行一条：编号 条款 | 佐证材料 | 核心。后两项可以不写。"
        "现成条款的文字不改，就按记录自动填自评。",
    )

    class Meta:
        model = Standard
        fields = ("organization", "title", "edition", "first_year", "last_year")
        field_classes = {"organization": OrganizationField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        standard: Standard = self.instance
        if standard._state.adding:
            title, edition, items = standards.ready()
            year = timezone.localdate().year
            self.initial.update(title=title, edition=edition, first_year=year, last_year=year + YEARS - 1)
        else:
            items = standards.items_of(standard)
        self.initial["items"] = standards.to_text(items)

    def clean_items(self) -> list[standards.Written]:
        """Read the lines."""
        try:
            typed = standards.from_text(self.cleaned_data["items"])
        except standards.StandardRefused as refusal:
            raise ValidationError(str(refusal)) from refusal
        held = standards.items_of(self.instance) if self.instance.pk else []
        return standards.tied(typed, [*standards.ready()[2], *held])

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        first, last = given.get("first_year"), given.get("last_year")
        if first and last and last < first:
            self.add_error("last_year", "截止年早于起始年")
        return given

    def faults(self, given: Any) -> Any:
        return ()

    def store(self) -> Record:
        standard: Standard = self.instance
        standard.record("change" if standard.pk else "")
        standards.hang(standard, self.cleaned_data["items"])
        return standard


class SelfCheckForm(KeepersForm):
    """Begin a round: what the records settle is filled in at once."""

    right = Right.ASSESSMENTS_SELF

    class Meta:
        model = SelfCheck
        fields = ("organization", "standard", "period")
        field_classes = {"organization": OrganizationField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = self.fields["organization"].queryset  # type: ignore[attr-defined]
        above = {path for one in places.values_list("path", flat=True) for path in Organization.paths_to(one)}
        self.fields["standard"].queryset = Standard.objects.filter(organization__path__in=above)  # type: ignore[attr-defined]
        offer_periods(self, "轮次", [Period.YEAR, Period.HALF])

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        place, standard = given.get("organization"), given.get("standard")
        if place and standard and not place.path.startswith(standard.organization.path):
            self.add_error("standard", "这个标准不适用于这个组织")
        return given

    def store(self) -> Record:
        selfcheck: SelfCheck = self.instance
        return selfchecking.begin(selfcheck) if selfcheck._state.adding else selfcheck.record()


class AnswersForm(StepForm):
    """What is said of each item. `said` and `why` name the two fields of an answer that are filled in."""

    said, why = "own", "own_note"

    class Meta:
        model = SelfCheck
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        selfcheck: SelfCheck = self.instance
        held = {one.item_id: one for one in selfcheck.answers.all()}
        self.answers = [
            held.get(item.pk) or SelfCheckAnswer(selfcheck=selfcheck, item=item)
            for item in selfcheck.standard.items.all()
        ]
        for answer in self.answers:
            level, note = self._names(answer)
            start = getattr(answer, self.said) or self.proposal(answer)
            self.fields[level] = forms.ChoiceField(
                label=f"{answer.item.code} 结论",
                choices=[("", "请选择"), *Level.choices],
                required=False,
                initial=start,
            )
            self.fields[note] = forms.CharField(
                label=f"{answer.item.code} 说明", max_length=300, required=False, initial=getattr(answer, self.why)
            )

    def proposal(self, answer: SelfCheckAnswer) -> str:
        """Return what an item begins with."""
        return ""

    def _names(self, answer: SelfCheckAnswer) -> tuple[str, str]:
        return f"level{answer.item_id}", f"note{answer.item_id}"

    def rows(self) -> Iterator[tuple[SelfCheckAnswer, Any, Any]]:
        """Yield each answer with its two fields, for the page."""
        for answer in self.answers:
            level, note = self._names(answer)
            yield answer, self[level], self[note]

    def clean(self) -> dict[str, Any]:
        """Ask why an item fails or does not apply."""
        given = super().clean() or {}
        for answer in self.answers:
            level, note = self._names(answer)
            if given.get(level) in (Level.NEARLY, Level.MISSED, Level.NOT_ASKED) and not given.get(note):
                self.add_error(note, "请写明差在哪里，或者为什么不适用")
        return given

    def store(self) -> Record:
        selfcheck: SelfCheck = self.instance
        for answer in self.answers:
            level, note = self._names(answer)
            setattr(answer, self.said, self.cleaned_data[level])
            setattr(answer, self.why, self.cleaned_data[note])
        record_all([one for one in self.answers if one.pk or getattr(one, self.said) or getattr(one, self.why)])
        selfcheck.recount()
        return super().store()


class OwnAnswersForm(AnswersForm):
    """What the organisation says of itself; with the last item the self-check is done."""

    def changes(self) -> Iterator[tuple[str, Any]]:
        if all(answer.own for answer in self.answers):
            yield "done_on", self.instance.done_on or timezone.localdate()


class CheckAnswersForm(AnswersForm):
    """What whoever checks finds; it begins with what the organisation says of itself."""

    said, why = "checked", "check_note"

    def proposal(self, answer: SelfCheckAnswer) -> str:
        return answer.own

    def clean(self) -> dict[str, Any]:
        """Ask why the check finds something else."""
        given = forms.ModelForm.clean(self) or {}
        for answer in self.answers:
            level, note = self._names(answer)
            if given.get(level) and given[level] != answer.own and not given.get(note):
                self.add_error(note, f"与自评“{answer.get_own_display() or '未评'}”不同，请写明理由")
        return given

    def changes(self) -> Iterator[tuple[str, Any]]:
        yield "checked_on", timezone.localdate()


class ConcludeForm(StepForm):
    """The whole: what the items come to is offered."""

    asked = ("overall",)

    class Meta:
        model = SelfCheck
        fields = ("overall", "note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        selfcheck: SelfCheck = self.instance
        proposed = selfcheck.proposed(selfcheck.answers.select_related("item"))
        self.initial["overall"] = selfcheck.overall or proposed
        if proposed:
            self.fields["overall"].help_text = (
                f"按条款是“{SelfCheck.Overall(proposed).label}”：{selfcheck.asked} 项适用，{selfcheck.met} 项达标；"
                "核心项有一项不达标的，总体不评为达标。"
            )


class RectifyForm(StepForm):
    """Let what fails be put right: who, until when."""

    owner = forms.CharField(label="责任人", max_length=60)
    leader = forms.CharField(label="责任领导", max_length=60, required=False)
    due_on = forms.DateField(label="整改时限", widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))

    class Meta:
        model = SelfCheck
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["due_on"] = timezone.localdate() + relativedelta(days=60)

    def store(self) -> Record:
        selfcheck: SelfCheck = self.instance
        given = self.cleaned_data
        setter = setter_for(self.user, selfcheck.organization)
        selfchecking.rectify(selfcheck, given["owner"], given["leader"], given["due_on"], setter)
        return selfcheck

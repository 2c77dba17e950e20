"""Forms of measures: setting a task, reporting on it, extending, accepting and sending it back."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right
from activities.forms.base import KeepersForm
from branches.forms.tree import OrganizationField
from ledgers import parsing
from ledgers.models import Record

from ..models import Measure, MeasureReport, MeasureStage
from ..models.measures import setter_for
from .origins import keep_origins
from .steps import StepForm

Kind = Measure.Kind
STAGES_HELP = "一行一个阶段，写名称和时限，如“制定方案 2026-03-31”；没有分阶段的不填。"


class MeasureForm(KeepersForm):
    """What is to be done, by whom, by when. It is accepted by whoever sets it."""

    right = Right.MEASURES_SET
    kinds: Sequence[Kind] = ()
    stages = forms.CharField(label="阶段", required=False, widget=forms.Textarea({"rows": 3}), help_text=STAGES_HELP)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        self.fields["kind"].choices = [("", "请选择"), *((k.value, k.label) for k in self.kinds)]  # type: ignore[attr-defined]
        measure: Measure = self.instance
        if measure._state.adding:
            self.initial["starts_on"] = self.initial.get("starts_on") or timezone.localdate()
        else:
            self.initial["stages"] = "\n".join(f"{one.title} {one.due_on}" for one in measure.stages.all())

    def clean_stages(self) -> list[tuple[str, date]]:
        """Return (title, deadline) of each line."""
        found: list[tuple[str, date]] = []
        for line in self.cleaned_data["stages"].splitlines():
            words = line.split()
            if not words:
                continue
            try:
                day = parsing.date(words[-1])
            except parsing.Unparsable:
                day = None
            if day is None or len(words) < 2:
                raise ValidationError(f"“{line.strip()[:30]}”应写成名称、空格、时限，如“制定方案 2026-03-31”")
            found.append(("".join(words[:-1])[:100], day))
        if len({title for title, _ in found}) < len(found):
            raise ValidationError("有两个阶段的名称相同")
        return found

    def clean(self) -> dict[str, Any]:
        """Let no stage end after the whole."""
        given = super().clean()
        due = given.get("due_on")
        if due and any(day > due for _, day in given.get("stages") or ()):
            self.add_error("stages", f"有的阶段晚于完成时限 {due}")
        return given

    def store(self) -> Record:
        measure: Measure = self.instance
        if measure._state.adding and measure.set_by_id is None:
            measure.set_by = setter_for(self.user, measure.organization)
        measure.record()
        held = {one.title: one for one in measure.stages.all()}
        for title, day in self.cleaned_data["stages"]:
            stage = held.pop(title, None) or MeasureStage(measure=measure, title=title)
            stage.due_on = day
            stage.record()
        for gone in held.values():
            gone.erase()
        return measure


class ResponsibilityForm(MeasureForm):
    """A task of the list of responsibilities."""

    kinds = Kind.responsibilities()

    class Meta:
        model = Measure
        fields = (
            "organization", "kind", "number", "title", "goal", "measure", "criterion", "leader", "owner", "partners",
            "area", "source", "rhythm", "starts_on", "due_on",
        )  # fmt: skip
        field_classes = {"organization": OrganizationField}
        labels = {"organization": "牵头单位", "title": "重点任务"}
        widgets = {"measure": forms.Textarea({"rows": 4})}
        help_texts = {
            "criterion": "做到什么程度算完成，如“12 个社区全部建成”。",
            "area": "一岗双责用：责任领导分管的业务，如“社会救助”。",
            "leader": "分管这件事的领导。",
            "owner": "具体办的人。",
            "rhythm": "多久报一次进展。",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["due_on"].required = True


ORIGINS = ("finding", "review", "observation")
"""Fields of what a rectification may have come from."""


class RectificationForm(MeasureForm):
    """Something that was found wrong, and how it is put right."""

    kinds = Kind.rectifications()

    class Meta:
        model = Measure
        fields = (
            "organization", "kind", "number", "title", "cause", "goal", "measure", "pace", "leader", "owner",
            "starts_on", "due_on", "is_public",
        )  # fmt: skip
        field_classes = {"organization": OrganizationField}
        labels = {
            "organization": "整改单位", "kind": "问题来源", "title": "存在问题", "measure": "整改措施",
            "starts_on": "发现日期", "due_on": "整改时限", "goal": "整改目标",
        }  # fmt: skip
        widgets = {"measure": forms.Textarea({"rows": 4}), "cause": forms.Textarea({"rows": 2})}
        help_texts = {"due_on": "长期坚持的不填。", "is_public": "整改情况可以向党员群众公开的打勾。"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["starts_on"].required = self.fields["pace"].required = True

    def store(self) -> Record:
        measure: Measure = self.instance
        if measure._state.adding:
            keep_origins(self, ORIGINS)
        return super().store()


class ReportForm(StepForm):
    """How far it has come. Done stops the clock; whoever set it accepts it."""

    asked = ("progress",)

    done = forms.BooleanField(label="已经完成，报请验收", required=False)

    class Meta:
        model = Measure
        fields = ("percent", "progress", "unfinished")
        widgets = {"progress": forms.Textarea({"rows": 5})}
        help_texts = {"progress": "做了什么、做成了什么。", "unfinished": "过了时限还没有完成的，写明原因。"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["unfinished"] = ""

    def clean(self) -> dict[str, Any]:
        """Ask why what is late is not done."""
        given = super().clean() or {}
        deadline, today = self.instance.deadline, timezone.localdate()
        if given.get("done"):
            given["percent"], given["unfinished"] = 100, ""
        elif deadline and deadline < today and not given.get("unfinished") and not self.errors:
            self.add_error("unfinished", f"时限 {deadline} 已过，请写明没有完成的原因")
        elif given.get("percent") == 100:
            self.add_error("done", "进度到了 100%，请勾选“已经完成，报请验收”")
        return given

    def changes(self) -> Iterator[tuple[str, Any]]:
        if self.cleaned_data["done"]:
            yield "done_on", max(timezone.localdate(), self.instance.starts_on or date.min)
            yield "returned", ""

    def store(self) -> Record:
        super().store()
        measure: Measure = self.instance
        told = {name: self.cleaned_data[name] for name in ("percent", "progress", "unfinished")}
        MeasureReport(measure=measure, on=timezone.localdate(), **told).record()
        return measure


class AskLongerForm(StepForm):
    """Ask for a later deadline, before the one that holds."""

    asked = ("asked_to", "asked_for")

    class Meta:
        model = Measure
        fields = ("asked_to", "asked_for")

    def clean_asked_to(self) -> date:
        """Refuse a day that is no later."""
        day: date = self.cleaned_data["asked_to"]
        if day <= self.instance.due_on:
            raise ValidationError(f"应晚于现在的时限 {self.instance.due_on}")
        return day

    def changes(self) -> Iterator[tuple[str, Any]]:
        yield "asked_on", timezone.localdate()


class AnswerLongerForm(StepForm):
    """Grant or refuse a later deadline."""

    ANSWERS = [("grant", "同意延期"), ("refuse", "不同意，按原时限完成")]
    answer = forms.ChoiceField(label="答复", choices=ANSWERS, widget=forms.RadioSelect, initial="grant")

    class Meta:
        model = Measure
        fields = ("opinion",)
        labels = {"opinion": "说明"}

    def clean(self) -> dict[str, Any]:
        """Ask why it is refused."""
        given = super().clean() or {}
        if given.get("answer") == "refuse" and not given.get("opinion"):
            self.add_error("opinion", "请写明不同意的理由")
        return given

    def changes(self) -> Iterator[tuple[str, Any]]:
        if self.cleaned_data["answer"] == "grant":
            yield "extended_to", self.instance.asked_to
            yield "extended_on", timezone.localdate()
        else:
            yield from (("asked_to", None), ("asked_on", None), ("asked_for", ""))


class AcceptMeasureForm(StepForm):
    """Say that it is done indeed."""

    asked = ("inspector",)

    class Meta:
        model = Measure
        fields = ("inspector", "opinion", "is_public")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["inspector"] = self.initial["inspector"] or self.user.name

    def changes(self) -> Iterator[tuple[str, Any]]:
        yield "accepted_on", timezone.localdate()


class SendBackForm(StepForm):
    """Say that it is not done yet, and why; its clock runs on."""

    asked = ("returned",)

    class Meta:
        model = Measure
        fields = ("returned",)

    def changes(self) -> Iterator[tuple[str, Any]]:
        yield "done_on", None
        yield "percent", min(self.instance.percent, 90)

"""Forms of assessment sheets: self-score, review, return, decision, appeal and answer."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone

from accounts.form_errors import OwnWords

from ..assessing import Review
from ..models import Assessment, SheetEntry, SheetLine
from ..schemes.document import Document, Indicator
from ..schemes.formulas import Deductions, Graded, Judged, Outside, cents
from ..schemes.reading import plain

LEFT_OUT = "不适用"
SHARE = Decimal("0.000000001")
"""What a share of the points is kept to."""


class ReturnForm(OwnWords, forms.Form):
    """Why a sheet goes back."""

    reason = forms.CharField(label="退回理由", max_length=300, widget=forms.Textarea(attrs={"rows": 3}))


class DecisionForm(OwnWords, forms.Form):
    """The meeting that decided, and its minutes."""

    on = forms.DateField(label="会议日期", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    minutes = forms.CharField(label="会议纪要文号", max_length=60)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = timezone.localdate()


def _out_of_bounds(one: Indicator, score: Decimal | None) -> str:
    """Say that a score lies outside its line's points; nothing where it does not."""
    low, high = one.bounds
    return "" if score is None or low <= score <= high else f"这一项应在 {plain(low)} 到 {plain(high)} 分之间"


class LineForm(OwnWords, forms.Form):
    """Base of the forms about one line of a sheet."""

    code = forms.ChoiceField(label="指标")

    def __init__(self, *args: Any, document: Document, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.document = document
        offered = [(one.code, f"{one.code} {one.title}（{plain(one.points)} 分）") for one in document.indicators]
        self.fields["code"].choices = offered  # type: ignore[attr-defined]


class AdjustForm(LineForm):
    """Another score in place of the computed one, with a reason; an empty score takes the adjustment back."""

    score = forms.DecimalField(
        label="调整为", max_digits=7, decimal_places=2, required=False, help_text="不填就是取消调整，按计算得分"
    )
    reason = forms.CharField(label="调整理由", max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def clean(self) -> dict[str, Any]:
        """Ask for a reason, and for a score inside the line's points."""
        data = super().clean() or {}
        if data.get("score") is not None and not data.get("reason"):
            self.add_error("reason", "调整得分要写明理由")
        one = next((one for one in self.document.indicators if one.code == data.get("code")), None)
        if one and (fault := _out_of_bounds(one, data.get("score"))):
            self.add_error("score", fault)
        return data


class AppealForm(LineForm):
    """What is objected to, and why."""

    text = forms.CharField(label="申诉理由", max_length=500, widget=forms.Textarea(attrs={"rows": 4}))


class AnswerForm(OwnWords, forms.Form):
    """The answer to an appeal, with another score where it is right."""

    answer = forms.CharField(label="答复", max_length=500, widget=forms.Textarea(attrs={"rows": 4}))
    score = forms.DecimalField(
        label="改为得分",
        max_digits=7,
        decimal_places=2,
        required=False,
        help_text="申诉成立的填改后的得分；不成立的不填",
    )

    def __init__(self, *args: Any, indicator: Indicator, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.indicator = indicator

    def clean_score(self) -> Decimal | None:
        """Refuse a score outside the line's points."""
        score: Decimal | None = self.cleaned_data["score"]
        if fault := _out_of_bounds(self.indicator, score):
            raise ValidationError(fault)
        return score


class SelfForm(OwnWords, forms.Form):
    """What an organisation says of its own lines: points where it sees them otherwise, and a note. All may be empty."""

    def __init__(self, *args: Any, document: Document, lines: Sequence[SheetLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.indicators = [one for one in document.indicators if not one.formula.outside]
        held = {line.code: line for line in lines}
        for place, one in enumerate(self.indicators):
            line = held.get(one.code)
            self.fields[f"score-{place}"] = forms.DecimalField(
                label=f"{one.title}自评（满分 {plain(one.points)}）",
                required=False,
                min_value=Decimal(0),
                max_value=one.points,
                max_digits=7,
                decimal_places=2,
                initial=line.self_score if line else None,
            )
            self.fields[f"note-{place}"] = forms.CharField(
                label="说明", required=False, max_length=300, initial=line.self_note if line else ""
            )

    def rows(self) -> list[tuple[Indicator, Any, Any]]:
        """Return each indicator with its two fields."""
        return [(one, self[f"score-{place}"], self[f"note-{place}"]) for place, one in enumerate(self.indicators)]

    def said(self) -> dict[str, tuple[Decimal | None, str]]:
        """Return code → (points or nothing, note)."""
        data = self.cleaned_data
        return {one.code: (data[f"score-{place}"], data[f"note-{place}"]) for place, one in enumerate(self.indicators)}


class EntryForm(OwnWords, forms.Form):
    """A matter that adds points or takes some off. An organisation claims what adds; who reviews enters anything."""

    target = forms.ChoiceField(label="加减分项目")
    matter = forms.CharField(label="事由", max_length=200)
    times = forms.DecimalField(
        label="次数",
        min_value=Decimal("0.01"),
        max_digits=7,
        decimal_places=2,
        initial=1,
        help_text="按等次计分的不看次数",
    )
    document = forms.CharField(label="文件文号", max_length=60, required=False, help_text="凭文件申报加分的必填")
    on = forms.DateField(label="日期", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, *args: Any, document: Document, sheet: Assessment, claims_only: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sheet, self.claims_only = sheet, claims_only
        self.offered = list(_targets(document, claims_only))
        choices = [(str(place), label) for place, (label, _, _) in enumerate(self.offered)]
        self.fields["target"].choices = choices  # type: ignore[attr-defined]

    def clean_on(self) -> Any:
        """Refuse a day outside the period."""
        day, period = self.cleaned_data["on"], self.sheet.when
        if day not in period:
            raise ValidationError(f"日期应在{period.label}之内")
        return day

    def clean(self) -> dict[str, Any]:
        """Ask a claim for its document."""
        data = super().clean() or {}
        if self.claims_only and not data.get("document"):
            self.add_error("document", "申报加分要写明文件文号")
        return data

    def entry(self) -> SheetEntry:
        """Return the matter, not kept yet."""
        data = self.cleaned_data
        _, code, item = self.offered[int(data["target"])]
        fields = {key: data[key] for key in ("matter", "times", "document", "on")}
        return SheetEntry(assessment=self.sheet, code=code, item=item, **fields)


def _targets(document: Document, claims_only: bool) -> Iterator[tuple[str, str, str]]:
    """Yield (label, code, item) of what can be entered."""
    for one in document.indicators:
        formula = one.formula
        if isinstance(formula, Outside) and not formula.fact and (formula.kind == "bonus" or not claims_only):
            for level, _ in formula.levels or (("", Decimal(0)),):
                yield f"{one.title}{f'：{level}' if level else ''}（{formula.sentence()}）", one.code, level
        elif isinstance(formula, Deductions) and not claims_only:
            for title in formula.entered_items():
                yield f"{one.title}：{title}", one.code, title
    if not claims_only:
        for veto in document.vetoes:
            if not veto.rules:
                yield f"一票否决：{veto.title}", veto.code, ""


class SettleForm(OwnWords, forms.Form):
    """Whether a claim is accepted; why, where it is not."""

    accepted = forms.TypedChoiceField(
        label="审核",
        choices=[("1", "采纳"), ("0", "不采纳")],
        coerce=lambda value: value == "1",
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(label="审核意见", max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def clean(self) -> dict[str, Any]:
        """Ask for a reason where it is declined."""
        data = super().clean() or {}
        if data.get("accepted") is False and not data.get("reason"):
            self.add_error("reason", "不采纳要写明理由")
        return data


@dataclass
class GridCell:
    """One open line of one sheet in the review grid: what stands in it, and what is wrong with it."""

    sheet: Assessment
    indicator: Indicator
    value: str
    reason: str
    self_score: Decimal | None = None
    error: str = ""

    @property
    def differs(self) -> bool:
        """Whether a reviewer gives other points than the organisation gave itself."""
        given = points_of(self.indicator, self.value)
        if given is None or self.self_score is None or not given.is_finite():
            return False
        return cents(given) != self.self_score

    @property
    def key(self) -> str:
        """What its inputs' names end with."""
        return f"{self.sheet.pk}-{self.indicator.code}"

    @property
    def levels(self) -> list[str]:
        """The words that it may hold, none where it takes points."""
        formula = self.indicator.formula
        return [title for title, _ in formula.levels] if isinstance(formula, Graded) else []


@dataclass
class ReviewGrid:
    """Sheets × the lines that people score. Read from what was posted, or from what is kept."""

    document: Document
    sheets: Collection[Assessment]
    posted: QueryDict | None = None
    cells: dict[int, list[GridCell]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for sheet in self.sheets:
            lines = {line.code: line for line in sheet.lines.all()}
            self.cells[sheet.pk] = [self._cell(sheet, one, lines[one.code]) for one in self.indicators]

    @property
    def indicators(self) -> list[Indicator]:
        """The lines that people score."""
        return [one for one in self.document.indicators if isinstance(one.formula, Judged)]

    def _cell(self, sheet: Assessment, one: Indicator, line: SheetLine) -> GridCell:
        cell = GridCell(sheet, one, self._written(one, line), line.reason, line.self_score)
        if self.posted is not None and f"v-{cell.key}" in self.posted:
            cell.value = self.posted.get(f"v-{cell.key}", "").strip()
            cell.reason = self.posted.get(f"r-{cell.key}", "").strip()[:300]
        return cell

    def _written(self, one: Indicator, line: SheetLine) -> str:
        """Return what a line holds as a reviewer writes it: a level, points, 不适用, or nothing."""
        if line.left_out:
            return LEFT_OUT
        if line.share is None:
            return ""
        if isinstance(one.formula, Graded):
            return next((title for title, share in one.formula.levels if share == line.share), "")
        return plain((line.share * one.points).quantize(Decimal("0.01")))

    def said(self) -> dict[tuple[int, str], Review]:
        """Return (sheet's key, code) → review of every cell; what is wrong is noted in the cell, see `is_valid`."""
        found = {}
        for sheet in self.sheets:
            held = {line.code: line for line in sheet.lines.all()}
            for cell in self.cells[sheet.pk]:
                share, left_out = self._read(cell)
                if not cell.error:
                    line = held[cell.indicator.code]
                    found[sheet.pk, cell.indicator.code] = Review(
                        share, left_out, cell.reason, line.adjusted, line.adjusted_for
                    )
        return found

    @property
    def is_valid(self) -> bool:
        """Whether no cell is wrong, once `said` has read them."""
        return not any(cell.error for cells in self.cells.values() for cell in cells)

    def _read(self, cell: GridCell) -> tuple[Decimal | None, bool]:
        one, text = cell.indicator, cell.value
        if not text:
            return None, False
        if text == LEFT_OUT:
            if not cell.reason:
                cell.error = "不适用要写明理由"
            return None, True
        if isinstance(one.formula, Graded):
            shares = dict(one.formula.levels)
            if text not in shares:
                cell.error = f"没有“{text[:10]}”这个等次，可以填 {'、'.join(shares)}"
            return shares.get(text), False
        points = points_of(one, text)
        if points is None:
            cell.error = "应是数字"
            return None, False
        if not points.is_finite() or not 0 <= points <= one.points:
            cell.error = f"应在 0 到 {plain(one.points)} 之间"
            return None, False
        if points < one.points and not cell.reason:
            cell.error = "低于满分要写明理由"
        return (points / one.points).quantize(SHARE), False


def points_of(one: Indicator, written: str) -> Decimal | None:
    """Return the points that a level or a number in the grid stands for; None of what is neither."""
    if isinstance(one.formula, Graded):
        share = dict(one.formula.levels).get(written)
        return None if share is None else share * one.points
    try:
        return Decimal(written.removesuffix("分"))
    except InvalidOperation:
        return None

"""Forms of observation: a round with its items, judges and route; one community; a judge's sheet on a phone."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.form_errors import OwnWords
from accounts.permissions import Right
from accounts.transactions import atomic
from activities.forms.base import KeepersForm
from activities.models.tours import communities_of
from branches.forms.tree import OrganizationField
from branches.models import Organization
from ledgers.models import Record
from ledgers.period import Period
from ledgers.recording import record_all

from ..models import (
    CommunityObservation,
    Judge,
    JudgeGroup,
    JudgeSheet,
    ObservationItem,
    ObservationRound,
)
from .periods import offer_periods
from .steps import StepForm

ITEMS = "组织建设 20 现场\n阵地和活动 20 现场\n为民服务 20 现场\n特色品牌 20 现场\n工作汇报 20 汇报"
JUDGES = "领导班子 40 "
_ITEM = re.compile(r"^(?P<title>.+?)\s+(?P<points>\d+(?:\.\d{1,2})?)(?:\s*分)?(?:\s+(?P<part>现场|汇报))?$")
_GROUP = re.compile(r"^(?P<title>\S+)\s+(?P<weight>\d+(?:\.\d{1,2})?)\s*%?\s+(?P<names>.+)$")
_NAME = re.compile(r"^(?P<name>[^（(]+)(?:[（(](?P<place>[^）)]+)[）)])?$")
PARTS = {"现场": ObservationItem.Part.SITE, "汇报": ObservationItem.Part.SPOKEN}


class RoundForm(KeepersForm):
    """A round: which quarter, what is scored, who judges, where it goes."""

    right = Right.ASSESSMENTS_DECIDE
    items = forms.CharField(
        label="评分项", widget=forms.Textarea({"rows": 6}), help_text="一行一项：名称、分值、现场或汇报，空格分开。"
    )
    judges = forms.CharField(
        label="评委",
        widget=forms.Textarea({"rows": 4}),
        help_text=(
            "一行一组：组名、权重、评委姓名（顿号分开）。社区来的评委写明社区，不给本社区打分，"
            "如“社区书记 60 王敏（东街社区）、李强（西街社区）”。"
        ),
    )

    class Meta:
        model = ObservationRound
        fields = ("organization", "period", "title")
        field_classes = {"organization": OrganizationField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["organization"]
        field.queryset = field.queryset.filter(kind=Organization.Kind.WORKING_COMMITTEE)  # type: ignore[attr-defined]
        offer_periods(self, "季度", [Period.QUARTER])
        this: ObservationRound = self.instance
        if this._state.adding:
            self.initial.update(title="逐社区观摩", items=ITEMS, judges=JUDGES)
        else:
            self.initial["items"] = "\n".join(
                f"{one.title} {one.points.normalize():f} {one.get_part_display()}" for one in this.items.all()
            )
            self.initial["judges"] = "\n".join(map(_written, this.groups.prefetch_related("judges__community")))

    def clean_items(self) -> list[tuple[str, Decimal, str]]:
        """Return (title, points, part) of each line."""
        found: list[tuple[str, Decimal, str]] = []
        for line in filter(None, map(str.strip, self.cleaned_data["items"].splitlines())):
            match = _ITEM.match(line)
            if match is None or not Decimal(match["points"]):
                raise ValidationError(f"“{line[:30]}”应写成名称、分值、现场或汇报，如“阵地建设 20 现场”")
            found.append((match["title"][:100], Decimal(match["points"]), PARTS[match["part"] or "现场"]))
        if len({title for title, *_ in found}) < len(found):
            raise ValidationError("有两个评分项的名称相同")
        if sum(points for _, points, _ in found) > 10_000:
            raise ValidationError("各项分值合计太大")
        return found

    def clean(self) -> dict[str, Any]:
        """Read the judges, and find the communities that some of them come from."""
        given = super().clean()
        street, text = given.get("organization"), given.get("judges")
        if street and text:
            places = {name: one for one in self.communities(street) for name in (one.name, one.short_name, one.label)}
            try:
                given["judges"] = _read_judges(text, places)
            except ValidationError as refusal:
                self.add_error("judges", refusal)
        return given

    def faults(self, given: Any) -> Any:
        return ()

    def communities(self, street: Organization) -> list[Organization]:
        """Return the communities that the round goes to: all that live."""
        return list(communities_of(street, timezone.localdate()).order_by("path"))

    @atomic
    def store(self) -> Record:
        this: ObservationRound = self.instance
        this.record()
        this.items.all().delete()
        ObservationItem.objects.bulk_create(
            ObservationItem(round=this, position=place, title=title, points=points, part=part)
            for place, (title, points, part) in enumerate(self.cleaned_data["items"])
        )
        self._keep_judges(this)
        full = this.full
        held = {
            one.organization_id: one
            for one in CommunityObservation.objects.under(this.organization)
            .filter(period=this.period)
            .select_related("organization")
        }
        stops = []
        for place, community in enumerate(self.communities(this.organization), 1):
            stop = held.get(community.pk) or CommunityObservation(organization=community, period=this.period)
            stop.round, stop.position = this, stop.position or place
            stop.full = full
            stops.append(stop)
        record_all(stops)
        return this

    def _keep_judges(self, this: ObservationRound) -> None:
        """Write groups and judges; who stays keeps the link that was sent."""
        groups = {one.title: one for one in this.groups.all()}
        for title, weight, people in self.cleaned_data["judges"]:
            group = groups.pop(title, None) or JudgeGroup(round=this, title=title)
            group.weight = weight
            group.save()
            held = {one.name: one for one in group.judges.all()}
            for name, place in people:
                judge = held.pop(name, None) or Judge(group=group, name=name)
                judge.community = place
                judge.save()
            Judge.objects.filter(pk__in=[one.pk for one in held.values()]).delete()
        JudgeGroup.objects.filter(pk__in=[one.pk for one in groups.values()]).delete()


def _written(group: JudgeGroup) -> str:
    names = (f"{one.name}（{one.community.label}）" if one.community else one.name for one in group.judges.all())
    return f"{group.title} {group.weight.normalize():f} {'、'.join(names)}"


def _read_judges(
    text: str, places: Mapping[str, Organization]
) -> list[tuple[str, Decimal, list[tuple[str, Organization | None]]]]:
    """Return (group, weight, people with their community) of each line. Raises ValidationError."""
    found, names = [], set()
    for line in filter(None, map(str.strip, text.splitlines())):
        match = _GROUP.match(line)
        if match is None or not Decimal(match["weight"]):
            raise ValidationError(f"“{line[:30]}”应写成组名、权重、评委姓名，如“领导班子 40 张华、李明”")
        people: list[tuple[str, Organization | None]] = []
        for one in filter(None, re.split(r"[、，,；;\s]+", match["names"])):
            person = _NAME.match(one)
            if person is None:
                raise ValidationError(f"看不懂评委“{one[:20]}”")
            place = places.get(person["place"]) if person["place"] else None
            if person["place"] and place is None:
                raise ValidationError(f"没有找到“{person['place']}”这个社区")
            if person["name"] in names:
                raise ValidationError(f"评委“{person['name']}”写了两次")
            names.add(person["name"])
            people.append((person["name"][:60], place))
        found.append((match["title"][:40], Decimal(match["weight"]), people))
    return found


class CommunityObservationForm(KeepersForm):
    """One community in one quarter: where it was visited and what was said; points from paper sheets as well."""

    right = Right.ASSESSMENTS_DECIDE

    class Meta:
        model = CommunityObservation
        fields = ("organization", "period", "visited_on", "spots", "points", "full", "comment", "problem")
        field_classes = {"organization": OrganizationField}
        labels = {"organization": "社区"}
        help_texts = {
            "spots": "看了哪几处，如“党群服务中心、阳光小区”。",
            "points": "评委用手机打分的，结束评分时自动填。",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["organization"]
        field.queryset = field.queryset.filter(kind=Organization.Kind.COMMUNITY_COMMITTEE)  # type: ignore[attr-defined]
        offer_periods(self, "季度", [Period.QUARTER])


class CloseRoundForm(StepForm):
    """End the scoring; there is nothing to type."""

    class Meta:
        model = ObservationRound
        fields = ()

    def store(self) -> Record:
        this: ObservationRound = self.instance
        return this.close()


class JudgeForm(OwnWords, forms.Form):
    """What a judge gives one community, item by item."""

    remark = forms.CharField(label="点评", required=False, max_length=300, widget=forms.Textarea({"rows": 3}))

    def __init__(self, *args: Any, judge: Judge, stop: CommunityObservation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.judge, self.stop = judge, stop
        held = JudgeSheet.objects.filter(judge=judge, stop=stop).first()
        self.items = list(judge.group.round.items.all())
        for item in self.items:
            self.fields[f"item{item.pk}"] = forms.DecimalField(
                label=f"{item.title}（{item.get_part_display()}，{item.points.normalize():f} 分）",
                min_value=Decimal(0),
                max_value=item.points,
                decimal_places=2,
                initial=held.scores.get(str(item.pk)) if held else None,
                widget=forms.NumberInput({"inputmode": "decimal", "step": "0.01"}),
            )
        self.order_fields([*(f"item{item.pk}" for item in self.items), "remark"])
        self.fields["remark"].initial = held.remark if held else ""

    def save(self) -> JudgeSheet:
        """Keep the sheet; one sent again replaces the first."""
        given = {item.pk: self.cleaned_data[f"item{item.pk}"] for item in self.items}
        sheet, _ = JudgeSheet.objects.update_or_create(
            judge=self.judge,
            stop=self.stop,
            defaults={
                "scores": {str(pk): str(points) for pk, points in given.items()},
                "total": sum(given.values(), start=Decimal(0)),
                "remark": self.cleaned_data["remark"],
            },
        )
        return sheet

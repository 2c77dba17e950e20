"""Forms of what organisations and members are held up for, or held to: examples, stars, weak branches."""

from typing import Any

from django import forms
from django.utils import timezone

from accounts.permissions import Right
from activities.forms.base import KeepersForm
from branches.forms.tree import OrganizationField
from branches.models import Organization
from ledgers import parsing
from ledgers.period import Period
from members.models import Member

from .. import engine
from ..engine import Check
from ..models import BranchStars, Demonstration, MemberStar, WeakBranch
from ..models.stars import STAR_CHOICES, STARS
from .periods import offer_periods
from .steps import CheckedStepForm

MEMBER_STARS = ("学习之星", "奉献之星", "服务之星", "先锋之星", "守纪之星")
"""Offered for members; others can be typed."""


class DemonstrationForm(KeepersForm):
    """Put something forward as an example."""

    right = Right.ASSESSMENTS_REVIEW

    class Meta:
        model = Demonstration
        fields = ("organization", "kind", "title", "level", "grounds", "claimed_on", "plan", "accepted_on")
        field_classes = {"organization": OrganizationField}
        widgets = {name: forms.Textarea({"rows": 4}) for name in ("grounds", "plan")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["claimed_on"] = self.initial.get("claimed_on") or timezone.localdate()


class NameForm(CheckedStepForm):
    """Name it, or look at it again."""

    asked = ("named_on",)

    class Meta:
        model = Demonstration
        fields = ("accepted_on", "named_on", "document", "reviewed_on")


class WithdrawForm(CheckedStepForm):
    """Take the name back."""

    asked = ("withdrawn_on",)
    today = "withdrawn_on"

    class Meta:
        model = Demonstration
        fields = ("withdrawn_on", "reason")


def missing_for_stars(branch: Organization, period: Period) -> dict[str, list[str]]:
    """Return code of a star → the rules that a branch breaks as far as today; none, and it qualifies."""
    if not period.has_begun():
        return {star.code: [] for star in STARS}
    check = Check(branch, period)
    lacking = {one.rule for one in engine.judge(check, {code for star in STARS for code in star.rules})}
    return {star.code: [engine.get(code).title for code in star.rules if code in lacking] for star in STARS}


def _told(lacking: dict[str, list[str]]) -> str:
    """Say of each star that is not qualified for what lacks."""
    titles = dict(STAR_CHOICES)
    return "。".join(f"{titles[code]}还差：{'；'.join(missing)}" for code, missing in lacking.items() if missing)


class StarsField(forms.MultipleChoiceField):
    """Several stars, kept as the record keeps them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=STAR_CHOICES, widget=forms.CheckboxSelectMultiple, required=False, **kwargs)

    def clean(self, value: Any) -> str:
        """Return the codes joined, in the order of the list."""
        chosen = super().clean(value)
        return parsing.joined(code for code, _ in STAR_CHOICES if code in chosen)


class BranchStarsForm(KeepersForm):
    """A branch claims stars; those that it qualifies for by the rules are ticked, of the others it says what lacks."""

    right = Right.ASSESSMENTS_SELF

    class Meta:
        model = BranchStars
        fields = ("organization", "period", "claimed", "grounds", "claimed_on")
        field_classes = {"organization": OrganizationField}
        widgets = {"grounds": forms.Textarea({"rows": 4})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["organization"]
        field.queryset = field.queryset.filter(kind__in=Organization.Kind.branches())  # type: ignore[attr-defined]
        stars: BranchStars = self.instance
        offer_periods(self, "时期", [Period.QUARTER, Period.YEAR])
        self.fields["claimed"] = StarsField(label="申报的星")
        self.initial["claimed"] = parsing.parted(stars.claimed)
        self.initial["claimed_on"] = self.initial.get("claimed_on") or timezone.localdate()
        asked = self.initial.get("organization")
        place = asked if isinstance(asked, Organization) else field.queryset.filter(pk=asked).first()  # type: ignore[attr-defined]
        if stars._state.adding and place is not None and place.is_branch:
            lacking = missing_for_stars(place, Period.containing(timezone.localdate(), Period.QUARTER))
            self.initial["claimed"] = [code for code, missing in lacking.items() if not missing]
            self.fields["claimed"].help_text = "已勾选按记录够条件的。" + _told(lacking)


class GrantStarsForm(CheckedStepForm):
    """Grant stars; the flag follows."""

    asked = ("granted_on",)

    class Meta:
        model = BranchStars
        fields = ("granted", "granted_on", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stars: BranchStars = self.instance
        self.fields["granted"] = StarsField(label="授予的星")
        self.initial["granted"] = parsing.parted(stars.granted or stars.claimed)
        self.initial["granted_on"] = stars.granted_on or timezone.localdate()
        period = Period.parse(stars.period)
        self.fields["granted"].help_text = _told(missing_for_stars(stars.organization, period))


class TakeBackStarsForm(CheckedStepForm):
    """Take the stars back."""

    asked = ("withdrawn_on",)
    today = "withdrawn_on"

    class Meta:
        model = BranchStars
        fields = ("withdrawn_on", "reason")


class MemberStarForm(KeepersForm):
    """A member claims a star; the branch is the member's own."""

    right = Right.ASSESSMENTS_SELF
    name = forms.CharField(label="党员姓名", max_length=60)

    class Meta:
        model = MemberStar
        fields = ("organization", "period", "title", "grounds", "claimed_on")
        field_classes = {"organization": OrganizationField}
        widgets = {"grounds": forms.Textarea({"rows": 3})}

    field_order = ("organization", "name", "period", "title", "grounds", "claimed_on")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        star: MemberStar = self.instance
        offer_periods(self, "时期", [Period.QUARTER, Period.YEAR])
        self.order_fields(self.field_order)
        self.fields["title"].help_text = f"如{'、'.join(MEMBER_STARS)}。"
        self.initial["claimed_on"] = self.initial.get("claimed_on") or timezone.localdate()
        if star.member_id:
            self.initial["name"] = star.member.name

    def clean(self) -> dict[str, Any]:
        """Find the member in the branch."""
        given = super().clean()
        place, name = given.get("organization"), given.get("name")
        if place and name:
            found = list(Member.objects.live().filter(branch=place, name=name.strip())[:2])
            if len(found) == 1:
                self.instance.member = found[0]
                others = MemberStar.objects.filter(
                    member=found[0], period=given.get("period", ""), title=given.get("title", "")
                )
                if others.exclude(pk=self.instance.pk).exists():
                    self.add_error("title", "这名党员这一期已经申报过这颗星")
            else:
                self.add_error("name", "这个支部有重名的党员，请在台账里导入" if found else "这个支部没有这名党员")
        return given


class GrantStarForm(CheckedStepForm):
    """Grant a member's star."""

    asked = ("granted_on",)
    today = "granted_on"

    class Meta:
        model = MemberStar
        fields = ("granted_on", "reason")


class WeakBranchForm(KeepersForm):
    """Hold an organisation to be weak, and say who stands by it."""

    right = Right.ASSESSMENTS_DECIDE

    class Meta:
        model = WeakBranch
        fields = (
            "organization", "ground", "detail", "found_on", "leader", "partner", "first_secretary", "plan", "due_on",
        )  # fmt: skip
        field_classes = {"organization": OrganizationField}
        widgets = {"plan": forms.Textarea({"rows": 5})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["found_on"] = self.initial.get("found_on") or timezone.localdate()


class StrikeOffForm(CheckedStepForm):
    """Strike it off the list once it was looked at."""

    asked = ("left_on",)
    today = "left_on"

    class Meta:
        model = WeakBranch
        fields = ("score", "votes", "left_on", "plan")
        widgets = {"plan": forms.Textarea({"rows": 5})}

"""Forms of activities: the record with its roll, the same filled in from minutes, the filters of the review."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right
from branches.forms.tree import OrganizationField
from branches.models import Organization
from branches.querysets import OrganizationQuerySet
from ledgers.forms import Difference, RecordForm
from ledgers.parsing import row_key, row_keys
from members.models import Member

from .. import roll as rolls
from ..attachments import hang, paper_of
from ..minutes import Minutes
from ..models import Activity, Attendance, PendingUpload, StudySeries, record_roll
from ..planning import settle
from ..roll import Roll
from ..together import begin, holding, share, split

Kind = Activity.Kind
MEETINGS = (*Kind.meetings(), Kind.REVIEW)
TOGETHER = (Kind.JOINT_MEETING, Kind.COBUILDING, Kind.VOLUNTEERING)
GROUPED = (
    ("组织生活", MEETINGS),
    ("学习", Kind.studies()),
    ("培训", Kind.trainings()),
    ("共建与服务", TOGETHER),
    ("其他", tuple(k for k in Kind if k not in (*MEETINGS, *Kind.studies(), *Kind.trainings(), *TOGETHER))),
)
KIND_CHOICES = [("", "请选择"), *((group, [(k.value, k.label) for k in kinds]) for group, kinds in GROUPED)]
SEARCHABLE_FROM = 12
"""How long a list of organisations is before it is searched by typing."""


class ActivityForm(RecordForm):
    """An activity with its roll. Saved as a draft, or handed in when `action` says so."""

    class Meta:
        model = Activity
        fields = (
            "organization",
            "kind",
            "date",
            "start_time",
            "topic",
            "place",
            "chair",
            "recorder",
            "lecturer",
            "hours",
            "series",
            "content",
            "resolution",
        )
        field_classes = {"organization": OrganizationField}
        widgets = {
            "content": forms.Textarea(attrs={"rows": 8}),
            "resolution": forms.Textarea(attrs={"rows": 3}),
        }
        help_texts = {
            "hours": "到会党员每人记的学时。",
            "series": "不属于学习系列可以不选。",
            "resolution": "没有决议可以不填。",
        }

    partners = forms.ModelMultipleChoiceField(
        Organization.objects.none(),
        label="联合开展的党支部",
        required=False,
        help_text="几个党支部一起开展的，只登记一次：选好参加的党支部，名单按支部列出，保存后每个支部各有一条记录。",
        widget=forms.SelectMultiple(attrs={"data-pick": ""}),
    )
    plan = forms.IntegerField(required=False, widget=forms.HiddenInput)
    """The plan that the form was opened from."""
    counts_asked = ""
    """The counts of the roll where the minutes state others: whoever hands it in is asked once."""
    together: list[Organization] = []
    """The branches that held it together, once the form is bound and they are known; none for one by itself."""
    roll: Roll | None = None
    """The roll as it was sent, once the form is bound and its organisation and date are known."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        editable = Organization.objects.visible_to(user, Right.ACTIVITIES_EDIT)
        field = self.fields["organization"]
        assert isinstance(field, OrganizationField)
        field.queryset = editable.undissolved() | editable.filter(pk=self.instance.organization_id)
        field.empty_label = "请选择"
        found = list(field.queryset[: SEARCHABLE_FROM + 1])
        if len(found) == 1:
            self.initial.setdefault("organization", found[0].pk)
        if len(found) > SEARCHABLE_FROM:
            field.widget.attrs["data-pick"] = ""
        self.fields["kind"].choices = KIND_CHOICES  # type: ignore[attr-defined]
        self._offer_partners(editable, found)
        self._offer_series()
        for name in ("chair", "recorder", "lecturer"):
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def _offer_partners(self, editable: OrganizationQuerySet, found: Sequence[Organization]) -> None:
        """Offer the branches that may be entered for together, where a new activity can be of more than one."""
        if self.instance.pk is None and sum(one.is_branch for one in found) > 1:
            branches = editable.undissolved().filter(kind__in=Organization.Kind.branches())
            self.fields["partners"].queryset = branches  # type: ignore[attr-defined]
        else:
            del self.fields["partners"]

    def _offer_series(self) -> None:
        """Offer the series of this year and the last, where there are any."""
        shared = StudySeries.objects.readable_by(self.user)
        offered = shared.filter(year__gte=timezone.localdate().year - 1) | shared.filter(pk=self.instance.series_id)
        field = self.fields.pop("series")
        if choices := [(one.pk, one.title) for one in offered]:
            field.queryset, field.choices = offered, [("", "不属于系列"), *choices]  # type: ignore[attr-defined]
            self.fields["series"] = field

    @property
    def action(self) -> str:
        """What the pressed button asks for: submit, or to save as it is."""
        return str(self.data.get("action", ""))

    def clean(self) -> dict[str, Any]:
        """Check the day against today and the organisation's life, and read the roll."""
        given = super().clean() or {}
        day, organization = given.get("date"), given.get("organization")
        if day and day > timezone.localdate() and (self.action == "submit" or not self.instance.is_open):
            self.add_error("date", "活动还没有到日期，请先存草稿，开过以后再提交")
        if not day or not organization:
            return given
        self.together = holding(organization, given.get("partners") or ())
        for one in self.together or [organization]:
            if one.established and day < one.established:
                self.add_error("date", f"{one.name}到 {one.established} 才成立，请核对日期或组织")
            if one.dissolved_on and day >= one.dissolved_on:
                self.add_error("date", f"{one.name}已在 {one.dissolved_on} 撤销，请核对日期或组织")
        if self._sent.get("roll_for") != roll_key(organization, given.get("kind", ""), day, self.together):
            self.add_error(None, "名单已按新的组织、类型和日期重新列出，请核对考勤后再保存")
            return given
        try:
            self.roll = rolls.of_form(self._sent, self.user, organization, day, self.instance)
        except ValueError as refusal:
            self.add_error(None, str(refusal))
        self._ask_about_counts()
        return given

    def _ask_about_counts(self) -> None:
        """Ask once, before minutes are handed in, whether the roll is right where the numbers in them differ."""
        stated = (self.instance.expected_stated, self.instance.present_stated)
        if self.action != "submit" or self.roll is None or not self.roll.lines:
            return
        counts = self.roll.counts
        said = [
            f"{word} {number} 人，名单是 {counted} 人"
            for word, number, counted in zip(
                ("应到", "实到"), stated, (counts["expected"], counts["present"]), strict=True
            )
            if number is not None and number != counted
        ]
        self.counts_asked = f"{counts['expected']}/{counts['present']}" if said else ""
        if said and self._sent.get("counts_as_listed") != self.counts_asked:
            self.add_error(None, f"记录写明{'；'.join(said)}。请核对考勤；名单没有错的，在“提交”上面打勾，再提交一次")

    @property
    def _sent(self) -> QueryDict:
        assert isinstance(self.data, QueryDict)
        return self.data

    def roll_to_show(self) -> Roll:
        """Return the roll for the page: what was typed, or what is on record."""
        if self.is_bound:
            if self.roll is not None:
                return self.roll
            organization, kind, day = where_and_when(self._sent, self.user)
            if organization is None or day is None:
                return Roll()
            together = together_in(self._sent, self.user, organization)
            return rolls.renewed(self._sent, self.user, organization, kind, day, self.instance, together=together)
        return rolls.to_edit(self.instance) if self.instance.pk else Roll()

    def store(self) -> Activity:
        """Record the activity, then its roll and what comes with it; hand it in when that was the button."""
        activity: Activity = self.instance
        assert self.roll is not None  # `clean` read it, or the form is not valid
        rolls_of: dict[int, dict[int, tuple[str, str]]] = {}
        if self.together:
            begin(activity, self.together)
            rolls_of = split(activity, self.together, self.roll.marks)
        activity.record()
        record_roll(activity, rolls_of.get(activity.organization_id, self.roll.marks))
        settle(activity, self.cleaned_data.get("plan"))
        self.enclose(activity)
        if self.action == "submit" and activity.is_open:
            activity.submit()
        if self.together:
            share(activity, self.together, rolls_of)
        return activity

    def enclose(self, activity: Activity) -> None:
        """Put with the recorded activity what else came with the form; nothing here."""

    def _compare(self) -> bool:
        """Put the newest roll beside the sent one as well."""
        super()._compare()
        newest = rolls.of_activity(self.instance).marks
        typed = self.roll.marks if self.roll else newest
        differing = [pk for pk in {**newest, **typed} if newest.get(pk) != typed.get(pk)]
        names = dict(Member.objects.filter(pk__in=differing).values_list("pk", "name")) if differing else {}
        self.differences += [
            Difference(f"考勤：{names[pk]}", _spoken(newest.get(pk)), _spoken(typed.get(pk))) for pk in differing
        ]
        return bool(self.differences)


def _spoken(mark: tuple[str, str] | None) -> str:
    if mark is None:
        return "（不在名单里）"
    state, reason = mark
    return Attendance.State(state).label + (f"（{reason}）" if reason else "")


def roll_key(
    organization: Organization | None, kind: str, day: date | None, together: Sequence[Organization] = ()
) -> str:
    """Return what a roll was listed for; the form sends it back, so that a roll of somewhere else is noticed."""
    caller = kind if kind in (Kind.COMMITTEE, Kind.GROUP) else ""
    others = "+".join(str(one.pk) for one in together)
    return f"{organization.pk}/{day}/{caller}/{others}" if organization and day else ""


def together_in(data: QueryDict, user: User, organization: Organization | None) -> list[Organization]:
    """Read who holds the activity together out of a form that need not be complete."""
    keys = row_keys(data.getlist("partners"))
    if organization is None or not keys:
        return []
    editable = Organization.objects.visible_to(user, Right.ACTIVITIES_EDIT).undissolved()
    return holding(organization, editable.filter(pk__in=keys, kind__in=Organization.Kind.branches()))


def where_and_when(data: QueryDict, user: User) -> tuple[Organization | None, str, date | None]:
    """Read organisation, kind and day out of a form that need not be complete; None for what is missing or unseen."""
    number, kind = row_key(str(data.get("organization", ""))), str(data.get("kind", ""))
    organization = None
    if number:
        organization = Organization.objects.visible_to(user, Right.ACTIVITIES_EDIT).filter(pk=number).first()
    try:
        day: date | None = forms.DateField().clean(data.get("date", ""))
    except ValidationError:
        day = None
    return organization, kind if kind in Kind.values else "", day


class MinutesForm(ActivityForm):
    """The same form filled in from minutes that were read; saving it makes the activity out of the upload."""

    def __init__(self, *args: Any, upload: PendingUpload, minutes: Minutes, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.upload, self.minutes = upload, minutes
        self.instance.expected_stated, self.instance.present_stated = minutes.expected, minutes.present_count
        self.others = list(PendingUpload.objects.visible_to(self.user).unconfirmed().exclude(pk=upload.pk))

    def clean(self) -> dict[str, Any]:
        """See that every namesake was told apart."""
        given = super().clean()
        if rolls.unanswered(self._sent):
            self.add_error(None, "记录里有同名的党员，请在考勤上方选定是哪一位")
        return given

    @property
    def belonging(self) -> list[PendingUpload]:
        """The other uploads that are ticked as papers of the same activity.

        At first those that came with this one, unless they are minutes of another day.
        """
        if self.is_bound:
            ticked = self._sent.getlist("also")
            return [other for other in self.others if str(other.pk) in ticked]
        if self.upload.bundle is None:
            return []
        together = [other for other in self.others if other.bundle == self.upload.bundle]
        own = [other for other in together if other.digest != self.upload.digest]  # not another meeting of the file
        return [other for other in own if other.minutes.date in (None, self.minutes.date)]

    def roll_to_show(self) -> Roll:
        """Return the roll as the minutes have it, with what was marked since."""
        if self.is_bound:
            organization, kind, day = where_and_when(self._sent, self.user)
            sent = self._sent
        else:
            organization = Organization.objects.filter(pk=self.initial.get("organization")).first()
            kind, day, sent = str(self.initial.get("kind", "")), self.initial.get("date"), QueryDict()
        if organization is None or day is None:
            return Roll()
        together = together_in(sent, self.user, organization)
        roll = rolls.renewed(sent, self.user, organization, kind, day, self.instance, self.minutes, together)
        if sent.get("roll_for") == roll_key(organization, kind, day, together):  # who was taken off stays off
            kept = rolls.sent(sent)
            roll.lines = [line for line in roll.lines if line.member_id in kept]
        return roll

    def enclose(self, activity: Activity) -> None:
        """Hang the papers on the activity, and mark the uploads as done with."""
        wanted = [self.upload.pk, *(other.pk for other in self.belonging)]
        uploads = list(PendingUpload.objects.select_for_update(no_key=True).filter(pk__in=wanted))
        if any(upload.activity_id for upload in uploads) or self.upload.pk not in {u.pk for u in uploads}:
            raise ValidationError("这份记录已经在别的页面确认过，请回到上传页查看")
        hang(activity, [paper_of(u) for u in uploads], self.user)
        PendingUpload.objects.filter(pk__in=[u.pk for u in uploads]).update(activity=activity)

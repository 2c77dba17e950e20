"""A branch's month entered on one page: its four regular activities like those of last time, and one roll for all."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.db import transaction
from django.http import QueryDict
from django.utils import timezone

from accounts.models import User
from accounts.transactions import atomic
from branches.models import Organization
from ledgers.forms import RecordForm
from ledgers.period import Period

from . import roll as rolls
from .models import Activity, Attendance, record_roll
from .roll import Line, Roll

Kind = Activity.Kind
KINDS = (Kind.GENERAL, Kind.COMMITTEE, Kind.THEME_DAY, Kind.LECTURE)
COPIED = ("start_time", "place", "chair", "recorder", "lecturer", "hours")
"""What is taken over from the last activity of the kind."""


def same_weekday(day: date, month: Period) -> date:
    """Return the day of the month that is, say, its third Tuesday as `day` was; its last where there are fewer."""
    first = month.start.replace(day=1)
    number = 1 + (day.weekday() - first.weekday()) % 7 + (day.day - 1) // 7 * 7
    return first.replace(day=number if number <= monthrange(first.year, first.month)[1] else number - 7)


def usual_day(organization: Organization, kind: str, period: Period) -> date:
    """Return the day in a month or quarter on which an organisation usually holds this kind: as it did the last time.

    Where it has held none, the last day; never one to come; today where that lies inside.
    """
    today = timezone.localdate()
    if period.start <= today <= period.end:
        return today
    held = Activity.objects.filter(organization=organization, kind=kind, date__lt=period.start)
    last = held.order_by("-date").values_list("date", flat=True).first()
    return min(same_weekday(last, period.months()[-1]) if last else period.end, today)


class MonthForm(RecordForm):
    """One activity of the month. Left out where neither topic nor content is written."""

    day = forms.IntegerField(label="几号", min_value=1, max_value=31, widget=forms.TextInput)

    class Meta:
        model = Activity
        fields = ("topic", "content", *COPIED)
        widgets = {"content": forms.Textarea(attrs={"rows": 3})}

    field_order = ("day", "topic", "content", *COPIED)
    roll: Roll | None = None

    def __init__(self, *args: Any, kind: Kind, branch: Organization, month: Period, user: User, **kwargs: Any) -> None:
        self.kind, self.month, self.user = kind, month, user
        instance = Activity(organization=branch, kind=kind)
        super().__init__(*args, prefix=kind.value, instance=instance, **kwargs)
        self.fields["day"].widget.attrs |= {"inputmode": "numeric", "maxlength": 2, "autocomplete": "off"}
        self.fields["day"].required = self.fields["topic"].required = False  # an activity may be left out whole
        for name in ("topic", "chair", "recorder", "lecturer"):
            self.fields[name].widget.attrs["autocomplete"] = "off"
        if kind != Kind.LECTURE:
            del self.fields["lecturer"]

    @property
    def kept_from_last_time(self) -> Iterator[Any]:
        """Yield the fields that are filled in already and seldom change."""
        for name in COPIED:
            if name in self.fields:
                yield self[name]

    @property
    def is_left_out(self) -> bool:
        """Whether nothing was written of it."""
        return not any(str(self.data.get(self.add_prefix(name), "")).strip() for name in ("topic", "content"))

    @property
    def on(self) -> date | None:
        """The day that the form names now; None where there is no such day."""
        number = self.data.get(self.add_prefix("day"), "") if self.is_bound else self.initial.get("day")
        try:
            return self.month.start.replace(day=int(str(number)))
        except (ValueError, OverflowError):
            return None

    def clean(self) -> dict[str, Any]:
        """Check the day, and take the roll of whoever was called on it."""
        given = super().clean() or {}
        if not given.get("topic") and not self.has_error("topic"):
            self.add_error("topic", "请填写主题；没有开的，内容也留空")
        if given.get("day") is None:
            if not self.has_error("day"):
                self.add_error("day", "请填几号开的")
            return given
        day, branch = self.on, self.instance.organization
        if day is None:
            self.add_error("day", f"{self.month.label}没有这一天")
        elif day > timezone.localdate() and self.action == "submit":
            self.add_error("day", "这一天还没有到，开过以后再提交")
        elif (branch.established and day < branch.established) or (branch.dissolved_on and day >= branch.dissolved_on):
            self.add_error("day", "这一天本支部还没有成立，或者已经撤销")
        else:
            self.instance.date = day
            self.roll = self.called(day)
            if any(not self._has_mark(line) for line in self.roll.lines):
                self.add_error("day", "这一天应到的人和下面列的不同，已重新列出，请核对考勤")
        return given

    @property
    def action(self) -> str:
        """What the pressed button asks for."""
        return str(self.data.get("action", ""))

    def _name(self, what: str, line: Line) -> str:
        return self.add_prefix(f"{what}-{line.member_id}")

    def _has_mark(self, line: Line) -> bool:
        return self.data.get(self._name("state", line)) in Attendance.State.values

    def called(self, day: date) -> Roll:
        """Return the roll of the day, with the marks that were sent."""
        roll = rolls.fresh(self.instance.organization, self.kind, day)
        for line in roll.lines:
            if self.is_bound and self._has_mark(line):
                line.state = str(self.data[self._name("state", line)])
                reason = str(self.data.get(self._name("reason", line), "")).strip()[:100]
                line.reason = reason if line.state == Attendance.State.LEAVE else ""
        return roll

    def store(self) -> Activity:
        """Record the activity with its roll, and hand it in when that was the button."""
        activity: Activity = self.instance
        activity.record()
        assert self.roll is not None  # `clean` took it, or the form is not valid
        record_roll(activity, self.roll.marks)
        return activity.submit() if self.action == "submit" else activity


@dataclass
class Column:
    """One kind of activity: its form, the last one that it is like, those of the month that are entered already."""

    form: MonthForm
    last: Activity | None
    done: list[Activity]
    marks: dict[int, Line]

    @property
    def label(self) -> str:
        """What the kind is called."""
        return str(self.form.kind.label)


class MonthSheet:
    """The page: four columns, and one roll over all of them. Makes the same queries however many members there are."""

    def __init__(self, branch: Organization, month: Period, user: User, data: QueryDict | None = None) -> None:
        self.branch, self.month, self.user, self.data = branch, month, user, data
        last = self._last()
        done = list(Activity.objects.filter(organization=branch, kind__in=KINDS).held_in(month).order_by("date"))
        self.people: dict[int, Line] = {}
        self.columns = [self._column(kind, last.get(kind.value), [a for a in done if a.kind == kind]) for kind in KINDS]
        self.refusal = ""

    def _last(self) -> dict[str, Activity]:
        """Return kind → the last activity of it before the month, of at most the year before."""
        since = Period(self.month.year - 1, self.month.kind, self.month.number).start
        held = Activity.objects.filter(
            organization=self.branch, kind__in=KINDS, date__gte=since, date__lt=self.month.start
        )
        return {activity.kind: activity for activity in held.order_by("date", "pk")}

    def _column(self, kind: Kind, last: Activity | None, done: list[Activity]) -> Column:
        today = timezone.localdate()
        day = same_weekday(last.date, self.month) if last else min(self.month.end, today)
        if self.month.start <= today < day:
            day = today
        initial: dict[str, Any] = {"day": day.day} | {name: getattr(last, name) for name in COPIED if last}
        form = MonthForm(self.data, kind=kind, branch=self.branch, month=self.month, user=self.user, initial=initial)
        form.fields["topic"].widget.attrs["placeholder"] = f"上次：{last.topic[:40]}" if last else ""
        lines = form.called(form.on or day).lines
        for line in lines:
            self.people.setdefault(line.member_id, line)
        return Column(form, last, done, {line.member_id: line for line in lines})

    @property
    def rows(self) -> Iterator[tuple[Line, list[tuple[Column, Line | None]]]]:
        """Yield each person with their cell in every column; None where they are not called."""
        for member_id in sorted(self.people):
            yield self.people[member_id], [(column, column.marks.get(member_id)) for column in self.columns]

    def save(self) -> list[Activity]:
        """Record what was written, all of it or nothing; return it. What is wrong stands in the forms."""
        written = [column.form for column in self.columns if not column.form.is_left_out]
        if not written:
            self.refusal = "请至少填写一次活动的主题；没有开的留空。"
            return []
        sound = [form.is_valid() for form in written]  # every one of them is checked
        if not all(sound):
            return []
        with atomic():
            for form in written:
                if form.save_record(self.user) is None:
                    transaction.set_rollback(True)
                    return []
        return [form.instance for form in written]

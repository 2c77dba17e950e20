"""Forms of plans: the whole year in one table, and one planned activity."""

import hashlib
import re
from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import QueryDict

from accounts.models import User
from accounts.permissions import Right
from accounts.transactions import atomic
from branches.forms.tree import OrganizationField
from branches.models import Organization
from ledgers.forms import RecordForm

from ..models import Activity, PlannedActivity
from ..planning import Place, adopt, propose, requirements, rewrite_plan
from .records import KIND_CHOICES

MONTHS = range(1, 13)


@dataclass
class Cell:
    """One month of one kind: what is typed or planned, what is on record, and whether it is only proposed."""

    name: str
    label: str
    text: str = ""
    held: Sequence[Activity] = ()
    is_proposed: bool = False
    error: str = ""


@dataclass
class Line:
    """One kind of activity over the year."""

    kind: Activity.Kind
    cells: list[Cell]


@dataclass
class Block:
    """One organisation's year."""

    organization: Organization
    lines: list[Line]


class YearPlan:
    """The year's plan of some organisations as one table of days, with proposals put in or as it was typed.

    Each cell holds days of its month, "8" or "8、22". It knows what was on record when the page was drawn, so that of
    two people the second is told.
    """

    def __init__(self, organizations: Sequence[Organization], year: int, today: date) -> None:
        self.organizations, self.year, self.today = organizations, year, today
        self.errors: list[str] = []
        self.plans = list(self._rows())
        self.proposed: dict[Place, list[date]] = {}
        self.typed: QueryDict | None = None

    def _rows(self) -> Any:
        return PlannedActivity.objects.filter(organization__in=self.organizations, date__year=self.year).order_by(
            "date"
        )

    @property
    def seen(self) -> str:
        """What stands for the plan as it was when the page was drawn."""
        text = repr([(p.pk, p.version, p.activity_id) for p in sorted(self.plans, key=lambda p: p.pk)])
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is planned for the year."""
        return not self.plans

    def propose(self) -> int:
        """Put in the days that the rules ask for beside what is planned; return how many."""
        self.proposed = propose(self.organizations, self.year, self.today)
        return sum(len(days) for days in self.proposed.values())

    @property
    def kinds(self) -> Mapping[int, list[Activity.Kind]]:
        """Organisation id → the kinds that its table has a line for: what the rules ask for, and what is planned."""
        found: dict[int, set[str]] = defaultdict(set)
        for organization, needed in requirements(self.organizations, self.today).items():
            found[organization] |= {one.kind.value for one in needed}
        for plan in self.plans:
            found[plan.organization_id].add(plan.kind)
        return {
            organization: [kind for kind in Activity.Kind if kind in kinds] for organization, kinds in found.items()
        }

    @property
    def blocks(self) -> Iterator[Block]:
        """The table, organisation by organisation."""
        held: dict[tuple[int, str, int], list[Activity]] = defaultdict(list)
        on_record = Activity.objects.filter(organization__in=self.organizations, date__year=self.year).order_by("date")
        for activity in on_record.only("organization_id", "kind", "date", "topic"):
            held[activity.organization_id, activity.kind, activity.date.month].append(activity)
        by_cell: dict[tuple[int, str, int], list[PlannedActivity]] = defaultdict(list)
        for plan in self.plans:
            by_cell[plan.organization_id, plan.kind, plan.date.month].append(plan)
        proposed: dict[tuple[int, str, int], list[int]] = defaultdict(list)
        for (organization, kind), days in self.proposed.items():
            for day in days:
                proposed[organization, kind, day.month].append(day.day)
        kinds = self.kinds
        for organization in self.organizations:
            lines = []
            for kind in kinds.get(organization.pk, ()):
                cells = []
                for month in MONTHS:
                    key = organization.pk, kind.value, month
                    plans = by_cell[key]
                    numbers = sorted([p.date.day for p in plans if not p.activity_id] + proposed[key])
                    name = f"d-{organization.pk}-{kind.value}-{month}"
                    cell = Cell(name, f"{organization.label} {kind.label} {month} 月", "、".join(map(str, numbers)))
                    cell.held, cell.is_proposed = held[key], bool(proposed[key])
                    if self.typed is not None:
                        cell.text = str(self.typed.get(name, cell.text))
                        cell.error = "" if _days(cell.text, self.year, month) is not None else "应填这个月的日子"
                    cells.append(cell)
                lines.append(Line(kind, cells))
            if lines:
                yield Block(organization, lines)

    def save(self, typed: QueryDict) -> Mapping[str, int] | None:
        """Make the plan what was typed; None, with `errors`, where a cell cannot be read or somebody was faster."""
        self.typed = typed
        wanted: dict[Place, list[date]] = {}
        for organization, kinds in self.kinds.items():
            for kind in kinds:
                for month in MONTHS:
                    text = typed.get(f"d-{organization}-{kind.value}-{month}")
                    if text is None:
                        continue
                    read = _days(text, self.year, month)
                    if read is None:
                        self.errors.append(
                            f"{kind.label} {month} 月填的“{text[:20]}”不是这个月的日子，应填如 8 或 8、22"
                        )
                    else:
                        wanted.setdefault((organization, kind.value), []).extend(read)
        if self.errors:
            self.errors = self.errors[:10]
            return None
        with atomic():
            self.plans = list(self._rows().select_for_update(no_key=True))
            if typed.get("seen") != self.seen:
                self.errors = ["计划刚刚被别人改过。您填写的还在下面，请核对后再保存一次，就以您填写的为准。"]
                return None
            written = rewrite_plan(self.plans, wanted)
            adopt([o.pk for o in self.organizations], date(self.year, 1, 1), date(self.year, 12, 31))
        return written


def _days(text: str, year: int, month: int) -> list[date] | None:
    """Read the days of a month out of a cell; None where it holds something else."""
    parts = [part for part in re.split(r"[、,，;；\s日]+", text.strip()) if part]
    last = monthrange(year, month)[1]
    if not all(part.isascii() and part.isdecimal() and 1 <= int(part) <= last for part in parts):
        return None
    return [date(year, month, int(part)) for part in parts]


class PlannedForm(RecordForm):
    """One planned activity."""

    class Meta:
        model = PlannedActivity
        fields = ("organization", "kind", "date", "topic", "note")
        field_classes = {"organization": OrganizationField}
        help_texts = {"topic": "可以以后再填。"}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        editable = Organization.objects.visible_to(user, Right.ACTIVITIES_EDIT)
        field = self.fields["organization"]
        assert isinstance(field, OrganizationField)
        field.queryset = editable.undissolved() | editable.filter(pk=self.instance.organization_id)
        self.fields["kind"].choices = KIND_CHOICES  # type: ignore[attr-defined]

    def store(self) -> PlannedActivity:
        plan: PlannedActivity = self.instance
        plan.record()
        adopt([plan.organization_id], plan.date, plan.date)
        return plan

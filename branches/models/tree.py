"""The organisation tree and the committees that lead it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import reduce
from itertools import pairwise
from operator import or_
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from treebeard.mp_tree import MP_Node

from accounts import audit
from accounts.streets import streets_of
from accounts.transactions import atomic
from branches.querysets import CommitteeQuerySet, CommitteeSeatQuerySet, OrganizationManager
from ledgers import facts
from ledgers.facts import Reach
from ledgers.models import Record, Touch
from ledgers.period import Period
from ledgers.recording import record_all
from ledgers.registry import Registry
from ledgers.scope import subtree

RESERVED_CODES = frozenset(
    {
        "new",
        "terms",
        "committees",
        "seats",
        "elections",
        "joint-units",
        "groups",
        "venues",
        "shortages",
        "enterprises",
        "visits",
        "workers",
        "trainings",
    }
)
"""Codes that no organisation may have, since addresses of pages open with them."""

Obstacles = Callable[[Collection[int], date], Iterable[str]]
obstacle_sources: Registry[Obstacles] = Registry()
"""What must be done before organisations (by id) can end on a day, in Chinese."""


class Organization(MP_Node, Record):
    """A Party organisation of any kind: one node of the tree district → street → community → branch → group."""

    class Kind(models.TextChoices):
        DISTRICT_COMMITTEE = "district-committee", "区委"
        WORKING_COMMITTEE = "working-committee", "街道党工委"
        COMMUNITY_COMMITTEE = "community-committee", "社区党委"
        GENERAL_BRANCH = "general-branch", "党总支"
        BRANCH = "branch", "党支部"
        JOINT_BRANCH = "joint-branch", "联合党支部"
        TEMPORARY_BRANCH = "temporary-branch", "临时党支部"
        GROUP = "group", "党小组"

        @classmethod
        def branches(cls) -> tuple["Organization.Kind", ...]:
            """The three kinds of branch."""
            return (cls.BRANCH, cls.JOINT_BRANCH, cls.TEMPORARY_BRANCH)

    class UnitKind(models.TextChoices):
        COMMUNITY = "community", "社区"
        AGENCY = "agency", "机关"
        INSTITUTION = "institution", "事业单位"
        STATE_ENTERPRISE = "state-enterprise", "国有企业"
        PRIVATE_ENTERPRISE = "private-enterprise", "非公企业"
        SOCIAL_ORGANIZATION = "social-organization", "社会组织"
        SCHOOL = "school", "学校"
        OTHER = "other", "其他"

    code = models.CharField("组织编码", max_length=40, unique=True)
    name = models.CharField("组织名称", max_length=100, db_index=True)
    short_name = models.CharField("简称", max_length=40, blank=True)
    kind = models.CharField("组织类别", max_length=20, choices=Kind)
    unit_kind = models.CharField("单位类别", max_length=20, choices=UnitKind, blank=True)
    established = models.DateField("成立日期", null=True, blank=True)
    phone = models.CharField("联系电话", max_length=30, blank=True)
    population = models.PositiveIntegerField("总人口", null=True, blank=True)
    households = models.PositiveIntegerField("户数", null=True, blank=True)
    dissolved_on = models.DateField("撤销日期", null=True, blank=True)
    expires_on = models.DateField("到期日期", null=True, blank=True)

    objects = OrganizationManager()
    basis = ""
    """The document that the next change rests on, for its entry in the history."""
    changed_on: date | None = None
    """The day from which the next change holds, for its entry in the history; today if not said."""

    class Meta:
        verbose_name = "党组织"
        constraints = [
            models.CheckConstraint(
                condition=Q(dissolved_on__isnull=True)
                | Q(established__isnull=True)
                | Q(dissolved_on__gte=F("established")),
                name="organization_dissolved_after_established",
            ),
            models.CheckConstraint(
                condition=Q(expires_on__isnull=True) | Q(kind="temporary-branch"),
                name="only_a_temporary_branch_expires",
                violation_error_message="只有临时党支部填到期日期",
            ),
        ]

    UNTRACKED = (*Record.UNTRACKED, "path", "depth", "numchild")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("branches:detail", args=[self.code])

    @property
    def label(self) -> str:
        """What to call it anywhere: the short name where there is one. A group's says nothing without its branch."""
        return self.name if self.kind == self.Kind.GROUP else self.name_within

    @property
    def name_within(self) -> str:
        """What to call it beside its superior: 第一党小组 on the page of its branch, and in the register of members."""
        return self.short_name or self.name

    def name_inside(self, whole: "Organization") -> str:
        """Return its name without what all in the whole bear: 第一党支部 for 东风社区第一党支部 of 东风社区党委."""
        tails = () if whole.is_branch else ("党工委", "党委", "党总支", "委员会")
        stem = whole.name.removesuffix(next((tail for tail in tails if whole.name.endswith(tail)), ""))
        return self.label.removeprefix(stem) or self.label

    @property
    def is_branch(self) -> bool:
        """Whether it is a branch of any of the three kinds."""
        return self.kind in self.Kind.branches()

    @property
    def is_live(self) -> bool:
        """Whether it exists today."""
        today = timezone.localdate()
        return (self.established is None or self.established <= today) and (
            self.dissolved_on is None or self.dissolved_on > today
        )

    @property
    def is_overdue(self) -> bool:
        """Whether it is a temporary branch that should have ended by today."""
        return self.expires_on is not None and self.is_live and self.expires_on < timezone.localdate()

    def may_stand_under(self, parent: "Organization") -> bool:
        """Say whether this kind of organisation can be subordinate to the other's; levels may be skipped."""
        if self.kind == self.Kind.GROUP:
            return parent.is_branch
        order = self.Kind.values
        return order.index(parent.kind) < order.index(self.Kind.BRANCH if self.is_branch else self.kind)

    def audit_path(self) -> str:
        return self.path

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the fields. Where the node stands is treebeard's to write: a form may have read the tree long ago."""
        if not self._state.adding and kwargs.get("update_fields") is None:
            tree = ("path", "depth", "numchild", "id")
            kwargs["update_fields"] = [f.name for f in self._meta.concrete_fields if f.name not in tree]
        super().save(*args, **kwargs)

    def touches(self) -> Iterator[Touch]:
        # Founding and dissolving change what counts from those days on; kind and population are not dated.
        yield Touch(self.pk, self.established or date(1900, 1, 1), True)

    def subtree(self, field: str = "path", on: date | None = None) -> Q:
        """Return the condition that the path in `field` lies in this subtree, as the tree stood on a day.

        Moves after that day are taken back: what has come in since is left out, what has gone is put back.
        """
        if on is None or not facts.once(f"moved after {on}", OrganizationEvent.moves_after(on).exists):
            return subtree(field, self.path)
        here = [pk for pk, line in type(self).lineages(on).items() if self.pk in line]
        return Q(**{f"{field.removesuffix('path')}pk__in": here})

    @classmethod
    def spans(cls, period: Period) -> list[Period]:
        """Return the months of a period after which the tree was changed, and the last one: as facts count by months,
        what happened in a month belongs to where its organisation stood at the month's end. Nothing is returned where
        the tree stands today as it has stood ever since the period began. One query.
        """
        moved = OrganizationEvent.moves_after(period.start - timedelta(days=1)).values_list("on", flat=True)
        changed = {Period.containing(on) for on in moved}
        months = period.months()
        return [*(month for month, after in pairwise(months) if after in changed), months[-1]] if changed else []

    @classmethod
    def lineages(cls, day: date) -> dict[int, list[int]]:
        """Return organisation id → itself and all above it, in the tree as it stood on a day."""
        return cls.lineages_on([day])[day]

    @classmethod
    def lineages_on(cls, days: Collection[date]) -> dict[date, dict[int, list[int]]]:
        """Return day → organisation id → itself and all above it, in the tree as it stood on that day. Two queries."""
        paths = dict(cls.objects.values_list("pk", "path"))
        by_path = {path: pk for pk, path in paths.items()}
        parents = {pk: by_path.get(path[: -cls.steplen]) for pk, path in paths.items()}
        moves = list(OrganizationEvent.moves_after(min(days))) if days else []
        found: dict[date, dict[int, list[int]]] = {}
        lines: dict[int, list[int]] = {}
        for day in sorted(days, reverse=True):  # newest first: each move is taken back once
            while moves and moves[0].on > day:
                move = moves.pop(0)
                parents[move.organization_id] = move.old_parent_id
                lines = {}
            lines = lines or {pk: cls._line(pk, parents) for pk in paths}
            found[day] = lines
        return found

    @staticmethod
    def _line(pk: int, parents: Mapping[int, int | None]) -> list[int]:
        line, above = [pk], parents[pk]
        while above is not None:
            line.append(above)
            above = parents[above]
        return line

    @classmethod
    def heads(cls) -> models.QuerySet["Organization"]:
        """Return the organisations for which things are kept apart: streets, and roots where no street stands above.

        What lies below a head and below no other one belongs to it.
        """
        return cls.objects.filter(Q(kind=cls.Kind.WORKING_COMMITTEE) | Q(depth=1))

    @classmethod
    def street_ids(cls) -> set[int]:
        """Return the ids of all streets."""
        return set(cls.objects.filter(kind=cls.Kind.WORKING_COMMITTEE).values_list("pk", flat=True))

    @classmethod
    def head_ids(cls) -> set[int]:
        """Return the ids of all heads."""
        return set(cls.heads().values_list("pk", flat=True))

    @classmethod
    def reach(cls, organizations: Collection[int], since: date, notes: dict[str, Any]) -> Reach:
        """Return the heads in which organisations have lain since a day, see ledgers.facts. At most four queries."""
        paths: dict[int, str] = notes.setdefault("paths", {})
        if missing := set(organizations) - paths.keys():
            paths |= dict(cls.objects.filter(pk__in=missing).values_list("pk", "path"))
        ends = {pk: cls.paths_to(paths[pk]) for pk in organizations if pk in paths}
        heads = cls._heads_over(ends.values(), notes.setdefault("streets", {}))
        streets = {heads[end]: end for line in ends.values() for end in line if end in heads}
        below: dict[int, list[int]] = {}
        above = [pk for pk, line in ends.items() if not notes["streets"].keys() & set(line)]
        if above:
            under = reduce(or_, (subtree("path", paths[pk]) for pk in above))
            lower = cls.objects.filter(under, kind=cls.Kind.WORKING_COMMITTEE).values_list("pk", "path")
            for pk in above:
                if found := {street: path for street, path in lower if path.startswith(paths[pk])}:
                    below[pk] = list(found)
                    streets |= found
        moves = cls._moves_after(since, notes)
        if any(moved in line for moved, _ in moves for line in ends.values()):
            streets |= cls._former_heads(ends, {since, *(on for _, on in moves)})
        inside = tuple(streets.values())
        return Reach(streets, below, [moved for moved, _ in moves if not moved.startswith(inside)])

    @classmethod
    def _heads_over(cls, lines: Iterable[list[str]], streets: dict[str, int]) -> dict[str, int]:
        """Return path → id of the nearest head of each line of paths; streets are noted for the next time."""
        lines = list(lines)
        roots: dict[str, int] = {}
        if not all(streets.keys() & set(line) for line in lines):
            rows = cls.heads().filter(path__in={end for line in lines for end in line})
            for pk, path, kind in rows.values_list("pk", "path", "kind"):
                (streets if kind == cls.Kind.WORKING_COMMITTEE else roots)[path] = pk
        known = roots | streets
        nearest = {next((end for end in reversed(line) if end in known), None) for line in lines}
        return {end: known[end] for end in nearest if end}

    @classmethod
    def _moves_after(cls, since: date, notes: dict[str, Any]) -> list[tuple[str, date]]:
        """Return (path today of what was moved, day), newest first; the longest list so far is noted."""
        if "moves" not in notes or notes["moves"][0] > since:
            notes["moves"] = since, list(OrganizationEvent.moves_after(since).values_list("organization__path", "on"))
        return [(path, on) for path, on in notes["moves"][1] if on > since]

    @classmethod
    def _former_heads(cls, organizations: Collection[int], days: Collection[date]) -> dict[int, str]:
        """Return id → path of the heads in which organisations lay on one of these days."""
        heads = dict(cls.heads().values_list("pk", "path"))
        found = {}
        for lines in cls.lineages_on(days).values():
            for pk in organizations:
                head = next(above for above in lines[pk] if above in heads)
                found[head] = heads[head]
        return found

    @classmethod
    def streets_of(cls, paths: Collection[str]) -> dict[str, int]:
        """Return path → id of its head: the nearest street at or above it, else its root. One query."""
        lines = {path: cls.paths_to(path) for path in paths}
        heads = cls._heads_over(lines.values(), {})
        return {path: heads[end] for path, line in lines.items() if (end := max(heads.keys() & set(line), default=""))}

    @classmethod
    def streets_with(cls, path: str) -> set[int]:
        """Return the ids of the heads in which a subtree lies: that at or above it, those below it. One query."""
        rows = cls.heads().filter(Q(path__in=cls.paths_to(path)) | subtree("path", path)).values_list("path", "pk")
        above = max((end for end, _ in rows if path.startswith(end)), key=len, default="")
        return {pk for end, pk in rows if end == above or end.startswith(path)}

    @classmethod
    def streets_about(cls, path: str) -> models.QuerySet[Any]:
        """Return the ids of the heads at, above and below a path."""
        return cls.heads().filter(Q(path__in=cls.paths_to(path)) | subtree("path", path)).values_list("pk", flat=True)

    @classmethod
    def paths_to(cls, path: str) -> list[str]:
        """Return the paths from the root down to a path."""
        return [path[:end] for end in range(cls.steplen, len(path) + 1, cls.steplen)]

    @atomic
    def record(self, action: str = "") -> "Organization":
        """Save with its trace; a change of name is history as well, and a group's members follow its name."""
        from .groups import follow_name

        before = self.before(lock=False)
        super().record(action)
        if before is not None and before.name != self.name:
            OrganizationEvent.renaming(self, before.name, self.changed_on, self.basis).record()
        if before is not None:
            follow_name(before, self)
        return self

    def rename(self, name: str, on: date, document: str = "", short_name: str = "") -> "Organization":
        """Give it another name from a day on. Raises ValueError with a Chinese message for a day that cannot be."""
        self.check_day_of_change(on)
        self.name, self.short_name = name, short_name
        self.changed_on, self.basis = on, document
        return self.record()

    def obstacles_to_being(self, kind: str) -> list[str]:
        """Return, in Chinese, why it cannot be of another kind: where it stands, what and who is in it."""
        then = Organization(kind=kind)
        obstacles = []
        parent = Organization.objects.get_parent(self, update=True)
        if parent is not None and not then.may_stand_under(parent):
            obstacles.append(f"{then.get_kind_display()}不能设在{parent.get_kind_display()}之下，请先转隶")
        below = Organization.objects.get_children(self).undissolved()
        if not all(child.may_stand_under(then) for child in below):
            obstacles.append(f"它的下级组织不能设在{then.get_kind_display()}之下，请先调整下级")
        if self.is_branch and not then.is_branch and (left := self.memberships.filter(end__isnull=True).count()):
            obstacles.append(f"还有 {left} 名党员在册；{then.get_kind_display()}不直接管理党员，请先把他们转到党支部")
        return obstacles

    @atomic
    def become(self, kind: str, on: date, document: str = "") -> "OrganizationEvent":
        """Change its kind from a day on; before that day it counts as what it was.

        Whose kind was entered wrongly gets the right one from the day of founding on. Raises ValueError with a Chinese
        message where the change makes no sense.
        """
        if kind == self.kind:
            raise ValueError(f"已经是{self.get_kind_display()}")
        self.check_day_of_change(on)
        last = self.events.filter(kind=OrganizationEvent.Kind.KIND_CHANGED).first()
        if last and on <= last.on:
            raise ValueError(f"日期应晚于上一次改变类别的日期 {last.on}")
        if obstacles := self.obstacles_to_being(kind):
            raise ValueError("；".join(obstacles))
        event = OrganizationEvent(
            organization=self,
            kind=OrganizationEvent.Kind.KIND_CHANGED,
            on=on,
            document=document,
            old_kind=self.kind,
            new_kind=kind,
            detail=f"由{self.get_kind_display()}改为{self.Kind(kind).label}",
        )
        self.kind = kind
        if kind != self.Kind.TEMPORARY_BRANCH:
            self.expires_on = None
        self.record()
        return event.record()

    @classmethod
    def kinds_on(cls, day: date) -> dict[int, str]:
        """Return organisation id → its kind on a day, of those whose kind has changed since."""
        changes = OrganizationEvent.objects.filter(kind=OrganizationEvent.Kind.KIND_CHANGED, on__gt=day)
        # newest first, so the first change after the day has the last word
        return dict(changes.order_by("-on", "-pk").values_list("organization_id", "old_kind"))

    @classmethod
    def as_on(cls, organizations: Iterable["Organization"], day: date) -> Iterator["Organization"]:
        """Yield organisations, each with the kind that it had on a day. They are for reading, not for saving."""
        kinds = cls.kinds_on(day)
        for organization in organizations:
            organization.kind = kinds.get(organization.pk, organization.kind)
            yield organization

    @atomic
    def place_under(self, parent: "Organization | None") -> "Organization":
        """Add this new organisation to the tree, with its trace."""
        if parent is None:
            Organization.objects.add_root(instance=self)
        else:
            Organization.objects.add_child(parent, instance=self)
        return self.record("create")

    @atomic
    def move_under(self, parent: "Organization", on: date, document: str = "") -> "OrganizationEvent":
        """Move this subtree below another organisation from a day on. Numbers of earlier days stay where they were.

        Raises ValueError with a Chinese message where the move makes no sense.
        """
        from ledgers.facts import mark_stale

        if parent.path.startswith(self.path):
            raise ValueError("不能移到自己或自己的下级之下")
        old = Organization.objects.get_parent(self, update=True)
        if old is None:
            raise ValueError("最上级组织不能移动")
        if old.pk == parent.pk:
            raise ValueError("已经在这个组织之下")
        if not self.may_stand_under(parent):
            raise ValueError(f"{self.get_kind_display()}不能设在{parent.get_kind_display()}之下，请另选上级")
        if not parent.is_live:
            raise ValueError(f"{parent.name}已经撤销，请另选上级")
        self.check_day_of_change(on)
        streets = streets_of([self.path, parent.path])
        Organization.objects.move(self, parent, "last-child")
        moved = Organization.objects.get(pk=self.pk)
        event = OrganizationEvent(
            organization=moved,
            kind=OrganizationEvent.Kind.MOVED,
            on=on,
            document=document,
            old_parent=old,
            new_parent=parent,
            detail=f"由{old.name}转隶{parent.name}",
        ).record()
        if len(set(streets.values())) > 1:  # the street that it has left is to know as well
            audit.record("move", moved, organization_path=old.path, label=event.detail)
        mark_stale([Touch(None, on, True, street) for street in set(streets.values())])
        return event

    def obstacles_to_dissolving(self, on: date) -> list[str]:
        """Return, in Chinese, what must be done first: subordinates and members that would be left on that day."""
        there = Q(dissolved_on__isnull=True) | Q(dissolved_on__gt=on)
        below = Organization.objects.get_descendants(self).filter(there).count()
        left = self.memberships.filter(Q(end__isnull=True) | Q(end__gt=on)).count()
        obstacles = []
        if below:
            obstacles.append(f"还有 {below} 个下级组织没有撤销，请先撤销或转隶")
        if left:
            obstacles.append(f"还有 {left} 名党员在册，请先把他们转到别的支部")
        return [*obstacles, *obstacles_of([self.pk], on)]

    @atomic
    def dissolve(self, on: date, document: str = "") -> "OrganizationEvent":
        """Dissolve this organisation on a day; its subordinates and members must have gone first.

        Raises ValueError with a Chinese message otherwise.
        """
        if self.dissolved_on is not None:
            raise ValueError(f"已经在 {self.dissolved_on} 撤销")
        self.check_day_of_change(on)
        if obstacles := self.obstacles_to_dissolving(on):
            raise ValueError("；".join(obstacles))
        self.dissolved_on = on
        self.record("dissolve")
        wind_up([self], on)
        kind = OrganizationEvent.Kind.DISSOLVED
        return OrganizationEvent(
            organization=self, kind=kind, on=on, document=document, detail=f"{self.name}撤销"
        ).record()

    def check_day_of_change(self, on: date) -> None:
        """Refuse a day to come, and one before what is on record already: history would contradict itself."""
        if on > timezone.localdate():
            raise ValueError("日期不能晚于今天")
        if self.established and on < self.established:
            raise ValueError(f"日期不能早于成立日期 {self.established}")
        last = self.events.filter(kind=OrganizationEvent.Kind.MOVED).first()
        if last and on < last.on:
            raise ValueError(f"日期不能早于上一次转隶的日期 {last.on}")


def obstacles_of(organizations: Collection[int], on: date) -> list[str]:
    """Return what the other apps say must be done before these organisations (by id) end on a day."""
    return [words for obstacles in obstacle_sources for words in obstacles(organizations, on)]


def wind_up(organizations: Collection[Organization], on: date) -> None:
    """End on a day what cannot outlive organisations that end: committees in office, leaders of groups, joint units."""
    from .groups import GroupLeader
    from .joint_units import JointUnit

    committees = list(Committee.objects.select_related("organization").filter(organization__in=organizations))
    running = [c for c in committees if c.ended_on is None or c.ended_on > on]
    for committee in running:
        committee.ended_on = max(on, committee.start)
    record_all(running)
    leaders = list(GroupLeader.objects.select_related("group").filter(group__in=organizations).held_on(on))
    for leader in leaders:
        leader.until = max(on, leader.since + timedelta(days=1))
    record_all(leaders)
    units = list(JointUnit.objects.select_related("organization").filter(organization__in=organizations).covered_on(on))
    for unit in units:
        unit.end = max(on, unit.start + timedelta(days=1))
    record_all(units)


class OrganizationEvent(Record):
    """What happened to an organisation: its history, with the document it rests on."""

    class Kind(models.TextChoices):
        ESTABLISHED = "established", "成立"
        MOVED = "moved", "转隶"
        RENAMED = "renamed", "更名"
        KIND_CHANGED = "kind-changed", "类别变动"
        MERGED = "merged", "合并"
        SPLIT = "split", "分设"
        DISSOLVED = "dissolved", "撤销"

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="events", verbose_name="党组织")
    kind = models.CharField("变动", max_length=20, choices=Kind)
    on = models.DateField("日期")
    document = models.CharField("文号", max_length=100, blank=True)
    detail = models.CharField("说明", max_length=300, blank=True)
    old_parent = models.ForeignKey(Organization, models.PROTECT, null=True, blank=True, related_name="+")
    new_parent = models.ForeignKey(Organization, models.PROTECT, null=True, blank=True, related_name="+")
    other = models.ForeignKey(Organization, models.PROTECT, null=True, blank=True, related_name="+")
    """With whom it was merged, or split."""
    old_kind = models.CharField("原类别", max_length=20, choices=Organization.Kind, blank=True)
    new_kind = models.CharField("新类别", max_length=20, choices=Organization.Kind, blank=True)

    class Meta:
        verbose_name = "组织变动"
        ordering = ["-on", "-pk"]
        indexes = [models.Index(fields=["kind", "on"])]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="kind-changed") | (~Q(old_kind="") & ~Q(new_kind="")),
                name="change_of_kind_names_both",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.detail}"

    @classmethod
    def renaming(
        cls, organization: Organization, old: str, on: date | None = None, document: str = ""
    ) -> "OrganizationEvent":
        """Return the unsaved entry of a change of name, today if no day is given."""
        return cls(
            organization=organization,
            kind=cls.Kind.RENAMED,
            on=on or timezone.localdate(),
            document=document,
            detail=f"由{old}更名为{organization.name}",
        )

    @classmethod
    def moves_after(cls, day: date) -> models.QuerySet["OrganizationEvent"]:
        """Return the moves after a day, newest first."""
        return cls.objects.filter(kind=cls.Kind.MOVED, on__gt=day)


class Committee(Record):
    """A committee (届) of an organisation: elected on `start` for `term_years`; over when the next one starts."""

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="committees", verbose_name="党组织")
    number = models.CharField("届次", max_length=40)
    start = models.DateField("任职开始")
    term_years = models.PositiveSmallIntegerField("任期(年)", default=3)
    ended_on = models.DateField("实际届满日期", null=True, blank=True)

    objects = CommitteeQuerySet.as_manager()

    class Meta:
        verbose_name = "支部委员会"
        ordering = ["-start"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "number"], name="one_committee_per_number"),
            models.CheckConstraint(condition=Q(term_years__range=(1, 10)), name="committee_term_1_to_10"),
        ]

    def __str__(self) -> str:
        return f"{self.organization}{self.number}"

    def get_absolute_url(self) -> str:
        return reverse("branches:committee", args=[self.pk])

    @property
    def term_ends(self) -> date:
        """The day on which the term runs out, its last."""
        return self.start + relativedelta(years=self.term_years)

    @property
    def term(self) -> "Term":
        """How far the term has come today."""
        today = timezone.localdate()
        if self.ended_on is not None and self.ended_on <= today:
            return Term.SUCCEEDED
        if self.term_ends < today:
            return Term.OVER
        return next((t for t in (Term.WITHIN_3, Term.WITHIN_6) if self.term_ends <= t.limit(today)), Term.RUNNING)

    @property
    def days_left(self) -> int:
        """Days from today to the end of the term; negative once it is over."""
        return (self.term_ends - timezone.localdate()).days

    @property
    def days_over(self) -> int:
        """Days since the term was over."""
        return -self.days_left

    @atomic
    def take_office(self) -> "Committee":
        """Record this committee and join it to its neighbours.

        The one before ends on the day this one starts (and follows a correction of that day); a new one ends where a
        later one has started already.
        """
        before, others = self.before(), self.organization.committees.select_for_update(no_key=True).exclude(pk=self.pk)
        joined = Q(ended_on__isnull=True)
        if before is None:
            later = others.filter(start__gt=self.start).order_by("start").first()
            self.ended_on = later.start if later else None
        else:
            joined |= Q(ended_on=before.start)
        self.record()
        for earlier in others.filter(joined, start__lt=self.start):
            earlier.ended_on = self.start
            earlier.record()
        return self


class Term(models.TextChoices):
    """How far a committee's term has come."""

    OVER = "over", "已届满"
    WITHIN_3 = "3", "3 个月内届满"
    WITHIN_6 = "6", "6 个月内届满"
    RUNNING = "running", "任期内"
    SUCCEEDED = "succeeded", "已换届"

    @property
    def tone(self) -> str:
        """The colour of its tag."""
        return {"over": "bad", "3": "warn", "6": "warn", "running": "ok"}.get(self.value, "none")

    def limit(self, day: date) -> date:
        """Return the last end of a term that counts as being within 3 or 6 months of a day."""
        return day + relativedelta(months=int(self.value))


class CommitteeSeat(Record):
    """One seat of a committee, held by a member of the register, or by a name where the register has none."""

    class Post(models.TextChoices):
        SECRETARY = "secretary", "书记"
        DEPUTY_SECRETARY = "deputy-secretary", "副书记"
        ORGANIZATION = "organization", "组织委员"
        PUBLICITY = "publicity", "宣传委员"
        DISCIPLINE = "discipline", "纪检委员"
        UNITED_FRONT = "united-front", "统战委员"
        YOUTH = "youth", "青年委员"
        MEMBER = "member", "委员"

    committee = models.ForeignKey(Committee, models.CASCADE, related_name="seats", verbose_name="届次")
    post = models.CharField("职务", max_length=20, choices=Post, default=Post.MEMBER)
    member = models.ForeignKey(
        "members.Member", models.PROTECT, null=True, blank=True, related_name="seats", verbose_name="党员"
    )
    name = models.CharField("姓名", max_length=60)
    since = models.DateField("任职日期", null=True, blank=True, help_text="届中补选的填补选日期；不填即本届开始时。")
    left_on = models.DateField("离任日期", null=True, blank=True)

    objects = CommitteeSeatQuerySet.as_manager()

    class Meta:
        verbose_name = "支委会成员"
        ordering = ["committee", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["committee", "post", "name"], name="one_seat_per_post_and_name"),
        ]

    def __str__(self) -> str:
        return f"{self.get_post_display()} {self.name}"

    def audit_path(self) -> str:
        return self.committee.organization.path

    @atomic
    def hand_over(self, on: date, successor: "CommitteeSeat | None" = None) -> "CommitteeSeat":
        """End this seat on a day; a successor takes the same post from then on. The committee counts as changed."""
        self.left_on = on
        self.record()
        if successor is not None:
            successor.committee, successor.post, successor.since = self.committee, self.post, on
            successor.record()
        self.committee.record("change")
        return self


def organization_choices(organizations: Any) -> list[tuple[int, str]]:
    """Return choices for a select, indented by depth."""
    return [(o.pk, "　" * (o.depth - 1) + o.name) for o in organizations]

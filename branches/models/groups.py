"""Groups (党小组): who leads one, and who is in it.

The register of members keeps the group as a name (`Member.group_name`); a member belongs to the group of the branch
that has this name, or this short name.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.transactions import atomic
from branches.spans import lasting
from ledgers.models import Record
from ledgers.recording import record_all
from ledgers.scope import ScopedQuerySet

from .tree import Organization

if TYPE_CHECKING:
    from django.db.models import QuerySet


def leads_on(day: date) -> Q:
    """Return the condition that somebody led a group on a day."""
    return lasting(day, "since", "until")


class GroupLeaderQuerySet(ScopedQuerySet["GroupLeader"]):
    path = "group__path"

    def held_on(self, day: date) -> Self:
        """Keep who led a group on a day; the last day no longer counts."""
        return self.filter(leads_on(day))


class GroupLeader(Record):
    """Somebody's time as leader (党小组组长): a member of the register, or a name where the register has none."""

    group = models.ForeignKey(Organization, models.PROTECT, related_name="leaders", verbose_name="党小组")
    member = models.ForeignKey(
        "members.Member", models.PROTECT, null=True, blank=True, related_name="groups_led", verbose_name="党员"
    )
    name = models.CharField("姓名", max_length=60)
    since = models.DateField("任职日期")
    until = models.DateField("离任日期", null=True, blank=True)

    objects = GroupLeaderQuerySet.as_manager()

    class Meta:
        verbose_name = "党小组组长"
        ordering = ["group__path", "-since", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("since")), name="leader_until_later"
            ),
            models.UniqueConstraint(fields=["group"], condition=Q(until__isnull=True), name="one_leader_at_a_time"),
            models.UniqueConstraint(fields=["group", "since"], name="one_leader_per_start"),
        ]

    def __str__(self) -> str:
        return f"{self.group.label}组长 {self.name}"

    def get_absolute_url(self) -> str:
        return self.group.get_absolute_url()

    def audit_path(self) -> str:
        return self.group.path

    @property
    def is_held(self) -> bool:
        """Whether this is the leader today."""
        today = timezone.localdate()
        return self.since <= today and (self.until is None or self.until > today)

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong) of fields that do not go together."""
        since, until = values.get("since"), values.get("until")
        if since and until and until <= since:
            yield "until", f"离任日期应晚于任职日期 {since}"

    @atomic
    def take_over(self) -> "GroupLeader":
        """Record a new leader; the one before ends on the day this one starts.

        Raises ValueError with a Chinese message where another one started on that day or later.
        """
        last = self.group.leaders.select_for_update(no_key=True).order_by("-since").first()
        if last is not None and last.since >= self.since:
            raise ValueError(f"日期应晚于现任组长的任职日期 {last.since}")
        if last is not None and (last.until is None or last.until > self.since):
            last.until = self.since
            last.record()
        return self.record()


def names_of(group: Organization) -> set[str]:
    """Return the names under which the register of members knows a group."""
    return {group.name, group.short_name} - {""}


def members_of(group: Organization) -> "QuerySet[Any]":
    """Return the live members of a group: those of its branch with its name."""
    branch = Organization.objects.get_parent(group)
    members = apps.get_model("members", "Member").objects.live()
    return members.filter(branch=branch, group_name__in=names_of(group))


def follow_name(before: Organization, group: Organization) -> None:
    """Let the members of a group follow its new name in the register."""
    if group.kind != Organization.Kind.GROUP or names_of(before) == names_of(group):
        return
    left = names_of(before) - names_of(group)
    branch = Organization.objects.get_parent(group)
    people = list(
        apps.get_model("members", "Member")
        .objects.live()
        .select_related("branch")
        .filter(branch=branch, group_name__in=left)
    )
    for member in people:
        member.group_name = group.name_within[:60]
    record_all(people)


def assign(choices: Mapping[Any, Organization | None]) -> int:
    """Put members into groups of their branch, or into none; return how many have changed."""
    changed = []
    for member, group in choices.items():
        if group is not None and member.group_name in names_of(group):
            continue
        name = group.name_within[:60] if group else ""
        if member.group_name != name:
            member.group_name = name
            changed.append(member)
    record_all(changed)
    return len(changed)

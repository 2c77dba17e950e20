"""Branches that become others on a day: several merged into one, one split in two. What came before stays as it was."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_

from django.db.models import Q

from accounts.transactions import atomic
from ledgers.recording import record_all
from ledgers.registry import Registry

from .models import GroupLeader, Organization, OrganizationEvent, obstacles_of, wind_up


@dataclass(frozen=True)
class Relocation:
    """Members who go from some branches to another from a day on: those named by id, or everybody there on that day."""

    sources: Sequence[Organization]
    target: Organization
    on: date
    document: str = ""
    members: Collection[int] | None = None


Mover = Callable[[Relocation], int]
movers: Registry[Mover] = Registry()
"""How members go along, set-based, each returning how many."""


def relocate(relocation: Relocation) -> int:
    """Move the members, and return how many."""
    return sum(mover(relocation) for mover in movers)


@atomic
def merge(target: Organization, sources: Sequence[Organization], on: date, document: str = "") -> int:
    """Merge branches into `target` from a day on: their members go there, they and their groups are dissolved.

    Returns how many members moved. Raises ValueError with a Chinese message where the merger makes no sense.
    """
    if not sources:
        raise ValueError("请选择并入的党支部")
    if not target.is_branch or target.dissolved_on is not None:
        raise ValueError(f"{target.name}不是在册的党支部，不能并入")
    target.check_day_of_change(on)
    for source in sources:
        if source.pk == target.pk or not source.is_branch:
            raise ValueError(f"{source.name}不能并入{target.name}")
        if source.dissolved_on is not None:
            raise ValueError(f"{source.name}已经在 {source.dissolved_on} 撤销")
        try:
            source.check_day_of_change(on)
        except ValueError as refusal:
            raise ValueError(f"{source.name}：{refusal}") from refusal
    ending = [*sources, *_below(sources)]
    if late := [group for group in ending if group.established and group.established > on]:
        raise ValueError(f"{late[0].name}到 {late[0].established} 才成立，请核对合并日期")
    if obstacles := obstacles_of([one.pk for one in ending], on):
        raise ValueError("；".join(obstacles))
    moved = relocate(Relocation(sources, target, on, document))
    for organization in ending:
        organization.dissolved_on = on
    record_all(ending, "dissolve")
    wind_up(ending, on)
    kinds = OrganizationEvent.Kind
    names = "、".join(source.name for source in sources)
    record_all(
        [
            *(
                OrganizationEvent(
                    organization=source,
                    kind=kinds.MERGED,
                    on=on,
                    document=document,
                    other=target,
                    detail=f"并入{target.name}",
                )
                for source in sources
            ),
            OrganizationEvent(
                organization=target,
                kind=kinds.MERGED,
                on=on,
                document=document,
                other=sources[0] if len(sources) == 1 else None,
                detail=f"{names}并入"[:300],
            ),
            *(
                OrganizationEvent(
                    organization=group,
                    kind=kinds.DISSOLVED,
                    on=on,
                    document=document,
                    detail=f"随支部合并撤销{group.name}",
                )
                for group in ending[len(sources) :]
            ),
        ]
    )
    return moved


@atomic
def split(
    source: Organization, part: Organization, members: Collection[int], on: date, document: str = ""
) -> Organization:
    """Found `part`, a new branch beside `source`, with some of its members (by id) from a day on.

    Raises ValueError with a Chinese message where that makes no sense.
    """
    if not source.is_branch or source.dissolved_on is not None:
        raise ValueError(f"{source.name}不是在册的党支部，不能分设")
    if not part.is_branch:
        raise ValueError("分设出来的应是党支部")
    if not members:
        raise ValueError("请选择转到新支部的党员")
    source.check_day_of_change(on)
    part.established = on
    part.place_under(Organization.objects.get_parent(source, update=True))
    relocate(Relocation([source], part, on, document, members))
    leaders = list(
        GroupLeader.objects.select_related("group").filter(
            Q(until__isnull=True) | Q(until__gt=on), group__in=_below([source]), member__in=members, since__lt=on
        )
    )
    for leader in leaders:
        leader.until = on
    record_all(leaders)
    kind = OrganizationEvent.Kind.SPLIT
    record_all(
        [
            OrganizationEvent(
                organization=part,
                kind=kind,
                on=on,
                document=document,
                other=source,
                detail=f"由{source.name}分设，转入党员 {len(members)} 名",
            ),
            OrganizationEvent(
                organization=source,
                kind=kind,
                on=on,
                document=document,
                other=part,
                detail=f"分设{part.name}，转出党员 {len(members)} 名",
            ),
        ]
    )
    return part


def _below(organizations: Sequence[Organization]) -> list[Organization]:
    """Return what stands below branches and is not dissolved: their groups."""
    inside = reduce(or_, (o.subtree() for o in organizations))
    return list(Organization.objects.undissolved().filter(inside).exclude(pk__in=[o.pk for o in organizations]))

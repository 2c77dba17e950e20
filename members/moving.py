"""Members, and people on the way into the Party, who go along when branches are merged or split: set-based."""

from collections.abc import Collection, Iterator
from datetime import date

from django.db.models import Q

from branches.restructuring import Relocation
from ledgers.recording import record_all

from .models import DevelopmentCase, Membership, Transfer


def relocate(relocation: Relocation) -> int:
    """Cut the memberships at the day and continue them in the other branch; return how many members are there now.

    What lies before the day is not touched, so that past numbers stay; what began on it or later moves as a whole.
    """
    on, target = relocation.on, relocation.target
    spans = Membership.objects.filter(Q(end__isnull=True) | Q(end__gt=on), branch__in=relocation.sources)
    if relocation.members is not None:
        spans = spans.filter(member__in=relocation.members)
    held = list(spans.select_related("member", "branch"))
    later: list[Membership] = []
    for span in held:
        if span.start >= on:
            span.branch = target
            continue
        later.append(
            Membership(
                member=span.member,
                branch=target,
                start=on,
                end=span.end,
                came_by=Membership.Event.MOVED,
                left_by=span.left_by,
                document=span.document,
                employment=span.employment,
                is_floating=span.is_floating,
            )
        )
        span.end, span.left_by, span.document = on, Membership.Event.MOVED.value, relocation.document
    record_all(held)  # what is shortened makes room for what is new
    record_all(later)
    sources = {branch.pk for branch in relocation.sources}
    people = {span.member_id: span.member for span in held if span.member.branch_id in sources}
    for member in people.values():
        member.branch, member.group_name, member.basis = target, "", relocation.document
    record_all(list(people.values()))
    cases = DevelopmentCase.objects.filter(branch__in=relocation.sources)
    if relocation.members is not None:
        cases = cases.filter(member__in=relocation.members)
    cases.carry_on(target, on, f"随支部调整转到{target.name}"[:200])
    return sum(member.left_on is None for member in people.values())


def obstacles(branches: Collection[int], on: date) -> Iterator[str]:
    """Yield what keeps branches from ending: letters of transfer that nobody has answered."""
    waiting = Transfer.objects.filter(
        Q(organization__in=branches) | Q(receiver__in=branches), state=Transfer.State.ISSUED
    ).count()
    if waiting:
        yield f"还有 {waiting} 件组织关系转接没有办结，请先办结"

"""Practices worth telling on an organisation's page and on the workbench."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.db.models import Count, Min
from django.urls import reverse

from accounts.models import User
from accounts.permissions import Right
from branches.models import Organization
from branches.panels.registry import Panel
from branches.panels.todos import Todo
from ledgers.ledger import Query
from ledgers.ledger import get as get_ledger
from ledgers.period import Period
from ledgers.scope import may

from ..models import Practice
from ..models.practices import State, may_judge
from .concerns import figures_of, new_record

SHOWN = 5
FIGURES = ("practices.written", "practices.offered", "practices.accepted")


def _practices(organization: Organization, period: Period, user: User) -> Mapping[str, Any] | None:
    """The period's numbers, and the latest of any time."""
    if organization.kind == Organization.Kind.GROUP or not may(user, Right.ACTIVITIES_VIEW, organization):
        return None
    held = Practice.objects.visible_to(user).under(organization).select_related("organization")
    rows = list(held.order_by("-written_on", "-pk")[:SHOWN])
    create = new_record("activities:practice-create", organization, user)
    if organization.is_branch and not rows and not create:
        return None
    figures = figures_of(FIGURES, organization, period)
    return {"figures": figures, "rows": rows, "create": create, "note": period.label}


PANELS = (Panel("经验做法", "activities/panels/practices.html", _practices, order=56),)


def practices_waiting(organization: Organization, user: User, today: date) -> Iterator[Todo]:
    """Yield what the street has to decide on, and what came back to its writers; one query."""
    kinds = []
    if may_judge(user, organization):
        kinds.append((State.OFFERED, "warn", "待采用", "{} 条经验做法等待采用"))
    if may(user, Right.ACTIVITIES_EDIT, organization):
        kinds.append((State.RETURNED, "none", "退回", "{} 条经验做法被退回，改好后重新报送"))
    if not kinds:
        return
    wanted = {state.value: state.condition() for state, *_ in kinds}
    found = (
        Practice.objects.visible_to(user)
        .under(organization)
        .order_by()
        .aggregate(
            **{name: Count("pk", filter=condition) for name, condition in wanted.items()},
            **{f"{name}_one": Min("pk", filter=condition) for name, condition in wanted.items()},
        )
    )
    for state, tone, word, text in kinds:
        number = found[state.value]
        if number == 1:
            url = reverse("activities:practice", args=[found[f"{state.value}_one"]])
        else:
            url = get_ledger("practices").url(Query(organization, filters={"state": state.value}))
        if number:
            yield Todo(tone, word, text.format(number), url)

"""The tree of organisations, opened step by step, and the search in it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from accounts.permissions import Right, access_of
from branches.models import Organization
from branches.panels.tree import Figure, numbers_of
from branches.querysets import OrganizationQuerySet
from ledgers.requests import PortalRequest

STEP = Organization.steplen
FOUND_SHOWN = 100


@dataclass
class Node:
    """One line of the tree: what is told of the organisation, and what stands below it as far as it was read."""

    organization: Organization
    numbers: list[Figure | None]
    is_open: bool = False
    below: list["Node"] = field(default_factory=list)
    trail: str = ""
    """In a search: where it stands."""


@require_GET
def tree(request: PortalRequest) -> HttpResponse:
    """Show the tree from the top of the user's scope, opened down to the chosen organisation or the one in `open`.

    With `under`, only what stands directly below one organisation: a fragment. With `q`, what the search finds.
    """
    shown = Organization.objects.visible_to(request.user)
    if not request.GET.get("dissolved"):
        shown = shown.undissolved()
    text = request.GET.get("q", "").strip()[:100]
    context = {"text": text, "dissolved": bool(request.GET.get("dissolved")), "as_of": request.chosen_period.as_of()}
    context["may_create"] = access_of(request.user).has(Right.ORGANIZATIONS_EDIT)
    if under := request.GET.get("under"):
        parent = get_object_or_404(Organization.objects.visible_to(request.user), code=under)
        rows = shown.filter(parent.subtree(), depth=parent.depth + 1)
        return render(request, "branches/_nodes.html", context | {"nodes": _nodes(request, rows)})
    if text:
        nodes, more = _found(request, shown, text)
        return render(request, "branches/tree.html", context | {"nodes": nodes, "more": more, "shown": FOUND_SHOWN})
    return render(request, "branches/tree.html", context | {"nodes": _opened(request, shown)})


def _nodes(request: PortalRequest, rows: Iterable[Organization]) -> list[Node]:
    found = list(rows)
    numbers = numbers_of(found, request.chosen_period)
    return [Node(organization, numbers[organization.pk]) for organization in found]


def _opened(request: PortalRequest, shown: OrganizationQuerySet) -> list[Node]:
    """Return the tops of the user's scope, with everything on the way to the organisation at hand."""
    tops = access_of(request.user).paths(Right.ORGANIZATIONS_VIEW)
    if tops is None:
        tops = list(Organization.objects.filter(depth=1).values_list("path", flat=True))
    at = _at_hand(request)
    way = {at[:end] for end in range(STEP, len(at) + 1, STEP)}
    opened = {path for path in way if path.startswith(tuple(tops))} | (set(tops) if len(tops) == 1 else set())
    wanted = Q(path__in=tops)
    for path in opened:
        wanted |= Q(depth=len(path) // STEP + 1, path__gte=path, path__lte=path + "Z" * STEP)
    nodes = {node.organization.path: node for node in _nodes(request, shown.filter(wanted))}
    for path, node in nodes.items():
        node.is_open = path in opened
        above = nodes.get(path[:-STEP])
        if above is not None and path not in tops:
            above.below.append(node)
    return [nodes[path] for path in tops if path in nodes]


def _at_hand(request: PortalRequest) -> str:
    """Return the path of the organisation to open down to."""
    code = request.GET.get("open")
    if code:
        asked = Organization.objects.visible_to(request.user).filter(code=code).first()
        if asked is not None:
            return asked.path
    return request.chosen_organization.path if request.chosen_organization else ""


def _found(request: PortalRequest, shown: OrganizationQuerySet, text: str) -> tuple[list[Node], bool]:
    """Return what has the text in its name or code, each with where it stands, and whether there is more."""
    hits = shown.filter(Q(name__icontains=text) | Q(short_name__icontains=text) | Q(code__icontains=text))
    rows = list(hits[: FOUND_SHOWN + 1])
    nodes = _nodes(request, rows[:FOUND_SHOWN])
    ways = {
        node.organization.path: [node.organization.path[:end] for end in range(STEP, len(node.organization.path), STEP)]
        for node in nodes
    }
    above = Organization.objects.visible_to(request.user).filter(path__in={p for way in ways.values() for p in way})
    labels = {organization.path: organization.label for organization in above}
    for node in nodes:
        node.trail = " / ".join(labels[path] for path in ways[node.organization.path] if path in labels)
    return nodes, len(rows) > FOUND_SHOWN

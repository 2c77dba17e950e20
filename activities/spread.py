"""How projects spread: which was replicated from which, as a forest, laid out as boxes and lines."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Q, Sum

from accounts.models import User
from ledgers.ledger import Query
from ledgers.ledger import get as get_ledger
from ledgers.views import EVER

from .models import BrandProject, ServiceEvent

WIDTH, HEIGHT = 190, 46
GAP_X, GAP_Y = 50, 12
SHOWN_CHARACTERS = 12


@dataclass
class Node:
    """One project in the drawing; lengths are in the units of the drawing's view box."""

    project: BrandProject
    depth: int
    x: int = 0
    y: float = 0
    served: int = 0
    children: list["Node"] = field(default_factory=list)

    @property
    def source_label(self) -> str:
        """Where it was replicated from."""
        source = self.project.source
        return f"{source.organization.label}：{source.name}" if source else ""

    @property
    def services_url(self) -> str:
        """Address of the services behind the number of people reached."""
        return _services_url([self.project.pk])

    @property
    def title(self) -> str:
        """The community, short enough for its box."""
        return _short(self.project.organization.label)

    @property
    def subtitle(self) -> str:
        """The project's name, short enough for its box."""
        return _short(self.project.name)

    @property
    def text_x(self) -> int:
        """Where its words begin."""
        return self.x + 10

    @property
    def lines_y(self) -> tuple[float, float]:
        """Where its two lines of words stand."""
        return self.y + 19, self.y + 37


@dataclass
class Family:
    """A project and everything that was replicated from it, the first one first."""

    root: Node
    nodes: list[Node]
    width: int
    height: int
    lines: list[str]
    box_width = WIDTH
    box_height = HEIGHT

    @property
    def places(self) -> int:
        """In how many organisations it is."""
        return len({node.project.organization_id for node in self.nodes})

    @property
    def services_url(self) -> str:
        """Address of the services of all of them."""
        return _services_url([node.project.pk for node in self.nodes])

    @property
    def served(self) -> int:
        """How many people all of them reached."""
        return sum(node.served for node in self.nodes)


def families(user: User) -> list[Family]:
    """Return what was replicated among the projects that a user sees, the widest spread first; two queries.

    Where the source is out of sight, the copy stands as the first.
    """
    linked = Q(source__isnull=False) | Q(copies__isnull=False)
    rows = (
        BrandProject.objects.visible_to(user)
        .filter(linked)
        .distinct()
        .select_related("organization", "source__organization")
    )
    projects = {one.pk: one for one in rows.order_by("start", "pk")}
    served = dict(
        ServiceEvent.objects.filter(project__in=list(projects))
        .order_by()
        .values_list("project")
        .annotate(Sum("served"))
    )
    copies: dict[int | None, list[BrandProject]] = defaultdict(list)
    for one in projects.values():
        copies[one.source_id if one.source_id in projects else None].append(one)

    def grow(project: BrandProject, depth: int) -> Node:
        node = Node(project, depth, served=served.get(project.pk) or 0)
        node.children = [grow(copy, depth + 1) for copy in copies.get(project.pk, ())]
        return node

    found = [_laid_out(grow(root, 0)) for root in copies[None]]
    return sorted((one for one in found if len(one.nodes) > 1), key=lambda one: -len(one.nodes))


def family_of(project: BrandProject, user: User) -> Family | None:
    """Return the family that a project belongs to; None where it is alone."""
    return next((one for one in families(user) if any(node.project.pk == project.pk for node in one.nodes)), None)


def _laid_out(root: Node) -> Family:
    """Put every node in its column, a parent in the middle of its children."""
    nodes: list[Node] = []
    row = 0

    def place(node: Node) -> None:
        nonlocal row
        nodes.append(node)
        node.x = node.depth * (WIDTH + GAP_X)
        for child in node.children:
            place(child)
        if node.children:
            node.y = (node.children[0].y + node.children[-1].y) / 2
        else:
            node.y = row * (HEIGHT + GAP_Y)
            row += 1

    place(root)
    width = max(node.x for node in nodes) + WIDTH
    return Family(root, nodes, width, row * (HEIGHT + GAP_Y) - GAP_Y, [*_lines(nodes)])


def _lines(nodes: Iterable[Node]) -> Iterable[str]:
    """Yield the path of each line from a project to its copy."""
    for node in nodes:
        x, y = node.x + WIDTH, node.y + HEIGHT / 2
        for child in node.children:
            to = child.y + HEIGHT / 2
            middle = x + GAP_X / 2
            yield f"M{x} {y:g} C{middle:g} {y:g} {middle:g} {to:g} {child.x} {to:g}"


def _services_url(projects: Iterable[int]) -> str:
    query = Query(filters={"project": ",".join(map(str, projects))})
    return f"{get_ledger('services').url(query)}&period={EVER}"


def _short(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"

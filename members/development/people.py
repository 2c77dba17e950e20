"""Mentors, sponsors and others named at a step, matched with the register of members."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from accounts.models import User
from ledgers import parsing
from members.models import Member

Named = Mapping[str, Sequence[tuple[int, int]]]
"""Name → [(member id, branch id)] of the full members who have it."""


def names_in(text: str) -> list[str]:
    """Return the names in a text such as 张三、李四, each written as the register writes it."""
    return [parsing.person_name(name) for name in re.split(r"[、，,;；/\s]+", text.strip()) if name]


def written(names: Iterable[str]) -> str:
    """Return names as they are stored and shown."""
    return "、".join(names)


def named(user: User, names: Iterable[str]) -> Named:
    """Return who of the full members in the register, within the user's sight, has these names; one query."""
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    wanted = set(names)
    if wanted:
        rows = Member.objects.visible_to(user).live().filter(name__in=wanted, category=Member.Category.FULL)
        for name, pk, branch in rows.values_list("name", "pk", "branch_id"):
            found[name].append((pk, branch))
    return found


def placed(names: Sequence[str], branch_id: int, known: Named) -> list[int | None]:
    """Return the member behind each name: the only one in the branch, else the only one anywhere, else None."""
    found: list[int | None] = []
    for name in names:
        everywhere = known.get(name, ())
        here = [pk for pk, branch in everywhere if branch == branch_id] or [pk for pk, _ in everywhere]
        found.append(here[0] if len(here) == 1 else None)
    return found

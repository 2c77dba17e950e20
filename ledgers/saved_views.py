"""Saved views of a list (我的视图): what is kept of how somebody looks at it, and what of that holds when opened again.

A view outlives what it was made with: filters that a ledger has lost since, values no longer offered and branches out
of sight are left out when it is opened, and the person is told.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Max

from accounts.models import User
from accounts.transactions import atomic

from . import branch_filter
from .branch_filter import BRANCH
from .ledger import PICKED, BadQuery, Ledger, Query, period_of
from .models import SavedView
from .period import Period

VIEW = "view"
"""Name, in a list's query string, of the view that is open."""
EVER = "all"
MOST = 20
"""Views that one person keeps of one ledger: a row of tabs that can be read."""
NAME_LENGTH = 20
_PERSONAL_NUMBER = re.compile(r"[0-9０-９]{6,}")


class Unsavable(ValueError):
    """A view that cannot be kept. The message is Chinese, for the person."""


def of(user: Any, ledger: Ledger) -> list[SavedView]:
    """Return the user's views of a ledger, in their order."""
    return list(SavedView.objects.visible_to(user).filter(ledger=ledger.slug))


def kept(ledger: Ledger, params: Mapping[str, str], period: Period) -> tuple[dict[str, str], bool]:
    """Return what of a list's query string a view keeps, and whether a search for a personal number was left out.

    Whose rows and of when follow the choice at the top of the page, unless another time was asked for by name.
    """
    names = [BRANCH, *(name for name in ledger.by_name if name != PICKED), "sort", "q"]
    found = {name: params[name] for name in names if params.get(name)}
    if params.get("period") and params["period"] != period.code and ledger.date:
        found["period"] = params["period"]
    secret = bool(_PERSONAL_NUMBER.search(found.get("q", "")))
    if secret:
        del found["q"]
    return found, secret


def name_for(user: User, ledger: Ledger, name: str, itself: SavedView | None = None) -> str:
    """Return the name as it will stand. Raises Unsavable for one that cannot be."""
    name = " ".join(name.split())
    if not name:
        raise Unsavable("请给视图起个名称")
    if len(name) > NAME_LENGTH:
        raise Unsavable(f"视图名称最多 {NAME_LENGTH} 个字，现在是 {len(name)} 个")
    if _PERSONAL_NUMBER.search(name):
        raise Unsavable("视图名称里不要写身份证号、手机号这样的号码")
    others = SavedView.objects.visible_to(user).filter(ledger=ledger.slug, name=name)
    if (others.exclude(pk=itself.pk) if itself else others).exists():
        raise Unsavable(f"已经有名称是“{name}”的视图，请换一个")
    return name


@atomic
def save(user: User, ledger: Ledger, name: str, query: Mapping[str, str], columns: Sequence[str]) -> SavedView:
    """Keep a new view, after the others. Raises Unsavable."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # one person's two presses, one after the other
    mine = SavedView.objects.visible_to(user).filter(ledger=ledger.slug)
    if mine.count() >= MOST:
        raise Unsavable(f"一个台账最多存 {MOST} 个视图，请先删去用不着的")
    last = mine.aggregate(last=Max("order"))["last"] or 0
    view = SavedView(user=user, ledger=ledger.slug, name=name_for(user, ledger, name), order=last + 1)
    view.query, view.columns = dict(query), list(columns)
    view.save()
    return view


def usable(ledger: Ledger, view: SavedView, user: User, place: Any) -> tuple[dict[str, str], list[str]]:
    """Return the view's query as far as it can be followed today, and what of it is left out, in words."""
    params: dict[str, str] = {}
    lost = []
    for name, value in sorted(view.query.items()):  # PostgreSQL keeps no order
        if name == BRANCH:
            found = branch_filter.narrowed(ledger, user, place, value)
            if found is None or found.code != value:
                lost.append("党支部")
                continue
        elif name == "sort":
            if not any(c.key == value.lstrip("-") for c in ledger.columns if c.sortable and c.path):
                continue
        elif name == "period":
            try:
                if value != EVER:
                    period_of(value)
            except BadQuery:
                lost.append("时间")
                continue
        elif name != "q":
            if name not in ledger.by_name:
                lost.append("")
                continue
            try:
                ledger.condition({name: value}, Query())
            except BadQuery:
                lost.append(ledger.by_name[name].label)
                continue
        params[name] = value
    return params, lost


@atomic
def move_forward(view: SavedView) -> None:
    """Put a view before the one that stands before it."""
    mine = list(SavedView.objects.filter(user=view.user_id, ledger=view.ledger).select_for_update(no_key=True))
    at = next((place for place, each in enumerate(mine) if each.pk == view.pk), 0)
    if at:
        mine[at - 1 : at + 1] = mine[at], mine[at - 1]
    for place, each in enumerate(mine, 1):
        each.order = place
    SavedView.objects.bulk_update(mine, ["order"])

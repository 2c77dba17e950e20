"""Which minutes say nearly the same as others: found by fingerprints, measured on the texts, shown side by side.

A text is taken as the set of its runs of four letters (shingles), without digits, so that another date or head count
makes no other text. Its fingerprint keeps the smallest hash in each of 64 bins, in 16 bands of four; two texts that
share two thirds of their shingles agree on a band nearly always, so that one indexed look finds them among a million.
That two minutes are alike says nothing about why: a person looks at both.
"""

import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Count, Max

from accounts.models import User
from accounts.transactions import atomic

from .fulltext import Piece
from .models import Activity, MinutesBand

SHINGLE = 4
SHORTEST = 40
"""Shingles that a text needs to be compared: two that are only “参观见学” are no copies."""
BANDS, ROWS = 16, 4
ALIKE = 0.6
"""Share of common shingles from which on a person is asked to look."""
SHOWN, LOOKED_AT = 3, 30
AT_ONCE = 200
"""Activities that get their fingerprints while somebody waits for a page."""
SAME_RUN = 6
"""Letters in a row that stand in both texts before they are marked."""


def text_of(activity: Activity) -> str:
    """Return what is compared: content and resolution."""
    return f"{activity.content}\n{activity.resolution}"


def shingles(text: str) -> frozenset[str]:
    """Return the runs of four letters that a text holds, whatever stands between the letters."""
    letters = "".join(re.findall(r"[^\W\d_]+", text))
    return frozenset(letters[i : i + SHINGLE] for i in range(len(letters) - SHINGLE + 1))


def share(one: frozenset[str], other: frozenset[str]) -> float:
    """Return how much two texts have in common: common shingles as a share of all, 0 to 1."""
    return len(one & other) / len(one | other) if one or other else 0.0


def bands(activity_id: int, found: frozenset[str]) -> list[int]:
    """Return the fingerprint of a text, one number a band, or one number that fits no other for a short text."""
    if len(found) < SHORTEST:
        return [-activity_id]
    bins: list[int | None] = [None] * (BANDS * ROWS)
    for shingle in found:
        mixed = zlib.crc32(shingle.encode()) * 0x9E3779B97F4A7C15 & (1 << 64) - 1
        place, value = mixed >> 58, mixed >> 16 & 0xFFFFFFFF
        held = bins[place]
        bins[place] = value if held is None else min(held, value)
    filled = [value for value in bins if value is not None]
    # An empty bin takes what the next filled one holds: the same one for texts that are alike.
    for place in reversed(range(len(bins))):
        if bins[place] is None:
            bins[place] = bins[place + 1] if place + 1 < len(bins) else filled[0]
    return [
        band << 32 | zlib.crc32(",".join(map(str, bins[band * ROWS : (band + 1) * ROWS])).encode())
        for band in range(BANDS)
    ]


# On record


@atomic
def catch_up(limit: int = AT_ONCE) -> int:
    """Give the next activities without a fingerprint theirs, in the order they were entered; return how many."""
    last = MinutesBand.objects.aggregate(Max("activity_id"))["activity_id__max"] or 0
    rows = Activity.objects.filter(pk__gt=last).order_by("pk").only("content", "resolution")[:limit]
    return _keep(rows)


def is_behind(activity: Activity) -> bool:
    """Say whether other minutes wait for their fingerprint, so that one like this may not have been found yet."""
    last = MinutesBand.objects.aggregate(Max("activity_id"))["activity_id__max"] or 0
    return Activity.objects.filter(pk__gt=last).exclude(pk=activity.pk).exists()


def _keep(rows: Iterable[Activity]) -> int:
    fresh = {row.pk: bands(row.pk, shingles(text_of(row))) for row in rows}
    MinutesBand.objects.bulk_create(
        [MinutesBand(activity_id=pk, value=value) for pk, values in fresh.items() for value in values],
        batch_size=2000,
        ignore_conflicts=True,
    )
    return len(fresh)


def clear_orphans() -> int:
    """Delete the fingerprints of activities that are gone; return how many bands that were."""
    return MinutesBand.objects.exclude(activity__in=Activity.objects.all()).delete()[0]


@atomic
def renew(activity: Activity) -> list[int]:
    """Return the fingerprint of the activity as it stands, and put it on record where an older one stands there."""
    wanted = bands(activity.pk, shingles(text_of(activity)))
    held = set(MinutesBand.objects.filter(activity=activity).values_list("value", flat=True))
    if held and held != set(wanted):  # where there is none, its turn comes with `catch_up`
        MinutesBand.objects.filter(activity=activity).delete()
        _keep([activity])
    return wanted


# What is alike


@dataclass(frozen=True)
class Alike:
    """Another activity whose minutes say nearly the same as this one's."""

    activity: Activity
    other: Activity
    share: float

    @cached_property
    def percent(self) -> int:
        """The share as people read it; 100 only for the same words."""
        return int(self.share * 100)


def alike(activity: Activity, user: User) -> list[Alike]:
    """Return the activities that the user may see whose minutes are most like this one's; a fixed number of queries."""
    mine = shingles(text_of(activity))
    catch_up()
    wanted = renew(activity)
    if len(mine) < SHORTEST:
        return []
    shared = MinutesBand.objects.visible_to(user).filter(value__in=wanted).exclude(activity=activity)
    if activity.united_id:  # the parts of one united activity say the same
        shared = shared.exclude(activity__united=activity.united_id)
    likely = shared.values_list("activity").annotate(bands=Count("pk")).order_by("-bands", "-activity")[:LOOKED_AT]
    others = Activity.objects.filter(pk__in=[pk for pk, _ in likely]).select_related("organization")
    found = [Alike(activity, other, share(mine, shingles(text_of(other)))) for other in others]
    return sorted((one for one in found if one.share >= ALIKE), key=lambda one: (-one.share, one.other.pk))[:SHOWN]


def common(text: str, other: str) -> list[Piece]:
    """Return the text cut into what stands in the other one as well (`hit`) and what does not."""
    places = [found.start() for found in re.finditer(r"[^\W_]", text)]
    letters = "".join(text[place] for place in places)
    theirs = "".join(re.findall(r"[^\W_]+", other))
    runs = {theirs[i : i + SAME_RUN] for i in range(len(theirs) - SAME_RUN + 1)}
    same = [False] * len(text)
    for i in range(len(letters) - SAME_RUN + 1):
        if letters[i : i + SAME_RUN] in runs:
            first, last = places[i], places[i + SAME_RUN - 1]
            same[first : last + 1] = [True] * (last + 1 - first)
    return _pieces(text, same)


def _pieces(text: str, same: Sequence[bool]) -> list[Piece]:
    found: list[Piece] = []
    start = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or same[end] != same[start]:
            found.append(Piece(text[start:end], same[start]))
            start = end
    return found

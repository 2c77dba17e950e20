"""Names and organisations of minutes against the registers."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from pypinyin import Style, pinyin

from .people import NOBODY, POSTED, bare_name
from .spelling import DOTS, HAN

_GROUPS = "日曰 末未 已己巳 土士 干千于 人入 天夫 大太 王玉 目自 乌鸟 兔免 治冶 戌戊戍"
# Characters that look alike, and that the reading of a picture takes for one another.
_ALIKE = str.maketrans({character: group[0] for group in _GROUPS.split() for character in group})


def with_names_parted(text: str, roster: Iterable[str]) -> str:
    """Return a text in which names of the register that run into one another are apart: 秦岚闻静 → 秦岚、闻静.

    Who reads a picture loses the blanks between them.
    """
    known = {_roster_key(one) for one in roster}
    return re.sub(rf"[{HAN}]{{4,}}", lambda run: "、".join(_parted(run[0], known) or [run[0]]), text)


def _parted(name: str, known: Collection[str]) -> list[str]:
    """Return the names that a run of characters is made of, [] where it is none of names alone."""
    ways: list[list[str] | None] = [[], *[None] * len(name)]
    for end in range(2, len(name) + 1):
        for size in (2, 3, 4):
            before = ways[end - size] if end >= size else None
            if before is not None and name[end - size : end] in known:
                ways[end] = [*before, name[end - size : end]]
                break
    return ways[-1] or []


@dataclass
class RosterMatch:
    """Names of minutes against a roster of members; each name is a key of, or in, exactly one of the four.

    `matched`: the one member of that name. `namesakes`: all members of that name, a person must choose.
    `near`: (member id, name) of up to five members whose name is one character off or sounds the same, those that
    sound the same first: to be asked about, never assumed. `unknown`: nobody like that.
    """

    matched: dict[str, int] = field(default_factory=dict)
    namesakes: dict[str, list[int]] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    near: dict[str, list[tuple[int, str]]] = field(default_factory=dict)


def match_roster(
    names: Sequence[str], roster: Sequence[tuple[int, str]], posts: Mapping[int, str] | None = None
) -> RosterMatch:
    """Match names as written, titles and 等 stripped, against the roster's (member id, name).

    `posts` are the posts that members hold (书记, 组织委员 …): who is called by one (秦书记) is the member of that
    surname who holds it.
    """
    result = RosterMatch()
    ids: dict[str, list[int]] = {}
    alike: dict[str, list[int]] = {}
    for member, written in roster:
        ids.setdefault(_roster_key(written), []).append(member)
        alike.setdefault(_roster_key(written).translate(_ALIKE), []).append(member)
    for name in dict.fromkeys(names):
        key = _roster_key(name)
        if key not in ids and (holder := _holder(key, roster, posts or {})):
            result.matched[name] = holder
            continue
        if key not in ids:
            key = _roster_key(bare_name(re.sub(r"[（(].*?[）)]", "", key)))
        found = ids.get(key) or alike.get(key.translate(_ALIKE), [])
        if len(found) == 1:
            result.matched[name] = found[0]
        elif found:
            result.namesakes[name] = found
        elif near := _near(key, roster):
            result.near[name] = near
        elif key and not NOBODY.fullmatch(key):
            result.unknown.append(name)
    return result


def _holder(key: str, roster: Sequence[tuple[int, str]], posts: Mapping[int, str]) -> int | None:
    """Return the one member whom a surname with a post, or a familiar name, can mean; None where that is not certain.

    Where nobody is known to hold the post, the only member of that surname is meant; a post that somebody else holds,
    or one of outside (主任), means nobody here.
    """
    key = re.sub("^(?:党?支部)?(?=书记$)", "", key)
    if key in ("书记", "支书"):
        found = [member for member, post in posts.items() if post == "书记" and member in {pk for pk, _ in roster}]
        return found[0] if len(found) == 1 else None
    called = POSTED.fullmatch(key)
    if called is None or called["post"] in ("主任", "老师", "师傅", "工", "第一书记"):
        return None
    surname = called["surname"] or called["called"]
    alike = [member for member, name in roster if _roster_key(name).startswith(surname)]
    post = {"支书": "书记"}.get(called["post"] or "", called["post"] or "")
    if post in ("书记", "副书记", "委员") or post.endswith("委员"):
        holders = [member for member, held in posts.items() if held == post or (post == "委员" and held)]
        if holders:
            alike = [member for member in alike if member in holders]
    return alike[0] if len(alike) == 1 else None


def _roster_key(name: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", name)).translate(DOTS)


@lru_cache(maxsize=20_000)
def _sounds(char: str) -> frozenset[str]:
    """All readings of a character without tones (曾: zeng, ceng)."""
    return frozenset(pinyin(char, style=Style.NORMAL, heteronym=True)[0])


def _near(key: str, roster: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    ranked: list[tuple[int, int, str]] = []
    for member, name in roster:
        other = _roster_key(name)
        if len(other) == len(key) > 1 and all(
            a == b or _sounds(a) & _sounds(b) for a, b in zip(key, other, strict=True)
        ):
            ranked.append((0, member, name))
        elif _one_off(key, other):
            ranked.append((1, member, name))
    return [(member, name) for _, member, name in sorted(ranked, key=lambda row: row[0])[:5]]


def _one_off(one: str, other: str) -> bool:
    """Whether one character replaced, added or left out turns one name (2 characters or more) into the other."""
    short, long = sorted((one, other), key=len)
    if len(short) < 2 or len(long) - len(short) > 1:
        return False
    start = next((i for i, char in enumerate(short) if char != long[i]), len(short))
    return short[start + (len(short) == len(long)) :] == long[start + 1 :]


def match_organization(text: str, organizations: Sequence[tuple[int, str, str]]) -> int | None:
    """Find the organisation that a text (best its title) names among (id, name, short name); None when ambiguous.

    The longest full name contained counts, in the first lines before the whole text, then short names, then names
    without 社区 and 街道. “中共……第二支部委员会”, “第2支部” and “第二党支部” are the same branch.
    """
    lines = [line for line in text.split("\n") if line.strip()]
    for shorten in (lambda name: name, _without_area):
        for position in (1, 2):
            keys = [(row[0], shorten(_organization_key(str(row[position])))) for row in organizations if row[position]]
            for part in dict.fromkeys(("".join(lines[:5]), "".join(lines))):
                written = shorten(_organization_key(part))
                # “东风社区党委第二党支部” names a branch by way of the committee above it.
                hits = _contained(written, keys) + _contained(re.sub("(?<=社区)党委(?=第)", "", written), keys)
                if hits:
                    return _only(hits)
    return None


def _without_area(name: str) -> str:
    return re.sub("社区|街道", "", name)


def _organization_key(name: str) -> str:
    """One spelling for the ways a Party organisation is called."""
    key = re.sub(r"\s|中国共产党|中共", "", unicodedata.normalize("NFKC", name))
    key = re.sub(r"(?<=第)\d{1,2}(?=[党支总])|\d{1,2}(?=党?支部)", lambda found: _in_chinese(int(found[0])), key)
    key = re.sub("党?总支部?(?:委员会)?", "党总支", key)
    key = re.sub("(?<!总)党?支部(?:委员会)?", "党支部", key)
    key = re.sub("(?<=街道)(?:党?工作委员会|工委)", "党工委", key)
    return re.sub("(?<=社区)(?:党?委员会)", "党委", key)


def _in_chinese(number: int) -> str:
    tens, units = divmod(number, 10)
    digits = "〇一二三四五六七八九"
    return (("" if tens == 1 else digits[tens]) + "十" if tens else "") + (digits[units] if units or not tens else "")


def _contained(text: str, keys: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """The organisations whose name is in the text other than only as a part of a longer one's name."""
    hits: list[tuple[int, str]] = []
    for organization, key in sorted(keys, key=lambda pair: len(pair[1]), reverse=True):
        longer = [other for _, other in hits if key in other and other != key]
        rest = text
        for other in longer:
            rest = rest.replace(other, "\n")
        if len(key) > 2 and key in rest:
            hits.append((organization, key))
    return hits


def _only(hits: Sequence[tuple[int, str]]) -> int | None:
    """The organisation of the longest name, unless another of the same kind (…党支部) is named as well."""
    longest = max((key for _, key in hits), key=len)
    rivals = {organization for organization, key in hits if key[-2:] == longest[-2:]}
    return rivals.pop() if len(rivals) == 1 else None

"""How a point is made of its sentences: what was done, how it compares, who leads and lags, within its length.

A topic yields sentences in the order of their weight, each a row of clauses. A clause whose number is zero is not
said; what does not fit the length of the report is left to the longer one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from reports.document import Evidence, Statement

from .wording import Loose, Parts, flat, listed, str_of

Length = Literal["brief", "standard", "full"]
LENGTHS: dict[str, str] = {"brief": "简版", "standard": "标准版", "full": "详版"}
POINT: dict[str, int] = {"brief": 60, "standard": 120, "full": 10_000}
"""Characters of one point, its title included."""
SENTENCE = 90


@dataclass(frozen=True)
class Sentence:
    """One sentence: `opening` stands before its clauses and is said only with one of them.

    `evidence` backs it beyond its own figures; `only` names the lengths in which it is said.
    """

    clauses: Sequence[Loose]
    opening: Loose = ""
    evidence: tuple[Evidence, ...] = ()
    only: tuple[str, ...] = field(default=("brief", "standard", "full"))


def width(parts: Iterable[Loose]) -> int:
    """Return how many characters parts take."""
    return sum(len(str_of(part)) for part in flat(parts))


def statement(
    key: str, title: str, sentences: Iterable[Sentence], length: str, kind: str = "paragraph"
) -> Statement | None:
    """Return the paragraph of a point, None where there is nothing to say."""
    left = POINT[length] - (len(title) + 3 if title else 0)
    said: list[Loose] = []
    evidence: list[Evidence] = []
    for sentence in sentences:
        if length not in sentence.only:
            continue
        kept = _fitting(sentence, left, first=not said)
        if not kept:
            continue
        parts = flat([sentence.opening, listed(kept, "，"), "。"])
        said.append(parts)
        left -= width(parts)
        evidence += sentence.evidence
    if not said:
        return None
    return Statement(key, flat(said), kind, tuple(dict.fromkeys(evidence)))  # type: ignore[arg-type]


def _fitting(sentence: Sentence, left: int, *, first: bool) -> list[Parts]:
    """Return the clauses that fit: the first sentence says at least one."""
    kept: list[Parts] = []
    taken = width([sentence.opening]) + 1
    for clause in filter(None, (flat([one]) for one in sentence.clauses)):
        more = width(clause) + bool(kept)
        if taken + more > min(left, SENTENCE) and not (first and not kept):
            continue
        kept.append(clause)
        taken += more
    return kept

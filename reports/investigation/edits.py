"""Edits by hand over a built report: the words are a person's, the numbers in them stay figures with their evidence.

A rebuild never loses an edit. Where a figure that an edited paragraph quotes has another value now, both are shown
and the person decides.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from reports.document import Division, Figure, Report, Statement, mapped, pruned

from .wording import Parts, flat


class Edit(Protocol):
    """What a person has made of one statement. `figures` are those it quotes, as they were when it was written.

    `place` is the key of the heading that it stands under, "" for the lead; `after` that of the paragraph behind which
    it was put, "^" for the first of its heading, "" where it was not moved; `merged` that of one put together with it.
    """

    key: str
    text: str
    figures: list[dict[str, str]]
    place: str
    dropped: bool
    after: str
    merged: str


def quoted(figure: Figure) -> dict[str, str]:
    """Return what is remembered of a figure that an edited text quotes."""
    return {name: getattr(figure, name) for name in ("code", "url", "title", "text", "unit", "formula")}


def weave(text: str, figures: Iterable[Figure]) -> Parts:
    """Return a text with the figures that it quotes put back in, each at its number, in reading order first.

    A figure that the text no longer mentions is left out; a number that is no figure stays text.
    """
    taken: list[tuple[int, int, Figure]] = []
    after = 0
    for figure in figures:
        if not figure.text:
            continue
        spans = [found.span() for found in re.finditer(rf"(?<![\d.]){re.escape(figure.text)}(?![\d%万]|\.\d)", text)]
        free = [span for span in spans if all(span[1] <= start or span[0] >= end for start, end, _ in taken)]
        if free:
            start, end = next((span for span in free if span[0] >= after), free[0])
            taken.append((start, end, figure))
            after = end
    parts: list[str | Figure] = []
    done = 0
    for start, end, figure in sorted(taken, key=lambda one: one[0]):
        parts += [text[done:start], figure]
        done = end
    return flat([*parts, text[done:]])


@dataclass(frozen=True)
class Difference:
    """One figure that an edited paragraph quotes and that has changed; `now` is None where it is not built any more."""

    title: str
    unit: str
    before: str
    now: str | None


@dataclass(frozen=True)
class Change:
    """An edited statement under which the data have changed: what the person wrote, and what would be written now."""

    key: str
    text: str
    built: str
    """The statement as it is built now; "" where it is not built any more."""
    differences: Sequence[Difference] = ()


@dataclass(frozen=True)
class Composed:
    """A built report with the edits in it, and what there is to ask about."""

    report: Report
    changes: Sequence[Change]


FIRST = "^"
OWN = "own."
"""With what the keys of paragraphs begin that a person added."""


def compose(built: Report, edits: Mapping[str, Edit]) -> Composed:
    """Put the edits into the built report: words, what was dropped, added and moved.

    An edit whose statement is not built any more stays where it stood.
    """
    changes: list[Change] = []
    left = dict(edits)

    def put(statement: Statement) -> Statement | None:
        edit = left.pop(statement.key, None)
        if edit is None:
            return statement
        if edit.dropped:
            return None
        if not edit.text:  # moved only
            return statement
        figures = figures_for(built, edit)
        if differences := _differences(edit, figures):
            changes.append(Change(edit.key, edit.text, statement.text, differences))
        return replace(statement, parts=weave(edit.text, figures), edited=True)

    report = mapped(built, put)
    for edit in left.values():
        if edit.dropped or not edit.text:
            continue
        report = _with_orphan(report, edit)
        if edit.figures:
            gone = [Difference(one["title"], one["unit"], one["text"], None) for one in edit.figures]
            changes.append(Change(edit.key, edit.text, "", gone))
    for edit in edits.values():
        if edit.after and not edit.dropped:
            report = _moved(report, edit)
    return Composed(pruned(report), changes)


def _moved(report: Report, edit: Edit) -> Report:
    """Put a paragraph behind another one of the same heading, where that still stands there."""

    def order(statements: tuple[Statement, ...]) -> tuple[Statement, ...]:
        keys = [one.key for one in statements]
        if edit.key not in keys or (edit.after != FIRST and edit.after not in keys) or edit.after == edit.key:
            return statements
        moved = statements[keys.index(edit.key)]
        others = [one for one in statements if one.key != edit.key]
        at = 0 if edit.after == FIRST else [one.key for one in others].index(edit.after) + 1
        return (*others[:at], moved, *others[at:])

    def put(division: Division) -> Division:
        return replace(division, statements=order(division.statements), divisions=tuple(map(put, division.divisions)))

    return replace(report, lead=order(report.lead), sections=tuple(map(put, report.sections)))


def _differences(edit: Edit, figures: Iterable[Figure]) -> list[Difference]:
    now = {(one.code, one.url): one for one in figures}
    found = []
    for one in edit.figures:
        figure = now.get((one["code"], one["url"]))
        if figure is None or (figure.text, figure.formula) != (one["text"], one["formula"]):
            found.append(Difference(one["title"], one["unit"], one["text"], figure.text if figure else None))
    return found


def _with_orphan(report: Report, edit: Edit) -> Report:
    """Put an edit that has lost its statement at the end of its heading; without that one, of the last section."""
    statement = Statement(edit.key, (edit.text,), _kind(edit.key), edited=True)
    if not edit.place or not report.sections:
        return replace(report, lead=(*report.lead, statement))
    places = {division.key for division in report.divisions()}
    place = edit.place if edit.place in places else report.sections[-1].key

    def put(division: Division) -> Division:
        below = tuple(map(put, division.divisions))
        said = (*division.statements, statement) if division.key == place else division.statements
        return replace(division, statements=said, divisions=below)

    return replace(report, sections=tuple(map(put, report.sections)))


def _kind(key: str) -> Literal["paragraph", "item", "measure"]:
    """Return as what a paragraph stands that is not built: problems are counted, measures run in."""
    return "item" if key.startswith("problem.") else "measure" if key.startswith("measure.") else "paragraph"


def siblings(report: Report, key: str) -> list[str]:
    """Return the keys of the paragraphs under the heading of this one, in order; none where there is no such one."""
    for statements in [report.lead, *(one.statements for one in report.divisions())]:
        keys = [one.key for one in statements]
        if key in keys:
            return keys
    return []


def figures_for(built: Report, edit: Edit) -> list[Figure]:
    """Return the figures that the words of an edit may quote: those of its paragraph, and of the one merged with it."""
    figures: list[Figure] = []
    for key in filter(None, (edit.key, edit.merged)):
        if found := statement_in(built, key):
            figures += found[0].figures()
    return figures


def statement_in(report: Report, key: str) -> tuple[Statement, str] | None:
    """Return a statement of the report with the key of the heading that it stands under, "" for the lead."""
    for place, statements in [("", report.lead), *((one.key, one.statements) for one in report.divisions())]:
        for statement in statements:
            if statement.key == key:
                return statement, place
    return None


def with_new_numbers(edit: Edit, figures: Iterable[Figure]) -> str:
    """Return the edited text with the figures that have changed replaced by what they are now."""
    now = {(one.code, one.url): one for one in figures}
    old = [_remembered(one) for one in edit.figures]
    parts = weave(edit.text, old)
    return "".join(part if isinstance(part, str) else now.get((part.code, part.url), part).text for part in parts)


def _remembered(one: Mapping[str, Any]) -> Figure:
    return Figure(value=0, source="", filter="", count=None, **one)

"""Edits by hand over a built report: the words are a person's, the numbers in them stay figures with their evidence.

A rebuild never loses an edit. Where a figure that an edited paragraph quotes has another value now, both are shown
and the person decides.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from reports.document import Figure, Report, Section, Statement, Topic

from .wording import Parts, flat

Place = tuple[int, str]
"""Where a statement stands: number of its section, title of its topic."""


class Edit(Protocol):
    """What a person has made of one statement. `figures` are those it quotes, as they were when it was written."""

    key: str
    text: str
    figures: list[dict[str, str]]
    section: int
    topic: str


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


def compose(built: Report, edits: Mapping[str, Edit]) -> Composed:
    """Put the edits into the built report. An edit whose statement is not built any more stays at its topic's end."""
    changes: list[Change] = []
    left = dict(edits)

    def put(statement: Statement) -> Statement:
        edit = left.pop(statement.key, None)
        if edit is None:
            return statement
        if differences := _differences(edit, statement):
            changes.append(Change(edit.key, edit.text, statement.text, differences))
        return replace(statement, parts=weave(edit.text, statement.figures()), edited=True)

    sections = tuple(
        replace(
            section,
            topics=tuple(
                replace(topic, statements=tuple(put(statement) for statement in topic.statements))
                for topic in section.topics
            ),
        )
        for section in built.sections
    )
    for edit in left.values():
        sections = tuple(_with_orphan(section, edit) for section in sections)
        if edit.figures:
            gone = [Difference(one["title"], one["unit"], one["text"], None) for one in edit.figures]
            changes.append(Change(edit.key, edit.text, "", gone))
    return Composed(replace(built, sections=sections), changes)


def _differences(edit: Edit, built: Statement) -> list[Difference]:
    now = {(one.code, one.url): one for one in built.figures()}
    found = []
    for one in edit.figures:
        figure = now.get((one["code"], one["url"]))
        if figure is None or (figure.text, figure.formula) != (one["text"], one["formula"]):
            found.append(Difference(one["title"], one["unit"], one["text"], figure.text if figure else None))
    return found


def _with_orphan(section: Section, edit: Edit) -> Section:
    """Put an edit that has lost its statement at the end of its topic, or of its section."""
    if section.number != edit.section:
        return section
    statement = Statement(edit.key, (edit.text,), "paragraph", edited=True)
    titles = [topic.title for topic in section.topics]
    if edit.topic not in titles:
        return replace(section, topics=(*section.topics, Topic(edit.topic, (statement,))))
    at = titles.index(edit.topic)
    topics = list(section.topics)
    topics[at] = replace(topics[at], statements=(*topics[at].statements, statement))
    return replace(section, topics=tuple(topics))


def statement_in(report: Report, key: str) -> tuple[Statement, Place] | None:
    """Return a statement of the report with its place."""
    for section in report.sections:
        for topic in section.topics:
            for statement in topic.statements:
                if statement.key == key:
                    return statement, (section.number, topic.title)
    return None


def with_new_numbers(edit: Edit, built: Statement) -> str:
    """Return the edited text with the figures that have changed replaced by what they are now."""
    now = {(one.code, one.url): one for one in built.figures()}
    old = [_remembered(one) for one in edit.figures]
    parts = weave(edit.text, old)
    return "".join(part if isinstance(part, str) else now.get((part.code, part.url), part).text for part in parts)


def _remembered(one: Mapping[str, Any]) -> Figure:
    return Figure(value=0, source="", filter="", count=None, **one)

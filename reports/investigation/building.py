"""Building a report: an outline, facts and broken rules in, a document of four sections out. Reads, never writes."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import Literal, NamedTuple

from django.utils import timezone

from assessments.beginning import is_before_records, words_on
from branches.models import Organization
from ledgers import facts
from ledgers.period import Period
from reports.document import Division, Report, Statement, cleaned, pruned

from . import topics, wording
from .annexes import annexes
from .material import Material
from .measures import Measures
from .outline import DEFAULT, Entry, Outline
from .problems import Problems
from .saying import statement
from .wording import Loose, Parts, flat, listed

BODY: Mapping[str, int] = {"brief": 2_500, "standard": 4_000, "full": 1_000_000}
"""Characters of the body, at most."""


class Most(NamedTuple):
    """How many problems stand under one heading, and how many measures in the body."""

    problems: int
    measures: int


CAPS: Mapping[str, tuple[Most, ...]] = {
    "brief": tuple(Most(problems, measures) for problems in (2, 1) for measures in (6, 5, 4, 3, 2)),
    "standard": tuple(Most(problems, measures) for problems in (4, 3, 2, 1) for measures in (10, 8, 6, 4)),
    "full": (Most(10_000, 10_000),),
}
"""From the most to the least: the first with which the body keeps its length is taken."""
_HOLE = re.compile(r"\{([^{}]+)\}")


@facts.read_once()
def build(
    organization: Organization,
    period: Period,
    *,
    length: str = "standard",
    outline: Outline = DEFAULT,
    wanted: Collection[str] | None = None,
) -> Report:
    """Return the draft report of an organisation's subtree in a period.

    `length` is brief, standard or full; `wanted` the kinds of annexes, those of the outline where it is None. The
    number of queries does not depend on how many organisations or members there are. Raises ValueError with a Chinese
    message for a period that has not begun.
    """
    if not period.has_begun():
        raise ValueError(f"{period.label}还没有开始，没有数据可以统计")
    kinds = outline.annexes if wanted is None else wanted
    m = Material(organization, period)
    if m.since and is_before_records(period, m.since):
        return _without_records(m, outline, length, m.since)
    problems = Problems(m)
    measures = Measures(problems)
    tables = tuple(annexes(m, problems, measures, kinds))
    writer = Writer(m, outline, problems, measures, length)
    for most in CAPS[length]:
        report = writer.report(most)
        if report.characters <= BODY[length]:
            break
    return cleaned(replace(report, annexes=tables, rests_on="evidence" in kinds))


def _report(
    m: Material,
    outline: Outline,
    length: str,
    lead: Iterable[Statement],
    sections: Iterable[Division],
    left_out: Iterable[str] = (),
) -> Report:
    organization, period = m.organization, m.period
    report = Report(
        title=wording.title(organization),
        organization=organization.name,
        organization_code=organization.code,
        period=period.code,
        period_label=f"{period.label}{m.times.until}",
        made_at=timezone.now().replace(microsecond=0),
        as_of=period.as_of(),
        length=length,
        to=outline.to or (m.parent.name if m.parent else ""),
        copies=outline.copies,
        signature=outline.signature,
        lead=tuple(lead),
        sections=tuple(sections),
        left_out=tuple(left_out),
    )
    return pruned(report)


def _without_records(m: Material, outline: Outline, length: str, since: date) -> Report:
    """Return the report of a period from which there are no records: it says so, and nothing else."""
    words = f"{words_on(since)}，{m.period.label}没有记录，不作统计和评判。"
    said = Statement("period.none", (words,), "paragraph")
    first = outline.sections[0]
    section = Division(first.key, "", first.title, (said,))
    return _report(m, outline, length, (), (section,))


class Writer:
    """Writes one organisation's report along an outline, within one length."""

    def __init__(self, m: Material, outline: Outline, problems: Problems, measures: Measures, length: str) -> None:
        self.m, self.outline, self.length = m, outline, length
        self.problems, self.measures = problems, measures
        self.most = Most(0, 0)
        self.plans: dict[str, list[Statement]] = {}
        self.left_out: list[str] = []
        self._told: dict[str, Statement | None] = {}

    def report(self, most: Most) -> Report:
        """Return the report with so many problems and measures; what the topics tell is written once for all."""
        self.most, self.plans, self.left_out = most, self.measures.statements(most.measures), []
        return _report(self.m, self.outline, self.length, self.lead(), self.sections(), self.left_out)

    # 导语

    def lead(self) -> Iterator[Statement]:
        """Yield the opening: what the investigation rests on."""
        if self.outline.lead:
            yield Statement("lead", self.quoted(self.outline.lead), "paragraph")
        else:
            yield Statement("lead", self._sources(), "paragraph")

    def _sources(self) -> Parts:
        m = self.m
        used = [
            m.told(noun, code, "次")
            for code, noun in (
                ("visits.reports", "听取汇报"),
                ("visits.papers", "查阅资料"),
                ("visits.residents", "走访群众"),
            )
        ]
        office = (
            f"{m.place}党建办" if m.organization.kind == Organization.Kind.WORKING_COMMITTEE else m.organization.name
        )
        work = "党建工作" if m.is_one_branch else "基层党建工作"
        through = [one for one in used if one]
        if not through:
            when = m.times.now if not m.period.is_over() else m.period.label
            return (f"现将{m.place}{when}{work}情况报告如下：",)
        return flat([f"近期，{office}通过", listed(through), f"，对{m.place}{work}进行了调研。现将有关情况报告如下："])

    def _about(self) -> str:
        """Return as far as which a running period is told, and why nothing is compared where nothing is."""
        m, said = self.m, []
        if not m.period.is_over():
            said.append(f"数据截至{wording.chinese_date(m.period.as_of())}。")
        if m.since and not m.has_past:
            said.append(f"{words_on(m.since)}，不与{m.times.last}比较。")
        return "".join(said)

    # sections, headings, points

    def sections(self) -> Iterator[Division]:
        """Yield the sections of the outline that are on; one that has nothing says so to whoever makes the report."""
        for entry in self.outline.sections:
            if entry.on and (division := self._division(entry)):
                yield division

    def _division(self, entry: Entry) -> Division | None:
        """Return a section or heading with what it holds, not numbered yet; None where that is nothing."""
        said: list[Statement] = []
        below: list[Division] = []
        if entry.key == "problems" and self.length != "brief" and (solved := self.problems.put_right()):
            said.append(solved)
        for one in entry.entries:
            if not one.on:
                continue
            if one.kind not in ("heading", "point"):
                said += self._paragraphs(one)
            elif made := self._division(one) if one.kind == "heading" else self._point(one):
                below.append(made)
            else:
                self.left_out.append(self._title(one))
        if entry == self.outline.sections[0] and (about := self._about()):
            said.append(Statement("period.about", (about,), "note"))
        if entry.kind == "section" and not below and all(one.key.startswith("text.") for one in said):
            said = [self._nothing(entry.key)]
        if not said and not below:
            return None
        return Division(entry.key, "", self._title(entry), tuple(said), tuple(below))

    def _nothing(self, key: str) -> Statement:
        """Return what a section says that has nothing to tell."""
        this = self.m.times.opening
        words = f"{this}没有党建工作记录。"
        if key == "situation":
            words = f"{this}没有党组织和党员记录。"
        elif key == "plans":
            words = "继续按规定开展组织生活和党员教育管理。"
        elif key == "problems":
            words = f"{this}对照规定检查，没有发现未达到要求的情况。"
            if not self.m.branches and not self.m.is_one_branch:
                words = f"{this}没有党支部，无法对照规定检查。"
        return Statement(f"{key}.none", (words,), "paragraph")

    def _point(self, entry: Entry) -> Division | None:
        title = self._title(entry)
        written = self._topic(f"point.{entry.key}", entry, title)
        return Division(entry.key, "", title, (written,)) if written else None

    def _topic(self, key: str, entry: Entry, title: str = "") -> Statement | None:
        """Return the paragraph of a topic: as the office typed it, or written from the facts."""
        if entry.text:
            return Statement(key, self.quoted(entry.text), "paragraph")
        if key not in self._told:
            found = topics.get(entry.key)
            self._told[key] = statement(key, title, found.write(self.m), self.length) if found else None
        return self._told[key]

    def _paragraphs(self, entry: Entry) -> list[Statement]:
        if entry.kind == "topic":
            written = self._topic(f"topic.{entry.key}", entry)
            return [written] if written else []
        if entry.kind == "text":
            kind: Literal["measure", "paragraph"] = "measure" if _runs_in(entry) else "paragraph"
            return [Statement(f"text.{entry.key}", self.quoted(entry.text), kind)] if entry.text else []
        if entry.kind == "problems":
            return self.problems.statements(entry.key, self.most.problems)
        return self.plans.get(entry.key, [])

    def _title(self, entry: Entry) -> str:
        return "".join(map(wording.str_of, self.quoted(entry.title)))

    def quoted(self, text: str) -> Parts:
        """Return a standing text with the place, the period and the facts that it quotes put in."""
        names = {
            "地方": self.m.place,
            "党组织": wording.committee(self.m.organization),
            "时期": self.m.times.now,
        }
        pieces = _HOLE.split(text)
        filled: Iterable[Loose] = (
            piece if number % 2 == 0 else names.get(piece) or self._fact(piece) for number, piece in enumerate(pieces)
        )
        return flat(filled)

    def _fact(self, name: str) -> Loose:
        """Return a fact or a rate that a text quotes by its title; a name that is none stays as it was typed."""
        if code := self._facts.get(name):
            return self.m.figure(code)
        if code := self._rates.get(name):
            return self.m.rate(code) or "—"
        return "{" + name + "}"

    @cached_property
    def _facts(self) -> dict[str, str]:
        return {fact.title: fact.code for fact in facts.every()}

    @cached_property
    def _rates(self) -> dict[str, str]:
        return {rate.title: rate.code for rate in map(facts.rate, facts.rate_codes())}


def _runs_in(entry: Entry) -> bool:
    """Say whether a text begins with a phrase that it runs in with, as plans do: 强化政治素质。"""
    head, stop, rest = entry.text.partition("。")
    return bool(stop and rest) and len(head) <= 8 and entry.key.startswith("plans.")

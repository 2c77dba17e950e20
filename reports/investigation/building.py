"""Building a report: facts and broken rules in, four sections out. Reads, never writes."""

from collections.abc import Mapping

from django.utils import timezone

from assessments.beginning import is_before_records, words_on
from branches.models import Organization
from ledgers import facts
from ledgers.period import Period
from reports.document import Report, Section, Statement, Topic, cleaned

from . import wording
from .material import Material
from .problems import Problems
from .topics import PRACTICE, SITUATION, TOPICS

SECTIONS = ("基本情况", "主要做法", "存在的问题", "下步打算")


@facts.read_once()
def build(organization: Organization, period: Period) -> Report:
    """Return the draft report of an organisation's subtree in a period.

    The number of queries does not depend on how many organisations or members there are.
    """
    material = Material(organization, period)
    if not period.has_begun():
        raise ValueError(f"{period.label}还没有开始，没有数据可以统计")
    if material.since and is_before_records(period, material.since):
        words = f"{words_on(material.since)}，{period.label}没有记录，不作统计和评判。"
        return _report(
            material, {1: (Topic("", (Statement("period.none", (words,), "paragraph"),)),), 2: (), 3: (), 4: ()}
        )
    problems = Problems(material)
    topics: dict[int, tuple[Topic, ...]] = {section: _topics(material, section) for section in (SITUATION, PRACTICE)}
    topics |= {3: (Topic("", tuple(problems.statements())),), 4: (Topic("", tuple(problems.steps())),)}
    if about := _about(material):
        topics[1] = (Topic("", (Statement("period.about", (about,), "paragraph"),)), *topics[1])
    return _report(material, topics)


def _about(material: Material) -> str:
    """Return as far as which a running period is told, and why nothing is compared where nothing is."""
    said, last = [], material.times.last
    if not material.period.is_over():
        day = wording.chinese_date(material.period.as_of())
        said.append(f"数据截至{day}，{material.times.this}还没有结束，发生的次数不与{last}比较。")
    if material.since and not material.has_past:
        said.append(f"{words_on(material.since)}，不与{last}比较。")
    return "".join(said)


def _report(material: Material, topics: Mapping[int, tuple[Topic, ...]]) -> Report:
    organization, period = material.organization, material.period
    return cleaned(
        Report(
            title=wording.title(organization),
            organization=organization.name,
            organization_code=organization.code,
            period=period.code,
            period_label=f"{period.label}{material.times.until}",
            made_at=timezone.now().replace(microsecond=0),
            sections=tuple(Section(number, title, topics[number]) for number, title in enumerate(SECTIONS, 1)),
        )
    )


def _topics(material: Material, section: int) -> tuple[Topic, ...]:
    written = [topic.written(material) for topic in TOPICS if topic.section == section]
    return tuple(topic for topic in written if topic is not None)


__all__ = ["SECTIONS", "build"]

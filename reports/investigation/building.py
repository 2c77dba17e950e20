"""Building a report: facts and broken rules in, four sections out. Reads, never writes."""

from django.utils import timezone

from branches.models import Organization
from ledgers.period import Period
from reports.document import Report, Section, Topic, cleaned

from . import wording
from .material import Material
from .problems import Problems
from .topics import PRACTICE, SITUATION, TOPICS

SECTIONS = ("基本情况", "主要做法", "存在的问题", "下步打算")


def build(organization: Organization, period: Period) -> Report:
    """Return the draft report of an organisation's subtree in a period.

    The number of queries does not depend on how many organisations or members there are.
    """
    material = Material(organization, period)
    problems = Problems(material)
    topics = {section: _topics(material, section) for section in (SITUATION, PRACTICE)}
    topics |= {3: (Topic("", tuple(problems.statements())),), 4: (Topic("", tuple(problems.steps())),)}
    return cleaned(
        Report(
            title=wording.title(organization),
            organization=organization.name,
            organization_code=organization.code,
            period=period.code,
            period_label=period.label,
            made_at=timezone.now().replace(microsecond=0),
            sections=tuple(Section(number, title, topics[number]) for number, title in enumerate(SECTIONS, 1)),
        )
    )


def _topics(material: Material, section: int) -> tuple[Topic, ...]:
    written = [topic.written(material) for topic in TOPICS if topic.section == section]
    return tuple(topic for topic in written if topic is not None)


__all__ = ["SECTIONS", "build"]

"""What a signed report means to do becomes tasks of those whom it binds, and the next report says how many were done.

The tasks are those of the list that was signed with it (责任清单, an annex), word for word: what was left out of the
text is left out here as well, and a task rests on the finding that it answers, so that records which settle the finding
report the task as done.
"""

import re
from collections.abc import Iterator
from datetime import date

from django.utils import timezone

from accounts.transactions import atomic
from assessments import engine
from assessments.models import Finding, Measure
from branches.models import Organization
from ledgers.recording import record_all
from reports.models import InvestigationReport

from . import wording

_DAY = re.compile(r"(?:(\d{4})年)?(\d{1,2})月(\d{1,2})日")
OFFICE = "街道党建办"
TITLE = 300


@atomic
def assign(report: InvestigationReport) -> int:
    """Give out the tasks of a signed report; return how many are new. A task that is there already stays as it is."""
    composed = report.composed.report
    rows = [row for annex in composed.annexes if annex.kind == "measures" for row in annex.rows]
    below = Organization.objects.under(report.organization).undissolved()
    places = {one.name: one for one in below}
    rules = {rule.words.heading: rule.code for rule in engine.every_rule() if rule.words}
    skipped = {key.partition(".")[2] for key in report.edits.filter(dropped=True).values_list("key", flat=True)}
    findings = {
        (one.rule, one.organization_id): one
        for one in Finding.objects.under(report.organization).waiting().filter(member=None).order_by("period")
    }
    held = set(
        Measure.objects.filter(organization__in=places.values()).values_list("organization_id", "title", "due_on")
    )
    source = wording.source_of(report.organization, report.when)
    fresh = []
    for row in rows:
        _, lead, words, owners, person, deadline, heading = row.cells
        code = rules.get(heading, "")
        due = _day(deadline, report)
        if code in skipped or due is None:
            continue
        for place in _bound(owners, report.organization, places):
            title = f"{lead}：{heading}"[:TITLE]
            if (place.pk, title, due) in held:
                continue
            held.add((place.pk, title, due))
            fresh.append(
                Measure(
                    organization=place,
                    set_by=report.organization,
                    kind=Measure.Kind.REPORT,
                    title=title,
                    measure=words,
                    owner=person,
                    source=source,
                    starts_on=min(timezone.localdate(), due),
                    due_on=due,
                    finding=findings.get((code, place.pk)),
                )
            )
    record_all(fresh)
    return len(fresh)


def _bound(owners: str, head: Organization, places: dict[str, Organization]) -> Iterator[Organization]:
    """Yield the organisations that a row of the list binds; the office answers for the street."""
    for name in owners.split("、"):
        place = head if name == OFFICE else places.get(name)
        if place is not None:
            yield place


def _day(words: str, report: InvestigationReport) -> date | None:
    """Return a deadline as the list has it; without a year it lies in that of the day on which the report was built."""
    match = _DAY.search(words)
    if match is None:
        return None
    built = timezone.localdate(report.built_at) if report.built_at else timezone.localdate()
    year = int(match[1]) if match[1] else built.year
    return date(year, int(match[2]), int(match[3]))

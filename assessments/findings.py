"""The book of findings: kept in step with the rules by `sync`, worked off by people through `handle`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache

from django.apps import apps
from django.utils import timezone

from accounts import audit, streets
from accounts.acting import acting_as
from accounts.actions import LOOKS
from accounts.permissions import Access
from accounts.transactions import atomic, take_turns
from branches.models import Organization
from ledgers.bulk import insert
from ledgers.facts import mark_stale
from ledgers.models import ImportBatch, Record
from ledgers.period import Period
from ledgers.recording import record_all

from . import engine
from .engine import Violation
from .models import CheckRun, Finding, Measure, Supervision
from .querysets import FindingQuerySet

CLEARED_NOTE = "数据已补齐，系统自动销号"
Key = tuple[str, int, int | None]


def kept_in(period: Period) -> list[Period]:
    """Return the quarters, and for a whole year the year, in which the findings of a period are kept."""
    if period.kind < Period.QUARTER:
        return [Period.containing(period.start, Period.QUARTER)]
    quarters = list(period.split(Period.QUARTER))
    return [*quarters, period] if period.kind == Period.YEAR else quarters


def refresh_if_changed(organization: Organization, period: Period) -> None:
    """Bring the findings in step with the rules, unless nothing was recorded since that was done last.

    Costs three small queries where nothing has changed, so that a page may call it before it reads.
    """
    today = timezone.localdate()
    wanted = {kept.code: kept for kept in kept_in(period) if kept.start <= today}
    runs = CheckRun.objects.filter(
        organization__path__in=Organization.paths_to(organization.path), period__in=wanted, day=today
    )
    if not wanted:
        return
    latest = dict(runs.order_by("ran_at").values_list("period", "position"))
    if latest.keys() >= wanted.keys() and not _recorded_since(latest.values(), audit.position(organization.path)):
        return
    for kept in wanted.values():
        _sync(organization, kept, today)


def check_if_never_checked(organization: Organization, period: Period) -> bool:
    """Check a period that nobody has looked at yet, so that a later one can be compared with it; say whether it did."""
    wanted = {kept.code: kept for kept in kept_in(period) if kept.start <= timezone.localdate()}
    runs = CheckRun.objects.filter(organization__path__in=Organization.paths_to(organization.path), period__in=wanted)
    checked = set(runs.values_list("period", flat=True))
    unchecked = [kept for code, kept in wanted.items() if code not in checked]
    for kept in unchecked:
        _sync(organization, kept, timezone.localdate())
    return bool(unchecked)


def sync(organization: Organization, period: Period) -> None:
    """Bring the findings of a subtree in step with the rules as of today.

    New ones open; those that no longer hold are closed, as the data were completed; those that hold again reopen.
    What people have exempted stays so, and what they have closed stays closed until another month goes missing. A
    quarter that has not begun is left alone, and of a running one only what is over is judged.
    """
    today = timezone.localdate()
    for kept in kept_in(period):
        if kept.start <= today:
            _sync(organization, kept, today)


@cache
def _watched() -> list[str]:
    """Return the models whose changes can break or mend a rule."""
    records = [m._meta.label_lower for m in apps.get_models() if issubclass(m, Record) and m is not Finding]
    return [*records, ImportBatch._meta.label_lower]


def _recorded_since(checked: Iterable[Mapping[str, int]], now: Mapping[int, int]) -> bool:
    """Say whether anything was recorded since the earliest of these checks. No query where nothing was."""
    kept = {street: min(position.get(str(street), 0) for position in checked) for street in now}
    return audit.since(kept, now).filter(model__in=_watched()).exclude(action__in=LOOKS).exists()


@dataclass
class _Change:
    """What one check does to the book."""

    new: list[Finding] = field(default_factory=list)
    updated: list[Finding] = field(default_factory=list)
    reopened: list[Finding] = field(default_factory=list)
    cleared: list[Finding] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, tuple[object, object]]:
        """The numbers for the audit trail."""
        lists = {"新发现": self.new, "有变化": self.updated, "又出现": self.reopened, "已消除": self.cleared}
        return {name: (None, len(findings)) for name, findings in lists.items() if findings}

    def existing(self) -> list[Finding]:
        """The findings to update."""
        return [*self.updated, *self.reopened, *self.cleared]


@atomic
def _sync(organization: Organization, kept: Period, today: date) -> None:
    """Check one quarter or year and write what came of it, as one entry of the audit trail."""
    take_turns("check", *(f"{street} {kept.code}" for street in streets.inside(organization.path)))
    position = audit.position(organization.path)
    day = min(kept.end, today)
    annual = kept.kind == Period.YEAR
    codes = [rule.code for rule in engine.every_rule() if (rule.every == Period.YEAR) == annual]
    seen = engine.check(organization, kept, codes, by=today)
    book = Finding.objects.under(organization, kept.end).of(kept)
    change = _compare(seen, list(book), kept, day, today)
    _write(change)
    book.filter(cleared=False).exclude(last_seen=today).update(last_seen=today)
    run, _ = CheckRun.objects.update_or_create(
        organization=organization, period=kept.code, defaults={"day": today, "position": position}
    )
    if change.counts:
        with acting_as(None):
            audit.record(
                "check",
                run,
                label=f"{organization.name} {kept.label}规则核对",
                changes=change.counts,
                organization_path=organization.path,
            )


def _compare(seen: Iterable[Violation], book: list[Finding], kept: Period, day: date, today: date) -> _Change:
    """Hold what the rules say against the book."""
    held: dict[Key, Finding] = {(f.rule, f.organization_id, f.member_id): f for f in book}
    change = _Change()
    fresh: list[Finding] = []
    for violation in seen:
        key = (violation.rule, violation.organization.pk, violation.member_id)
        finding = held.pop(key, None)
        if finding is None:
            fresh.append(_new(violation, kept, day, today))
            continue
        before = set(finding.months)
        differs = _describe(finding, violation)
        if finding.cleared or (finding.state == Finding.State.CLOSED and set(violation.months) - before):
            finding.state, finding.cleared, finding.closed_on, finding.note = Finding.State.OPEN, False, None, ""
            change.reopened.append(finding)
        elif differs:
            change.updated.append(finding)
    for finding in held.values():
        if finding.is_waiting:
            finding.state, finding.cleared, finding.closed_on = Finding.State.CLOSED, True, today
            finding.note = CLEARED_NOTE
            change.cleared.append(finding)
    _carry_over(fresh, kept)
    change.new = fresh
    return change


def _new(violation: Violation, kept: Period, day: date, today: date) -> Finding:
    rule = engine.get(violation.rule)
    finding = Finding(
        rule=rule.code,
        kind=Finding.Kind.STATE if rule.every is None else Finding.Kind.MISSED,
        organization=violation.organization,
        member_id=violation.member_id,
        period=kept.code,
        severity=rule.severity,
        first_seen=day,
        last_seen=today,
    )
    _describe(finding, violation)
    return finding


def _describe(finding: Finding, violation: Violation) -> bool:
    """Put the violation's words and numbers on the finding; say whether that changed anything."""
    said = {
        "detail": violation.detail,
        "value": None if violation.value is None else Decimal(violation.value),
        "required": None if violation.required is None else Decimal(violation.required),
        "months": list(violation.months),
        "cases": list(violation.cases),
        "records": violation.records,
    }
    differs = any(getattr(finding, name) != value for name, value in said.items())
    for name, value in said.items():
        setattr(finding, name, value)
    return differs


def _carry_over(fresh: Iterable[Finding], kept: Period) -> None:
    """Let a state that lasts into a new quarter keep its owner, deadline and exemption."""
    states = [f for f in fresh if f.kind == Finding.Kind.STATE]
    if not states:
        return
    earlier = Finding.objects.filter(
        period=kept.previous().code, kind=Finding.Kind.STATE, state__in=[Finding.State.IN_HAND, Finding.State.EXEMPTED]
    )
    before: dict[Key, Finding] = {(f.rule, f.organization_id, f.member_id): f for f in earlier}
    for finding in states:
        if old := before.get((finding.rule, finding.organization_id, finding.member_id)):
            finding.state, finding.owner, finding.deadline, finding.note = old.state, old.owner, old.deadline, old.note
            if old.state == Finding.State.EXEMPTED:
                finding.closed_on, finding.exempted_for = finding.first_seen, old.exempted_for


def _write(change: _Change) -> None:
    existing = change.existing()
    for finding in existing:
        finding.version += 1
    insert(change.new)
    fields = ["detail", "value", "required", "months", "cases", "records"]
    fields += ["state", "cleared", "closed_on", "note", "version"]
    Finding.objects.bulk_update(existing, fields, batch_size=500)
    mark_stale(touch for finding in [*change.new, *existing] for touch in finding.touches())
    _report_done(change.cleared)


def _report_done(cleared: list[Finding]) -> None:
    """Report as done, and close, what was set and sent out to put findings right that the records settle now."""
    waiting = Measure.objects.filter(finding__in=[finding.pk for finding in cleared], done_on__isnull=True)
    settled = list(waiting.select_related("organization")) if cleared else []
    today = timezone.localdate()
    for measure in settled:
        measure.done_on, measure.percent, measure.progress = max(today, measure.starts_on or today), 100, CLEARED_NOTE
    sent = Supervision.objects.filter(
        finding__in=[finding.pk for finding in cleared], sent_on__isnull=False, closed_on__isnull=True
    )
    matters = list(sent.select_related("organization")) if cleared else []
    for matter in matters:
        matter.closed_on, matter.opinion = today, CLEARED_NOTE
    with acting_as(None):
        record_all(settled)
        record_all(matters)


class CannotHandle(ValueError):
    """A finding is not in a state for this. The message is Chinese, for the person who tried."""


@dataclass(frozen=True)
class Handling:
    """What a person decides about findings: the state they go to, and why, or who sees to it by when."""

    state: Finding.State
    owner: str = ""
    deadline: date | None = None
    note: str = ""

    def apply(self, finding: Finding, today: date) -> None:
        """Put the decision on a finding."""
        waiting = self.state in Finding.State.waiting()
        finding.state, finding.note, finding.cleared = self.state, self.note, False
        finding.closed_on = None if waiting else max(today, finding.first_seen)
        if self.state == Finding.State.IN_HAND:
            finding.owner, finding.deadline = self.owner, self.deadline
        finding.exempted_for = {}
        if self.state == Finding.State.EXEMPTED:
            finding.exempted_for = {"months": finding.months, "cases": finding.cases, "records": finding.records}


ACTIONS = {
    Finding.State.OPEN: "reopen",
    Finding.State.IN_HAND: "take-in-hand",
    Finding.State.CLOSED: "close",
    Finding.State.EXEMPTED: "exempt",
}
"""State that a finding goes to → action code of the audit trail."""


@atomic
def handle(findings: FindingQuerySet, handling: Handling) -> int:
    """Let findings go to another state, each with its entry in the audit trail; return how many.

    Raises CannotHandle where one of them was cleared by the data in the meantime.
    """
    rows = list(findings.select_for_update(of=("self",), no_key=True).select_related("organization").defer("member"))
    if any(finding.cleared for finding in rows):
        raise CannotHandle("有的预警已因数据补齐自动销号，请刷新后重新选择")
    fields = ["state", "note", "cleared", "closed_on", "owner", "deadline"]
    today = timezone.localdate()
    events = []
    for finding in rows:
        old = {name: getattr(finding, name) for name in fields}
        handling.apply(finding, today)
        finding.version += 1
        changes = {name: (old[name], getattr(finding, name)) for name in fields if old[name] != getattr(finding, name)}
        events.append(
            audit.Event(
                action=ACTIONS[handling.state],
                obj=finding,
                changes=changes,
                label=str(finding),
                organization_path=finding.organization.path,
            )
        )
    Finding.objects.bulk_update(rows, [*fields, "exempted_for", "version"], batch_size=500)
    audit.record_many(events)
    mark_stale(touch for finding in rows for touch in finding.touches())
    return len(rows)


def form_url(finding: Finding, access: Access) -> str:
    """Return the address of the form that settles a finding, filled in; empty where there is none for this user."""
    form = engine.get(finding.rule).form(finding) if finding.is_waiting else None
    return form.url if form and access.has_on(form.right, finding.organization.path) else ""

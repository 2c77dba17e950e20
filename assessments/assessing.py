"""The life of assessment sheets: drawn up, self-scored, reviewed by community and street, decided, public, locked.

Each step is one function, in one transaction, with its trace; a step that the state does not allow is refused.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import models
from django.utils import timezone

from accounts import audit
from accounts.acting import current_actor
from accounts.permissions import Access, Right
from accounts.transactions import atomic, take_turns
from branches.closing import close
from branches.models import Organization
from ledgers.closing import Places
from ledgers.facts import mark_stale
from ledgers.period import Period
from ledgers.workdays import add_workdays

from .models import Appeal, Assessment, Scheme, SheetEntry, SheetLine, SheetStep
from .schemes.scores import scores_of
from .schemes.scoring import Scorecard

State, Act = Assessment.State, SheetStep.Act


class NotNow(ValueError):
    """A step cannot be taken in this state. The message is Chinese, for the person who tried."""


@dataclass(frozen=True)
class Review:
    """What a reviewer says of one line: the share of its points, that it does not apply, or another score; and why."""

    share: Decimal | None = None
    left_out: bool = False
    reason: str = ""
    adjusted: Decimal | None = None
    adjusted_for: str = ""


def after_self(sheet: Assessment) -> str:
    """Return the step after the self-score: the community's, unless it is its own sheet or it stands under none."""
    return State.COMMUNITY if sheet.community_id else State.STREET


@atomic
def draw_up(scheme: Scheme, period: Period) -> int:
    """Draw up the sheets of a period that is over, for all whom the scheme scores; return how many are new.

    Who has a sheet keeps it. Raises NotNow.
    """
    if not period.is_over():
        raise NotNow(f"{period.label}还没有过完，过完以后才能生成考核表")
    if not scheme.covers(period):
        raise NotNow(f"“{scheme.title}”第 {scheme.edition} 版在{period.label}没有执行")
    take_turns("assessments", f"{scheme.pk} {period.code}")
    scores = scores_of(scheme, period)
    held = set(scheme.assessments.filter(period=period.code).values_list("organization_id", flat=True))
    due = add_workdays(timezone.localdate(), scores.document.days["self"])
    fresh = [
        Assessment(
            scheme=scheme,
            organization=card.organization,
            community=card.community,
            period=period.code,
            ends_on=period.end,
            due=due,
            class_title=card.class_title or "",
            updated_by=current_actor(),
        )
        for card in scores.cards
        if card.organization.pk not in held
    ]
    Assessment.objects.bulk_create(fresh)
    cards = {card.organization.pk: card for card in scores.cards}
    SheetLine.objects.bulk_create(
        SheetLine(assessment=sheet, code=line.indicator.code, computed=line.computed.score)
        for sheet in fresh
        for line in cards[sheet.organization_id].lines
    )
    _note(fresh, Act.DRAWN)
    if fresh:
        audit.record(
            "create",
            scheme,
            label=f"{period.label}{scheme.title}考核表",
            changes={"考核表": (None, len(fresh))},
            organization_path=scheme.organization.path,
        )
    return len(fresh)


@atomic
def score_oneself(sheet: Assessment, scores: Mapping[str, tuple[Decimal | None, str]]) -> None:
    """Hand in the self-score: code → (points or nothing, note). Raises NotNow."""
    (sheet,) = _locked([sheet], State.SELF)
    lines = {line.code: line for line in sheet.lines.all()}
    for code, (score, note) in scores.items():
        lines[code].self_score, lines[code].self_note = score, note
    SheetLine.objects.bulk_update(lines.values(), ["self_score", "self_note"])
    _move([sheet], after_self(sheet), Act.SELF)


def reviewer_right(state: str) -> Right | None:
    """Return the right that a review in this state takes."""
    return {State.COMMUNITY: Right.ASSESSMENTS_REVIEW, State.STREET: Right.ASSESSMENTS_DECIDE}.get(State(state))


def may_review(sheet: Assessment, access: Access) -> bool:
    """Say whether a user may review a sheet in its present step: the community its branches, the office any."""
    right = reviewer_right(sheet.state)
    if right is None or not access.has_on(right, sheet.organization.path):
        return False
    above = sheet.community or sheet.scheme.organization
    return sheet.state == State.STREET or access.has_on(right, above.path)


@atomic
def review(sheets: Collection[Assessment], said: Mapping[tuple[int, str], Review]) -> None:
    """Keep what a reviewer says: (sheet's key, code) → review. The sheets stay where they are. Raises NotNow."""
    held = {sheet.pk: sheet for sheet in _locked(sheets, State.COMMUNITY, State.STREET)}
    rows = SheetLine.objects.filter(assessment__in=held).select_for_update(of=("self",), no_key=True)
    changed, events = [], []
    for line in rows:
        one = said.get((line.assessment_id, line.code))
        if one is None:
            continue
        old = Review(line.share, line.left_out, line.reason, line.adjusted, line.adjusted_for)
        if one == old:
            continue
        line.share, line.left_out, line.reason = one.share, one.left_out, one.reason
        line.adjusted, line.adjusted_for, line.scored_by = one.adjusted, one.adjusted_for, current_actor()
        changed.append(line)
        sheet = held[line.assessment_id]
        events.append(
            audit.Event(
                action="adjust" if one.adjusted != old.adjusted else "review",
                obj=sheet,
                label=f"{sheet} {line.code}",
                changes={"评定比例": (old.share, one.share), "调整得分": (old.adjusted, one.adjusted)},
                organization_path=sheet.organization.path,
            )
        )
    fields = ["share", "left_out", "reason", "adjusted", "adjusted_for", "scored_by"]
    SheetLine.objects.bulk_update(changed, fields, batch_size=500)
    audit.record_many(events)


@atomic
def pass_on(sheets: Collection[Assessment]) -> int:
    """Let reviewed sheets go to the next step; return how many went.

    The street passes none with a line that waits for a score from people; such a sheet stays.
    """
    held = _locked(sheets, State.COMMUNITY, State.STREET)
    reviewed = [sheet for sheet in held if sheet.state == State.COMMUNITY]
    _move(reviewed, State.STREET, Act.COMMUNITY)
    of_street = [sheet for sheet in held if sheet not in reviewed]
    complete = _complete({(sheet.scheme, sheet.period) for sheet in of_street})
    done = [sheet for sheet in of_street if (sheet.scheme_id, sheet.period, sheet.organization_id) in complete]
    _move(done, State.DECISION, Act.STREET)
    return len(reviewed) + len(done)


def _complete(results: Collection[tuple[Scheme, str]]) -> set[tuple[int, str, int]]:
    """Return (scheme, period, organisation) of whom no line waits for a score any more."""
    return {
        (scheme.pk, period, card.organization.pk)
        for scheme, period in results
        for card in scores_of(scheme, Period.parse(period)).cards
        if not any(line.outcome.is_open for line in card.lines)
    }


@atomic
def send_back(sheet: Assessment, reason: str) -> None:
    """Send a sheet back by one step, with a reason. Raises NotNow."""
    (sheet,) = _locked([sheet], State.COMMUNITY, State.STREET, State.DECISION)
    before = {State.COMMUNITY: State.SELF, State.DECISION: State.STREET}
    there = before.get(State(sheet.state)) or (State.COMMUNITY if sheet.community_id else State.SELF)
    _move([sheet], there, Act.RETURNED, reason)


@atomic
def enter(entry: SheetEntry, *, accepted: bool) -> SheetEntry:
    """Note a matter on a sheet: claimed by the organisation, or, `accepted`, entered by a reviewer. Raises NotNow."""
    states = (State.COMMUNITY, State.STREET, State.DECISION) if accepted else (State.SELF, State.COMMUNITY)
    _locked([entry.assessment], *states)
    entry.state = SheetEntry.State.ACCEPTED if accepted else SheetEntry.State.CLAIMED
    return entry.record()


@atomic
def settle(entry: SheetEntry, *, accepted: bool, reason: str) -> SheetEntry:
    """Accept a claim, or decline it with a reason. Raises NotNow."""
    _locked([entry.assessment], State.SELF, State.COMMUNITY, State.STREET, State.DECISION)
    entry.state = SheetEntry.State.ACCEPTED if accepted else SheetEntry.State.DECLINED
    entry.reason = reason
    return entry.record("review")


@atomic
def decide(scheme: Scheme, period: Period, on: date, minutes: str) -> int:
    """Freeze the results of a period as the meeting decided them, and make them public; return how many.

    Raises NotNow where a sheet has not come that far.
    """
    take_turns("assessments", f"{scheme.pk} {period.code}")
    sheets = list(_of(scheme, period).select_for_update(of=("self",), no_key=True))
    if not sheets:
        raise NotNow("还没有考核表")
    late = [sheet for sheet in sheets if sheet.state != State.DECISION]
    if late:
        names = "、".join(f"{sheet.organization.label}（{sheet.get_state_display()}）" for sheet in late[:3])
        raise NotNow(f"还有 {len(late)} 份没有复核完：{names}")
    waiting = SheetEntry.objects.filter(assessment__in=sheets, state=SheetEntry.State.CLAIMED).count()
    if waiting:
        raise NotNow(f"还有 {waiting} 项加分申报没有审核")
    if on > timezone.localdate() or on < period.end:
        raise NotNow("审定日期应在考核期结束以后，不晚于今天")
    scores = scores_of(scheme, period)
    cards = {card.organization.pk: card for card in scores.cards}
    until = add_workdays(on, scores.document.days["notice"])
    for sheet in sheets:
        card = cards.get(sheet.organization_id)
        sheet.decided_on, sheet.decided_in, sheet.notice_until = on, minutes, until
        sheet.state, sheet.due = State.NOTICE, until
        if card is not None:
            _freeze(sheet, card)
        sheet.version += 1
    Assessment.objects.bulk_update(
        sheets,
        [
            "decided_on", "decided_in", "notice_until", "state", "due", "total", "grade", "rank",
            "rank_in_community", "class_title", "version",
        ],
        batch_size=500,
    )  # fmt: skip
    _keep_computed(sheets, cards)
    mark_stale(touch for sheet in sheets for touch in sheet.touches())
    close(period.months(), scheme.organization)
    _note(sheets, Act.DECIDED, minutes)
    audit.record(
        "publish",
        scheme,
        label=f"{period.label}{scheme.title}",
        changes={"考核表": (None, len(sheets)), "会议纪要文号": (None, minutes)},
        organization_path=scheme.organization.path,
    )
    return len(sheets)


def _freeze(sheet: Assessment, card: Scorecard) -> None:
    sheet.total, sheet.grade, sheet.class_title = card.total, card.grade or "", card.class_title or ""
    sheet.rank, sheet.rank_in_community = card.rank, card.rank_in_community


def _keep_computed(sheets: Iterable[Assessment], cards: Mapping[int, Scorecard]) -> None:
    """Write down what was computed of every line."""
    rows = []
    for line in SheetLine.objects.filter(assessment__in=list(sheets)).select_related("assessment"):
        card = cards.get(line.assessment.organization_id)
        if card is None:
            continue
        computed = card.line(line.code).computed
        line.computed, line.applies, line.why = computed.score, computed.applies, computed.why[:1000]
        line.value = None if computed.value is None else float(computed.value)
        rows.append(line)
    SheetLine.objects.bulk_update(rows, ["computed", "applies", "why", "value"], batch_size=500)


@atomic
def appeal(sheet: Assessment, code: str, text: str) -> Appeal:
    """Object to one line while the result is public. Raises NotNow."""
    (sheet,) = _locked([sheet], State.NOTICE)
    today = timezone.localdate()
    last = add_workdays(sheet.notice_until or today, sheet.scheme.days["appeal"])
    if today > last:
        raise NotNow(f"申诉期已于 {last} 结束")
    made = Appeal(assessment=sheet, code=code, text=text, on=today).record("appeal")
    _note([sheet], Act.APPEALED, text)
    return made


@atomic
def answer(objection: Appeal, text: str, score: Decimal | None) -> None:
    """Answer an appeal; with a score, the line has it from then on, and totals, ranks and grades follow."""
    (sheet,) = _locked([objection.assessment], State.NOTICE)
    objection.answer, objection.answered_on = text, timezone.localdate()
    objection.record("answer")
    _note([sheet], Act.ANSWERED, text)
    if score is None:
        return
    line = sheet.lines.get(code=objection.code)
    old, line.adjusted, line.adjusted_for = line.adjusted, score, f"申诉成立：{text}"[:300]
    line.scored_by = current_actor()
    line.save(update_fields=["adjusted", "adjusted_for", "scored_by"])
    audit.record(
        "adjust",
        sheet,
        label=f"{sheet} {line.code}",
        changes={"调整得分": (old, score)},
        organization_path=sheet.organization.path,
    )
    sheets = list(_of(sheet.scheme, sheet.when))
    cards = {card.organization.pk: card for card in scores_of(sheet.scheme, sheet.when, as_decided=False).cards}
    for one in sheets:
        if card := cards.get(one.organization_id):
            _freeze(one, card)
    Assessment.objects.bulk_update(sheets, ["total", "grade", "rank", "rank_in_community"], batch_size=500)
    mark_stale(touch for one in sheets for touch in one.touches())


@atomic
def lock(scheme: Scheme, period: Period) -> int:
    """Lock the results once the notice is over and every appeal answered; nothing moves any more. Raises NotNow."""
    sheets = list(_of(scheme, period).select_for_update(of=("self",), no_key=True))
    if not sheets or any(sheet.state != State.NOTICE for sheet in sheets):
        raise NotNow("公示以后才能锁定")
    today = timezone.localdate()
    if any(sheet.notice_until and sheet.notice_until >= today for sheet in sheets):
        raise NotNow(f"公示到 {max(sheet.notice_until for sheet in sheets if sheet.notice_until)} 为止，期满后才能锁定")
    waiting = Appeal.objects.filter(assessment__in=sheets, answered_on=None).count()
    if waiting:
        raise NotNow(f"还有 {waiting} 件申诉没有答复")
    for sheet in sheets:
        sheet.state, sheet.due = State.LOCKED, None
        sheet.version += 1
    Assessment.objects.bulk_update(sheets, ["state", "due", "version"], batch_size=500)
    _note(sheets, Act.LOCKED)
    audit.record("lock", scheme, label=f"{period.label}{scheme.title}", organization_path=scheme.organization.path)
    return len(sheets)


def refuse_behind_locked(places: Places) -> str:
    """Say which locked result rests on some months of some organisations; nothing where none does. Two queries."""
    paths = dict(Organization.objects.filter(pk__in={pk for pk, _ in places}).values_list("pk", "path"))
    above = {end for path in paths.values() for end in Organization.paths_to(path)}
    first = min(month for _, month in places)
    held = Assessment.objects.filter(state=State.LOCKED, organization__path__in=above, ends_on__gte=first)
    for sheet in held.select_related("organization", "scheme"):
        for pk, month in places:
            if paths.get(pk, "").startswith(sheet.organization.path) and sheet.when.start <= month <= sheet.ends_on:
                return f"{sheet.when.label}{sheet.scheme.title}的结果已锁定（{sheet.organization.label}）"
    return ""


# parts


def _of(scheme: Scheme, period: Period) -> models.QuerySet[Assessment]:
    return scheme.assessments.filter(period=period.code).select_related("organization", "scheme")


def _locked(sheets: Collection[Assessment], *states: str) -> list[Assessment]:
    """Return the sheets as they are now, locked, with their lines; all wait in one of these states. Raises NotNow."""
    rows = Assessment.objects.filter(pk__in=[sheet.pk for sheet in sheets]).prefetch_related("lines")
    rows = rows.select_related("organization", "scheme__organization", "community")
    held = list(rows.select_for_update(of=("self",), no_key=True))
    for sheet in held:
        if sheet.state not in states:
            raise NotNow(f"{sheet.organization.label}的考核表现在是“{sheet.get_state_display()}”，不能这样办理")
    return held


def _move(sheets: Collection[Assessment], there: str, act: str, note: str = "") -> None:
    """Let sheets go to a step, with its deadline and its trace."""
    today = timezone.localdate()
    days = {State.SELF: "self", State.COMMUNITY: "community", State.STREET: "street"}
    step = days.get(State(there))
    events = []
    for sheet in sheets:
        old, sheet.state = sheet.get_state_display(), there
        sheet.due = add_workdays(today, sheet.scheme.days[step]) if step else None
        sheet.version += 1
        events.append(
            audit.Event(
                action="return" if act == Act.RETURNED else "submit",
                obj=sheet,
                label=str(sheet),
                changes={"状态": (old, sheet.get_state_display())},
                organization_path=sheet.organization.path,
            )
        )
    Assessment.objects.bulk_update(sheets, ["state", "due", "version"], batch_size=500)
    audit.record_many(events)
    _note(sheets, act, note)


def _note(sheets: Iterable[Assessment], act: str, note: str = "") -> None:
    who = current_actor()
    SheetStep.objects.bulk_create(SheetStep(assessment=sheet, act=act, by=who, note=note[:300]) for sheet in sheets)

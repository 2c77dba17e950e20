"""The procedure sheet of one case: every step with what is on record, what is due, and what comes next."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from members.models import DevelopmentCase, DevelopmentStep, progress_of

from .procedure import BY_CODE, STEPS, Progress, Stage, Standing, Step, next_step


@dataclass
class Line:
    """One step on the sheet: what is on record, and a state with its word."""

    step: Step
    taken: list[DevelopmentStep] = field(default_factory=list)
    applied_on: date | None = None
    due: date | None = None
    not_before: date | None = None
    state: str = "none"
    word: str = "未办"
    is_next: bool = False

    @property
    def is_open(self) -> bool:
        """Whether something may still be registered here."""
        return self.step.code != "apply" and (not self.taken or self.step.repeats)


@dataclass
class Sheet:
    """All lines by stage, and what they come to."""

    case: DevelopmentCase
    progress: Progress
    stages: list[tuple[Stage, list[Line]]]

    @property
    def done(self) -> int:
        """How many of the 25 are on record."""
        return sum(
            1 for _, lines in self.stages for line in lines if line.step.number and (line.taken or line.applied_on)
        )

    @property
    def next(self) -> Line | None:
        """The first step that is still to be registered."""
        return next((line for _, lines in self.stages for line in lines if line.is_next), None)

    @property
    def exceptions(self) -> list[Line]:
        """The steps passed over, each with its reason."""
        return [
            line for _, lines in self.stages for line in lines if any(taken.exception_reason for taken in line.taken)
        ]


def sheet_of(case: DevelopmentCase, steps: Sequence[DevelopmentStep], today: date) -> Sheet:
    """Put together the sheet of a case from its steps, read already with their votes."""
    progress = progress_of(case, steps)
    coming = None if case.closed_on else next_step(progress)
    lines = {step.code: Line(step) for step in STEPS}
    lines["apply"].applied_on = case.applied_on
    for taken in steps:
        lines[taken.code].taken.append(taken)
    for line in lines.values():
        line.is_next = line.step == coming
        _describe(line, progress, today, is_over=bool(case.closed_on or case.regularised_on))
    stages = [(stage, [line for line in lines.values() if line.step.stage == stage]) for stage in Stage]
    return Sheet(case, progress, stages)


def _describe(line: Line, progress: Progress, today: date, *, is_over: bool) -> None:
    """Say how a step stands."""
    if not is_over and line.is_open:
        line.due, line.not_before = line.step.due(progress), line.step.not_before(progress)
    if line.taken or line.applied_on:
        excepted = any(taken.exception_reason for taken in line.taken)
        line.state, line.word = ("warn", "例外") if excepted else ("ok", "已办")
    elif line.is_next:
        line.state, line.word = "warn", "下一步"
    if line.step.optional and not line.taken:
        line.word = "有延长时登记"
    if line.due and line.due < today:
        line.state, line.word = "bad", f"逾期 {(today - line.due).days} 天"


@dataclass(frozen=True)
class Card:
    """One person on the board: how far they have come and what is to be done next."""

    case: DevelopmentCase
    done: int
    coming: Step | None
    is_late: bool

    @property
    def due(self) -> Step | None:
        """The step with the earliest last day."""
        return BY_CODE.get(self.case.due_step)


def cards_of(cases: Iterable[DevelopmentCase], today: date) -> list[Card]:
    """Return the cards of cases whose steps were read with them."""
    cards = []
    for case in cases:
        progress = progress_of(case, case.steps.all())
        taken = sum(1 for code in progress.taken if BY_CODE[code].number)
        late = case.due_on is not None and case.due_on < today
        cards.append(Card(case, taken, next_step(progress), late))
    return cards


BOARD = (Standing.APPLICANT, Standing.ACTIVIST, Standing.CANDIDATE, Standing.PROBATIONARY)
"""The columns of the board beside those regularised in the period."""

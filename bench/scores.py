"""Scoring a street by a scheme: every line of every branch, ranks and grades."""

from assessments.models import Scheme
from assessments.schemes.scores import scores_of
from bench import Run, case
from ledgers.period import Period


@case("a street scored by the ready quarterly scheme", limit=3)
def score() -> Run:
    """The sheets are counted: what is measured is the rules, the reading and the arithmetic."""
    scheme = Scheme.objects.filter(code="ZBJD").with_parts().first()
    assert scheme is not None
    period = Period.containing(scheme.since, Period.QUARTER).following()

    def run() -> None:
        assert scores_of(scheme, period).cards

    return run

"""The schemes that a street of the demo scores by: the ready ones, in force since the records begin."""

from collections import Counter

from assessments.schemes.ready import TITLES, ready_scheme
from assessments.schemes.versions import draft
from ledgers.period import Period

from .plan import Street


def judge(street: Street) -> Counter[str]:
    """Put the four ready schemes in force."""
    for name in TITLES:
        document = ready_scheme(name)
        draft(street.organization, document).put_in_force(Period.containing(street.plan.first, document.period))
    return Counter(schemes=len(TITLES))

"""The schemes that a street of the demo scores by: the ready ones, in force since the records begin."""

from collections import Counter

from assessments.models import Scheme
from assessments.schemes.ready import TITLES, ready_scheme
from assessments.schemes.versions import hang_parts, unkept
from ledgers import bulk
from ledgers.period import Period

from .plan import Street


def judge(street: Street) -> Counter[str]:
    """Put the four ready schemes in force."""
    documents = [ready_scheme(name) for name in TITLES]
    schemes = [unkept(street.organization, document, 1) for document in documents]
    for scheme in schemes:
        scheme.state, scheme.since = Scheme.State.IN_FORCE, Period.containing(street.plan.first, scheme.period).start
    bulk.insert(schemes)
    for scheme, document in zip(schemes, documents, strict=True):
        hang_parts(scheme, document)
    return Counter(schemes=len(schemes))

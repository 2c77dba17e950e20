"""Makers of what hangs on the tree: premises, enterprises, Party workers; each as the portal records it."""

from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

from branches.credit_codes import check_digit
from branches.models import (
    Enterprise,
    InstructorVisit,
    Organization,
    PartyWorker,
    Shortage,
    Venue,
    WorkerTraining,
)

_numbers = count(1)


def credit_code() -> str:
    """Return a new well-formed credit code of nobody."""
    first = f"91990100MA{next(_numbers):07}"
    return first + check_digit(first)


def make_venue(organization: Organization, **fields: Any) -> Venue:
    """A room of its own since 2015."""
    given = {"name": f"阵地{next(_numbers)}", "tenure": "own", "area": Decimal(100), "opened_on": date(2015, 1, 1)}
    return Venue(organization=organization, **given | fields).record()


def make_shortage(organization: Organization, **fields: Any) -> Shortage:
    """Found short on 1 March 2026, unsolved."""
    given = {"since": date(2026, 3, 1), "situation": "没有活动室"}
    return Shortage(organization=organization, **given | fields).record()


def make_enterprise(organization: Organization, name: str = "", **fields: Any) -> Enterprise:
    """A private enterprise founded in 2015, without members or instructor unless `fields` say so."""
    own = {f.name for f in Enterprise._meta.concrete_fields}
    given = {"credit_code": credit_code(), "kind": "private", "founded": date(2015, 1, 1)} | {
        key: value for key, value in fields.items() if key in own
    }
    held = {key: value for key, value in fields.items() if key not in own}
    if "full_members" in held:
        held.setdefault("party_members", held["full_members"])
    return Enterprise(organization=organization, name=name or f"企业{next(_numbers)}", **given).enter(**held)


def make_visit(enterprise: Enterprise, **fields: Any) -> InstructorVisit:
    given = {"on": date(2026, 5, 1), "instructor": "周导", "content": "指导主题党日"}
    return InstructorVisit(enterprise=enterprise, **given | fields).record()


def make_worker(organization: Organization, name: str = "", **fields: Any) -> PartyWorker:
    """A clerk since 2020."""
    given = {"post": "clerk", "start": date(2020, 1, 1)}
    return PartyWorker(organization=organization, name=name or f"工{next(_numbers)}", **given | fields).record()


def make_training(worker: PartyWorker, **fields: Any) -> WorkerTraining:
    given = {"on": date(2026, 5, 1), "subject": "业务培训", "hours": Decimal(8)}
    return WorkerTraining(worker=worker, **given | fields).record()

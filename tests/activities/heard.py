"""Makers of what an organisation hears and sees: residents' concerns and visits; each as the portal records it."""

from datetime import date
from itertools import count
from typing import Any

from activities.models import Concern, Practice, Visit
from branches.models import Organization

_numbers = count(1)


def make_concern(organization: Organization, received_on: date = date(2026, 9, 1), **fields: Any) -> Concern:
    """A lamp that does not burn, told by telephone on 1 September 2026; to be answered by 21 September."""
    given = {"title": f"{next(_numbers)} 号楼楼道灯不亮", "source": "phone", "kind": "facilities"}
    return Concern(organization=organization, received_on=received_on, **given | fields).record()


def settle(concern: Concern, on: date, satisfaction: str = "") -> Concern:
    """Answer and resolve a concern on a day."""
    concern.answered_on = concern.resolved_on = on
    concern.answer, concern.satisfaction = "已换灯泡。", satisfaction
    return concern.record("answer")


def make_visit(organization: Organization, on: date = date(2026, 9, 1), **fields: Any) -> Visit:
    """Calling on five residents on 1 September 2026."""
    given = {"kind": "residents", "visitors": "李办", "target": f"东风路 {next(_numbers)} 号", "people": 5}
    return Visit(organization=organization, date=on, **given | fields).record()


def make_practice(organization: Organization, **fields: Any) -> Practice:
    """A draft of 1 September 2026."""
    given = {"title": f"做法{next(_numbers)}", "written_on": date(2026, 9, 1), "method": "每月议一次。"}
    return Practice(organization=organization, **given | fields).record()

"""Makers of co-building records, each as the portal records it."""

from datetime import date
from itertools import count
from typing import Any

from activities.models import Agreement, Contribution, PartnerUnit
from branches.models import Organization

_numbers = count(1)


def make_partner(organization: Organization, name: str = "", **fields: Any) -> PartnerUnit:
    """A school, registered in 2020."""
    given = {"kind": "school", "registered_on": date(2020, 1, 1)}
    return PartnerUnit(organization=organization, name=name or f"单位{next(_numbers)}", **given | fields).record()


def make_agreement(partner: PartnerUnit, year: int = 2026, **fields: Any) -> Agreement:
    """The agreement of a year, signed on 1 February."""
    given = {"signed_on": date(year, 2, 1), "start": date(year, 1, 1), "end": date(year, 12, 31)}
    return Agreement(partner=partner, year=year, **given | fields).record()


def make_contribution(partner: PartnerUnit, **fields: Any) -> Contribution:
    given = {"date": date(2026, 8, 5), "kind": "service", "content": f"上门维修{next(_numbers)}"}
    return Contribution(partner=partner, **given | fields).record()

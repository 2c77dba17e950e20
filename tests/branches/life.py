"""What tests of organisational life need: elections with candidates, units of joint branches, leaders of groups."""

from datetime import date
from typing import Any

from branches.models import Candidate, Election, GroupLeader, JointUnit, Organization
from tests.factories import OrganizationFactory


def make_election(organization: Organization, on: date = date(2026, 8, 10), **fields: Any) -> Election:
    """An election with 10 to vote, all there, three places."""
    counts = {"voters": 10, "present": 10, "places": 3} | fields
    ballots = dict.fromkeys(("issued", "collected", "valid"), counts["present"])
    return Election(**{"organization": organization, "on": on} | ballots | counts).record()


def make_candidate(election: Election, name: str = "周明", votes: int = 8, **fields: Any) -> Candidate:
    """A candidate for an ordinary seat, elected with eight votes."""
    return Candidate(**{"election": election, "name": name, "votes": votes, "elected": True} | fields).record()


def make_joint(parent: Organization, units: int = 0, code: str = "J") -> Organization:
    """A joint branch that covers so many units since 2020."""
    branch = OrganizationFactory(code=code, name=f"{code}联合党支部", kind="joint-branch", parent=parent)
    for number in range(units):
        make_unit(branch, f"单位{number}")
    return branch


def make_unit(branch: Organization, name: str = "恒信公司", start: date = date(2020, 1, 1), **fields: Any) -> JointUnit:
    """A unit of a joint branch since 2020."""
    return JointUnit(organization=branch, name=name, start=start, **fields).record()


def make_group(branch: Organization, name: str = "第一党小组", code: str = "G", **fields: Any) -> Organization:
    """A group of a branch."""
    return OrganizationFactory(code=code, name=name, kind="group", parent=branch, **fields)


def make_leader(group: Organization, name: str = "周明", since: date = date(2025, 3, 1), **fields: Any) -> GroupLeader:
    """A leader since March 2025."""
    return GroupLeader(group=group, name=name, since=since, **fields).record()

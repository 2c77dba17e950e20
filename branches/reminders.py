"""What the organisations of a place have to do by a day: terms that run out, temporary branches that should end."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse

from accounts.models import User

from .models import Committee, Organization, Term
from .querysets import live_on

NAMED = 3
"""Organisations that one reminder names; of more it says how many."""


@dataclass(frozen=True)
class Reminder:
    """One thing to do, with the state of its urgency (bad, warn or none), where to do it, and the nearest day."""

    state: str
    word: str
    text: str
    url: str
    day: date


def terms_to_end(user: User, place: Organization, today: date) -> Iterator[Reminder]:
    """Yield a reminder of the terms that end within 3 months, and one of those that end within 6. One query.

    Terms that are over already the rules find (R13).
    """
    ending = (
        Committee.objects.visible_to(user)
        .under(place)
        .in_office_on(today)
        .term_ends_by(Term.WITHIN_6.limit(today))
        .filter(live_on(today, "organization__"))
        .select_related("organization")
    )
    by_term: dict[Term, list[Committee]] = {Term.WITHIN_3: [], Term.WITHIN_6: []}
    for committee in sorted(ending, key=lambda each: (each.term_ends, each.organization.path)):
        if committee.term in by_term:
            by_term[committee.term].append(committee)
    what = {Term.WITHIN_3: "报批换届请示，酝酿人选", Term.WITHIN_6: "着手换届准备"}
    for term, due in by_term.items():
        if due:
            names = _named([committee.organization for committee in due], place)
            url = f"{reverse('branches:terms')}?{urlencode({'organization': place.code, 'term': term.value})}"
            if len(due) == 1:
                url = due[0].get_absolute_url()
            text = f"{names}任期将在 {term.value} 个月内届满，{what[term]}"
            yield Reminder("warn", "换届", text, url, due[0].term_ends)


def temporary_to_end(user: User, place: Organization, today: date) -> Iterator[Reminder]:
    """Yield a reminder of the temporary branches that should have ended, and one of those that end within 3 months."""
    temporary = Organization.objects.visible_to(user).filter(place.subtree(), live_on(today), expires_on__isnull=False)
    soon = Term.WITHIN_3.limit(today)
    branches = sorted(temporary.filter(expires_on__lte=soon), key=lambda branch: (branch.expires_on, branch.path))
    for state, word, due, what in (
        ("bad", "逾期", [b for b in branches if b.is_overdue], "已到期，应撤销或延期"),
        ("none", "到期", [b for b in branches if not b.is_overdue], "将在 3 个月内到期"),
    ):
        if due:
            assert due[0].expires_on is not None
            ledger = f"{reverse('ledgers:list', args=['organizations'])}?"
            everybody = ledger + urlencode({"organization": place.code, "kind": "temporary-branch"})
            url = due[0].get_absolute_url() if len(due) == 1 else everybody
            yield Reminder(state, word, f"{_named(due, place)}{what}", url, due[0].expires_on)


def due(user: User, place: Organization, today: date) -> list[Reminder]:
    """Return everything of this sort that waits in a place; two queries."""
    return [*terms_to_end(user, place, today), *temporary_to_end(user, place, today)]


def _named(organizations: list[Organization], place: Organization) -> str:
    if len(organizations) == 1 and organizations[0] == place:
        return "本组织"
    if len(organizations) <= NAMED:
        return "、".join(organization.label for organization in organizations)
    return f"{len(organizations)} 个党组织"

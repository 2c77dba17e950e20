"""The scores of the demo's street, counted again by hand: record by record, without facts, sheets or the engine."""

import json
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from activities.models import Activity, Attendance, ServiceEvent
from assessments.schemes.ready import ready_scheme
from branches.models import Organization
from ledgers.period import Period
from members.models import Membership

pytestmark = pytest.mark.django_db
KINDS = {
    "meetings.general": ["general"],
    "meetings.theme_day": ["theme-day"],
    "meetings.lecture": ["lecture"],
    "cobuild.joint_meetings": ["joint-meeting"],
}
ROLL = ["general", "committee", "group", "lecture", "theme-day", "life", "democratic"]


@pytest.fixture
def cards(settings, tmp_path, monkeypatch):
    """`cards(code, period)`: what `score` prints of the demo's street."""
    settings.MEDIA_ROOT = str(tmp_path)
    monkeypatch.setattr(timezone, "localdate", lambda *args: date(2026, 11, 20))
    call_command(
        "load_demo", members_per_street=240, months=9, until=date(2026, 11, 20), stdout=StringIO(), stderr=StringIO()
    )

    def score(code: str, period: str):
        out = StringIO()
        call_command(
            "score", "--scheme", code, "--organization", "HP", "--period", period, stdout=out, stderr=StringIO()
        )
        return json.loads(out.getvalue())

    return score


def held(place: Organization, fact: str, part: Period) -> int:
    span = (part.start, part.end)
    if fact == "services.events":
        return ServiceEvent.objects.filter(project__organization__path__startswith=place.path, date__range=span).count()
    rows = Activity.objects.filter(organization__path__startswith=place.path, date__range=span)
    return rows.filter(kind__in=KINDS[fact], status__in=["submitted", "confirmed"]).count()


def full_members(place: Organization, day: date) -> int:
    there = Membership.objects.in_force_on(day).filter(branch=place).select_related("member")
    return sum(one.member.is_full_on(day) for one in there)


def half_up(number: Fraction) -> float:
    exact = Decimal(number.numerator) / Decimal(number.denominator)
    return float(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))


def by_hand(line, place: Organization, period: Period):
    """Return (applies, score) of a line that can be counted again here, or None."""
    formula, points = line.written, Fraction(str(line.points))
    units = {"month": period.months(), "quarter": period.split(Period.QUARTER) if period.kind >= 3 else ()}
    lived = [
        unit
        for unit in units.get(formula.get("every"), ())
        if place.established is None or place.established <= unit.start
    ]
    if formula["kind"] == "required" and formula["fact"] in KINDS:
        missed = sum(held(place, formula["fact"], unit) < formula["at_least"] for unit in lived)
        return bool(lived), max(Fraction(0), points - missed * Fraction(str(formula["deduct"])))
    if formula["kind"] == "count":
        return True, points * min(Fraction(1), Fraction(held(place, formula["fact"], period), formula["target"]))
    if formula.get("rate") == "attendance.rate" and formula["kind"] == "rate":
        rows = Attendance.objects.filter(
            activity__organization__path__startswith=place.path,
            activity__date__range=(period.start, period.end),
            activity__status__in=["submitted", "confirmed"],
            activity__kind__in=ROLL,
        )
        asked = [one for one in rows.values_list("state", flat=True) if one != "not-asked"]
        there = sum(state in ("present", "late") for state in asked)
        if not asked:
            return False, None
        zero, full = Fraction(str(formula["zero"])), Fraction(str(formula["full"]))
        return True, points * max(Fraction(0), min(Fraction(1), (Fraction(there, len(asked)) - zero) / (full - zero)))
    if formula.get("rules") == ["R02"]:
        months = [
            month
            for month in period.months()
            if (place.established is None or place.established <= month.start) and full_members(place, month.end) >= 7
        ]
        rows = Activity.objects.filter(kind="committee", status__in=["submitted", "confirmed"])
        rows = rows.filter(organization__path__startswith=place.path)
        missed = sum(not rows.filter(date__range=(month.start, month.end)).exists() for month in months)
        return bool(months), max(Fraction(0), points - missed * Fraction(str(formula["deduct"])))
    return None


RECOUNTED = (
    ("branch-quarterly", "2026Q2", {"A2", "B1", "B2", "B3", "B4", "E1"}),
    ("branch-quarterly", "2026Q3", {"A2", "B1", "B2", "B3", "B4", "E1"}),
    ("branch-monthly", "2026-10", {"A1", "A2", "A5"}),
    ("community-quarterly", "2026Q3", {"D1", "D3"}),
)
"""Ready scheme, period, and the lines that can be counted again here."""


def test_lines_totals_and_ranks_are_what_a_clerk_would_find(cards):
    for name, period, counted in RECOUNTED:
        check(ready_scheme(name), Period.parse(period), counted, cards)
    check_ranks(cards("ZBYD", "2026-10"))


def check(document, period, counted, cards):
    """Count the lines of one scheme in one period again."""
    found = cards(document.code, period.code)
    assert len(found) >= 4
    for card in found:
        place = Organization.objects.get(code=card["organization"])
        lines = {line["code"]: line for line in card["lines"]}
        done = set()
        for indicator in document.indicators:
            expected = by_hand(indicator, place, period)
            if expected is None:
                continue
            done.add(indicator.code)
            applies, score = expected
            said = lines[indicator.code]
            found_so = (said["applies"], said["score"])
            assert found_so == (applies, half_up(score) if applies else None), (card["organization"], period, said)
        assert done == counted
        check_total(document, card, lines)


def check_total(document, card, lines):
    """Reckon least and most once more from the printed lines."""
    base = [one for one in document.indicators if not one.formula.outside and lines[one.code]["applies"]]
    whole = sum(Fraction(str(one.points)) for one in base)
    for bound, open_share in (("least", 0), ("most", 1)):
        reached = sum(
            Fraction(str(lines[one.code]["score"]))
            if lines[one.code]["score"] is not None
            else open_share * Fraction(str(one.points))
            for one in base
        )
        assert card[bound] == half_up(reached / whole * 100)
    is_open = any(lines[one.code]["score"] is None for one in base)
    assert card["total"] == (None if is_open else card["least"])


def check_ranks(found):
    """Rank the totals once more."""
    ranked = sorted((card for card in found if card["rank"]), key=lambda card: card["rank"])
    assert len(ranked) >= 8
    assert [card["total"] for card in ranked] == sorted((card["total"] for card in ranked), reverse=True)
    assert sum(card["grade"] == "优秀" for card in ranked) <= max(1, len(ranked) * 30 // 100)
    for card in ranked:
        better = sum(other["total"] > card["total"] for other in ranked)
        assert card["rank"] > better

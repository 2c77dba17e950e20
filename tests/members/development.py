"""Small makers of people on the way into the Party, recorded the way the portal records them."""

from datetime import date
from itertools import count

from branches.models import Organization
from ledgers.parsing import check_digit
from members.development.procedure import BY_CODE, NUMBERED, RECORDED
from members.models import DevelopmentCase, DevelopmentStep, DevelopmentVote, Member

_people = count(1)
DAYS = {
    "talk": date(2022, 3, 20),
    "activist": date(2022, 9, 10),
    "activist-filed": date(2022, 9, 20),
    "mentors": date(2022, 9, 20),
    "examination": date(2023, 3, 10),
    "candidate": date(2023, 10, 10),
    "candidate-filed": date(2023, 10, 20),
    "sponsors": date(2023, 10, 20),
    "vetting": date(2024, 1, 10),
    "training": date(2024, 2, 10),
    "committee": date(2024, 5, 10),
    "pre-approval": date(2024, 5, 20),
    "form": date(2024, 5, 25),
    "admission": date(2024, 6, 15),
    "admission-talk": date(2024, 6, 25),
    "admission-approval": date(2024, 7, 10),
    "admission-filed": date(2024, 7, 20),
    "assignment": date(2024, 7, 20),
    "oath": date(2024, 7, 25),
    "probation": date(2024, 12, 15),
    "request": date(2025, 6, 10),
    "regularisation": date(2025, 6, 15),
    "regularisation-approval": date(2025, 7, 10),
    "archive": date(2025, 7, 20),
}
"""A procedure by the book."""


def person_id(born: date = date(1995, 5, 5)) -> str:
    """Return a citizen ID of nobody."""
    first = f"990100{born:%Y%m%d}{next(_people) % 1000:03}"
    return first + check_digit(first)


def applicant(
    branch: Organization, name: str = "郑新", applied_on: date = date(2022, 3, 5), **fields
) -> DevelopmentCase:
    """Return somebody who has applied."""
    fields.setdefault("id_number", person_id())
    return DevelopmentCase(name=name, branch=branch, applied_on=applied_on, **fields).settle()


def take(case: DevelopmentCase, code: str, on: date | None = None, people: list[Member] = (), votes=None, **fields):
    """Record one step of a case, by default on the day that the book would have it."""
    case.refresh_from_db()
    step = DevelopmentStep(case=case, code=code, on=on or DAYS[code], **fields)
    step.people = "、".join(member.name for member in people)
    step.first_member, step.second_member = [*people, None, None][:2]
    return step.take([DevelopmentVote(**vote) for vote in votes] if votes else None)


def develop(case: DevelopmentCase, furthest: str, until: date | None = None, people: list[Member] = ()):
    """Record every step up to one; `until` is the day of the furthest, where it is not the book's."""
    for step in RECORDED:
        if step not in NUMBERED or BY_CODE[furthest].number < step.number:
            continue
        day = until if step.code == furthest and until else DAYS[step.code]
        extra = {"days": 3, "hours": 24} if step.code == "training" else {}
        named = people if step.code in ("mentors", "sponsors") else ()
        take(case, step.code, day, named, **extra)
    case.refresh_from_db()
    return case

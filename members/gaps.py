"""What a member's record lacks, and what cannot be right about it (Q01-Q04), as conditions on memberships.

The page of data quality counts by them and the register lists by them, so that a number and its rows cannot differ.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_

from dateutil.relativedelta import relativedelta
from django.db.models import Case, Count, Q, Value, When
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import ExtractDay, ExtractMonth, ExtractYear
from django.db.models.lookups import LessThan
from django.utils import timezone

from .models import Member, Membership
from .quality import ADULT_AT, PROBATION_SINCE
from .querysets import full_on

PROBATION_OVERDUE = 2
"""Years after joining at which somebody still probationary is an oversight of the register: a year, and one more."""


@dataclass(frozen=True)
class Gap:
    """Something missing or wrong in a record. `field` is where the form starts; `keeps(day)` are the memberships."""

    slug: str
    label: str
    field: str
    keeps: Callable[[date], Q]


def _blank(name: str) -> Callable[[date], Q]:
    return lambda day: Q(**{name: ""})


GAPS = (
    Gap("phone", "缺手机号码", "phone", _blank("member__phone_index")),
    Gap("joined", "缺入党时间", "joined_on", lambda day: Q(member__joined_on__isnull=True)),
    Gap("education", "缺学历", "education", _blank("member__education")),
    Gap("ethnicity", "缺民族", "ethnicity", _blank("member__ethnicity")),
    Gap(
        "regularised",
        "正式党员缺转正时间",
        "regularised_on",
        lambda day: Q(member__category=Member.Category.FULL, member__regularised_on__isnull=True),
    ),
    Gap(
        "probation",
        f"预备党员满 {PROBATION_OVERDUE} 年未转正",
        "regularised_on",
        lambda day: ~full_on(day) & Q(member__joined_on__lt=day - relativedelta(years=PROBATION_OVERDUE)),
    ),
    Gap("employment", "就业状态不详", "employment", _blank("employment")),
)


def _number(path: str) -> CombinedExpression:
    """Return a day as the number 20260930."""
    return ExtractYear(path) * 10000 + ExtractMonth(path) * 100 + ExtractDay(path)


def _anniversary(path: str, years: int) -> CombinedExpression:
    """Return the day so many years later, as a number. Years that are no multiple of four turn 29 into 28 February."""
    leap = When(**{f"{path}__month": 2, f"{path}__day": 29}, then=Value(1))
    return _number(path) + Value(10000 * years) - Case(leap, default=Value(0))


def implausible(today: date, prefix: str = "member__") -> Q:
    """Return the condition of Q04, which `quality.faults_of_dates` puts into words for one member."""
    born, joined, regularised = (f"{prefix}{name}" for name in ("birth_date", "joined_on", "regularised_on"))
    return (
        Q(**{f"{joined}__gt": today})
        | Q(**{f"{regularised}__gt": today})
        | Q(LessThan(_number(joined), _anniversary(born, ADULT_AT)))
        | Q(LessThan(_number(regularised), _anniversary(joined, 1)), **{f"{joined}__gte": PROBATION_SINCE})
    )


def shared_id(day: date) -> Q:
    """Return the condition of Q03: another member who is live on the day has the same citizen ID, wherever they are."""
    everybody = Membership.objects.in_force_on(day).exclude(member__id_number_index="").order_by()
    shared = everybody.values("member__id_number_index").annotate(n=Count("pk")).filter(n__gt=1)
    return Q(member__id_number_index__in=shared.values("member__id_number_index"))


FAULTS = (
    Gap("Q01", "身份证号有误", "id_number", lambda day: Q(member__faults="Q01")),
    Gap("Q02", "与身份证号不符", "birth_date", lambda day: Q(member__faults="Q02")),
    Gap("Q03", "身份证号重复", "id_number", shared_id),
    Gap("Q04", "入党或转正时间不合理", "joined_on", lambda day: implausible(timezone.localdate())),
)
BY_SLUG = {each.slug: each for each in (*GAPS, *FAULTS)}
ANY = "any"


def missing(value: str, day: date) -> Q:
    """Return the condition of one gap, or of any. Raises KeyError."""
    if value == ANY:
        return reduce(or_, (gap.keeps(day) for gap in GAPS))
    return {gap.slug: gap for gap in GAPS}[value].keeps(day)


def wrong(value: str, day: date) -> Q:
    """Return the condition of one fault, of several joined by a comma, or of any. Raises KeyError."""
    known = {fault.slug: fault for fault in FAULTS}
    asked = list(known) if value == ANY else value.split(",")
    return reduce(or_, (known[code].keeps(day) for code in asked))


def field_to_mend(filters: Mapping[str, str]) -> str:
    """Return the form's field that a list so filtered is about; empty where it is about none in particular."""
    asked = filters.get("gap") or filters.get("fault") or ""
    return BY_SLUG[asked].field if asked in BY_SLUG else ""

"""What cannot be right about a member (rulebook Q01, Q02, Q04): pure functions over values, asked by form and page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from dateutil.relativedelta import relativedelta

from ledgers import parsing

from .models import Gender
from .querysets import PROBATION, PROBATION_SINCE

ADULT_AT = 18


@dataclass(frozen=True)
class Fault:
    """One fault: its rule, the fields that disagree (the first is where to say it), what, and what to do."""

    rule: str
    fields: tuple[str, ...]
    what: str
    remedy: str


@dataclass(frozen=True)
class ReadFromId:
    """What a right citizen ID says of its holder."""

    number: str
    birth_date: date
    gender: Gender


def read_id(number: str) -> ReadFromId:
    """Read a citizen ID. Raises parsing.Unparsable with a Chinese message (Q01)."""
    whole = parsing.citizen_id(number)
    if whole is None:
        raise parsing.Unparsable("请填身份证号")
    gender = Gender.MALE if parsing.gender_of(whole) == Gender.MALE.label else Gender.FEMALE
    return ReadFromId(whole, parsing.birth_date_of(whole), gender)


def faults_of_id(number: str, birth_date: date | None, gender: str) -> Iterator[Fault]:
    """Yield Q01, or what of birth date and gender does not agree with the ID (Q02)."""
    try:
        read = read_id(number)
    except parsing.Unparsable as error:
        yield Fault("Q01", ("id_number",), f"身份证号有误：{error}", "对照身份证原件，改正身份证号")
        return
    remedy = "对照身份证和档案，改正出生日期、性别或身份证号"
    if birth_date and birth_date != read.birth_date:
        what = f"出生日期与身份证号不一致：身份证号上是 {read.birth_date}"
        yield Fault("Q02", ("birth_date", "id_number"), what, remedy)
    if gender and gender != read.gender:
        yield Fault("Q02", ("gender", "id_number"), f"性别与身份证号不一致：身份证号上是{read.gender.label}", remedy)


def faults_of_dates(
    birth_date: date | None, joined_on: date | None, regularised_on: date | None, today: date
) -> Iterator[Fault]:
    """Yield what cannot be (Q04): a day to come, joined under 18, regularised before a year was over."""
    remedy = "对照入党志愿书，改正出生日期、入党时间或转正时间"
    if joined_on and joined_on > today:
        yield Fault("Q04", ("joined_on",), "入党时间还没有到，请核对", remedy)
    elif birth_date and joined_on and joined_on < birth_date + relativedelta(years=ADULT_AT):
        adult = birth_date + relativedelta(years=ADULT_AT)
        yield Fault("Q04", ("joined_on", "birth_date"), f"入党时不满 {ADULT_AT} 岁（{adult} 才满），请核对", remedy)
    if regularised_on and regularised_on > today:
        yield Fault("Q04", ("regularised_on",), "转正时间还没有到，请核对", remedy)
    elif joined_on and regularised_on and joined_on >= PROBATION_SINCE and regularised_on < joined_on + PROBATION:
        earliest = joined_on + PROBATION
        yield Fault("Q04", ("regularised_on", "joined_on"), f"预备期满一年才能转正，不早于 {earliest}，请核对", remedy)

"""A scheme as it is written: what it says, read from JSON. `Scheme.as_written` writes it back.

{"code", "title", "period": month|quarter|half|year, "days": {…}, "applies_to": [kinds], "base", "not_applicable":
 scale|full, "tie_break": [indicators], "classes": [{"title", "unit_kinds"}], "grades": [{"title", "from",
 "at_most_percent"}], "vetoes": [{"code", "title", "when": {"rules": […]} | "entered", "not_above"}],
 "groups": [{"title", "indicators": [{"code", "title", "points", "standard", "method", "scorer", "formula"}]}]}
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from assessments import engine
from branches.models import Organization
from ledgers.period import Period, PeriodKind

from . import formulas
from .formulas import Formula
from .reading import Reader, SchemeRefused, plain

PERIOD_KINDS: Mapping[str, PeriodKind] = {
    "month": Period.MONTH,
    "quarter": Period.QUARTER,
    "half": Period.HALF,
    "year": Period.YEAR,
}
DAYS: Mapping[str, tuple[str, int]] = {
    "self": ("自评", 5),
    "community": ("社区党委初审", 5),
    "street": ("党建办复核", 5),
    "notice": ("公示", 5),
    "appeal": ("申诉", 3),
}
"""Step → (what it is called, working days that it has where a scheme says nothing)."""
SCALE, FULL = "scale", "full"


@dataclass(frozen=True)
class RankingClass:
    """Organisations that are ranked among themselves: those of units of these kinds."""

    title: str
    unit_kinds: tuple[str, ...]


@dataclass(frozen=True)
class Grade:
    """A grade: from how many points, and to how many percent of those ranked in a class it may go at most."""

    title: str
    least: Decimal
    at_most_percent: Decimal | None = None


@dataclass(frozen=True)
class Veto:
    """What keeps an organisation from a better grade: a breach of these rules, or, without rules, what people enter."""

    code: str
    title: str
    rules: tuple[str, ...]
    not_above: str


@dataclass(frozen=True)
class Indicator:
    """One line: what is asked, for how many points, by which formula. The rest is for people to read."""

    code: str
    title: str
    points: Decimal
    formula: Formula
    written: Mapping[str, Any]
    """The formula as it was written."""
    standard: str = ""
    method: str = ""
    scorer: str = ""

    @property
    def bounds(self) -> tuple[Decimal, Decimal]:
        """The least and the most that its score can be."""
        return (-self.points, Decimal(0)) if self.formula.kind == "penalty" else (Decimal(0), self.points)


@dataclass(frozen=True)
class Group:
    """Indicators under one heading."""

    title: str
    indicators: tuple[Indicator, ...]


@dataclass(frozen=True)
class Document:
    """A scheme, read and found in order."""

    code: str
    title: str
    period: PeriodKind
    days: Mapping[str, int]
    applies_to: tuple[str, ...]
    base: Decimal
    not_applicable: str
    tie_break: tuple[str, ...]
    classes: tuple[RankingClass, ...]
    grades: tuple[Grade, ...]
    vetoes: tuple[Veto, ...]
    groups: tuple[Group, ...]

    @property
    def indicators(self) -> list[Indicator]:
        """All indicators in their order."""
        return [indicator for group in self.groups for indicator in group.indicators]

    def class_of(self, organization: Organization) -> RankingClass | None:
        """Return the class in which an organisation is ranked, None where there is none for it."""
        return next((one for one in self.classes if organization.unit_kind in one.unit_kinds), None)

    def rules(self) -> set[str]:
        """Return the codes of all rules that it asks about."""
        asked = {code for indicator in self.indicators for code in indicator.formula.rules()}
        return asked | {code for veto in self.vetoes for code in veto.rules}

    def warnings(self) -> Iterator[str]:
        """Yield what the office should look at before it puts the scheme in force."""
        points = sum((one.points for one in self.indicators if not one.formula.outside), start=Decimal(0))
        if points != self.base:
            yield f"各项分值合计 {plain(points)} 分，与基础分 {plain(self.base)} 分不一致，得分将按比例折算"


def load(text: str | bytes) -> Document:
    """Read a scheme from JSON. Raises SchemeRefused."""
    try:
        data = json.loads(text, parse_float=Decimal)
    except UnicodeDecodeError:
        raise SchemeRefused("文件不是 UTF-8 编码的 JSON") from None
    except (json.JSONDecodeError, RecursionError) as error:
        where = f"第 {error.lineno} 行第 {error.colno} 列" if isinstance(error, json.JSONDecodeError) else "嵌套太深"
        raise SchemeRefused(f"文件不是合格的 JSON：{where}附近写错了") from None
    return read(data)


def read(data: Any, least: int = 1) -> Document:
    """Read a scheme of at least so many groups. Raises SchemeRefused, naming the place."""
    reader = Reader(data, "考核方案")
    kinds = {label: value for value, label in Organization.Kind.choices}
    document = Document(
        code=reader.text("code", most=20),
        title=reader.text("title", most=100),
        period=reader.choice("period", PERIOD_KINDS),
        days=_days(reader),
        applies_to=_words(reader, "applies_to", kinds, least=1),
        base=reader.points("base", Decimal(100)),
        not_applicable=reader.choice("not_applicable", {SCALE: SCALE, FULL: FULL}, SCALE),
        tie_break=tuple(str(code) for code in reader.items("tie_break")),
        classes=reader.objects("classes", _class, "{}的第 {} 个类别"),
        grades=reader.objects("grades", _grade, "{}的第 {} 个等次"),
        vetoes=reader.objects("vetoes", _veto, "{}的第 {} 项一票否决"),
        groups=reader.objects("groups", _group, "{}的第 {} 组", least=least),
    )
    reader.end()
    _agree(document)
    return document


def _days(reader: Reader) -> dict[str, int]:
    days = Reader(reader.raw("days", {}), f"{reader.place}的“days”")
    found = {step: days.whole(step, default) for step, (_, default) in DAYS.items()}
    days.end()
    return found


def _words(reader: Reader, key: str, offered: Mapping[str, str], least: int = 0) -> tuple[str, ...]:
    """Take a list of Chinese words and return what they stand for."""
    found = []
    for word in reader.items(key, least):
        if word not in offered:
            raise reader.refuse(key, f"没有“{word}”这一种，可以写 {'、'.join(offered)}")
        found.append(offered[word])
    return tuple(found)


def _class(reader: Reader, place: int) -> RankingClass:
    kinds = {label: value for value, label in Organization.UnitKind.choices}
    return RankingClass(reader.text("title", most=40), _words(reader, "unit_kinds", kinds, least=1))


def _grade(reader: Reader, place: int) -> Grade:
    percent = reader.positive("at_most_percent") if reader.has("at_most_percent") else None
    reader.raw("at_most_percent")
    if percent is not None and percent > 100:
        raise reader.refuse("at_most_percent", "不能超过 100")
    return Grade(reader.text("title", most=20), reader.number("from"), percent)


def _veto(reader: Reader, place: int) -> Veto:
    when: Any = reader.raw("when", "entered")
    rules: tuple[str, ...] = ()
    if when != "entered":
        inner = Reader(when, f"{reader.place}的“when”")
        rules = inner.list_of_known("rules", [one.code for one in engine.every_rule()], "规则")
        inner.end()
    return Veto(reader.text("code", most=20), reader.text("title", most=100), rules, reader.text("not_above", most=20))


def _group(reader: Reader, place: int) -> Group:
    title = reader.text("title", most=40)
    return Group(title, reader.objects("indicators", _indicator, f"“{title}”的第 {{1}} 项", least=1))


def _indicator(reader: Reader, place: int) -> Indicator:
    code = reader.text("code", most=20)
    reader.place = f"指标 {code} "
    written = reader.raw("formula")
    return Indicator(
        code=code,
        title=reader.text("title", most=200),
        points=reader.points("points"),
        formula=formulas.read(written, f"指标 {code} 的“formula”"),
        written=written,
        standard=reader.text("standard", "", most=1000),
        method=reader.text("method", "", most=40),
        scorer=reader.text("scorer", "", most=60),
    )


def _agree(document: Document) -> None:
    """Refuse what does not fit together."""
    codes = Counter(indicator.code for indicator in document.indicators)
    if twice := [code for code, times in codes.items() if times > 1]:
        raise SchemeRefused(f"指标编号“{twice[0]}”出现了 {codes[twice[0]]} 次")
    if twice := [code for code, times in Counter(veto.code for veto in document.vetoes).items() if times > 1]:
        raise SchemeRefused(f"一票否决编号“{twice[0]}”重复")
    for code in document.tie_break:
        if code not in codes:
            raise SchemeRefused(f"考核方案的“tie_break”：没有指标“{code}”")
    kinds = Counter(kind for one in document.classes for kind in one.unit_kinds)
    if twice := [kind for kind, times in kinds.items() if times > 1]:
        label = Organization.UnitKind(twice[0]).label
        raise SchemeRefused(f"考核方案的“classes”：单位类别“{label}”属于几个类别，只能属于一个")
    _agree_grades(document)
    for indicator in document.indicators:
        formula = indicator.formula
        if isinstance(formula, formulas.Average) and formula.scheme == document.code:
            raise SchemeRefused(f"指标 {indicator.code} 的“formula”：不能取本方案自己的平均分")


def _agree_grades(document: Document) -> None:
    titles = [grade.title for grade in document.grades]
    for before, after in zip(document.grades, document.grades[1:], strict=False):
        if after.least >= before.least:
            raise SchemeRefused(
                f"考核方案的“grades”：“{after.title}”的分数线没有比“{before.title}”低，各等次应从高到低"
            )
    if document.grades and document.grades[-1].least != 0:
        raise SchemeRefused(f"考核方案的“grades”：最后一个等次“{titles[-1]}”应从 0 分起")
    if len(set(titles)) < len(titles):
        raise SchemeRefused("考核方案的“grades”：有两个等次同名")
    for veto in document.vetoes:
        if veto.not_above not in titles:
            raise SchemeRefused(f"一票否决 {veto.code} 的“not_above”：没有等次“{veto.not_above}”")

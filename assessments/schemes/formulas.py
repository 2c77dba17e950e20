"""The closed list of formula kinds: how each is written, what it reads, and the score that it gives.

Nothing is evaluated: a formula is one of these classes with its numbers. A line's score lies between 0 and its points,
that of a deduction outside the base between minus its points and 0. Scores are rounded half up to 0.01, once a line.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import islice
from typing import Any, ClassVar, Self

from assessments import engine
from branches.models import Organization
from ledgers import facts
from ledgers.facts import Number
from ledgers.ledger import Query
from ledgers.period import Period, PeriodKind

from .reading import Reader, SchemeRefused, as_number, plain
from .seen import NOTHING_GIVEN, Given, RuleSeen, Seen

CENT = Decimal("0.01")
ZERO, ONE = Decimal(0), Decimal(1)
NAMED = 3
"""Breaches that a sentence names; of more it says how many."""


def cents(number: Decimal) -> Decimal:
    """Return a score as it is kept: half up to 0.01."""
    return number.quantize(CENT, ROUND_HALF_UP) + 0  # and never -0


def mean(numbers: Collection[Decimal]) -> Decimal | None:
    """Return the mean of points, rounded as points are; None of nothing."""
    return cents(sum(numbers, start=ZERO) / len(numbers)) if numbers else None


def clamped(number: Decimal, least: Decimal = ZERO, most: Decimal = ONE) -> Decimal:
    """Return a number no smaller and no larger than the bounds."""
    return max(least, min(most, number))


@dataclass(frozen=True)
class Outcome:
    """What a formula makes of one organisation.

    `score` is None where the line does not apply or is open, and then `least` and `most` say what it can still be.
    `value` is the fact, the exact rate, the misses or the breaches; `why` says in one sentence how the score came
    about, `earn` what earns the points that are missing.
    """

    score: Decimal | None
    why: str
    value: Number | None = None
    applies: bool = True
    least: Decimal = ZERO
    most: Decimal = ZERO
    earn: str = ""

    @property
    def is_open(self) -> bool:
        """Whether people have still to score it."""
        return self.applies and self.score is None

    @classmethod
    def of(cls, score: Decimal, why: str, value: Number | None = None, earn: str = "") -> Self:
        """Return a score that stands, rounded."""
        score = cents(score)
        return cls(score, why, value, least=score, most=score, earn=earn)

    @classmethod
    def not_asked(cls, why: str, value: Number | None = None) -> Self:
        """Return that the line does not apply."""
        return cls(None, why, value, applies=False)

    @classmethod
    def open(cls, why: str, least: Decimal, most: Decimal) -> Self:
        """Return that people have still to score the line."""
        return cls(None, why, least=cents(least), most=cents(most))


class Formula(ABC):
    """Base of the kinds. `word` names the kind on screen."""

    kind: ClassVar[str]
    word: ClassVar[str]
    outside: ClassVar[bool] = False
    """Whether the line lies outside the base: bonus and penalty."""
    by_people: ClassVar[bool] = False
    """Whether people give the score."""

    @classmethod
    @abstractmethod
    def read(cls, reader: Reader) -> Self:
        """Read what the kind wants, the kind itself being read. Raises SchemeRefused."""

    @abstractmethod
    def outcome(self, points: Decimal, seen: Seen, given: Given = NOTHING_GIVEN) -> Outcome:
        """Return the score that one organisation has, out of these points."""

    @abstractmethod
    def sentence(self) -> str:
        """Say the formula in words."""

    def facts(self) -> Iterable[str]:
        """Return the codes of the facts behind it, that whose rows it opens first."""
        return ()

    def rules(self) -> Iterable[str]:
        """Return the codes of the rules behind it."""
        return ()


# read from the records


def _fact_code(reader: Reader, key: str = "fact") -> str:
    return reader.known(key, [fact.code for fact in facts.every()], "指标")


def _rule_codes(reader: Reader) -> tuple[str, ...]:
    return reader.list_of_known("rules", [rule.code for rule in engine.every_rule()], "规则")


def rule_title(code: str) -> str:
    """Return what a rule wants, in words."""
    return engine.get(code).title


UNITS: Mapping[str, PeriodKind | None] = {
    "month": Period.MONTH,
    "quarter": Period.QUARTER,
    "half": Period.HALF,
    "year": Period.YEAR,
    "period": None,
}
EACH = {Period.MONTH: "每月", Period.QUARTER: "每季度", Period.HALF: "每半年", Period.YEAR: "每年", None: "考核期内"}


@dataclass(frozen=True)
class Required(Formula):
    """So many times a month, quarter, half, year or in the whole period; each unit missed, or each time, costs."""

    fact: str
    at_least: Decimal
    every: PeriodKind | None
    deduct: Decimal
    by_times: bool

    kind = "required"
    word = "按期开展"

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read fact, at_least, every, deduct, count."""
        return cls(
            _fact_code(reader),
            reader.positive("at_least", ONE),
            reader.choice("every", UNITS),
            reader.positive("deduct"),
            reader.choice("count", {"units": False, "times": True}, "units"),
        )

    def outcome(self, points: Decimal, seen: Seen, given: Given = NOTHING_GIVEN) -> Outcome:
        """Take points off for each unit that is over and lacks some; a running unit is no miss."""
        units = seen.units(self.every or seen.period.kind)
        if not units:
            return Outcome.not_asked("考核期内没有完整的考核单元，不作要求")
        short = {unit: self.at_least - Decimal(seen.number(self.fact, unit)) for unit in units}
        missed = {unit: lack for unit, lack in short.items() if lack > 0 and unit.is_over(seen.today)}
        misses = sum(missed.values(), start=ZERO) if self.by_times else Decimal(len(missed))
        score = clamped(points - self.deduct * misses, ZERO, points)
        title = facts.get(self.fact).title
        if not missed:
            why = f"{title}已按要求开展，不扣分"
        else:
            when = "、".join(_part(unit, seen.period) for unit in missed)
            why = f"{when}缺{title}，扣 {plain(points - score)} 分"
        value = int(misses) if misses == misses.to_integral_value() else misses
        earn = f"{self.sentence()}；已经开展的，补录会议记录" if missed else ""
        return Outcome.of(score, why, value, earn)

    def sentence(self) -> str:
        """Say how often, and what a miss costs."""
        fact = facts.get(self.fact)
        each = "每少一次" if self.by_times else "每缺一期"
        return (
            f"{EACH[self.every]}{fact.title}至少 {plain(self.at_least)} {fact.unit}，{each}扣 {plain(self.deduct)} 分"
        )

    def facts(self) -> Iterable[str]:
        """Return the fact."""
        return (self.fact,)


def _part(unit: Period, whole: Period) -> str:
    """Return how a part of a period is called beside it."""
    return unit.label.removeprefix(f"{whole.year}年") or unit.label


@dataclass(frozen=True)
class Ratio:
    """A registered rate, or one fact over another."""

    above: str
    below: tuple[str, ...]
    title: str

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read rate, or of."""
        if reader.has("rate") == reader.has("of"):
            raise SchemeRefused(f"{reader.place}应在“rate”和“of”里写一个，不能都写或都不写")
        if reader.has("rate"):
            rate = facts.rate(reader.known("rate", facts.rate_codes(), "比率"))
            reader.raw("of")
            return cls(rate.numerator, tuple(filter(None, (rate.denominator, rate.rest))), rate.title)
        reader.raw("rate")
        codes = reader.list_of_known("of", [fact.code for fact in facts.every()], "指标")
        if len(codes) != 2:
            raise reader.refuse("of", "应该是两个指标：分子、分母")
        titles = [facts.get(code).title for code in codes]
        return cls(codes[0], codes[1:], f"{titles[0]}占{titles[1]}的比例")

    def words(self, seen: Seen, limits: Iterable[Decimal] = ()) -> str:
        """Say the ratio as people are shown it, never against how it stands to the limits it is judged by."""
        exact = seen.ratio(self.above, self.below)
        if exact is None:
            return f"{self.title}没有可算的数"
        nearest = min(limits, key=lambda limit: abs(limit - exact), default=None)
        shown = facts.percent(exact, None if nearest is None else nearest * 100)
        below = sum((Decimal(seen.number(code)) for code in self.below), start=ZERO)
        return f"{self.title} {plain(shown)}%（{plain(Decimal(seen.number(self.above)))}/{plain(below)}）"

    def codes(self) -> tuple[str, ...]:
        """Return the codes of its facts, the denominator first: its rows hold those of the numerator."""
        return (*self.below, self.above)


@dataclass(frozen=True)
class RateBetween(Formula):
    """Nothing up to one limit, everything from another on, in between by the straight line."""

    ratio: Ratio
    zero: Decimal
    full: Decimal

    kind = "rate"
    word = "按比率"

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read rate or of, zero, full."""
        ratio, zero, full = Ratio.read(reader), reader.number("zero"), reader.number("full")
        if zero == full:
            raise SchemeRefused(f"{reader.place}的“zero”和“full”不能相同")
        return cls(ratio, zero, full)

    def outcome(self, points: Decimal, seen: Seen, given: Given = NOTHING_GIVEN) -> Outcome:
        """Give the part of the way from zero to full."""
        exact = seen.ratio(self.ratio.above, self.ratio.below)
        if exact is None:
            return Outcome.not_asked(f"{self.ratio.title}没有可算的数，不作要求")
        share = clamped((exact - self.zero) / (self.full - self.zero))
        words = self.ratio.words(seen, (self.zero, self.full))
        why = f"{words}，得 {plain(cents(points * share))} 分"
        earn = f"达到 {_percent(self.full)} 得满分" if share < 1 else ""
        return Outcome.of(points * share, why, exact, earn)

    def sentence(self) -> str:
        """Say the two limits."""
        return f"{self.ratio.title}达到 {_percent(self.full)} 得满分，{_percent(self.zero)} 得 0 分，中间按比例得分"

    def facts(self) -> Iterable[str]:
        """Return the two facts."""
        return self.ratio.codes()


@dataclass(frozen=True)
class Bands(Formula):
    """The part of the points that belongs to the first band whose limit is reached."""

    ratio: Ratio
    bands: tuple[tuple[Decimal, Decimal], ...]

    kind = "bands"
    word = "按档次"

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read rate or of, bands of [limit, share], the limits falling."""
        ratio = Ratio.read(reader)
        bands: list[tuple[Decimal, Decimal]] = []
        for place, band in enumerate(reader.items("bands", least=1), start=1):
            where = f"{reader.place}的“bands”第 {place} 档"
            if not isinstance(band, list) or len(band) != 2:
                raise SchemeRefused(f"{where}应该是 [界限, 得分比例]")
            limit, share = (as_number(value, where) for value in band)
            if not 0 <= share <= 1:
                raise SchemeRefused(f"{where}的得分比例应在 0 到 1 之间")
            if bands and (limit >= bands[-1][0] or share > bands[-1][1]):
                raise SchemeRefused(f"{where}没有比上一档低：各档应从高到低")
            bands.append((limit, share))
        return cls(ratio, tuple(bands))

    def outcome(self, points: Decimal, seen: Seen, given: Given = NOTHING_GIVEN) -> Outcome:
        """Give the share of the first band that is reached."""
        exact = seen.ratio(self.ratio.above, self.ratio.below)
        if exact is None:
            return Outcome.not_asked(f"{self.ratio.title}没有可算的数，不作要求")
        share = next((share for limit, share in self.bands if exact >= limit), ZERO)
        words = self.ratio.words(seen, [limit for limit, _ in self.bands])
        better = [limit for limit, higher in self.bands if higher > share]
        earn = f"达到 {_percent(better[-1])} 进入上一档" if better else ""
        return Outcome.of(points * share, f"{words}，得 {plain(cents(points * share))} 分", exact, earn)

    def sentence(self) -> str:
        """Say the bands."""
        bands = "；".join(f"{_percent(limit)}以上得 {_percent(share)} 的分" for limit, share in self.bands)
        return f"{self.ratio.title}：{bands}；不到的不得分"

    def facts(self) -> Iterable[str]:
        """Return the two facts."""
        return self.ratio.codes()


def _percent(share: Decimal) -> str:
    return f"{plain(share * 100)}%"


@dataclass(frozen=True)
class Count(Formula):
    """So much of a fact in the period; less gives less, in proportion."""

    fact: str
    target: Decimal

    kind = "count"
    word = "按数量"

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read fact, target."""
        return cls(_fact_code(reader), reader.positive("target"))

    def outcome(self, points: Decimal, seen: Seen, given: Given = NOTHING_GIVEN) -> Outcome:
        """Give the part of the target that was reached; of a running period the part of it that is due by now."""
        fact, value = facts.get(self.fact), seen.number(self.fact)
        target = self.target if seen.is_over else self.target * seen.months_over / len(seen.period.months())
        share = clamped(Decimal(value) / target) if target else ONE
        aim = plain(target.quantize(CENT).normalize() + 0)
        why = f"{fact.title} {plain(Decimal(value))} {fact.unit}，目标 {aim} {fact.unit}"
        why += f"，得 {plain(cents(points * share))} 分"
        left = target - Decimal(value)
        earn = f"再有 {plain(left.quantize(CENT).normalize() + 0)} {fact.unit}得满分" if left > 0 else ""
        return Outcome.of(points * share, why, value, earn)

    def sentence(self) -> str:
        """Say the target."""
        fact = facts.get(self.fact)
        return f"{fact.title}达到 {plain(self.target)} {fact.unit}得满分，不足的按比例得分"

    def facts(self) -> Iterable[str]:
        """Return the fact."""
        return (self.fact,)


@dataclass(frozen=True)
class RulesKept(Formula):
    """Rules of the book: each breach costs; or by the share of organisations that keep them."""

    codes: tuple[str, ...]
    deduct: Decimal | None
    """Points for each breach; None where the share of organisations counts."""

    kind = "rules"
    word = "按预警"

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read rules, and deduct or per."""
        codes = _rule_codes(reader)
        if reader.has("per") == reader.has("deduct"):
            raise SchemeRefused(f"{reader.place}应在“deduct”和“per”里写一个，不能都写或都不写")
        if reader.has("per"):
            reader.choice("per", {"share": None})
            reader.raw("deduct")
            return cls(codes, None)
        reader.raw("per")
        return cls(codes, reader.positive("deduct"))

    def outcome(self, points: Decimal, seen: Seen, given: Given = NOTHING_GIVEN) -> Outcome:
        """Take points off for breaches, or for the share of organisations in breach."""
        found = [seen.rules.get(code, RuleSeen()) for code in self.codes]
        if not any(one.applies for one in found):
            return Outcome.not_asked("按类别和规模，这项没有要求")
        breaches = sum(one.breaches for one in found)
        said = _breaches_in_words(found, seen)
        remedies = dict.fromkeys(
            engine.get(code).remedy for code, one in zip(self.codes, found, strict=True) if one.breaches
        )
        earn = " ".join(remedies)
        if self.deduct is not None:
            score = clamped(points - self.deduct * breaches, ZERO, points)
            why = f"{said}，扣 {plain(points - score)} 分" if breaches else "没有不符合的，不扣分"
            return Outcome.of(score, why, breaches, earn)
        asked = frozenset[int]().union(*(one.asked for one in found))
        broken = frozenset[int]().union(*(one.in_breach for one in found))
        asked |= broken
        share = ONE - Decimal(len(broken)) / len(asked) if asked else ONE
        why = f"{len(asked)} 个党组织中 {len(broken)} 个不符合，得 {plain(cents(points * share))} 分"
        return Outcome.of(points * share, f"{why}：{said}" if broken else why, breaches, earn)

    def sentence(self) -> str:
        """Say the rules and what a breach costs."""
        titles = "；".join(rule_title(code) for code in self.codes)
        if self.deduct is None:
            return f"{titles}。按符合的党组织所占比例得分"
        return f"{titles}。每有一处不符合扣 {plain(self.deduct)} 分"

    def rules(self) -> Iterable[str]:
        """Return the rules."""
        return self.codes


def _breaches_in_words(found: Collection[RuleSeen], seen: Seen) -> str:
    """Name the first breaches and how many there are in all."""
    told = Counter(
        violation.detail
        if violation.organization.pk == seen.organization.pk
        else f"{violation.organization.label}：{violation.detail}"
        for one in found
        for violation in one.violations
    )
    breaches = sum(one.breaches for one in found)
    more = f"等，共 {breaches} 处" if len(told) > NAMED else ""
    said = (f"{words[:80]}（{times} 处）" if times > 1 else words[:80] for words, times in told.items())
    return "；".join(islice(said, NAMED)) + more


# entered by people


@dataclass(frozen=True)
class Item:
    """One reason for taking points off. `fact` and `rules` count it; where neither is there, people do."""

    title: str
    each: Decimal
    most: Decimal | None
    fact: str
    rules: tuple[str, ...]

    @classmethod
    def read(cls, reader: Reader, place: int) -> Self:
        """Read title, each, most, and fact or rules."""
        title, each = reader.text("title"), reader.positive("each")
        most = reader.positive("most") if reader.has("most") else None
        fact = _fact_code(reader) if reader.has("fact") else ""
        rules = _rule_codes(reader) if reader.has("rules") else ()
        for key in ("most", "fact", "rules"):
            reader.raw(key)
        if fact and rules:
            raise SchemeRefused(f"{reader.place}的“fact”和“rules”只能写一个")
        return cls(title, each, most, fact, rules)

    def counted(self, seen: Seen, entered: Decimal) -> Decimal:
        """Return how many there are: of the fact, of breaches, or as entered."""
        if self.fact:
            return Decimal(seen.number(self.fact))
        if self.rules:
            return Decimal(sum(seen.rules.get(code, RuleSeen()).breaches for code in self.rules))
        return entered

    def off(self, times: Decimal) -> Decimal:
        """Return what so many of it cost."""
        cost = self.each * times
        return cost if self.most is None else min(self.most, cost)


@dataclass(frozen=True)
class Deductions(Formula):
    """A list of reasons, each with what it costs."""

    items: tuple[Item, ...]

    kind = "deduct"
    word = "逐项扣分"

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read items."""
        return cls(reader.objects("items", Item.read, "{}的扣分项第 {} 项", least=1))

    def outcome(self, points: Decimal, seen: Seen, given: Given = NOTHING_GIVEN) -> Outcome:
        """Take off what each item costs."""
        entered = [*given.counts, *[ZERO] * len(self.items)]
        times = [item.counted(seen, entered[place]) for place, item in enumerate(self.items)]
        off = [item.off(count) for item, count in zip(self.items, times, strict=True)]
        score = clamped(points - sum(off, start=ZERO), ZERO, points)
        said = [
            f"{item.title} {plain(count)} 处扣 {plain(cost)} 分"
            for item, count, cost in zip(self.items, times, off, strict=True)
            if cost
        ]
        total = sum(times, start=ZERO)
        value = int(total) if total == total.to_integral_value() else total
        return Outcome.of(score, "；".join(said) or "没有扣分事项，不扣分", value, self.sentence() if said else "")

    def entered_items(self) -> list[str]:
        """Return the titles of the items that people count."""
        return [item.title for item in self.items if not item.fact and not item.rules]

    def sentence(self) -> str:
        """Say each item."""
        return "；".join(
            f"{item.title}每处扣 {plain(item.each)} 分" + (f"，最多扣 {plain(item.most)} 分" if item.most else "")
            for item in self.items
        )

    def facts(self) -> Iterable[str]:
        """Return the facts of the items."""
        return [item.fact for item in self.items if item.fact]

    def rules(self) -> Iterable[str]:
        """Return the rules of the items."""
        return [code for item in self.items for code in item.rules]


class Judged(Formula):
    """Base of the kinds whose share of the points people give, or a round of theirs. Open until then."""

    by_people = True

    def outcome(self, points: Decimal, seen: Seen, given: Given = NOTHING_GIVEN) -> Outcome:
        """Give the share that was given."""
        if not given.applies:
            return Outcome.not_asked("已说明不适用")
        if given.share is None:
            low, high = self.bounds()
            return Outcome.open(self.waits_for(), points * low, points * high)
        return Outcome.of(points * given.share, f"评定得分，满分 {plain(points)} 分", None)

    def bounds(self) -> tuple[Decimal, Decimal]:
        """Return the least and the most share that can be given."""
        return ZERO, ONE

    def waits_for(self) -> str:
        """Say what is still missing."""
        return "等待评分"


def levels_of(reader: Reader, most: Decimal | None = None) -> tuple[tuple[str, Decimal], ...]:
    """Read levels: what each is called, and its share or its points, none below zero; the highest first.

    In that order whatever stood in the file: PostgreSQL keeps the keys of an object in an order of its own.
    """
    levels = reader.raw("levels")
    if not isinstance(levels, Mapping) or not levels:
        raise reader.refuse("levels", "应该写明各个等次和对应的数")
    found = []
    for title, value in levels.items():
        number = as_number(value, f"{reader.place}的等次“{title}”")
        if number < 0 or (most is not None and number > most):
            raise SchemeRefused(f"{reader.place}的等次“{title}”应在 0 到 {plain(most) if most else '满分'} 之间")
        found.append((str(title), number))
    return tuple(sorted(found, key=lambda level: (-level[1], level[0])))


@dataclass(frozen=True)
class Graded(Judged):
    """A reviewer's level."""

    levels: tuple[tuple[str, Decimal], ...]

    kind = "graded"
    word = "分等次评定"

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read levels."""
        return cls(levels_of(reader, ONE))

    def bounds(self) -> tuple[Decimal, Decimal]:
        """Return the shares of the lowest and the highest level."""
        shares = [share for _, share in self.levels]
        return min(shares), max(shares)

    def sentence(self) -> str:
        """Say the levels."""
        return "、".join(f"{title} 得 {_percent(share)}" for title, share in self.levels)


@dataclass(frozen=True)
class Manual(Judged):
    """A reviewer's points."""

    kind = "manual"
    word = "人工评分"

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read nothing."""
        return cls()

    def sentence(self) -> str:
        """Say that a person scores."""
        return "由评分人打分，低于满分的写明理由"


@dataclass(frozen=True)
class Average(Judged):
    """The mean of confirmed totals under another scheme."""

    scheme: str
    of: str

    kind = "average"
    word = "取其他考核的平均分"
    by_people = False

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read scheme, of."""
        return cls(reader.text("scheme", most=20), reader.choice("of", {"self": "self", "branches": "branches"}))

    def waits_for(self) -> str:
        """Say whose confirmed totals are missing."""
        return "等待所取的考核审定"

    def sentence(self) -> str:
        """Say whose totals."""
        whose = "本组织各期" if self.of == "self" else "所辖党支部同期"
        return f"{whose}“{self.scheme}”考核审定得分的平均，折算成本项分值"


@dataclass(frozen=True)
class Held(Judged):
    """The share reached in something that is held in the period. `ledger` is the slug of the one that holds it."""

    wait: ClassVar[str]
    ledger: ClassVar[str] = ""
    by_people = False

    @classmethod
    def query(cls, organization: Organization, period: Period) -> Query:
        """Return the query that opens what counts."""
        return Query(organization, period)

    def outcome(self, points: Decimal, seen: Seen, given: Given = NOTHING_GIVEN) -> Outcome:
        """Give the share that was reached, and say so."""
        found = super().outcome(points, seen, given)
        if found.score is None or given.share is None:
            return found
        reached = plain(facts.percent(given.share))
        return Outcome.of(found.score, f"{self.word}得分率 {reached}%，得 {plain(found.score)} 分", given.share)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read nothing."""
        return cls()

    def waits_for(self) -> str:
        """Say what was not held yet."""
        return self.wait

    def sentence(self) -> str:
        """Say what counts."""
        return f"按{self.word}的得分率折算"


class Observation(Held):
    """The period's observation round."""

    kind, word, wait, ledger = "observation", "逐社区观摩", "等待本期观摩评比", "observations"


class WorkReviewed(Held):
    """The work review of the secretary."""

    kind, word, wait, ledger = "review", "述职评议", "等待述职评议", "reviews"

    @classmethod
    def query(cls, organization: Organization, period: Period) -> Query:
        """Return those for the year, whenever they were held; of a shorter period those held in it."""
        if period.kind == Period.YEAR:
            return Query(organization, filters={"year": str(period.year)})
        return super().query(organization, period)


class SelfCheckRate(Held):
    """The rate reached in the self-check."""

    kind, word, wait, ledger = "selfcheck", "规范化建设自查达标率", "等待规范化建设自查", "selfchecks"

    @classmethod
    def query(cls, organization: Organization, period: Period) -> Query:
        """Return those of the rounds of the period's year."""
        return Query(organization, filters={"round": f"{period.year},{period.year}H1,{period.year}H2"})


class Satisfaction(Held):
    """What residents say when they are asked. The ready scheme for communities wants it."""

    kind, word, wait, ledger = "satisfaction", "群众满意度测评", "等待群众满意度测评", "ballots"

    @classmethod
    def query(cls, organization: Organization, period: Period) -> Query:
        """Return the ballots of the period, whenever they were closed."""
        parts = period.split(Period.QUARTER) if period.kind >= Period.QUARTER else ()
        codes = dict.fromkeys([period.code, *(part.code for part in parts)])
        return Query(organization, filters={"kind": "satisfaction", "of": ",".join(codes)})


class Outside(Formula):
    """Base of what is added to the base, or taken off it."""

    outside = True
    each: Decimal | None
    levels: tuple[tuple[str, Decimal], ...]
    fact: str
    sign: ClassVar[int]
    verb: ClassVar[str]
    none: ClassVar[str]

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read each with a fact, or each or levels for what people enter."""
        each = reader.positive("each") if reader.has("each") else None
        levels = levels_of(reader) if reader.has("levels") else ()
        fact = _fact_code(reader) if reader.has("fact") else ""
        for key in ("each", "levels", "fact"):
            reader.raw(key)
        if (each is None) == (not levels):
            raise SchemeRefused(f"{reader.place}应在“each”和“levels”里写一个，不能都写或都不写")
        if fact and each is None:
            raise SchemeRefused(f"{reader.place}写了“fact”，就应写“each”（每一个多少分）")
        return cls(each, levels, fact)  # type: ignore[call-arg]

    def outcome(self, points: Decimal, seen: Seen, given: Given = NOTHING_GIVEN) -> Outcome:
        """Add up the fact, or what was accepted, up to the line's points."""
        if self.fact:
            fact, number = facts.get(self.fact), seen.number(self.fact)
            score = min(points, (self.each or ZERO) * Decimal(number))
            why = f"{fact.title} {plain(Decimal(number))} {fact.unit}，{self.verb} {plain(cents(score))} 分"
            return Outcome.of(self.sign * max(score, ZERO), why if score else self.none, number)
        score = min(points, sum((worth for _, worth in given.claims), start=ZERO))
        matters = "；".join(f"{matter} {plain(worth)} 分" for matter, worth in given.claims)
        return Outcome.of(
            self.sign * score, f"{matters}，{self.verb} {plain(cents(score))} 分" if matters else self.none
        )

    def worth(self, level: str, times: Decimal) -> Decimal:
        """Return the points of one matter: those of its level, or so many times what each is worth."""
        return dict(self.levels).get(level, ZERO) if self.levels else (self.each or ZERO) * times

    def sentence(self) -> str:
        """Say what each is worth."""
        if self.levels:
            return "、".join(f"{title} {self.verb} {plain(worth)} 分" for title, worth in self.levels)
        thing = f"{facts.get(self.fact).title}每{facts.get(self.fact).unit}" if self.fact else "每项"
        return f"{thing}{self.verb} {plain(self.each or ZERO)} 分"

    def facts(self) -> Iterable[str]:
        """Return the fact, if there is one."""
        return (self.fact,) if self.fact else ()


@dataclass(frozen=True)
class Bonus(Outside):
    """Points beside the base, by a fact or by accepted claims."""

    each: Decimal | None
    levels: tuple[tuple[str, Decimal], ...]
    fact: str

    kind, word = "bonus", "加分"
    sign, verb, none = 1, "加", "没有加分事项"


@dataclass(frozen=True)
class Penalty(Outside):
    """Points off beside the base, by a fact or as entered."""

    each: Decimal | None
    levels: tuple[tuple[str, Decimal], ...]
    fact: str

    kind, word = "penalty", "扣分"
    sign, verb, none = -1, "扣", "没有扣分事项"


KINDS: Mapping[str, type[Formula]] = {
    kind.kind: kind
    for kind in (
        Required, RateBetween, Bands, Count, RulesKept, Deductions, Graded, Manual, Average, Observation, WorkReviewed,
        SelfCheckRate, Satisfaction, Bonus, Penalty,
    )
}  # fmt: skip


def read(data: Any, place: str) -> Formula:
    """Read a formula. Raises SchemeRefused, naming the place."""
    reader = Reader(data, place)
    formula = reader.choice("kind", KINDS).read(reader)
    reader.end()
    return formula

"""What a report is written from: the numbers of one organisation and of its branches, this period and the last.

Read once, with the same few queries whatever the size of the street. Every number leaves here as a `Figure` that
knows the rows behind it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property

from django.db.models import Count, Q

from activities.models import Practice
from assessments.beginning import records_since
from assessments.models import Measure
from branches.models import Organization
from ledgers import facts
from ledgers.facts import Number
from ledgers.ledger import Query
from ledgers.period import Period
from reports.document import Evidence, Figure

from . import wording
from .wording import Parts, Times


class Material:
    """The numbers of one organisation's subtree in a period and in the one before it."""

    def __init__(self, organization: Organization, period: Period) -> None:
        self.organization = organization
        self.period = period
        self.previous = period.previous()
        self.times = Times(period)
        self.place = wording.place(organization)

    @cached_property
    def since(self) -> date | None:
        """The first day from which the street's records reach."""
        return records_since(self.organization)

    @property
    def has_past(self) -> bool:
        """Whether the period before lies within the records."""
        return self.since is None or self.previous.start >= self.since

    @property
    def compares(self) -> bool:
        """Whether what happened may be held against the period before: both are over, and both are on record."""
        return self.has_past and self.period.is_over()

    @property
    def compares_states(self) -> bool:
        """Whether states may be held against the end of the period before."""
        return self.since is None or self.previous.end >= self.since

    @cached_property
    def parent(self) -> Organization | None:
        """The organisation that this one answers to."""
        return Organization.objects.get_parent(self.organization)

    @cached_property
    def below(self) -> list[Organization]:
        """Everything live in the subtree on the period's last day, itself left out, in the order of the tree."""
        found = Organization.objects.under(self.organization, self.period.end).live_on(self.period.end)
        return [o for o in found if o.pk != self.organization.pk]

    @cached_property
    def branches(self) -> list[Organization]:
        """The live branches below; none for a branch."""
        return [o for o in self.below if o.is_branch]

    @cached_property
    def communities(self) -> list[Organization]:
        """The live community committees below."""
        return [o for o in self.below if o.kind == Organization.Kind.COMMUNITY_COMMITTEE]

    @property
    def is_one_branch(self) -> bool:
        """Whether the report is about a single branch or group rather than about several."""
        return self.organization.is_branch or self.organization.kind == Organization.Kind.GROUP

    @cached_property
    def _numbers(self) -> Mapping[Period, Mapping[int, Mapping[str, Number]]]:
        ids = [self.organization.pk, *(o.pk for o in (*self.communities, *self.branches))]
        return facts.of_each_period(ids, [self.previous, self.period])

    def has(self, organization: Organization) -> bool:
        """Say whether the numbers of this organisation by itself are at hand: those of communities and branches are."""
        return organization.pk in self._numbers[self.period]

    @cached_property
    def registered(self) -> frozenset[str]:
        """The codes of all facts that the portal counts today."""
        return frozenset(fact.code for fact in facts.every())

    def knows(self, *codes: str) -> bool:
        """Say whether the portal counts all of these facts."""
        return self.registered.issuperset(codes)

    def value(self, code: str, organization: Organization | None = None) -> Number:
        """Return a fact of this period; 0 for one that is not counted yet."""
        return self._numbers[self.period][(organization or self.organization).pk].get(code, 0)

    def before(self, code: str, organization: Organization | None = None) -> Number:
        """Return a fact of the period before."""
        return self._numbers[self.previous][(organization or self.organization).pk].get(code, 0)

    def ratio(self, code: str, organization: Organization | None = None) -> Decimal | None:
        """Return a rate of this period in percent with one decimal, None where there is nothing to divide by."""
        return facts.rate(code).percent(self._numbers[self.period][(organization or self.organization).pk])

    def ratio_before(self, code: str) -> Decimal | None:
        """Return a rate of the period before."""
        if not self.compares:
            return None
        return facts.rate(code).percent(self._numbers[self.previous][self.organization.pk])

    @cached_property
    def was_recorded(self) -> bool:
        """Whether any activity was recorded in the period before: without one, comparing would invent a change."""
        flows = [fact.code for fact in facts.every() if fact.ledger == "activities"]
        return any(self.before(code) for code in flows)

    def is_compared(self, code: str) -> bool:
        """Whether a fact is held against the period before."""
        return (self.compares_states if facts.get(code).stock else self.compares) and self.was_counted(code)

    def was_counted(self, code: str) -> bool:
        """Whether a fact can be held against the period before: one never recorded then would seem to have grown.

        A single branch is compared once it recorded anything, since it may well have held no meeting of one kind.
        """
        return bool(self.before(code)) or (self.is_one_branch and self.was_recorded)

    # figures

    def figure(self, code: str, organization: Organization | None = None) -> Figure:
        """Return a fact as a figure."""
        whose, fact = organization or self.organization, facts.get(code)
        query, value = fact.query(whose, self.period), self.value(code, organization)
        people = code.startswith("population.total")
        text = wording.in_wan(value) if people else wording.money(value) if fact.unit == "元" else wording.number(value)
        notes = [f"准确数 {wording.number(value)}"] if people and value >= 10_000 else []
        if organization is None and self.before(code) != value and self.is_compared(code):
            notes.append(f"{self.times.last} {wording.number(self.before(code))}")
        return Figure(
            text=text,
            value=value,
            code=code,
            title=fact.title,
            unit=fact.unit,
            url=fact.register.url(query),
            source=fact.register.title,
            filter=fact.register.describe(query),
            count=fact.register.rows(query).count() if fact.sums else int(value),
            formula="；".join(notes),
        )

    def rate(self, code: str, organization: Organization | None = None) -> Figure | None:
        """Return a rate as a figure over the rows that it is a part of, None where there are none."""
        percent = self.ratio(code, organization)
        if percent is None:
            return None
        rate = facts.rate(code)
        part, whole = facts.get(rate.numerator), facts.get(rate.denominator)
        query = whole.query(organization or self.organization, self.period)
        parts = [facts.get(c).title + f" {self.value(c, organization)}" for c in (part.code, whole.code)]
        notes = [" ÷ ".join(parts)]
        if organization is None and (before := self.ratio_before(code)) is not None:
            notes.append(f"{self.times.last} {before}%")
        return Figure(
            text=f"{percent}%",
            value=percent,
            code=code,
            title=rate.title,
            unit="%",
            url=whole.register.url(query),
            source=whole.register.title,
            filter=whole.register.describe(query),
            count=int(self.value(whole.code, organization)),
            formula="；".join(notes),
        )

    def rows(self, code: str) -> Evidence:
        """Return the rows behind a fact as a link for a whole statement, such as one that says there are none."""
        fact = facts.get(code)
        url = fact.url(self.organization, self.period)
        return Evidence(f"{fact.title}：{wording.number(self.value(code))} {fact.unit}", url)

    def rows_before(self, *codes: str) -> tuple[Evidence, ...]:
        """Return the rows of the period before, which a comparison rests on."""
        return tuple(
            Evidence(
                f"{self.times.last}{facts.get(code).title}：{wording.number(self.before(code))} {facts.get(code).unit}",
                facts.get(code).url(self.organization, self.previous),
            )
            for code in codes
            if self.is_compared(code)
        )

    def drawn_from(self, ledger: str, query: Query, value: int, **said: str) -> Figure:
        """Return a number of rows of a ledger as a figure; `said` gives code, title, unit and formula."""
        register = facts.ledgers.get(ledger)
        return Figure(
            text=str(value),
            value=value,
            url=register.url(query),
            source=register.title,
            filter=register.describe(query),
            count=value,
            **{"formula": ""} | said,
        )

    # sentences

    def told(self, words: str, code: str, unit: str) -> Parts:
        """Return 召开支部党员大会13次 of a fact; nothing where it is zero or not counted."""
        if not (self.knows(code) and self.value(code)):
            return ()
        return wording.flat([words, self.figure(code), unit])

    def promised(self) -> Parts:
        """Return 上季度报告提出措施12项，已完成9项: what the last period's signed report gave out. Nothing without."""
        source = wording.source_of(self.organization, self.previous)
        given = Measure.objects.under(self.organization, self.period.end).filter(source=source)
        by = self.period.as_of()
        number = given.aggregate(all=Count("pk"), done=Count("pk", filter=Q(done_on__lte=by)))
        if not number["all"]:
            return ()
        filters = {"source": source}
        every = self.drawn_from(
            "responsibilities", Query(self.organization, on=by, filters=filters), number["all"],
            code="measures.promised", title="上期报告提出的措施", unit="项",
        )  # fmt: skip
        done = self.drawn_from(
            "responsibilities", Query(self.organization, on=by, filters=filters | {"state": "done"}), number["done"],
            code="measures.kept", title="上期报告提出、已完成的措施", unit="项",
        )  # fmt: skip
        return wording.flat([f"{self.times.last}报告提出措施", every, "项，已完成", done, "项"])

    def counted(self, words: str, items: Iterable[tuple[str, str]], unit: str = "名") -> Parts:
        """Return 其中正式党员315名、预备党员11名; zeroes and what is not counted are left out."""
        held = [(noun, self.figure(code), unit) for code, noun in items if self.knows(code) and self.value(code)]
        return wording.flat([words, wording.listed(held)]) if held else ()

    def change(self, code: str, unit: str) -> str:
        """Return 较上季度增加3次; nothing where the period before is not compared with."""
        if not self.is_compared(code) or not self.value(code):
            return ""
        return wording.change(self.value(code), self.before(code), unit, self.times.last)

    def shown(self, code: str) -> Decimal:
        """Return a rate as it is shown, in percent."""
        rate = self.rate(code)
        return Decimal(rate.value) if rate else Decimal(0)

    def names(self, code: str, field: str, most: int) -> str:
        """Return “甲”“乙”等 of the rows behind a fact: what they are called, in the order of the ledger."""
        if not (self.knows(code) and self.value(code)):
            return ""
        fact = facts.get(code)
        rows = fact.register.rows(fact.query(self.organization, self.period)).values_list(field, flat=True)
        found = list(dict.fromkeys(rows[: most + 1]))
        quoted = "".join(f"“{wording.inside_quotes(name)}”" for name in found[:most])
        return quoted + ("等" if len(found) > most else "")

    @cached_property
    def practices(self) -> Sequence[Practice]:
        """The practices that were accepted in the period, the earliest first."""
        accepted = Practice.objects.under(self.organization, self.period.end).accepted_in(self.period)
        return list(accepted.select_related("organization").order_by("accepted_on", "pk"))

    def changes(self, items: Iterable[tuple[str, str]]) -> str:
        """Return how facts have changed, in one sentence: 与上季度相比，支部党员大会增加3次，主题党日持平"""
        more: list[str] = []
        less: list[str] = []
        same: list[str] = []
        for code, noun in items:
            now, before = self.value(code), self.before(code)
            if not self.is_compared(code) or not (now or before):
                continue
            by = f"{wording.difference(now, before)}{facts.get(code).unit}"
            if now == before:
                same.append(noun)
            elif now > before:
                more.append(f"{noun}增加{by}")
            else:
                less.append(f"{noun}减少{by}")
        said = [*more, *less, *([f"{'、'.join(same)}持平"] if same else [])]
        return f"与{self.times.last}相比，{'，'.join(said)}" if said else ""

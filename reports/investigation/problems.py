"""What is wrong: section 3 of the report, written from the rules that are broken and in the words of those rules."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from assessments import engine
from assessments.engine import About, Check, Rule, Violation
from assessments.models import Severity
from assessments.words import CAPACITY, COORDINATION, GUIDANCE, Words
from branches.models import Organization
from ledgers import facts
from ledgers.ledger import Query
from ledgers.period import Period
from reports.document import Evidence, Figure, Statement

from . import wording
from .evidence import broken_by, judged_by, violations
from .material import Material
from .saying import SENTENCE, width
from .wording import Loose, Parts, flat, listed, tidy

CASES = 3
"""Organisations that the text names; annex 2 has the others."""
MOST_EVIDENCE = 60
"""Links under one problem; a longer list is what the number itself opens."""


def class_of(organization: Organization) -> str:
    """Return what an organisation is counted as."""
    if organization.is_branch:
        return "党支部"
    return {
        Organization.Kind.GROUP: "党小组",
        Organization.Kind.COMMUNITY_COMMITTEE: "社区党委",
    }.get(Organization.Kind(organization.kind), "党组织")


@dataclass(frozen=True)
class Problem:
    """One broken rule: who breaks it now, and who broke it in the period before."""

    rule: Rule
    words: Words
    found: Sequence[Violation]
    before: Sequence[Violation] = ()

    @property
    def code(self) -> str:
        """The rule's code."""
        return self.rule.code

    @property
    def of_people(self) -> bool:
        """Whether single people break it: they are counted and never named."""
        return any(violation.people for violation in self.found)

    @cached_property
    def organizations(self) -> dict[int, Organization]:
        """The organisations that break it, by id."""
        return {violation.organization.pk: violation.organization for violation in self.found}

    @cached_property
    def number(self) -> Counter[int]:
        """Organisation id → how many people, records or organisations break it there."""
        number: Counter[int] = Counter()
        for violation in self.found:
            number[violation.organization.pk] += violation.people or violation.records
        return number

    @property
    def rank(self) -> tuple[bool, int, int, str]:
        """The order of problems: the gravest first, then the most widespread."""
        severe = self.rule.severity == Severity.SERIOUS
        return (not severe, -len(self.organizations), -self.number.total(), self.code)

    @cached_property
    def cases(self) -> list[Organization]:
        """The organisations in the order of gravity: broken in the last period too, most of it, most months, tree."""
        again = {violation.organization.pk for violation in self.before}
        months: Counter[int] = Counter()
        for violation in self.found:
            months[violation.organization.pk] += len(violation.months)
        return sorted(
            self.organizations.values(),
            key=lambda o: (o.pk not in again, -self.number[o.pk], -months[o.pk], o.path),
        )


class Problems:
    """The broken rules of a period, those that a report speaks of."""

    def __init__(self, material: Material) -> None:
        self.m = material
        now = self._read(material.period)
        before = self._read(material.previous) if material.has_past else {}
        self.check = Check(material.organization, material.period, judged_by(material.period))
        self.listed = sorted(
            (
                Problem(rule, rule.words, found, before.get(code, ()))
                for code, found in now.items()
                if (rule := engine.get(code)).words is not None
            ),
            key=lambda problem: problem.rank,
        )
        self._said: dict[str, Statement] = {}
        self.solved = [
            rule
            for code in sorted(before)
            if material.compares
            and code not in now
            and (rule := engine.get(code)).words
            and self._is_compared(rule)
            and rule.asked_by(self.check)
        ]

    def _read(self, period: Period) -> dict[str, list[Violation]]:
        grouped: defaultdict[str, list[Violation]] = defaultdict(list)
        for violation in violations(self.m.organization, period):
            grouped[violation.rule].append(violation)
        return dict(grouped)

    def _is_compared(self, rule: Rule) -> bool:
        """Whether what a rule counts was recorded in the period before at all; a state always was."""
        holds = getattr(rule, "holds", None)
        code = getattr(holds, "fact", "")
        if rate := getattr(holds, "rate", ""):
            code = facts.rate(rate).denominator
        if code and not facts.get(code).stock:
            return self.m.has_past and self.m.was_counted(code)
        return self.m.has_past and (rule.every is None or self.m.was_recorded)

    def under(self, heading: str) -> list[Problem]:
        """Return the problems of one heading, the gravest first."""
        return [one for one in self.listed if one.words.problem == heading and self.places(one)]

    def places(self, problem: Problem) -> list[Organization]:
        """Return the organisations that have the problem, the gravest first; warnings are none."""
        code = problem.words.counted_by
        return [o for o in problem.cases if not code or (self.m.has(o) and self.m.value(code, o))]

    # 三、存在的问题

    def statements(self, heading: str, most: int) -> list[Statement]:
        """Return a heading's paragraphs: the judgement, then at most so many problems."""
        problems = self.under(heading)
        if not problems:
            return []
        judgement = [] if self.m.is_one_branch else self._judgement(heading, problems)
        return [*judgement, *(self._statement(problem) for problem in problems[:most])]

    def put_right(self) -> Statement | None:
        """Return the sentence that names what has been put right since the last period."""
        if not self.solved:
            return None
        headings = [rule.words.heading for rule in self.solved if rule.words]
        named = "、".join(headings[:2]) + (f"等{len(headings)}类" if len(headings) > 2 else "的")
        words = f"{self.m.times.last}指出的{named}问题，{self.m.times.this}没有再出现。"
        return Statement("problems.solved", (words,), "paragraph")

    def _statement(self, problem: Problem) -> Statement:
        if problem.code not in self._said:
            parts = flat([f"{problem.words.heading}。", self._extent(problem), "。"])
            self._said[problem.code] = Statement(f"problem.{problem.code}", parts, "item", self._evidence(problem))
        return self._said[problem.code]

    def filled(self, template: str, problem: Problem) -> str:
        """Return a predicate with the street's limit and the time in it."""
        return template.format(
            limit=problem.words.limit_of(self.m.organization.path, self.check.local),
            period=self.m.times.now,
            year=self.m.period.year,
        )

    def _extent(self, problem: Problem) -> Parts:
        """Return 3个党支部没有…，涉及甲、乙、丙等5个党组织; of a street's own debt the months, of one branch 本支部."""
        predicate = self.filled(problem.words.predicate, problem)
        if problem.words.of_street:
            months = [Period.parse(code).label for violation in problem.found for code in violation.months]
            year = f"{self.m.period.year}年"
            when = "、".join(month.removeprefix(year) for month in months) if len(months) > 1 else self.m.times.this
            return (f"街道层面{when}{predicate}",)
        one = self.m.is_one_branch
        if one and problem.rule.about is About.ORGANISATIONS and not problem.of_people:
            what = "本支部" if self.m.organization.is_branch else "本党小组"
            detail = tidy(problem.rule.case(problem.found[0]))
            lacking = problem.found[0].months not in ((), (self.m.period.code,))
            missing = f"（{detail.replace(f'{self.m.period.year}年', '')}）" if lacking else ""
            return (f"{what}{predicate}{missing}",)
        if self.places(problem) == [self.m.organization] and problem.rule.about is About.ORGANISATIONS:
            return (f"本{problem.words.noun[1:]}{predicate}",)
        counted: Parts = (self.count(problem), f"{problem.words.noun}{predicate}")
        return counted if one else flat([counted, self._named(problem, width(counted))])

    def _named(self, problem: Problem, taken: int) -> Parts:
        """Return ，涉及甲、乙、丙等5个党组织: as many names as the sentence holds, three at most."""
        places = self.places(problem)
        if places == [self.m.organization]:
            return ()
        named: Parts = ()
        for most in range(min(CASES, len(places)), 0, -1):
            names = "、".join(o.name for o in places[:most])
            rest: Loose = ("等", self._organizations(problem), "个党组织") if len(places) > 1 else ""
            named = flat(["，涉及", names, rest])
            if taken + width(named) <= SENTENCE:
                break
        return named

    # figures

    def figure(self, codes: Collection[str], value: int, title: str, **filters: str) -> Figure:
        """Return a number of organisations that break one of these rules."""
        query = Query(self.m.organization, on=self.m.period.as_of(), filters=broken_by(codes, self.m.period) | filters)
        code = min(codes) if len(codes) == 1 else "problems"
        return self.m.drawn_from("organizations", query, value, code=code, title=title, unit="个")

    def _organizations(self, problem: Problem) -> Figure:
        if problem.words.counted_by:
            return self.m.figure(problem.words.counted_by)
        return self.figure([problem.code], len(problem.organizations), problem.words.heading)

    def count(self, problem: Problem, organization: Organization | None = None) -> Figure:
        """Return how many break a rule, leading to them: people, records or organisations as its noun says."""
        whose = organization or self.m.organization
        value = problem.number[organization.pk] if organization else problem.number.total()
        said = {"code": problem.code, "title": problem.words.heading}
        if problem.of_people:
            slug = "development" if any(violation.cases for violation in problem.found) else "members"
            query = Query(whose, on=self.m.period.as_of(), filters=broken_by([problem.code], self.m.period))
            return self.m.drawn_from(slug, query, value, unit="名", **said)
        opened = problem.rule.opened(whose, self.m.period)
        if opened and not problem.words.counted_by:
            slug, query = opened
            return self.m.drawn_from(slug, query, value, unit=problem.words.noun[:1], **said)
        return self._organizations(problem)

    def rows_of(self, problem: Problem, place: Organization) -> str:
        """Return the address of what one organisation's part in a problem rests on, of people and records the rows."""
        if problem.of_people or problem.rule.opened(place, self.m.period):
            return self.count(problem, place).url
        return problem.rule.evidence(place, self.m.period)

    def _evidence(self, problem: Problem) -> tuple[Evidence, ...]:
        """Return the cases as links: the people, or the rows that were counted."""
        links = []
        detail = {violation.organization.pk: violation for violation in problem.found}
        for place in problem.cases[:MOST_EVIDENCE]:
            if problem.of_people:
                figure = self.count(problem, place)
                links.append(Evidence(f"{place.name}：{figure.text} {problem.words.noun[:1]}", figure.url))
            else:
                said = tidy(problem.rule.case(detail[place.pk]))
                links.append(Evidence(f"{place.name}：{said}", self.rows_of(problem, place)))
        return tuple(links)

    # the judgement over the problems of a heading

    def _judgement(self, heading: str, problems: Sequence[Problem]) -> list[Statement]:
        write = {GUIDANCE: self._guidance, COORDINATION: self._coordination, CAPACITY: self._capacity}.get(heading)
        if write is None:
            return []
        tops = "、".join(problem.words.heading for problem in problems[:2])
        parts, proposals = write(problems, tops)
        return [Statement(f"judgement.{heading}", parts, "paragraph", proposals=proposals)]

    def _those(self, problems: Sequence[Problem], which: Callable[[Organization], bool]) -> tuple[int, str]:
        """Return how many organisations of a kind have one of the problems, and how that has changed."""
        now = {pk for one in problems for pk, o in one.organizations.items() if which(o)}
        before = {v.organization.pk for one in problems for v in one.before if which(v.organization)}
        if not (self.m.compares and before and all(self._is_compared(one.rule) for one in problems)):
            return len(now), ""
        return len(now), f"，{wording.change(len(now), len(before), '个', self.m.times.last)}"

    def _guidance(self, problems: Sequence[Problem], tops: str) -> tuple[Parts, tuple[str, ...]]:
        number, change = self._those(problems, lambda o: o.is_branch)
        whole = int(self.m.value("orgs.branches"))
        said: list[Loose] = []
        if number:
            kinds = facts.get("orgs.branches").query(self.m.organization, self.m.period).filters
            codes = [problem.code for problem in problems]
            figure = self.figure(codes, number, "组织生活落实不到位的党支部", **kinds)
            ratio = facts.percent(Decimal(number) / Decimal(whole)) if whole else Decimal(0)
            formula = f"{number} ÷ 党支部 {whole}"
            share = replace(figure, text=f"{ratio}%", value=ratio, unit="%", title="占党支部总数", formula=formula)
            said = [figure, "个党支部组织生活落实不到位", ("，占党支部总数的", share) if whole else "", f"{change}，"]
        answers = [one for one in self.listed if one.words.matter == "办好群众诉求"]
        late = tuple(o.path for one in answers for o in one.organizations.values())
        both = any(o.path.startswith(late) for one in problems for o in one.organizations.values()) if late else False
        clauses = ("有的抓思想政治建设与中心工作、群众关切结合不紧",) if both else ()
        return flat([said, f"主要是{tops}。"]), clauses

    def _coordination(self, problems: Sequence[Problem], tops: str) -> tuple[Parts, tuple[str, ...]]:
        kind = Organization.Kind.COMMUNITY_COMMITTEE
        number, change = self._those(problems, lambda o: o.kind == kind)
        said: list[Loose] = ["统筹辖区资源、推动工作落实的力度不够，"]
        if number and self.m.organization.kind != kind:
            codes = [problem.code for problem in problems]
            figure = self.figure(codes, number, "统筹协调有欠缺的社区", kind=kind.value)
            said = [figure, "个社区统筹辖区资源、推动工作落实的力度不够", f"{change}，"]
        late = self.m.value("concerns.overdue")
        clauses = ("有的满足于完成规定任务，对群众关注的难点问题办法不多",) if late else ()
        return flat([said, f"主要是{tops}。"]), clauses

    def _capacity(self, problems: Sequence[Problem], tops: str) -> tuple[Parts, tuple[str, ...]]:
        number, change = self._those(problems, lambda o: True)
        codes = [problem.code for problem in problems]
        figure = self.figure(codes, number, "工作力量有欠缺的党组织")
        workers = [
            self.m.told("现有党务工作者", "workers.total", "名"),
            self.m.told(f"{self.m.times.now}离岗", "workers.left", "名"),
            self.m.told("后备干部", "workers.reserve", "名"),
        ]
        told = listed([one for one in workers if one], "，")
        words = f"个党组织在班子配备、党员教育管理上存在薄弱环节{change}，主要是{tops}"
        return flat([figure, words, ("；", told) if told else "", "。"]), ()

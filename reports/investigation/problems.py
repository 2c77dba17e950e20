"""What is wrong and what to do about it: sections 3 and 4, written from the rules that are broken."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from assessments import engine
from assessments.engine import Check, Rule, Violation
from branches.models import Organization
from ledgers import facts
from ledgers.ledger import Query
from reports.document import Evidence, Figure, Statement

from . import wording
from .evidence import broken_by, judged_by, violations
from .material import Material
from .wording import Loose, Parts, flat, listed, tidy

CASES = 3
"""Cases that the text names; the evidence lists the others."""
MOST_EVIDENCE = 60
"""Links under one problem; a longer list is what the number itself opens."""
MOST_OWNERS = 4


class Phrase(NamedTuple):
    """How a broken rule is spoken of: as a heading, and after 3个党支部."""

    heading: str
    predicate: str
    noun: str = ""


PHRASES = {
    "R01": Phrase("支部党员大会没有按季度召开", "没有做到"),
    "R02": Phrase("支部委员会会议没有按月召开", "没有做到"),
    "R03": Phrase("党小组会没有按月召开", "没有做到"),
    "R04": Phrase("党课没有按季度开展", "没有做到"),
    "R05": Phrase("主题党日没有按月开展", "没有做到"),
    "R06": Phrase("组织生活会没有按年召开", "没有做到"),
    "R09": Phrase("谈心谈话没有按年开展", "没有同每名委员或者党员谈心谈话"),
    "R10": Phrase("正式党员人数不足", "正式党员不足3名"),
    "R11": Phrase("党支部规模偏大", "党员超过50名"),
    "R12": Phrase("支部委员会设置不到位", "没有按规定设立支部委员会"),
    "R13": Phrase("任期届满没有换届", "委员会任期届满没有换届"),
    "R14": Phrase("委员会任期即将届满", "委员会任期将在6个月内届满"),
    "R16": Phrase("组织生活到会率偏低", "到会率低于规定"),
    "R20": Phrase("同入党申请人谈话不及时", "提出申请后，党支部没有在1个月内派人谈话", "名入党申请人"),
    "R21": Phrase("入党积极分子培养考察不及时", "没有确定培养联系人，或者没有每半年考察一次", "名入党积极分子"),
    "R22": Phrase("确定发展对象把关不严", "列为发展对象时培养教育和考察不满1年", "名发展对象"),
    "R23": Phrase("发展对象培训不到位", "集中培训不足3天或者24学时", "名发展对象"),
    "R24": Phrase("预备党员转正讨论不及时", "预备期满，党支部没有按期讨论转正", "名预备党员"),
    "R25": Phrase("延长预备期不规范", "延长预备期的次数或者期限不符合规定", "名预备党员"),
    "R26": Phrase("入党介绍人确定不规范", "没有2名正式党员作入党介绍人", "名发展对象"),
    "R27": Phrase("受理入党申请把关不严", "提出申请时未满18周岁", "名入党申请人"),
    "R28": Phrase("发展党员审批不及时", "的接收或者转正超过规定期限没有审批", "名发展对象和预备党员"),
    "R30": Phrase("党员学习培训学时不足", "全年学时不足"),
    "R42": Phrase("在职党员没有全部到社区报到", "在职，还没有到社区报到"),
    "R43": Phrase("两新组织应建未建党组织", "有正式党员满3名的两新组织还没有建立党组织"),
    "R44": Phrase("两新组织党建指导员没有配齐", "有两新组织没有党建指导员"),
    "R45": Phrase("阵地保障不足", "阵地租期将到或者阵地不足"),
    "R50": Phrase("党建工作例会没有按月召开", "没有做到"),
    "R54": Phrase("群众诉求答复不及时", "有群众诉求没有在期限内答复"),
    "R55": Phrase("党务工作者队伍不稳", "人员流失偏多或者没有后备干部"),
    "L01": Phrase("党员连续缺席组织生活", "连续三次缺席组织生活，没有请假"),
    "Q01": Phrase("身份证号登记有误", "的身份证号校验不正确"),
    "Q02": Phrase("出生日期、性别与身份证号不一致", "的出生日期或性别与身份证号不一致"),
    "Q03": Phrase("身份证号重复登记", "的身份证号重复登记"),
    "Q04": Phrase("入党、转正时间登记有误", "的入党时间或转正时间不合理"),
}
"""The rules in the words of a report; a rule that is not here is spoken of by its title."""


def phrase(rule: Rule) -> Phrase:
    """Return how a report speaks of a rule."""
    return PHRASES.get(rule.code) or Phrase(f"“{tidy(rule.title)}”没有落实", "没有做到")


def inside_quotes(words: str) -> str:
    """Return words that themselves quote as they stand inside quotation marks."""
    return words.replace("“", "‘").replace("”", "’")


def _class_of(organization: Organization) -> str:
    """Return what an organisation is counted as; those of one class are what a share of them is a share of."""
    if organization.is_branch:
        return "党支部"
    if organization.kind == Organization.Kind.GROUP:
        return "党小组"
    return "社区党委" if organization.kind == Organization.Kind.COMMUNITY_COMMITTEE else "党组织"


@dataclass(frozen=True)
class Problem:
    """One broken rule: who breaks it now, who broke it in the period before, and how many it applies to."""

    rule: Rule
    found: Sequence[Violation]
    before: Sequence[Violation] = ()
    compared: bool = False
    applicable: int = 0

    @property
    def code(self) -> str:
        """The rule's code."""
        return self.rule.code

    @property
    def is_about_people(self) -> bool:
        """Whether single people break the rule rather than an organisation."""
        return any(v.people for v in (*self.found, *self.before))

    @property
    def is_about_cases(self) -> bool:
        """Whether those people are on the way into the Party: some of them are in no register of members yet."""
        return any(v.cases for v in (*self.found, *self.before))

    @cached_property
    def places(self) -> Counter[int]:
        """Organisation id → how often it breaks the rule."""
        places: Counter[int] = Counter()
        for violation in self.found:
            places[violation.organization.pk] += violation.people or 1
        return places

    @property
    def extent(self) -> int:
        """How many people, or else organisations, break the rule."""
        return self.places.total() if self.is_about_people else len(self.places)

    @property
    def extent_before(self) -> int:
        """How many did in the period before."""
        return (
            sum(v.people for v in self.before)
            if self.is_about_people
            else len({v.organization.pk for v in self.before})
        )

    @cached_property
    def again(self) -> set[int]:
        """The organisations that broke it in the period before as well."""
        if not self.compared or self.code.startswith("Q") or self.code == "R14":  # an error, a warning: no habit
            return set()
        return self.places.keys() & {v.organization.pk for v in self.before}

    @property
    def phrase(self) -> Phrase:
        """The rule in the words of a report."""
        return phrase(self.rule)

    @property
    def noun(self) -> str:
        """What is counted: 个党支部, 名党员."""
        if self.is_about_people:
            return self.phrase.noun or "名党员"
        classes = {_class_of(v.organization) for v in self.found}
        return f"个{classes.pop()}" if len(classes) == 1 else "个党组织"

    @property
    def rank(self) -> tuple[int, int, bool, str]:
        """The order of problems: the most widespread first, then the most serious."""
        return (-len(self.places), -self.extent, self.rule.severity != engine.Severity.SERIOUS, self.code)


class Problems:
    """The broken rules of a period, most widespread first, put in words."""

    def __init__(self, material: Material) -> None:
        self.m = material
        now = self._read(material.period)
        before = self._read(material.previous) if material.has_past else defaultdict(list)
        check = Check(material.organization, material.period, judged_by(material.period))
        self.listed = sorted(
            (self._problem(check, engine.get(code), found, before[code]) for code, found in list(now.items())),
            key=lambda problem: problem.rank,
        )
        self.solved = [
            engine.get(code)
            for code in sorted(before)
            if material.compares
            and code not in now
            and self._is_compared(engine.get(code))
            and engine.get(code).asked_by(check)
        ]

    def _read(self, period: wording.Period) -> defaultdict[str, list[Violation]]:
        grouped: defaultdict[str, list[Violation]] = defaultdict(list)
        for violation in violations(self.m.organization, period):
            grouped[violation.rule].append(violation)
        return grouped

    def _is_compared(self, rule: Rule) -> bool:
        """Whether what a rule counts was recorded in the period before at all; a state always was."""
        holds = getattr(rule, "holds", None)
        code = getattr(holds, "fact", "")
        if rate := getattr(holds, "rate", ""):
            code = facts.rate(rate).denominator
        if code and not facts.get(code).stock:
            return self.m.has_past and self.m.was_counted(code)
        return self.m.has_past and (rule.every is None or self.m.was_recorded)

    def _problem(self, check: Check, rule: Rule, found: list[Violation], before: list[Violation]) -> Problem:
        kinds = {_class_of(v.organization) for v in found}
        applicable = sum(_class_of(o) in kinds for o in rule.asked(check)) if not found[0].people else 0
        return Problem(rule, found, before, self._is_compared(rule), applicable)

    # 三、存在的问题

    def statements(self) -> Iterator[Statement]:
        """Yield section 3: how much is wrong, each problem, where problems gather, what has been put right."""
        times = self.m.times
        if not self.listed:
            nothing = f"{times.this}按规则检查，没有发现未达到要求的情况。"
            if not self.m.branches and not self.m.is_one_branch:
                nothing = f"{times.this}没有登记党支部，无法按规则检查。"
            yield Statement("problems.none", (nothing,), "paragraph")
        elif not self.m.is_one_branch:
            yield Statement("problems.total", self._total(), "paragraph")
        for problem in self.listed:
            parts = flat([f"{problem.phrase.heading}。", self._basis(problem), self._extent(problem)])
            yield Statement(f"problem.{problem.code}", parts, "item", self._evidence(problem))
        if gathered := self._gathered():
            yield Statement("problems.gathered", gathered, "paragraph", self._gathered_evidence())
        if self.solved:
            names = "、".join(f"“{inside_quotes(phrase(rule).heading)}”" for rule in self.solved)
            words = f"{times.last}存在的{names}问题，{times.this}没有再出现。"
            yield Statement("problems.solved", (words,), "paragraph")

    def _total(self) -> Parts:
        places = {v.organization.pk for problem in self.listed for v in problem.found}
        codes = [problem.code for problem in self.listed]
        figure = self._figure("problems", "存在问题的党组织", codes, len(places))
        return flat([f"按规则检查，{self.m.times.this}共发现{len(codes)}类问题，涉及", figure, "个党组织。具体是："])

    def _figure(self, code: str, title: str, codes: Sequence[str], value: int) -> Figure:
        """Return a number of organisations that break one of these rules."""
        query = Query(self.m.organization, on=self.m.period.as_of(), filters=broken_by(codes, self.m.period))
        return self.m.drawn_from("organizations", query, value, code=code, title=title, unit="个")

    def _count(self, problem: Problem, organization: Organization | None = None) -> Figure:
        """Return how many break a rule, leading to them in their register."""
        if not problem.is_about_people:
            return self._figure(problem.code, problem.phrase.heading, [problem.code], len(problem.places))
        whose = organization or self.m.organization
        query = Query(whose, on=self.m.period.as_of(), filters=broken_by([problem.code], self.m.period))
        value = problem.places[organization.pk] if organization else problem.extent
        register = "development" if problem.is_about_cases else "members"
        return self.m.drawn_from(register, query, value, code=problem.code, title=problem.phrase.heading, unit="名")

    def _basis(self, problem: Problem) -> str:
        """Return 按照《……》，支部党员大会每季度至少召开一次。 Only a statute is a basis worth naming."""
        named = [source for source in problem.rule.source.split("；") if source.startswith("《")]
        if not named:
            return ""
        return f"按照{tidy(''.join(named))}，{tidy(problem.rule.title)}。"

    def _extent(self, problem: Problem) -> Parts:
        """Return how many, what share, how it has changed, who: the facts of one problem."""
        times = self.m.times
        clauses: list[Loose] = []
        if self.m.is_one_branch and not problem.is_about_people:
            what = "本支部" if self.m.organization.is_branch else "本党小组"
            cases = self._detail(problem, problem.found[0])
            clauses.append((what, problem.phrase.predicate, *(("（", cases, "）") if cases else ())))
            if problem.again:
                clauses.append(f"已{times.running}存在这一问题")
            return flat([listed(clauses, "，"), "。"])
        clauses.append((self._count(problem), problem.noun, problem.phrase.predicate))
        if problem.applicable:
            clauses.append((f"占适用{problem.noun[1:]}的", self._share(problem)))
        if problem.compared and self.m.compares:
            clauses.append(wording.change(problem.extent, problem.extent_before, problem.noun[0], times.last))
        sentence = listed(clauses, "，")
        return flat([sentence, "。" if self.m.is_one_branch else ("。", *self._named(problem))])

    def _share(self, problem: Problem) -> Figure:
        ratio = facts.percent(Decimal(len(problem.places)) / Decimal(problem.applicable))
        count = self._count(problem)
        formula = f"没有达到 {len(problem.places)} ÷ 适用 {problem.applicable}"
        return replace(count, text=f"{ratio}%", value=ratio, unit="%", title=f"{count.title}的占比", formula=formula)

    def _cases(self, problem: Problem) -> list[Violation]:
        """Return one violation of each organisation, the gravest first: twice in a row, most missing, tree order."""
        firsts = {v.organization.pk: v for v in reversed(problem.found)}
        return sorted(
            firsts.values(),
            key=lambda v: (
                v.organization.pk not in problem.again,
                -problem.places[v.organization.pk],
                -len(v.months),
                v.organization.path,
            ),
        )

    def _named(self, problem: Problem) -> Parts:
        """Return the sentence that names cases: 涉及甲党支部（缺8月）、乙党支部等。"""
        cases = self._cases(problem)
        alike = len(cases) > 1 and len({v.detail for v in problem.found}) == 1
        lasting = len(problem.again) == len(cases)
        items: list[Loose] = []
        for case in cases[:CASES]:
            notes: list[Loose] = []
            if problem.is_about_people:
                notes.append((self._count(problem, case.organization), "名"))
            elif not alike and (detail := self._detail(problem, case)):
                notes.append(detail)
            if case.organization.pk in problem.again and not lasting:
                notes.append(self.m.times.running)
            items.append((case.organization.name, *(("（", listed(notes, "，"), "）") if notes else ())))
        others = "等" if len(cases) > CASES else ""
        how_long = f"，{'均' if len(cases) > 1 else ''}已{self.m.times.running}存在这一问题" if lasting else ""
        return flat(["涉及", listed(items), others, how_long, "。"])

    def _detail(self, problem: Problem, violation: Violation) -> Parts:
        """Return what is wrong in one case, its number leading to the rows counted; nothing where that is plain."""
        if violation.months == (self.m.period.code,) and not violation.value:
            return ()
        year = f"{self.m.period.year}年"
        words = tidy(violation.detail)
        if violation.months:
            words = words.replace(year, "")
        figure = self._figure_of(problem, violation)
        if figure is None or figure.text not in words:
            return (words,)
        before, _, after = words.partition(figure.text)
        return flat([before, figure, after])

    def _figure_of(self, problem: Problem, violation: Violation) -> Figure | None:
        """Return the fact or rate that a state falls short of, None where a case rests on something else."""
        holds, whose = getattr(problem.rule, "holds", None), violation.organization
        if violation.value is None or problem.rule.every or not self.m.has(whose):
            return None
        if code := getattr(holds, "fact", ""):
            return self.m.figure(code, whose) if self.m.value(code, whose) == violation.value else None
        if (code := getattr(holds, "rate", "")) and (rate := self.m.rate(code, whose)):
            return replace(rate, text=f"{violation.value}%", value=violation.value)  # the rule rounds down
        return None

    def _evidence(self, problem: Problem) -> tuple[Evidence, ...]:
        """Return the cases as links: the rows that were counted, or the branch's members."""
        links = []
        for case in self._cases(problem)[:MOST_EVIDENCE]:
            name = case.organization.name
            if problem.is_about_people:
                figure = self._count(problem, case.organization)
                links.append(Evidence(f"{name}：{figure.text} 名", figure.url))
            else:
                url = problem.rule.evidence(case.organization, self.m.period)
                links.append(Evidence(f"{name}：{tidy(case.detail)}", url))
        return tuple(links)

    @cached_property
    def _loads(self) -> list[tuple[Organization, list[str]]]:
        """The organisations with the rules they break, those with most first."""
        broken: defaultdict[int, list[str]] = defaultdict(list)
        by_id: dict[int, Organization] = {}
        for problem in self.listed:
            for pk in problem.places:
                broken[pk].append(problem.code)
            by_id |= {v.organization.pk: v.organization for v in problem.found}
        return sorted(
            ((by_id[pk], codes) for pk, codes in broken.items()), key=lambda load: (-len(load[1]), load[0].path)
        )

    def _gathered(self) -> Parts:
        """Return where problems gather: the organisations that break most rules, three at the least."""
        most = self._loads[:CASES]
        if self.m.is_one_branch or not most or len(most[0][1]) < CASES or len(self._loads) <= CASES:
            return ()
        names: list[Loose] = [f"{o.name}（{len(codes)}类）" for o, codes in most if len(codes) >= CASES]
        return flat(["问题较集中的有", listed(names), "，需要重点帮助。"])

    def _gathered_evidence(self) -> tuple[Evidence, ...]:
        return tuple(
            Evidence(
                f"{o.name}：{'、'.join(phrase(engine.get(code)).heading for code in codes)}",
                o.get_absolute_url(),
            )
            for o, codes in self._loads[:CASES]
            if len(codes) >= CASES
        )

    # 四、下步打算

    def steps(self) -> Iterator[Statement]:
        """Yield section 4: for each problem what puts it right, who sees to it, and by when."""
        if not self.listed:
            words = f"{self.m.times.this}没有需要整改的问题，继续按规定开展组织生活，并及时登记。"
            yield Statement("steps.none", (words,), "paragraph")
        for problem in self.listed:
            heading = inside_quotes(problem.phrase.heading)
            about: Parts = (f"针对“{heading}”的问题，",)
            if not self.m.is_one_branch:
                about = (f"针对“{heading}”的问题（涉及", self._count(problem), f"{problem.noun}），")
            parts = flat(
                [about, tidy(problem.rule.remedy), f"由{self._owners(problem)}，{self.m.times.deadline}前完成。"]
            )
            yield Statement(f"step.{problem.code}", parts, "item")

    def _owners(self, problem: Problem) -> str:
        """Return who sees to it: those whose own debt it is, the communities above the branches, or the whole."""
        if self.m.is_one_branch:
            return f"{self.m.organization.name}负责"
        communities = {o.path: o.name for o in self.m.communities}
        own = self.m.organization
        paths = {v.organization.path for v in problem.found}
        if not problem.is_about_people and paths <= {own.path, *communities}:
            names = [own.name] if own.path in paths else [communities[path] for path in sorted(paths)]
            return f"{'、'.join(names) if len(names) <= MOST_OWNERS else '各有关社区党委'}负责"
        above = {next((p for p in communities if path.startswith(p)), "") for path in paths}
        names = [communities[path] for path in sorted(above - {""})]
        if len(names) > MOST_OWNERS:
            return "各有关社区党委督促有关党支部落实"
        if not names or "" in above:
            names.append(own.name)
        return f"{'、'.join(names)}督促有关党支部落实"

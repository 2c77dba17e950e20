"""The topics of the first two sections, in the office's own order: what each needs, and how it is worded.

A topic appears once the portal counts any fact that it needs; where all of them are zero it says that nothing is on
record. The systems S1 to S24 are those of the design. To add a topic, add one function here.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from django.utils import timezone

from activities.models import Practice
from branches.models import Organization
from ledgers import facts
from ledgers.ledger import Query
from ledgers.period import Period
from reports.document import Evidence, Statement
from reports.document import Topic as Written

from . import ranking, wording
from .material import Material
from .wording import Loose, Parts, flat, listed

SITUATION, PRACTICE = 1, 2


class Saying(NamedTuple):
    """One paragraph: a name that stays the same from build to build, its parts, and what backs it as a whole."""

    name: str
    parts: Iterable[Loose]
    evidence: tuple[Evidence, ...] = ()


Wording = Callable[[Material], Iterator[Saying]]


@dataclass(frozen=True)
class Topic:
    """A second-level heading of section 1 or 2. `about` completes 没有……记录 where there is no data."""

    key: str
    title: str
    systems: str
    section: int
    needs: tuple[str, ...]
    about: str
    write: Wording
    if_any: bool = False
    """Whether it is left out, rather than said to have no records, where there are none."""

    def written(self, material: Material) -> Written | None:
        """Return the topic in words, None where the portal does not count any of what it needs."""
        known = [code for code in self.needs if material.knows(code)]
        if not known:
            return None
        if not any(material.value(code) for code in known):
            if self.if_any or material.is_one_branch:  # nobody is told at length what a branch has no business with
                return None
            nothing = f"{material.times.this}没有{self.about}记录。"
            said = [Saying("none", [nothing], tuple(material.rows(code) for code in known))]
        else:
            said = list(self.write(material))
        return Written(
            self.title,
            tuple(
                Statement(f"{self.key}.{one.name}", parts, "paragraph", one.evidence)
                for one in said
                if (parts := flat(one.parts))
            ),
        )


TOPICS: list[Topic] = []


def topic(
    key: str,
    title: str,
    systems: str,
    section: int,
    needs: Iterable[str],
    about: str = "",
    *,
    if_any: bool = False,
) -> Callable[[Wording], Wording]:
    """Put a wording function in the list of topics."""

    def register(write: Wording) -> Wording:
        TOPICS.append(Topic(key, title, systems, section, tuple(needs), about or title, write, if_any))
        return write

    return register


# 一、基本情况

SOURCES = (("visits.reports", "听取汇报"), ("visits.papers", "查阅资料"), ("visits.residents", "走访群众"))


@topic("basis", "调研开展情况", "S20", SITUATION, [code for code, _ in SOURCES], if_any=True)
def basis(m: Material) -> Iterator[Saying]:
    """What the investigation rests on: how often each source was used, and with how many people was talked."""
    used = _counted(m, SOURCES, "次")
    people: Parts = ("，访谈", m.figure("visits.people"), "人次") if m.value("visits.people") else ()
    yield Saying("sources", [_opening(m), "通过", used, "，了解", m.place, "党建工作情况", people, "。"])
    places = [one for one in m.communities if any(m.value(code, one) for code, _ in SOURCES)]
    if 1 < len(places) <= MOST_COMMUNITIES:
        shares: list[Loose] = [
            (
                wording.place(one),
                listed([(noun, m.figure(code, one), "次") for code, noun in SOURCES if m.value(code, one)]),
            )
            for one in places
        ]
        yield Saying("communities", ["走访涉及：", listed(shares, "；"), "。"])


@topic("organizations", "党组织设置", "S1", SITUATION, ["orgs.branches", "orgs.communities"], "党组织")
def organizations(m: Material) -> Iterator[Saying]:
    """What there is: communities, population, branches; of a branch, where it belongs and since when."""
    if m.is_one_branch:
        parent = Organization.objects.get_parent(m.organization)
        since = m.organization.established
        where = f"隶属{parent.name}" if parent else "现已登记"
        founded = f"，{wording.chinese_date(since)}成立" if since else ""
        yield Saying("place", [f"{m.organization.name}{where}{founded}。"], (_page(m),))
        return
    clauses: list[Loose] = []
    if m.communities:
        clauses.append(("下辖", m.figure("orgs.communities"), "个社区党委"))
    if m.value("orgs.branches"):
        clauses.append(("共有" if m.communities else "下设", m.figure("orgs.branches"), "个党支部"))
    if m.knows("orgs.groups") and m.value("orgs.groups"):
        clauses.append(("划分党小组", m.figure("orgs.groups"), "个"))
    if m.value("population.total"):
        clauses.append(("总人口", m.figure("population.total"), "人"))
    if m.value("population.households"):
        clauses.append(("居民", m.figure("population.households"), "户"))
    yield Saying("counts", [m.place, listed(clauses, "，"), "。"])
    if m.knows("elections.held") and m.value("elections.held"):
        held: list[Loose] = [("举行换届、补选等选举", m.figure("elections.held"), "次")]
        if m.value("elections.elected"):
            held.append(("选出班子成员", m.figure("elections.elected"), "人次"))
        yield Saying("elections", [_opening(m), listed(held, "，"), "。"])
    if 1 < len(m.communities) <= MOST_COMMUNITIES:
        shares: list[Loose] = [
            (
                wording.place(one),
                m.figure("orgs.branches", one),
                "个党支部、党员",
                m.figure("members.total", one),
                "名",
            )
            for one in m.communities
        ]
        yield Saying("communities", ["各社区情况：", listed(shares, "；"), "。"])


MOST_COMMUNITIES = 12
"""Communities up to which each is named with its numbers; more would fill a page."""


@topic("members", "党员队伍", "S1", SITUATION, ["members.total"], "党员")
def members(m: Material) -> Iterator[Saying]:
    """How many members, of which category and employment, who they are."""
    total = m.figure("members.total")
    now, before = m.value("members.total"), m.before("members.total")
    compared = before and m.is_compared("members.total")
    grown = f"，{wording.change(now, before, '名', m.times.last + '末')}" if compared else ""
    kinds = _counted(m, [("members.full", "正式党员"), ("members.probationary", "预备党员")])
    yield Saying(
        "total",
        ["现有党员", total, "名", grown, "。" if not kinds else "，其中", kinds, "。" if kinds else ""],
        m.rows_before("members.total") if compared else (),
    )
    work = _counted(m, [("members.in_service", "在职党员"), ("members.retired", "离退休党员")])
    floating = _counted(m, [("members.floating", "流动党员")])
    if work or floating:
        lead = "按就业状况分，" if work else ""
        yield Saying("employment", [lead, listed([part for part in (work, floating) if part], "；"), "。"])
    structure = _counted(
        m,
        [
            ("members.female", "女党员"),
            ("members.minority", "少数民族党员"),
            ("members.under_35", "35岁及以下党员"),
            ("members.over_60", "61岁及以上党员"),
            ("members.college", "大专及以上学历党员"),
        ],
    )
    if structure:
        yield Saying("structure", ["从队伍结构看，", structure, "。"])


@topic("venues", "阵地建设", "S9", SITUATION, ["venues.total", "venues.short"], "活动阵地")
def venues(m: Material) -> Iterator[Saying]:
    """Premises by tenure, and who is short of them."""
    kinds = _counted(
        m,
        [
            ("venues.own", "自有"),
            ("venues.rented", "租赁"),
            ("venues.borrowed", "借用"),
            ("venues.shared", "共用"),
        ],
        "处",
    )
    area: Parts = ("，面积", m.figure("venues.area"), "平方米") if m.value("venues.area") else ()
    short: Parts = ("；", m.figure("venues.short"), "个社区阵地不足") if m.value("venues.short") else ()
    total = m.figure("venues.total")
    yield Saying("counts", ["建有党组织活动阵地", total, "处", "，其中" if kinds else "", kinds, area, short, "。"])


@topic("workers", "党务工作者队伍", "S18", SITUATION, ["workers.total"], "党务工作者")
def workers(m: Material) -> Iterator[Saying]:
    """Party workers, who left, reserve cadres; where most left."""
    counted = _counted(m, [("workers.total", "党务工作者"), ("workers.reserve", "后备干部")])
    left: Parts = (f"；{m.times.this}离岗", m.figure("workers.left"), "名") if m.value("workers.left") else ()
    yield Saying("counts", ["现有", counted, left, "。"])
    gone = [one for one in m.communities if m.value("workers.left", one)]
    if 1 < len(gone) <= MOST_COMMUNITIES:
        shares: list[Loose] = [(wording.place(one), m.figure("workers.left", one), "名") for one in gone]
        yield Saying("communities", ["离岗的分布在：", listed(shares), "。"])


# 二、主要做法


@topic("study", "学习教育", "S2、S19", PRACTICE, ["study.sessions"])
def study(m: Material) -> Iterator[Saying]:
    """Study sessions, the theory group's and those of reading, the year's themes, who held most and fewest."""
    kinds = _counted(m, [("study.theory_group", "理论中心组学习"), ("study.reading", "读书活动")], "次")
    yield Saying(
        "counts",
        [
            _opening(m),
            "组织集中学习、读书活动等学习教育",
            m.figure("study.sessions"),
            "次",
            "，其中" if kinds else "",
            kinds,
            "。",
            _compared(m, "study.sessions", "学习教育"),
        ],
        m.rows_before("study.sessions"),
    )
    if m.knows("study.themes") and m.value("study.themes"):
        yield Saying("themes", ["全年确定学习主题", m.figure("study.themes"), "个。"])
    if best := ranking.by_fact(m, "study.sessions", "学习次数"):
        yield Saying("branches", best)


@topic(
    "development",
    "发展党员和党员管理",
    "S3",
    PRACTICE,
    [
        "members.joined",
        "members.transferred_in",
        "members.transferred_out",
        "members.deceased",
        "development.applicants",
        "development.activists",
        "development.candidates",
        "development.regularised",
        "dues.due",
    ],
    "发展党员和党员变动",
)
def development(m: Material) -> Iterator[Saying]:
    """Who came and went, who is in the development pipeline, dues."""
    moved = _counted(
        m,
        [
            ("members.joined", "新发展党员"),
            ("development.regularised", "预备党员转正"),
            ("members.transferred_in", "转入党员"),
            ("members.transferred_out", "转出党员"),
            ("members.deceased", "去世党员"),
        ],
    )
    if moved:
        yield Saying("moved", [_opening(m), moved, "。"])
    stages = _counted(
        m,
        [
            ("development.applicants", "入党申请人"),
            ("development.activists", "入党积极分子"),
            ("development.candidates", "发展对象"),
        ],
    )
    if stages:
        yield Saying("stages", ["现有", stages, "。"])
    if m.value("dues.due"):
        left: Parts = ("，没有缴清的", m.figure("dues.unpaid_months"), "人月") if m.value("dues.unpaid_months") else ()
        yield Saying("dues", ["应缴党费", m.figure("dues.due"), "元，实缴", m.figure("dues.paid"), "元", left, "。"])


MEETINGS = (
    (
        "召开",
        (
            ("meetings.general", "支部党员大会"),
            ("meetings.committee", "支部委员会会议"),
            ("meetings.group", "党小组会"),
            ("meetings.life", "组织生活会"),
        ),
    ),
    ("讲", (("meetings.lecture", "党课"),)),
    ("开展", (("meetings.theme_day", "主题党日"),)),
)
YEARLY = {"meetings.life"}
"""Meetings that are not missed before the year is over."""


@topic(
    "meetings",
    "组织生活",
    "S4",
    PRACTICE,
    [code for _, items in MEETINGS for code, _ in items],
    "三会一课、主题党日和组织生活会",
)
def meetings(m: Material) -> Iterator[Saying]:
    """Meetings of each kind, how they have changed, attendance, the best and the weakest."""
    items = [item for _, group in MEETINGS for item in group]
    codes = tuple(code for code, _ in items)
    yield Saying("counts", [_opening(m), wording.branches_of(m.organization), m.tally(*MEETINGS), "。"])
    due = items if m.period.kind == Period.YEAR else [item for item in items if item[0] not in YEARLY]
    if lacking := [(code, noun) for code, noun in due if not m.value(code)]:
        yield Saying(
            "lacking",
            [f"{m.times.this}没有{'、'.join(noun for _, noun in lacking)}记录。"],
            tuple(m.rows(code) for code, _ in lacking),
        )
    if changes := m.changes(items):
        yield Saying("changes", [changes], m.rows_before(*codes))
    elif m.compares and not any(m.before(code) for code in codes):
        yield Saying("changes", [f"{m.times.last}没有组织生活记录，不作比较。"], m.rows_before("meetings.general"))
    if rate := m.rate("attendance.rate"):
        before = m.ratio_before("attendance.rate")
        compared = f"，{wording.change_of_percent(Decimal(rate.value), before, m.times.last)}" if before else ""
        away = _counted(m, [("attendance.leave", "请假"), ("attendance.absent", "缺席")], "人次")
        yield Saying(
            "attendance",
            [
                "党员应到", m.figure("attendance.expected"), "人次，到会", m.figure("attendance.present"),
                "人次，到会率", rate, compared, "；" if away else "", away, "。",
            ],
            m.rows_before("attendance.expected", "attendance.present") if before else (),
        )  # fmt: skip
    if m.knows("leave.asked") and m.value("leave.asked"):
        asked: list[Loose] = [("登记请假单", m.figure("leave.asked"), "张")]
        asked += [("批准", m.figure("leave.granted"), "张")] if m.value("leave.granted") else []
        yield Saying("leave", ["执行考勤请假制度，", listed(asked, "，"), "。"])
    if compared_communities := ranking.by_rate(m, "attendance.rate", "到会率", m.communities):
        yield Saying("communities", ["从各社区看，", compared_communities])
    if compared_branches := ranking.by_rate(m, "attendance.rate", "到会率", m.branches):
        yield Saying("branches", ["从各党支部看，", compared_branches])
    if most := ranking.by_fact(m, "meetings.theme_day", "开展主题党日"):
        yield Saying("theme-days", most)
    if m.knows("resolutions.made") and (m.value("votes.held") or m.value("resolutions.made")):
        decided: list[Loose] = []
        if m.value("votes.held"):
            decided.append(("会议表决事项", m.figure("votes.held"), "项"))
        if m.value("resolutions.made"):
            decided.append(("形成决议事项", m.figure("resolutions.made"), "件"))
            decided.append(("已落实", m.figure("resolutions.done"), "件"))
        yield Saying("decisions", [listed(decided, "，"), "。"])


@topic("street-meetings", "工作例会和观摩推进", "S8", PRACTICE, ["meetings.work", "observation.tours"], if_any=True)
def street_meetings(m: Material) -> Iterator[Saying]:
    """Work meetings and observation tours; the communities that the tours went to."""
    clauses: list[Loose] = []
    if m.value("meetings.work"):
        clauses.append(("召开党建工作例会", m.figure("meetings.work"), "次"))
    if m.value("observation.tours"):
        stops: Parts = ("，观摩社区", m.figure("observation.stops"), "个次") if m.value("observation.stops") else ()
        clauses.append(("组织“逐社区观摩、整街道推进”活动", m.figure("observation.tours"), "次", stops))
    compared = _compared(m, "meetings.work", "党建工作例会") if m.value("meetings.work") else ""
    yield Saying("counts", [_opening(m), listed(clauses, "，"), "。", compared], m.rows_before("meetings.work"))


@topic("training", "业务培训", "S5、S24", PRACTICE, ["training.sessions", "training.hours"])
def training(m: Material) -> Iterator[Saying]:
    """Training sessions and credit hours."""
    clauses: list[Loose] = []
    if m.value("training.sessions"):
        exchanges: Parts = (
            ("，其中体会交流", m.figure("training.exchanges"), "次") if m.value("training.exchanges") else ()
        )
        clauses.append(("组织专题培训、座谈研讨等培训", m.figure("training.sessions"), "次", exchanges))
    if m.value("training.hours"):
        clauses.append(("党员参加学习培训累计", m.figure("training.hours"), "学时"))
    yield Saying(
        "counts",
        [_opening(m), listed(clauses, "，"), "。", _compared(m, "training.sessions", "培训")],
        m.rows_before("training.sessions", "training.hours"),
    )
    if m.knows("study.certificates") and m.value("study.certificates"):
        counted = (m.figure("study.certificates"), "份，计", m.figure("study.certificate_hours"), "学时。")
        yield Saying("certificates", ["登记党员参加外部培训的证书", *counted])
    if best := ranking.by_fact(m, "training.sessions", "培训次数"):
        yield Saying("branches", best)


@topic(
    "democratic",
    "民主评议党员和整改承诺",
    "S4",
    PRACTICE,
    ["democratic.graded", "life.criticisms", "life.promises"],
    "民主评议党员和组织生活会整改承诺",
    if_any=True,
)
def democratic(m: Material) -> Iterator[Saying]:
    """Grades of the democratic review, criticism and promises of life meetings: counts only."""
    if m.value("democratic.graded"):
        grades = _counted(
            m,
            [
                ("democratic.excellent", "优秀"),
                ("democratic.qualified", "合格"),
                ("democratic.basic", "基本合格"),
                ("democratic.unqualified", "不合格"),
            ],
        )
        graded = facts.get("democratic.graded")
        rows = graded.register.rows(graded.query(m.organization, m.period))
        years = "、".join(str(year) for year in sorted(set(rows.order_by().values_list("year", flat=True))))
        reviewed = (f"开展{years}年度民主评议党员，评定", m.figure("democratic.graded"), "名，其中", grades, "。")
        yield Saying("grades", [_opening(m), *reviewed])
    clauses: list[Loose] = []
    for code, words, unit in (
        ("life.criticisms", "组织生活会开展批评和自我批评", "条"),
        ("life.promises", "作出整改承诺", "项"),
        ("life.promises_done", "已完成", "项"),
    ):
        if m.value(code):
            clauses.append((words, m.figure(code), unit))
    if clauses:
        yield Saying("promises", [listed(clauses, "，"), "。"])


@topic(
    "supervision",
    "监督管理",
    "S6、S15",
    PRACTICE,
    ["talks.held", "matters.reported", "honors.granted", "honors.sanctions"],
    "谈话、重大事项报告和奖惩",
)
def supervision(m: Material) -> Iterator[Saying]:
    """Talks, major matters reported, honours and sanctions: counts only."""
    clauses: list[Loose] = []
    for code, words, unit in (
        ("talks.held", "开展各类谈话", "人次"),
        ("talks.heart", "其中谈心谈话", "人次"),
        ("matters.reported", "受理重大事项报告", "件"),
        ("honors.granted", "获得表彰奖励", "项"),
        ("honors.sanctions", "作出处分处理", "项"),
    ):
        if m.value(code):
            clauses.append((words, m.figure(code), unit))
    compared = _compared(m, "talks.held", "谈话") if m.value("talks.held") else ""
    yield Saying("counts", [_opening(m), listed(clauses, "，"), "。", compared], m.rows_before("talks.held"))


@topic("responsibilities", "责任落实", "S7、S22、S23", PRACTICE, ["measures.due", "measures.done"], "责任清单任务")
def responsibilities(m: Material) -> Iterator[Saying]:
    """Measures due, done, overdue."""
    counted = _counted(
        m, [("measures.due", "到期任务"), ("measures.done", "已完成"), ("measures.overdue", "超期未完成")], "项"
    )
    yield Saying("counts", [_opening(m), "责任清单", counted, "。"])


@topic("rectifications", "党支部规范化建设", "S10", PRACTICE, ["rectify.open", "rectify.closed"], "自查整改")
def rectifications(m: Material) -> Iterator[Saying]:
    """Rectifications closed, open, overdue."""
    counted = _counted(
        m, [("rectify.closed", "已整改"), ("rectify.open", "正在整改"), ("rectify.overdue", "超期未整改")], "项"
    )
    yield Saying("counts", ["自查发现的问题", counted, "。"])


@topic("enterprises", "两新组织党建", "S11", PRACTICE, ["enterprises.total"], "非公企业和社会组织")
def enterprises(m: Material) -> Iterator[Saying]:
    """Two-new organisations, members, coverage, instructors."""
    counted = _counted(
        m,
        [
            ("enterprises.with_members", "有党员的"),
            ("enterprises.eligible", "正式党员满3名的"),
            ("enterprises.organised", "已建立党组织的"),
            ("enterprises.with_instructor", "选派党建指导员的"),
        ],
        "家",
    )
    total = m.figure("enterprises.total")
    rate = m.rate("enterprises.coverage")
    covered: Parts = ("；应建党组织的覆盖率", rate) if rate else ()
    yield Saying("counts", ["登记非公企业和社会组织", total, "家", "，其中" if counted else "", counted, covered, "。"])
    lacking = [one for one in m.communities if m.value("enterprises.eligible", one)]
    if compared := ranking.by_rate(m, "enterprises.coverage", "覆盖率", lacking):
        yield Saying("communities", ["从各社区看，", compared])


@topic(
    "cobuilding",
    "共驻共建",
    "S12",
    PRACTICE,
    ["cobuild.joint_meetings", "cobuild.agreements", "cobuild.contributions", "checkin.members"],
    "党建联席会议和共驻共建",
)
def cobuilding(m: Material) -> Iterator[Saying]:
    """Joint meetings, agreements, members who checked in to a community."""
    clauses: list[Loose] = []
    for code, words in (
        ("cobuild.joint_meetings", "召开党建联席会议"),
        ("cobuild.agreements", "签订共驻共建协议"),
        ("cobuild.partners", "共建单位"),
        ("cobuild.contributions", "共建单位办实事"),
        ("checkin.members", "到社区报到在职党员"),
        ("checkin.service_hours", "累计服务"),
    ):
        if m.value(code):
            unit = facts.get(code).unit
            clauses.append((words, m.figure(code), "名" if unit == "人" else unit))
    compared = _compared(m, "cobuild.joint_meetings", "党建联席会议") if m.value("cobuild.joint_meetings") else ""
    yield Saying(
        "counts", [_opening(m), listed(clauses, "，"), "。", compared], m.rows_before("cobuild.joint_meetings")
    )
    if m.value("cobuild.joint_meetings") and (
        best := ranking.by_fact(m, "cobuild.joint_meetings", "召开党建联席会议", m.communities)
    ):
        yield Saying("communities", best)


@topic(
    "brands",
    "党建品牌和特色服务",
    "S13、S14",
    PRACTICE,
    ["brands.projects", "services.projects", "services.events"],
    "党建品牌和特色服务",
)
def brands(m: Material) -> Iterator[Saying]:
    """Brand and service projects, what was replicated, service events and the people served, by community."""
    projects: list[Loose] = []
    for code, before, after in (
        ("brands.projects", "打造党建品牌项目", "个"),
        ("services.projects", "开展特色服务项目", "个"),
        ("brands.copied", "其中复制推广的", "个"),
        ("services.units", "参与的单位、商户和志愿队伍", "个"),
    ):
        if m.value(code):
            projects.append((before, m.figure(code), after))
    if projects:
        yield Saying("projects", [listed(projects, "，"), "。"])
    if m.value("services.events"):
        served: Parts = ("，服务群众", m.figure("services.participants"), "人次")
        compared = _compared(m, "services.events", "服务活动")
        yield Saying(
            "counts",
            [_opening(m), "开展服务活动", m.figure("services.events"), "场", served, "。", compared],
            m.rows_before("services.events"),
        )
        if best := ranking.by_fact(m, "services.participants", "服务群众", m.communities):
            yield Saying("communities", best)


@topic(
    "concerns",
    "群众诉求办理",
    "S17",
    PRACTICE,
    ["concerns.received", "concerns.resolved", "concerns.overdue"],
    "群众诉求",
)
def concerns(m: Material) -> Iterator[Saying]:
    """Residents' concerns received, resolved, overdue."""
    counted = _counted(
        m,
        [
            ("concerns.received", "受理群众诉求"),
            ("concerns.resolved", "办结"),
            ("concerns.escalated", "上报街道协调难点问题"),
        ],
        "件",
    )
    rate = m.rate("concerns.resolution")
    within = rate if rate and rate.value <= 100 else None  # what was settled may have come in before
    # what falls due later in a running period is not overdue yet
    late = Query(m.organization, on=min(m.period.end, timezone.localdate()), filters={"limit": "overdue"})
    number = facts.get("concerns.overdue").register.rows(late).count()
    said = {"code": "concerns.overdue", "title": facts.get("concerns.overdue").title, "unit": "件"}
    overdue: Parts = ("；超期未答复的", m.drawn_from("concerns", late, number, **said), "件") if number else ()
    yield Saying("counts", [_opening(m), counted, *(("，办结率", within) if within else ()), overdue, "。"])
    if satisfied := m.rate("concerns.satisfaction"):
        rated = m.figure("concerns.rated")
        yield Saying("satisfaction", ["经回访，居民作出评价", rated, "件，满意率", satisfied, "。"])
    asked = [one for one in m.communities if m.value("concerns.received", one)]
    if 1 < len(asked) <= MOST_COMMUNITIES:
        shares: list[Loose] = [
            (
                wording.place(one), "受理", m.figure("concerns.received", one), "件、办结",
                m.figure("concerns.resolved", one), "件",
            )
            for one in asked
        ]  # fmt: skip
        yield Saying("communities", ["各社区情况：", listed(shares, "；"), "。"])


QUOTED = 5
"""Practices that a report quotes; of more it says how many."""


@topic("practices", "经验做法", "S23", PRACTICE, ["practices.accepted"], if_any=True)
def practices(m: Material) -> Iterator[Saying]:
    """Practices that the street accepted in the period, in the office's own words."""
    yield Saying("counts", [_opening(m), "总结采用经验做法", m.figure("practices.accepted"), "条。"])
    accepted = Practice.objects.under(m.organization, m.period.end).accepted_in(m.period)
    for one in accepted.select_related("organization").order_by("accepted_on", "pk")[:QUOTED]:
        words = f"{wording.place(one.organization)}“{one.title}”：{one.wording}"
        yield Saying(f"quote-{one.pk}", [words], (Evidence(one.title, one.get_absolute_url()),))


# wording that topics share


def _opening(m: Material) -> str:
    return f"{m.period.label}{m.times.until}，"


def _counted(m: Material, items: Iterable[tuple[str, str]], unit: str = "名") -> Parts:
    """Return 正式党员315名、预备党员11名, zeros and what is not counted left out."""
    held = [(noun, m.figure(code), unit) for code, noun in items if m.value(code)]
    return listed(held)


def _compared(m: Material, code: str, noun: str) -> str:
    """Return a sentence on how one fact has changed; what was not recorded before is not compared."""
    if not m.compares or not (m.value(code) or m.before(code)):
        return ""
    if not m.is_compared(code):
        return f"{m.times.last}没有{noun}记录，不作比较。"
    unit = facts.get(code).unit
    return f"{noun}{wording.change(m.value(code), m.before(code), unit, m.times.last)}。"


def _page(m: Material) -> Evidence:
    return Evidence(m.organization.name, m.organization.get_absolute_url())

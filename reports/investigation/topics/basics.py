"""二（一）突出基础工作抓实抓牢: study, members, organisational life, training, supervision (S2-S6, S19, S24)."""

from collections.abc import Iterator

from ledgers import facts

from .. import ranking, wording
from ..material import Material
from ..saying import Sentence
from .registry import topic


@topic("study", "学习教育", "S2、S19")
def study(m: Material) -> Iterator[Sentence]:
    """Study sessions and their themes, the theory group's and those of reading, who held most and fewest."""
    themes = m.names("study.themes", "title", 2)
    yield Sentence(
        [
            m.told("组织党员集中学习", "study.sessions", "次"),
            m.change("study.sessions", "次"),
            f"内容以{themes}为主" if themes and m.value("study.sessions") else "",
        ],
        opening=m.times.opening,
        evidence=m.rows_before("study.sessions"),
    )
    yield Sentence(
        [
            m.told("理论学习中心组学习", "study.theory_group", "次"),
            m.told("读书活动", "study.reading", "次"),
        ]
    )
    yield Sentence([ranking.by_fact(m, "study.sessions", "学习次数", named=1)], only=("standard", "full"))


@topic("development", "党员队伍建设", "S3")
def development(m: Material) -> Iterator[Sentence]:
    """Who is on the way into the Party, who came, what was voted on, who moved."""
    stages = [
        ("development.applicants", "入党申请人"),
        ("development.activists", "入党积极分子"),
        ("development.candidates", "发展对象"),
    ]
    voted = "严格执行“双推双评三全程”，" if m.value("votes.held") and m.counted("", stages) else ""
    yield Sentence(
        [
            m.counted("现有", stages),
            m.counted(
                m.times.now,
                [("members.joined", "接收预备党员"), ("development.regularised", "预备党员转正")],
            ),
        ],
        opening=voted,
    )
    moved = [
        ("members.transferred_in", "转入党员"),
        ("members.transferred_out", "转出党员"),
        ("members.deceased", "去世党员"),
    ]
    yield Sentence([m.counted("", moved)], only=("standard", "full"))
    yield Sentence([m.told("会议推荐和评议表决", "votes.held", "次")], only=("full",))


MEETINGS = (
    ("meetings.general", "支部党员大会"),
    ("meetings.committee", "支部委员会会议"),
    ("meetings.group", "党小组会"),
    ("meetings.life", "组织生活会"),
)
COMPARED = (
    ("meetings.general", "支部党员大会"),
    ("meetings.committee", "支部委员会会议"),
    ("meetings.lecture", "党课"),
    ("meetings.theme_day", "主题党日"),
)


@topic("meetings", "组织生活", "S4")
def meetings(m: Material) -> Iterator[Sentence]:
    """Meetings of each kind, attendance, how both have changed, the best and the weakest."""
    rate = m.rate("attendance.rate")
    held = [
        m.counted("召开", MEETINGS, "次"),
        m.told("上党课", "meetings.lecture", "次"),
        m.told("开展主题党日", "meetings.theme_day", "次"),
    ]
    yield Sentence([*held, ("党员到会率", rate) if rate else ()], opening=m.times.opening)
    before = m.ratio_before("attendance.rate")
    if rate and before is not None:
        yield Sentence(
            [wording.change_of_percent(m.shown("attendance.rate"), before, m.times.last)],
            opening="到会率",
            evidence=m.rows_before("attendance.expected", "attendance.present"),
            only=("standard", "full"),
        )
    whose = m.branches if not m.communities else m.communities
    yield Sentence([ranking.by_rate(m, "attendance.rate", "到会率", whose, named=1)], only=("standard", "full"))
    if changes := m.changes(COMPARED):
        yield Sentence([changes], evidence=m.rows_before(*(code for code, _ in COMPARED)), only=("full",))
    yield Sentence(
        [
            m.told("会议表决事项", "votes.held", "项"),
            m.told("形成决议事项", "resolutions.made", "件"),
            m.told("已落实", "resolutions.done", "件"),
        ],
        only=("full",),
    )
    yield from _reviewed(m)


def _reviewed(m: Material) -> Iterator[Sentence]:
    """Yield the grades of the democratic review, and the promises of life meetings."""
    if m.value("democratic.graded"):
        graded = facts.get("democratic.graded")
        rows = graded.register.rows(graded.query(m.organization, m.period))
        years = "、".join(str(year) for year in sorted(set(rows.order_by().values_list("year", flat=True))))
        grades = [
            ("democratic.excellent", "优秀"),
            ("democratic.qualified", "合格"),
            ("democratic.basic", "基本合格"),
            ("democratic.unqualified", "不合格"),
        ]
        yield Sentence(
            [m.told(f"开展{years}年度民主评议，评定党员", "democratic.graded", "名"), m.counted("其中", grades)],
            only=("full",),
        )
    yield Sentence(
        [
            m.told("组织生活会开展批评和自我批评", "life.criticisms", "条"),
            m.told("作出整改承诺", "life.promises", "项"),
            m.told("已完成", "life.promises_done", "项"),
        ],
        only=("full",),
    )


@topic("training", "业务培训", "S5、S24")
def training(m: Material) -> Iterator[Sentence]:
    """Training sessions and credit hours, exchanges, who held most."""
    yield Sentence(
        [
            m.told("通过专题培训、以会代训等方式举办培训", "training.sessions", "期"),
            m.change("training.sessions", "期"),
            m.told("党员学习培训累计", "training.hours", "学时"),
        ],
        opening=m.times.opening,
        evidence=m.rows_before("training.sessions"),
    )
    yield Sentence(
        [
            m.told("组织体会交流", "training.exchanges", "次"),
            m.told("党务工作者参训", "workers.trained", "人次"),
        ],
        only=("standard", "full"),
    )
    yield Sentence([m.told("党员参加外部培训取得证书", "study.certificates", "份")], only=("full",))


@topic("supervision", "监督与管理", "S6、S15")
def supervision(m: Material) -> Iterator[Sentence]:
    """Talks, major matters reported, dues, warning education: counts only."""
    yield Sentence(
        [
            m.told("开展谈心谈话", "talks.heart", "人次"),
            m.told("受理重大事项报告", "matters.reported", "件"),
        ],
        opening=m.times.opening,
    )
    yield Sentence(
        [m.told("收缴党费", "dues.paid", "元"), m.told("期末欠缴", "dues.arrears", "元")],
    )
    yield Sentence(
        [
            m.told("开展以案促改警示教育", "warning.sessions", "次"),
            m.told("查摆问题", "warning.problems", "个"),
            m.told("已整改", "warning.closed", "个"),
        ],
    )
    yield Sentence([m.told("作出处分处理", "honors.sanctions", "项")], only=("standard", "full"))


@topic("concerns", "群众诉求办理", "S17")
def concerns(m: Material) -> Iterator[Sentence]:
    """Residents' concerns received, answered, overdue, and how residents judge the answers."""
    rate, satisfied = m.rate("concerns.resolution"), m.rate("concerns.satisfaction")
    yield Sentence(
        [
            m.told("受理群众诉求", "concerns.received", "件"),
            m.told("办结", "concerns.resolved", "件"),
            ("办结率", rate) if rate and m.value("concerns.resolved") else (),
            m.told("超期未答复", "concerns.overdue", "件"),
        ],
        opening=m.times.opening,
    )
    if satisfied:
        yield Sentence([m.told("居民作出评价", "concerns.rated", "件"), ("满意率", satisfied)])

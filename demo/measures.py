"""The street's list of responsibilities, and what is being put right in its communities and branches."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from assessments.models import Measure, MeasureReport, MeasureStage
from ledgers import bulk

from .names import person
from .plan import Plan, Street

Kind, Pace = Measure.Kind, Measure.Pace
TASKS: tuple[tuple[str, str, str, str, str], ...] = (
    (
        Kind.KEY,
        "推进小区党支部全覆盖",
        "逐个小区摸底，成熟一个成立一个。",
        "应建小区全部建立党支部",
        "组织建设",
    ),
    (
        Kind.KEY,
        "老旧小区改造中的党建引领",
        "改造项目建立临时党支部，每周议事。",
        "改造小区都有议事机制",
        "城市更新",
    ),
    (Kind.KEY, "文明城市创建包联", "党员包楼栋，每周五开展环境整治。", "楼栋包联率达到 100%", "文明城市"),
    (Kind.ANNUAL, "两新组织党建攻坚", "对有 3 名以上党员的企业逐家上门。", "应建尽建", "组织建设"),
    (Kind.ANNUAL, "完成党务工作者轮训", "分两期轮训社区专职党务工作者。", "人人参训一次", "党员教育"),
    (Kind.POST, "社会救助领域党建", "救助对象由党员结对，每月走访。", "结对率达到 100%", "社会救助"),
    (Kind.POST, "物业领域党建", "物业企业党组织书记兼任社区党委委员。", "规模物业企业全部落实", "物业管理"),
    (Kind.PROJECT, "楼栋议事会", "每个楼栋推选 3 名议事员，每月议一件事。", "议定事项全部公开", "基层治理"),
    (Kind.MEETING, "解决社区阵地不足", "协调产权单位，续租或者调剂用房。", "阵地不足的社区全部解决", "阵地建设"),
)
FAULTS: tuple[tuple[str, str, str, str], ...] = (
    (
        Kind.FINDING,
        "上季度主题党日缺一次",
        "书记外出培训，没有委托副书记召集",
        "书记外出由副书记召集主题党日",
    ),
    (Kind.LIFE, "批评和自我批评不够具体", "会前谈心谈话走过场", "会前逐人谈心，列出具体事例"),
    (Kind.SELF_CHECK, "党员档案材料不全", "转接时没有核对", "逐人核对档案，缺的向原单位补要"),
    (Kind.PATROL, "党费收缴台账与凭证对不上", "代收没有当天登记", "代收当天登记，按月对账"),
    (Kind.OBSERVATION, "阵地上墙制度没有更新", "制度修订后没有重新制作", "更换为最新制度"),
    (Kind.OTHER, "流动党员联系不经常", "联系人调整后没有交接", "明确联系人，每月联系一次并登记"),
)
PROGRESS = ("已经制定方案并分工。", "完成摸底，正在逐项落实。", "大部分已经完成，还有个别难点。")


def assign(street: Street) -> Counter[str]:
    """Write the tasks of the street's communities and what its branches put right: done, running, a few overdue."""
    random, plan = street.random("measures"), street.plan
    measures = [*_tasks(random, street), *_faults(random, street)]
    for number, measure in enumerate(measures, 1):
        measure.number = f"{street.code}-{number:03}"
    bulk.insert(measures)
    stages = [stage for measure in measures if measure.kind == Kind.KEY for stage in _stages(measure)]
    bulk.insert(stages)
    reports = [
        MeasureReport(measure=one, on=one.done_on or plan.until, percent=one.percent, progress=one.progress)
        for one in measures
        if one.percent
    ]
    bulk.insert(reports)
    return Counter(measures=len(measures), measure_stages=len(stages), measure_reports=len(reports))


def _tasks(random: Random, street: Street) -> Iterator[Measure]:
    """Yield one task of each sort for two or three communities, spread over the plan's months."""
    leaders = [person(random, male=random.random() < 0.7) for _ in range(4)]
    for place, (kind, title, how, mark, area) in enumerate(TASKS):
        for community in random.sample(street.communities, min(len(street.communities), 3)):
            start = random.choice(street.plan.periods).start
            measure = Measure(
                organization=community,
                set_by=street.organization,
                kind=kind,
                title=title,
                measure=how,
                criterion=mark,
                area=area,
                leader=leaders[place % len(leaders)],
                owner=person(random, male=random.random() < 0.5),
                rhythm=Measure.Rhythm.MONTH,
                starts_on=start,
                due_on=start + timedelta(days=random.choice((60, 90, 120, 180))),
            )
            _advance(random, street.plan, measure)
            yield measure


def _faults(random: Random, street: Street) -> Iterator[Measure]:
    """Yield what half of the branches have to put right."""
    for branch in random.sample(street.branches, max(1, len(street.branches) // 2)):
        kind, title, cause, how = random.choice(FAULTS)
        start = random.choice(street.plan.periods).start + timedelta(days=random.randint(0, 20))
        if start > street.plan.until:
            continue
        measure = Measure(
            organization=branch.organization,
            set_by=branch.community or street.organization,
            kind=kind,
            title=title,
            cause=cause,
            measure=how,
            pace=random.choice((Pace.AT_ONCE, Pace.BY_DATE)),
            leader=person(random, male=True),
            owner=person(random, male=random.random() < 0.5),
            starts_on=start,
            due_on=start + timedelta(days=random.choice((15, 30, 60))),
        )
        _advance(random, street.plan, measure)
        yield measure


def _advance(random: Random, plan: Plan, measure: Measure) -> None:
    """Set how far it has come by the plan's last day."""
    start, due = measure.starts_on, measure.due_on
    assert start and due
    late = random.random() < 0.15
    done = due + timedelta(days=random.randint(3, 20) if late else -random.randint(0, (due - start).days // 2))
    if done <= plan.until and random.random() < 0.92:
        measure.done_on, measure.percent = done, 100
        measure.progress = "已经完成，材料齐全。"
        accepted = done + timedelta(days=random.randint(1, 10))
        if accepted <= plan.until:
            measure.accepted_on, measure.opinion = accepted, "属实，同意销号。"
            measure.inspector = person(random, male=True)
    elif start <= plan.until:
        reached = _reached(start, due, plan.until)
        measure.percent, measure.progress = reached, PROGRESS[min(2, reached // 40)] if reached else ""
        if due < plan.until:
            measure.unfinished = "涉及产权单位，正在协调"


def _reached(start: date, due: date, today: date) -> int:
    return min(90, 10 * ((today - start).days * 10 // max(1, (due - start).days)))


def _stages(measure: Measure) -> Iterator[MeasureStage]:
    assert measure.starts_on and measure.due_on
    half = measure.starts_on + (measure.due_on - measure.starts_on) / 2
    for title, day in (("摸底和方案", half), ("落实和验收", measure.due_on)):
        done = measure.done_on if measure.done_on and measure.done_on <= day else None
        yield MeasureStage(measure=measure, title=title, due_on=day, done_on=done or (measure.done_on and day))

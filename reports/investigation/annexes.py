"""The tables behind the report: every problem with every organisation, every measure, the ranking."""

from collections.abc import Collection, Iterator

from assessments.models import Assessment
from assessments.schemes.reading import plain
from reports.document import Annex, Column, Row

from .diagrams import bars
from .material import Material
from .measures import Measures
from .problems import Problems
from .wording import str_of, tidy

PROBLEM_COLUMNS = (
    Column("number", "序号", 12),
    Column("problem", "问题", 46),
    Column("organization", "党组织", 42),
    Column("detail", "情况", 56),
)
MEASURE_COLUMNS = (
    Column("number", "序号", 10),
    Column("matter", "事项", 24),
    Column("measure", "措施", 50),
    Column("owner", "责任单位", 27),
    Column("person", "责任人", 15),
    Column("deadline", "完成时限", 16),
    Column("source", "来源", 14),
)
RANKING_COLUMNS = (
    Column("rank", "名次", 14),
    Column("organization", "党组织", 62),
    Column("scheme", "考核方案", 40),
    Column("total", "得分", 20),
    Column("grade", "等次", 20),
)
CHART_COLUMNS = (
    Column("chart", "图", 50),
    Column("label", "项目", 60),
    Column("shown", "数值", 26),
    Column("value", "长度", 20),
)
KINDS = {
    "evidence": "数据依据表",
    "problems": "问题清单",
    "measures": "责任清单",
    "ranking": "考核通报",
    "charts": "图表",
}


def annexes(m: Material, problems: Problems, measures: Measures, wanted: Collection[str]) -> Iterator[Annex]:
    """Yield the annexes that are wanted and have rows; that of the evidence follows from the figures themselves."""
    made = {
        "problems": lambda: Annex("problems", KINDS["problems"], PROBLEM_COLUMNS, tuple(_problems(problems))),
        "measures": lambda: Annex("measures", KINDS["measures"], MEASURE_COLUMNS, tuple(_measures(measures))),
        "ranking": lambda: Annex("ranking", KINDS["ranking"], RANKING_COLUMNS, tuple(_ranking(m))),
        "charts": lambda: Annex("charts", KINDS["charts"], CHART_COLUMNS, tuple(_charts(m, problems))),
    }
    for kind, make in made.items():
        if kind in wanted and (annex := make()).rows:
            yield annex


def _problems(problems: Problems) -> Iterator[Row]:
    """Yield problem × organisation, the gravest problem first; people are counted, not named."""
    number = 0
    for problem in problems.listed:
        if not problem.words.problem:
            continue
        detail = {violation.organization.pk: violation for violation in problem.found}
        for place in problems.places(problem):
            number += 1
            if problem.of_people:
                said = f"{problems.count(problem, place).text}{problem.words.noun}"
            else:
                said = tidy(problem.rule.case(detail[place.pk]))
            yield Row((str(number), problem.words.heading, place.name, said), problems.rows_of(problem, place))


def _measures(measures: Measures) -> Iterator[Row]:
    """Yield the measures as an office rules its list of responsibilities, with every owner by name."""
    for number, measure in enumerate(measures.listed, 1):
        words = "".join(map(str_of, measures.text(measure)))
        owners = "、".join(o.name for o in measure.owners) if not measure.problem.words.of_street else "街道党建办"
        yield Row(
            (
                str(number),
                measure.problem.words.lead,
                words,
                owners,
                measure.person or "党组织书记",
                measures.when(measure.deadline),
                measure.problem.words.heading,
            )
        )


def _charts(m: Material, problems: Problems) -> Iterator[Row]:
    """Yield the bars of the charts, a row each."""
    for bar in bars(m, problems):
        yield Row((bar.chart, bar.label, bar.shown, str(bar.value)), bar.url)


def _ranking(m: Material) -> Iterator[Row]:
    """Yield the decided results of the period, scheme by scheme."""
    decided = Assessment.objects.under(m.organization, m.period.end).filter(
        period=m.period.code, state__in=Assessment.State.frozen(), total__isnull=False
    )
    for sheet in decided.select_related("organization", "scheme").order_by("scheme__code", "rank", "-total"):
        yield Row(
            (
                str(sheet.rank or "—"),
                sheet.organization.name,
                sheet.scheme.title,
                plain(sheet.total) if sheet.total is not None else "—",
                sheet.grade or "—",
            ),
            sheet.get_absolute_url(),
        )

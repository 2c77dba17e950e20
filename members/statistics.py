"""Statistics of members (党内统计): how many of each sort, organisation by organisation, as of a day.

Each number is the count of the register's rows under the filters of its column, and so opens exactly them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count

from accounts.models import User
from branches.models import Organization
from ledgers.ledger import Query
from ledgers.ledger import get as get_ledger

REGISTER = "members"


@dataclass(frozen=True)
class Sort:
    """One column: its heading, the group it stands under, and the filters of the register that keep its members."""

    group: str
    title: str
    filters: Mapping[str, str] = field(default_factory=dict)


SORTS: Sequence[Sort] = (
    Sort("", "党员合计"),
    Sort("类别", "正式党员", {"category": "full"}),
    Sort("类别", "预备党员", {"category": "probationary"}),
    Sort("性别和民族", "女", {"gender": "female"}),
    Sort("性别和民族", "少数民族", {"minority": "1"}),
    Sort("年龄", "35岁及以下", {"age": "under-35"}),
    Sort("年龄", "36至60岁", {"age": "35-60"}),
    Sort("年龄", "61岁及以上", {"age": "over-60"}),
    Sort("学历", "研究生", {"education": "postgraduate"}),
    Sort("学历", "大学本科", {"education": "bachelor"}),
    Sort("学历", "大学专科", {"education": "college"}),
    Sort("就业", "在职", {"employment": "in-service"}),
    Sort("就业", "离退休", {"employment": "retired"}),
    Sort("就业", "流动党员", {"floating": "1"}),
    Sort("党龄", "30年以上", {"years": "30"}),
    Sort("党龄", "光荣在党50年", {"years": "50"}),
)


@dataclass(frozen=True)
class Line:
    """One organisation's numbers in the order of `SORTS`, each with the address of its rows."""

    organization: Organization
    numbers: Sequence[int]
    urls: Sequence[str]


def statistics(place: Organization, day: date, user: User) -> list[Line]:
    """Return the numbers of an organisation and of each that stands directly below it. Three queries."""
    ledger = get_ledger(REGISTER)
    query = Query(place, on=day)
    wanted = {
        f"n{number}": Count("pk", filter=ledger.condition(sort.filters, query)) for number, sort in enumerate(SORTS)
    }
    counted = list(ledger.rows(query, user).order_by().values_list("branch__path").annotate(**wanted))
    below = Organization.objects.under(place).filter(depth=place.depth + 1).live_on(day)
    lines = []
    for head in (place, *below.exclude(kind=Organization.Kind.GROUP).order_by("path")):
        inside = [numbers for path, *numbers in counted if path.startswith(head.path)]
        numbers = [sum(column) for column in zip(*inside, strict=True)] if inside else [0] * len(SORTS)
        urls = [ledger.url(Query(head, on=day, filters=sort.filters)) for sort in SORTS]
        lines.append(Line(head, numbers, urls))
    return lines

"""Local numbers (本街道规定): what custom, not statute, asks for, and what each street has set instead."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from activities.models.concerns import ANSWER_DAYS as DEFAULT_ANSWER_DAYS

if TYPE_CHECKING:
    from branches.models import Organization

    from .models import LocalSetting


@dataclass(frozen=True)
class LocalNumber:
    """One number that a street may set. `default` is the rulebook's."""

    key: str
    title: str
    unit: str
    default: int
    least: int
    most: int
    rule: str
    words: str = "{}{unit}"

    def said(self, value: int) -> str:
        """Return the number as a document says it, with its unit: 80%, 7日, 三分之一."""
        han = "零一二三四五六七八九十"
        return self.words.format(value, unit=self.unit, han=han[value] if value < len(han) else value)


LECTURES_A_QUARTER = LocalNumber("lectures-a-quarter", "每个党支部每季度讲党课次数", "次", 1, 1, 12, "R04")
ATTENDANCE_PERCENT = LocalNumber("attendance-percent", "党支部组织生活出勤率不低于", "%", 80, 1, 100, "R16")
WORKERS_LOST_PERCENT = LocalNumber("workers-lost-percent", "社区党务工作者 12 个月流失率不超过", "%", 20, 0, 100, "R55")
RESERVE_CADRES = LocalNumber("reserve-cadres", "每个社区后备干部不少于", "人", 1, 0, 20, "R55")
REVIEWED_PER_EXCELLENT = LocalNumber(
    "reviewed-per-excellent", "民主评议党员每几人最多评一名优秀", "人", 3, 1, 20, "R08", "{han}分之一"
)
MINUTES_DAYS = LocalNumber("minutes-days", "会议记录在会后几天内提交", "天", 7, 1, 60, "R19", "{}日")
ANSWER_DAYS = LocalNumber("answer-days", "群众诉求答复期限", "个工作日", DEFAULT_ANSWER_DAYS, 1, 60, "R54")

STEP = 4
"""Characters of a tree path that stand for one organisation."""
NUMBERS = (
    LECTURES_A_QUARTER,
    ATTENDANCE_PERCENT,
    WORKERS_LOST_PERCENT,
    RESERVE_CADRES,
    REVIEWED_PER_EXCELLENT,
    MINUTES_DAYS,
    ANSWER_DAYS,
)


class LocalNumbers:
    """The numbers in force in each place: that of the nearest street above which has set one, else the default."""

    def __init__(self, settings: "Iterable[LocalSetting]") -> None:
        self._set = {(setting.organization.path, setting.key): setting.value for setting in settings}

    def of(self, number: LocalNumber, organization: "Organization") -> int:
        """Return the number that counts for this organisation."""
        return self.at(organization.path, number)

    def at(self, path: str, number: LocalNumber) -> int:
        """Return the number that counts for the organisation with a tree path."""
        while path:
            if (path, number.key) in self._set:
                return self._set[path, number.key]
            path = path[:-STEP]
        return number.default


def answer_days() -> Callable[[str], int]:
    """Return what gives the working days allowed for an answer in the organisation with a tree path. One query."""
    from branches.models import Organization

    from .models import LocalSetting

    numbers = LocalNumbers(LocalSetting.objects.filter(key=ANSWER_DAYS.key).select_related("organization"))
    return lambda path: numbers.of(ANSWER_DAYS, Organization(path=path))

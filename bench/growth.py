"""Lists, calendar and search as the log of activities grows (on PostgreSQL): from 10,000 activities to a million.

Each step copies the activities of the demo street, with their rolls: every tenth copy a year further back, so the log
becomes denser and longer at once. Two cores fill no million activities and twenty million lines of rolls in ten
minutes; so the times are measured at a few sizes, a line is laid through them, and what it says at a million is held
against the time at ten thousand. Exits with 1 where a page would take more than TIMES as long.

    python -m bench.growth [LARGEST]
"""

import os
import statistics
import sys
import time
from dataclasses import dataclass, field

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import User  # noqa: E402
from activities.models import Activity, Attendance  # noqa: E402
from branches.models import Organization  # noqa: E402
from ledgers import facts  # noqa: E402
from ledgers.models import Touch  # noqa: E402
from ledgers.period import Period  # noqa: E402
from members.models import UNKNOWN_START  # noqa: E402

SMALL, MILLION, TIMES = 10_000, 1_000_000, 3
SLACK = 0.03
"""Seconds by which two runs differ on a busy machine anyway."""
YEARS = 10
RUNS = 7


@dataclass
class Page:
    """A page and the median seconds it took at each size."""

    title: str
    path: str
    params: dict[str, str]
    seconds: dict[int, float] = field(default_factory=dict)

    def at(self, size: int) -> float:
        """Return the seconds at a size, read off the least-squares line through what was measured."""
        line = statistics.linear_regression(list(self.seconds), list(self.seconds.values()))
        return max(line.intercept + line.slope * size, max(self.seconds.values()))


def pages() -> list[Page]:
    """Return the pages that are measured."""
    street = Organization.objects.get_root_nodes()[0]
    branch = Activity.objects.order_by("pk")[0].organization
    quarter = Period.containing(timezone.localdate(), Period.QUARTER).previous()
    whole, own = {"organization": street.code}, {"organization": branch.code}
    then = {"period": quarter.code}
    log, rolls = "/ledgers/activities/", "/ledgers/attendance/"
    return [
        Page("组织生活台账，一个季度", log, whole | then),
        Page("组织生活台账，全部时间", log, whole | {"period": "all"}),
        Page("组织生活台账，全部时间，最后一页", log, whole | {"period": "all", "page": "1000000"}),
        Page("组织生活台账，一类活动", log, whole | then | {"kind": "theme-day", "status": "counted"}),
        Page("组织生活台账，一个支部", log, own | then),
        Page("考勤台账，一个季度", rolls, whole | then),
        Page("考勤台账，全部时间", rolls, whole | {"period": "all"}),
        Page("考勤台账，全部时间，最后一页", rolls, whole | {"period": "all", "page": "1000000"}),
        Page("考勤台账，缺席", rolls, whole | then | {"kind": "meetings", "status": "counted", "state": "absent"}),
        Page("考勤台账，一个支部", rolls, own | then),
        Page("活动日历，一个月", "/activities/calendar/", whole | {"period": quarter.months()[0].code}),
        Page("会议记录全文检索，两个字", "/activities/search/", whole | {"q": "学习", "period": "all"}),
        Page("会议记录全文检索，少见的词", "/activities/search/", whole | {"q": "停车难", "period": "all"}),
        Page("全站搜索", "/search/", {"q": "主题党日"}),
    ]


class Log:
    """The log of activities, and what of it is copied."""

    def __init__(self) -> None:
        self.count = Activity.objects.count()
        self.last = Activity.objects.order_by("-pk").values_list("pk", flat=True)[0]
        self.copies = 0

    def grow(self, size: int) -> None:
        """Copy activities and rolls until there are `size`; a copy has an id, a number and a day of its own."""
        fields = [f'"{each.column}"' for each in Activity._meta.local_concrete_fields]
        kept = ", ".join(name for name in fields if name not in ('"id"', '"number"', '"date"'))
        activity, attendance = Activity._meta.db_table, Attendance._meta.db_table
        with connection.cursor() as cursor:
            while self.count * (self.copies + 1) < size:
                self.copies += 1
                shift, years = self.last * self.copies, self.copies % YEARS
                cursor.execute(
                    f"INSERT INTO {activity} (id, number, date, {kept}) "
                    f"SELECT id + %s, 'B{self.copies}-' || id, date - %s * 364, {kept} FROM {activity} WHERE id <= %s",
                    [shift, years, self.last],
                )
                cursor.execute(
                    f"INSERT INTO {attendance} (activity_id, member_id, state, reason) "
                    f"SELECT activity_id + %s, member_id, state, reason FROM {attendance} WHERE activity_id <= %s",
                    [shift, self.last],
                )
            cursor.execute("VACUUM ANALYZE")
        facts.mark_stale([Touch(None, UNKNOWN_START, True)])


def main() -> None:
    """Measure, print a table, and say what a million would take."""
    if connection.vendor != "postgresql":
        print("活动增长基准：只在 PostgreSQL 上运行")
        return
    largest = int(sys.argv[1]) if len(sys.argv) > 1 else 32 * SMALL
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.filter(is_superuser=True).first() or User.objects.create_superuser("bench-growth"))
    log, measured = Log(), pages()
    street = Organization.objects.get_root_nodes()[0]
    quarter = Period.containing(timezone.localdate(), Period.QUARTER).previous()
    for size in (SMALL, largest // 4, largest // 2, largest):
        log.grow(size)
        have = Activity.objects.count()
        print(f"{have:,} 次活动，{Attendance.objects.count():,} 行考勤", flush=True)
        facts.of(street, quarter)  # as the workbench does when people sign in
        for page in measured:
            page.seconds[have] = opened(client, page)
    late = 0
    for page in measured:
        small, large = min(page.seconds.values()), page.at(MILLION)
        is_late = large > TIMES * small + SLACK
        late += is_late
        took = "  ".join(f"{seconds * 1000:7.0f}" for seconds in page.seconds.values())
        print(f"{'OVER' if is_late else 'ok':5} {took}  百万约 {large * 1000:7.0f} ms  {page.title}")
    sys.exit(late > 0)


def opened(client: Client, page: Page) -> float:
    """Return the median seconds of opening a page."""
    took = []
    for _ in range(RUNS + 1):
        start = time.perf_counter()
        response = client.get(page.path, page.params)
        took.append(time.perf_counter() - start)
        assert response.status_code == 200, f"{page.title}: {response.status_code}"
    return statistics.median(took[1:])


if __name__ == "__main__":
    main()

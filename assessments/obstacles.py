"""What keeps an organisation from being dissolved: tasks and matters that somebody has still to see to."""

from collections.abc import Collection, Iterator
from datetime import date

from .models import Measure, Supervision


def obstacles(organizations: Collection[int], on: date) -> Iterator[str]:
    """Yield, in Chinese, what must be handed over or done first; two queries."""
    if number := Measure.objects.filter(organization__in=organizations, done_on__isnull=True).count():
        yield f"还有 {number} 项任务和整改没有完成，请先办结，或者在任务的“编辑”里改由别的组织负责"
    open_ones = Supervision.objects.filter(
        organization__in=organizations, sent_on__isnull=False, closed_on__isnull=True
    )
    if number := open_ones.count():
        yield f"还有 {number} 件督办事项没有办结，请先办结"

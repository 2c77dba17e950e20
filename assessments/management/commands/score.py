"""manage.py score: the computed scores of a scheme in a period, as JSON. Writes nothing."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from assessments.beginning import is_before_records, records_since, words_on
from assessments.models import Scheme
from assessments.schemes.scores import address_of, scores_of
from assessments.schemes.scoring import Scorecard
from branches.management.arguments import PortalCommand, organization_coded, period_written


class Command(PortalCommand):
    """Prints one entry an organisation, each with a line an indicator."""

    help = "按考核方案计算一个时期的得分，只输出 JSON，不写入考核表"

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the scheme's code, whose scores to show, and the period."""
        parser.add_argument("--scheme", required=True, help="方案编号")
        parser.add_argument("--organization", required=True, help="组织编码：输出它和它下级的得分")
        parser.add_argument("--period", required=True, help="时期：2026、2026H1、2026Q3 或 2026-09")

    def handle(self, *args: Any, scheme: str, organization: str, period: str, **options: Any) -> None:
        """Score the whole street, then show one subtree: ranks are those of the street."""
        asked, when = organization_coded(organization), period_written(period)
        version = Scheme.objects.above(asked).for_period(scheme, when)
        if version is None:
            raise CommandError(f"{asked.name}没有编号为“{scheme}”、在{when.label}执行的考核方案，也没有草稿")
        if version.period != when.kind:
            raise CommandError(f"“{version.title}”是{version.get_period_kind_display()}考核，不能按{when.label}计算")
        since = records_since(version.organization)
        if since and is_before_records(when, since):
            self.stderr.write(f"{words_on(since)}，{when.label}没有记录，不作考核")
        found = scores_of(version, when, adjusted=False)
        if found.cards and not found.cards[0].seen.is_over:
            self.stderr.write(f"截至 {found.cards[0].seen.today}，{when.label}还没有过完，不排名次、不定等次")
        self.answer([_entry(version, card) for card in found.under(asked)])


def _entry(scheme: Scheme, card: Scorecard) -> dict[str, Any]:
    return {
        "organization": card.organization.code,
        "class": card.class_title,
        "total": card.total,
        "least": card.least,
        "most": card.most,
        "grade": card.grade,
        "rank": card.rank,
        "rank_in_community": card.rank_in_community,
        "lines": [
            {
                "code": line.indicator.code,
                "points": line.indicator.points,
                "score": line.outcome.score,
                "applies": line.outcome.applies,
                "value": line.outcome.value,
                "detail": line.outcome.why,
                "url": address_of(scheme, card, line),
            }
            for line in card.lines
        ],
    }

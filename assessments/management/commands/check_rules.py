"""manage.py check_rules: what the rules say of a subtree in a period, as JSON. Writes no findings."""

from typing import Any

from django.core.management.base import CommandParser

from assessments import engine
from assessments.beginning import is_before_records, records_since, words_on
from branches.management.arguments import PortalCommand, organization_coded, period_written
from members.models import Member


class Command(PortalCommand):
    """Prints the JSON list of violations. `member` is the citizen ID in clear: for the command line only."""

    help = "按规则核对一个党组织及其下级在一个时期的情况，只输出 JSON，不写入预警"

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the organisation's code and the period."""
        parser.add_argument("--organization", required=True, help="组织编码")
        parser.add_argument("--period", required=True, help="时期：2026、2026H1、2026Q3 或 2026-09")

    def handle(self, *args: Any, organization: str, period: str, **options: Any) -> None:
        """Check and print; the months that are missing stand in the detail as codes too."""
        asked, when = organization_coded(organization), period_written(period)
        since = records_since(asked)
        if since and is_before_records(when, since):
            self.stderr.write(f"{words_on(since)}，{when.label}没有记录，不作核对")
        violations = engine.check(asked, when)
        concerned = Member.objects.only("id_number").in_bulk({v.member_id for v in violations if v.member_id})
        self.answer(
            [
                {
                    "rule": v.rule,
                    "organization": v.organization.code,
                    "member": concerned[v.member_id].id_number if v.member_id else None,
                    "detail": f"{v.detail}（{'、'.join(v.months)}）" if v.months else v.detail,
                    "value": v.value,
                    "required": v.required,
                }
                for v in violations
            ]
        )

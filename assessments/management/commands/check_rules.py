"""manage.py check_rules: what the rules say of a subtree in a period, as JSON. Writes no findings."""

import json
from argparse import ArgumentParser
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from assessments import engine
from branches.models import Organization
from ledgers.facts import Number
from ledgers.period import Period
from members.models import Member


def organization_of(code: str) -> Organization:
    """Return the organisation with this code. Raises CommandError in one clear line."""
    try:
        return Organization.objects.get(code=code)
    except Organization.DoesNotExist:
        raise CommandError(f"没有编码为“{code}”的党组织，请核对 --organization") from None


def period_of(text: str) -> Period:
    """Return the period written so. Raises CommandError in one clear line."""
    try:
        return Period.parse(text)
    except ValueError as error:
        raise CommandError(str(error)) from error


def plain(number: Number | None) -> int | float | None:
    """Return a number as JSON has it: whole ones without a decimal point."""
    if isinstance(number, Decimal):
        return int(number) if number == int(number) else float(number)
    return number


class Command(BaseCommand):
    """Prints the JSON list of violations. `member` is the citizen ID in clear: for the command line only."""

    help = "按规则核对一个党组织及其下级在一个时期的情况，只输出 JSON，不写入预警"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the organisation's code and the period."""
        parser.add_argument("--organization", required=True, help="组织编码")
        parser.add_argument("--period", required=True, help="时期：2026、2026H1、2026Q3 或 2026-09")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check and print."""
        violations = engine.check(organization_of(options["organization"]), period_of(options["period"]))
        concerned = Member.objects.only("id_number").in_bulk({v.member_id for v in violations if v.member_id})
        rows = [
            {
                "rule": v.rule,
                "organization": v.organization.code,
                "member": concerned[v.member_id].id_number if v.member_id else None,
                "detail": v.detail,
                "value": plain(v.value),
                "required": plain(v.required),
            }
            for v in violations
        ]
        self.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1))

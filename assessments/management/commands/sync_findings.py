"""manage.py sync_findings: bring the findings in step with the rules; for a timer, once a day."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from activities.models.concerns import renew_answer_days
from assessments import findings
from assessments.models import Finding
from branches.management.arguments import organization_coded, period_written
from branches.models import Organization
from ledgers.period import Period


class Command(BaseCommand):
    """Syncs and prints how many findings wait. Without arguments: all organisations, this quarter and the last."""

    help = "按规则核对并更新预警；不带参数时核对全部组织本季度和上季度"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the organisation's code and the period, each may be left out."""
        parser.add_argument("--organization", help="组织编码")
        parser.add_argument("--period", help="时期：2026、2026H1、2026Q3 或 2026-09")

    def handle(self, *args: Any, **options: Any) -> None:
        """Sync and print."""
        running = Period.containing(timezone.localdate(), Period.QUARTER)
        periods = [period_written(options["period"])] if options["period"] else [running.previous(), running]
        code = options["organization"]
        organizations = [organization_coded(code)] if code else list(Organization.objects.get_root_nodes())
        for organization in organizations:
            renew_answer_days(organization)  # holidays may have been announced since
            for period in periods:
                findings.sync(organization, period)
        self.stdout.write(json.dumps({"waiting": Finding.objects.waiting().count()}))

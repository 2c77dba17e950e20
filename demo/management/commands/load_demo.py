"""Fill an empty database with streets that exist nowhere."""

import json
from argparse import ArgumentParser
from datetime import date
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import User
from branches.models import Organization
from demo import loading
from demo.accounts import PASSWORD
from demo.plan import Plan

SUPERUSER = "root"


class Command(BaseCommand):
    """Writes the demo data and prints what was written as JSON; the same options make the same data."""

    help = "Load deterministic demo data of any size."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare how much to make."""
        parser.add_argument("--streets", type=int, default=1)
        parser.add_argument("--members-per-street", type=int, default=300)
        parser.add_argument("--months", type=int, default=12, help="months of activities, the last one included")
        parser.add_argument("--seed", type=int, default=2026)
        parser.add_argument(
            "--until", type=date.fromisoformat, help="last day of the data, YYYY-MM-DD; today if left out"
        )
        parser.add_argument("--add", action="store_true", help="add to a database that already has organisations")
        parser.add_argument("--if-empty", action="store_true", help="do nothing where there are organisations already")
        parser.add_argument("--superuser", action="store_true", help=f"also make the superuser {SUPERUSER}")

    def handle(self, **options: Any) -> None:
        """Check what is asked for, load it, print the summary."""
        if not 1 <= options["months"] <= 120:
            raise CommandError("--months 应在 1 到 120 之间")
        if options["streets"] < 1 or options["members_per_street"] < 1:
            raise CommandError("--streets 和 --members-per-street 至少为 1")
        in_use = Organization.objects.exists()
        if in_use and options["if_empty"]:
            self.stdout.write(json.dumps({"streets": []}))
            return
        if in_use and not options["add"]:
            raise CommandError("数据库里已有党组织。演示数据应放在空库里；确实要追加，请加 --add")
        plan = Plan(
            streets=options["streets"],
            members_per_street=options["members_per_street"],
            months=options["months"],
            seed=options["seed"],
            until=options["until"] or timezone.localdate(),
        )
        try:
            summary = loading.load(plan, partial(self.stderr.write, style_func=str))
        except ValueError as error:
            raise CommandError(str(error)) from error
        if options["superuser"] and not User.objects.filter(username=SUPERUSER).exists():
            User.objects.create_superuser(SUPERUSER, password=PASSWORD)
            summary["superuser"] = SUPERUSER
        self.stdout.write(json.dumps(summary, ensure_ascii=False))

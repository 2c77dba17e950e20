"""`show_facts`: every fact of an organisation in a period, each with the address of its rows."""

from typing import Any

from django.core.management.base import CommandParser

from branches.management.arguments import PortalCommand, organization_coded, period_written
from ledgers import facts


class Command(PortalCommand):
    help = "Print the facts of an organisation in a period as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organization", required=True)
        parser.add_argument("--period", required=True)

    def handle(self, *args: Any, organization: str, period: str, **options: Any) -> None:
        place, when = organization_coded(organization), period_written(period)
        numbers = facts.of(place, when)
        self.answer(
            {
                fact.code: {
                    "title": fact.title,
                    "value": numbers[fact.code],
                    "unit": fact.unit,
                    "url": fact.url(place, when),
                }
                for fact in facts.every()
            }
        )

"""Check that the audit trail is what was written."""

import json

from django.core.management.base import BaseCommand, CommandError

from accounts import audit


class Command(BaseCommand):
    """Prints the length of the chain as JSON, or fails naming the first broken entry."""

    help = "Verify the audit trail's chain of digests."

    def handle(self, *args: object, **options: object) -> None:
        """Verify the whole chain."""
        try:
            count = audit.verify()
        except audit.BrokenChain as broken:
            raise CommandError(str(broken)) from broken
        self.stdout.write(json.dumps({"entries": count}))

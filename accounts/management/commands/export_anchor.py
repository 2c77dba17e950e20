"""Write down where the audit trail ends, to be kept on another machine."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import audit


class Command(BaseCommand):
    """Writes the anchor to a file and prints it as JSON; `verify_audit --anchor` checks the trail against it."""

    help = "导出审计记录的链末端，存到别的机器上，以后用 verify_audit --anchor 核对"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file to write."""
        parser.add_argument("file", metavar="FILE")

    def handle(self, *args: Any, file: str, **options: Any) -> None:
        """Write and print."""
        text = json.dumps(audit.anchor())
        try:
            Path(file).write_text(text + "\n")
        except OSError as error:
            raise CommandError(f"写不了 {file}：{error.strerror}") from error
        self.stdout.write(text)

"""Check that the audit trail is what was written."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import audit


class Command(BaseCommand):
    """Prints the number of entries as JSON, or fails naming the first broken entry."""

    help = "核对审计记录的摘要链；带 --anchor 时还核对以前导出的链末端"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take an anchor that `export_anchor` wrote earlier."""
        parser.add_argument("--anchor", metavar="FILE", help="以前用 export_anchor 导出的文件")
        parser.add_argument("--note", action="store_true", help="核对无误后，把各街道的链末端登记下来")

    def handle(self, *args: Any, anchor: str | None, note: bool = False, **options: Any) -> None:
        """Verify every chain, and that they still hold the anchor."""
        try:
            kept = json.loads(Path(anchor).read_text()) if anchor else None
            count = audit.verify()
            if kept is not None:
                audit.check_anchor(kept)
            if note:
                audit.note_ends()
        except audit.BrokenChain as broken:
            raise CommandError(str(broken)) from broken
        except OSError as error:
            raise CommandError(f"读不到 {anchor}：{error.strerror}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise CommandError(f"{anchor} 不是 export_anchor 导出的文件") from error
        self.stdout.write(json.dumps({"entries": count}))

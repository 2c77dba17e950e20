"""`import_ledger`: what the import wizard does, on the command line."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.acting import acting_as
from accounts.permissions import Right, access_of
from branches.management.arguments import PortalCommand, organization_coded, user_named
from ledgers import importing, ledger, reading


def _constants(register: ledger.Ledger, settings: list[str]) -> dict[str, str]:
    """Return header → value as `--set` gives them; a header may be any that the ledger understands."""
    names = {reading.normal_header(name): header for header, known in register.headers.items() for name in known}
    found = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        header = names.get(reading.normal_header(name))
        if not equals or not value.strip():
            raise CommandError(f"--set 要写成 列名=值，例如 党员类别=正式党员；现在是“{setting}”")
        if header is None:
            raise CommandError(f"{register.title}没有“{name}”这一列")
        found[header] = value.strip()
    return found


class Command(PortalCommand):
    help = "Import an Excel or CSV file into a ledger; without --apply nothing is written."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("file", type=Path)
        parser.add_argument("--user", required=True)
        parser.add_argument("--organization")
        parser.add_argument("--set", action="append", default=[], metavar="HEADER=VALUE", dest="constants")
        parser.add_argument("--reason", default="", help="why, where months that are locked are written into")
        parser.add_argument("--apply", action="store_true")

    def handle(
        self,
        *args: Any,
        slug: str,
        file: Path,
        user: str,
        organization: str | None,
        constants: list[str],
        reason: str,
        apply: bool,
        **options: Any,
    ) -> None:
        actor = user_named(user)
        try:
            register = ledger.get(slug)
            if not access_of(actor).has(Right.IMPORT) or not access_of(actor).has(register.edit_right):
                raise CommandError(f"账号“{user}”没有导入{register.title}的权限")
            place = organization_coded(organization, actor) if organization else None
            fixed = _constants(register, constants)
            batch, match = importing.open_batch(register, file.read_bytes(), file.name, actor, place, fixed)
            if missing := importing.importer_for(batch).missing(match):
                raise CommandError(f"表里没有找到必填的列：{'、'.join(missing)}")
            with acting_as(actor):
                analysis = importing.importer_for(batch).analyse(match)
                if apply and (analysis.counts["new"] or analysis.counts["changed"]):
                    batch.because(reason)
                    batch.save()
                    importing.apply(batch)
        except OSError as error:
            raise CommandError(f"读不到文件：{file}（{error.strerror}）") from error
        except (ledger.BadQuery, reading.Unreadable, importing.CannotImport) as error:
            raise CommandError(str(error)) from error
        self.answer(
            {
                **{state: analysis.counts[state] for state in ("new", "changed", "same", "wrong")},
                "errors": [
                    {"row": number, "column": error.column, "value": error.value, "message": error.message}
                    for number, error in analysis.errors
                ],
                "warnings": [
                    {"row": number, "column": warning.column, "value": warning.value, "message": warning.message}
                    for number, warning in analysis.warnings
                ],
                "dropped": importing.unknown_columns(register, match),
                "sheets": analysis.sheets,
                "batch": batch.pk,
            }
        )

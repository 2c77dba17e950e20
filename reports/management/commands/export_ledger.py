"""`export_ledger`: the Excel ledger of a list page, on the command line."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.acting import acting_as
from accounts.permissions import Right, access_of
from branches.management.arguments import PortalCommand, organization_coded, user_named
from ledgers import exporting, ledger


class Command(PortalCommand):
    help = "Export a ledger to an Excel file; sensitive columns are masked unless --clear."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("file", type=Path)
        parser.add_argument("--user", required=True)
        parser.add_argument("--organization")
        parser.add_argument("--period")
        parser.add_argument("--filter", nargs="*", action="extend", default=[], metavar="k=v")
        parser.add_argument("--clear", action="store_true")

    def handle(
        self,
        *args: Any,
        slug: str,
        file: Path,
        user: str,
        organization: str | None,
        period: str | None,
        clear: bool,
        **options: Any,
    ) -> None:
        actor = user_named(user)
        params = {}
        for text in options["filter"]:
            name, sign, value = text.partition("=")
            if not sign:
                raise CommandError(f"筛选条件“{text}”应写成 名称=值")
            params[name] = value
        if period:
            params["period"] = period
        place = organization_coded(organization, actor) if organization else None
        try:
            register = ledger.get(slug)
            if not access_of(actor).has(Right.EXPORT) or not access_of(actor).has(register.right):
                raise CommandError(f"账号“{user}”没有导出{register.title}的权限")
            if clear and not access_of(actor).has(Right.SENSITIVE_EXPORT):
                raise CommandError(f"账号“{user}”没有导出敏感信息的权限")
            query = register.query(params, organization=place, strict=True)
            with acting_as(actor):
                count = exporting.export(register, query, actor, file, clear=clear)
        except ledger.BadQuery as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"写不了文件：{file}（{error.strerror}）") from error
        self.answer({"ledger": slug, "rows": count, "file": str(file)})

"""`build_report`: write the investigation report of an organisation and a period to a file."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.permissions import Right
from branches.management.arguments import PortalCommand, organization_coded, period_written, user_named
from reports import official
from reports.investigation.annexes import KINDS
from reports.investigation.building import build
from reports.investigation.saying import LENGTHS
from reports.models import ReportOutline


class Command(PortalCommand):
    help = "Write the investigation report as .docx, .pdf, .html or .json, by the file's ending."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--organization", required=True)
        parser.add_argument("--period", required=True)
        parser.add_argument("--user", help="build within this user's scope; everything if left out")
        parser.add_argument("--length", choices=list(LENGTHS), default="standard")
        parser.add_argument("--annexes", help="evidence,problems,measures,ranking,charts, or none; all if left out")

    def handle(
        self,
        *args: Any,
        file: Path,
        organization: str,
        period: str,
        user: str | None,
        length: str,
        annexes: str | None,
        **options: Any,
    ) -> None:
        if file.suffix.lower() not in official.WRITERS:
            raise CommandError(f"不能写成“{file.name}”：文件名请以 .docx、.pdf、.html 或 .json 结尾")
        actor = user_named(user) if user else None
        place = organization_coded(organization, actor, Right.REPORTS_VIEW)
        try:
            report = build(
                place,
                period_written(period),
                length=length,
                outline=ReportOutline.in_force(place),
                wanted=None if annexes is None else _kinds(annexes),
            )
        except ValueError as error:
            raise CommandError(str(error)) from error
        try:
            files = official.write(report, file)
        except OSError as error:
            raise CommandError(f"写不了文件“{file}”：{error.strerror}") from error
        self.answer(
            {
                "file": str(file),
                "files": [str(one) for one in files],
                "statements": sum(1 for _ in report.statements()),
                "figures": len({number for number, _ in report.figures()}),
                "characters": report.characters,
            }
        )


def _kinds(written: str) -> set[str]:
    """Return the kinds of annexes that are asked for. Raises CommandError for one that is none."""
    kinds = {kind.strip() for kind in written.split(",")} - {"", "none"}
    if unknown := kinds - KINDS.keys():
        raise CommandError(f"没有“{min(unknown)}”这种附件，可选 {'、'.join(KINDS)}，或 none")
    return kinds

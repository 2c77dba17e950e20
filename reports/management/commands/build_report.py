"""`build_report`: write the investigation report of an organisation and a period to a file."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.permissions import Right
from branches.management.arguments import PortalCommand, organization_coded, period_written, user_named
from reports import official
from reports.investigation.building import build


class Command(PortalCommand):
    help = "Write the investigation report as .docx, .pdf, .html or .json, by the file's ending."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--organization", required=True)
        parser.add_argument("--period", required=True)
        parser.add_argument("--user", help="build within this user's scope; everything if left out")

    def handle(self, *args: Any, file: Path, organization: str, period: str, user: str | None, **options: Any) -> None:
        if file.suffix.lower() not in official.WRITERS:
            raise CommandError(f"不能写成“{file.name}”：文件名请以 .docx、.pdf、.html 或 .json 结尾")
        actor = user_named(user) if user else None
        report = build(organization_coded(organization, actor, Right.REPORTS_VIEW), period_written(period))
        try:
            official.write(report, file)
        except OSError as error:
            raise CommandError(f"写不了文件“{file}”：{error.strerror}") from error
        statements = [s for section in report.sections for topic in section.topics for s in topic.statements]
        figures = {number for number, _ in report.figures()}
        self.answer({"file": str(file), "statements": len(statements), "figures": len(figures)})

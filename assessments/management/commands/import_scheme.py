"""manage.py import_scheme: an assessment scheme from a file, kept as the next version, a draft."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.acting import acting_as
from accounts.permissions import Right
from assessments.schemes.files import read_scheme
from assessments.schemes.reading import SchemeRefused
from assessments.schemes.versions import draft
from branches.management.arguments import PortalCommand, organization_coded, user_named


class Command(PortalCommand):
    """Prints the code, the version and the number of indicators; what to look at goes to stderr."""

    help = "导入一个考核方案（JSON，或者 Excel 评分表），存成下一版草稿，只输出 JSON"

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file, the organisation that the scheme belongs to, and who imports it."""
        parser.add_argument("file", type=Path, help="考核方案文件（.json、.xlsx）")
        parser.add_argument("--organization", required=True, help="制定方案的组织编码")
        parser.add_argument("--user", required=True, help="导入人的账号")

    def handle(self, *args: Any, file: Path, organization: str, user: str, **options: Any) -> None:
        """Read, keep, print. Nothing is kept of a file that is refused."""
        who = user_named(user)
        place = organization_coded(organization, who, Right.SCHEMES_MANAGE)
        try:
            document = read_scheme(file.read_bytes(), file.name)
        except OSError as error:
            raise CommandError(f"打不开文件“{file}”：{error.strerror}") from error
        except SchemeRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        with acting_as(who):
            scheme = draft(place, document)
        for warning in document.warnings():
            self.stderr.write(warning)
        self.answer({"code": scheme.code, "version": scheme.edition, "indicators": len(document.indicators)})

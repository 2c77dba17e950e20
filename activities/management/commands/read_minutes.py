"""`read_minutes`: what the minutes in a file say, one entry a meeting; nothing is written."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from accounts.permissions import Right
from activities.reading import meetings_in
from branches.management.arguments import PortalCommand, organization_coded, user_named
from branches.models import Organization


class Command(PortalCommand):
    help = "Read minutes (.docx, .pdf, .txt) against the register of an organisation and print them as a JSON list."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--organization", required=True, help="组织编码：会议是它或它下级开的")
        parser.add_argument("--user", required=True)

    def handle(self, *args: Any, file: Path, organization: str, user: str, **options: Any) -> None:
        actor = user_named(user)
        place = organization_coded(organization, actor, Right.ACTIVITIES_EDIT)
        try:
            if file.stat().st_size > settings.UPLOAD_MAX_BYTES:
                raise CommandError(f"文件“{file}”超过 {settings.UPLOAD_MAX_BYTES // (1024 * 1024)} MB，请拆分后再读")
            data = file.read_bytes()
        except OSError as error:
            raise CommandError(f"打不开文件“{file}”：{error.strerror}") from error
        under = Organization.objects.visible_to(actor, Right.ACTIVITIES_EDIT).under(place).undissolved()
        organizations = [place, *(one for one in under if one.pk != place.pk)]
        self.answer([one.as_json() for one in meetings_in(data, file.name, organizations, timezone.localdate())])

"""Seal everything that is kept encrypted anew, check that it opens where it lies, and retire old keys."""

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts import audit, resealing
from accounts.encryption import chain_keys
from accounts.transactions import atomic


class Command(BaseCommand):
    """Prints how many values, indexes and files were sealed anew as JSON; fails where something does not open."""

    help = "用最新的密钥重新加密全部内容；--check 只检查；--retire 之后可以停用旧密钥"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to do instead of sealing anew."""
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--check", action="store_true", help="什么都不写，只检查每一项是否打得开、是否在原来的位置")
        what.add_argument("--retire", action="store_true", help="连检索码一起换，之后从 FIELD_KEYS 里去掉旧密钥")
        what.add_argument("--audit-keys", action="store_true", help="显示审计记录现在用的密钥，写进 .env 用；不要外传")

    def handle(
        self, *args: Any, check: bool = False, retire: bool = False, audit_keys: bool = False, **options: Any
    ) -> None:
        """Seal, check or retire; an interrupted run can be started again."""
        if audit_keys:
            self.stdout.write(f"AUDIT_KEYS={chain_keys()}")
            return
        if retire and not settings.AUDIT_KEYS:
            raise CommandError(
                "审计记录的密钥现在由 FIELD_KEYS 推出，停用旧密钥后就无法核对。"
                "请先把 reencrypt --audit-keys 显示的一行写进 .env，再运行一次"
            )
        try:
            result = resealing.retire() if retire else resealing.reseal(write=not check)
        except resealing.CannotRetire as error:
            raise CommandError(f"什么都没有改。{_told(error.result)}") from error
        done = {"values": result.values, "files": result.files, "indexes": result.indexes}
        if not check and any(done.values()):
            with atomic():
                audit.record("reencrypt", changes={"内容": (None, result.values), "文件": (None, result.files)})
        self.stdout.write(json.dumps(done))
        if result.wrong:
            raise CommandError(_told(result))


def _told(result: resealing.Result) -> str:
    """Return what somebody has to look at: the first few, and how many there are."""
    return "\n".join([f"有 {len(result.wrong)} 处要处理：", *result.wrong[: resealing.NAMED]])

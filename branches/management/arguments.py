"""What the commands have in common: who, where, when, and JSON as the only thing on stdout."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.permissions import Right, access_of
from branches.models import Organization
from ledgers.period import Period


class PortalCommand(BaseCommand):
    """A command whose stdout is one JSON value, and whose errors are one clear line."""

    requires_system_checks: list[str] = []

    def answer(self, value: Any) -> None:
        """Print the JSON."""
        self.stdout.write(json.dumps(value, ensure_ascii=False, default=plain))


def plain(value: Any) -> Any:
    """Return a number or a date as JSON has it: whole numbers as integers."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def user_named(name: str) -> User:
    """Return the active user with this sign-in name. Raises CommandError."""
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        raise CommandError(f"没有可用的账号“{name}”")
    return user


def organization_coded(code: str, user: User | None = None, right: Right = Right.ORGANIZATIONS_VIEW) -> Organization:
    """Return the organisation with this code, when the user has the right on it. Raises CommandError."""
    organization = Organization.objects.filter(code=code).first()
    if organization is None or (user is not None and not access_of(user).has_on(right, organization.path)):
        raise CommandError(f"没有编码为“{code}”的组织")
    return organization


def period_written(text: str) -> Period:
    """Return a period that has begun. Raises CommandError."""
    try:
        period = Period.parse(text)
    except ValueError as error:
        raise CommandError(str(error)) from error
    if not period.has_begun():
        raise CommandError(f"{period.label}还没有开始，没有数据可以统计")
    return period

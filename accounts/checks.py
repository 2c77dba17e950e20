"""System checks: keys that cannot be read, or are not those of the database, are told before people meet them."""

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError

from accounts import keys


@register(Tags.security)
def keys_can_be_read(**kwargs: Any) -> list[CheckMessage]:
    """Say where FIELD_KEYS or AUDIT_KEYS are no keys."""
    wrong = keys.malformed()
    return [Error(wrong, id="accounts.E001")] if wrong else []


@register(Tags.security, deploy=True)
def keys_fit_the_database(**kwargs: Any) -> list[CheckMessage]:
    """Say where the database was written with other keys; without a database there is nothing to say."""
    try:
        wrong = "" if keys.malformed() else keys.fault()
    except DatabaseError:
        return []
    return [Error(wrong, id="accounts.E002")] if wrong else []

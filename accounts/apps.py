from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "账号与权限"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the receivers of sign-ins and the checks; keep the ids of the keys when tables are made."""
        from accounts import checks, sign_ins  # noqa: F401

        post_migrate.connect(_remember_keys, sender=self)


def _remember_keys(using: str = "default", **kwargs: Any) -> None:
    from django.db import connections

    from accounts import keys
    from accounts.models import KeyFingerprint

    if KeyFingerprint._meta.db_table in connections[using].introspection.table_names():  # not when going back
        keys.remember()

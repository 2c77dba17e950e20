"""Whether the keys of the settings are those that the database was written with.

The ids of the keys, which every encrypted value carries anyway, are kept in the database; the keys never are. With a
wrong key people would be entered and indexed under it before anybody opens an old record and sees that it is closed.
"""

import logging

from django.core.exceptions import ImproperlyConfigured

from accounts.encryption import key_ids
from accounts.models import KeyFingerprint

logger = logging.getLogger(__name__)
SETTINGS = {"field": "FIELD_KEYS", "index": "FIELD_KEYS", "audit": "AUDIT_KEYS"}


def malformed() -> str:
    """Return in Chinese what is wrong with how the keys are written; empty where nothing is."""
    try:
        key_ids()
    except ImproperlyConfigured as error:
        name = "AUDIT_KEYS" if "AUDIT_KEYS" in str(error) else "FIELD_KEYS"
        return f"{name} 写错了：每把密钥是 64 个十六进制字符，几把之间用逗号隔开。"
    return ""


def fault() -> str:
    """Return in Chinese why the keys do not fit the database; empty where they do. One query.

    Raises DatabaseError where the database does not answer or has no such table yet.
    """
    if wrong := malformed():
        return wrong
    now = key_ids()
    kept: dict[str, set[str]] = {}
    for purpose, key_id in KeyFingerprint.objects.values_list("purpose", "key_id"):
        kept.setdefault(purpose, set()).add(key_id)
    if kept.get("index") and not kept["index"] & set(now["index"]):
        return (
            f"FIELD_KEYS 的最后一把不是这个数据库用的密钥（应为 {'、'.join(sorted(kept['index']))}），"
            "会查不到原来的人。请从纸质存档恢复 FIELD_KEYS。"
        )
    for purpose, ids in kept.items():
        if missing := sorted(ids - set(now[purpose])):
            return (
                f"{SETTINGS[purpose]} 里少了密钥 {'、'.join(missing)}，用它写的内容打不开或无法核对。请从纸质存档补上。"
            )
    return ""


def remember() -> None:
    """Keep the ids of the keys in use, the first time and after a new one was put in front; wrong ones never."""
    if wrong := fault():
        logger.critical("%s", wrong)
        return
    kept = set(KeyFingerprint.objects.values_list("purpose", "key_id"))
    fresh = [(purpose, key_id) for purpose, ids in key_ids().items() for key_id in ids if (purpose, key_id) not in kept]
    KeyFingerprint.objects.bulk_create(
        [KeyFingerprint(purpose=purpose, key_id=key_id) for purpose, key_id in fresh], ignore_conflicts=True
    )

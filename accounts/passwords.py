"""The password policy: ten characters, three kinds of character, not the name. And passwords for one use."""

import re
import secrets
import string
from datetime import timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from pypinyin import lazy_pinyin

if TYPE_CHECKING:
    from accounts.models import User

MIN_LENGTH = 10
KINDS = [r"[a-z]", r"[A-Z]", r"[0-9]", r"[^a-zA-Z0-9]"]
KINDS_NEEDED = 3
ONE_TIME_LENGTH = 12
ONE_TIME_LIFE = timedelta(days=7)
"""So long a password for one use waits for its first sign-in: it may lie on a slip of paper."""
_ONE_TIME_ALPHABET = "".join(sorted(set(string.ascii_letters + string.digits) - set("0O1lI"))) + "#%+=?"


class LengthValidator:
    """At least ten characters."""

    def validate(self, password: str, user: "User | None" = None) -> None:
        """Raise ValidationError for a short password."""
        if len(password) < MIN_LENGTH:
            raise ValidationError(f"密码太短：至少 {MIN_LENGTH} 个字符。", code="password_too_short")

    def get_help_text(self) -> str:
        """Return the rule as users read it."""
        return f"至少 {MIN_LENGTH} 个字符。"


class ThreeKindsValidator:
    """Three of: lower-case letters, upper-case letters, digits, other signs."""

    def validate(self, password: str, user: "User | None" = None) -> None:
        """Raise ValidationError for a password of fewer kinds."""
        if sum(bool(re.search(kind, password)) for kind in KINDS) < KINDS_NEEDED:
            raise ValidationError(
                "密码太简单：小写字母、大写字母、数字、符号，至少用三种。", code="password_too_simple"
            )

    def get_help_text(self) -> str:
        """Return the rule as users read it."""
        return "小写字母、大写字母、数字、符号，至少用三种。"


class NotTheNameValidator:
    """Does not contain the username, the name or its pinyin."""

    def validate(self, password: str, user: "User | None" = None) -> None:
        """Raise ValidationError for a password built on the user's own name."""
        if user is None:
            return
        names = (user.username, user.name, "".join(lazy_pinyin(user.name)))
        # In bytes, so that a name of two characters counts and a syllable like "li" does not.
        if any(len(name.encode()) >= 3 and name.lower() in password.lower() for name in names):
            raise ValidationError("密码里不能有用户名、姓名或姓名的拼音。", code="password_has_name")

    def get_help_text(self) -> str:
        """Return the rule as users read it."""
        return "不能有用户名、姓名或姓名的拼音。"


def one_time_password() -> str:
    """Return a random password that meets the policy and has no letters that look alike."""
    while True:
        password = "".join(secrets.choice(_ONE_TIME_ALPHABET) for _ in range(ONE_TIME_LENGTH))
        try:
            ThreeKindsValidator().validate(password)
        except ValidationError:
            continue
        return password

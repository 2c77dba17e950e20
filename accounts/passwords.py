"""The password policy: ten characters, three kinds of character, nothing obvious. And passwords for one use."""

import re
import secrets
import string
from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from pypinyin import lazy_pinyin

if TYPE_CHECKING:
    from accounts.models import User

MIN_LENGTH = 10
KINDS = [r"[a-z]", r"[A-Z]", r"[0-9]", r"[^a-zA-Z0-9]"]
KINDS_NEEDED = 3
RUN = 5
MIN_PLACE = 5
"""Letters of a place's pinyin from which on it is looked for: shorter ones stand in too many words by chance."""
OBVIOUS_WORDS = {
    "password", "passw0rd", "dangjian", "dangyuan", "dangzhibu", "dangwei", "zhibu", "jiedao", "shequ", "shuji",
    "admin", "welcome", "letmein", "qwer1234", "1qaz2wsx", "iloveyou", "woaini",
}  # fmt: skip
_LOOKALIKES = str.maketrans("013457@$!", "oleastasi")
_ROWS = [
    row[::step]
    for row in ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "!@#$%^&*()")
    for step in (1, -1)
]
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


class NoObviousWordsValidator:
    """Holds no word that everybody in the office would try first, nor the name of the place where the user works."""

    def validate(self, password: str, user: "User | None" = None) -> None:
        """Raise ValidationError for a password around such a word; letters written as digits or signs count as letters.

        One query where the user exists.
        """
        written = {password.lower(), password.lower().translate(_LOOKALIKES)}
        words = OBVIOUS_WORDS | (_places(user) if user is not None and user.pk else set())
        if any(word in text for word in words for text in written):
            raise ValidationError(
                "密码里不能有容易猜到的词，如 password、dangjian，或所在街道、社区、支部名称的拼音。",
                code="password_obvious",
            )

    def get_help_text(self) -> str:
        """Return the rule as users read it."""
        return "不能有 password、dangjian 一类的词和所在街道、社区、支部名称的拼音。"


class NoSequenceValidator:
    """Holds no five signs in a row of the alphabet, the digits or the keyboard, and no sign four times in a row."""

    def validate(self, password: str, user: "User | None" = None) -> None:
        """Raise ValidationError for a password with such a run, forwards or backwards."""
        text = password.lower()
        pieces = {text[i : i + RUN] for i in range(len(text) - RUN + 1)}
        if re.search(r"(.)\1{3}", text) or any(piece in row for piece in pieces for row in _ROWS):
            raise ValidationError(
                "密码里不能有 12345、abcde、qwert 这样的连续字符，也不能有四个相同的字符。", code="password_sequence"
            )

    def get_help_text(self) -> str:
        """Return the rule as users read it."""
        return "不能有 12345、abcde、qwert 这样的连续字符。"


def _places(user: "User") -> set[str]:
    """Return the pinyin of the first two characters of the places where the user is posted: 和平街道 → heping."""
    names = user.postings.values_list("organization__name", flat=True)
    return {word for name in names if len(word := "".join(lazy_pinyin(name[:2]))) >= MIN_PLACE}


def one_time_password() -> str:
    """Return a random password that meets the policy and has no letters that look alike."""
    while True:
        password = "".join(secrets.choice(_ONE_TIME_ALPHABET) for _ in range(ONE_TIME_LENGTH))
        try:
            validate_password(password)
        except ValidationError:
            continue
        return password

"""Unified social credit codes (统一社会信用代码, GB 32100-2015): 18 characters, the last of them a check digit."""

import re

from django.core.exceptions import ValidationError

from ledgers.parsing import NUMBER_LOST, Unparsable

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 characters of the standard, in the order of their values: no I, O, S, V, Z."""
_SHAPE = re.compile(r"[0-9A-HJ-NP-RTUW-Y]{2}[0-9]{6}[0-9A-HJ-NP-RTUW-Y]{10}")
_LIKE_A_NUMBER = re.compile(r"\d(?:\.\d+)?[eE]\+?\d+")


def check_digit(first17: str) -> str:
    """Return the 18th character that belongs to the first 17: weights are the powers of 3, modulo 31."""
    total = sum(ALPHABET.index(character) * pow(3, place, 31) for place, character in enumerate(first17))
    return ALPHABET[-total % 31]


def credit_code(text: str) -> str:
    """Return a code in capitals, checked. Raises Unparsable with a Chinese message."""
    code = text.strip().upper()
    if _LIKE_A_NUMBER.fullmatch(code):
        raise Unparsable(NUMBER_LOST)
    if len(code) != 18:
        raise Unparsable(f"统一社会信用代码应为 18 位，现在是 {len(code)} 位，请核对")
    if not _SHAPE.fullmatch(code):
        raise Unparsable("统一社会信用代码只用数字和大写字母（没有 I、O、S、V、Z），第 3 至 8 位是数字，请核对")
    expected = check_digit(code[:17])
    if code[17] != expected:
        if code.isdigit() and code.endswith("000"):
            raise Unparsable(NUMBER_LOST)
        raise Unparsable(f"第 18 位校验码应为 {expected}，请核对")
    return code


def validate_credit_code(text: str) -> None:
    """Check a code as a form's validator does. Raises ValidationError."""
    try:
        credit_code(text)
    except Unparsable as error:
        raise ValidationError(str(error)) from error

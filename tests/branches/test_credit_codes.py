import pytest

from branches.credit_codes import credit_code
from ledgers.parsing import Unparsable


@pytest.mark.parametrize("code", ["91350100M000100Y43", "91310000775785552L", " 91350100m000100y43 "])
def test_it_works(code):
    assert credit_code(code) == code.strip().upper()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("91350100M000100Y44", "校验码应为 3"),
        ("91350100M000100Y4", "现在是 17 位"),
        ("91350100M000I00Y43", "没有 I、O、S、V、Z"),
        ("9135O100M000100Y43", "没有 I、O、S、V、Z"),
        ("9.1350100123457E+17", "Excel 已把号码变成数字"),
        ("913501001234567000", "Excel 已把号码变成数字"),
    ],
)
def test_what_is_wrong_is_said(code, words):
    with pytest.raises(Unparsable, match=words.replace("+", r"\+")):
        credit_code(code)

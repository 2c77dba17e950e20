"""What a member owes a month (R33), as a pure function of base and employment.

Source: 《关于中国共产党党费收缴、使用和管理的规定》 (中组部 2008).
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from members.models import Employment

CENT = Decimal("0.01")
WORKING = ((Decimal(3000), Decimal("0.005")), (Decimal(5000), Decimal("0.01")), (Decimal(10000), Decimal("0.015")))
WORKING_ABOVE = Decimal("0.02")
RETIRED = ((Decimal(5000), Decimal("0.005")),)
RETIRED_ABOVE = Decimal("0.01")
"""(Highest base of the band, share of the whole base), and the share above the last band."""
LEAST = Decimal("0.20")
FARMERS_MOST = Decimal("1.00")


@dataclass(frozen=True)
class Standard:
    """The monthly dues that the rule allows, in yuan: from `least` to `most`, for nearly everybody the same."""

    least: Decimal
    most: Decimal

    def allows(self, amount: Decimal) -> bool:
        """Say whether an amount is what the rule asks for."""
        return self.least <= amount <= self.most

    def __str__(self) -> str:
        return f"{self.least}" if self.least == self.most else f"{self.least} 至 {self.most}"


def rate(base: Decimal, employment: str) -> Decimal:
    """Return the share of the whole base that is due."""
    retired = employment == Employment.RETIRED
    bands, above = (RETIRED, RETIRED_ABOVE) if retired else (WORKING, WORKING_ABOVE)
    return next((share for highest, share in bands if base <= highest), above)


def standard(base: Decimal | None, employment: str) -> Standard | None:
    """Return what somebody with this monthly base in yuan owes; None where the base is needed and not known.

    Farmers owe 0.2 to 1 yuan, students and unemployed 0.2, everybody else a share of the base, rounded half up to the
    cent. Raises ValueError for a negative base.
    """
    if employment == Employment.FARMER:
        return Standard(LEAST, FARMERS_MOST)
    if employment in (Employment.STUDENT, Employment.UNEMPLOYED):
        return Standard(LEAST, LEAST)
    if base is None:
        return None
    if base < 0:
        raise ValueError("党费基数不能是负数")
    amount = (base * rate(base, employment)).quantize(CENT, ROUND_HALF_UP)
    return Standard(amount, amount)

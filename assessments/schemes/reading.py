"""Reads the written form of a scheme, and says of what it does not understand where it stands."""

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Any, TypeVar

T = TypeVar("T")


class SchemeRefused(ValueError):
    """A scheme cannot be taken. The message is one line in Chinese and names the place."""


class Reader:
    """One object of the written form. What was not asked for by the end is refused."""

    def __init__(self, data: Any, place: str) -> None:
        self.place = place
        if not isinstance(data, Mapping):
            raise SchemeRefused(f"{place}：应该是一个对象（花括号），写成了 {_short(data)}")
        self._left: dict[str, Any] = dict(data)

    def refuse(self, key: str, what: str) -> SchemeRefused:
        """Return the refusal of one key's value."""
        return SchemeRefused(f"{self.place}的“{key}”{what}")

    def has(self, key: str) -> bool:
        """Say whether a key is there and was not read yet."""
        return self._left.get(key) is not None

    def raw(self, key: str, default: Any = None) -> Any:
        """Take a value as it is."""
        value = self._left.pop(key, default)
        return default if value is None else value

    def _needed(self, key: str) -> Any:
        value = self._left.pop(key, None)
        if value is None or value == "":
            raise SchemeRefused(f"{self.place}缺“{key}”")
        return value

    def text(self, key: str, default: str | None = None, most: int = 200) -> str:
        """Take a text; without a default it must be there."""
        value = self._needed(key) if default is None else self.raw(key, default)
        if not isinstance(value, str):
            raise self.refuse(key, f"应该是文字，写成了 {_short(value)}")
        if len(value.strip()) > most:
            raise self.refuse(key, f"太长：最多 {most} 个字")
        return value.strip()

    def number(self, key: str, default: Decimal | None = None) -> Decimal:
        """Take a number, exact as it is written; without a default it must be there."""
        if default is not None and not self.has(key):
            self._left.pop(key, None)
            return default
        return as_number(self._needed(key), f"{self.place}的“{key}”")

    def points(self, key: str, default: Decimal | None = None) -> Decimal:
        """Take points: above zero, to 0.01."""
        value = self.positive(key, default)
        if value >= 100_000 or value != value.quantize(Decimal("0.01")):
            raise self.refuse(key, f"应小于 100000，最多两位小数，写成了 {plain(value)}")
        return value

    def positive(self, key: str, default: Decimal | None = None) -> Decimal:
        """Take a number above zero."""
        value = self.number(key, default)
        if value <= 0:
            raise self.refuse(key, f"应该大于 0，写成了 {plain(value)}")
        return value

    def whole(self, key: str, default: int, least: int = 0) -> int:
        """Take a whole number."""
        value = self.number(key, Decimal(default))
        if value != value.to_integral_value() or value < least:
            raise self.refuse(key, f"应该是不小于 {least} 的整数，写成了 {plain(value)}")
        return int(value)

    def choice(self, key: str, offered: Mapping[str, T], default: str | None = None) -> T:
        """Take one of several words and return what it stands for."""
        word = self.text(key, default)
        if word not in offered:
            raise self.refuse(key, f"没有“{word}”这一种，可以写 {'、'.join(offered)}")
        return offered[word]

    def known(self, key: str, codes: Collection[str], noun: str) -> str:
        """Take the code of a fact, a rate, a rule."""
        return _known(self.text(key), codes, noun, f"{self.place}的“{key}”")

    def list_of_known(self, key: str, codes: Collection[str], noun: str) -> tuple[str, ...]:
        """Take several codes; at least one."""
        values = self.items(key, least=1)
        return tuple(_known(value, codes, noun, f"{self.place}的“{key}”") for value in values)

    def items(self, key: str, least: int = 0) -> list[Any]:
        """Take a list."""
        value = self.raw(key, [])
        if not isinstance(value, list):
            raise self.refuse(key, f"应该是一个列表（方括号），写成了 {_short(value)}")
        if len(value) < least:
            raise self.refuse(key, f"至少要有 {least} 项")
        return value

    def objects(self, key: str, read: "Callable[[Reader, int], T]", name: str, least: int = 0) -> tuple[T, ...]:
        """Take a list of objects, each read by itself to its end."""
        found = []
        for place, data in enumerate(self.items(key, least), start=1):
            reader = Reader(data, name.format(self.place, place))
            found.append(read(reader, place))
            reader.end()
        return tuple(found)

    def end(self) -> None:
        """Refuse what nobody has asked for."""
        if self._left:
            raise SchemeRefused(f"{self.place}有不认识的“{next(iter(self._left))}”")


def as_number(value: Any, place: str) -> Decimal:
    """Return a number, exact as it is written. Raises SchemeRefused."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise SchemeRefused(f"{place}应该是数字，写成了 {_short(value)}")
    number = Decimal(str(value))
    if not number.is_finite() or abs(number) >= 10**9 or -Decimal(number.as_tuple().exponent) > 9:
        raise SchemeRefused(f"{place}不是一个合用的数字：{_short(value)}")
    return number


def plain(number: Decimal) -> str:
    """Return a number without zeros at its end: 2.50 as 2.5, 100 as 100."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _known(value: Any, codes: Collection[str], noun: str, place: str) -> str:
    if not isinstance(value, str) or value not in codes:
        raise SchemeRefused(f"{place}：没有{noun}“{_short(value)}”")
    return value


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 30 else f"{text[:29]}…"

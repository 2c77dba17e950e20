"""The form of the numbers that a street sets for itself."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.form_errors import OwnWords
from ledgers.period import Period

from ..beginning import KEY
from ..local import NUMBERS, LocalNumber


class MonthField(forms.CharField):
    """A month, written 2026-03; its value is the number 202603, as a setting holds it."""

    widget = forms.TextInput(attrs={"type": "month", "placeholder": "2026-03"})

    def prepare_value(self, value: Any) -> Any:
        """Show a number as a month."""
        return f"{value // 100}-{value % 100:02}" if isinstance(value, int) else value

    def to_python(self, value: Any) -> Any:
        """Read a month that has begun."""
        text = super().to_python(value)
        if not text:
            return None
        try:
            month = Period.parse(text)
        except ValueError:
            month = None
        if month is None or month.kind != Period.MONTH:
            raise ValidationError("请写年和月，例如 2026-03。")
        if not month.has_begun():
            raise ValidationError("这个月还没有到，请填本月或以前的月份。")
        return month.year * 100 + month.number


class LocalNumbersForm(OwnWords, forms.Form):
    """One field for each number that a street may set; an empty one means the default."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in NUMBERS:
            self.fields[number.key] = _number_field(number)
        self.fields[KEY] = MonthField(
            label="党建工作记录从哪个月开始",
            required=False,
            help_text="这个月以前的时期不核对、不比较；不填就从第一次有记录的活动算起",
        )


def _number_field(number: LocalNumber) -> forms.IntegerField:
    return forms.IntegerField(
        label=f"{number.title}（{number.unit}）",
        min_value=number.least,
        max_value=number.most,
        required=False,
        help_text=f"不填按 {number.default}{number.unit}执行",
    )

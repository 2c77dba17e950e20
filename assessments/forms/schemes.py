"""Forms of schemes: taking one from a file, putting one in force, retiring one."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.form_errors import OwnWords
from branches.models import Organization
from ledgers.period import Period

from ..models import Scheme
from ..schemes.document import Document
from ..schemes.files import read_scheme
from ..schemes.reading import SchemeRefused
from ..schemes.ready import TITLES, ready_scheme

LARGEST = 2 * 1024 * 1024
"""Bytes of a scheme's file."""


class SchemeFile(OwnWords, forms.Form):
    """A file with a scheme, or a ready one, and the street whose it becomes. `document` is what was read."""

    organization = forms.ModelChoiceField(Organization.objects.none(), label="制定单位", to_field_name="code")
    ready = forms.ChoiceField(label="现成的方案", required=False, choices=[("", "不用，下面选文件"), *TITLES.items()])
    file = forms.FileField(
        label="方案文件",
        required=False,
        help_text="本单位的评分表（Excel，一行一个指标：一级指标、二级指标、分值、评分标准、扣分办法），或者从本系统导出的方案",
    )
    document: Document

    def __init__(self, *args: Any, organizations: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organization"].queryset = organizations  # type: ignore[attr-defined]
        self.fields["organization"].empty_label = "请选择"  # type: ignore[attr-defined]
        self.fields["file"].widget.attrs["accept"] = ".xlsx,.xls,.json"

    def clean_file(self) -> Any:
        """Read the scheme, or say what is wrong in it and where."""
        file = self.cleaned_data["file"]
        if file is None:
            return None
        if file.size > LARGEST:
            raise ValidationError("文件太大，考核方案一般不超过 2 MB，请检查是不是选错了文件")
        try:
            self.document = read_scheme(file.read(), file.name)
        except SchemeRefused as refusal:
            raise ValidationError(str(refusal)) from refusal
        return file

    def clean(self) -> dict[str, Any]:
        """Ask for one of the two."""
        data = super().clean() or {}
        ready, file = data.get("ready"), data.get("file")
        if "file" in self.errors:
            return data
        if bool(ready) == bool(file):
            raise ValidationError("请选一个现成的方案，或者选一个方案文件，两样选一样")
        if ready:
            self.document = ready_scheme(ready)
        return data


def _periods(kind: Any, first: int, last: int) -> list[tuple[str, str]]:
    """Return the periods of a kind from so many before the running one to so many after, the earliest first."""
    running = Period.containing(timezone.localdate(), kind)
    period = running
    for _ in range(first):
        period = period.previous()
    found = []
    for _ in range(first + last + 1):
        found.append((period.code, period.label))
        period = period.following()
    return found


class StartForm(OwnWords, forms.Form):
    """From which period on a draft holds."""

    since = forms.ChoiceField(label="从哪一期起执行")

    def __init__(self, *args: Any, scheme: Scheme, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        running = Period.containing(timezone.localdate(), scheme.period)
        self.fields["since"].choices = _periods(scheme.period, 8, 2)  # type: ignore[attr-defined]
        self.fields["since"].initial = running.code


class RetireForm(OwnWords, forms.Form):
    """To which period a scheme in force holds."""

    last = forms.ChoiceField(label="最后执行到哪一期")

    def __init__(self, *args: Any, scheme: Scheme, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        since = scheme.since or timezone.localdate()
        offered = [(code, label) for code, label in _periods(scheme.period, 4, 4) if Period.parse(code).end >= since]
        self.fields["last"].choices = offered  # type: ignore[attr-defined]
        self.fields["last"].initial = Period.containing(timezone.localdate(), scheme.period).code

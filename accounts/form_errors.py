"""What a form says of a wrong value: our own sentence with the field's name, never the library's."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Field as ModelField
from django.utils.functional import Promise

CHOSEN = (forms.ChoiceField, forms.ModelChoiceField, forms.MultipleChoiceField)
WITH_LABEL: dict[str, str] = {
    "max_length": "最多 {limit_value} 个字，现在有 {show_value} 个",
    "min_length": "至少 {limit_value} 个字，现在有 {show_value} 个",
    "min_value": "{label}不能小于 {limit_value}",
    "max_value": "{label}不能大于 {limit_value}",
    "max_digits": "{label}的数太大，最多 {max} 位数字",
    "max_whole_digits": "{label}的数太大，小数点前最多 {max} 位",
    "max_decimal_places": "{label}最多 {max} 位小数",
    "step_size": "{label}要是 {limit_value} 的倍数",
    "unique": "这个{label}已经有了，不能重复",
    "unique_together": "已经有一条同样的记录，不能重复",
    "null": "请填写{label}",
    "blank": "请填写{label}",
    "missing": "请选择{label}的文件",
    "empty": "{label}的文件是空的，请重新选择",
    "invalid_image": "{label}不是图片，请重新选择",
    "invalid_extension": "{label}不是可以上传的文件，请另选",
    "invalid_list": "请重新选择{label}",
    "invalid_pk_value": "请重新选择{label}",
    "password_mismatch": "两次填写的密码不一样，请重新填写",
    "password_incorrect": "原密码不对，请重新填写",
    "inactive": "这个账号已经停用，请联系党建办",
    "null_characters_not_allowed": "{label}里有不能保存的字符，请删去后重填",
}
"""Error code of the library → our sentence; `{label}` is the field's name, the rest the error's own numbers."""
SHAPES: tuple[tuple[type[forms.Field], str], ...] = (
    (forms.DateTimeField, "{label}请写成日期和时间，如 2026-03-01 14:30"),
    (forms.DateField, "{label}请写成日期，如 2026-03-01"),
    (forms.TimeField, "{label}请写成时间，如 14:30"),
    (forms.DecimalField, "{label}请填数字"),
    (forms.IntegerField, "{label}请填整数"),
    (forms.EmailField, "{label}不是电子邮箱的写法，请核对"),
    (forms.URLField, "{label}不是网址的写法，请核对"),
    (forms.FileField, "请重新选择{label}的文件"),
)
"""What a field expects where a value cannot be read at all, the narrower kind first."""


def _is_the_librarys(error: ValidationError) -> bool:
    """Say whether a message is a default one: only those are translated when they are shown."""
    return isinstance(error.message, Promise) or error.code in ("password_mismatch", "password_incorrect")


def sentence(error: ValidationError, label: str, field: forms.Field | None) -> str:
    """Return our sentence for a default message of the library."""
    code = error.code or "invalid"
    if code == "required":
        if isinstance(field, forms.FileField):
            return f"请选择{label}的文件"
        return f"请选择{label}" if isinstance(field, CHOSEN) else f"请填写{label}"
    if code == "invalid_choice":
        return f"请从列表里选择{label}"
    if code in WITH_LABEL:
        given: Mapping[str, Any] = error.params or {}
        return WITH_LABEL[code].format(**{**given, "label": label})
    for kind, words in SHAPES:
        if isinstance(field, kind):
            return words.format(label=label)
    return f"{label}填得不对，请核对" if field else "填得不对，请核对"


class OwnWords(forms.BaseForm):
    """Base of every form: what the library would say of a wrong value is said in our words, at the field.

    A message that a form or field gives itself stays as it is.
    """

    def add_error(self, field: str | None, error: Any) -> None:
        """Put an error at its field, or at the form, in our words."""
        if not isinstance(error, ValidationError):
            error = ValidationError(error)
        if hasattr(error, "error_dict"):
            worded = {name: self._worded(name, errors) for name, errors in error.error_dict.items()}
            super().add_error(field, ValidationError(worded))
        else:
            super().add_error(field, ValidationError(self._worded(field, error.error_list)))

    def _worded(self, name: str | None, errors: list[ValidationError]) -> list[ValidationError]:
        field = self.fields.get(name) if name else None
        label = str(self[name].label) if field is not None and name else self._label_of_model(name)
        label = label.split("（")[0].strip("：: *")
        return [
            ValidationError(sentence(error, label, field), code=error.code) if _is_the_librarys(error) else error
            for error in errors
        ]

    def _label_of_model(self, name: str | None) -> str:
        model = getattr(getattr(self, "_meta", None), "model", None)
        known: Callable[[], list[Any]] = model._meta.get_fields if model else list
        found = [each.verbose_name for each in known() if isinstance(each, ModelField) and each.name == name]
        return str(found[0]) if found else "内容"

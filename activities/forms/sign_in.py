"""What somebody at the door types: their name, and four digits that only they and the register know."""

from django import forms

from accounts.form_errors import OwnWords

from ..sign_in import DIGITS


class SignInForm(OwnWords, forms.Form):
    """Name and last four digits. Says nothing of whether they fit."""

    name = forms.CharField(label="姓名", max_length=60, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    digits = forms.RegexField(
        r"^\s*[0-9０-９]{3}[0-9０-９XxＸｘ]\s*$",
        label="身份证号或手机号的后四位",
        max_length=DIGITS + 4,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"invalid": "请填 4 位，身份证号最后一位是 X 的也要填"},
    )

"""The form of a visit's note."""

from typing import Any

from django import forms
from django.utils import timezone

from branches.forms.tree import OrganizationField

from ..models import Visit
from .base import KeepersForm


class VisitForm(KeepersForm):
    """One note."""

    class Meta:
        model = Visit
        fields = (
            "organization", "date", "kind", "visitors", "target", "people", "content", "problem", "advice",
        )  # fmt: skip
        field_classes = {"organization": OrganizationField}
        widgets = {
            "content": forms.Textarea({"rows": 5}),
            "problem": forms.Textarea({"rows": 2}),
            "advice": forms.Textarea({"rows": 2}),
        }
        help_texts = {
            "target": "听谁汇报、看了哪些资料、走访了谁或哪里。不写居民的身份证号和电话。",
            "people": "听取汇报、走访群众时谈了话的人数。",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            self.initial["date"] = timezone.localdate()
            self.initial["visitors"] = self.user.name

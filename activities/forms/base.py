"""What the forms of records that an organisation keeps of its activity have in common: whose they are."""

from typing import Any

from django import forms

from accounts.models import User
from accounts.permissions import Right
from branches.forms.records import PlacedForm
from branches.forms.tree import OrganizationField

SEARCHABLE_FROM = 12
"""How long a list of organisations is before it is searched by typing."""


class KeepersForm(PlacedForm):
    """Base of forms over records of one organisation. Who keeps only one is not asked which."""

    right = Right.ACTIVITIES_EDIT

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        self.user = user
        field = self.fields["organization"]
        assert isinstance(field, OrganizationField) and field.queryset is not None
        field.empty_label = "请选择"
        found = list(field.queryset[: SEARCHABLE_FROM + 1])
        if len(found) == 1:
            self.initial["organization"] = found[0].pk
            field.widget = forms.HiddenInput()
        elif len(found) > SEARCHABLE_FROM:
            field.widget.attrs["data-pick"] = ""

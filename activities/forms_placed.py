"""What the forms of records that an organisation keeps of its activity have in common: whose they are."""

from typing import Any

from django import forms

from accounts.models import User
from accounts.permissions import Right
from branches.forms import OrganizationField
from branches.models import Organization
from branches.record_forms import CheckedForm

SEARCHABLE_FROM = 12
"""How long a list of organisations is before it is searched by typing."""


class KeptForm(CheckedForm):
    """Base of forms over records of one organisation. Who keeps only one is not asked which."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        editable = Organization.objects.visible_to(user, Right.ACTIVITIES_EDIT)
        places = editable.undissolved().exclude(kind=Organization.Kind.GROUP)
        field = self.fields["organization"]
        assert isinstance(field, OrganizationField)
        field.queryset = places | editable.filter(pk=self.instance.organization_id)
        field.empty_label = "请选择"
        found = list(field.queryset[: SEARCHABLE_FROM + 1])
        if len(found) == 1:
            self.initial["organization"] = found[0].pk
            field.widget = forms.HiddenInput()
        elif len(found) > SEARCHABLE_FROM:
            field.widget.attrs["data-pick"] = ""

"""What a new record came from, as the address of its form named it: the view puts it in the form's first values."""

from collections.abc import Iterable

from django import forms


def keep_origins(form: forms.ModelForm, names: Iterable[str]) -> None:
    """Let the record point to what it came from, if it is still about the same organisation."""
    for name in names:
        origin = form.initial.get(f"from_{name}")
        if origin is not None and origin.organization_id == form.instance.organization_id:
            setattr(form.instance, name, origin)

"""Forms with sensitive fields: what is stored is shown masked, and stays unless written anew and whole."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from accounts.encryption import Unreadable
from accounts.models import User
from ledgers import parsing
from ledgers.forms import RecordForm

from ..models import mask_phone


class MaskedForm(RecordForm):
    """Base of forms over a record with an ID number or a phone; `masks` says how each such field is shown.

    Subclasses call `cover` once they have their fields.
    """

    masks: ClassVar[Mapping[str, Callable[[str], str]]] = {"phone": mask_phone}

    def cover(self) -> None:
        """Show what is stored masked, and say how to change it."""
        self.is_new = self.instance._state.adding
        for name, mask in self.masks.items():
            if name not in self.fields:
                continue
            self.fields[name].widget.attrs["autocomplete"] = "off"
            if shown := "" if self.is_new else mask(getattr(self.instance, name)):
                self.initial[name] = shown
                self.fields[name].help_text = "已隐去一部分：不改就不要动；要改就整个重填"
        self.covered = {name: getattr(self.instance, name) for name in self.masks}

    def untouched(self, name: str) -> str | None:
        """Return what is stored where the masked value came back. Raises ValidationError for half a mask."""
        typed, held = self.cleaned_data[name], self.covered[name]
        if isinstance(held, Unreadable) and typed == held:
            return held
        if self.is_new or "*" not in typed:
            return None
        shown = self.masks[name](held)
        if typed != shown and self.data.get(self.add_prefix("version")) == str(self.instance.version):
            raise ValidationError(f"隐去的部分不能只改几位：不改请写回 {shown}，要改请整个重填")
        return str(held)

    def read(self, name: str, parse: Callable[[Any], str | None]) -> str:
        """Return a field as it is stored: untouched, or read anew. Raises ValidationError for what cannot be read."""
        stored = self.untouched(name)
        if stored is not None:
            return stored
        try:
            return parse(self.cleaned_data[name]) or ""
        except parsing.Unparsable as error:
            raise ValidationError(str(error)) from error

    def clean_phone(self) -> str:
        """Bring the phone into the one form that is stored."""
        return self.read("phone", parsing.phone)

    def save_record(self, user: User) -> str | None:
        """Save; where somebody else was faster, let the masks be those of the newest values."""
        there = super().save_record(user)
        if there is None and self.differences:
            newest = type(self.instance)._default_manager.get(pk=self.instance.pk)
            for name, mask in self.masks.items():
                if "*" in self.data.get(self.add_prefix(name), ""):
                    self.data[self.add_prefix(name)] = mask(getattr(newest, name))  # type: ignore[index]
        return there


def id_number_field(**given: Any) -> forms.CharField:
    """Return the field for a citizen ID that must be given."""
    return forms.CharField(
        label="身份证号",
        max_length=30,
        error_messages={"required": "请填身份证号"},
        help_text="18 位，末位可以是 X",
        **given,
    )

"""Forms that save records: two people on one record, and one press too many of a button."""

import uuid
from copy import copy
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

from accounts.form_errors import OwnWords
from accounts.transactions import atomic

from . import parsing
from .models import Record, Submission
from .models.record import Conflict

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True)
class Difference:
    """One field in which what was typed differs from what somebody else has saved meanwhile, as people read them."""

    label: str
    newest: str
    typed: str


def _check_year(day: date) -> None:
    try:
        parsing.check_year(day.year)
    except parsing.Unparsable as error:
        raise ValidationError(str(error)) from error


class RecordForm(OwnWords, forms.ModelForm):
    """Base of every form over a `Record`.

    It carries the version that was read and a token for its button, both hidden, and saves by `save_record`, which
    gives the address to go to, or None when there is something to show on the form. A view is

        form = BranchForm(request.POST or None, instance=branch)
        if form.is_valid() and (there := form.save_record(request.user)):
            return redirect(there)
        return render(request, "…", {"form": form})

    and its template includes `components/conflict.html` above the fields. Subclasses override `store` where a record
    is not simply recorded, and `address` where its own page is not the place to go. Dates get the browser's picker.
    """

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    token = forms.UUIDField(required=False, widget=forms.HiddenInput)
    differences: list[Difference]
    """After a conflict: what differs. Empty otherwise."""
    repeated = False
    """After `save_record`: whether this very page had been saved before, so that nothing was written now."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.differences = []
        self.initial.setdefault("token", uuid.uuid4())
        self.initial["version"] = None if self.instance._state.adding else self.instance.version
        for field in self.fields.values():
            if isinstance(field, forms.DateField):
                field.validators.append(_check_year)
                if not field.widget.is_hidden:
                    field.widget = forms.DateInput(format="%Y-%m-%d", attrs={**field.widget.attrs, "type": "date"})
            elif isinstance(field, forms.TimeField):
                field.widget = forms.TimeInput(format="%H:%M", attrs={**field.widget.attrs, "type": "time"})

    def is_valid(self) -> bool:
        """Say whether it can be saved, or was by this very page before: then all that is wrong is that it exists."""
        return super().is_valid() or (self.instance._state.adding and self.was_saved())

    def was_saved(self) -> bool:
        """Say whether this very page was saved before."""
        token = self.cleaned_data.get("token") if self.is_bound else None
        return token is not None and Submission.objects.filter(pk=token).exists()

    def store(self) -> Record:
        """Write the record and what hangs on it, and return it; runs inside a transaction.

        Raises ValidationError, with a Chinese message, for what only shows on writing: it is put on the form.
        """
        record: Record = self.instance
        return record.record()

    def address(self, record: Any) -> str:
        """Return the address to go to once the record is written."""
        address: str = record.get_absolute_url()
        return address

    def save_record(self, user: "User") -> str | None:
        """Write once however often the button was pressed, and return the address to go to.

        Returns None when somebody else was faster (`differences` says where, and the next press overwrites) or when
        `store` refused; the reason stands in the form's errors.
        """
        token = self.cleaned_data.get("token")
        fresh = self.instance._state.adding
        if not fresh and self.cleaned_data.get("version") is not None:
            self.instance.version = self.cleaned_data["version"]
        try:
            with atomic():
                submission, is_first = (
                    Submission.objects.get_or_create(token=token, defaults={"user": user})
                    if token
                    else (Submission(user=user), True)
                )
                if not is_first:
                    if submission.user_id != user.pk:
                        raise ValidationError("这个页面已经提交过。请重新打开后再填。")
                    if not fresh and self._compare():  # back in the browser, changed, pressed again
                        raise Conflict(
                            "这个页面刚才已经保存过一次。请对照最新内容核对，再保存一次就以您现在填写的为准。"
                        )
                    self.repeated = True
                    return submission.url
                submission.url = self.address(self.store())
                submission.save()
                return submission.url
        except Conflict as conflict:
            self.add_error(None, str(conflict))
            self._start_from_newest()
        except ValidationError as refusal:
            self.add_error(None, refusal)
        if fresh:  # the transaction took the new record back: the object must not believe it exists
            self.instance.pk, self.instance._state.adding = None, True
        return None

    def _compare(self) -> bool:
        """Put the newest values beside the typed ones; say whether any differ."""
        newest = type(self.instance)._default_manager.get(pk=self.instance.pk)
        known = {field.name for field in newest._meta.concrete_fields}
        self.differences = []
        for name, field in self.fields.items():
            if field.widget.is_hidden or name not in known or getattr(newest, name) == getattr(self.instance, name):
                continue
            secret = name in newest.SENSITIVE
            self.differences.append(
                Difference(
                    str(field.label or name),
                    "（已改，不显示）" if secret else spoken(newest, name),
                    "（您填写的）" if secret else spoken(self.instance, name),
                )
            )
        return bool(self.differences)

    def _start_from_newest(self) -> None:
        """Let the next press of the button start from the newest version."""
        self._compare()
        version = type(self.instance)._default_manager.values_list("version", flat=True).get(pk=self.instance.pk)
        data: Any = copy(self.data)  # a QueryDict's copy can be changed
        data[self.add_prefix("version")] = str(version)
        data[self.add_prefix("token")] = str(uuid.uuid4())
        self.data = data


def spoken(record: models.Model, name: str) -> str:
    """Return a field's value as people read it."""
    value = getattr(record, name)
    if isinstance(value, bool):
        return "是" if value else "否"
    if value in (None, ""):
        return "（空）"
    display = getattr(record, f"get_{name}_display", None)
    return str(display() if display else value)

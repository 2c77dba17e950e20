"""What the forms of one step with a record have in common: what they ask for, and what the step sets besides."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from django.utils import timezone

from accounts.models import User
from ledgers.forms import RecordForm
from ledgers.models import Record


class StepForm(RecordForm):
    """Base: it says what changes, and the record is saved with its trace."""

    asked: ClassVar[Sequence[str]] = ()
    """Fields that the step cannot do without, though the record can."""
    today: ClassVar[str] = ""
    """The day that the step is taken on, as far as nothing else is typed."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)
        for name in self.asked:
            self.fields[name].required = True
        if self.today:
            self.initial[self.today] = timezone.localdate()

    def changes(self) -> Iterator[tuple[str, Any]]:
        """Yield what the step sets beside its own fields."""
        yield from ()

    def store(self) -> Record:
        record: Record = self.instance
        for name, value in self.changes():
            setattr(record, name, value)
        return record.record()


class CheckedStepForm(StepForm):
    """A step whose fields are checked together with the rest of the record."""

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        model: Any = type(self.instance)
        whole = {field.name: getattr(self.instance, field.attname) for field in model._meta.concrete_fields} | given
        for name, message in model.faults(whole):
            if name in self.fields:
                if not self.has_error(name):
                    self.add_error(name, message)
            elif not self.errors:
                self.add_error(None, message)
        return given

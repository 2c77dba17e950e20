"""The record: what somebody entered, with who changed it last and which facts it touches."""

import uuid
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any, NamedTuple, Self

from django.db import models

from accounts import audit
from accounts.acting import current_actor
from accounts.transactions import atomic


class Touch(NamedTuple):
    """The sheets that a change makes stale: of one organisation, from one day's month on.

    A flow (`lasting` false) touches only that month; a stock touches every later month too. An organisation of None
    touches every sheet of a street, or of all streets where that is None as well: the tree itself changed.
    """

    organization_id: int | None
    day: date
    lasting: bool
    street_id: int | None = None


class Conflict(Exception):
    """Somebody else changed the record after it was read. The message is for the person, in Chinese."""


class Record(models.Model):
    """Base of everything that is entered. Saved and deleted through `record` and `erase`, never bare.

    Both write the audit trail and mark the touched facts stale in the caller's transaction, and refuse a stale
    `version`, so that of two people editing one record the second is told.
    """

    SENSITIVE: Collection[str] = ()
    DATED = True
    """Whether it is an entry of the months that it touches, and so not made silently once they are locked."""
    UNTRACKED: Collection[str] = ("version", "created_at", "updated_at", "created_by", "updated_by")

    version = models.PositiveIntegerField("版本", default=1, editable=False)
    created_at = models.DateTimeField("登记时间", auto_now_add=True, editable=False)
    updated_at = models.DateTimeField("修改时间", auto_now=True, editable=False)
    updated_by = models.ForeignKey(
        "accounts.User",
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
        verbose_name="修改人",
    )

    class Meta:
        abstract = True

    def touches(self) -> Iterable[Touch]:
        """Yield what the record, as it stands, counts towards. Nothing by default."""
        return ()

    def audit_path(self) -> str:
        """Return the tree path of the organisation that the record belongs to, for the audit trail's scope."""
        organization = getattr(self, "organization", None)
        return organization.path if organization else ""

    def before(self, *, lock: bool = True) -> Self | None:
        """Return the record as the database holds it, locked for this transaction, or None for a new one."""
        if self.pk is None or self._state.adding:
            return None
        rows = type(self)._default_manager.all()
        return (rows.select_for_update(of=("self",), no_key=True) if lock else rows).get(pk=self.pk)

    def changes_from(self, before: Self | None) -> dict[str, tuple[Any, Any]]:
        """Return field → (old, new) for what differs; for a new record, what is filled in."""
        found = {}
        for field in self._meta.concrete_fields:
            if field.primary_key or field.name in self.UNTRACKED:
                continue
            new = getattr(self, field.attname)
            old = getattr(before, field.attname) if before is not None else None
            if old != new and not (before is None and new in (None, "")):
                found[field.name] = (old, new)
        return found

    @atomic
    def record(self, action: str = "") -> Self:
        """Save with its trace: audit entry and stale marks in one transaction. Does nothing where nothing changed.

        Raises Conflict when the database holds another version than the one this object was read as.
        """
        from ledgers import closing
        from ledgers.facts import mark_stale

        before = self.before()
        if before is not None and before.version != self.version:
            who = before.updated_by.name if before.updated_by else "其他人"
            raise Conflict(
                f"{who}刚刚修改了这条记录。您填写的内容还在下面，请对照最新内容核对后再保存一次。",
            )
        changes = self.changes_from(before)
        if before is not None and not changes and not action:
            return self
        self.updated_by = current_actor()
        if before is not None:
            self.version += 1
        self.save()
        audit.record(
            action or ("change" if before is not None else "create"),
            self,
            changes=changes,
            organization_path=self.audit_path(),
            sensitive=self.SENSITIVE,
        )
        then, now = (set(before.touches()) if before is not None else set()), set(self.touches())
        # What lasts is no entry of the month in which it began, unless it is that which changed.
        entered = {touch for touch in then | now if not touch.lasting} | (then ^ now)
        if self.DATED:
            act = closing.Act.CREATE if before is None else closing.Act.CHANGE
            closing.enter(act, str(self._meta.verbose_name), entered, self)
        mark_stale([*then, *now])
        return self

    @atomic
    def erase(self) -> None:
        """Delete with its trace."""
        from ledgers import closing
        from ledgers.facts import mark_stale

        touched = list(self.touches())
        if self.DATED:
            closing.enter(closing.Act.DELETE, str(self._meta.verbose_name), touched, self)
        audit.record("delete", self, organization_path=self.audit_path())
        self.delete()
        mark_stale(touched)


class Submission(models.Model):
    """One press of a form's button: the page carries a token, and the same token makes one record only."""

    token = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user = models.ForeignKey("accounts.User", models.CASCADE, related_name="+")
    url = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.token)

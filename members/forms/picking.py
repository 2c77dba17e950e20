"""Choosing a member in a form: a list that is searched by typing, asked of the server where it is long."""

from typing import Any

from django import forms
from django.urls import reverse_lazy

from accounts.models import User
from accounts.permissions import Right
from ledgers.parsing import row_key

from ..models import Member
from ..querysets import MemberQuerySet

LISTED_AT_MOST = 300
"""Members that a list holds; from more the server finds some by what is typed."""


class MemberField(forms.ModelChoiceField):
    """One of the members in the register whom the user keeps; `also` stays a choice though they may have left."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=Member.objects.none(), **kwargs)

    def offer(self, user: User, chosen: Any = None, also: int | None = None) -> None:
        """Set whom the user may choose. `chosen` is the key that is or was picked, shown however long the list is."""
        kept = Member.objects.visible_to(user, Right.MEMBERS_EDIT).select_related("branch")
        everybody: MemberQuerySet = kept.live() | kept.filter(pk=also or 0)
        self.queryset = everybody
        self.empty_label = "请选择" if self.required else "不是登记册里的党员"
        self.widget.attrs["data-pick"] = ""
        if everybody[: LISTED_AT_MOST + 1].count() > LISTED_AT_MOST:
            self.widget.attrs["data-pick-url"] = reverse_lazy("members:search")
            wanted = row_key(str(chosen or ""))
            self.widget.choices = [("", self.empty_label), *self._labels(everybody.filter(pk=wanted))]
        else:
            self.widget.choices = [("", self.empty_label), *self._labels(everybody)]

    def _labels(self, members: MemberQuerySet) -> list[tuple[int, str]]:
        return [(member.pk, self.label_from_instance(member)) for member in members]

    def label_from_instance(self, member: Any) -> str:
        return f"{member.name}（{member.branch.label}）"

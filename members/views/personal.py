"""Pages of what is kept of one member: talks, major matters, honours and sanctions, achievements.

All four are entered, shown, changed and deleted the same way; `KINDS` says in what they differ.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Right
from ledgers.ledger import Ledger
from ledgers.ledger import get as get_ledger
from ledgers.parsing import row_key
from ledgers.requests import PortalRequest
from ledgers.scope import may
from members.forms_personal import AchievementForm, HonorForm, MatterForm, PersonalForm, TalkForm
from members.models import Honor, MatterReport, Member, PerformanceRecord, Talk
from members.models.personal import PersonalRecord


@dataclass(frozen=True)
class Kind:
    """One kind of record: its name in addresses and for people, its form, its ledger, and what its page shows."""

    name: str
    noun: str
    model: type[PersonalRecord]
    form: type[PersonalForm]
    slug: str
    shown: Sequence[str]
    texts: Sequence[str]
    note: str = ""

    @property
    def ledger(self) -> Ledger:
        """The ledger that lists them."""
        return get_ledger(self.slug)


WHO_READS = "加密保存；支部书记、社区书记和党建办能看，领导只看数量。"
KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "talk", "谈话", Talk, TalkForm, "talks",
            ("kind", "date", "talker_name", "member", "organization", "follow_up_by", "followed_up_on"),
            ("content", "follow_up"), WHO_READS,
        ),
        Kind(
            "matter", "重大事项报告", MatterReport, MatterForm, "matters",
            ("kind", "member", "organization", "date", "occurred_on", "answered_on"), ("content", "opinion"), WHO_READS,
        ),
        Kind(
            "honor", "奖惩", Honor, HonorForm, "honors",
            ("nature", "title", "member", "organization", "date", "level", "authority", "document", "ends_on"),
            ("reason",),
        ),
        Kind(
            "achievement", "实绩", PerformanceRecord, AchievementForm, "achievements",
            ("title", "area", "member", "organization", "date", "evidence"), ("content",),
        ),
    )
}  # fmt: skip


@require_http_methods(["GET", "POST"])
def create(request: PortalRequest, kind: str) -> HttpResponse:
    """Enter a record, of the member in the query string if one is named there."""
    asked, this = request.GET.get("member", ""), KINDS[kind]
    kept = Member.objects.visible_to(request.user, Right.MEMBERS_EDIT)
    member = kept.filter(pk=row_key(asked)).first()
    form = this.form(request.POST or None, instance=this.model(), initial={"member": member}, user=request.user)
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, f"已登记{this.noun}。")
        return redirect(there)
    return render(request, "members/personal/form.html", {"form": form, "kind": this, "member": member})


@require_GET
def detail(request: PortalRequest, kind: str, pk: int) -> HttpResponse:
    """Show a record."""
    this = KINDS[kind]
    record = _found(request, this, pk)
    context = {
        "kind": this,
        "record": record,
        "lines": list(_lines(this.shown, record)),
        "texts": list(_lines(this.texts, record)),
        "may_edit": may(request.user, Right.MEMBERS_EDIT, record.organization),
    }
    return render(request, "members/personal/detail.html", context)


@require_http_methods(["GET", "POST"])
def edit(request: PortalRequest, kind: str, pk: int) -> HttpResponse:
    """Change a record."""
    this = KINDS[kind]
    record = _found(request, this, pk, Right.MEMBERS_EDIT)
    form = this.form(request.POST or None, instance=record, user=request.user)
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, "已保存。")
        return redirect(there)
    return render(request, "members/personal/form.html", {"form": form, "kind": this, "record": record})


@require_POST
def delete(request: PortalRequest, kind: str, pk: int) -> HttpResponse:
    """Delete a record that was entered by mistake; the audit trail keeps that it was."""
    this = KINDS[kind]
    record: Any = _found(request, this, pk, Right.MEMBERS_EDIT)
    record.erase()
    messages.success(request, f"已删除这条{this.noun}。")
    return redirect(record.member or record.organization)


def _found(request: PortalRequest, kind: Kind, pk: int, right: Right | None = None) -> Any:
    """Return a record that the user may read and, where a right is named, on which they hold it as well. Or 404."""
    seen: Any = kind.model._default_manager
    rows = seen.visible_to(request.user)
    if right:
        rows = rows.visible_to(request.user, right)
    return get_object_or_404(rows.select_related("organization", "member"), pk=pk)


def _lines(names: Sequence[str], record: Any) -> Iterator[tuple[str, Any, str]]:
    """Yield label, value and address of what is filled in."""
    for name in names:
        field = record._meta.get_field(name)
        value = getattr(record, name)
        if value in (None, ""):
            continue
        shown = getattr(record, f"get_{name}_display")() if field.choices else value
        yield str(field.verbose_name), shown, value.get_absolute_url() if field.is_relation else ""

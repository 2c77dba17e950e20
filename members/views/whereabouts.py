"""Pages of whereabouts: floating out and in, out of contact; the log of contacts; the end."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Right
from ledgers.ledger import get as get_ledger
from ledgers.recording import trace_look
from ledgers.requests import PortalRequest
from ledgers.scope import may
from members.forms.register import editable_branches
from members.forms.whereabouts import WORDS, ContactForm, EndForm, WhereaboutsForm
from members.models import Contact, Whereabouts

from .picking import choose_member, chosen_member

Kind = Whereabouts.Kind


@require_http_methods(["GET", "POST"])
def floating(request: PortalRequest) -> HttpResponse:
    """Record that a member floats out."""
    if "member" not in request.GET:
        return choose_member(request, "流出登记", "members:floating-create", "floating")
    return _create(request, Whereabouts(kind=Kind.OUT, member=chosen_member(request)))


@require_http_methods(["GET", "POST"])
def guest(request: PortalRequest) -> HttpResponse:
    """Record a floating member of another place who lives here."""
    code = request.GET.get("branch") or getattr(request.chosen_organization, "code", "")
    branch = editable_branches(request.user).filter(code=code).first()
    return _create(request, Whereabouts(kind=Kind.IN, organization=branch))


@require_http_methods(["GET", "POST"])
def lost(request: PortalRequest) -> HttpResponse:
    """Record that a member is out of contact."""
    if "member" not in request.GET:
        return choose_member(request, "失联登记", "members:lost-create", "lost-contact")
    return _create(request, Whereabouts(kind=Kind.LOST, member=chosen_member(request)))


def _create(request: PortalRequest, record: Whereabouts) -> HttpResponse:
    form = WhereaboutsForm(request.POST or None, instance=record, user=request.user)
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, "已登记。")
        return redirect(there)
    return render(request, "members/away_form.html", {"form": form, "record": record, "ledger": _ledger(record)})


@require_GET
def detail(request: PortalRequest, pk: int) -> HttpResponse:
    """Show a record with its log."""
    return render(request, "members/away.html", _shown(request, _visible(request, pk)))


@require_http_methods(["GET", "POST"])
def edit(request: PortalRequest, pk: int) -> HttpResponse:
    """Correct a record."""
    record = _editable(request, pk)
    form = WhereaboutsForm(request.POST or None, instance=record, user=request.user)
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, "已保存。")
        return redirect(there)
    return render(request, "members/away_form.html", {"form": form, "record": record, "ledger": _ledger(record)})


@require_POST
def contact(request: PortalRequest, pk: int) -> HttpResponse:
    """Add an entry to the log."""
    record = _editable(request, pk)
    form = ContactForm(request.POST, instance=Contact(whereabouts=record))
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, "已记下这次联系。")
        return redirect(there)
    return render(request, "members/away.html", _shown(request, record) | {"form": form})


@require_http_methods(["GET", "POST"])
def end(request: PortalRequest, pk: int) -> HttpResponse:
    """Close a record: back, gone, found again."""
    record = _editable(request, pk)
    if not record.is_open:
        messages.info(request, f"这条登记已于 {record.until} 结束。")
        return redirect(record)
    form = EndForm(request.POST or None, instance=record)
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, "已结束这条登记。")
        return redirect(there)
    return render(request, "members/away_end.html", {"form": form, "record": record, "ledger": _ledger(record)})


@require_POST
def delete(request: PortalRequest, pk: int) -> HttpResponse:
    """Take back what was entered by mistake."""
    record = _editable(request, pk)
    there = record.member.get_absolute_url() if record.member else _ledger(record).url()
    record.erase()
    messages.success(request, "已删除这条登记。")
    return redirect(there)


@require_POST
@never_cache
def reveal(request: PortalRequest, pk: int) -> HttpResponse:
    """Show phone and ID in clear, this once, and write down who asked."""
    record = get_object_or_404(_related(request, Right.SENSITIVE_REVEAL), pk=pk)
    trace_look(record, "联系电话、身份证号")
    return render(request, "members/away.html", _shown(request, record) | {"revealed": True})


def _related(request: PortalRequest, right: Right = Right.MEMBERS_VIEW):  # type: ignore[no-untyped-def]
    return Whereabouts.objects.visible_to(request.user, right).select_related("member__branch", "organization")


def _visible(request: PortalRequest, pk: int) -> Whereabouts:
    record: Whereabouts = get_object_or_404(_related(request), pk=pk)
    return record


def _editable(request: PortalRequest, pk: int) -> Whereabouts:
    record: Whereabouts = get_object_or_404(_related(request, Right.MEMBERS_EDIT), pk=pk)
    return record


def _ledger(record: Whereabouts):  # type: ignore[no-untyped-def]
    return get_ledger("lost-contact" if record.kind == Kind.LOST else "floating")


def _shown(request: PortalRequest, record: Whereabouts) -> dict[str, object]:
    return {
        "record": record,
        "ledger": _ledger(record),
        "words": WORDS[record.kind],
        "contacts": record.contacts.select_related("updated_by"),
        "form": ContactForm(instance=Contact(whereabouts=record)),
        "may_edit": may(request.user, Right.MEMBERS_EDIT, record.place),
        "may_reveal": may(request.user, Right.SENSITIVE_REVEAL, record.place),
    }

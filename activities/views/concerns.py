"""One concern of a resident: registered, handed over, escalated, answered."""

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Right
from branches.views.records import deletes, ledger_crumb, organization_asked, to_ledger
from ledgers.parsing import row_key
from ledgers.recording import trace_look
from ledgers.requests import PortalRequest
from ledgers.scope import may

from ..forms.concerns import AnswerForm, ConcernForm, EscalationForm, HandOverForm
from ..models import Concern, HandOver, Visit

SAME_PHONE_SHOWN = 5


class Moment(NamedTuple):
    """One thing that happened with a concern: when, what, how it went on."""

    on: date
    what: str
    words: str = ""


@require_http_methods(["GET", "POST"])
def create(request: PortalRequest) -> HttpResponse:
    """Register a concern; with ?visit= one that came up at that visit."""
    concern = Concern(visit=_visit_asked(request))
    source = request.GET.get("source", "")
    initial: dict[str, Any] = {"organization": organization_asked(request, Right.ACTIVITIES_EDIT)}
    initial["source"] = source if source in Concern.Source.values else Concern.Source.PHONE
    if concern.visit:
        initial |= {
            "organization": concern.visit.organization,
            "source": Concern.Source.VISIT,
            "received_on": concern.visit.date,
            "title": concern.visit.problem[:200],
        }
    form = ConcernForm(request.POST or None, instance=concern, user=request.user, initial=initial)
    return _fill_in(request, form, "登记诉求", concern.visit)


def _visit_asked(request: PortalRequest) -> Visit | None:
    number = row_key(request.GET.get("visit", ""))
    if not number:
        return None
    found: Visit = get_object_or_404(Visit.objects.visible_to(request.user, Right.ACTIVITIES_EDIT), pk=number)
    return found


@require_http_methods(["GET", "POST"])
def edit(request: PortalRequest, pk: int) -> HttpResponse:
    """Correct what was registered."""
    return _fill_in(
        request, ConcernForm(request.POST or None, instance=_editable(request, pk), user=request.user), "编辑诉求"
    )


def _fill_in(request: PortalRequest, form: ConcernForm, title: str, visit: Visit | None = None) -> HttpResponse:
    concern: Concern = form.instance
    crumbs = [ledger_crumb("concerns")]
    if not form.is_new:
        crumbs.append((form.initial["title"], concern.get_absolute_url()))
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, "已登记。" if form.is_new else "已保存。")
        return redirect(there)
    context = {"form": form, "title": title, "trail": [*crumbs, (title, "")], "back": crumbs[-1][1], "visit": visit}
    return render(request, "activities/concern_form.html", context)


@require_GET
def detail(request: PortalRequest, pk: int) -> HttpResponse:
    """Show a concern: how it stands, its way, what can be done with it."""
    return render(request, "activities/concern.html", _shown(request, _visible(request, pk)))


@require_POST
@never_cache
def reveal(request: PortalRequest, pk: int) -> HttpResponse:
    """Show name, phone and address in clear, this once, and write down who asked."""
    concern = _visible(request, pk, Right.SENSITIVE_REVEAL)
    trace_look(concern, "居民姓名、联系电话、住址")
    return render(request, "activities/concern.html", _shown(request, concern) | {"revealed": True})


@require_POST
def hand_over(request: PortalRequest, pk: int) -> HttpResponse:
    """Hand a concern to somebody else."""
    concern = _editable(request, pk)
    form = HandOverForm(request.POST, instance=HandOver(concern=concern), user=request.user)
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, f"已转给{concern.handler}。")
        return redirect(there)
    return render(request, "activities/concern.html", _shown(request, concern) | {"form": form})


@require_http_methods(["GET", "POST"])
def escalate(request: PortalRequest, pk: int) -> HttpResponse:
    """Hand a hard case up to the street."""
    concern = _editable(request, pk)
    form = EscalationForm(request.POST or None, instance=concern, user=request.user)
    done = "已上报街道，街道党建办的工作台会显示。"
    return _step(request, form, "上报街道", "上报", done)


@require_http_methods(["GET", "POST"])
def answer(request: PortalRequest, pk: int) -> HttpResponse:
    """Record what the resident was told, and what became of it."""
    concern = _editable(request, pk)
    title = "答复" if concern.is_open else "答复和回访"
    return _step(request, AnswerForm(request.POST or None, instance=concern), title, "保存", "已保存。")


def _step(request: PortalRequest, form: Any, title: str, button: str, done: str) -> HttpResponse:
    concern: Concern = form.instance
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, done)
        return redirect(there)
    back = concern.get_absolute_url()
    trail = [ledger_crumb("concerns"), (concern.title, back), (title, "")]
    context = {"form": form, "concern": concern, "title": title, "button": button, "trail": trail, "back": back}
    return render(request, "activities/concern_step.html", context)


delete = deletes(Concern, to_ledger("concerns"), Right.ACTIVITIES_EDIT)


def _visible(request: PortalRequest, pk: int, right: Right | None = None) -> Concern:
    seen = Concern.objects.visible_to(request.user, right).select_related("organization", "visit")
    concern: Concern = get_object_or_404(seen, pk=pk)
    return concern


def _editable(request: PortalRequest, pk: int) -> Concern:
    return _visible(request, pk, Right.ACTIVITIES_EDIT)


def _shown(request: PortalRequest, concern: Concern) -> dict[str, Any]:
    """Return what the page shows; a fixed number of queries."""
    user = request.user
    same = Concern.objects.visible_to(user).filter(phone_index=concern.phone_index).exclude(pk=concern.pk)
    return {
        "concern": concern,
        "trail": [ledger_crumb("concerns"), (concern.title, "")],
        "moments": list(_moments(concern)),
        "same_phone": same[:SAME_PHONE_SHOWN] if concern.phone_index else [],
        "form": HandOverForm(instance=HandOver(concern=concern), user=user),
        "may_edit": may(user, Right.ACTIVITIES_EDIT, concern.organization),
        "may_reveal": may(user, Right.SENSITIVE_REVEAL, concern.organization),
    }


def _moments(concern: Concern) -> Iterator[Moment]:
    """Yield what happened with a concern, in the order of time."""
    yield Moment(concern.received_on, "受理", f"来源：{concern.get_source_display()}")
    for step in concern.steps.all():
        what = "上报街道" if step.is_escalation else f"转给{step.taker}"
        giver = f"{step.giver}转出" if step.giver else ""
        yield Moment(step.on, what, "；".join(filter(None, (giver, step.note))))
    if concern.answered_on:
        yield Moment(concern.answered_on, "答复", concern.answer)
    if concern.resolved_on:
        rated = concern.get_satisfaction_display()
        yield Moment(concern.resolved_on, "办结", f"居民评价：{rated}" if rated else "还没有回访")

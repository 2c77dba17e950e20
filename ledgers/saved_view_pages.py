"""Addresses of saved views: keep one, open it, rename, renew, move or delete it. Plain forms, no script needed."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from . import saved_views
from .ledger import Ledger
from .models import SavedView
from .requests import PortalRequest
from .views import ledger_for


@require_POST
def create(request: PortalRequest, slug: str) -> HttpResponse:
    """Keep the list as it is looked at under a name."""
    ledger = ledger_for(request.user, slug)
    shown = QueryDict(request.POST.get("query", "")[:4000])
    query, secret = saved_views.kept(ledger, shown.dict(), request.chosen_period)
    known = {c.key for c in ledger.columns if c.path}
    columns = [key for key in request.POST.getlist("columns") if key in known]
    try:
        view = saved_views.save(request.user, ledger, request.POST.get("name", ""), query, columns)
    except saved_views.Unsavable as refusal:
        messages.error(request, f"{refusal}。")
        return redirect(_address(ledger, shown.dict()))
    _told(request, f"已保存视图“{view.name}”。", secret)
    return redirect("ledgers:view", ledger.slug, view.pk)


@require_http_methods(["GET", "POST"])
def change(request: PortalRequest, slug: str, pk: int) -> HttpResponse:
    """Open a view on a GET; rename, renew, move or delete it on a POST."""
    ledger = ledger_for(request.user, slug)
    view = get_object_or_404(SavedView.objects.visible_to(request.user), ledger=ledger.slug, pk=pk)
    if request.method == "GET":
        params, lost = saved_views.usable(ledger, view, request.user, request.chosen_organization or None)
        if lost:
            names = "、".join(dict.fromkeys(f"“{label}”" for label in lost if label))
            which = f"{len(lost)} 个筛选条件" + (f"（{names}）" if names else "")
            messages.warning(request, f"视图“{view.name}”里有 {which}现在用不了，已经略去。")
        return redirect(_address(ledger, params | {saved_views.VIEW: str(view.pk)}))
    match request.POST.get("do"):
        case "rename":
            try:
                view.name = saved_views.name_for(request.user, ledger, request.POST.get("name", ""), view)
            except saved_views.Unsavable as refusal:
                messages.error(request, f"{refusal}。")
            else:
                view.save(update_fields=["name"])
                messages.success(request, f"视图已改名为“{view.name}”。")
        case "renew":
            shown = QueryDict(request.POST.get("query", "")[:4000]).dict()
            view.query, secret = saved_views.kept(ledger, shown, request.chosen_period)
            known = {c.key for c in ledger.columns if c.path}
            view.columns = [key for key in request.POST.getlist("columns") if key in known]
            view.save(update_fields=["query", "columns"])
            _told(request, f"视图“{view.name}”已改成现在的筛选、排序和列。", secret)
        case "earlier":
            saved_views.move_forward(view)
        case "delete":
            view.delete()
            messages.success(request, f"已删除视图“{view.name}”。")
            return redirect("ledgers:list", ledger.slug)
    return redirect("ledgers:view", ledger.slug, view.pk)


def _told(request: PortalRequest, done: str, secret: bool) -> None:
    messages.success(request, done + ("搜索框里像是证件或手机号码，没有存进视图。" if secret else ""))


def _address(ledger: Ledger, params: Mapping[str, str]) -> str:
    address = reverse("ledgers:list", args=[ledger.slug])
    return f"{address}?{urlencode(params)}" if params else address

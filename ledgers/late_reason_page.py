"""The page on which the reason for a late record with files is given beforehand."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from .middleware import remember


@require_POST
def late_reason(request: HttpRequest) -> HttpResponse:
    """Remember the reason for half an hour, and say so."""
    reason = request.POST.get("late_reason", "").strip()
    if reason:
        remember(request, reason)
        messages.success(request, "补录原因已记下，30 分钟以内有效。请返回原来的页面，再保存一次。")
    return render(request, "ledgers/late_reason_kept.html")

"""The audit trail as an Excel ledger: what the auditor's page shows, to be kept or handed to an inspection."""

import tempfile
from collections.abc import Iterator, Sequence

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.forms import AuditFilter
from accounts.models import AuditEntry, User
from accounts.permissions import access_of
from accounts.trail import Told, told

from .papers import XLSX
from .printing import PrintColumn, write_ledger
from .recording import trace_paper

LIMIT = 20_000
"""Entries in one file; more are taken away in parts, by their dates."""
TITLE = "审计记录"
COLUMNS = (
    PrintColumn("审计序号", width=9, kind="number"),
    PrintColumn("时间", width=19),
    PrintColumn("操作人", width=18),
    PrintColumn("来源地址", width=15),
    PrintColumn("操作", width=12),
    PrintColumn("对象类型", width=12),
    PrintColumn("对象", width=30),
    PrintColumn("变更", width=60),
)


@require_GET
def export(request: HttpRequest) -> HttpResponse | FileResponse:
    """Download the entries that the page's filter keeps, the latest first; that it was done is an entry itself."""
    assert isinstance(request.user, User)
    form = AuditFilter(request.GET)
    entries = form.narrow(AuditEntry.objects.visible_to(request.user))
    found = list(entries[: LIMIT + 1])
    if len(found) > LIMIT:
        messages.error(request, f"符合条件的记录超过 {LIMIT} 条，一个文件放不下。请用日期缩小范围，分几次导出。")
        return redirect(f"{reverse('accounts:audit')}?{request.GET.urlencode()}")
    trace_paper("export", TITLE, access_of(request.user).home_path, None, 条数=len(found))
    today = timezone.localdate()
    target = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    write_ledger(
        target,
        title=TITLE,
        organization="",
        as_of=today,
        filled_by=request.user.name or request.user.username,
        columns=COLUMNS,
        rows=_rows(told(found)),
    )
    target.seek(0)
    return FileResponse(target, as_attachment=True, filename=f"{TITLE}-{today}.xlsx", content_type=XLSX)


def _rows(entries: Sequence[Told]) -> Iterator[Sequence[object]]:
    for one in entries:
        entry = one.entry
        at = f"{timezone.localtime(entry.at):%Y-%m-%d %H:%M:%S}"
        who = entry.actor_name or "系统"
        yield entry.pk, at, who, entry.address, entry.action_label, entry.model_name, entry.label, one.text

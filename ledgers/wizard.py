"""The import wizard: upload → header → preview → done, with undo and the wrong rows to take home."""

from dataclasses import replace
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.form_errors import OwnWords
from accounts.permissions import Right, access_of

from . import closing, importing, reading, undoing
from . import progress as progresses
from .corrections import Corrections, given
from .ledger import Ledger
from .models import ClosedMonth, ImportBatch
from .papers import XLSX
from .printing import PrintColumn, write_wrong_rows
from .tasks import UNDO_AT_ONCE, apply_batch, progress_of, start, undo_batch
from .views import ledger_for

STEPS = ("上传", "核对表头", "预览", "完成")
SHOWN = 50
"""Rows on one page of the preview."""


class UploadForm(OwnWords, forms.Form):
    """Which file."""

    file = forms.FileField(label="Excel 或 CSV 文件", error_messages={"required": "请先选择文件"})

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        limit = settings.UPLOAD_MAX_BYTES
        if file.size > limit:
            raise forms.ValidationError(
                f"文件有 {file.size / 1048576:.1f} MB，超过 {limit // 1048576} MB 的上限；请按社区拆成几个文件"
            )
        return file


def _ledger(request: HttpRequest, slug: str) -> Ledger:
    ledger = ledger_for(request.user, slug, Right.IMPORT)
    if ledger.importer is None or not access_of(request.user).has(ledger.edit_right):
        raise Http404
    return ledger


def _batch(request: HttpRequest, slug: str, pk: int) -> tuple[Ledger, ImportBatch]:
    ledger = _ledger(request, slug)
    batches = ImportBatch.objects.visible_to(request.user).select_related("organization", "user")  # type: ignore[arg-type]
    return ledger, get_object_or_404(batches, pk=pk, ledger=slug)


def upload(request: HttpRequest, slug: str) -> HttpResponse:
    """Step 1: take a file in. Where every header is understood, go straight to the preview."""
    ledger = _ledger(request, slug)
    form = UploadForm(request.POST or None, request.FILES or None)
    likelier = None
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        organization = request.chosen_organization or None  # type: ignore[attr-defined]
        try:
            batch, match = importing.open_batch(ledger, file.read(), file.name, request.user, organization)  # type: ignore[arg-type]
        except (reading.Unreadable, importing.CannotImport) as error:
            form.add_error("file", str(error))
            if isinstance(error, reading.NoHeader):
                likelier = importing.likelier(ledger, request.user, error.sheets)  # type: ignore[arg-type]
        else:
            batch.save()
            if importing.importer_for(batch).missing(match) or importing.unknown_columns(ledger, match):
                return redirect("ledgers:mapping", slug, batch.pk)
            return _preview(request, ledger, batch, match)
    recent = ImportBatch.objects.visible_to(request.user).filter(ledger=slug).defer("content", "details", "undo")[:5]  # type: ignore[arg-type]
    context = {
        "ledger": ledger,
        "form": form,
        "steps": STEPS,
        "current": 1,
        "recent": recent,
        "likelier": likelier,
        "max_bytes": settings.UPLOAD_MAX_BYTES,
        "limit": settings.UPLOAD_MAX_BYTES // 1048576,
        "rows": settings.IMPORT_MAX_ROWS,
    }
    return render(request, "ledgers/import_upload.html", context, status=400 if form.errors else 200)


def _preview(
    request: HttpRequest, ledger: Ledger, batch: ImportBatch, match: reading.HeaderMatch | None = None
) -> HttpResponse:
    progresses.forget(f"import-{batch.pk}")
    try:
        importing.preview(batch, match)
    except (importing.CannotImport, reading.Unreadable) as error:
        messages.error(request, str(error))
        return redirect("ledgers:mapping", ledger.slug, batch.pk)
    return redirect("ledgers:batch", ledger.slug, batch.pk)


def mapping(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Step 2: say which column of the file is which column of the ledger."""
    ledger, batch = _batch(request, slug, pk)
    if batch.state not in (ImportBatch.State.UPLOADED, ImportBatch.State.PREVIEWED):
        return redirect("ledgers:batch", slug, pk)
    match = importing.reopen(batch)
    complaint = ""
    if request.method == "POST":
        picked = {str(i): request.POST.get(f"column-{i}", "") for i in range(len(match.columns))}
        wanted = {i: header for i, header in picked.items() if header in ledger.headers}
        twice = {h for h in wanted.values() if list(wanted.values()).count(h) > 1}
        if twice:
            complaint = f"“{sorted(twice)[0]}”选了两次，一列只能对应一列"
        else:
            batch.mapping = wanted
            batch.constants = {
                header: value.strip()
                for header in ledger.headers
                if header not in wanted.values() and (value := request.POST.get(f"all-{header}", "")).strip()
            }
            batch.save(update_fields=["mapping", "constants"])
            return _preview(request, ledger, batch)
        match.mapping = {int(i): h for i, h in wanted.items()}
    missing = importing.importer_for(batch).missing(match)
    samples = [cells for _, cells in zip(range(3), (cells for _, cells in reading.data_rows(match)), strict=False)]
    columns = [
        {
            "index": index,
            "header": header,
            "mapped": match.mapping.get(index, ""),
            "samples": [_sample(cells[index]) for cells in samples if index < len(cells)],
        }
        for index, header in enumerate(match.columns)
        if header or any(index < len(cells) and cells[index] not in ("", None) for cells in samples)
    ]
    context = {
        "ledger": ledger,
        "batch": batch,
        "columns": columns,
        "headers": list(ledger.headers),
        "missing": missing,
        "likelier": importing.likelier(ledger, batch.user, match.sheets, len(match.mapping)) if missing else None,
        "absent": [
            (ledger.by_header[header], batch.constants.get(header, ""))
            for header in importing.missing_columns(ledger, match)
        ],
        "complaint": complaint,
        "steps": STEPS,
        "current": 2,
    }
    return render(request, "ledgers/import_mapping.html", context, status=400 if complaint else 200)


def _sample(cell: Any) -> str:
    text = "" if cell is None else str(cell)
    return text if len(text) < 12 or not text[:6].isdigit() else f"{text[:4]}…"


@require_GET
def batch(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Step 3: the sheet as it will be taken in, wrong and changed cells marked; step 4: what was done."""
    ledger, batch = _batch(request, slug, pk)
    if batch.state == ImportBatch.State.UPLOADED:
        return redirect("ledgers:mapping", slug, pk)
    came = progress_of(batch)
    details = importing.details_of(batch)
    kinds = {"wrong": batch.wrong, "changed": batch.changed, "new": batch.new, "same": batch.same}
    show = request.GET.get("show", "")
    if show not in kinds:
        show = next((kind for kind in kinds if kinds[kind]), "wrong")
    rows = details.get("rows", {}).get(show, [])
    page = Paginator(rows, SHOWN).get_page(request.GET.get("page"))
    context = {
        "ledger": ledger,
        "batch": batch,
        "headers": details.get("headers", []),
        "dropped": details.get("dropped", []),
        "sheets": details.get("sheets", []),
        "asks": details.get("asks", []),
        "page": page,
        "show": show,
        "kinds": [
            (kind, label, kinds[kind])
            for kind, label in (("wrong", "有错"), ("changed", "有变化"), ("new", "新增"), ("same", "相同"))
        ],
        "listed": len(rows),
        "total": kinds[show],
        "corrected": len(Corrections.load(batch.corrections)),
        "may_correct": show == "wrong" and batch.state == ImportBatch.State.PREVIEWED and bool(rows),
        "right": batch.new + batch.changed,
        "done": batch.state in (ImportBatch.State.APPLIED, ImportBatch.State.UNDONE),
        "offers_rest": batch.applied_at and ("in_use" in request.GET or (came is not None and came.failed)),
        "has_closed": ClosedMonth.objects.visible_to(request.user).exists(),
        "steps": STEPS,
        "current": 5 if batch.applied_at else 3,
        "progress": replace(came, url="") if came and (came.failed or not came.over) else None,
    }
    return render(request, "ledgers/import_batch.html", context)


@require_POST
def correct(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Lay what somebody has typed over the wrong cells, or take all of it off again, and check the file anew."""
    ledger, batch = _batch(request, slug, pk)
    if batch.state != ImportBatch.State.PREVIEWED:
        return redirect("ledgers:batch", slug, pk)
    before, reset = batch.wrong, "reset" in request.POST
    if reset:
        batch.corrections = ""
    else:
        changed = given(importing.details_of(batch), request.POST)
        if not changed:
            messages.info(request, "没有改动")
            return redirect("ledgers:batch", slug, pk)
        held = Corrections.load(batch.corrections)
        for cell, shown, text, throughout in changed:
            held.put_right(cell, shown, text, throughout=throughout)
        batch.corrections = held.dump()
    batch.save(update_fields=["corrections"])
    response = _preview(request, ledger, batch)
    if reset:
        messages.success(request, "已恢复成文件里的内容")
    elif batch.wrong:
        messages.info(request, f"已改，有错的由 {before} 行变为 {batch.wrong} 行")
    else:
        messages.success(request, "已改，没有错误了")
    return response


@require_POST
def apply(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take the right rows in: at once, or in the worker, with a bar to watch."""
    _, batch = _batch(request, slug, pk)
    url = reverse("ledgers:batch", args=[slug, pk])
    batch.because(request.POST.get("late_reason", ""))
    batch.save(update_fields=["late_reason"])
    if "agreed" not in request.POST and importing.details_of(batch).get("asks"):
        asked = importing.importer_for(batch).asks_about
        messages.error(request, f"还没有导入：请先核对要更改的{asked}，勾选后再按导入")
        return redirect(f"{url}?show=changed")
    if not start(batch, apply_batch, request.user, url):  # type: ignore[arg-type]
        batch.refresh_from_db(fields=["state"])
        messages.info(request, "正在导入，不用再按" if batch.is_under_way else "这个文件已经导入过了，没有重复导入")
    return redirect(url)


@require_GET
def progress(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Return the bar of an import under way; when it is done, lead to the result."""
    _, batch = _batch(request, slug, pk)
    came = progress_of(batch) or progresses.Progress(1, 1, "已完成", request.path)
    if came.over:
        came = replace(came, url=reverse("ledgers:batch", args=[slug, pk]))
    response = render(request, "components/progress.html", {"progress": came, "url": request.path})
    if came.url:
        response["HX-Redirect"] = came.url
    return response


@require_GET
def wrong_rows(request: HttpRequest, slug: str, pk: int) -> FileResponse:
    """Download the wrong rows as they stood, with the reason, to be put right and imported again."""
    import tempfile

    ledger, batch = _batch(request, slug, pk)
    details = importing.details_of(batch)
    if not details.get("wrong"):
        raise Http404
    target = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    columns = [PrintColumn(header or f"第{i + 1}列", width=16) for i, header in enumerate(details["all_headers"])]
    write_wrong_rows(target, title=ledger.title, columns=columns, rows=(tuple(r) for r in details["wrong"]))
    target.seek(0)
    name = f"{ledger.title}-错误行-{timezone.localdate()}.xlsx"
    return FileResponse(target, as_attachment=True, filename=name, content_type=XLSX)


@require_POST
def undo(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take an applied import back: a small one at once, a large one in the background."""
    ledger, batch = _batch(request, slug, pk)
    url = reverse("ledgers:batch", args=[slug, pk])
    if batch.is_under_way:
        messages.info(request, "正在处理，不用再按")
        return redirect(url)
    rest = "rest" in request.POST
    batch.because(request.POST.get("late_reason", "") or batch.late_reason)
    batch.save(update_fields=["late_reason"])
    if batch.new + batch.changed > UNDO_AT_ONCE:
        if not start(batch, undo_batch, request.user, url, rest):  # type: ignore[arg-type]
            messages.error(request, "只有已导入的批次可以撤销")
        return redirect(url)
    try:
        with closing.with_reason(batch.late_reason):
            batch = undoing.undo(batch, request.user, rest=rest)  # type: ignore[arg-type]
    except undoing.InUse as error:
        messages.error(request, f"{error}。")
        return redirect(f"{url}?in_use=1")
    except importing.CannotImport as error:
        messages.error(request, str(error))
    else:
        progresses.forget(f"import-{pk}")
        partly = batch.state == ImportBatch.State.APPLIED
        words = "没有用过的已撤销，用过的保留" if partly else f"已撤销：{ledger.title}恢复到导入之前"
        messages.success(request, f"{words}。{batch.let_go}不再指向被撤销的记录" if batch.let_go else words)
    return redirect("ledgers:batch", slug, pk)

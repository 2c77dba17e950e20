"""Pages of dues: branches of a month, a branch's sheet, one charge, arrears, yearly statements."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import AuditEntry
from accounts.permissions import Right
from accounts.transactions import atomic
from branches.models import Organization
from ledgers.ledger import Query
from ledgers.ledger import get as get_ledger
from ledgers.period import Period, PeriodKind
from ledgers.recording import trace_paper
from ledgers.requests import PortalRequest, needs_organization
from ledgers.scope import may
from ledgers.views import EVER
from members.dues import arrears as owing
from members.dues import sheet as sheets
from members.dues import statements
from members.forms.dues import DuesChargeForm
from members.models import DuesCharge, Member, Membership

ROWS = 20
ENTRIES = 20


def _month(text: str) -> Period:
    """Return the month so written in an address. Raises Http404."""
    try:
        month = Period.parse(text)
    except ValueError as error:
        raise Http404 from error
    if month.kind != PeriodKind.MONTH:
        raise Http404
    return month


def _branch(request: PortalRequest, code: str, right: Right = Right.MEMBERS_VIEW) -> Organization:
    branch: Organization = get_object_or_404(Organization.objects.visible_to(request.user, right).branches(), code=code)
    return branch


def _place(request: PortalRequest) -> Organization:
    """Return the organisation chosen at the top. Raises Http404 for who may not see its members."""
    place = request.chosen_organization
    if not place or not may(request.user, Right.MEMBERS_VIEW, place):
        raise Http404
    return place


def _present(request: PortalRequest) -> Period:
    """Return the month to open: the last of the period chosen at the top that has begun."""
    month = request.chosen_period.latest_month()
    return month if month.has_begun() else Period.containing(timezone.localdate())


@require_GET
@needs_organization
def overview(request: PortalRequest) -> HttpResponse:
    """Show how far each branch has come with a month; a branch goes straight to its sheet."""
    place = _place(request)
    month = _month(request.GET["month"]) if request.GET.get("month") else _present(request)
    if place.is_branch:
        return redirect("members:dues-sheet", place.code, month.code)
    branches = statements.branches_of(place, month, request.user)
    page = Paginator(branches, ROWS).get_page(request.GET.get("page"))
    everything = statements.collections(branches, month)
    shown = {row.branch.pk: row for row in everything}
    charged, due, paid, unpaid = statements.total(everything)
    ledger = get_ledger("dues")
    context = {
        "place": place,
        "month": month,
        "following": month.following() if month.end < timezone.localdate() else None,
        "page": page,
        "rows": [shown[branch.pk] for branch in page.object_list],
        "charged": charged,
        "due": due,
        "paid": paid,
        "unpaid": unpaid,
        "url": ledger.url(Query(place, month)),
        "unpaid_url": ledger.url(Query(place, month, filters={"state": "unpaid"})),
        "ungenerated": sum(not row.charged for row in everything),
    }
    return render(request, "members/dues/overview.html", context)


@require_http_methods(["GET", "POST"])
def sheet(request: PortalRequest, code: str, month: str) -> HttpResponse:
    """Show a branch's month, and save what was filled in: all rows, or none where one of them is wrong."""
    period = _month(month)
    if request.method == "POST":
        branch = _branch(request, code, Right.MEMBERS_EDIT)
        with atomic():
            filled = sheets.Sheet(branch, period, lock=True)
            if filled.closed:
                messages.error(request, f"{period.label}已经封账，没有保存。要改请点姓名，逐条写明原因。")
                return redirect("members:dues-sheet", code, period.code)
            if filled.read(request.POST.dict()):
                count = filled.write()
                messages.success(request, f"已保存，改了 {count} 行。" if count else "没有改动。")
                return redirect("members:dues-sheet", code, period.code)
        return render(request, "members/dues/sheet.html", _sheet(request, branch, period, filled), status=422)
    branch = _branch(request, code)
    return render(request, "members/dues/sheet.html", _sheet(request, branch, period, sheets.Sheet(branch, period)))


def _sheet(request: PortalRequest, branch: Organization, month: Period, shown: sheets.Sheet) -> dict[str, Any]:
    today = timezone.localdate()
    may_edit = may(request.user, Right.MEMBERS_EDIT, branch)
    ledger = get_ledger("dues")
    return {
        "branch": branch,
        "month": month,
        "year": month.year,
        "following": month.following() if month.end < today else None,
        "sheet": shown,
        "wrong": [line for line in shown.lines if line.errors],
        "may_edit": may_edit,
        "editable": may_edit and not shown.closed,
        "may_close": may_edit and not shown.closed and month.end < today and bool(shown.lines),
        "has_begun": month.start <= today,
        "methods": DuesCharge.Method.choices,
        "today": today,
        "url": ledger.url(Query(branch, month)),
        "unpaid_url": ledger.url(Query(branch, month, filters={"state": "unpaid"})),
    }


@require_POST
def generate(request: PortalRequest, code: str, month: str) -> HttpResponse:
    """Charge everybody of the branch for a month."""
    period, branch = _month(month), _branch(request, code, Right.MEMBERS_EDIT)
    try:
        made = sheets.generate(branch, period)
    except ValueError as refusal:
        messages.error(request, f"{refusal}。")
    else:
        said = [f"新增 {made.new} 人"] if made.new else []
        said += [f"{made.renewed} 人的基数有变，已重新核定"] if made.renewed else []
        said += [f"{made.without_base} 人没有党费基数，填好后再补"] if made.without_base else []
        messages.success(request, f"{period.label}应缴党费：{'；'.join(said) or '没有要补的'}。")
    return redirect("members:dues-sheet", code, period.code)


@require_POST
def close(request: PortalRequest, code: str, month: str) -> HttpResponse:
    """Close a branch's month."""
    period, branch = _month(month), _branch(request, code, Right.MEMBERS_EDIT)
    try:
        sheets.close(branch, period)
        messages.success(request, f"{period.label}已封账。以后再改要逐条写明原因。")
    except ValueError as refusal:
        messages.error(request, f"{refusal}。")
    return redirect("members:dues-sheet", code, period.code)


@require_http_methods(["GET", "POST"])
def charge(request: PortalRequest, pk: int) -> HttpResponse:
    """Show one member's dues of one month, with who changed them; and change them."""
    seen = DuesCharge.objects.visible_to(request.user).select_related("member", "branch", "updated_by")
    one: DuesCharge = get_object_or_404(seen, pk=pk)
    may_edit = may(request.user, Right.MEMBERS_EDIT, one.branch)
    if request.method == "POST" and not may_edit:
        raise Http404
    closed = sheets.is_closed(one.branch, one.period)
    form = DuesChargeForm(request.POST or None, instance=one, is_closed=closed) if may_edit else None
    if form and form.is_valid() and form.save_record(request.user):
        messages.success(request, "已保存。")
        return redirect("members:dues-sheet", one.branch.code, one.period.code)
    stored = DuesCharge.objects.select_related("member", "branch").get(pk=pk) if form and form.is_bound else one
    trail = AuditEntry.objects.filter(model=one._meta.label_lower, object_id=str(pk)).order_by("-seq")[:ENTRIES]
    context = {
        "charge": stored,
        "form": form,
        "is_closed": closed,
        "standard": sheets.standard(stored.base, stored.employment),
        "trail": [(entry, list(_spoken(entry))) for entry in trail],
    }
    return render(request, "members/dues/charge.html", context)


def _spoken(entry: AuditEntry) -> Any:
    """Yield what an entry changed, in words."""
    methods = dict(DuesCharge.Method.choices)
    for name, (before, after) in entry.changes.items():
        if name not in (*DuesCharge.EDITED, "base", "late_reason"):
            continue
        field: Any = DuesCharge._meta.get_field(name)
        old, new = (methods.get(value, value) if value not in (None, "") else "空" for value in (before, after))
        yield (
            f"{field.verbose_name}：{new}"
            if entry.action == "create" or name == "late_reason"
            else f"{field.verbose_name}：{old} → {new}"
        )


@require_GET
@needs_organization
def arrears(request: PortalRequest) -> HttpResponse:
    """List the members who owe dues of months that are over, the longest run first."""
    place = _place(request)
    day = min(request.chosen_period.end, timezone.localdate())
    running = Period.containing(day)
    last = running if running.end <= day and day < timezone.localdate() else running.previous()
    there = Membership.objects.visible_to(request.user).in_force_on(day).under(place, day)
    debts = owing.debts(there.values("member_id"), last.start, day)
    found = sorted(debts.values(), key=lambda debt: (-debt.in_a_row, -debt.owed, debt.member_id))
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    ids = [debt.member_id for debt in page.object_list]
    people = {m.pk: m for m in Member.objects.filter(pk__in=ids).select_related("branch")}
    context = {
        "place": place,
        "last": last,
        "page": page,
        "rows": [(people[debt.member_id], debt, _owed_url(place, debt, last, day)) for debt in page.object_list],
        "too_long": sum(debt.is_too_long for debt in found),
        "owed": sum((debt.owed for debt in found), start=0),
        "limit": owing.MONTHS_IN_A_ROW,
    }
    return render(request, "members/dues/arrears.html", context)


def _owed_url(place: Organization, debt: owing.Debt, last: Period, day: date) -> str:
    """Return the address of the months behind a debt."""
    filters = {"member": str(debt.member_id), "until": last.code, "unpaid_on": day.isoformat()}
    return f"{get_ledger('dues').url(Query(place, filters=filters))}&period={EVER}"


@require_GET
def statement(request: PortalRequest, code: str) -> HttpResponse:
    """Show a branch's year, for the screen or with `print` for paper."""
    branch = _branch(request, code)
    year = _year(request)
    context = {"branch": branch, "statement": statements.of_branch(branch, year, request.user)} | _years(year)
    paper = "print" in request.GET
    if paper:
        trace_paper("print", f"{branch.name}{year.label}党费缴纳情况", branch.path, branch)
    return render(request, f"members/dues/statement{'_print' if paper else ''}.html", context)


@require_GET
def of_member(request: PortalRequest, pk: int) -> HttpResponse:
    """Show a member's year, for the screen or with `print` for paper."""
    member = get_object_or_404(Member.objects.visible_to(request.user).select_related("branch"), pk=pk)
    year = _year(request)
    told = statements.of_member(member, year, request.user)
    context = {"member": member, "statement": told, "line": told.lines[0]} | _years(year)
    paper = "print" in request.GET
    if paper:
        trace_paper("print", f"{member}{year.label}党费缴纳情况", member.audit_path(), member)
    return render(request, f"members/dues/member{'_print' if paper else ''}.html", context)


def _year(request: PortalRequest) -> Period:
    try:
        return statements.year_of(_present(request).start, request.GET.get("year", ""))
    except ValueError as error:
        raise Http404 from error


def _years(year: Period) -> dict[str, Any]:
    return {
        "year": year,
        "before": year.previous().code,
        "after": year.following().code if year.end < timezone.localdate() else "",
    }

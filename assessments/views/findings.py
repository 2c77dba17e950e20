"""Pages of the findings: by rule or by branch, one finding with its history, handling."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Count, F, Q, Window
from django.db.models.functions import RowNumber
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import AuditEntry
from accounts.permissions import Right, access_of
from branches.models import Organization
from ledgers import facts
from ledgers.parsing import row_keys
from ledgers.period import Period

from .. import engine
from ..beginning import is_before_records, records_since, words_on
from ..findings import CannotHandle, form_url, kept_in, refresh_if_changed
from ..findings import handle as handle_findings
from ..forms.findings import FindingFilter, HandleForm
from ..models import Finding, Severity, Supervision
from ..querysets import FindingQuerySet
from .choice import chosen_organization, chosen_period
from .measures import of_finding

IN_GROUP = 20
"""Findings shown of each rule or branch before the reader asks for all."""
PAGE_SIZE = 50
GROUPS_ON_PAGE = 20
TABS = [("rule", "按规则"), ("branch", "按党组织"), ("list", "逐条")]


@dataclass
class Group:
    """The findings of one rule or one branch: how many there are, and the first of them."""

    subject: Any
    count: int
    serious: int
    address: str
    findings: list[Finding] = field(default_factory=list)

    @property
    def left(self) -> int:
        """Those that are not shown."""
        return self.count - len(self.findings)


@require_GET
def findings(request: HttpRequest) -> HttpResponse:
    """List the findings of the chosen organisation and period, grouped by rule or by branch, or all in one list."""
    organization, period = chosen_organization(request), chosen_period(request)
    if organization is None:
        return render(request, "assessments/empty.html", {"title": "预警"})
    refresh_if_changed(organization, period)
    form = FindingFilter(request.GET)
    book = Finding.objects.visible_to(request.user).under(organization, period.end).of(*kept_in(period))
    rows = form.narrow(book)
    standing = Finding.objects.visible_to(request.user).standing_in(organization, period)
    by = request.GET.get("by", "")
    if by not in dict(TABS):
        by = TABS[0][0]
    context: dict[str, Any] = {
        "organization": organization,
        "period": period,
        "form": form,
        "by": by,
        "tabs": TABS,
        "may_set": access_of(request.user).has(Right.SETTINGS_MANAGE),
        "totals": book.waiting().aggregate(
            waiting=Count("pk"), serious=Count("pk", filter=Q(severity=Severity.SERIOUS))
        ),
        "all": standing.count(),
        "all_url": facts.get("findings.open").url(organization, period),
        "is_running": period.end >= timezone.localdate(),
        "note": note_on(organization, period),
    }
    if by == "list":
        page = Paginator(rows.to_show(), PAGE_SIZE).get_page(request.GET.get("page"))
        shown = list(page.object_list)
        context |= {"page": page, "findings": shown}
    else:
        context |= _by_branch(request, rows) if by == "branch" else {"groups": _by_rule(request, rows)}
        shown = [finding for group in context["groups"] for finding in group.findings]
    context["may_handle"] = _mark(request, shown)
    return render(request, "assessments/findings.html", context)


def note_on(organization: Organization, period: Period) -> str:
    """Return why a period has no findings where it cannot have any, else nothing."""
    if not period.has_begun():
        return f"{period.label}还没有开始，没有可以核对的情况。"
    since = records_since(organization)
    return (
        f"{words_on(since)}，{period.label}没有记录，不作核对。" if since and is_before_records(period, since) else ""
    )


@require_GET
def finding(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one finding: what, why, what it rests on, what was done about it."""
    found = _found(request, pk)
    may_handle = _mark(request, [found])
    history = AuditEntry.objects.filter(model=Finding._meta.label_lower, object_id=str(pk)).order_by("-pk")
    form = HandleForm(initial={"owner": found.owner, "deadline": found.deadline}) if may_handle else None
    context = {
        "finding": found,
        "form": form,
        "measures": of_finding(found, request.user),
        "matters": Supervision.objects.visible_to(request.user).filter(finding=found).select_related("organization"),
        "may_direct": access_of(request.user).has_on(Right.MEASURES_DIRECT, found.organization.path),
        "may_set": access_of(request.user).has_on(Right.MEASURES_SET, found.organization.path),
        "history": [(entry, _said(entry)) for entry in history],
    }
    return render(request, "assessments/finding.html", context)


@require_http_methods(["GET", "POST"])
def handle(request: HttpRequest) -> HttpResponse:
    """Ask what to do about the chosen findings, and do it. Choosing one that is not in the user's reach answers 404."""
    chosen = request.POST if request.method == "POST" else request.GET
    ids = _ids(chosen)
    if not ids:
        messages.warning(request, "还没有选择预警：请先在左边打勾，再点“办理所选”。")
        return redirect("assessments:findings")
    rows = Finding.objects.visible_to(request.user, Right.FINDINGS_HANDLE).filter(pk__in=ids)
    shown = _decorated(rows.to_show())
    if len(shown) != len(ids):
        raise Http404("a finding out of reach")
    form = HandleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            count = handle_findings(rows, form.handling())
        except CannotHandle as refusal:
            messages.error(request, f"{refusal}。")
        else:
            messages.success(request, f"已办理 {count} 条预警。")
        return redirect(shown[0].get_absolute_url() if len(shown) == 1 else "assessments:findings")
    return render(request, "assessments/handle.html", {"findings": shown, "form": form})


def _found(request: HttpRequest, pk: int) -> Finding:
    return get_object_or_404(Finding.objects.visible_to(request.user).to_show(), pk=pk)


def _ids(chosen: QueryDict) -> set[int]:
    return set(row_keys(chosen.getlist("finding")))


# what is shown


def _decorated(rows: FindingQuerySet | list[Finding]) -> list[Finding]:
    """Give each finding its rule and the address of its evidence, for the templates."""
    shown = list(rows)
    for one in shown:
        one.law = engine.get(one.rule)  # type: ignore[attr-defined]
        one.evidence = one.law.evidence(one.organization, one.when, one.member_id)  # type: ignore[attr-defined]
    return shown


def _mark(request: HttpRequest, shown: list[Finding]) -> bool:
    """Decorate the findings, say of each whether the user may handle it, and return whether any may be."""
    access = access_of(request.user)
    for one in _decorated(shown):
        within = access.has_on(Right.FINDINGS_HANDLE, one.organization.path)
        one.may_handle = within and not one.cleared  # type: ignore[attr-defined]
        one.form_url = form_url(one, access)  # type: ignore[attr-defined]
    return any(one.may_handle for one in shown)  # type: ignore[attr-defined]


def _counted(rows: FindingQuerySet, group: str) -> Any:
    """Return (group, how many, how many of them serious) for each group."""
    return (
        rows.order_by()
        .values_list(group)
        .annotate(n=Count("pk"), serious=Count("pk", filter=Q(severity=Severity.SERIOUS)))
    )


def _first_of_each(rows: FindingQuerySet, group: str, order: list[str]) -> FindingQuerySet:
    """Return the first findings of each group."""
    place = Window(RowNumber(), partition_by=F(group), order_by=order)
    return rows.to_show().annotate(place=place).filter(place__lte=IN_GROUP).order_by(*order)


def _by_rule(request: HttpRequest, rows: FindingQuerySet) -> list[Group]:
    groups = {
        code: Group(engine.get(code), n, serious, _narrowed(request, rule=code))
        for code, n, serious in sorted(_counted(rows, "rule"))
    }
    for one in _first_of_each(rows, "rule", ["organization__path", "period", "pk"]):
        groups[one.rule].findings.append(one)
    return list(groups.values())


def _by_branch(request: HttpRequest, rows: FindingQuerySet) -> dict[str, Any]:
    counted = {pk: (n, serious) for pk, n, serious in _counted(rows, "organization_id")}
    concerned = Organization.objects.filter(pk__in=rows.order_by().values("organization_id"))
    page: Page[Organization] = Paginator(concerned, GROUPS_ON_PAGE).get_page(request.GET.get("page"))
    groups = {o.pk: Group(o, *counted[o.pk], _narrowed(request, organization=o.code)) for o in page.object_list}
    shown = rows.filter(organization_id__in=list(groups))
    for one in _first_of_each(shown, "organization_id", ["rule", "period", "pk"]):
        groups[one.organization_id].findings.append(one)
    return {"page": page, "groups": list(groups.values())}


def _narrowed(request: HttpRequest, **more: str) -> str:
    """Return the address of the plain list, narrowed further."""
    params = request.GET.copy()
    params.pop("page", None)
    for name, value in {"by": "list", **more}.items():
        params[name] = value
    return f"{reverse('assessments:findings')}?{params.urlencode()}"


SHOWN_FIELDS = ("state", "owner", "deadline", "note")


def _said(entry: AuditEntry) -> list[tuple[str, Any]]:
    """Return what an entry of the audit trail set, in words."""
    after = {name: pair[1] for name, pair in entry.changes.items() if name in SHOWN_FIELDS and pair[1]}
    if "state" in after:
        after["state"] = Finding.State(after["state"]).label
    return [(str(Finding._meta.get_field(name).verbose_name), value) for name, value in after.items()]  # type: ignore[union-attr]

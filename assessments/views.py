"""Pages of the findings: by rule or by branch, one finding with its history, handling; the street's own numbers."""

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
from accounts.transactions import atomic
from activities.models.concerns import renew_answer_days
from branches.models import Organization
from ledgers import facts
from ledgers.models.record import Conflict
from ledgers.parsing import row_keys
from ledgers.period import Period
from members.gaps import FAULTS, GAPS

from . import engine
from . import quality as figures
from .beginning import KEY, is_before_records, records_since, words_on
from .findings import CannotHandle, form_url, kept_in, refresh_if_changed
from .findings import handle as handle_findings
from .forms import FindingFilter, HandleForm, LocalNumbersForm
from .local import NUMBERS
from .models import Finding, LocalSetting, Severity
from .querysets import FindingQuerySet

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
    organization, period = _chosen_organization(request), _chosen_period(request)
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
    context = {"finding": found, "form": form, "history": [(entry, _said(entry)) for entry in history]}
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


@require_GET
def quality(request: HttpRequest) -> HttpResponse:
    """Show what the register lacks and what is wrong in it: the whole, and branch by branch, the worst first."""
    organization, period, today = _chosen_organization(request), _chosen_period(request), timezone.localdate()
    if organization is None:
        return render(request, "assessments/empty.html", {"title": "数据质量"})
    as_of = period.end if period.end < today else None
    whole, branches = figures.lines(organization, as_of or today, as_of, request.user)
    page = Paginator(branches, PAGE_SIZE).get_page(request.GET.get("page"))
    kinds = [each for _, each in figures.KINDS]
    context = {"organization": organization, "day": as_of or today, "whole": whole, "page": page, "kinds": kinds}
    context |= {"gaps": len(GAPS), "faults": len(FAULTS)}
    return render(request, "assessments/quality.html", context)


@require_http_methods(["GET", "POST"])
def local_settings(request: HttpRequest) -> HttpResponse:
    """Show and take the numbers that a street sets for itself."""
    streets = Organization.objects.visible_to(request.user, Right.SETTINGS_MANAGE).filter(
        kind=Organization.Kind.WORKING_COMMITTEE
    )
    if not getattr(request, "chosen_organization", None):
        return render(request, "assessments/empty.html", {"title": "本街道规定"})
    street = _street(request, list(streets))
    held = {setting.key: setting for setting in LocalSetting.objects.filter(organization=street)}
    form = LocalNumbersForm(request.POST or None, initial={key: setting.value for key, setting in held.items()})
    if request.method == "POST" and form.is_valid():
        try:
            _save_numbers(street, held, form.cleaned_data)
        except Conflict as conflict:
            messages.error(request, str(conflict))
        else:
            messages.success(request, "本街道规定已保存，预警会按新的规定重新核对。")
            return redirect(f"{reverse('assessments:settings')}?organization={street.code}")
    return render(request, "assessments/settings.html", {"form": form, "street": street, "streets": streets})


@atomic
def _save_numbers(street: Organization, held: dict[str, LocalSetting], numbers: dict[str, int | None]) -> None:
    for key in (*(number.key for number in NUMBERS), KEY):
        setting, value = held.get(key), numbers[key]
        if value is None:
            if setting is not None:
                setting.erase()
            continue
        setting = setting or LocalSetting(organization=street, key=key)
        setting.value = value
        setting.record()
    renew_answer_days(street)


# whose and when


def _chosen_organization(request: HttpRequest) -> Organization | None:
    """Return the organisation chosen at the top of the page, or the one that the user's pages open on, if any."""
    chosen = getattr(request, "chosen_organization", None)
    if chosen:
        return chosen
    visible = Organization.objects.visible_to(request.user, Right.FINDINGS_VIEW)
    if code := request.GET.get("organization"):
        return get_object_or_404(visible, code=code)
    return visible.first()


def _chosen_period(request: HttpRequest) -> Period:
    """Return the period chosen at the top of the page, or the running quarter."""
    chosen = getattr(request, "chosen_period", None)
    if chosen:
        return chosen
    try:
        return Period.parse(request.GET.get("period", ""))
    except ValueError:
        return Period.containing(timezone.localdate(), Period.QUARTER)


def _street(request: HttpRequest, streets: list[Organization]) -> Organization:
    """Return the street whose numbers are meant: the one named, the one above what is chosen, or the first."""
    if code := request.GET.get("organization"):
        named = [street for street in streets if street.code == code]
        if named:
            return named[0]
    chosen = getattr(request, "chosen_organization", None)
    if chosen:
        above = [street for street in streets if chosen.path.startswith(street.path)]
        if above:
            return above[0]
    if not streets:
        raise Http404("no street in reach")
    return streets[0]


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

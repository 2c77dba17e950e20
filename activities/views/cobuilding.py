"""Co-building: partner units, agreements, what units did, and how a place stands with them."""

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Right
from branches.models import Organization
from branches.views.boards import Cell
from branches.views.records import deletes, fill_in, ledger_crumb, organization_asked, to_ledger, to_whole
from ledgers import facts
from ledgers.ledger import Query
from ledgers.ledger import get as get_ledger
from ledgers.parsing import row_key
from ledgers.period import Period
from ledgers.recording import trace_look
from ledgers.requests import PortalRequest, needs_organization
from ledgers.scope import may
from ledgers.views import EVER

from ..forms.cobuilding import AgreementForm, ContributionForm, PartnerForm
from ..models import Activity, Agreement, Contribution, PartnerUnit
from ..models.cobuilding import RENEWED_BEFORE

EDIT = Right.ACTIVITIES_EDIT
SHOWN = 20


# partner units


@require_GET
def partner(request: PortalRequest, pk: int) -> HttpResponse:
    """Show a unit with its agreements and what it did."""
    return render(request, "activities/partner.html", _partner(request, pk))


@require_POST
def partner_reveal(request: PortalRequest, pk: int) -> HttpResponse:
    """Show a unit's phone in clear, this once, and write down who asked."""
    context = _partner(request, pk, Right.SENSITIVE_REVEAL)
    shown = context["partner"]
    trace_look(shown, "联系电话")
    return render(request, "activities/partner.html", context | {"revealed": True})


def _partner(request: PortalRequest, pk: int, right: Right | None = None) -> dict[str, Any]:
    units = PartnerUnit.objects.visible_to(request.user, right).select_related("organization")
    shown = get_object_or_404(units, pk=pk)
    agreements = list(shown.agreements.select_related("partner").order_by("-year"))
    deeds = list(shown.contributions.select_related("activity")[: SHOWN + 1])
    ledger = get_ledger("contributions")
    return {
        "partner": shown,
        "agreements": agreements,
        "contributions": deeds[:SHOWN],
        "more": f"{ledger.url(Query(filters={'partner': str(pk)}))}&period={EVER}" if len(deeds) > SHOWN else "",
        "trail": [ledger_crumb("partners"), (shown.name, "")],
        "may_edit": may(request.user, EDIT, shown.organization),
        "may_reveal": bool(shown.phone) and may(request.user, Right.SENSITIVE_REVEAL, shown.organization),
    }


@require_http_methods(["GET", "POST"])
def create_partner(request: PortalRequest) -> HttpResponse:
    """Register a unit."""
    form = PartnerForm(
        request.POST or None,
        instance=PartnerUnit(),
        user=request.user,
        initial={"organization": organization_asked(request, Right.ACTIVITIES_EDIT)},
    )
    return fill_in(request, form, "登记共建单位", [ledger_crumb("partners")], "已登记共建单位。")


@require_http_methods(["GET", "POST"])
def edit_partner(request: PortalRequest, pk: int) -> HttpResponse:
    """Change a unit, or say that it left."""
    held = get_object_or_404(PartnerUnit.objects.visible_to(request.user, EDIT).select_related("organization"), pk=pk)
    form = PartnerForm(request.POST or None, instance=held, user=request.user)
    crumbs = [ledger_crumb("partners"), (held.name, held.get_absolute_url())]
    return fill_in(request, form, "编辑共建单位", crumbs, "已保存。")


delete_partner = deletes(PartnerUnit, to_ledger("partners"), EDIT)


def _asked_partner(request: PortalRequest) -> PartnerUnit | None:
    pk = row_key(request.GET.get("partner", ""))
    units = PartnerUnit.objects.visible_to(request.user, EDIT).select_related("organization")
    return units.filter(pk=pk).first() if pk else None


# agreements


@require_GET
def agreement(request: PortalRequest, pk: int) -> HttpResponse:
    """Show an agreement with its lists and what the unit did in its time."""
    seen = Agreement.objects.visible_to(request.user).select_related("partner", "organization")
    shown = get_object_or_404(seen, pk=pk)
    done = shown.partner.contributions.filter(date__range=(shown.start, shown.end)).select_related("activity")
    context = {
        "agreement": shown,
        "contributions": done,
        "trail": [
            ledger_crumb("agreements"),
            (shown.partner.name, shown.partner.get_absolute_url()),
            (f"{shown.year} 年", ""),
        ],
        "may_edit": may(request.user, EDIT, shown.organization),
    }
    return render(request, "activities/agreement.html", context)


@require_http_methods(["GET", "POST"])
def create_agreement(request: PortalRequest) -> HttpResponse:
    """Register an agreement; renewed from an earlier one, it starts with that one's lists for the next year."""
    unit = _asked_partner(request)
    initial: dict[str, Any] = {"partner": unit} if unit else {}
    if unit and (last := unit.agreements.order_by("-year").first()):
        initial |= {name: getattr(last, name) for name in ("needs", "resources", "projects")}
        year = max(last.end.year + 1, timezone.localdate().year)
        initial |= {"year": year, "start": date(year, 1, 1), "end": date(year, 12, 31)}
    form = AgreementForm(request.POST or None, instance=Agreement(), user=request.user, initial=initial)
    crumbs = [ledger_crumb("agreements"), *([(unit.name, unit.get_absolute_url())] if unit else [])]
    return fill_in(request, form, "登记协议", crumbs, "已登记协议。")


@require_http_methods(["GET", "POST"])
def edit_agreement(request: PortalRequest, pk: int) -> HttpResponse:
    """Change an agreement."""
    held = get_object_or_404(Agreement.objects.visible_to(request.user, EDIT).select_related("partner"), pk=pk)
    form = AgreementForm(request.POST or None, instance=held, user=request.user)
    crumbs = [ledger_crumb("agreements"), (f"{held.partner.name} {held.year} 年", held.get_absolute_url())]
    return fill_in(request, form, "编辑协议", crumbs, "已保存。")


delete_agreement = deletes(Agreement, lambda record: record.partner.get_absolute_url(), EDIT)  # type: ignore[attr-defined]


# what units did


@require_http_methods(["GET", "POST"])
def create_contribution(request: PortalRequest) -> HttpResponse:
    """Note what a unit did, perhaps at an activity."""
    initial: dict[str, Any] = {}
    unit, number = _asked_partner(request), row_key(request.GET.get("activity", ""))
    crumbs = [ledger_crumb("contributions")]
    if unit:
        initial["partner"] = unit
        crumbs = [ledger_crumb("partners"), (unit.name, unit.get_absolute_url())]
    if number and (held := Activity.objects.visible_to(request.user, EDIT).filter(pk=number).first()):
        initial |= {"activity": held, "date": held.date}
        crumbs = [ledger_crumb("activities"), (held.topic, held.get_absolute_url())]
    form = ContributionForm(request.POST or None, instance=Contribution(), user=request.user, initial=initial)
    return fill_in(request, form, "登记共建实事", crumbs, "已登记。")


@require_http_methods(["GET", "POST"])
def edit_contribution(request: PortalRequest, pk: int) -> HttpResponse:
    """Change what was noted."""
    seen = Contribution.objects.visible_to(request.user, EDIT).select_related("partner__organization", "activity")
    held = get_object_or_404(seen, pk=pk)
    form = ContributionForm(request.POST or None, instance=held, user=request.user, initial={"partner": held.partner})
    crumbs = [ledger_crumb("partners"), (held.partner.name, held.get_absolute_url())]
    return fill_in(request, form, "编辑共建实事", crumbs, "已保存。")


delete_contribution = deletes(Contribution, to_whole, EDIT)


# the board


@require_GET
@needs_organization
def board(request: PortalRequest) -> HttpResponse:
    """Partners and agreements of everything below the chosen organisation, joint meetings by quarter, what to renew."""
    place, period = request.chosen_organization, request.chosen_period
    context: dict[str, Any] = {
        "title": "共驻共建情况",
        "ledgers": [get_ledger(slug) for slug in ("agreements", "partners", "contributions")],
        "period": period,
        "about": "联席会议每季度至少一次，协议每年 3 月 31 日前签好。",
        "trail": [ledger_crumb("agreements"), ("共驻共建情况", "")],
    }
    day = period.end
    below = Organization.objects.get_children(place).live_on(day).exclude(kind=Organization.Kind.GROUP)
    shown = [place, *below]
    quarters = Period.parse(str(period.start.year)).split(Period.QUARTER)
    pks = [one.pk for one in shown]
    month = period.latest_month()
    stocks = facts.of_each(pks, month)
    flows = facts.of_each_period(pks, quarters)
    soon = Agreement.objects.under(place, day).ending_soon(day).select_related("partner", "organization")
    ending = sorted(soon, key=lambda one: (one.end, one.organization.path))
    paths = [one.organization.path for one in ending]

    def cells(one: Organization) -> list[Cell]:
        found = [
            Cell(heading, stocks[one.pk][code], facts.get(code).url(one, month))
            for code, heading in (("cobuild.partners", "有协议的单位"), ("cobuild.agreements", "有效协议"))
        ]
        query = Query(one, on=day, filters={"ends": "soon"})
        number = sum(path.startswith(one.path) for path in paths)
        found.append(Cell(f"{RENEWED_BEFORE.days} 天内到期", number, get_ledger("agreements").url(query)))
        held = facts.get("cobuild.joint_meetings")
        return found + [
            Cell(f"{'一二三四'[q.number - 1]}季度联席会议", flows[q][one.pk][held.code], held.url(one, q))
            for q in quarters
        ]

    rows = [(one, cells(one)) for one in shown]
    units = get_ledger("partners").rows(Query(place, on=day, filters={"agreement": "none"}), request.user)
    lacking = list(units.select_related("organization").order_by("organization__path", "name")[: SHOWN + 1])
    context |= {
        "total": rows[0],
        "rows": [(one, row) for one, row in rows[1:] if not one.is_branch or any(cell.value for cell in row)],
        "ending": ending[:SHOWN],
        "ending_url": get_ledger("agreements").url(Query(place, on=day, filters={"ends": "soon"})),
        "ending_more": len(ending) > SHOWN,
        "lacking": lacking[:SHOWN],
        "lacking_url": get_ledger("partners").url(Query(place, on=day, filters={"agreement": "none"})),
        "lacking_more": len(lacking) > SHOWN,
        "may_edit": may(request.user, EDIT, place),
    }
    return render(request, "activities/cobuilding.html", context)

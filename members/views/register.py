"""Pages of members: the record, its form, what happens to a member on a day, and the search for pickers."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Right
from branches.models import Organization
from ledgers.recording import trace_look
from ledgers.requests import PortalRequest
from ledgers.scope import may
from members import quality
from members import timeline as lines
from members.dues import history as dues
from members.forms.register import LeaveForm, MemberForm, MoveForm, ReturnForm, editable_branches, same_id
from members.models import Member
from members.panels.party_work import posts_held
from members.panels.personal import deeds
from members.panels.sections import sections_of
from members.taking_part import hours_required, taking_part, top_for

FOUND_AT_MOST = 20


@require_http_methods(["GET", "POST"])
def create(request: PortalRequest) -> HttpResponse:
    """Register a new member, in the branch asked for or the one chosen at the top."""
    member = Member()
    code = request.GET.get("branch") or getattr(request.chosen_organization, "code", "")
    branch = editable_branches(request.user).filter(code=code).first()
    form = MemberForm(request.POST or None, instance=member, initial={"branch": branch}, user=request.user)
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, f"已登记{member.name}。")
        return redirect(there)
    return render(request, "members/form.html", {"form": form, "branch": branch})


@require_http_methods(["GET", "POST"])
def edit(request: PortalRequest, pk: int) -> HttpResponse:
    """Change a member's record."""
    member = _editable(request, pk)
    name, gone = member.name, bool(member.left_on)
    form = MemberForm(request.POST or None, instance=member, user=request.user)
    if (wanted := request.GET.get("focus")) in form.fields and not form.is_bound:
        form.fields[wanted].widget.attrs["autofocus"] = True
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, "已保存。")
        return redirect(there)
    return render(request, "members/form.html", {"form": form, "member": member, "name": name, "gone": gone})


@require_http_methods(["GET", "POST"])
def move(request: PortalRequest, pk: int) -> HttpResponse:
    """Move a member to another branch from a day on."""
    member = _editable(request, pk)
    if member.left_on:
        return _already_gone(request, member)
    old = member.branch
    form = MoveForm(request.POST or None, instance=member, user=request.user)
    if form.is_valid() and (there := form.save_record(request.user)):
        if not form.repeated:
            messages.success(request, f"{member.name}已从{old.name}调整到{member.branch.name}。")
        return redirect(there)
    return render(request, "members/move.html", {"form": form, "member": member, "branch": old})


@require_http_methods(["GET", "POST"])
def leave(request: PortalRequest, pk: int) -> HttpResponse:
    """Take a member off the register."""
    member = _editable(request, pk)
    if member.left_on:
        return _already_gone(request, member)
    form = LeaveForm(request.POST or None, instance=member)
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, f"{member.name}已离开登记册（{member.get_leave_kind_display()}），以前的记录都保留。")
        return redirect(there)
    seats = member.seats.held_on(timezone.localdate()).select_related("committee__organization")
    return render(request, "members/leave.html", {"form": form, "member": member, "seats": seats})


@require_http_methods(["GET", "POST"])
def come_back(request: PortalRequest, pk: int) -> HttpResponse:
    """Bring somebody who left back onto the register."""
    member = _editable(request, pk)
    if not member.left_on:
        messages.info(request, f"{member.name}在登记册里，不用恢复。")
        return redirect(member)
    form = ReturnForm(request.POST or None, instance=member, user=request.user)
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, f"{member.name}已恢复到登记册。")
        return redirect(there)
    return render(request, "members/return.html", {"form": form, "member": member, "left": form.left})


@require_GET
def detail(request: PortalRequest, pk: int) -> HttpResponse:
    """Show a member: profile, offices, taking part, what happened."""
    member = get_object_or_404(Member.objects.visible_to(request.user).select_related("branch"), pk=pk)
    return render(request, "members/detail.html", _profile(request, member))


@require_POST
@never_cache
def reveal(request: PortalRequest, pk: int) -> HttpResponse:
    """Show citizen ID, phone and address in clear, this once, and write down who asked."""
    reach = Member.objects.visible_to(request.user, Right.SENSITIVE_REVEAL).select_related("branch")
    member = get_object_or_404(reach, pk=pk)
    trace_look(member, "身份证号、手机号码、家庭住址")
    if request.headers.get("HX-Request"):
        return render(request, "members/_contact.html", {"member": member, "revealed": True})
    return render(request, "members/detail.html", _profile(request, member) | {"revealed": True})


@require_GET
def search(request: PortalRequest) -> HttpResponse:
    """Find members for a picker by name or initials, twenty at most; options for htmx, JSON otherwise.

    `q` is what was typed, `branch` the code of a branch to keep to. Whole numbers find nobody here: an ID or a phone
    does not belong in an address.
    """
    text = request.GET.get("q", "").strip()
    found = Member.objects.visible_to(request.user).live().select_related("branch")
    if branch := request.GET.get("branch"):
        found = found.filter(branch__code=branch)
    if not text or any(c.isdigit() for c in text):
        found = found.none()
    members = list(found.search(text).order_by("name", "pk")[:FOUND_AT_MOST])
    if request.headers.get("HX-Request"):
        return render(request, "members/_options.html", {"members": members})
    results = [
        {"id": member.pk, "name": member.name, "branch": member.branch.name, "url": member.get_absolute_url()}
        for member in members
    ]
    return JsonResponse({"results": results}, json_dumps_params={"ensure_ascii": False})


def _editable(request: PortalRequest, pk: int) -> Member:
    reach = Member.objects.visible_to(request.user, Right.MEMBERS_EDIT).select_related("branch")
    member: Member = get_object_or_404(reach, pk=pk)
    return member


def _already_gone(request: PortalRequest, member: Member) -> HttpResponse:
    messages.info(request, f"{member.name}已于 {member.left_on} 离开登记册（{member.get_leave_kind_display()}）。")
    return redirect(member)


@dataclass(frozen=True)
class _Complaint:
    """A fault of the record on its page: what, what to do, and the other records concerned."""

    what: str
    remedy: str
    twins: list[Member] = field(default_factory=list)


def _complaints(request: PortalRequest, member: Member) -> Iterator[_Complaint]:
    faults = [
        *quality.faults_of_id(member.id_number, member.birth_date, member.gender),
        *quality.faults_of_dates(member.birth_date, member.joined_on, member.regularised_on, timezone.localdate()),
    ]
    for fault in faults:
        yield _Complaint(fault.what, fault.remedy)
    twins = [] if member.left_on else list(same_id(request.user, member.id_number, member.pk).live()[:5])
    if twins:
        yield _Complaint("还有在册党员登记了同一个身份证号", "核对是否重复登记，保留一条", twins)


def _profile(request: PortalRequest, member: Member) -> dict[str, Any]:
    """Return what the page of a member shows; a fixed number of queries."""
    user, today = request.user, timezone.localdate()
    top = top_for(member, user)
    every_seat = list(member.seats.select_related("committee__organization").order_by("-committee__start", "pk"))
    held = set(member.seats.held_on(today).values_list("pk", flat=True))
    seats = [seat for seat in every_seat if seat.pk in held]
    part = taking_part(member, top, user, today, hours_required(member, bool(seats)))
    return {
        "member": member,
        "community": Organization.objects.get_parent(member.branch),
        "seats": seats,
        "part": part,
        "moments": lines.timeline(
            lines.milestones(member),
            lines.belonging(member.memberships.select_related("branch").order_by("start")),
            lines.offices(every_seat),
            lines.leading(member.groups_led.select_related("group")),
            lines.letters(member),
            lines.whereabouts(member),
            deeds(member, user),
            posts_held(member, user),
            lines.registered(member, user),
            lines.attendance(part.years, today),
            dues.moments(member, user, today),
            lines.changes(member),
        ),
        "sections": sections_of(member, user),
        "complaints": list(_complaints(request, member)),
        "may_edit": may(user, Right.MEMBERS_EDIT, member.branch),
        "may_reveal": may(user, Right.SENSITIVE_REVEAL, member.branch),
    }

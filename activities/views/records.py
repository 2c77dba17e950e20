"""One activity: entered or changed together with its roll, shown, handed in, confirmed, returned, deleted."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from dateutil.relativedelta import relativedelta
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from accounts.permissions import Right
from accounts.transactions import atomic
from branches.models import Organization
from ledgers import ledger as ledgers
from ledgers.ledger import Query
from ledgers.models.record import Conflict
from ledgers.papers import ACCEPT
from ledgers.parsing import row_key
from ledgers.period import Period
from members.models import Member

from .. import roll as rolls
from ..attachments import with_versions
from ..forms.records import ActivityForm, roll_key, together_in, where_and_when
from ..models import Activity, Attendance, PendingUpload, PlannedActivity
from ..month import usual_day
from ..panels.sections import sections_of
from ..planning import release
from ..quorums import quorum
from ..roll import Roll
from ..workflow import Allowed, history_of, said_of

PEOPLE_OFFERED = 10
FIGURES = (
    ("expected", "应到", ""),
    ("present", "实到", "there"),
    ("leave", "请假", "leave"),
    ("absent", "缺席", "absent"),
)
"""Count of the roll, what it is called, the filter of its rows."""


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Enter an activity, from nothing or like an earlier one (?copy=)."""
    user = _user(request)
    source = None
    if number := request.GET.get("copy"):
        source = _found(request, row_key(number))
    initial = _like(source) if source else _planned(request) or _asked_for(request)
    form = ActivityForm(request.POST or None, initial=initial, instance=Activity(), user=user)
    if form.is_valid() and (there := form.save_record(user)):
        say_saved(request, form)
        return redirect(there)
    organization = Organization.objects.filter(pk=form.initial.get("organization")).first()
    roll = form.roll_to_show()
    if not form.is_bound and organization and form.fields["organization"].queryset.filter(pk=organization.pk).exists():  # type: ignore[attr-defined]
        day = form.initial["date"]
        roll = (
            rolls.again(source, organization, day)
            if source
            else rolls.fresh(organization, str(form.initial["kind"]), day)
        )
    return render(request, "activities/form.html", {"form": form, "source": source, **roll_context(form, roll)})


def _asked_for(request: HttpRequest) -> dict[str, Any]:
    """Return the first values of a new activity: what the address names, else the branch chosen at the top, today."""
    organization = request.chosen_organization or None  # type: ignore[attr-defined]
    if organization is not None and "organization" not in request.GET and not organization.is_branch:
        organization = None
    editable = Organization.objects.visible_to(request.user, Right.ACTIVITIES_EDIT)
    if organization is not None and not editable.filter(pk=organization.pk).exists():
        organization = None
    kind = request.GET.get("kind", "")
    kind = kind if kind in Activity.Kind.values else ""
    initial: dict[str, Any] = {"kind": kind, "date": timezone.localdate()}
    if organization is None:
        return initial
    if asked := _month_asked(request):
        initial["date"] = usual_day(organization, kind, asked)
    return initial | {"organization": organization.pk}


def _month_asked(request: HttpRequest) -> Period | None:
    """Return the month or quarter (?month=) that a to-do wants an activity of; None where it names none."""
    try:
        return Period.parse(request.GET.get("month", ""))
    except ValueError:
        return None


def _planned(request: HttpRequest) -> dict[str, Any]:
    """Return the first values of what was planned (?plan=), on its day or today if that is to come; else nothing."""
    number = row_key(request.GET.get("plan", ""))
    editable = PlannedActivity.objects.visible_to(request.user, Right.ACTIVITIES_EDIT).open()
    plan = editable.filter(pk=number).first() if number else None
    if plan is None:
        return {}
    day = min(plan.date, timezone.localdate())
    return {"organization": plan.organization_id, "kind": plan.kind, "date": day, "topic": plan.topic, "plan": plan.pk}


def _like(source: Activity) -> dict[str, Any]:
    """Return the first values of an activity like an earlier one: a month later, but not in the future."""
    day = min(source.date + relativedelta(months=1), timezone.localdate())
    names = ("organization_id", "kind", "start_time", "place", "chair", "recorder", "lecturer", "hours")
    values = {name.removesuffix("_id"): getattr(source, name) for name in names}
    return values | {"date": max(day, source.date)}


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change an activity and its roll: a draft or returned one by its branch, any by who confirms."""
    user = _user(request)
    activity = _found(request, pk, Right.ACTIVITIES_EDIT)
    if not Allowed.of(activity, user).edit:
        messages.error(request, "提交以后要由审核人退回才能修改。")
        return redirect(activity)
    form = ActivityForm(request.POST or None, instance=activity, user=user)
    if form.is_valid() and (there := form.save_record(user)):
        say_saved(request, form)
        return redirect(there)
    return render(
        request,
        "activities/form.html",
        {"form": form, "activity": _found(request, pk), **roll_context(form, form.roll_to_show())},
    )


def say_saved(request: HttpRequest, form: ActivityForm) -> None:
    """Tell what pressing the button did, and what is still missing."""
    activity = form.instance
    if form.repeated:
        messages.info(request, "这个页面刚才已经保存过，没有重复登记。")
    elif activity.status == Activity.Status.SUBMITTED and form.action == "submit":
        messages.success(request, "已提交，等待确认。")
    else:
        messages.success(request, "已保存。" if not activity.is_open else "草稿已保存，开过以后请提交。")


def roll_context(form: ActivityForm, roll: Roll) -> dict[str, Any]:
    """Return what the roll's template reads, for a whole page."""
    if form.is_bound:
        organization, kind, day = where_and_when(form.data, form.user)  # type: ignore[arg-type]
        together = together_in(form.data, form.user, organization)  # type: ignore[arg-type]
    else:
        together = []
        organization = Organization.objects.filter(pk=form.initial.get("organization")).first()
        kind, day = str(form.initial.get("kind") or ""), form.initial.get("date")
    return _roll_context(form.user, form.instance, roll, organization, kind, day, together)


def _roll_context(
    user: User,
    activity: Activity,
    roll: Roll,
    organization: Organization | None,
    kind: str,
    day: date | None,
    together: Sequence[Organization],
) -> dict[str, Any]:
    same = Activity.objects.none()
    if organization and day and kind:
        same = Activity.objects.visible_to(user).filter(
            organization__in=together or [organization], kind=kind, date=day
        )
    return {
        "roll": roll,
        "roll_for": roll_key(organization, kind, day, together),
        "same": same.exclude(pk=activity.pk)[:3],
        "states": Attendance.State.choices,
        "organization": organization,
        "kind": kind,
        "quorum": quorum(organization, kind, day, roll.present_ids) if organization and day and not together else None,
    }


@require_POST
def roll(request: HttpRequest) -> HttpResponse:
    """Answer with the roll for the organisation, kind and day that the form says now."""
    user = _user(request)
    organization, kind, day = where_and_when(request.POST, user)
    activity, minutes = Activity(), None
    if number := request.POST.get("activity"):
        activity = _found(request, row_key(number))
    if number := request.POST.get("upload"):
        upload = PendingUpload.objects.visible_to(user).filter(pk=row_key(number)).first()
        minutes = upload.minutes if upload else None
    listed = Roll()
    together = together_in(request.POST, user, organization)
    if organization and day:
        listed = rolls.renewed(request.POST, user, organization, kind, day, activity, minutes, together)
    return render(
        request,
        "activities/_roll.html",
        {"minutes": minutes, **_roll_context(user, activity, listed, organization, kind, day, together)},
    )


@require_POST  # what is searched for may be a number that no log should hold
def people(request: HttpRequest) -> HttpResponse:
    """Answer with the members whose name or initials fit, each to be put on the roll by a press."""
    text = request.POST.get("person", "").strip()
    seen = Member.objects.visible_to(request.user).live()
    found = seen.search(text).select_related("branch")[:PEOPLE_OFFERED] if text else seen.none()
    return render(request, "activities/_people.html", {"people": found, "text": text})


@require_GET
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer with one more line for the roll."""
    member = get_object_or_404(Member.objects.visible_to(request.user), pk=pk)
    line = rolls.Line(
        member.pk, member.name, member.initials, member.group_name, member.category, member.is_floating, added=True
    )
    return render(request, "activities/_line.html", {"line": line, "states": Attendance.State.choices})


@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an activity: record, roll with its counts, papers, state and history, and what may be done next."""
    user = _user(request)
    activity = _found(request, pk)
    allowed = Allowed.of(activity, user)
    called = rolls.of_activity(activity)
    context = {
        "activity": activity,
        "allowed": allowed,
        "roll": called,
        "states": Attendance.State,
        "figures": _figures(activity, called),
        "attachments": with_versions(activity.attachments.select_related("uploaded_by").defer("text")),
        "history": [(one.entry, said_of(one)) for one in history_of(activity)],
        "accept": ACCEPT,
        "in_review": "review" in request.GET and allowed.confirm,
        "sections": sections_of(activity, user),
    }
    if context["in_review"]:
        context |= neighbours(request, activity)
    return render(request, "activities/detail.html", context)


def _figures(activity: Activity, called: Roll) -> list[tuple[str, int, str]]:
    """Return (label, number, address of its rows) for the roll."""
    ledger, counts, found = ledgers.get("attendance"), called.counts, []
    for name, label, state in FIGURES:
        filters = {"activity": str(activity.pk)} | ({"state": state} if state else {})
        found.append((label, counts[name], f"{ledger.url(Query(activity.organization, filters=filters))}&period=all"))
    return found


def neighbours(request: HttpRequest, activity: Activity) -> dict[str, Any]:
    """Return the activities before and after this one in the queue of the review, and how many wait."""
    queue = list(waiting_for(request).values_list("pk", flat=True))
    place = queue.index(activity.pk) if activity.pk in queue else -1
    there = [reviewed(pk) for pk in queue]
    return {
        "place": place + 1,
        "waiting": len(queue),
        "previous": there[place - 1] if place > 0 else "",
        "following": there[place + 1] if 0 <= place < len(queue) - 1 else "",
    }


def waiting_for(request: HttpRequest) -> Any:
    """Return what waits for this user to confirm, under the organisation chosen at the top."""
    rows = Activity.objects.visible_to(request.user, Right.ACTIVITIES_CONFIRM).waiting()
    organization = request.chosen_organization  # type: ignore[attr-defined]
    return rows.under(organization) if organization else rows


def reviewed(pk: int) -> str:
    """Return the address of an activity as one of the review's queue."""
    return f"{reverse('activities:detail', args=[pk])}?{urlencode({'review': 1})}"


# What is done to it


@require_POST
def submit(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand in the minutes."""
    activity = _found(request, pk, Right.ACTIVITIES_EDIT)
    if activity.date > timezone.localdate():
        messages.error(request, "活动还没有到日期，开过以后再提交。")
        return redirect(activity)
    return _done(request, activity, activity.submit, "已提交，等待确认。")


@require_POST
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept the minutes."""
    activity = _found(request, pk, Right.ACTIVITIES_CONFIRM)
    return _done(request, activity, activity.confirm, f"已确认：{activity}")


@require_POST
def send_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the minutes with a reason."""
    activity = _found(request, pk, Right.ACTIVITIES_CONFIRM)
    reason = request.POST.get("reason", "")
    return _done(request, activity, lambda: activity.send_back(reason), f"已退回：{activity}")


def _done(request: HttpRequest, activity: Activity, act: Any, said: str) -> HttpResponse:
    """Do one step on the version that was shown; then the next of the queue, or the activity again."""
    following = neighbours(request, activity)["following"] if "review" in request.POST else ""
    if version := row_key(request.POST.get("version", "")):
        activity.version = version
    try:
        act()
    except (Conflict, ValueError) as refusal:
        changed = isinstance(refusal, Conflict)
        messages.error(request, "这条记录刚刚被别人改过，请看过最新内容再操作。" if changed else f"{refusal}。")
        return redirect(reviewed(activity.pk) if "review" in request.POST else activity.get_absolute_url())
    messages.success(request, said)
    if "review" in request.POST:
        return redirect(following or reverse("activities:review"))
    return redirect(activity)


@require_POST
@atomic
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a draft."""
    activity = _found(request, pk, Right.ACTIVITIES_EDIT, lock=True)
    if not Allowed.of(activity, _user(request)).delete:
        messages.error(request, "只有草稿可以删除；提交过的记录请联系审核人退回后修改。")
        return redirect(activity)
    release(activity)
    activity.erase()
    messages.success(request, "草稿已删除。")
    return redirect(f"{ledgers.get('activities').url(Query(activity.organization))}")


def _found(request: HttpRequest, pk: int, right: Right | None = None, *, lock: bool = False) -> Activity:
    rows = Activity.objects.visible_to(request.user, right).select_related(
        "organization", "submitted_by", "confirmed_by"
    )
    return get_object_or_404(rows.select_for_update(of=("self",), no_key=True) if lock else rows, pk=pk)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user

"""What is done with members ticked in the register: their cards, their group; and the card of one member."""

from collections.abc import Sequence

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import audit
from accounts.form_errors import OwnWords
from accounts.permissions import Right, access_of
from accounts.transactions import atomic
from branches.models import Organization
from ledgers import parsing
from ledgers.ledger import PICKED, Query
from ledgers.ledger import get as get_ledger
from ledgers.models.record import Conflict
from ledgers.parsing import row_keys
from ledgers.recording import record_all
from ledgers.requests import PortalRequest
from members.models import Member
from members.panels.cards import MOST, cards_of


def _picked(request: PortalRequest) -> list[int]:
    """Return the keys that were ticked, each once, in order."""
    sent = request.POST if request.method == "POST" else request.GET
    return row_keys(key for value in sent.getlist(PICKED) for key in value.split(","))


def _nothing_picked(request: PortalRequest) -> HttpResponse:
    messages.warning(request, "还没有选中党员：请先在左边打勾，再点要做的事。")
    return redirect("ledgers:list", "members")


@require_http_methods(["GET", "POST"])
@never_cache
def card(request: PortalRequest, pk: int) -> HttpResponse:
    """Print one member's card; a POST shows the numbers in full and writes down who asked."""
    member = get_object_or_404(Member.objects.visible_to(request.user).select_related("branch"), pk=pk)
    return _cards(request, [member], back=member.get_absolute_url())


@require_http_methods(["GET", "POST"])
@never_cache
def cards(request: PortalRequest) -> HttpResponse:
    """Print the cards of the members ticked, in the register's order."""
    keys = _picked(request)
    if not keys:
        return _nothing_picked(request)
    rows = Member.objects.visible_to(request.user).filter(pk__in=keys).select_related("branch")
    members = list(rows.order_by("branch__path", "pk")[: MOST + 1])
    if not members:
        raise Http404("no member in sight")
    if len(members) > MOST:
        messages.warning(request, f"一次最多打印 {MOST} 张党员卡，请少选一些。")
        return redirect("ledgers:list", "members")
    ticked = ",".join(str(member.pk) for member in members)
    return _cards(request, members, back=get_ledger("members").url(Query(filters={PICKED: ticked})))


def _cards(request: PortalRequest, members: Sequence[Member], back: str) -> HttpResponse:
    access = access_of(request.user)
    within = [m for m in members if access.has_on(Right.SENSITIVE_REVEAL, m.branch.path)]
    clear = request.method == "POST"
    if clear and not within:
        raise Http404("nobody whose numbers may be shown")
    if clear:
        with atomic():
            audit.record_many(
                audit.Event(
                    action="reveal",
                    obj=member,
                    changes={"显示": (None, "党员卡上的身份证号、手机号码、家庭住址")},
                    organization_path=member.audit_path(),
                )
                for member in within
            )
    context = {"cards": cards_of(members, request.user, clear), "back": back, "may_reveal": within and not clear}
    return render(request, "members/card.html", context)


class GroupForm(OwnWords, forms.Form):
    """Which group of their branch members are put into."""

    group_name = forms.CharField(
        label="党小组", max_length=60, required=False, help_text="从列表里选，或填写新的名称；留空表示不编入党小组"
    )

    def __init__(self, *args: object, names: Sequence[str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.names = names
        self.fields["group_name"].widget.attrs |= {"list": "group-names", "autocomplete": "off"}

    def clean_group_name(self) -> str:
        """Write the name the one way that imports write it."""
        return parsing.text(self.cleaned_data["group_name"])


@require_http_methods(["GET", "POST"])
def group(request: PortalRequest) -> HttpResponse:
    """Put the members ticked into a group of their branch."""
    keys = _picked(request)
    if not keys:
        return _nothing_picked(request)
    reach = Member.objects.visible_to(request.user, Right.MEMBERS_EDIT).live().filter(pk__in=keys)
    members = list(reach.select_related("branch").order_by("branch__path", "pk"))
    if not members:
        messages.warning(request, "选中的党员都不能调整：已离开登记册，或不在您可以修改的范围。")
        return redirect("ledgers:list", "members")
    form = GroupForm(request.POST or None, names=_group_names(members))
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["group_name"]
        for member in members:
            member.group_name = name
        try:
            record_all(members)
        except Conflict as conflict:
            messages.error(request, str(conflict))
        else:
            done = f"编入{name}" if name else "移出党小组"
            messages.success(request, f"已将 {len(members)} 名党员{done}。")
            ticked = ",".join(str(member.pk) for member in members)
            return redirect(get_ledger("members").url(Query(filters={PICKED: ticked})))
    context = {"form": form, "members": members, "left_out": len(keys) - len(members)}
    return render(request, "members/group.html", context)


def _group_names(members: Sequence[Member]) -> list[str]:
    """Return the groups that the members' branches have: those of the tree, and those that the register names."""
    branches = {member.branch_id: member.branch for member in members}.values()
    standing = Organization.objects.none()
    for branch in branches:
        standing |= Organization.objects.filter(branch.subtree())
    tree = standing.filter(kind=Organization.Kind.GROUP, dissolved_on__isnull=True)
    named = Member.objects.live().filter(branch__in=branches).exclude(group_name="").order_by()
    return sorted({o.name_within for o in tree} | set(named.values_list("group_name", flat=True)))

"""Pages of transfers: the letter, the inbox of the receiving branch, and what is done with a letter."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Right
from ledgers.requests import PortalRequest
from ledgers.scope import may
from members.forms.register import editable_branches
from members.forms.transfers import CancelForm, LetterForm, ReceiveForm, RefuseForm, TransferInForm
from members.models import Member, Transfer
from members.models.transfers import TransferQuerySet

from .picking import choose_member, chosen_member


@require_http_methods(["GET", "POST"])
def create(request: PortalRequest) -> HttpResponse:
    """Issue a letter for the member in the query string; without one, find the member first."""
    if "member" not in request.GET:
        return choose_member(request, "开具介绍信", "members:transfer-create", "transfers")
    subject = chosen_member(request)
    form = LetterForm(request.POST or None, instance=Transfer(member=subject), member=subject)
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(
            request, f"已开具{subject.name}的介绍信。对方接收之前，{subject.name}仍算在{subject.branch.name}。"
        )
        return redirect(there)
    return render(request, "members/transfer_form.html", {"form": form, "member": subject})


@require_http_methods(["GET", "POST"])
def take_in(request: PortalRequest) -> HttpResponse:
    """Register somebody who comes with a letter from outside the portal."""
    code = request.GET.get("branch") or getattr(request.chosen_organization, "code", "")
    branch = editable_branches(request.user).filter(code=code).first()
    form = TransferInForm(request.POST or None, instance=Member(), initial={"branch": branch}, user=request.user)
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, f"{form.instance.name or '党员'}已转入。")
        return redirect(there)
    return render(request, "members/transfer_in.html", {"form": form})


@require_GET
def inbox(request: PortalRequest) -> HttpResponse:
    """Show the letters that wait for the user: of each the name, the letter and the masked ID, and nothing else."""
    letters = Transfer.objects.inbox_of(request.user).select_related("organization", "receiver")
    return render(request, "members/inbox.html", {"letters": letters, "today": timezone.localdate()})


@require_GET
def detail(request: PortalRequest, pk: int) -> HttpResponse:
    """Show a letter; to the receiver, until it is taken in, only what it states."""
    letter = _letter(request, pk)
    keeps = may(request.user, Right.MEMBERS_VIEW, letter.organization)
    took = letter.state == letter.State.RECEIVED and letter.receiver is not None
    context = {
        "letter": letter,
        "member": letter.member
        if letter.member and may(request.user, Right.MEMBERS_VIEW, letter.member.branch)
        else None,
        "whole": keeps or (took and letter.receiver and may(request.user, Right.MEMBERS_VIEW, letter.receiver)),
        "overdue": letter.is_waiting and letter.valid_until < timezone.localdate(),
        "may_keep": letter.is_waiting and may(request.user, Right.MEMBERS_EDIT, letter.organization),
        "may_receive": letter.is_waiting and _may_receive(request, letter),
    }
    return render(request, "members/transfer.html", context)


@require_http_methods(["GET", "POST"])
def edit(request: PortalRequest, pk: int) -> HttpResponse:
    """Correct a letter that is under way."""
    letter = _kept(request, pk)
    if not letter.is_waiting or letter.member is None:
        return _done_already(request, letter)
    form = LetterForm(request.POST or None, instance=letter, member=letter.member)
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, "已保存。")
        return redirect(there)
    return render(request, "members/transfer_form.html", {"form": form, "member": letter.member, "letter": letter})


@require_http_methods(["GET", "POST"])
def receive(request: PortalRequest, pk: int) -> HttpResponse:
    """Take the member in, or note the receipt of a place outside."""
    letter = _addressed(request, pk)
    words = ("登记回执", "登记回执") if letter.receiver is None else ("接收", "接收党员")
    done = f"{letter.name}已转到{letter.target}。"
    return _step(request, letter, ReceiveForm, words, done)


@require_http_methods(["GET", "POST"])
def refuse(request: PortalRequest, pk: int) -> HttpResponse:
    """Send the letter back with a reason."""
    done = "已退回，转出支部会看到退回原因。"
    return _step(request, _addressed(request, pk), RefuseForm, ("退回", "退回介绍信"), done)


@require_http_methods(["GET", "POST"])
def cancel(request: PortalRequest, pk: int) -> HttpResponse:
    """Call the letter back."""
    letter = _kept(request, pk)
    return _step(request, letter, CancelForm, ("撤销", "撤销介绍信"), f"已撤销，{letter.name}仍在{letter.source}。")


def _step(
    request: PortalRequest, letter: Transfer, form_class: type[ReceiveForm], words: tuple[str, str], done: str
) -> HttpResponse:
    """Ask for day and words, carry it out, and go back to the letter."""
    if not letter.is_waiting:
        return _done_already(request, letter)
    form = form_class(request.POST or None, instance=letter)
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, done)
        return redirect(there)
    letter.closed_on = None
    context = {"form": form, "letter": letter, "title": words[0], "button": words[1]}
    return render(request, "members/transfer_step.html", context)


def _letter(request: PortalRequest, pk: int) -> Transfer:
    return get_object_or_404(_related(Transfer.objects.visible_to(request.user)), pk=pk)


def _kept(request: PortalRequest, pk: int) -> Transfer:
    return get_object_or_404(_related(Transfer.objects.kept_by(request.user, Right.MEMBERS_EDIT)), pk=pk)


def _addressed(request: PortalRequest, pk: int) -> Transfer:
    """Return a letter that the user answers for: the receiver's, or one's own where the receiver is outside."""
    letter = get_object_or_404(_related(Transfer.objects.visible_to(request.user, Right.MEMBERS_EDIT)), pk=pk)
    if not _may_receive(request, letter):
        raise Http404
    return letter


def _may_receive(request: PortalRequest, letter: Transfer) -> bool:
    return may(request.user, Right.MEMBERS_EDIT, letter.receiver or letter.organization)


def _related(letters: TransferQuerySet) -> TransferQuerySet:
    return letters.select_related("organization", "receiver", "member__branch")


def _done_already(request: PortalRequest, letter: Transfer) -> HttpResponse:
    messages.info(request, f"这封介绍信{letter.get_state_display()}，不能再办理。")
    return redirect(letter)

"""Pages of sign-in, accounts and the audit trail."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import administration, audit, sign_ins
from accounts.forms import AccountFilter, AccountForm, AuditFilter, NameForm, OwnPasswordForm, PostingForm, SignInForm
from accounts.middleware import page_before
from accounts.models import AuditEntry, Posting, User, UserQuerySet
from accounts.permissions import access_of
from accounts.trail import told
from accounts.transactions import atomic, take_turns

PAGE_SIZE = 50


class SignIn(LoginView):
    """Sign-in by username and password."""

    form_class = SignInForm
    template_name = "accounts/sign_in.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Check the password, unless somebody at this address is guessing."""
        return sign_ins.refuse_guessing(request) or super().post(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        """Begin a session of a new name, also where one was open already."""
        if self.request.user.is_authenticated:
            self.request.session.cycle_key()
        return super().form_valid(form)


class ChangePassword(PasswordChangeView):
    """Change of one's own password; forced at the first sign-in and after a reset."""

    form_class = OwnPasswordForm
    template_name = "accounts/change_password.html"
    success_url = settings.LOGIN_REDIRECT_URL

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        """Say that it is done."""
        messages.success(self.request, "密码已修改，下次登录请用新密码。")
        return super().form_valid(form)

    def form_invalid(self, form: PasswordChangeForm) -> HttpResponse:
        """Take a wrong old password for what it may be, somebody at an unlocked desk: after a few the session ends."""
        if form.has_error("old_password", "password_incorrect") and sign_ins.old_password_failed(self.request):
            logout(self.request)
            messages.error(
                self.request, "原密码连续输错，为安全起见已退出登录。请重新登录；忘记密码请联系街道党建办重置。"
            )
            return redirect("accounts:sign-in")
        return super().form_invalid(form)


@require_POST
def stay(request: HttpRequest) -> HttpResponse:
    """Go on being signed in: every request of a person counts the half hour anew, and this one does nothing else."""
    return HttpResponse(status=204)


def page_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that a form's page was too old to be taken, and lead back to it; the browser holds what was typed."""
    return render(request, "403_csrf.html", {"back": page_before(request)}, status=403)


@require_GET
def account_list(request: HttpRequest) -> HttpResponse:
    """List the accounts that the user manages."""
    form = AccountFilter(request.GET)
    open_postings = Posting.objects.not_ended(timezone.localdate()).select_related("organization")
    accounts = form.narrow(User.objects.visible_to(request.user)).prefetch_related(
        Prefetch("postings", queryset=open_postings, to_attr="open_postings")
    )
    page = Paginator(accounts, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "accounts/list.html", {"form": form, "page": page})


@never_cache
def create(request: HttpRequest) -> HttpResponse:
    """Make an account with its first posting, and show its one-time password once."""
    access = access_of(request.user)
    account_form, posting_form = AccountForm(request.POST or None), PostingForm(request.POST or None, access=access)
    made = None
    if request.method == "POST":
        with atomic():
            take_turns("username", request.POST.get("username", "").casefold())
            if account_form.is_valid() and posting_form.is_valid():
                made = administration.create_account(**account_form.cleaned_data)
                administration.post(made[0], **posting_form.cleaned_data)
    if made:
        return _show_password(request, *made, "账号已建好")
    return render(request, "accounts/create.html", {"account_form": account_form, "posting_form": posting_form})


@require_http_methods(["GET", "POST"])
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an account with its postings; take a new display name."""
    if request.method == "GET":
        return _detail(request, get_object_or_404(User.objects.visible_to(request.user), pk=pk))
    account = _managed(request, pk)
    form = NameForm(request.POST, instance=account)
    if not form.is_valid():
        return _detail(request, account, name_form=form)
    administration.rename(account, form.cleaned_data["name"])
    messages.success(request, "姓名已保存。")
    return redirect("accounts:detail", pk)


@require_POST
def disable(request: HttpRequest, pk: int) -> HttpResponse:
    """Close an account and end its sessions."""
    account = _managed(request, pk)
    administration.disable(account)
    messages.success(request, f"已停用{account}的账号，其登录已全部失效。")
    return redirect("accounts:detail", pk)


@require_POST
@never_cache
def enable(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a closed account, and show its one-time password once."""
    account = _managed(request, pk)
    return _show_password(request, account, administration.enable(account), "账号已启用")


@require_POST
@never_cache
def reset(request: HttpRequest, pk: int) -> HttpResponse:
    """Replace a password, end the account's sessions, and show the one-time password once."""
    account = get_object_or_404(_manageable(request).filter(is_active=True), pk=pk)
    return _show_password(request, account, administration.reset_password(account), "密码已重置")


@require_POST
def post(request: HttpRequest, pk: int) -> HttpResponse:
    """Give an account a posting."""
    account = _managed(request, pk)
    form = PostingForm(request.POST, access=access_of(request.user), holder=account)
    with atomic():
        take_turns("posting", str(account.pk))
        if not form.is_valid():
            return _detail(request, account, posting_form=form)
        posting = administration.post(account, **form.cleaned_data)
    messages.success(request, f"已任命{account}：{posting}。{_waits(account)}")
    return redirect("accounts:detail", pk)


@require_GET
def waiting(request: HttpRequest) -> HttpResponse:
    """List the postings that wait for the user as the second person."""
    postings = Posting.objects.waiting_for(request.user).select_related("user", "organization", "given_by")
    return render(request, "accounts/waiting.html", {"postings": postings.order_by("organization__path", "pk")})


@require_POST
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a posting take effect that somebody else gave."""
    with atomic():
        rows = Posting.objects.waiting_for(request.user).select_related("user", "organization")
        posting = get_object_or_404(rows.select_for_update(of=("self",), no_key=True), pk=pk)
        administration.confirm(posting)
    messages.success(request, f"已确认{posting.user}的任职：{posting}。")
    return redirect("accounts:waiting")


@require_POST
def unpost(request: HttpRequest, pk: int) -> HttpResponse:
    """End a posting at once."""
    within = Posting.objects.not_ended(timezone.localdate()).filter(
        access_of(request.user).grantable_postings(), user__in=_manageable(request)
    )
    posting = get_object_or_404(within.select_related("user", "organization"), pk=pk)
    administration.unpost(posting)
    messages.success(request, f"{posting.user}已卸任：{posting}。")
    return redirect("accounts:detail", posting.user_id)


@require_GET
def audit_list(request: HttpRequest) -> HttpResponse:
    """List the audit trail, the latest first."""
    form = AuditFilter(request.GET)
    entries = form.narrow(AuditEntry.objects.visible_to(request.user))
    page = Paginator(entries, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "accounts/audit.html", {"form": form, "page": page, "told": told(page.object_list)})


@require_POST
def verify_audit(request: HttpRequest) -> HttpResponse:
    """Check the whole chain and say what was found."""
    try:
        count = audit.verify()
    except audit.BrokenChain as broken:
        messages.error(request, f"审计链已断：{broken}。请保留数据库现状，联系系统管理员查明原因。")
    else:
        messages.success(request, f"审计链完整，共 {count} 条记录，没有被改动或删除。")
    return redirect("accounts:audit")


def _manageable(request: HttpRequest) -> UserQuerySet:
    """Return the accounts on which the user may act: nobody acts on their own."""
    return User.objects.visible_to(request.user).exclude(pk=request.user.pk)


def _managed(request: HttpRequest, pk: int) -> User:
    return get_object_or_404(_manageable(request), pk=pk)


def _detail(
    request: HttpRequest, account: User, *, name_form: NameForm | None = None, posting_form: PostingForm | None = None
) -> HttpResponse:
    access = access_of(request.user)
    context = {
        "account": account,
        "is_self": account.pk == request.user.pk,
        "postings": account.postings.filter(access.grantable_postings()).select_related("organization"),
        "name_form": name_form or NameForm(instance=account),
        "posting_form": posting_form or PostingForm(access=access, holder=account),
    }
    return render(request, "accounts/detail.html", context)


def _waits(account: User) -> str:
    """Return in Chinese that postings of an account wait for a second person, "" where none does."""
    if not account.postings.filter(waits=True).exists():
        return ""
    return "要由党建办或审计员中的另一人确认后才生效。"


def _show_password(request: HttpRequest, account: User, password: str, done: str) -> HttpResponse:
    return render(
        request,
        "accounts/one_time_password.html",
        {"account": account, "password": password, "done": done, "waits": _waits(account)},
    )

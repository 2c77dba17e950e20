"""Forms of sign-in, accounts, postings and the audit page's filter."""

from datetime import datetime, time
from typing import Any

from axes.helpers import get_failure_limit
from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from accounts import audit
from accounts.actions import ACTIONS
from accounts.form_errors import OwnWords
from accounts.models import AuditEntryQuerySet, Posting, User, UserQuerySet
from accounts.permissions import Access, Right
from accounts.roles import Role
from accounts.trail import kinds
from accounts.transactions import atomic


def _date_input() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class SignInForm(OwnWords, AuthenticationForm):
    """Username and password; after a failure it says how many tries are left."""

    def get_invalid_login_error(self) -> ValidationError:
        """Return one message for every failure, so that it does not tell which usernames exist."""
        message = "用户名或密码不对，请核对后重试。"
        failures = getattr(self.request, "axes_failures_since_start", None)
        if failures:
            left = max(get_failure_limit(self.request, None) - failures, 0)
            message += f"还可以再试 {left} 次，之后账号会锁定一段时间。忘记密码请联系党建办重置。"
        return ValidationError(message, code="invalid_login")

    def confirm_login_allowed(self, user: User) -> None:
        """Refuse a password for one use that was left lying too long; only who knows it hears of it."""
        super().confirm_login_allowed(user)
        if user.must_change_password and user.one_time_until and user.one_time_until < timezone.now():
            raise ValidationError("这个一次性密码已经过期，请联系党建办重置后再登录。", code="one_time_expired")


class OwnPasswordForm(OwnWords, PasswordChangeForm):
    """Change of one's own password."""

    def clean_new_password1(self) -> str:
        """Refuse the password that is to be replaced."""
        new: str = self.cleaned_data["new_password1"]
        if self.user.check_password(new):
            raise ValidationError("新密码不能和原密码相同。")
        return new

    @atomic
    def save(self, commit: bool = True) -> User:
        """Set the password, end the duty to change it, and leave a trace."""
        user: User = super().save(commit=False)
        user.must_change_password, user.one_time_until = False, None
        user.save(update_fields=["password", "must_change_password", "one_time_until"])
        audit.record("password-change", user)
        return user


class AccountForm(OwnWords, forms.ModelForm):
    """A new account."""

    class Meta:
        model = User
        fields = ["username", "name"]
        help_texts = {"username": "登录用，字母、数字或 @ . + - _，建好后不能改。"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = True


class NameForm(OwnWords, forms.ModelForm):
    """An account's display name."""

    class Meta:
        model = User
        fields = ["name"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = True


class _OrganizationField(forms.ModelChoiceField):
    """The tree as a list, each level one step further in."""

    def label_from_instance(self, organization: Any) -> str:
        return "　" * (organization.depth - 1) + organization.name


class PostingForm(OwnWords, forms.ModelForm):
    """A role on an organisation, both within the reach of whoever gives it."""

    class Meta:
        model = Posting
        fields = ["organization", "role", "start", "end"]
        field_classes = {"organization": _OrganizationField}
        widgets = {"start": _date_input(), "end": _date_input()}
        help_texts = {"end": "任职的最后一天；不填为长期。"}

    def __init__(self, *args: Any, access: Access, holder: User | None = None, **kwargs: Any) -> None:
        """`access` is that of the giver, `holder` the one who gets the posting (None while the account is new)."""
        super().__init__(*args, **kwargs)
        self.access, self.holder = access, holder
        organization = self.fields["organization"]
        assert isinstance(organization, forms.ModelChoiceField) and organization.queryset is not None
        organization.queryset = organization.queryset.filter(access.scope(Right.ACCOUNTS_MANAGE)).order_by("path")
        grantable = access.grantable_anywhere()
        self.fields["role"].choices = [("", "---------"), *(c for c in Role.choices if c[0] in grantable)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Check role and place together, and that the same posting is not given twice for the same time."""
        given = super().clean() or {}
        organization, role, start = given.get("organization"), given.get("role"), given.get("start")
        if not (organization and role and start):
            return given
        if role not in self.access.grantable(organization.path):
            self.add_error("role", "您不能在这个党组织任命这个角色，请另选角色或党组织。")
        if self.holder:
            same = Posting.objects.filter(user=self.holder, organization=organization, role=role).not_ended(start)
            if given.get("end"):
                same = same.filter(start__lte=given["end"])
            if same.exists():
                self.add_error(None, "此人在这段时间已有同样的任职，不必重复添加。")
        return given


class AccountFilter(OwnWords, forms.Form):
    """The account list's filter."""

    q = forms.CharField(label="用户名或姓名", required=False)
    state = forms.ChoiceField(
        label="状态", required=False, choices=[("", "全部"), ("active", "启用"), ("disabled", "停用")]
    )

    def narrow(self, accounts: UserQuerySet) -> UserQuerySet:
        """Keep what the filter asks for; everything while it is wrong."""
        if not self.is_valid():
            return accounts
        if q := self.cleaned_data["q"]:
            accounts = accounts.filter(Q(username__icontains=q) | Q(name__icontains=q))
        if state := self.cleaned_data["state"]:
            accounts = accounts.filter(is_active=state == "active")
        return accounts


class AuditFilter(OwnWords, forms.Form):
    """The audit page's filter."""

    actor = forms.CharField(label="操作人", required=False)
    action = forms.ChoiceField(label="操作", required=False, choices=[("", "全部"), *ACTIONS.items()])
    kind = forms.ChoiceField(label="对象类型", required=False)
    object = forms.CharField(label="对象", required=False)
    address = forms.CharField(label="来源地址", required=False)
    since = forms.DateField(label="从", required=False, widget=_date_input())
    until = forms.DateField(label="到", required=False, widget=_date_input())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [("", "全部"), *kinds()]  # type: ignore[attr-defined]

    def narrow(self, entries: AuditEntryQuerySet) -> AuditEntryQuerySet:
        """Keep what the filter asks for, the last day included; everything while it is wrong."""
        if not self.is_valid():
            return entries
        asked = self.cleaned_data
        if asked["actor"]:
            entries = entries.filter(actor_name__icontains=asked["actor"])
        if asked["action"]:
            entries = entries.filter(action=asked["action"])
        if asked["kind"]:
            entries = entries.filter(model=asked["kind"])
        if asked["address"]:
            entries = entries.filter(address=asked["address"])
        if asked["object"]:
            entries = entries.filter(label__icontains=asked["object"])
        if asked["since"]:
            entries = entries.filter(at__gte=timezone.make_aware(datetime.combine(asked["since"], time.min)))
        if asked["until"]:
            entries = entries.filter(at__lte=timezone.make_aware(datetime.combine(asked["until"], time.max)))
        return entries

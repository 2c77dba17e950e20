"""Sign-ins, failures, lockouts and sign-outs, written to the audit trail as Django and axes report them."""

from typing import Any

from axes.helpers import get_failure_limit
from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from accounts import audit
from accounts.acting import acting_as
from accounts.encryption import digest
from accounts.models import User
from accounts.permissions import access_of
from accounts.transactions import atomic


@receiver(user_logged_in)
def signed_in(request: HttpRequest | None, user: User, **kwargs: object) -> None:
    """Record a sign-in."""
    _record("sign-in", request, user)


@receiver(user_logged_out)
def signed_out(request: HttpRequest | None, user: User | None, **kwargs: object) -> None:
    """Record a sign-out; nobody signs out twice."""
    if user is not None:
        _record("sign-out", request, user)


@receiver(user_login_failed)
def sign_in_failed(credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: object) -> None:
    """Record a failed sign-in."""
    _record_attempt("sign-in-failed", request, str(credentials.get("username") or ""))


@receiver(user_locked_out)
def locked_out(request: HttpRequest, username: str | None, **kwargs: object) -> None:
    """Record the failure that locks an account; further attempts are recorded as failures only."""
    if getattr(request, "axes_failures_since_start", None) == get_failure_limit(request, None):
        _record_attempt("lockout", request, username or "")


def _record_attempt(action: str, request: HttpRequest | None, username: str) -> None:
    """Record an attempt by its username; an unknown one may be a password in the wrong box, so only its digest."""
    user = User.objects.filter(username=username).first()
    label = username if user else f"不存在的用户名（{audit.DIGEST_MARK}{digest(username)}）"
    with atomic(), acting_as(None, _address(request)):
        audit.record(action, user, label=label, organization_path=access_of(user).home_path if user else "")


def _record(action: str, request: HttpRequest | None, user: User) -> None:
    with atomic(), acting_as(user, _address(request)):
        audit.record(action, user, label=user.username)


def _address(request: HttpRequest | None) -> str:
    return request.META.get("REMOTE_ADDR", "") if request else ""

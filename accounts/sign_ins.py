"""Sign-ins, failures, lockouts and sign-outs: written to the audit trail, and refused where somebody is guessing.

Failures lock a username for the address that they came from, so that nobody can keep somebody else out from another
one; the wait is short at first and grows with each further failure. Who tries many usernames from one address is
refused whatever the username.
"""

from datetime import datetime, timedelta
from time import time
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_failure_limit
from axes.models import AccessAttempt
from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models import Max, QuerySet, Sum
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts import audit
from accounts.acting import acting_as
from accounts.encryption import digest
from accounts.models import AuditEntry, User
from accounts.permissions import access_of
from accounts.transactions import atomic

ADDRESS_LABEL = "来源地址：短时间内登录失败过多"
ADDRESS_FAILURES = 60
ADDRESS_WINDOW = timedelta(minutes=10)
"""So many failures from one address, of whatever usernames, close sign-in to it until the window has passed."""
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(minutes=30)
"""How long a username is refused after as many failures as are allowed; each further one doubles it."""
SESSION_LIFE = timedelta(hours=12)
"""A working day: after it everybody signs in anew, so that a session left somewhere does not live on for ever."""
SIGNED_IN_AT, WRONG_OLD = "signed-in-at", "wrong-old-passwords"
ONE_ENTRY_IN = timedelta(minutes=1)
"""Failures of one username from one address within this time are one entry, so that nobody can flood the trail."""


class Handler(AxesDatabaseHandler):
    """The lockout of django-axes, which forgets failures when the longest wait is over, however short the present."""

    def clean_expired_user_attempts(self, request: HttpRequest | None = None, credentials: Any = None) -> int:
        """Delete the failures that count no more."""
        return int(AccessAttempt.objects.filter(attempt_time__lt=timezone.now() - LONGEST_WAIT).delete()[0])


def wait(request: HttpRequest) -> timedelta:
    """Return how long failures of the username asked for count from this address; one query.

    While there are too few to lock it, they count for the longest time.
    """
    held = _failures_of(request.POST.get("username", ""), request)
    further = (held.aggregate(all=Sum("failures_since_start"))["all"] or 0) - get_failure_limit(request, None)
    return LONGEST_WAIT if further < 0 else min(FIRST_WAIT * 2 ** min(further, 10), LONGEST_WAIT)


def _failures_of(username: str, request: HttpRequest) -> QuerySet[AccessAttempt]:
    since = timezone.now() - LONGEST_WAIT
    return AccessAttempt.objects.filter(username=username, ip_address=_address(request), attempt_time__gt=since)


def refuse(request: HttpRequest, credentials: dict[str, Any] | None = None) -> HttpResponse:
    """Say that a username is locked for this address, and until when; the same for usernames that nobody has."""
    username = (credentials or {}).get("username") or request.POST.get("username", "")
    last = _failures_of(username, request).aggregate(last=Max("attempt_time"))["last"] or timezone.now()
    context = {"failure_limit": get_failure_limit(request, credentials), "until": _minute_after(last, wait(request))}
    return render(request, "accounts/locked.html", context, status=429)


def refuse_guessing(request: HttpRequest) -> HttpResponse | None:
    """Return the refusal of an address from which too many sign-ins failed of late, or None; one query."""
    address = _address(request)
    held = AccessAttempt.objects.filter(ip_address=address, attempt_time__gt=timezone.now() - ADDRESS_WINDOW)
    found = held.aggregate(failures=Sum("failures_since_start"), last=Max("attempt_time"))
    if (found["failures"] or 0) < ADDRESS_FAILURES:
        return None
    if not _written("lockout", ADDRESS_LABEL, address, ADDRESS_WINDOW):
        with atomic(), acting_as(None, address):
            audit.record("lockout", label=ADDRESS_LABEL)
    context = {"until": _minute_after(found["last"], ADDRESS_WINDOW)}
    return render(request, "accounts/locked_address.html", context, status=429)


def _minute_after(moment: datetime, locked: timedelta) -> datetime:
    """Return the first full minute in which a lock that began at a moment is over."""
    return (moment + locked).replace(second=0, microsecond=0) + timedelta(minutes=1)


def _written(action: str, label: str, address: str, within: timedelta) -> bool:
    """Say whether the trail has this about the address from within that time."""
    held = AuditEntry.objects.filter(at__gt=timezone.now() - within, action=action, label=label, address=address)
    return held.exists()


def outlived(request: HttpRequest) -> bool:
    """Say whether the session is older than `SESSION_LIFE`, however busy; one of unknown age counts from now on."""
    now = time()
    return bool(now - request.session.setdefault(SIGNED_IN_AT, now) > SESSION_LIFE.total_seconds())


def old_password_failed(request: HttpRequest) -> bool:
    """Record a wrong old password at the change of it; say whether the session has had as many as a sign-in may."""
    assert isinstance(request.user, User)  # the page is for who is signed in
    _record("password-refused", request, request.user)
    failures: int = request.session.get(WRONG_OLD, 0) + 1
    request.session[WRONG_OLD] = failures
    return failures >= get_failure_limit(request, None)


@receiver(user_logged_in)
def signed_in(request: HttpRequest | None, user: User, **kwargs: object) -> None:
    """Record a sign-in, and note in the session when it was."""
    if request is not None and hasattr(request, "session"):
        request.session[SIGNED_IN_AT] = time()
        request.session.pop(WRONG_OLD, None)
    _record("sign-in", request, user)


@receiver(user_logged_out)
def signed_out(request: HttpRequest | None, user: User | None, **kwargs: object) -> None:
    """Record a sign-out; nobody signs out twice."""
    if user is not None:
        _record("sign-out", request, user)


@receiver(user_login_failed)
def sign_in_failed(credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: object) -> None:
    """Record a failed sign-in, one a minute for each username and address."""
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
    if action == "sign-in-failed" and _written(action, label, _address(request), ONE_ENTRY_IN):
        return
    with atomic(), acting_as(None, _address(request)):
        audit.record(action, user, label=label, organization_path=access_of(user).home_path if user else "")


def _record(action: str, request: HttpRequest | None, user: User) -> None:
    with atomic(), acting_as(user, _address(request)):
        audit.record(action, user, label=user.username)


def _address(request: HttpRequest | None) -> str:
    return request.META.get("REMOTE_ADDR", "") if request else ""

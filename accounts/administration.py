"""What the office does with accounts and postings; each change with its audit entry in one transaction."""

from datetime import date, timedelta
from typing import Any

from axes.utils import reset as forget_failures
from django.utils import timezone

from accounts import audit
from accounts.acting import current_actor
from accounts.models import Posting, User
from accounts.passwords import ONE_TIME_LIFE, one_time_password
from accounts.permissions import access_of
from accounts.roles import Role
from accounts.transactions import atomic


@atomic
def create_account(username: str, name: str) -> tuple[User, str]:
    """Make an account without postings; return it with the password for its first sign-in."""
    password = one_time_password()
    user = User.objects.create_user(
        username,
        password=password,
        name=name,
        must_change_password=True,
        one_time_until=timezone.now() + ONE_TIME_LIFE,
    )
    audit.record("account-create", user, changes={"username": (None, username), "name": (None, name)})
    return user, password


@atomic
def rename(user: User, name: str) -> None:
    """Give the account another display name."""
    before = User.objects.values_list("name", flat=True).get(pk=user.pk)
    if before == name:
        return
    user.name = name
    user.save(update_fields=["name"])
    audit.record("account-change", user, changes={"name": (before, name)}, organization_path=access_of(user).home_path)


@atomic
def disable(user: User) -> None:
    """Close the account. Its sessions end, and its password with it: coming back takes `enable`."""
    path = access_of(user).home_path
    user.is_active = False
    user.set_unusable_password()
    user.save(update_fields=["is_active", "password"])
    audit.record("account-disable", user, changes={"is_active": (True, False)}, organization_path=path)


@atomic
def enable(user: User) -> str:
    """Open a closed account again; return the password for its next sign-in."""
    user.is_active = True
    password = _give_password(user)
    audit.record(
        "account-enable", user, changes={"is_active": (False, True)}, organization_path=access_of(user).home_path
    )
    return password


@atomic
def reset_password(user: User) -> str:
    """Replace a forgotten password: sessions end, a lockout is lifted; return the password for the next sign-in."""
    password = _give_password(user)
    audit.record("account-reset", user, organization_path=access_of(user).home_path)
    return password


@atomic
def post(user: User, organization: Any, role: Role, start: date, end: date | None = None) -> Posting:
    """Give the user a role on a node of the organisation tree, from the first to the last day inclusive."""
    giver = current_actor()
    waits = giver is not None and not access_of(giver).takes_effect_at_once(Role(role), organization.path)
    posting = Posting.objects.create(
        user=user, organization=organization, role=role, start=start, end=end, waits=waits, given_by=giver
    )
    audit.record(
        "post",
        posting,
        changes={"user": (None, str(user)), "start": (None, start), "end": (None, end)}
        | ({"waits": (False, True)} if waits else {}),
        label=f"{user}：{posting}",
        organization_path=organization.path,
    )
    return posting


@atomic
def confirm(posting: Posting) -> None:
    """Let a posting take effect that waited for a second person."""
    posting.waits = False
    posting.save(update_fields=["waits"])
    audit.record(
        "confirm-posting",
        posting,
        changes={"waits": (True, False)},
        label=f"{posting.user}：{posting}",
        organization_path=posting.organization.path,
    )


@atomic
def unpost(posting: Posting) -> None:
    """End a posting at once: yesterday was its last day. One that began today or later never was, and is removed."""
    yesterday = timezone.localdate() - timedelta(days=1)
    audit.record(
        "unpost",
        posting,
        changes={"end": (posting.end, yesterday)} if posting.start <= yesterday else {"start": (posting.start, None)},
        label=f"{posting.user}：{posting}",
        organization_path=posting.organization.path,
    )
    if posting.start <= yesterday:
        posting.end = yesterday
        posting.save(update_fields=["end"])
    else:
        posting.delete()


def _give_password(user: User) -> str:
    """Set a one-time password. Sessions carry a digest of the password, so a new one ends them all."""
    password = one_time_password()
    user.set_password(password)
    user.must_change_password = True
    user.one_time_until = timezone.now() + ONE_TIME_LIFE
    user.save(update_fields=["is_active", "password", "must_change_password", "one_time_until"])
    forget_failures(username=user.username)
    _hold_back(user)
    return password


def _hold_back(user: User) -> None:
    """Have the postings of an account wait again whose password somebody now knows who could not give them alone."""
    giver = current_actor()
    if giver is None:
        return
    access = access_of(giver)
    open_ones = user.postings.not_ended(timezone.localdate()).filter(waits=False).select_related("organization")
    held = [p for p in open_ones if not access.takes_effect_at_once(Role(p.role), p.organization.path)]
    for posting in held:
        posting.waits, posting.given_by = True, giver
    Posting.objects.bulk_update(held, ["waits", "given_by"])
    audit.record_many(
        audit.Event(
            action="change",
            obj=posting,
            changes={"waits": (False, True)},
            label=f"{user}：{posting}",
            organization_path=posting.organization.path,
        )
        for posting in held
    )
    user._access = None

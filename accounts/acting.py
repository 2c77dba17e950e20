"""Who is acting, and from where: set by the middleware for a request, by `acting_as` for a command or a task."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User

_actor: ContextVar[User | AnonymousUser | None] = ContextVar("actor", default=None)
_address: ContextVar[str] = ContextVar("address", default="")


def current_actor() -> User | None:
    """Return the signed-in user on whose behalf the code runs; None on a bare command line or before sign-in."""
    user = _actor.get()
    return user if user is not None and user.is_authenticated else None


def current_address() -> str:
    """Return the network address the request came from; empty on the command line."""
    return _address.get()


@contextmanager
def acting_as(user: User | AnonymousUser | None, address: str = "") -> Iterator[None]:
    """Let everything inside be done, and audited, in this user's name."""
    actor_token, address_token = _actor.set(user), _address.set(address)
    try:
        yield
    finally:
        _actor.reset(actor_token)
        _address.reset(address_token)

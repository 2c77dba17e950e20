"""What a member's page shows of their time as a Party worker (党务工作者)."""

from collections.abc import Iterator, Mapping
from typing import Any

from accounts.models import User
from branches.models import PartyWorker

from ..models import Member
from ..timeline import Moment
from .sections import Section


def _posts(member: Member, user: User) -> Mapping[str, Any] | None:
    """The posts that the user may see, the latest first."""
    visible = PartyWorker.objects.visible_to(user).filter(member=member).select_related("organization")
    posts = list(visible.order_by("-start"))
    return {"posts": posts} if posts else None


def posts_held(member: Member, user: User) -> Iterator[Moment]:
    """Yield taking up and leaving posts as a Party worker."""
    for post in PartyWorker.objects.visible_to(user).filter(member=member).select_related("organization"):
        what = f"{post.organization.name}{post.get_post_display()}"
        yield Moment(post.start, "任党务工作者", what, url=post.get_absolute_url())
        if post.left_on:
            detail = f"{what}，{post.get_left_reason_display()}"
            yield Moment(post.left_on, "党务工作者离岗", detail, url=post.get_absolute_url())


SECTION = Section("党务工作", "members/sections/party_work.html", _posts, order=60)

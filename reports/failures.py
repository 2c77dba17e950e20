"""What a person is told where the portal cannot work: the database is away or too busy, or the disk is full."""

import errno
import logging
import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.views import defaults

from accounts.transactions import lost

logger = logging.getLogger(__name__)
RETRY_AFTER = 30
"""Seconds after which a browser may ask again."""
NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}
CANCELED = "57014"
"""PostgreSQL's code of a statement that took too long."""


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer what no view could: 503 with a sentence where it is the server's state, else 500."""
    error = sys.exc_info()[1]
    words = _state(error)
    if not words:
        return defaults.server_error(request)
    page = loader.get_template("503.html").render({"words": words})
    response = HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_AFTER), "Cache-Control": "no-store"})
    response._has_been_logged = True  # type: ignore[attr-defined]  # one line below, not a traceback for each request
    if not getattr(request, "portal_told", False):  # each layer that fails in turn comes by here
        request.portal_told = True  # type: ignore[attr-defined]
        # the page by its pattern: what stands in an address may be secret, such as that of a calendar or a door
        page_asked = request.resolver_match.route if request.resolver_match else "?"
        logger.error("503 %s %s: %s", request.method, page_asked, words, exc_info=isinstance(error, OSError))
    return response


def _state(error: BaseException | None) -> str:
    """Return in Chinese what state of the server an error tells of, "" where it is a fault of the portal."""
    if isinstance(error, OSError) and error.errno in NO_SPACE:
        return "服务器的存储空间不足或不能写入，刚才的内容没有保存。请联系系统管理员。"
    if not isinstance(error, OperationalError | InterfaceError):
        return ""
    text = str(error).splitlines()[0] if str(error) else ""
    if text.startswith(("no such", "near ")):  # SQLite's name for what is a fault of the portal
        return ""
    if "is full" in text or "readonly" in text:
        return "服务器的存储空间不足或不能写入，刚才的内容没有保存。请联系系统管理员。"
    if lost(error) or getattr(error.__cause__, "pgcode", None) == CANCELED or "locked" in text:
        return "现在同时办理的人太多，刚才的操作没有轮到，没有保存任何内容。请过一会儿再做一次。"
    return "数据库暂时连不上，刚才的操作没有完成。请过一会儿再试；几分钟后还是不行，请联系系统管理员。"

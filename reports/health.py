"""What monitoring asks: is the process up, are the database and its tables ready."""

import logging

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

logger = logging.getLogger(__name__)


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer ok: the process is up."""
    return HttpResponse("ok", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer whether requests can be served; 503 with the reason where not."""
    reason = obstacle()
    if reason:
        return JsonResponse({"ready": False, "reason": reason}, status=503, json_dumps_params={"ensure_ascii": False})
    return JsonResponse({"ready": True})


def obstacle() -> str:
    """Return in Chinese what keeps the portal from serving; empty where nothing does. Addresses stay in the log."""
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        logger.exception("the database does not answer")
        return "连接不上数据库。请检查数据库是否启动、DATABASE_URL 是否正确，详情见日志。"
    if missing:
        names = "、".join(f"{migration.app_label}.{migration.name}" for migration, _ in missing[:3])
        others = "等" if len(missing) > 3 else ""
        return f"数据库还有 {len(missing)} 项变更没有执行（{names}{others}），请运行 manage.py migrate。"
    return ""

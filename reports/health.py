"""What monitoring asks: is the process up, are the database and its tables ready."""

import logging
import shutil
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import keys
from ledgers import background, upkeep

logger = logging.getLogger(__name__)
FOLDERS = ("MEDIA_ROOT", "CACHE_DIR")
NOT_READY = "尚未就绪，详情见日志。"
"""For who is not signed in: which version stands behind the address is nobody's business."""


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer ok: the process is up."""
    return HttpResponse("ok", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer whether requests can be served; 503 with the reason where not, a warning where only some work waits."""
    reason = obstacle()
    if reason:
        return JsonResponse({"ready": False, "reason": reason}, status=503, json_dumps_params={"ensure_ascii": False})
    warnings = upkeep.wrongs()
    if background.waits_in_vain():
        logger.error("background tasks wait, and no worker is alive")
        warnings.insert(0, "后台任务在等，但后台服务没有运行。")
    answer = {"ready": True} | ({"warnings": warnings} if warnings else {})
    return JsonResponse(answer, json_dumps_params={"ensure_ascii": False})


def obstacle() -> str:
    """Return in Chinese what keeps the portal from serving; empty where nothing does. Addresses stay in the log."""
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        logger.exception("the database does not answer")
        return "连接不上数据库。请检查数据库是否启动、DATABASE_URL 是否正确，详情见日志。"
    if missing:
        names = ", ".join(f"{migration.app_label}.{migration.name}" for migration, _ in missing)
        logger.error("migrations to apply: %s", names)
        return NOT_READY
    if wrong := keys.fault():
        logger.critical("%s", wrong)
        return "密钥与数据库不符，详情见日志。"
    return next((reason for folder in FOLDERS if (reason := fault_of(folder))), "")


def fault_of(name: str) -> str:
    """Return in Chinese what is wrong with a folder that must be written to, named as its setting; or nothing."""
    folder = Path(settings.CACHES["default"]["LOCATION"] if name == "CACHE_DIR" else settings.MEDIA_ROOT)
    if name == "CACHE_DIR" and "filebased" not in settings.CACHES["default"]["BACKEND"].lower():
        return ""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=folder, prefix=".writable-"):
            pass
        free = shutil.disk_usage(folder).free
    except OSError as error:
        logger.error("%s cannot be written to: %s", name, error)
        return f"文件目录 {name} 不能写入，请检查权限和磁盘空间。"
    return "" if free >= upkeep.LEAST_FREE else f"文件目录 {name} 所在磁盘只剩 {free // 1024**2} MB，请清理。"

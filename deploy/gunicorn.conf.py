"""gunicorn behind nginx; the socket comes from portal-web.socket, which only nginx may open."""

import multiprocessing
from collections.abc import Callable, Iterable
from typing import Any

workers = multiprocessing.cpu_count() + 1
# Who waits for a lock of the database, or for a slow line, takes up a thread and not a process.
worker_class = "gthread"
threads = 8
timeout = 120
max_requests = 2000
max_requests_jitter = 200
preload_app = False


def post_worker_init(worker: Any) -> None:
    """Let the portal see the visitor's address, which nginx sets, instead of the socket's: the audit trail needs it."""
    portal: Callable[..., Iterable[bytes]] = worker.wsgi

    def with_address(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["REMOTE_ADDR"] = environ.get("HTTP_X_REAL_IP", "")
        return portal(environ, start_response)

    worker.wsgi = with_address

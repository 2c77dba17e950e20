"""The layout of docs/operations.md: the portal cannot write its own code, only its data."""

import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from http.client import HTTPResponse
from pathlib import Path

import pytest
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
NOT_SHIPPED = shutil.ignore_patterns(".git", ".venv", "var", "tests", "bench", "__pycache__", ".*_cache")
WAIT = 60
"""Seconds that the portal may take to answer for the first time."""


def bare(*command):
    """The command without root's right to write where the modes of files forbid it."""
    return ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", *command] if os.geteuid() == 0 else command


pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="starts a portal with a database of its own")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The code as section 2 installs it, with an empty database, and its folder of data."""
    base = tmp_path_factory.mktemp("layout")
    code, data = base / "srv", base / "lib"
    shutil.copytree(ROOT, code, ignore=NOT_SHIPPED)
    for name in ("media", "cache"):
        (data / name).mkdir(parents=True, mode=0o700)
    written = {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "FIELD_KEYS": secrets.token_hex(32),
        "DATABASE_URL": f"sqlite:///{data}/portal.sqlite3",
        "ALLOWED_HOSTS": "localhost",
        "MEDIA_ROOT": data / "media",
        "CACHE_DIR": data / "cache",
    }
    example = (code / "deploy/.env.example").read_text()
    for name, value in written.items():
        example, found = re.subn(rf"(?m)^{name}=.*$", f"{name}={value}", example)
        assert found == 1, f".env.example does not name {name}"
    (code / ".env").write_text(example)
    manage(code, "collectstatic", "--noinput")
    subprocess.run(["chmod", "-R", "a-w", code], check=True)
    yield code, data
    subprocess.run(["chmod", "-R", "u+w", code], check=True)


def environment():
    """What a service has: nothing of what the suite was started with."""
    return {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}


def manage(code, *arguments):
    command = bare(sys.executable, "manage.py", *arguments)
    return subprocess.run(command, cwd=code, env=environment(), check=True, capture_output=True, text=True).stdout


def free_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


def ask(address, **headers) -> tuple[int, str, HTTPResponse | urllib.error.HTTPError]:
    of = {"Host": "localhost", "X-Forwarded-Proto": "https", "X-Real-IP": "10.0.0.7", **headers}
    try:
        answer = urllib.request.urlopen(urllib.request.Request(address, headers=of), timeout=30)
    except urllib.error.HTTPError as refused:
        answer = refused
    return answer.status, answer.read().decode(), answer


@pytest.fixture(scope="module")
def portal(installed):
    """The portal as portal-web.service starts it, on a port instead of the socket."""
    code, data = installed
    manage(code, "migrate")
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = bare(
        sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "--workers", "1", "config.wsgi"
    )
    with subprocess.Popen([*command, "--bind", f"127.0.0.1:{port}"], cwd=code, env=environment()) as running:
        until = time.monotonic() + WAIT
        while True:
            try:
                ask(f"{address}/healthz")
                break
            except (urllib.error.URLError, ConnectionError):
                assert running.poll() is None and time.monotonic() < until, "the portal does not start"
                time.sleep(0.2)
        yield address, code, data
        running.terminate()


def test_the_portal_runs_where_only_its_data_can_be_written_and_tells_where_they_cannot(portal):
    address, code, data = portal
    with pytest.raises(subprocess.CalledProcessError):
        subprocess.run(bare("touch", code / "new"), check=True, capture_output=True)
    before = set(code.rglob("*"))
    assert ask(f"{address}/readyz")[0] == 200
    status, page, _ = ask(f"{address}/accounts/sign-in/")
    assert status == 200 and "登录" in page
    style = re.search(r'href="(/static/[^"]+\.css)"', page)
    assert style and ask(address + style[1])[0] == 200
    manage(code, "check", "--deploy", "--fail-level", "WARNING")
    manage(code, "verify_audit", "--note")
    manage(code, "reencrypt", "--check")
    manage(code, "sync_findings")
    manage(code, "db_worker", "--queue-name", "*", "--batch")
    assert set(code.rglob("*")) == before
    assert (data / "portal.sqlite3").exists()
    (data / "media").chmod(0o500)
    try:
        status, told, _ = ask(f"{address}/readyz")
    finally:
        (data / "media").chmod(0o700)
    assert status == 503
    assert "media" in told or "文件" in told or "上传" in told

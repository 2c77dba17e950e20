"""A real Chromium before a real server: every page that a test opens is watched while it is open.

What the browser complains of (an error in a script, something that the content security policy refused, a part that
was not found) fails the test at its end, and so does a page wider than its window.
"""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client, override_settings
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from ledgers.period import Period, PeriodKind

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, ConsoleMessage, Page

Size = tuple[int, int]
PATIENCE = 30_000
"""Milliseconds that a test waits for a state; what comes sooner costs nothing, and a busy machine fails no test."""
DESK: Size = (1366, 768)
PHONE: Size = (390, 844)
OFFICE_SAMPLE = Path(settings.BASE_DIR).parent / "shared" / "samples" / "office"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WATCH_WIDTH = """
const watch = () => {
  if (document.documentElement.scrollWidth <= %d) return;
  const parts = [...document.querySelectorAll('main *, header *')];
  const wide = parts.filter((one) => one.getBoundingClientRect().right > %d).slice(0, 5);
  console.error('wider than the window:', wide.map((one) => one.outerHTML.slice(0, 120)).join(' | '));
};
addEventListener('load', watch);
addEventListener('htmx:afterSettle', watch);
"""

PASTE = """([field, text]) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""
"""Pastes a text into a field, as from Excel."""

at_both_sizes = pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
needs_sample = pytest.mark.skipif(not OFFICE_SAMPLE.exists(), reason="no sample files beside this checkout")

# Playwright keeps an event loop running in the thread of the tests, in which Django would refuse to ask the database.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

if find_spec("pytest_playwright") is None:  # requirements-dev.txt is not installed
    collect_ignore_glob = ["test_*.py"]
else:
    from playwright.sync_api import expect

    expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Start Debian's Chromium; as root, in a container, it needs to go without its sandbox."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium fonts-noto-cjk")
    return {"executable_path": CHROMIUM, "args": ["--no-sandbox", "--disable-dev-shm-usage"]}


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    """Be a browser of somebody in China."""
    return {"locale": "zh-CN", "timezone_id": "Asia/Shanghai"}


@pytest.fixture(scope="module")
def transactional_db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Open the test database to the tests of one module, which share what is in it; it is emptied at their end.

    By this name pytest-django knows that a test needs the test database, and that it runs after those that roll back.
    """
    with django_db_blocker.unblock():
        yield
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture(scope="module")
def portal(transactional_db: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """Serve the portal on an empty database."""
    with override_settings(MEDIA_ROOT=str(tmp_path_factory.mktemp("media")), ALLOWED_HOSTS=["localhost"]):
        server = LiveServer("localhost")
        yield server
        for thread in threading.enumerate():  # what is still being answered uses the test's connection: let it end
            if "process_request_thread" in thread.name:
                thread.join(PATIENCE / 1000)
        server.stop()


@pytest.fixture(scope="module")
def demo_street(portal: LiveServer) -> Period:
    """Fill the portal with a small street, its accounts and its findings; return the last quarter that is over."""
    call_command("load_demo", members_per_street=60, months=6, superuser=True, stdout=StringIO(), stderr=StringIO())
    call_command("sync_findings", stdout=StringIO())
    return Period.containing(timezone.localdate(), PeriodKind.QUARTER).previous()


@pytest.fixture
def size() -> Size:
    """Return the window's size; a test that asks for both is marked `at_both_sizes`."""
    return DESK


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """Return what the browser has complained of so far; nothing must be left at the test's end."""
    said: list[str] = []
    yield said
    assert said == []


@pytest.fixture
def anyone(
    portal: LiveServer, size: Size, complaints: list[str], new_context: Callable[..., "BrowserContext"]
) -> "Page":
    """Return a blank page of somebody who has not signed in. Addresses may be given without the host."""
    width, height = size
    phone = {"is_mobile": True, "has_touch": True} if size == PHONE else {}
    context = new_context(base_url=portal.url, viewport={"width": width, "height": height}, **phone)
    context.set_default_timeout(PATIENCE)
    context.add_init_script(WATCH_WIDTH % (width, width))
    page = context.new_page()

    def note(message: "ConsoleMessage") -> None:
        refused_page = message.location["url"] == page.url and "status of 4" in message.text
        if message.type in ("error", "warning") and not refused_page:
            complaints.append(f"{page.url}: {message.text}")

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    page.on("response", lambda answer: answer.status >= 500 and complaints.append(f"{answer.status}: {answer.url}"))
    return page


@pytest.fixture
def signed_in(portal: LiveServer, anyone: "Page") -> "Callable[[str], Page]":
    """Return `signed_in(username)`: the page of that user, who has just signed in."""

    def enter(username: str) -> "Page":
        client = Client()
        client.force_login(User.objects.get(username=username), "django.contrib.auth.backends.ModelBackend")
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        anyone.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": portal.url}])
        return anyone

    return enter

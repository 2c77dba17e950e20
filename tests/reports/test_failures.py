"""The server's state is told as it is: the database away, too many at once, the disk full."""

import errno
import logging
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from accounts.roles import Role
from reports.failures import server_error
from tests.factories import sign_in, street

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor() -> Client:
    client = Client(raise_request_exception=False)
    sign_in(client, Role.OFFICE, street().committee)
    return client


def fail(monkeypatch: pytest.MonkeyPatch, words: str, code: str = "") -> None:
    """Have every query fail from here on, as the driver would."""

    def cursor(*args: Any) -> Any:
        error = OperationalError(words)
        error.__cause__ = SimpleError(code)
        raise error

    monkeypatch.setattr(connection, "cursor", cursor)


class SimpleError(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.pgcode = code or None


@pytest.mark.parametrize("path", ["/", "/dashboard/", "/ledgers/members/", "/members/new/"])
def test_without_a_database_every_page_says_so(visitor, monkeypatch, text_of, caplog, path):
    fail(monkeypatch, "connection to server failed: Connection refused")
    with caplog.at_level(logging.ERROR):
        response = visitor.get(path)
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "30"
    assert "数据库暂时连不上" in text_of(response)
    lines = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(lines) == 1 and not lines[0].exc_info


def test_the_server_says_that_it_lives_without_a_database(monkeypatch):
    fail(monkeypatch, "connection refused")
    assert Client().get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("canceling statement due to lock timeout", "55P03", "同时办理的人太多"),
        ("database is locked", "", "同时办理的人太多"),
        ("database or disk is full", "", "存储空间不足"),
        ("attempt to write a readonly database", "", "不能写入"),
    ],
)
def test_what_is_wrong_is_told_apart(visitor, monkeypatch, text_of, words, code, said):
    fail(monkeypatch, words, code)
    response = visitor.get("/")
    assert response.status_code == 503 and said in text_of(response)


def test_a_fault_of_the_portal_stays_one(visitor, monkeypatch, caplog):
    fail(monkeypatch, "no such column: nonsense")
    response = visitor.get("/")
    assert response.status_code == 500
    assert "Retry-After" not in response.headers


def test_a_full_disk_is_told(rf, text_of):
    try:
        raise OSError(errno.ENOSPC, "No space left on device")
    except OSError:
        response = server_error(rf.post("/activities/upload/"))
    assert response.status_code == 503 and "存储空间不足" in text_of(response)


def test_the_log_names_no_secret_of_an_address(monkeypatch, caplog):
    fail(monkeypatch, "connection refused")
    assert Client(raise_request_exception=False).get("/activities/calendar/geheim-token.ics").status_code == 503
    said = [record.getMessage() for record in caplog.records if record.name == "reports.failures"]
    assert said and "geheim" not in said[0] and "calendar" in said[0]


def test_a_write_that_was_refused_leaves_its_traceback(rf, caplog):
    try:
        raise OSError(errno.EACCES, "Permission denied")
    except OSError:
        server_error(rf.post("/activities/upload/"))
    assert caplog.records[-1].exc_info

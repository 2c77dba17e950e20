"""Two at once, and a process that dies half-way: nothing twice, nothing half."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen
from uuid import uuid4

import psycopg2
import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from accounts import audit
from accounts.acting import acting_as
from accounts.models import AuditEntry, Posting, User
from accounts.roles import Role
from accounts.transactions import atomic
from activities.models import Activity, Attendance, record_roll
from ledgers import facts, importing
from ledgers.importing import CannotImport
from ledgers.ledger import get
from ledgers.models import FactMonth, ImportBatch
from ledgers.models.record import Conflict
from ledgers.period import Period
from members.models import DuesCharge, Member, Membership
from tests.factories import (
    ActivityFactory,
    DuesChargeFactory,
    MemberFactory,
    PostingFactory,
    UserFactory,
    citizen_ids,
    sign_in,
    street,
    superuser,
)
from tests.ledgers.workbooks import xlsx

HEADERS = ("姓名", "身份证号", "所在党支部", "党员类别", "入党时间")
IS_POSTGRES = settings.DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql"
needs_postgres = pytest.mark.skipif(
    not IS_POSTGRES,
    reason="two connections need PostgreSQL: the tests' SQLite lives in the memory of one",
)


def register_of(code: str, count: int) -> bytes:
    """Return a register of so many invented members of one branch."""
    ids = citizen_ids()
    return xlsx(HEADERS, *(["某人", next(ids), code, "正式党员", "2015-07-01"] for _ in range(count)))


def at_once(*jobs: Callable[[], Any]) -> list[Any]:
    """Run jobs in threads that start together; return what each returned or raised."""
    gate = threading.Barrier(len(jobs))
    outcomes: list[Any] = [None] * len(jobs)

    def run(place: int, job: Callable[[], Any]) -> None:
        gate.wait()
        try:
            outcomes[place] = job()
        except Exception as error:
            outcomes[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(i, job)) for i, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return outcomes


@needs_postgres
@pytest.mark.django_db(transaction=True)
def test_two_imports_of_one_file_make_each_member_once() -> None:
    place, user = street(), superuser()
    data = register_of(place.branch.code, 200)

    def run() -> Any:
        batch, _ = importing.open_batch(get("members"), data, "表.xlsx", user)
        batch.save()
        with acting_as(user):
            return importing.apply(batch)

    outcomes = at_once(run, run)
    assert not any(isinstance(o, Exception) for o in outcomes), outcomes
    assert sorted((o.new, o.same) for o in outcomes) == [(0, 200), (200, 0)]
    assert Member.objects.count() == Membership.objects.count() == 200
    audit.verify()


@needs_postgres
@pytest.mark.django_db(transaction=True)
def test_one_batch_applied_by_two_presses_is_applied_once() -> None:
    place, user = street(), superuser()
    batch, match = importing.open_batch(get("members"), register_of(place.branch.code, 50), "表.xlsx", user)
    batch.save()
    importing.preview(batch, match)

    def run() -> Any:
        with acting_as(user):
            return importing.apply(ImportBatch.objects.get(pk=batch.pk))

    outcomes = at_once(run, run)
    assert sum(isinstance(o, CannotImport) for o in outcomes) == 1, outcomes
    assert Member.objects.count() == 50


@needs_postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_people_on_one_record_the_second_is_told() -> None:
    place, user = street(), superuser()
    member = MemberFactory(branch=place.branch)

    def change(text: str) -> Callable[[], Any]:
        def run() -> Any:
            mine = Member.objects.get(pk=member.pk)
            time.sleep(0.3)
            mine.remarks = text
            with acting_as(user):
                return mine.record()

        return run

    outcomes = at_once(change("甲"), change("乙"))
    assert sum(isinstance(o, Conflict) for o in outcomes) == 1, outcomes
    kept = next(o for o in outcomes if not isinstance(o, Exception))
    assert Member.objects.get(pk=member.pk).remarks == kept.remarks


@needs_postgres
@pytest.mark.django_db(transaction=True)
def test_a_record_that_lands_during_a_rebuild_is_counted_next_time() -> None:
    place, user = street(), superuser()
    period = Period.parse("2026Q3")

    def write() -> None:
        with acting_as(user):
            for _ in range(10):
                ActivityFactory(organization=place.branch, kind="lecture")

    def read() -> list[int]:
        return [facts.of(place.committee, period)["meetings.lecture"] for _ in range(20)]

    outcomes = at_once(write, read, read)
    assert not any(isinstance(o, Exception) for o in outcomes), outcomes
    assert outcomes[1] == sorted(outcomes[1])
    assert facts.of(place.committee, period)["meetings.lecture"] == Activity.objects.count() == 10
    audit.verify()


@pytest.fixture
def own_database(tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database of this test's own: a file, or a database on the server that the tests use."""
    if not IS_POSTGRES:
        yield f"sqlite:///{tmp_path / 'portal.sqlite3'}"
        return
    server = urlsplit(os.environ["DATABASE_URL"])
    name = f"killed_{uuid4().hex}"

    def run(statement: str) -> None:
        connection = psycopg2.connect(server.geturl())
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
        connection.close()

    run(f"CREATE DATABASE {name}")
    yield server._replace(path=f"/{name}").geturl()
    run(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_process_killed_in_the_middle_of_an_import_leaves_all_or_nothing(tmp_path: Path, own_database: str) -> None:
    """kill -9 at several moments."""
    root = settings.BASE_DIR
    environment = os.environ | {
        "DATABASE_URL": own_database,
        "CACHE_DIR": str(tmp_path / "cache"),
        "MEDIA_ROOT": str(tmp_path / "media"),
    }
    environment.pop("PYTEST_CURRENT_TEST", None)
    file = tmp_path / "members.xlsx"
    file.write_bytes(register_of("B1", 6000))
    tree = tmp_path / "organizations.xlsx"
    tree.write_bytes(xlsx(("组织编码", "组织名称", "组织类别"), ["B1", "第一党支部", "党支部"]))

    def manage(*arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(*arguments: str) -> str:
        process = manage(*arguments)
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        return out

    def members() -> tuple[int, int]:
        code = (
            "from members.models import Member, Membership; print(Member.objects.count(), Membership.objects.count())"
        )
        counts = finish("shell", "--verbosity", "0", "--command", code).split()
        return int(counts[-2]), int(counts[-1])

    finish("migrate", "--verbosity", "0")
    finish(
        "shell",
        "--verbosity",
        "0",
        "--command",
        "from accounts.models import User; User.objects.create_superuser('root')",
    )
    finish("import_ledger", "organizations", str(tree), "--user", "root", "--apply")
    command = ("import_ledger", "members", str(file), "--user", "root", "--apply")
    start = time.monotonic()
    finish("import_ledger", "members", str(file), "--user", "root")
    reading = time.monotonic() - start
    for moment in (0.7, 1.0, 1.3, 1.6):
        process = manage(*command)
        time.sleep(reading * moment)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        count, intervals = members()
        assert count == intervals
        assert count in (0, 6000)
    finish(*command)
    assert members() == (6000, 6000)
    finish("verify_audit")


@needs_postgres
@pytest.mark.django_db(transaction=True)
def test_a_street_that_is_busy_holds_up_no_other() -> None:
    """One street's sheets and chain are locked for as long as it takes; another goes on reading and writing."""
    east, west, user, period = street(), street(), superuser(), Period.parse("2026Q3")
    for place in (east, west):
        facts.of(place.committee, period)
    release, order = threading.Event(), []

    def be_busy() -> None:
        with atomic():
            ActivityFactory(organization=east.branch, kind="lecture")
            facts.of(east.committee, period)
            audit._append(
                [[AuditEntry(at=timezone.now(), action="check", organization_path=east.branch.path, changes={})]]
            )
            release.wait(30)
        order.append("busy")

    def go_on() -> Any:
        with acting_as(user):
            ActivityFactory(organization=west.branch, kind="lecture")
            MemberFactory(branch=west.branch)
        number = facts.of(west.committee, period)["meetings.lecture"]
        order.append("other")
        release.set()
        return number

    outcomes = at_once(be_busy, go_on)
    assert outcomes == [None, 1]
    assert order == ["other", "busy"]
    assert facts.of(east.committee, period)["meetings.lecture"] == 1
    audit.verify()


def press(user: User, path: str, **data: object) -> Callable[[], int]:
    """Return what sends a form from a page of its own; the status that comes back."""

    def run() -> int:
        client = Client()
        client.force_login(user)
        return client.post(path, {"token": str(uuid4()), **data}).status_code

    return run


@needs_postgres
@pytest.mark.django_db(transaction=True)
def test_one_person_entered_from_ten_pages_at_once_is_entered_once() -> None:
    place, number = street(), next(citizen_ids())
    user = sign_in(Client(), Role.OFFICE, place.committee)
    filled = {"name": "甲", "id_number": number, "category": "full", "joined_on": "2015-07-01", "came_by": "joined"}
    presses = [press(user, "/members/new/", **filled, branch=place.branches[n % 2].pk) for n in range(10)]
    outcomes = at_once(*presses)
    assert sorted(outcomes) == [200] * 9 + [302]
    assert Member.objects.count() == Membership.objects.count() == 1


@needs_postgres
@pytest.mark.django_db(transaction=True)
def test_a_posting_or_an_account_made_six_times_at_once_is_made_once() -> None:
    place = street()
    admin = sign_in(Client(), Role.SYSTEM_ADMIN, place.committee)
    other = UserFactory()
    PostingFactory(user=other, role=Role.LEADER, organization=place.community)
    given = {"organization": place.branch.pk, "role": "branch-secretary", "start": "2026-01-01"}
    outcomes = at_once(*[press(admin, f"/accounts/{other.pk}/postings/", **given)] * 6)
    assert sorted(outcomes) == [200] * 5 + [302]
    assert Posting.objects.filter(user=other, role=Role.BRANCH_SECRETARY).count() == 1
    outcomes = at_once(*[press(admin, "/accounts/new/", username="lijia", name="李佳", **given)] * 6)
    assert outcomes == [200] * 6  # the one-time password for one, the form with what is wrong for the others
    assert User.objects.filter(username="lijia").count() == 1


@needs_postgres
@pytest.mark.django_db(transaction=True)
def test_two_imports_that_overlap_leave_nobody_twice() -> None:
    place, user, ids = street(), superuser(), citizen_ids()
    numbers = [next(ids) for _ in range(300)]

    def load(part: list[str]) -> Callable[[], Any]:
        rows = (["某人", number, place.branch.code, "正式党员", "2015-07-01"] for number in part)
        data = xlsx(HEADERS, *rows)

        def run() -> Any:
            batch, _ = importing.open_batch(get("members"), data, "表.xlsx", user)
            batch.save()
            with acting_as(user):
                return importing.apply(batch)

        return run

    outcomes = at_once(load(numbers[:200]), load(numbers[100:]))
    assert not any(isinstance(o, Exception) for o in outcomes), outcomes
    assert Member.objects.count() == 300
    assert Member.objects.values("id_number_index").distinct().count() == 300
    audit.verify()


@needs_postgres
@pytest.mark.django_db
def test_nobody_waits_for_ever_for_a_lock_or_an_answer() -> None:
    names = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(name) FROM unnest(%s) AS asked (name)", [list(names)])
        assert [value for (value,) in cursor.fetchall()] == ["30s", "5min", "10min"]


@pytest.fixture
def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def until(state: Callable[[], bool], patience: float = 30) -> None:
    """Wait for a state; what cannot be asked yet has not come."""
    end = time.monotonic() + patience
    while True:
        with suppress(OSError):
            if state():
                return
        assert time.monotonic() < end, "the state did not come"
        time.sleep(0.2)


@needs_postgres
@pytest.mark.django_db(transaction=True)
def test_dashboards_that_wait_leave_the_server_answering(tmp_path: Path, free_port: int) -> None:
    """Five people wait for sheets that somebody else is counting; one process still says that it lives."""
    place = street()
    client = Client()
    sign_in(client, Role.LEADER, place.committee)
    client.get("/dashboard/")
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    environment = os.environ | {
        "DATABASE_URL": "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**connection.settings_dict),
        "CACHE_DIR": str(tmp_path / "cache"),
        "MEDIA_ROOT": str(tmp_path / "media"),
        "DEBUG": "True",
    }

    def ask(path: str, patience: float) -> int:
        request = Request(f"http://127.0.0.1:{free_port}{path}", headers={"Cookie": cookie})
        with urlopen(request, timeout=patience) as response:
            return int(response.status)

    command = ["gunicorn", "--config", "deploy/gunicorn.conf.py", "--workers", "1", "--bind", f"127.0.0.1:{free_port}"]
    with subprocess.Popen(
        [sys.executable, "-m", *command, "config.wsgi"],
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            until(lambda: ask("/healthz", 5) == 200)
            asked = threading.Event()

            def count() -> None:
                with atomic():
                    ActivityFactory(organization=place.branch, kind="lecture")
                    facts.of(place.committee, Period.containing(timezone.localdate(), Period.QUARTER))
                    asked.wait(60)

            def alive() -> list[int]:
                time.sleep(2)  # the five are inside by now
                answers = [ask("/healthz", 10) for _ in range(3)]
                asked.set()
                return answers

            outcomes = at_once(count, *([lambda: ask("/dashboard/", 60)] * 5), alive)
            assert outcomes == [None, *[200] * 5, [200] * 3]
        finally:
            process.terminate()


def changed_register(members: list[Member], text: str) -> bytes:
    """Return a register that changes the education of members already there."""
    headers = ("姓名", "身份证号", "所在党支部", "党员类别", "学历")
    rows = ([m.name, m.id_number, m.branch.code, "正式党员", text] for m in members)
    return xlsx(headers, *rows)


@needs_postgres
@pytest.mark.django_db(transaction=True)
def test_an_import_of_changed_members_and_rolls_dues_and_edits_all_go_through() -> None:
    """Ten rounds: nobody waits for each other in a circle, and nothing is lost."""
    place, user = street(), superuser()
    members = [MemberFactory(branch=place.branch) for _ in range(60)]
    period = Period.parse("2026Q3")
    for turn in range(10):
        wanted = ("研究生", "大学本科")[turn % 2]
        data = changed_register(members, wanted)

        def load(data: bytes = data) -> Any:
            batch, _ = importing.open_batch(get("members"), data, "表.xlsx", user)
            batch.save()
            with acting_as(user):
                return importing.apply(batch)

        def call_rolls(turn: int = turn) -> int:
            with acting_as(user):
                for n in range(5):
                    activity = ActivityFactory(organization=place.branch, kind="lecture", topic=f"{turn}-{n}")
                    record_roll(activity, {m.pk: ("present", "") for m in members})
            return 5

        def collect(turn: int = turn) -> int:
            with acting_as(user):
                for member in members[:10]:
                    DuesChargeFactory(member=member, month=date(2025, turn + 1, 1), due=10, paid=10)
            return 10

        def read() -> Any:
            return [facts.of(place.committee, period)["meetings.lecture"] for _ in range(5)]

        outcomes = at_once(load, call_rolls, collect, read)
        assert not any(isinstance(o, Exception) for o in outcomes), outcomes
        assert outcomes[0].changed == len(members)
        assert set(Member.objects.values_list("education", flat=True)) == {("postgraduate", "bachelor")[turn % 2]}
    assert Activity.objects.count() == 50
    assert Attendance.objects.count() == 50 * len(members)
    assert DuesCharge.objects.count() == 100
    kept = facts.of(place.committee, period)
    FactMonth.objects.all().delete()
    assert facts.of(place.committee, period) == kept
    audit.verify()

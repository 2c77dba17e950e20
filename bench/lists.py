"""The list of members, page by page: as quick with 300,000 members as with 3,000 (on PostgreSQL).

Each case opens a page for somebody who sees everybody, and, beside it, for somebody of one street; on a database of
many streets (`make bench ARGS="--streets 100 --only lists"`) the first may take twice as long as the second, no more.
"""

import statistics
import time
from collections.abc import Callable, Mapping

from django.conf import settings
from django.db import connection
from django.db.models import Count
from django.test import Client
from django.utils import timezone

from accounts.models import User
from bench import Run, case
from branches.models import Organization
from ledgers import facts, ledger
from ledgers.ledger import Query
from ledgers.period import Period
from members.models import Member

TIMES = 2
"""How much longer the whole may take than one street."""
MANY = 50_000
"""Members from which on the two are compared."""
SLACK = 0.01
"""Seconds by which two runs differ on a busy machine anyway."""
PAGE = 20
Pick = Callable[[Organization], Mapping[str, str]]


def _last(place: Organization) -> Mapping[str, str]:
    count = ledger.get("members").rows(Query(place)).count()
    return {"page": str(max(1, -(-count // PAGE)))}


def _common_name(place: Organization) -> Mapping[str, str]:
    people = Member.objects.live().under(place).order_by()
    name = people.values_list("name").annotate(n=Count("pk")).order_by("-n", "name").first()
    return {"q": name[0] if name else "张三"}


def _given_name(place: Organization) -> Mapping[str, str]:
    return {"q": _common_name(place)["q"][1:]}


def _initials(place: Organization) -> Mapping[str, str]:
    person = Member.objects.live().under(place).order_by("pk").first()
    return {"q": person.initials if person else "zs"}


def _prepared(pick: Pick) -> Run:
    """Return the opening of one page; it raises AssertionError where the whole takes too long beside one street."""
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    client = Client(SERVER_NAME="127.0.0.1")
    user = User.objects.filter(is_superuser=True).first() or User.objects.create_superuser("bench-lists", name="基准")
    client.force_login(user)
    streets = list(Organization.objects.filter(kind=Organization.Kind.WORKING_COMMITTEE))
    top = Organization.objects.order_by("path").first()
    assert top is not None
    whole = top if len(streets) < 2 or top.depth < streets[0].depth else streets[0]
    facts.of(whole, Period.containing(timezone.localdate()))  # as the workbench does when people sign in

    def seconds(place: Organization) -> float:
        params = {"organization": place.code, **picked[place.pk]}
        start = time.perf_counter()
        response = client.get("/ledgers/members/", params)
        assert response.status_code == 200, response.status_code
        return time.perf_counter() - start

    picked = {place.pk: pick(place) for place in {whole, *streets[:1]}}

    def run() -> float:
        return seconds(whole)

    if connection.vendor == "postgresql" and Member.objects.live().count() > MANY:
        for place in (whole, streets[0]):
            seconds(place)
        one = statistics.median(seconds(streets[0]) for _ in range(9))
        everybody = statistics.median(seconds(whole) for _ in range(9))
        assert everybody <= TIMES * one + SLACK, f"{everybody:.3f} s for everybody, {one:.3f} s for one street"
    return run


@case("党员花名册第一页", limit=0.6)
def first() -> Run:
    """Open the first page."""
    return _prepared(lambda place: {})


@case("党员花名册最后一页", limit=0.6)
def last() -> Run:
    """Open the last page."""
    return _prepared(_last)


@case("党员花名册按姓名查找", limit=0.6)
def searched_name() -> Run:
    """Search for a name that several have."""
    return _prepared(_common_name)


@case("党员花名册按名字的一部分查找", limit=0.6)
def searched_part() -> Run:
    """Search for a name without its surname."""
    return _prepared(_given_name)


@case("党员花名册按拼音首字母查找", limit=0.6)
def searched_initials() -> Run:
    """Search by initials."""
    return _prepared(_initials)

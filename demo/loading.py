"""Demo data: streets that exist nowhere, with the gaps that real ones have.

One module per app, each with a generator that fills one street; `GENERATORS` is the order in which they run. Another
register joins by adding its generator there.
"""

from collections import Counter
from collections.abc import Callable

from django.db import connection

from accounts import audit
from accounts.transactions import atomic
from ledgers.facts import mark_stale
from ledgers.models import Touch
from members.models import UNKNOWN_START

from . import (
    accounts,
    activities,
    branches,
    brands,
    cobuilding,
    concerns,
    decisions,
    development,
    dues,
    measures,
    members,
    moving,
    organization_life,
    people,
    places,
    plans,
    practices,
    rounds,
    schemes,
    standing,
    study,
)
from .leave import ask as ask_for_leave
from .plan import Plan, Street

Generator = Callable[[Street], Counter[str]]

GENERATORS: tuple[Generator, ...] = (
    branches.plant,
    members.settle,
    branches.elect,
    places.furnish,
    development.develop,
    activities.hold,
    decisions.decide,
    plans.draw_up,
    ask_for_leave,
    dues.collect,
    people.keep,
    moving.move,
    organization_life.live,
    cobuilding.build_together,
    brands.spread,
    study.study,
    concerns.listen,
    practices.tell,
    measures.assign,
    rounds.hold_rounds,
    standing.hold_up,
    schemes.judge,
)


@atomic
def load(plan: Plan, tell: Callable[[str], object]) -> dict[str, object]:
    """Write the whole plan in one transaction, street by street, and return what was written as the summary.

    `tell` is called with a line of progress after each street.
    Raises ValueError with a Chinese message where the plan asks for too many streets.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:  # check references row by row, or millions of checks queue up to the commit
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    written: Counter[str] = Counter()
    numbers = members.IdNumbers()
    streets = branches.found_streets(plan)
    written["organizations"] += len(streets) + (plan.streets > 1)
    signed_in: list[dict[str, str]] = []
    for street in streets:
        street.numbers = numbers
        for generate in GENERATORS:
            written += generate(street)
        signed_in = signed_in or accounts.open_accounts(street)
        street.forget()
        done = ", ".join(f"{count} {name}" for name, count in written.items())
        tell(f"{street.name} ({street.number + 1}/{plan.streets}): {done}")
    audit.record("import", label=f"演示数据：{plan.streets} 个街道", organization_path=streets[0].organization.path)
    mark_stale([Touch(None, UNKNOWN_START, True)])
    return {
        "streets": [street.code for street in streets],
        **written,
        "from": plan.first.isoformat(),
        "until": plan.until.isoformat(),
        "sign_ins": signed_in,
        "password": accounts.PASSWORD,
    }

"""Constraints held against rows before they are written, as the database would hold them."""

import random
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from activities.models import BrandProject
from branches.models import Venue
from ledgers import constraints, importing
from ledgers.importing import RecordImporter
from ledgers.ledger import Column, Ledger
from tests.activities.brands import make_brand
from tests.factories import street, superuser
from tests.ledgers.workbooks import xlsx

pytestmark = pytest.mark.django_db


def checks() -> list[tuple[type[models.Model], models.CheckConstraint]]:
    """Every check constraint of the portal's own models."""
    return [
        (model, constraint)
        for model in apps.get_models()
        if model.__module__.split(".")[0] in ("accounts", "branches", "members", "activities", "assessments", "ledgers")
        for constraint in model._meta.constraints
        if isinstance(constraint, models.CheckConstraint)
    ]


def value_for(field: Any, dice: random.Random) -> Any:
    """Return a value that a field may hold, often an edge."""
    if field.null and dice.random() < 0.3:
        return None
    if field.choices:
        return dice.choice([value for value, _ in field.flatchoices] + ["", "submitted", "asked", "extension"])
    if isinstance(field, models.BooleanField):
        return dice.random() < 0.5
    if isinstance(field, models.DateField):
        return date(2026, dice.randint(1, 2), dice.randint(1, 2))
    if isinstance(field, models.DecimalField):
        return Decimal(dice.choice(["-1", "0", "0.5", "200"]))
    if isinstance(field, models.IntegerField | models.ForeignKey):
        return dice.choice([0, 1, 2, 3, 12, 2026])
    return dice.choice(["", "甲"])


@pytest.mark.parametrize(("model", "constraint"), checks(), ids=lambda one: getattr(one, "name", ""))
def test_what_is_said_of_a_record_is_what_the_database_says(model, constraint):
    names, dice = constraints.fields_of(model), random.Random(constraint.name)
    for _ in range(25):
        values = {name: value_for(model._meta.get_field(name), dice) for name in names}
        try:
            ours = constraints._holds(model, constraint.condition, values) is not False
        except constraints.TooMuch:
            pytest.skip("left to the database")
        try:
            constraint.validate(model, model(**values))
            theirs = True
        except ValidationError:
            theirs = False
        assert ours == theirs, values


class Bare(RecordImporter):
    """The base importer and nothing else: no `faults` of anybody's."""

    identity = ("organization_id", "name")


class BareLedger(Ledger):
    slug = "bare"
    title = "项目"
    model = BrandProject
    importer = Bare
    columns = (
        Column("所属组织", "organization__code", "organization", (), True, field="organization_id"),
        Column("项目名称", "name", "text", (), True),
        Column("启动日期", "start", "date", (), True),
        Column("预算", "budget", "money"),
    )


def analyse(*rows):
    ledger = BareLedger()
    batch, match = importing.open_batch(ledger, xlsx([c.header for c in ledger.columns], *rows), "表.xlsx", superuser())
    return Bare(ledger, batch.user, None).analyse(match)


def test_a_row_that_breaks_a_constraint_is_wrong_at_its_cell_and_not_only_on_writing():
    place = street()
    rows = [
        [place.community.code, name, "2026-01-01", budget] for name, budget in (("甲", 100), ("乙", -5), ("丙", None))
    ]
    analysis = analyse(*rows)
    assert analysis.counts == {"new": 2, "wrong": 1}
    ((number, error),) = analysis.errors
    assert (number, error.column, error.value) == (3, "预算", "-5.00")
    assert error.message


def test_a_changed_row_is_held_as_it_will_be():
    place = street()
    brand = make_brand(place.community, name="甲", start=date(2026, 1, 1), end=date(2026, 6, 1))
    analysis = analyse([place.community.code, "甲", "2026-07-01", None])
    assert analysis.counts == {"wrong": 1}
    brand.refresh_from_db()
    assert brand.start == date(2026, 1, 1)


def test_a_unique_field_that_somebody_else_holds_is_told():
    place = street()
    first = make_brand(place.community, name="甲")
    fields = constraints.fields_of(Venue)
    assert fields  # a model with unique and check constraints
    record = {"pk": None} | {name: getattr(first, name) for name in constraints.fields_of(BrandProject)}
    broken = list(constraints.broken(BrandProject, [record, record]))
    assert [number for number, _ in broken] == [0, 1]
    own = record | {"pk": first.pk}
    assert list(constraints.broken(BrandProject, [own])) == []


def test_many_records_cost_no_more_queries_than_one():
    place = street()
    first = make_brand(place.community, name="甲")
    record = {"pk": None} | {name: getattr(first, name) for name in constraints.fields_of(BrandProject)}
    counts = []
    for number in (1, 50):
        with CaptureQueriesContext(connection) as queries:
            list(constraints.broken(BrandProject, [record | {"name": f"乙{n}"} for n in range(number)]))
        counts.append(len(queries))
    assert counts[0] == counts[1]

"""Bulk inserts: every kind of value arrives as save() would have written it."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction

from activities.models import Activity, Attendance
from ledgers import bulk
from ledgers.models import FactSheet, ImportBatch
from members.models import Member
from tests.factories import MemberFactory, UserFactory, street

pytestmark = pytest.mark.django_db

NASTY = "反斜杠\\ 制表\t 换行\n 回车\r 引号\"' \\N 逗号, ；😀"


def test_values_arrive_as_they_were() -> None:
    place = street()
    activity = Activity(
        organization=place.branch,
        kind="life",
        date=date(2026, 2, 28),
        topic="主题",
        content=NASTY,
        hours=Decimal("1.5"),
    )
    with transaction.atomic():
        bulk.insert([activity])
    kept = Activity.objects.get(pk=activity.pk)
    assert (kept.content, kept.hours, kept.date, kept.place) == (NASTY, Decimal("1.5"), date(2026, 2, 28), "")
    assert kept.submitted_at is None
    assert kept.created_at is not None
    kept.topic = "改"
    kept.record()


def test_sensitive_fields_are_encrypted_and_defaults_filled() -> None:
    place = street()
    with transaction.atomic():
        (pk,) = bulk.insert_rows(
            Member,
            [{"name": "张三", "id_number": "990100195001010006", "branch_id": place.branch.pk, "category": "full"}],
        )
    member = Member.objects.get(pk=pk)
    assert (member.id_number, member.is_floating, member.version) == ("990100195001010006", False, 1)


def test_rows_may_point_to_rows_inserted_just_before() -> None:
    place = street()
    member = MemberFactory(branch=place.branch)
    activity = Activity(organization=place.branch, kind="life", date=date(2026, 2, 28), topic="主题")
    line = Attendance(activity=activity, member=member, state="present")
    with transaction.atomic():
        bulk.insert([activity])
        bulk.insert([line])
    assert Attendance.objects.get().activity_id == activity.pk


def test_keys_are_not_used_twice() -> None:
    place = street()
    with transaction.atomic():
        bulk.insert([FactSheet(organization=place.branch, month=date(2026, 1, 1), own={"a.b": 1, "文": "1.50"})])
    assert FactSheet.objects.get().own == {"a.b": 1, "文": "1.50"}
    batch = ImportBatch.objects.create(ledger="members", user=UserFactory(), filename="a", digest="b")
    with transaction.atomic():
        bulk.insert([ImportBatch(ledger="members", user=batch.user, filename="c", digest="d")])
    assert ImportBatch.objects.count() == 2
    assert ImportBatch.objects.create(ledger="members", user=batch.user, filename="e", digest="f").pk

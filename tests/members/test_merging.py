"""Double records: who is listed, what a merge does with everything that names the member, and taking it back."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from django.core import serializers
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.roles import Role
from branches.models import CommitteeSeat, Organization
from ledgers import facts
from ledgers.period import Period
from members.merging import merge, relations, undo
from members.models import CommunityCheckIn, Member, Membership, MergeRecord, ServiceEntry, Talk
from tests.factories import (
    ActivityFactory,
    AttendanceFactory,
    CommitteeFactory,
    DuesChargeFactory,
    MemberFactory,
    SeatFactory,
    Street,
    sign_in,
)

pytestmark = pytest.mark.django_db
LIST = "/members/duplicates/"


def twins(place: Street, **fields: Any) -> tuple[Member, Member]:
    """The same person registered in the first and in the second branch."""
    kept = MemberFactory(branch=place.branches[0], name="赵明", **fields)
    return kept, MemberFactory(branch=place.branches[1], name="赵明", id_number=kept.id_number, phone="13900000000")


def state() -> dict[str, Any]:
    """Everything that names a member, and the members, as they stand; who touched them when is left aside."""
    models = {Member, *(relation.model for relation in relations()), ServiceEntry} - {MergeRecord}
    left_out = {"version", "created_at", "updated_at", "updated_by"}
    return {
        f"{row['model']} {row['pk']}": {k: v for k, v in row["fields"].items() if k not in left_out}
        for model in models
        for row in serializers.serialize("python", model._base_manager.all())
    }


def test_it_works(client: Client, place: Street, office: Any) -> None:
    kept, other = twins(place)
    page = client.get(f"/members/{kept.pk}/merge/")
    assert page.context["other"] == other
    response = client.post(f"/members/{kept.pk}/merge/", {"with": other.pk})
    record = MergeRecord.objects.get()
    assert response["Location"] == record.get_absolute_url()
    assert list(Member.objects.all()) == [kept]
    assert client.get(record.get_absolute_url()).status_code == 200
    client.post(f"/members/merges/{record.pk}/undo/")
    assert set(Member.objects.all()) == {kept, other}


def test_the_same_id_and_the_same_person_are_listed(client: Client, place: Street, office: Any, text_of: Any) -> None:
    twins(place)
    MemberFactory(branch=place.branch, name="钱亮", birth_date=date(1980, 1, 1))
    MemberFactory(branch=place.branch, name="钱亮", birth_date=date(1980, 1, 1))
    MemberFactory(branch=place.branch, name="孙立", birth_date=date(1980, 1, 1))
    text = text_of(client.get(LIST))
    assert "赵明 身份证号相同" in text
    assert "钱亮 姓名和出生日期相同" in text
    assert "孙立" not in text


def test_what_is_registered_out_of_sight_is_counted_and_not_shown(client: Client, place: Street, text_of: Any) -> None:
    kept = MemberFactory(branch=place.branches[0])
    MemberFactory(branch=place.branches[2], name="吴名", id_number=kept.id_number)
    sign_in(client, Role.BRANCH_SECRETARY, place.branches[0])
    text = text_of(client.get(LIST))
    assert "另有 1 条登记在您管理范围以外" in text
    assert "吴名" not in text


def test_both_records_must_be_within_reach(client: Client, place: Street) -> None:
    kept, other = twins(place)
    sign_in(client, Role.BRANCH_SECRETARY, place.branches[0])
    assert client.post(f"/members/{kept.pk}/merge/", {"with": other.pk}).status_code == 404
    assert client.get(f"/members/{other.pk}/merge/").status_code == 404
    sign_in(client, Role.LEADER, place.committee)
    assert client.get(f"/members/{kept.pk}/merge/").status_code == 404


def test_undoing_needs_both_branches(client: Client, place: Street) -> None:
    record = merge(*twins(place))
    sign_in(client, Role.BRANCH_SECRETARY, place.branches[0])
    assert client.get(record.get_absolute_url()).status_code == 200
    assert client.post(f"/members/merges/{record.pk}/undo/").status_code == 404


def test_everything_moves_and_the_kept_records_rows_stand(place: Street) -> None:
    kept, other = twins(place)
    both, only = (ActivityFactory(organization=place.branch) for _ in range(2))
    AttendanceFactory(activity=both, member=kept, state="present")
    AttendanceFactory(activity=both, member=other, state="absent")
    AttendanceFactory(activity=only, member=other, state="late")
    seat = SeatFactory(committee=CommitteeFactory(organization=place.branch), member=other)
    DuesChargeFactory(member=kept, paid=Decimal("10"), paid_on=date(2026, 9, 3))
    DuesChargeFactory(member=other)
    DuesChargeFactory(member=other, month=date(2026, 8, 1))
    record = merge(kept, other)
    assert dict(kept.attendances.values_list("activity", "state")) == {both.pk: "present", only.pk: "late"}
    seat.refresh_from_db()
    assert seat.member == kept
    assert sorted(kept.dues.values_list("month", "paid")) == [
        (date(2026, 8, 1), Decimal(0)),
        (date(2026, 9, 1), Decimal(10)),
    ]
    assert record.moved["考勤"] == 1
    assert record.set_aside["考勤"] == 1


def test_blank_fields_are_filled_and_others_stand(place: Street) -> None:
    kept, other = twins(place, workplace="第一厂")
    merge(kept, other)
    kept.refresh_from_db()
    assert (kept.phone, kept.workplace) == ("13900000000", "第一厂")


def test_earlier_days_come_from_the_other_record(place: Street) -> None:
    kept = MemberFactory(branch=place.branches[0], joined_on=date(2018, 7, 1))
    other = MemberFactory(branch=place.branches[1], joined_on=date(2010, 7, 1), id_number=kept.id_number)
    merge(kept, other)
    spans = kept.memberships.order_by("start").values_list("branch", "start", "end", "came_by", "left_by")
    assert list(spans) == [
        (place.branches[1].pk, date(2010, 7, 1), date(2018, 7, 1), "joined", "moved"),
        (place.branches[0].pk, date(2018, 7, 1), None, "moved", ""),
    ]


def test_numbers_follow(place: Street) -> None:
    kept, other = twins(place)
    month = Period.parse("2026-08")
    assert facts.of(place.committee, month)["members.total"] == 2
    record = merge(kept, other)
    assert facts.of(place.committee, month)["members.total"] == 1
    undo(record)
    assert facts.of(place.committee, month)["members.total"] == 2


def furnish(place: Street, kept: Member, other: Member) -> None:
    """Put something of every sort under both."""
    community, today = place.community, timezone.localdate()
    committee = CommitteeFactory(organization=place.community)
    posts = iter(CommitteeSeat.Post.values)
    for member in (kept, other):
        checkin = CommunityCheckIn(community=community, member=member, start=date(2026, 3, 1)).record()
        ServiceEntry(checkin=checkin, date=date(2026, 4, 1), hours=2, content="清扫").record()
        DuesChargeFactory(member=member)
        SeatFactory(committee=committee, member=member, post=next(posts))
    for talker, member in ((kept, other), (other, MemberFactory(branch=place.branch))):
        Talk(organization=place.branch, date=today, talker=talker, member=member).record()
    AttendanceFactory(activity=ActivityFactory(organization=place.branch), member=other)


def test_undoing_brings_everything_back(place: Street) -> None:
    kept, other = twins(place, joined_on=date(2018, 7, 1))
    furnish(place, kept, other)
    before = state()
    record = merge(kept, other)
    assert state() != before
    assert Member.objects.filter(name="赵明").count() == 1
    undo(record)
    assert state() == before


def test_service_hours_stay_when_both_had_checked_in(place: Street) -> None:
    kept, other = twins(place)
    furnish(place, kept, other)
    merge(kept, other)
    assert sorted(kept.checkins.values_list("end", flat=True), key=str) == [timezone.localdate(), None]
    assert ServiceEntry.objects.filter(checkin__member=kept).count() == 2


def test_merges_of_one_record_are_undone_latest_first(client: Client, place: Street, office: Any) -> None:
    kept, other = twins(place)
    third = MemberFactory(branch=place.branches[2], id_number=kept.id_number)
    first = merge(kept, other)
    second = merge(third, kept)
    first.refresh_from_db()
    assert first.kept == third
    client.post(f"/members/merges/{first.pk}/undo/")
    assert Member.objects.count() == 1
    for record in (second, first):
        client.post(f"/members/merges/{record.pk}/undo/")
    assert set(Member.objects.all()) == {kept, other, third}


def test_what_came_after_the_merge_stays_with_the_kept_record(place: Street) -> None:
    kept, other = twins(place)
    record = merge(kept, other)
    charge = DuesChargeFactory(member=kept)
    undo(record)
    charge.refresh_from_db()
    assert charge.member == kept
    assert other.memberships.get().branch == place.branches[1]


def test_who_left_is_not_merged(client: Client, place: Street, office: Any) -> None:
    kept, other = twins(place)
    other.leave("transferred", timezone.localdate() - timedelta(days=1))
    assert client.post(f"/members/{kept.pk}/merge/", {"with": other.pk}).status_code == 404


def test_it_stands_in_the_trail_without_a_number(client: Client, place: Street, office: Any) -> None:
    kept, other = twins(place)
    client.post(f"/members/{kept.pk}/merge/", {"with": other.pk})
    entries = AuditEntry.objects.filter(action="merge", model="members.member")
    assert set(entries.values_list("object_id", flat=True)) == {str(kept.pk), str(other.pk)}
    assert all("李办" in entry.actor_name for entry in entries)
    assert all(kept.id_number not in str(entry.changes) for entry in AuditEntry.objects.all())
    with connection.cursor() as cursor:
        cursor.execute("SELECT memory FROM members_mergerecord")
        assert kept.id_number not in cursor.fetchone()[0]


def test_every_way_to_a_member_is_known() -> None:
    names = {f"{field.model._meta.label}.{field.name}" for field in relations()}
    assert {
        "activities.Attendance.member",
        "branches.CommitteeSeat.member",
        "members.DevelopmentStep.first_member",
    } <= names


def test_queries_of_the_list_are_the_same_for_many_groups(client: Client, place: Street, office: Any) -> None:
    def cost() -> int:
        client.get(LIST)
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        return len(queries)

    twins(place)
    few = cost()
    for _ in range(5):
        twins(place)
    assert cost() == few


def test_memberships_never_overlap_after_a_merge(place: Street) -> None:
    kept, other = twins(place, joined_on=date(2012, 7, 1))
    other.branch = Organization.objects.get(pk=place.branches[2].pk)
    other.amend(date(2020, 1, 1))
    merge(kept, other)
    held = list(Membership.objects.filter(member=kept).order_by("start"))
    assert all(one.end is not None and one.end <= two.start for one, two in pairwise(held))
    assert held[-1].branch == place.branches[0]

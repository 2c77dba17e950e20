"""Whereabouts: floating out and in, out of contact; what follows for memberships, facts and rules; the ledgers."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry
from assessments import engine
from ledgers import facts, importing, ledger, undoing
from ledgers.exporting import export
from ledgers.ledger import Query
from ledgers.period import Period
from members.models import Contact, Member, Whereabouts, without
from tests.conftest import shown
from tests.factories import MemberFactory, sign_in, street, superuser
from tests.ledgers.workbooks import xlsx

from .conftest import citizen_id

pytestmark = pytest.mark.django_db
MARCH, JUNE, AUGUST = date(2026, 3, 1), date(2026, 6, 1), date(2026, 8, 1)
HEADERS = (
    "流动类型",
    "所在党支部",
    "姓名",
    "身份证号",
    "流动日期",
    "流向地",
    "联系人",
    "联系电话",
    "最近联系日期",
    "返回日期",
)


@pytest.fixture
def member(place):
    return MemberFactory(branch=place.branch, name="张三", joined_on=date(2010, 7, 1))


def away(member, since=MARCH, **fields):
    """Record that the member floats out."""
    return Whereabouts(**{"kind": "out", "member": Member.objects.get(pk=member.pk), "since": since} | fields).record()


def floating(organization, *months):
    return [facts.of(organization, Period.parse(f"2026-{m:02}"))["members.floating"] for m in months]


def states(member):
    return [(m.start, m.is_floating) for m in member.memberships.order_by("start")]


# the memberships follow


@pytest.mark.parametrize(
    ("other", "left"),
    [
        ((JUNE, None), [(MARCH, JUNE)]),
        ((JUNE, date(2026, 7, 1)), [(MARCH, JUNE), (date(2026, 7, 1), AUGUST)]),
        ((date(2026, 1, 1), date(2026, 2, 1)), [(MARCH, AUGUST)]),
        ((date(2026, 1, 1), None), []),
    ],
)
def test_what_is_left_of_a_span(other, left):
    assert list(without((MARCH, AUGUST), other)) == left


def test_the_fact_counts_from_the_day_of_leaving_to_that_of_return(place, member):
    record = away(member)
    assert floating(place.committee, 2, 3, 9) == [0, 1, 1]
    Whereabouts.objects.get(pk=record.pk).end(AUGUST, "回来了")
    assert floating(place.committee, 2, 3, 7, 8, 9) == [0, 1, 1, 0, 0]
    assert states(member) == [(date(2010, 7, 1), False), (MARCH, True), (AUGUST, False)]
    assert facts.of(place.committee, Period.parse("2026-09"))["members.total"] == 1
    assert not Member.objects.get(pk=member.pk).is_floating


def test_a_corrected_day_corrects_the_memberships(place, member):
    record = Whereabouts.objects.get(pk=away(member).pk)
    record.since = JUNE
    record.record()
    assert states(member) == [(date(2010, 7, 1), False), (JUNE, True)]
    record.since = MARCH
    record.record()
    assert floating(place.committee, 3, 6) == [1, 1]


def test_a_record_entered_by_mistake_leaves_no_trace(place, member):
    Whereabouts.objects.get(pk=away(member).pk).erase()
    assert states(member) == [(date(2010, 7, 1), False)]
    assert not Member.objects.get(pk=member.pk).is_floating


def test_changes_of_state_since_are_kept(place, member):
    held = Member.objects.get(pk=member.pk)
    held.employment = "retired"
    held.amend(JUNE)
    away(member)
    assert [(m.start, m.employment, m.is_floating) for m in member.memberships.order_by("start")] == [
        (date(2010, 7, 1), "in-service", False), (MARCH, "in-service", True), (JUNE, "retired", True),
    ]  # fmt: skip


def test_who_leaves_is_no_longer_away(place, member):
    record = away(member)
    Member.objects.get(pk=member.pk).leave("deceased", AUGUST)
    record = Whereabouts.objects.get(pk=record.pk)
    assert (record.until, record.outcome) == (AUGUST, "离开登记册（去世）")
    assert floating(place.committee, 7, 8) == [1, 0]


def test_one_open_record_of_a_kind(place, member):
    away(member)
    with pytest.raises(IntegrityError), transaction.atomic():
        away(member, JUNE)
    Whereabouts(kind="lost", member=Member.objects.get(pk=member.pk), since=JUNE).record()


def test_a_guest_and_one_out_of_contact_count_as_before(place, member):
    before = facts.of(place.committee, Period.parse("2026-09"))
    Whereabouts(kind="in", organization=place.branch, name="外来", since=MARCH).record()
    Whereabouts(kind="lost", member=member, since=MARCH).record()
    assert facts.of(place.committee, Period.parse("2026-09")) == before


def test_the_register_cannot_unmark_somebody_who_is_out(client, place, member, office, fill_in):
    away(member)
    url = reverse("members:edit", args=[member.pk])
    page = client.get(url)
    sent = {k: v for k, v in shown(page).items() if k != "is_floating"}
    assert "is_floating" in client.post(url, sent).context["form"].errors


# leaving: date, document, effect on counts


def test_leaving_keeps_its_document_and_suspension_is_taken_back_without_a_transfer_in(
    client, place, member, office, fill_in, text_of
):
    fill_in(
        reverse("members:leave", args=[member.pk]),
        leave_kind="suspended",
        left_on="2026-06-01",
        basis="和工委〔2026〕3号",
    )
    assert member.memberships.get().document == "和工委〔2026〕3号"
    assert "依据：和工委〔2026〕3号" in text_of(client.get(member.get_absolute_url()))
    total = lambda m: facts.of(place.committee, Period.parse(m))["members.total"]  # noqa: E731
    assert (total("2026-05"), total("2026-06")) == (1, 0)
    Member.objects.get(pk=member.pk).come_back(place.branch, AUGUST)
    counted = facts.of(place.committee, Period.parse("2026-08"))
    assert (counted["members.total"], counted["members.transferred_in"]) == (1, 0)


# the pages


def test_it_works(client, place, member, secretary, fill_in, text_of):
    url = f"{reverse('members:floating-create')}?member={member.pk}"
    answer = fill_in(url, since="2026-03-01", destination="外省甲市", contact="李四", phone="14000000001")
    record = Whereabouts.objects.get()
    assert answer["Location"] == record.get_absolute_url()
    page = client.get(record.get_absolute_url())
    text = text_of(page)
    assert "外省甲市" in text and "140****0001" in text and "14000000001" not in page.content.decode()
    answer = client.post(
        reverse("members:away-contact", args=[record.pk]), {"on": "2026-08-01", "way": "phone", "reached": "on"}
    )
    assert answer["Location"] == record.get_absolute_url()
    assert "联系上了" in text_of(client.get(record.get_absolute_url()))
    assert "外省甲市 最近联系 2026-08-01" in text_of(client.get(member.get_absolute_url()))
    assert "流出 1 人" in text_of(client.get(place.branch.get_absolute_url()))
    fill_in(reverse("members:away-end", args=[record.pk]), until="2026-09-01", outcome="返回")
    assert Whereabouts.objects.get().until == date(2026, 9, 1)


def test_a_guest_and_one_out_of_contact_are_entered(client, place, member, secretary, fill_in):
    fill_in(
        reverse("members:guest-create"),
        organization=place.branch.pk,
        name="外来",
        id_number=citizen_id("19800101"),
        since="2026-03-01",
    )
    assert fill_in(f"{reverse('members:lost-create')}?member={member.pk}", since="2026-03-01").status_code == 302
    assert sorted(Whereabouts.objects.values_list("kind", flat=True)) == ["in", "lost"]
    assert "先找到党员" in client.get(reverse("members:lost-create")).content.decode()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"since": ""}, "since"),
        ({"since": "2126-01-01"}, "since"),
        ({"since": "1900-01-01"}, "since"),  # before the person was a member
        ({"phone": "12"}, "phone"),
    ],
)
def test_what_cannot_be(place, member, secretary, fill_in, changes, field):
    url = f"{reverse('members:floating-create')}?member={member.pk}"
    assert field in fill_in(url, **{"since": "2026-03-01"} | changes).context["form"].errors


def test_a_second_open_record_is_refused(place, member, secretary, fill_in):
    away(member)
    answer = fill_in(f"{reverse('members:floating-create')}?member={member.pk}", since="2026-06-01")
    assert "还没有结束" in answer.content.decode()


def test_an_untouched_mask_keeps_the_phone(place, member, secretary, fill_in):
    record = away(member, phone="14000000001", contact="李四")
    fill_in(reverse("members:away-edit", args=[record.pk]), destination="外省乙市")
    record = Whereabouts.objects.get()
    assert (record.phone, record.destination) == ("14000000001", "外省乙市")


def test_a_stale_page_is_told(client, place, member, secretary, fill_in, text_of):
    record = away(member, destination="甲市")
    url = reverse("members:away-edit", args=[record.pk])
    sent = shown(client.get(url))
    other = Whereabouts.objects.get()
    other.destination = "乙市"
    other.record()
    text = text_of(client.post(url, sent | {"destination": "丙市"}))
    assert "乙市" in text and "丙市" in text


def test_revealing_is_audited(client, place, member):
    record = away(member, phone="14000000001")
    sign_in(client, "community-secretary", place.community)
    assert "14000000001" in client.post(reverse("members:away-reveal", args=[record.pk])).content.decode()
    assert AuditEntry.objects.filter(action="reveal", model="members.whereabouts").exists()


def test_deleting(client, place, member, secretary):
    record = away(member)
    assert client.post(reverse("members:away-delete", args=[record.pk]))["Location"] == member.get_absolute_url()
    assert not Whereabouts.objects.exists()


def test_elsewhere_is_not_found(client, place, member):
    record = away(member)
    sign_in(client, "office", street(code="T").committee)
    assert client.get(record.get_absolute_url()).status_code == 404


def test_the_record_follows_the_member(client, place, member):
    record = away(member)
    held = Member.objects.get(pk=member.pk)
    held.branch = place.branches[1]
    held.amend(AUGUST)
    sign_in(client, "branch-secretary", place.branches[1])
    assert client.get(record.get_absolute_url()).status_code == 200
    assert client.get(reverse("ledgers:list", args=["floating"])).context["page"].paginator.count == 1


def test_pages_ask_as_much_for_many_entries_as_for_few(client, place, member, secretary):
    record = away(member)

    def queries():
        with CaptureQueriesContext(connection) as caught:
            client.get(record.get_absolute_url())
        return len(caught)

    def reach(number):
        Contact.objects.bulk_create(Contact(whereabouts=record, on=AUGUST, way="phone") for _ in range(number))

    reach(2)
    client.get(record.get_absolute_url())
    few = queries()
    reach(50)
    assert queries() == few <= 20


# the ledgers


def bring_in(place, *rows, slug="floating", headers=HEADERS):
    batch, match = importing.open_batch(ledger.get(slug), xlsx(headers, *rows), "表.xlsx", superuser(), place.committee)
    batch.save()
    importing.preview(batch, match)
    return importing.apply(batch)


def outcome(batch):
    return [batch.new, batch.changed, batch.same, batch.wrong]


def test_a_file_does_what_the_pages_do_and_is_taken_back(place, member):
    other = MemberFactory(branch=place.branches[1])
    guest = [
        "流入",
        place.branch.code,
        "外来",
        citizen_id("19800101"),
        "2026-03-01",
        "某小区",
        "",
        "14000000002",
        "",
        "",
    ]
    rows = [
        ["流出", place.branch.name, "张三", "", "2026-03-01", "甲市", "李四", "14000000001", "2026-08-01", ""],
        ["流出", place.branches[1].name, other.name, other.id_number, "2026-03-01", "", "", "", "", "2026-06-01"],
        guest,
    ]
    batch = bring_in(place, *rows)
    assert outcome(batch) == [3, 0, 0, 0]
    assert floating(place.committee, 2, 3, 5, 6) == [0, 2, 2, 1]
    assert Whereabouts.objects.with_last_contact().get(member=member).last_contact == AUGUST
    assert outcome(bring_in(place, *rows)) == [0, 0, 3, 0]
    undoing.undo(batch, superuser())
    assert floating(place.committee, 3) == [0]
    assert states(member) == [(date(2010, 7, 1), False)]


def test_a_file_brings_somebody_back(place, member):
    line = ["流出", place.branch.name, "张三", "", "2026-03-01", "甲市", "", "", "", ""]
    bring_in(place, line)
    assert outcome(bring_in(place, [*line[:9], "2026-08-01"])) == [0, 1, 0, 0]
    assert floating(place.committee, 7, 8) == [1, 0]
    assert not Member.objects.get(pk=member.pk).is_floating


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({2: "查无此人"}, "没有这个人"),
        ({9: "2026-03-01"}, "应在起始日期"),
        ({4: f"{timezone.localdate() + timedelta(days=2)}"}, "还没有到"),
        ({4: "2026-06-01"}, "还没有结束"),
        ({4: "1950-06-01", 9: "1951-01-01"}, "早于入党时间"),
    ],
)
def test_what_a_file_cannot_say(place, member, change, said):
    away(member)
    cells = ["流出", place.branch.name, "张三", "", "2026-03-01", "", "", "", "", ""]
    for index, value in change.items():
        cells[index] = value
    batch = bring_in(place, cells)
    assert outcome(batch) == [0, 0, 0, 1]
    assert said in importing.details_of(batch)["wrong"][0][2]


def test_the_register_s_file_cannot_unmark_somebody_who_is_out(place, member):
    away(member)
    headers = ("姓名", "身份证号", "所在党支部", "党员类别", "是否流动党员")
    batch = bring_in(
        place, ["张三", member.id_number, place.branch.name, "正式党员", "否"], slug="members", headers=headers
    )
    assert outcome(batch) == [0, 0, 0, 1]


@pytest.mark.parametrize("slug", ["floating", "lost-contact"])
def test_export_and_import_change_nothing(place, member, tmp_path, slug):
    record = away(member, destination="甲市", phone="14000000001", contact="李四")
    Contact(whereabouts=record, on=AUGUST, way="video").record()
    Whereabouts(
        kind="in", organization=place.branch, name="外来", id_number=citizen_id("19800101"), since=MARCH
    ).record()
    Whereabouts(kind="lost", member=Member.objects.get(pk=member.pk), since=MARCH).record()
    user, register, path = superuser(), ledger.get(slug), tmp_path / "表.xlsx"
    count = export(register, Query(place.committee), user, path)
    batch, match = importing.open_batch(register, path.read_bytes(), "表.xlsx", user, place.committee)
    batch.save()
    importing.preview(batch, match)
    assert outcome(batch) == [0, 0, count, 0] and count == {"floating": 2, "lost-contact": 1}[slug]


def test_the_ledger_is_as_of_a_day(place, member):
    Whereabouts.objects.get(pk=away(member).pk).end(AUGUST, "")
    register, user = ledger.get("floating"), superuser()
    rows = [
        register.rows(Query(place.branch, on=day), user).count()
        for day in (date(2026, 2, 28), MARCH, date(2026, 7, 31), AUGUST)
    ]
    assert rows == [0, 1, 1, 0]


# R35, R36

PERIOD = Period.parse("2026-09")
WHOLE = {"destination": "甲市", "contact": "李四", "phone": "14000000001"}


def reached(record, day, **fields):
    Contact(whereabouts=record, on=day, way="phone", **fields).record()


def broken(place, rule):
    return [v.detail for v in engine.check(place.committee, PERIOD, [rule])]


@pytest.mark.parametrize(("day", "is_broken"), [(date(2026, 3, 29), True), (date(2026, 3, 30), False)])
def test_a_floating_member_is_contacted_every_six_months(place, member, day, is_broken):
    reached(away(member, date(2026, 1, 1), **WHOLE), day)
    assert bool(broken(place, "R35")) is is_broken


@pytest.mark.parametrize("lacks", WHOLE)
def test_destination_and_contact_are_on_record(place, member, lacks):
    reached(away(member, **WHOLE | {lacks: ""}), AUGUST)
    assert len(broken(place, "R35")) == 1


def test_a_mark_without_a_record_and_an_attempt_without_success_break_the_rule(place, member):
    reached(away(member, **WHOLE), AUGUST, reached=False)
    MemberFactory(branch=place.branch, is_floating=True)
    assert broken(place, "R35") == ["没有联系记录", "列为流动党员，没有流出登记"]


def test_what_happened_after_the_period_does_not_count(place, member):
    record = away(member, **WHOLE)
    reached(record, date(2026, 10, 1))
    assert broken(place, "R35") == ["没有联系记录"]
    Whereabouts.objects.get(pk=record.pk).end(date(2026, 10, 1), "")
    assert broken(place, "R35") == ["没有联系记录"]


@pytest.mark.parametrize(
    ("since", "months"), [(date(2026, 3, 31), [6]), (date(2026, 4, 1), []), (date(2025, 9, 30), [12])]
)
def test_out_of_contact_for_six_months(place, member, since, months):
    Whereabouts(kind="lost", member=member, since=since).record()
    found = engine.check(place.committee, PERIOD, ["R36"])
    assert [(v.member_id, v.value) for v in found] == [(member.pk, n) for n in months]


def test_found_again_is_no_finding(place, member):
    Whereabouts(kind="lost", member=member, since=date(2026, 1, 1)).record().end(date(2026, 9, 30), "找到了")
    assert broken(place, "R36") == []

"""Transfers: the letter, the inbox, the receipt and what it does to the register, the ledger."""

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
from members.models import Member, Transfer, Whereabouts
from tests.factories import MemberFactory, sign_in, street, superuser
from tests.ledgers.workbooks import xlsx

from .conftest import citizen_id

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
ISSUED = date(2026, 8, 1)
RECEIVED = date(2026, 8, 20)
HEADERS = ("类型", "姓名", "身份证号", "转出党组织", "转入党组织", "介绍信编号", "开具日期", "接收日期")


@pytest.fixture
def member(place):
    return MemberFactory(branch=place.branch, name="张三", joined_on=date(2010, 7, 1), group_name="第一党小组")


def letter_for(member, receiver=None, **fields):
    """Issue a letter on 1 August 2026, to a branch or, without one, to a place outside the portal."""
    ends = {"kind": "inside", "receiver": receiver} if receiver else {"kind": "out", "elsewhere": "外省某街道党工委"}
    return Transfer(member=member, **{"letter_number": "〔2026〕1号", "issued_on": ISSUED} | ends | fields).issue()


def numbers(organization, period="2026-08"):
    counted = facts.of(organization, Period.parse(period))
    return [counted[f"members.{code}"] for code in ("total", "transferred_in", "transferred_out")]


# the model


def test_a_member_counts_at_home_until_the_letter_is_taken_in(place, member):
    letter = letter_for(member, place.branches[1])
    assert numbers(place.branch) == [1, 0, 0]
    letter.receive(RECEIVED)
    assert numbers(place.branch) == [0, 0, 0]
    assert numbers(place.branches[1]) == [1, 0, 0]
    assert numbers(place.branch, "2026-07") == [1, 0, 0]


def test_inside_a_street_it_is_a_move_and_no_transfer_in_or_out(place, member):
    letter_for(member, place.branches[3]).receive(RECEIVED)
    last = member.memberships.get(end__isnull=True)
    assert (last.branch, last.start, last.came_by) == (place.branches[3], RECEIVED, "moved")
    assert Member.objects.get(pk=member.pk).group_name == ""
    assert [numbers(o) for o in (place.committee, *place.communities)] == [[1, 0, 0], [0, 0, 0], [1, 0, 0]]


def test_across_streets_it_is_a_transfer_out_of_one_and_into_the_other(place, member):
    other = street(code="T")
    letter_for(member, other.branch).receive(RECEIVED)
    held = Member.objects.get(pk=member.pk)
    assert (held.branch, held.left_on) == (other.branch, None)
    assert numbers(place.committee) == [0, 0, 1]
    assert numbers(other.committee) == numbers(other.branch) == [1, 1, 0]


def test_out_of_the_portal_the_member_leaves_on_the_day_of_the_receipt(place, member):
    letter = letter_for(member)
    assert numbers(place.committee) == [1, 0, 0]
    letter.receive(RECEIVED, "回执 5 号")
    held = Member.objects.get(pk=member.pk)
    assert (held.left_on, held.leave_kind) == (RECEIVED, "transferred")
    assert member.memberships.get().document == "介绍信 〔2026〕1号"
    assert numbers(place.committee) == [0, 0, 1]


def test_a_receipt_ends_floating(place, member):
    Whereabouts(kind="out", member=member, since=date(2026, 3, 1)).record()
    letter_for(Member.objects.get(pk=member.pk), place.branches[1]).receive(RECEIVED)
    record = Whereabouts.objects.get()
    assert record.until == RECEIVED
    assert [m.is_floating for m in member.memberships.order_by("start")] == [False, True, False]
    assert not Member.objects.get(pk=member.pk).is_floating


def test_one_letter_at_a_time(place, member):
    letter_for(member, place.branches[1])
    with pytest.raises(ValueError, match="还没有办结"):
        letter_for(member, letter_number="2")
    with pytest.raises(IntegrityError), transaction.atomic():
        Transfer.objects.filter(pk=Transfer.objects.get().pk).update(state="received")


def test_what_cannot_be_received(place, member):
    letter = letter_for(member, place.branches[1])
    with pytest.raises(ValueError, match="开具日期"):
        letter.receive(ISSUED - timedelta(days=1))
    member = Member.objects.get(pk=member.pk)
    member.leave("deceased", date(2026, 8, 5))
    letter = Transfer.objects.get(pk=letter.pk)
    with pytest.raises(ValueError, match="已不在登记册里"):
        letter.receive(RECEIVED)
    letter = Transfer.objects.get(pk=letter.pk)
    letter.cancel(RECEIVED, "已去世")
    with pytest.raises(ValueError, match="已撤销"):
        letter.receive(RECEIVED)


def test_a_refused_letter_leaves_everything_as_it_was_and_a_new_one_may_follow(place, member):
    letter_for(member, place.branches[1]).refuse(RECEIVED, "党费没有交清")
    assert numbers(place.branch) == [1, 0, 0]
    assert letter_for(Member.objects.get(pk=member.pk), place.branches[1], letter_number="2").is_waiting


# the pages


@pytest.fixture
def receiver(place):
    """What the receiving branch's secretary does: `receiver(client)` signs them in."""
    return lambda client: sign_in(client, "branch-secretary", place.branches[3], name="吴支书")


def test_it_works(client, place, member, fill_in, receiver, text_of):
    sign_in(client, "branch-secretary", place.branch)
    url = f"{reverse('members:transfer-create')}?member={member.pk}"
    answer = fill_in(url, kind="inside", receiver=place.branches[3].pk, letter_number="7号", issued_on="2026-08-01")
    letter = Transfer.objects.get()
    assert answer["Location"] == letter.get_absolute_url()
    receiver(client)
    assert "张三" in text_of(client.get(reverse("members:inbox")))
    fill_in(reverse("members:transfer-receive", args=[letter.pk]), closed_on="2026-08-20")
    assert Member.objects.get(pk=member.pk).branch == place.branches[3]
    assert client.get(member.get_absolute_url()).status_code == 200
    assert "没有待接收的介绍信" in text_of(client.get(reverse("members:inbox")))
    entries = AuditEntry.objects.filter(model="members.transfer").values_list("action", flat=True)
    assert list(entries.order_by("seq")) == ["issue", "receive"]


def test_the_receiver_sees_the_letter_and_nothing_else_until_receipt(client, place, member, receiver, text_of):
    letter = letter_for(member, place.branches[3], reason="照顾老人", dues_paid_until=date(2026, 7, 31))
    receiver(client)
    for url in (letter.get_absolute_url(), reverse("members:inbox")):
        answer = client.get(url)
        text = text_of(answer)
        assert "张三" in text and "〔2026〕1号" in text and letter.masked_id in text
        assert member.id_number not in text and "照顾老人" not in text and "2026-07-31" not in text
        assert f'href="{member.get_absolute_url()}"' not in answer.content.decode()
    assert client.get(member.get_absolute_url()).status_code == 404
    assert "张三" not in text_of(client.get(reverse("ledgers:list", args=["transfers"]) + "?period=all"))


def test_others_do_not_see_it(client, place, member):
    letter = letter_for(member, place.branches[3])
    for branch in (place.branches[1], street(code="T").branch):
        sign_in(client, "branch-secretary", branch)
        assert client.get(letter.get_absolute_url()).status_code == 404


def test_a_letter_called_back_is_gone_from_the_receiver(client, place, member, receiver):
    letter = letter_for(member, place.branches[3])
    letter.cancel(RECEIVED, "不走了")
    receiver(client)
    assert client.get(letter.get_absolute_url()).status_code == 404


def test_each_side_has_its_own_buttons(client, place, member, receiver):
    letter = letter_for(member, place.branches[3])
    step = {
        name: reverse(f"members:transfer-{name}", args=[letter.pk]) for name in ("receive", "refuse", "cancel", "edit")
    }
    receiver(client)
    assert [client.get(step[name]).status_code for name in step] == [200, 200, 404, 404]
    sign_in(client, "branch-secretary", place.branch)
    assert [client.get(step[name]).status_code for name in step] == [404, 404, 200, 200]
    sign_in(client, "leader", place.committee)
    assert client.get(letter.get_absolute_url()).status_code == 200
    assert [client.get(step[name]).status_code for name in step] == [404] * 4


def test_a_refusal_needs_a_reason(client, place, member, fill_in, receiver, text_of):
    letter = letter_for(member, place.branches[3])
    receiver(client)
    url = reverse("members:transfer-refuse", args=[letter.pk])
    assert "note" in fill_in(url, closed_on="2026-08-20").context["form"].errors
    fill_in(url, closed_on="2026-08-20", note="姓名写错")
    sign_in(client, "branch-secretary", place.branch)
    text = text_of(client.get(letter.get_absolute_url()))
    assert "已退回" in text and "姓名写错" in text


def test_a_second_press_and_a_second_person_are_told(client, place, member, receiver):
    letter = letter_for(member, place.branches[3])
    receiver(client)
    url = reverse("members:transfer-receive", args=[letter.pk])
    form = client.get(url).context["form"]
    sent = {"closed_on": "2026-08-20", "note": "", "token": form["token"].value(), "version": form["version"].value()}
    assert client.post(url, sent).status_code == 302
    assert client.post(url, sent).status_code == 302
    assert member.memberships.count() == 2


def test_a_receipt_from_outside(client, place, member, fill_in):
    letter = letter_for(member)
    sign_in(client, "branch-secretary", place.branch)
    fill_in(reverse("members:transfer-receive", args=[letter.pk]), closed_on="2026-08-20", note="回执 5 号")
    assert Member.objects.get(pk=member.pk).leave_kind == "transferred"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"receiver": ""}, "receiver"),
        ({"kind": "out"}, "elsewhere"),
        ({"letter_number": ""}, "letter_number"),
        ({"issued_on": (TODAY + timedelta(days=2)).isoformat()}, "issued_on"),
        ({"issued_on": "2009-01-01"}, "issued_on"),
        ({"valid_days": "0"}, "valid_days"),
    ],
)
def test_what_a_letter_must_say(client, place, member, fill_in, changes, field):
    sign_in(client, "branch-secretary", place.branch)
    url = f"{reverse('members:transfer-create')}?member={member.pk}"
    right = {"kind": "inside", "receiver": place.branches[3].pk, "letter_number": "7号", "issued_on": "2026-08-01"}
    assert field in fill_in(url, **right | changes).context["form"].errors
    assert not Transfer.objects.exists()


def test_a_branch_of_another_street_is_named_by_its_code(client, place, member, fill_in):
    other = street(code="T")
    sign_in(client, "branch-secretary", place.branch)
    url = f"{reverse('members:transfer-create')}?member={member.pk}"
    assert (
        "receiver"
        in fill_in(url, kind="inside", receiver_code="没有", letter_number="7", issued_on="2026-08-01")
        .context["form"]
        .errors
    )
    fill_in(url, kind="inside", receiver_code=other.branch.code, letter_number="7", issued_on="2026-08-01")
    assert Transfer.objects.get().receiver == other.branch


def test_without_a_member_one_is_found_first(client, place, member, text_of):
    sign_in(client, "branch-secretary", place.branch)
    url = reverse("members:transfer-create")
    assert "张三" in text_of(client.get(url)) and "张三" in text_of(client.get(url, {"q": "zs"}))
    assert "没有找到" in text_of(client.get(url, {"q": member.id_number}))
    stranger = MemberFactory(branch=place.branches[1])
    assert client.get(url, {"member": stranger.pk}).status_code == 404


def test_somebody_from_outside_is_registered_from_the_receipt_on(client, place, fill_in, text_of):
    sign_in(client, "branch-secretary", place.branch)
    answer = fill_in(
        reverse("members:transfer-in"),
        elsewhere="外省某支部", letter_number="外〔2026〕9号", issued_on="2026-08-01", on="2026-08-20",
        name="王五", id_number=citizen_id("19800101"), branch=place.branch.pk, category="full", joined_on="2005-07-01",
    )  # fmt: skip
    assert answer.status_code == 302, answer.context["form"].errors
    member = Member.objects.get()
    stay = member.memberships.get()
    assert (stay.start, stay.came_by) == (RECEIVED, "transferred-in")
    assert numbers(place.committee) == [1, 1, 0]
    letter = Transfer.objects.get()
    assert (letter.state, letter.member, letter.source) == ("received", member, "外省某支部")
    assert "外省某支部" in text_of(client.get(member.get_absolute_url()))


def test_the_day_of_receipt_is_not_before_the_letter(client, place, fill_in):
    sign_in(client, "branch-secretary", place.branch)
    answer = fill_in(reverse("members:transfer-in"), issued_on="2026-08-21", on="2026-08-20")
    assert "on" in answer.context["form"].errors


def test_the_inbox_asks_as_much_for_many_as_for_few(client, place, receiver):
    receiver(client)

    def queries():
        with CaptureQueriesContext(connection) as caught:
            client.get(reverse("members:inbox"))
        return len(caught)

    for number in range(2):
        letter_for(MemberFactory(branch=place.branch), place.branches[3], letter_number=str(number))
    client.get(reverse("members:inbox"))
    few = queries()
    for number in range(2, 20):
        letter_for(MemberFactory(branch=place.branch), place.branches[3], letter_number=str(number))
    assert queries() == few <= 20


def test_the_workbench_and_the_branch_tell_of_a_waiting_letter(client, place, member, receiver, text_of):
    letter_for(member, place.branches[3])
    receiver(client)
    assert "张三的组织关系等待接收" in text_of(client.get("/"))
    assert "待接收的介绍信 1 封" in text_of(client.get(place.branches[3].get_absolute_url()))


# the ledger


def bring_in(place, *rows, user=None):
    """Import rows of the usual headers by the office and return the batch."""
    user = user or superuser()
    batch, match = importing.open_batch(
        ledger.get("transfers"), xlsx(HEADERS, *rows), "转接.xlsx", user, place.committee
    )
    batch.save()
    importing.preview(batch, match)
    return importing.apply(batch)


def outcome(batch):
    return [batch.new, batch.changed, batch.same, batch.wrong]


def row(member, kind="内部转接", target="", received="", number="1"):
    return [kind, member.name, member.id_number, member.branch.name, target, number, "2026-08-01", received]


def test_a_file_issues_and_takes_in_as_the_pages_do(place, member):
    second, third = MemberFactory(branch=place.branch), MemberFactory(branch=place.branch)
    home = MemberFactory(branch=place.branch, joined_on=date(2011, 7, 1))
    rows = [
        row(member, target=place.branches[3].name),
        row(second, target=place.branches[3].name, received="2026-08-20", number="2"),
        row(third, "转出", "外地党委", "2026-08-20", "3"),
        ["转入", home.name, home.id_number, "外地党委", place.branch.code, "外 4", "2026-08-01", "2026-08-20"],
    ]
    batch = bring_in(place, *rows)
    assert outcome(batch) == [4, 0, 0, 0]
    assert Member.objects.get(pk=second.pk).branch == place.branches[3]
    assert Member.objects.get(pk=third.pk).leave_kind == "transferred"
    assert numbers(place.committee) == [3, 1, 1] and numbers(place.branch) == [2, 1, 1]
    assert outcome(bring_in(place, *rows)) == [0, 0, 4, 0]
    undoing.undo(batch, superuser())
    assert numbers(place.committee) == [4, 0, 0] and numbers(place.branch) == [4, 0, 0]


def test_a_letter_under_way_may_be_taken_in_by_a_file(place, member):
    bring_in(place, row(member, target=place.branches[3].name))
    assert outcome(bring_in(place, row(member, target=place.branches[3].name, received="2026-08-20"))) == [0, 1, 0, 0]
    assert Member.objects.get(pk=member.pk).branch == place.branches[3]


def test_history_of_those_long_gone_is_kept_without_a_member(place):
    gone = ["转出", "陈九", citizen_id("19800101"), place.branch.name, "外地党委", "旧 1", "2019-03-01", "2019-04-01"]
    assert outcome(bring_in(place, gone)) == [1, 0, 0, 0]
    assert Transfer.objects.get().member is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({4: "没有的支部"}, "没有这个党支部"),
        ({3: "没有的支部"}, "登记册里没有这个组织"),
        ({4: "S第1社区第1党支部"}, "同一个支部"),
        ({1: "查无此人", 2: ""}, "对得上在册党员"),
        ({7: "2026-07-01"}, "不能早于开具日期"),
        ({0: "转入", 3: "外地", 4: "S第1社区第1党支部"}, "转入请填接收日期"),
        ({7: "2010-07-01", 6: "2010-06-01"}, "应在 2010-07-01 之后"),
    ],
)
def test_what_a_file_cannot_say(place, member, change, said):
    cells = row(member, target=place.branches[3].name)
    for index, value in change.items():
        cells[index] = value
    batch = bring_in(place, cells)
    assert outcome(batch) == [0, 0, 0, 1]
    assert said in importing.details_of(batch)["wrong"][0][2]


def test_export_and_import_change_nothing(place, member, tmp_path):
    letter_for(member, place.branches[3], reason="搬家")
    letter_for(MemberFactory(branch=place.branch), letter_number="2").receive(RECEIVED)
    letter_for(MemberFactory(branch=place.branch), letter_number="3").refuse(RECEIVED, "退")
    user, register = superuser(), ledger.get("transfers")
    path = tmp_path / "转接.xlsx"
    assert export(register, Query(place.committee), user, path) == 3
    batch, match = importing.open_batch(register, path.read_bytes(), "转接.xlsx", user, place.committee)
    batch.save()
    importing.preview(batch, match)
    assert outcome(batch) == [0, 0, 3, 0]


def test_the_ledger_shows_both_ends_once_it_is_done(client, place, member, text_of):
    letter_for(member, place.branches[3]).receive(RECEIVED)
    url = reverse("ledgers:list", args=["transfers"]) + "?period=all"
    for branch in (place.branch, place.branches[3]):
        sign_in(client, "branch-secretary", branch)
        assert "张三" in text_of(client.get(url))
    sign_in(client, "branch-secretary", place.branches[1])
    assert "张三" not in text_of(client.get(url))


# R34


@pytest.mark.parametrize(("days", "broken"), [(90, 0), (91, 1)])
def test_a_letter_is_taken_in_within_ninety_days(place, member, days, broken):
    period = Period.parse("2026-09")
    letter = letter_for(member, place.branches[3], issued_on=period.end - timedelta(days=days))
    found = engine.check(place.committee, period, ["R34"])
    assert [v.member_id for v in found] == [member.pk] * broken
    letter.receive(period.end)
    assert engine.check(place.committee, period, ["R34"]) == []

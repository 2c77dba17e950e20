"""Dues: the bands, the month's sheet, closing, import, rules, statements."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from io import BytesIO

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import AuditEntry
from assessments.engine import check
from branches.models import Organization
from ledgers import exporting, facts, importing, undoing
from ledgers import ledger as ledgers
from ledgers.ledger import Query
from ledgers.period import Period
from members.dues import sheet as sheets
from members.dues.arrears import in_a_row
from members.dues.bands import standard
from members.models import ClosedDues, DuesBase, DuesCharge, Employment, Member
from tests.factories import DuesChargeFactory, MemberFactory, OrganizationFactory, sign_in, street, superuser
from tests.ledgers.workbooks import xlsx

from .conftest import citizen_id

SEPTEMBER = Period.parse("2026-09")
MONEY = st.decimals(min_value=0, max_value=1_000_000, places=2)
JOBS = st.sampled_from([*Employment.values, ""])


@pytest.fixture(autouse=True)
def october(monkeypatch):
    """Let it be 15 October 2026."""
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *_: date(2026, 10, 15))


def payer(branch, base="6000", **fields):
    return MemberFactory(branch=branch, dues_base=base and Decimal(base), **fields)


def charges_of(branch, month=SEPTEMBER):
    return DuesCharge.objects.filter(branch=branch, month=month.start).order_by("member_id")


# the bands (R33)


@pytest.mark.parametrize(
    ("base", "employment", "due"),
    [
        ("0", "in-service", "0.00"),
        ("3000", "in-service", "15.00"),
        ("3000.01", "in-service", "30.00"),
        ("5000", "in-service", "50.00"),
        ("5000.01", "in-service", "75.00"),
        ("10000", "in-service", "150.00"),
        ("10000.01", "in-service", "200.00"),
        ("5000", "retired", "25.00"),
        ("5000.01", "retired", "50.00"),
        ("12000", "retired", "120.00"),
        ("4000", "self-employed", "40.00"),
        ("2999", "other", "15.00"),  # 14.995 is rounded half up
        ("9000", "student", "0.20"),
        (None, "unemployed", "0.20"),
    ],
)
def test_bands_at_their_edges(base, employment, due):
    owes = standard(base and Decimal(base), employment)
    assert owes.least == owes.most == Decimal(due)


@pytest.mark.parametrize(("amount", "allowed"), [("0.19", False), ("0.20", True), ("1.00", True), ("1.01", False)])
def test_farmers_owe_20_cents_to_one_yuan(amount, allowed):
    assert standard(Decimal(8000), "farmer").allows(Decimal(amount)) is allowed


def test_without_a_base_nobody_can_say():
    assert standard(None, "in-service") is None
    with pytest.raises(ValueError, match="负数"):
        standard(Decimal(-1), "in-service")


@given(MONEY, JOBS)
def test_dues_are_to_the_cent_and_at_most_two_percent(base, employment):
    owes = standard(base, employment)
    assert 0 <= owes.least <= owes.most
    assert owes.least == owes.least.quantize(Decimal("0.01"))
    if employment not in ("farmer", "student", "unemployed"):
        assert owes.most <= (base * Decimal("0.02")).quantize(Decimal("0.01"), ROUND_HALF_UP)
        assert owes.most >= (base * Decimal("0.005")).quantize(Decimal("0.01"), ROUND_HALF_UP)


@given(MONEY, MONEY, JOBS)
def test_who_earns_more_owes_no_less(one, other, employment):
    low, high = sorted([one, other])
    assert standard(low, employment).most <= standard(high, employment).most


@given(MONEY)
def test_the_retired_owe_no_more_than_those_who_work(base):
    assert standard(base, "retired").most <= standard(base, "in-service").most


MONTHS = st.sets(st.integers(0, 60))


@given(MONTHS)
def test_the_longest_run_is_as_long_as_the_longest_gapless_piece(numbers):
    months = [date(2020 + n // 12, n % 12 + 1, 1) for n in numbers]
    longest = next((k for k in range(len(numbers), 0, -1) if any({*range(n, n + k)} <= numbers for n in numbers)), 0)
    assert in_a_row(months) == longest


# the base's history


@pytest.mark.django_db
def test_a_new_base_counts_from_its_day_and_the_old_one_before(place):
    member = payer(place.branch, "4000", joined_on=date(2020, 1, 1))
    member.dues_base = Decimal(6000)
    member.amend(date(2026, 9, 1))
    held = list(DuesBase.objects.values_list("base", "since", "until"))
    assert held == [
        (Decimal(4000), date(2020, 1, 1), date(2026, 9, 1)),
        (Decimal(6000), date(2026, 9, 1), None),
    ]
    for month, due in (("2026-08", "40.00"), ("2026-09", "90.00")):
        sheets.generate(place.branch, Period.parse(month))
        assert charges_of(place.branch, Period.parse(month)).get().due == Decimal(due)


@pytest.mark.django_db
def test_retiring_changes_the_dues_from_that_day(place):
    member = payer(place.branch, "4000")
    member.employment = "retired"
    member.amend(date(2026, 9, 30))
    sheets.generate(place.branch, Period.parse("2026-08"))
    sheets.generate(place.branch, SEPTEMBER)
    assert charges_of(place.branch, Period.parse("2026-08")).get().due == Decimal("40.00")
    assert charges_of(place.branch).get().due == Decimal("20.00")


@pytest.mark.django_db
def test_what_was_corrected_on_the_same_day_leaves_one_interval(place):
    member = payer(place.branch, "4000")
    for base in ("5000", "5500"):
        member.dues_base = Decimal(base)
        member.amend(date(2026, 9, 1))
    assert [row.base for row in DuesBase.objects.all()] == [Decimal(4000), Decimal(5500)]


@pytest.mark.django_db
def test_an_imported_register_keeps_the_history_and_undo_takes_it_back(place):
    user, ledger = superuser(), ledgers.get("members")

    def take(base):
        header = ("姓名", "身份证号", "所在党支部", "党员类别", "入党时间", "党费基数")
        row = ("张三", citizen_id("19800102"), place.branch.name, "正式党员", "2015-07-01", base)
        batch, _ = importing.open_batch(ledger, xlsx(header, row), "表.xlsx", user)
        batch.save()
        return importing.apply(batch)

    take("4000")
    second = take("6000")
    assert list(DuesBase.objects.values_list("base", "since", "until")) == [
        (Decimal(4000), date(2015, 7, 1), date(2026, 10, 15)),
        (Decimal(6000), date(2026, 10, 15), None),
    ]
    undoing.undo(second, user)
    assert list(DuesBase.objects.values_list("base", "until")) == [(Decimal(4000), None)]


# generating


@pytest.mark.django_db
def test_generating_charges_everybody_once(place):
    payer(place.branch, "6000")
    payer(place.branch, None, employment="student")
    payer(place.branch, None)
    payer(place.branches[1], "6000")
    assert sheets.generate(place.branch, SEPTEMBER) == (2, 0, 1)
    assert sheets.generate(place.branch, SEPTEMBER) == (0, 0, 1)
    assert [charge.due for charge in charges_of(place.branch)] == [Decimal("90.00"), Decimal("0.20")]
    assert AuditEntry.objects.filter(model="members.duescharge", action="create").count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(("left", "charged"), [(date(2026, 9, 30), 0), (date(2026, 10, 1), 1)])
def test_who_is_there_on_the_last_day_is_charged(place, left, charged):
    payer(place.branch).leave("transferred", left)
    assert sheets.generate(place.branch, SEPTEMBER).new == charged


@pytest.mark.django_db
def test_who_moved_is_charged_in_the_branch_of_that_month_and_only_there(place):
    member = payer(place.branch)
    member.branch = place.branches[1]
    member.amend(date(2026, 9, 1))
    for branch in place.branches[:2]:
        for month in ("2026-08", "2026-09"):
            sheets.generate(branch, Period.parse(month))
    assert [(c.branch, c.month) for c in DuesCharge.objects.order_by("month")] == [
        (place.branch, date(2026, 8, 1)),
        (place.branches[1], date(2026, 9, 1)),
    ]


@pytest.mark.django_db
def test_an_unpaid_charge_follows_a_new_base_and_a_paid_one_stays(place):
    late, paid = payer(place.branch, "4000"), payer(place.branch, "4000")
    sheets.generate(place.branch, SEPTEMBER)
    charge = DuesCharge.objects.get(member=paid)
    charge.paid, charge.paid_on = charge.due, date(2026, 9, 5)
    charge.record()
    for member in (late, paid):
        member.dues_base = Decimal(6000)
        member.amend(date(2026, 9, 1))
    assert sheets.generate(place.branch, SEPTEMBER) == (0, 1, 0)
    assert [c.due for c in charges_of(place.branch)] == [Decimal("90.00"), Decimal("40.00")]


@pytest.mark.django_db
def test_a_month_to_come_and_a_closed_month_are_refused(place):
    payer(place.branch)
    with pytest.raises(ValueError, match="还没有到"):
        sheets.generate(place.branch, Period.parse("2026-11"))
    with pytest.raises(ValueError, match="还没有结束"):
        sheets.close(place.branch, Period.parse("2026-10"))
    sheets.close(place.branch, SEPTEMBER)
    sheets.close(place.branch, SEPTEMBER)
    assert ClosedDues.objects.count() == 1
    with pytest.raises(ValueError, match="封账"):
        sheets.generate(place.branch, SEPTEMBER)


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", [{"due": -1}, {"paid": -1}, {"paid_on": date(2026, 9, 1)}])
def test_the_database_refuses_what_cannot_be(place, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        DuesChargeFactory(member=payer(place.branch), **wrong)


# the sheet


def sheet_url(branch, month=SEPTEMBER):
    return reverse("members:dues-sheet", args=[branch.code, month.code])


def typed(page, **changes):
    """Return what the sheet's form sends: as shown, with the changes (field_row → value, rows from 0)."""
    sent = {}
    for number, line in enumerate(page.context["sheet"].lines):
        sent[f"was-{line.charge.pk}"] = line.was
        for name, value in line.shown.items():
            sent[f"{name}-{line.charge.pk}"] = changes.get(f"{name}_{number}", value)
    return sent | {"day": "2026-10-10", "how": "cash"}


@pytest.mark.django_db
def test_it_works(client, place, secretary, text_of):
    payer(place.branch, "6000", name="张三")
    url = sheet_url(place.branch)
    assert "生成 1 人的应缴" in text_of(client.get(url))
    page = client.post(reverse("members:dues-generate", args=[place.branch.code, "2026-09"]), follow=True)
    assert "新增 1 人" in text_of(page)
    answer = client.post(url, typed(page, paid_0="90", note_0="本人"), follow=True)
    assert "改了 1 行" in text_of(answer)
    charge = charges_of(place.branch).get()
    assert (charge.paid, charge.paid_on, charge.method, charge.note) == (
        Decimal("90.00"), date(2026, 10, 10), "cash", "本人",
    )  # fmt: skip
    september, october = (facts.of(place.committee, p) for p in (SEPTEMBER, SEPTEMBER.following()))
    assert (september["dues.paid"], september["dues.arrears"], september["dues.unpaid_months"]) == (0, 90, 1)
    assert (october["dues.paid"], october["dues.paid_late"], october["dues.arrears"]) == (90, 90, 0)


@pytest.mark.django_db
def test_all_as_due_in_one_press_without_a_script(client, place, secretary):
    for _ in range(3):
        payer(place.branch)
    sheets.generate(place.branch, SEPTEMBER)
    page = client.get(sheet_url(place.branch))
    client.post(sheet_url(place.branch), typed(page, paid_1="50") | {"fill": "1"})
    assert [c.paid for c in charges_of(place.branch)] == [90, 50, 90]  # what was paid in part stays as it was typed


@pytest.mark.django_db
def test_nothing_is_saved_while_one_row_is_wrong(client, place, secretary, text_of):
    payer(place.branch, name="张三")
    payer(place.branch, name="李四")
    sheets.generate(place.branch, SEPTEMBER)
    page = client.get(sheet_url(place.branch))
    answer = client.post(sheet_url(place.branch), typed(page, paid_0="90", paid_1="九十"))
    assert answer.status_code == 422
    assert "李四 ：“九十”不是数字" in text_of(answer)
    assert 'value="九十"' in answer.content.decode()
    assert not DuesCharge.objects.filter(paid__gt=0).exists()


@pytest.mark.django_db
def test_more_than_is_due_is_asked_about_and_taken_with_a_word(client, place, secretary):
    payer(place.branch)
    sheets.generate(place.branch, SEPTEMBER)
    page = client.get(sheet_url(place.branch))
    refused = client.post(sheet_url(place.branch), typed(page, paid_0="1000.50"))
    assert "比应缴多 910.50 元" in refused.content.decode()
    assert charges_of(place.branch).get().paid == 0
    client.post(sheet_url(place.branch), typed(page, paid_0="1000.50", note_0="预缴到明年"))
    assert charges_of(place.branch).get().paid == Decimal("1000.50")


@pytest.mark.django_db
@pytest.mark.parametrize("changes", [{"paid_0": "-1"}, {"due_0": ""}, {"paid_on_0": "2026-10-16", "paid_0": "90"}])
def test_impossible_values_are_refused(client, place, secretary, changes):
    payer(place.branch)
    sheets.generate(place.branch, SEPTEMBER)
    page = client.get(sheet_url(place.branch))
    assert client.post(sheet_url(place.branch), typed(page, **changes)).status_code == 422


@pytest.mark.django_db
def test_two_people_on_one_sheet_lose_nothing(client, place, secretary, text_of):
    payer(place.branch, name="张三")
    payer(place.branch, name="李四")
    sheets.generate(place.branch, SEPTEMBER)
    mine = client.get(sheet_url(place.branch))
    client.post(sheet_url(place.branch), typed(mine, paid_0="90"))  # somebody else, from the same page
    answer = client.post(sheet_url(place.branch), typed(mine, paid_1="90"), follow=True)
    assert "改了 1 行" in text_of(answer)
    assert [c.paid for c in charges_of(place.branch)] == [Decimal(90), Decimal(90)]
    again = client.post(sheet_url(place.branch), typed(mine, paid_0="45"))
    assert "最新是：应缴 90.00，实缴 90.00" in text_of(again)
    assert charges_of(place.branch).first().paid == Decimal(90)
    client.post(sheet_url(place.branch), typed(again))  # once more: what was typed holds
    assert charges_of(place.branch).first().paid == Decimal(45)


@pytest.mark.django_db
def test_a_page_sent_twice_is_saved_once(client, place, secretary, text_of):
    payer(place.branch)
    sheets.generate(place.branch, SEPTEMBER)
    sent = typed(client.get(sheet_url(place.branch)), paid_0="90")
    client.post(sheet_url(place.branch), sent)
    assert "没有改动" in text_of(client.post(sheet_url(place.branch), sent, follow=True))
    assert charges_of(place.branch).get().version == 2


@pytest.mark.django_db
def test_after_closing_a_change_needs_a_reason_and_leaves_a_trace(client, place, secretary, fill_in, text_of):
    payer(place.branch, name="张三")
    sheets.generate(place.branch, SEPTEMBER)
    sent = typed(client.get(sheet_url(place.branch)), paid_0="90")
    client.post(reverse("members:dues-close", args=[place.branch.code, "2026-09"]))
    assert "已经封账，没有保存" in text_of(client.post(sheet_url(place.branch), sent, follow=True))
    charge = charges_of(place.branch).get()
    refused = fill_in(charge.get_absolute_url(), paid="90.00")
    assert "请写明为什么要改" in text_of(refused)
    fill_in(charge.get_absolute_url(), paid="90.00", late_reason="银行回单迟到")
    charge.refresh_from_db()
    assert (charge.paid, charge.late_reason) == (Decimal(90), "银行回单迟到")
    entry = AuditEntry.objects.filter(model="members.duescharge").latest("seq")
    assert entry.action == "late-entry"
    assert entry.changes["late_reason"] == ["", "银行回单迟到"]
    assert "补录" in text_of(client.get(sheet_url(place.branch)))
    assert "银行回单迟到" in text_of(client.get(charge.get_absolute_url()))


@pytest.mark.django_db
def test_a_stale_charge_is_refused_with_both_values(client, place, secretary, text_of):
    charge = DuesChargeFactory(member=payer(place.branch))
    form = client.get(charge.get_absolute_url()).context["form"]
    sent = {
        "due": "10",
        "paid": "5",
        "paid_on": "2026-09-09",
        "version": form.initial["version"],
        "token": form.initial["token"],
    }
    charge.paid = Decimal(10)
    charge.record()
    answer = client.post(charge.get_absolute_url(), sent)
    assert "刚刚修改了这条记录" in text_of(answer)
    assert "10.00" in text_of(answer)
    charge.refresh_from_db()
    assert charge.paid == Decimal(10)


# scope


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["members:dues-sheet", "members:dues-generate", "members:dues-close"])
def test_another_branch_is_not_there(client, place, secretary, name):
    url = reverse(name, args=[place.branches[1].code, "2026-09"])
    assert client.post(url).status_code == 404


@pytest.mark.django_db
def test_a_leader_reads_and_does_not_write(client, place, text_of):
    sign_in(client, "leader", place.committee)
    charge = DuesChargeFactory(member=payer(place.branch, name="张三"))
    page = client.get(sheet_url(place.branch))
    assert "张三" in text_of(page)
    assert "全部按应缴" not in text_of(page)
    assert client.post(sheet_url(place.branch), {}).status_code == 404
    assert client.get(charge.get_absolute_url()).context["form"] is None
    assert client.post(charge.get_absolute_url(), {}).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("month", ["2026", "2026-13", "x"])
def test_an_address_with_no_month_is_not_there(client, place, secretary, month):
    assert client.get(reverse("members:dues-sheet", args=[place.branch.code, month])).status_code == 404


# other pages


@pytest.mark.django_db
def test_the_overview_tells_how_far_each_branch_has_come(client, place, office, text_of):
    for _ in range(2):
        payer(place.branch)
    sheets.generate(place.branch, SEPTEMBER)
    charge = charges_of(place.branch).first()
    charge.paid, charge.paid_on = Decimal(90), date(2026, 9, 5)
    charge.record()
    page = text_of(client.get(reverse("members:dues"), {"month": "2026-09"}))
    assert "应缴 180.00 元 实缴 90.00 元 未缴清 1 人" in page
    assert "收缴中" in page and "未生成" in page


@pytest.mark.django_db
def test_arrears_name_who_owes_the_longest_first(client, place, office, text_of):
    short, long = payer(place.branch, name="张三"), payer(place.branch, name="李四")
    DuesChargeFactory(member=short)
    DuesChargeFactory(member=short, month=date(2026, 10, 1))  # running: not late yet
    for month in range(3, 10):
        DuesChargeFactory(member=long, month=date(2026, month, 1))
    page = text_of(client.get(reverse("members:dues-arrears"), {"period": "2026Q4"}))
    assert "2 人欠缴，共 80.00 元；其中连续 6 个月以上的 1 人" in page
    assert page.index("李四") < page.index("张三")
    rows = client.get(reverse("members:dues-arrears"), {"period": "2026Q4"}).context["rows"]
    for _, debt, url in rows:
        assert client.get(url).context["page"].paginator.count == len(debt.months)
    assert "2026-10" not in page


@pytest.mark.django_db
def test_statements_of_a_branch_and_of_a_member(client, place, office, text_of):
    member = payer(place.branch, name="张三")
    DuesChargeFactory(member=member, month=date(2026, 1, 1), due=Decimal("10.10"), paid=Decimal("10.10"))
    DuesChargeFactory(member=member, month=date(2026, 2, 1), due=Decimal("10.20"), paid=Decimal("5"))
    DuesChargeFactory(member=member, month=date(2025, 12, 1))
    for url in (
        reverse("members:dues-statement", args=[place.branch.code]),
        reverse("members:dues-member", args=[member.pk]),
    ):
        for more in ("", "&print=1"):
            page = text_of(client.get(f"{url}?year=2026{more}"))
            assert "20.30" in page and "15.10" in page and "5.20" in page, url


@pytest.mark.django_db
def test_the_organisation_shows_its_dues(client, place, office, text_of):
    DuesChargeFactory(member=payer(place.branch), paid=Decimal("4"))
    page = client.get(place.branch.get_absolute_url(), {"period": "2026Q3"})
    assert "应缴党费 10.00 元 实收党费 4.00 元 党费未缴清 1 人月" in text_of(page)


# the ledger


def import_rows(place, *rows, header=("姓名", "所在党支部", "月份", "应缴", "实缴", "缴纳日期", "缴纳方式"), user=None):
    batch, match = importing.open_batch(ledgers.get("dues"), xlsx(header, *rows), "表.xlsx", user or superuser())
    batch.save()
    return batch, importing.preview(batch, match)


@pytest.mark.django_db
def test_import_by_name_and_the_same_file_twice(place):
    member = payer(place.branch, "6000", name="张三")
    row = ("张三", place.branch.name, "2026年9月", "90", "90", "2026.9.5", "微信")
    batch, analysis = import_rows(place, row)
    assert analysis.counts["new"] == 1, list(analysis.errors)
    importing.apply(batch)
    charge = DuesCharge.objects.get()
    assert (charge.member, charge.month, charge.base, charge.employment, charge.method) == (
        member, date(2026, 9, 1), Decimal(6000), "in-service", "mobile",
    )  # fmt: skip
    _, again = import_rows(place, row)
    assert dict(again.counts) == {"same": 1}
    assert facts.of(place.branch, SEPTEMBER)["dues.paid"] == Decimal(90)


@pytest.mark.django_db
@pytest.mark.parametrize("clear", [False, True])
def test_export_and_import_change_nothing(place, clear):
    gone, twin, other = (payer(place.branch, name=name) for name in ("张三", "李四", "李四"))
    for member in (gone, twin, other):
        DuesChargeFactory(member=member, base=Decimal(6000), paid=Decimal("3.33"), paid_on=date(2026, 9, 4), note="补")
    gone.branch = place.branches[3]
    gone.amend(date(2026, 10, 2))
    user, target, ledger = superuser(), BytesIO(), ledgers.get("dues")
    assert exporting.export(ledger, Query(place.committee, SEPTEMBER), user, target, clear=clear) == 3
    batch, match = importing.open_batch(ledger, target.getvalue(), "出.xlsx", user)
    batch.save()
    assert dict(importing.preview(batch, match).counts) == {"same": 3}


@pytest.mark.django_db
def test_what_cannot_be_imported_is_said_at_the_cell(place):
    payer(place.branch, name="张三")
    for _ in range(2):
        payer(place.branch, name="李四")
    elsewhere = payer(place.branches[1], name="王五")
    DuesChargeFactory(member=elsewhere)
    elsewhere.branch = place.branch
    elsewhere.amend(date(2026, 9, 2))
    name = place.branch.name
    _, analysis = import_rows(
        place,
        ("张三", name, "2026-11", "9", "", "", ""),
        ("李四", name, "2026-09", "9", "", "", ""),
        ("没有", name, "2026-09", "9", "", "", ""),
        ("张三", name, "2026-08", "-9", "", "", ""),
        ("张三", name, "2026-07", "9", "", "2026-07-01", ""),
        ("王五", name, "2026-09", "9", "", "", ""),
        ("", name, "2026-09", "9", "", "", ""),
        user=sign_in_secretary(place),
    )
    said = [error.message for _, error in analysis.errors]
    for words in (
        "还没有到",
        "2 名党员叫这个名字",
        "没有这个人",
        "不能是负数",
        "没有实缴金额",
        "登记在别的支部",
        "请填姓名或身份证号",
    ):
        assert any(words in message for message in said), (words, said)
    assert analysis.counts["wrong"] == 7


def sign_in_secretary(place):
    from tests.factories import PostingFactory

    return PostingFactory(role="branch-secretary", organization=place.branch).user


@pytest.mark.django_db
def test_a_closed_month_takes_no_import(place):
    payer(place.branch, name="张三")
    sheets.generate(place.branch, SEPTEMBER)
    sheets.close(place.branch, SEPTEMBER)
    _, same = import_rows(place, ("张三", place.branch.name, "2026-09", "90", "", "", ""))
    _, changed = import_rows(place, ("张三", place.branch.name, "2026-09", "90", "90", "", ""))
    assert dict(same.counts) == {"same": 1}
    assert "封账" in next(changed.errors.__iter__())[1].message


# rules


def unpaid(member, *months, **fields):
    for month in months:
        DuesChargeFactory(member=member, month=Period.parse(month).start, **fields)


@pytest.mark.django_db
@pytest.mark.parametrize(("first", "found"), [(5, 0), (4, 1)])
def test_five_months_in_a_row_are_borne_and_six_are_not(place, first, found):
    member = payer(place.branch)
    unpaid(member, *(f"2026-{month:02}" for month in range(first, 10)))
    violations = check(place.committee, Period.parse("2026Q3"), ["R32"])
    assert [v.member_id for v in violations] == [member.pk] * found
    if found:
        assert (violations[0].organization, violations[0].value) == (place.branch, 6)


@pytest.mark.django_db
@pytest.mark.parametrize(("paid_on", "found"), [(date(2026, 9, 30), 0), (date(2026, 10, 1), 1)])
def test_what_was_paid_after_the_last_day_was_unpaid_on_it(place, paid_on, found):
    member = payer(place.branch)
    unpaid(member, *(f"2026-{month:02}" for month in (4, 5, 6, 8, 9)))
    DuesChargeFactory(member=member, month=date(2026, 7, 1), paid=Decimal(10), paid_on=paid_on)
    assert len(check(place.committee, Period.parse("2026Q3"), ["R32"])) == found


@pytest.mark.django_db
def test_the_running_month_is_not_held_against_anybody(place):
    unpaid(payer(place.branch), *(f"2026-{month:02}" for month in range(5, 11)))
    quarter = Period.parse("2026Q4")
    assert check(place.committee, quarter, ["R32"], by=date(2026, 10, 31)) == []
    assert len(check(place.committee, quarter, ["R32"], by=date(2026, 11, 1))) == 1


@pytest.mark.django_db
def test_who_has_left_owes_no_rule(place):
    member = payer(place.branch)
    unpaid(member, *(f"2026-{month:02}" for month in range(3, 10)))
    member.leave("deceased", date(2026, 9, 30))
    assert check(place.committee, Period.parse("2026Q3"), ["R32"]) == []


@pytest.mark.django_db
@pytest.mark.parametrize(("due", "found"), [("90.00", 0), ("89.99", 1), ("90.01", 1)])
def test_dues_that_differ_from_the_band_by_a_cent(place, due, found):
    member = payer(place.branch)
    DuesChargeFactory(member=member, base=Decimal(6000), employment="in-service", due=Decimal(due))
    violations = check(place.committee, SEPTEMBER, ["R33"])
    assert len(violations) == found
    if found:
        assert (violations[0].value, violations[0].required) == (Decimal(due), Decimal("90.00"))
        assert due in violations[0].detail and "90.00" in violations[0].detail
    assert check(place.committee, Period.parse("2026-08"), ["R33"]) == []


# cost


@pytest.mark.django_db
def test_the_pages_cost_the_same_for_60_and_for_300_members(client):
    place = street(1, 2)
    small, large = place.branches
    office = sign_in(client, "office", place.committee)
    for branch, size in ((small, 60), (large, 300)):
        for _ in range(size):
            payer(branch, "6000")
        for month in ("2026-08", "2026-09"):
            sheets.generate(branch, Period.parse(month))
    assert office

    def cost(url):
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        return len(queries)

    for address in (
        lambda b: sheet_url(b),
        lambda b: reverse("members:dues-statement", args=[b.code]) + "?year=2026",
        lambda b: reverse("members:dues-arrears") + f"?organization={b.code}",
        lambda b: b.get_absolute_url(),
        lambda b: reverse("ledgers:list", args=["dues"]) + f"?organization={b.code}&period=2026-09",
    ):
        assert cost(address(small)) == cost(address(large)) <= 60, address(small)

    page = client.get(sheet_url(large))
    with CaptureQueriesContext(connection) as queries:
        client.post(sheet_url(large), typed(page) | {"fill": "1"})
    assert len(queries) <= 40
    assert charges_of(large).filter(paid=90).count() == 300


@pytest.mark.django_db
def test_rules_cost_the_same_for_many_branches(place):
    def cost():
        facts.of(place.committee, SEPTEMBER)
        with CaptureQueriesContext(connection) as queries:
            check(place.committee, SEPTEMBER, ["R32", "R33"])
        return len(queries)

    unpaid(payer(place.branch), *(f"2026-{month:02}" for month in range(1, 10)))
    few = cost()
    for _ in range(5):
        branch = OrganizationFactory(parent=Organization.objects.get(pk=place.community.pk))
        for _ in range(3):
            unpaid(payer(branch), *(f"2026-{month:02}" for month in range(1, 10)))
    assert cost() == few
    assert Member.objects.count() == 16


@pytest.mark.django_db
def test_what_is_paid_in_its_month_stays_so_whatever_is_paid_afterwards(place):
    """One of three paid in September, one in October, one not at all: a third was collected in its month, for good."""
    for paid, on in ((30, date(2026, 9, 20)), (30, date(2026, 10, 5)), (0, None)):
        DuesChargeFactory(member=payer(place.branch), month=date(2026, 9, 1), due=30, paid=paid, paid_on=on)
    found = facts.of(place.committee, SEPTEMBER)
    assert (found["dues.timely"], found["dues.due"]) == (30, 90)
    assert facts.rate("dues.collected").percent(found) == Decimal("33.3")

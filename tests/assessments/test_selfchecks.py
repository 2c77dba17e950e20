"""Self-checks: a standard, what the records settle, what people say, the whole, what is put right."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.roles import Role
from assessments import standards
from assessments.models import Measure, SelfCheck, SelfCheckAnswer, Standard
from assessments.schemes.rounds import checked
from ledgers import facts
from ledgers.period import Period
from tests.assessments.rounds import LINES, check, make_standard
from tests.branches.importing import export, messages, take_in, take_in_file
from tests.factories import ActivityFactory, MemberFactory, sign_in, superuser
from tests.factories import street as make_town

pytestmark = pytest.mark.django_db

YEAR = Period.parse("2026")


@pytest.fixture
def town():
    return make_town()


def levels(selfcheck, field="own"):
    return {one.item.code: getattr(one, field) for one in selfcheck.answers.select_related("item")}


def test_the_ready_standard_reads_back_as_it_is_written():
    _, _, items = standards.ready()
    assert len(items) > 20
    assert standards.tied(standards.from_text(standards.to_text(items)), items) == items


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("没有编号的一行", "第 1 行缺编号"),
        ("1.1 甲\n1.1 乙", "编号 1.1 用了两次"),
        ("1.1 甲 | R99", "没有规则或指标“R99”"),
        ("", "还没有条款"),
    ],
)
def test_a_standard_that_cannot_be_read_says_where(text, words):
    with pytest.raises(standards.StandardRefused, match=words):
        standards.from_text(text)


def test_it_works(client, town, fill_in, text_of, today):
    sign_in(client, Role.OFFICE, town.committee)
    fill_in(reverse("assessments:standard-create") + f"?organization={town.committee.code}", items=LINES)
    standard = Standard.objects.get()
    assert standard.items.count() == 3
    sign_in(client, Role.BRANCH_SECRETARY, town.branch)
    assert client.get(standard.get_absolute_url()).status_code == 200, "a branch reads what it is held against"
    fill_in(reverse("assessments:selfcheck-create"), organization=town.branch.pk, standard=standard.pk, period="2026")
    selfcheck = SelfCheck.objects.get()
    assert levels(selfcheck) == {"1.1": "missed", "1.2": "", "2.1": "missed"}
    own = reverse("assessments:selfcheck-own", args=[selfcheck.pk])
    item = standard.items.get(code="1.2")
    page = fill_in(own, **{f"level{item.pk}": "nearly"})
    assert "请写明差在哪里" in text_of(page)
    fill_in(own, **{f"level{item.pk}": "met"})
    selfcheck.refresh_from_db()
    assert (selfcheck.done_on, selfcheck.met, selfcheck.asked) == (date(2026, 10, 8), 1, 3)
    assert client.get(reverse("assessments:selfcheck-check", args=[selfcheck.pk])).status_code == 404
    assert facts.of(town.committee, Period.parse("2026Q4"))["selfcheck.done"] == 1


def test_a_check_that_differs_says_why_and_what_fails_is_put_right(client, town, fill_in, text_of, today):
    standard = make_standard(town.committee)
    selfcheck = check(town.branch, standard, done_on=date(2026, 9, 1))
    sign_in(client, Role.COMMUNITY_SECRETARY, town.community)
    item = standard.items.get(code="2.1")
    address = reverse("assessments:selfcheck-check", args=[selfcheck.pk])
    assert "请写明理由" in text_of(fill_in(address, **{f"level{item.pk}": "met"}))
    fill_in(address, **{f"level{item.pk}": "met", f"note{item.pk}": "会议记录在另一本"})
    selfcheck.refresh_from_db()
    assert (selfcheck.checked_on, levels(selfcheck, "checked")["2.1"]) == (date(2026, 10, 8), "met")
    conclude = reverse("assessments:selfcheck-conclude", args=[selfcheck.pk])
    assert client.get(conclude).context["form"].initial["overall"] == "missed"
    fill_in(conclude)
    fill_in(reverse("assessments:selfcheck-rectify", args=[selfcheck.pk]), owner="赵书记", due_on="2026-12-01")
    measure = Measure.objects.get()
    assert (measure.answer.item.code, measure.kind, measure.set_by) == ("1.1", "selfcheck", town.community)
    again = reverse("assessments:selfcheck-rectify", args=[selfcheck.pk])
    assert client.get(again).status_code == 404, "what is being put right is not put right twice"
    assert "按期推进" in text_of(client.get(selfcheck.get_absolute_url()))


@pytest.mark.parametrize(
    ("met", "core", "overall"),
    [(20, True, "model"), (19, True, "model"), (18, True, "met"), (17, True, "met"), (16, True, "nearly"),
     (20 - 1, False, "nearly"), (12, True, "nearly"), (11, True, "missed")],
)  # fmt: skip
def test_the_whole_at_its_edges(town, met, core, overall):
    lines = "\n".join(f"1.{n} 条款 | | 核心" if n == 1 else f"1.{n} 条款" for n in range(1, 21))
    selfcheck = check(town.branch, make_standard(town.committee, lines))
    answers = list(selfcheck.answers.select_related("item"))
    ordered = answers if core else answers[1:] + answers[:1]
    for place, answer in enumerate(ordered):
        answer.own = "met" if place < met else "missed"
        answer.record()
    selfcheck.recount()
    assert selfcheck.proposed(answers) == overall


def test_what_the_records_keep_is_met(town, today):
    for _ in range(3):
        MemberFactory(branch=town.branch)
    for month in (2, 5, 8):
        ActivityFactory(organization=town.branch, kind="general", date=date(2026, month, 1))
    assert levels(check(town.branch, make_standard(town.committee))) == {"1.1": "met", "1.2": "", "2.1": "met"}


def test_a_standard_in_use_is_not_changed(client, town, today):
    sign_in(client, Role.OFFICE, town.committee)
    standard = make_standard(town.committee)
    assert client.get(reverse("assessments:standard-edit", args=[standard.pk])).status_code == 200
    check(town.branch, standard)
    assert client.get(reverse("assessments:standard-edit", args=[standard.pk])).status_code == 404


def test_the_line_of_a_scheme_takes_the_rate_of_the_subtree(client, town, text_of, today):
    standard = make_standard(town.committee)
    one = check(town.branch, standard, done_on=date(2026, 9, 1))
    two = check(town.branches[1], standard, done_on=date(2026, 9, 1))
    for selfcheck, met, asked in ((one, 3, 3), (two, 1, 3)):
        SelfCheck.objects.filter(pk=selfcheck.pk).update(met=met, asked=asked)
    shares = checked(YEAR, [town.community, town.branch])
    assert shares == {town.community.pk: Decimal(4) / 6, town.branch.pk: Decimal(1)}
    assert checked(Period.parse("2026Q2"), [town.community]) == {}, "not done by then"
    sign_in(client, Role.LEADER, town.committee)
    assert "66.7%" in text_of(client.get(reverse("assessments:selfcheck-rates")))


def test_files_are_taken_in_and_come_back_the_same(town, today):
    user = superuser()
    make_standard(town.committee)
    found = take_in(
        "selfchecks", user, ("组织", "自查标准", "轮次", "自查日期"),
        [town.branch.code, "规范化标准", 2026, "2026-09-01"], [town.branch.code, "别的标准", 2026, "2026-09-01"],
    )  # fmt: skip
    assert found.counts == {"new": 1, "wrong": 1} and "没有这个自查标准" in messages(found)[3]
    items = take_in(
        "selfcheck-items", user, ("组织", "轮次", "条款编号", "自评"),
        [town.branch.code, "2026", "1.1", "达标"], [town.branch.code, "2026", "9.9", "达标"],
    )  # fmt: skip
    assert items.counts == {"new": 1, "wrong": 1} and "没有这个编号" in messages(items)[3]
    assert (SelfCheck.objects.get().met, SelfCheckAnswer.objects.count()) == (1, 1)
    for slug in ("selfchecks", "selfcheck-items"):
        assert take_in_file(slug, user, export(slug, user)).counts == {"same": 1}

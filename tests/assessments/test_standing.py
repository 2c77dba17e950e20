"""Requests and reports, examples, stars, weak branches: their pages, ledgers and facts."""

from datetime import date

import pytest
from django.urls import reverse

from accounts.roles import Role
from assessments.models import BranchStars, Demonstration, MemberStar, RequestReport, WeakBranch
from ledgers import facts
from ledgers.period import Period
from tests.assessments.standing import claim, example, request, star, weak
from tests.branches.importing import export, messages, take_in, take_in_file
from tests.factories import ActivityFactory, MemberFactory, sign_in, superuser
from tests.factories import street as make_town

pytestmark = pytest.mark.django_db

Q3 = Period.parse("2026Q3")
Q4 = Period.parse("2026Q4")
FIVE = ["organization", "members", "service", "cobuilding", "discipline"]


@pytest.fixture
def town():
    return make_town()


# requests and reports


def test_a_request_goes_up_and_is_answered(client, town, fill_in, text_of, today):
    sign_in(client, Role.COMMUNITY_SECRETARY, town.community)
    fill_in(
        reverse("assessments:request-create") + f"?organization={town.community.code}",
        kind="request",
        subject="关于换届的请示",
        addressee="街道党工委",
        due_on="2026-10-01",
    )
    held = RequestReport.objects.get()
    assert held.state == ("bad", "逾期未报")
    fill_in(reverse("assessments:request-send", args=[held.pk]), number="东社〔2026〕3号")
    assert client.get(reverse("assessments:request-answer", args=[held.pk])).status_code == 404
    sign_in(client, Role.OFFICE, town.committee)
    fill_in(reverse("assessments:request-answer", args=[held.pk]), answer="同意。", answer_number="街党〔2026〕9号")
    assert "已批复" in text_of(client.get(held.get_absolute_url()))
    assert facts.of(town.committee, Q4)["requests.sent"] == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"addressee": "街道党工委、区委组织部"}, "只写一个主送单位"),
        ({"part": "first"}, "只用于报告"),
        ({"timing": "after"}, "请示应在事前"),
        ({"sent_on": "2026-12-01"}, "不能晚于今天"),
    ],
)
def test_one_matter_one_addressee(client, town, fill_in, text_of, today, fields, words):
    sign_in(client, Role.OFFICE, town.committee)
    own = {"kind": "request", "subject": "关于换届的请示", "addressee": "街道党工委"}
    address = reverse("assessments:request-create") + f"?organization={town.community.code}"
    assert words in text_of(fill_in(address, **own | fields))


@pytest.mark.parametrize(
    ("fields", "overdue"),
    [
        ({"due_on": date(2026, 9, 29)}, 1),
        ({"due_on": date(2026, 9, 30)}, 0),
        ({"due_on": date(2026, 9, 29), "sent_on": date(2026, 9, 30)}, 0),
        ({"due_on": date(2026, 9, 29), "sent_on": date(2026, 10, 1)}, 1),
        ({"due_on": None}, 0),
    ],
)
def test_what_did_not_go_up_in_time_is_counted(town, today, fields, overdue):
    request(town.branch, **fields)
    assert facts.of(town.committee, Q3)["requests.overdue"] == overdue


# examples


def test_an_example_is_named_and_taken_back(client, town, fill_in, today):
    sign_in(client, Role.OFFICE, town.committee)
    held = example(town.community)
    name = reverse("assessments:demonstration-name", args=[held.pk])
    fill_in(name, named_on="2026-08-01", document="街党〔2026〕5号")
    assert facts.of(town.committee, Q3)["demo.projects"] == 1
    assert client.get(reverse("assessments:demonstration-edit", args=[held.pk])).status_code == 404
    fill_in(reverse("assessments:demonstration-withdraw", args=[held.pk]), withdrawn_on="2026-09-30", reason="弄虚作假")
    assert facts.of(town.committee, Q3)["demo.projects"] == 0
    assert facts.of(town.committee, Period.parse("2026-08"))["demo.projects"] == 1


def test_an_example_is_not_named_before_it_was_claimed(client, town, fill_in, text_of, today):
    sign_in(client, Role.OFFICE, town.committee)
    held = example(town.community)
    page = fill_in(reverse("assessments:demonstration-name", args=[held.pk]), named_on="2026-02-01")
    assert "早于前一步的日期" in text_of(page)
    assert Demonstration.objects.get().named_on is None


# stars


def test_a_branch_claims_what_it_qualifies_for(client, town, fill_in, text_of, today):
    sign_in(client, Role.BRANCH_SECRETARY, town.branch)
    address = reverse("assessments:branch-stars-create") + f"?organization={town.branch.code}"
    ActivityFactory(organization=town.branch, kind="general", date=date(2026, 10, 1))
    page = client.get(address)
    assert "组织建设星还差" in text_of(page)
    assert "organization" not in page.context["form"].initial["claimed"]
    fill_in(address, claimed=["service", "discipline"], period="2026Q3")
    assert BranchStars.objects.get().claimed == ",service,discipline,"


@pytest.mark.parametrize(("number", "flag"), [(5, "red"), (4, "blue"), (3, "yellow"), (2, "")])
def test_the_flag_follows_from_the_stars(client, town, fill_in, text_of, today, number, flag):
    stars = claim(town.branch)
    sign_in(client, Role.OFFICE, town.committee)
    fill_in(reverse("assessments:branch-stars-grant", args=[stars.pk]), granted=FIVE[:number], granted_on="2026-10-08")
    stars.refresh_from_db()
    assert stars.flag == flag
    assert facts.of(town.committee, Q4)["stars.flags"] == (number == 5)
    assert town.branch.label in text_of(client.get(reverse("assessments:wall")))


def test_a_flag_taken_back_is_none(client, town, fill_in, today):
    stars = claim(town.branch, granted="," + ",".join(FIVE) + ",", granted_on=date(2026, 10, 5))
    assert stars.flag == "red"
    sign_in(client, Role.OFFICE, town.committee)
    fill_in(reverse("assessments:branch-stars-take-back", args=[stars.pk]), reason="发生违纪案件")
    stars.refresh_from_db()
    assert stars.flag == ""
    assert facts.of(town.committee, Q4)["stars.flags"] == 0


def test_a_member_gets_a_star_once(client, town, fill_in, text_of, today):
    member = MemberFactory(branch=town.branch, name="钱多多")
    sign_in(client, Role.BRANCH_SECRETARY, town.branch)
    address = reverse("assessments:member-star-create") + f"?organization={town.branch.code}"
    fill_in(address, name="钱多多", period="2026Q3", title="奉献之星")
    held = MemberStar.objects.get()
    assert held.member == member
    assert "已经申报过" in text_of(fill_in(address, name="钱多多", period="2026Q3", title="奉献之星"))
    assert "没有这名党员" in text_of(fill_in(address, name="无此人", period="2026Q3", title="奉献之星"))
    sign_in(client, Role.COMMUNITY_SECRETARY, town.community)
    fill_in(reverse("assessments:member-star-grant", args=[held.pk]), granted_on="2026-10-08")
    assert facts.of(town.committee, Q4)["stars.members"] == 1


# weak branches


def test_a_weak_branch_is_struck_off_once_it_was_looked_at(client, town, fill_in, text_of, today):
    sign_in(client, Role.OFFICE, town.committee)
    held = weak(town.branch)
    assert facts.of(town.committee, Q3)["weak.branches"] == 1
    strike = reverse("assessments:weak-branch-strike-off", args=[held.pk])
    assert "采取了哪些整顿措施" in text_of(fill_in(strike, left_on="2026-09-30"))
    fill_in(strike, left_on="2026-09-30", plan="派驻第一书记。", score="92.5")
    assert facts.of(town.committee, Q3)["weak.branches"] == 0
    assert WeakBranch.objects.get().score == 92.5


# ledgers


def test_files_are_taken_in_and_come_back_the_same(town, today):
    user = superuser()
    MemberFactory(branch=town.branch, name="钱多多")
    files = {
        "requests": (
            ("组织", "类型", "事项", "主送", "应报日期"),
            [town.community.code, "请示", "关于换届的请示", "街道党工委", "2026-09-10"],
            [town.community.code, "请示", "关于选举的请示", "街道党工委、区委", "2026-09-10"],
            "只写一个主送单位",
        ),
        "demonstrations": (
            ("组织", "类别", "名称", "级别", "申报日期", "命名日期"),
            [town.community.code, "典型项目", "楼栋议事会", "区级", "2026-03-01", "2026-06-01"],
            [town.community.code, "典型项目", "红色驿站", "区级", "2026-03-01", "2026-02-01"],
            "早于前一步的日期",
        ),
        "branch-stars": (
            ("支部", "时期", "申报的星", "申报日期", "授予的星", "授予日期"),
            [town.branch.code, "2026年第三季度", "组织建设星、服务群众星", "2026-10-01", "服务群众星", "2026-10-05"],
            [town.branches[1].code, "2026年第三季度", "服务群众星", "2026-10-01", "服务群众星", ""],
            "请填授予日期",
        ),
        "member-stars": (
            ("支部", "姓名", "时期", "星", "申报日期"),
            [town.branch.code, "钱多多", "2026年第三季度", "奉献之星", "2026-10-01"],
            [town.branch.code, "无此人", "2026年第三季度", "奉献之星", "2026-10-01"],
            "没有这名党员",
        ),
        "weak-branches": (
            ("支部", "认定情形", "认定日期", "整顿时限"),
            [town.branch.code, "群众满意率低", "2026-06-01", "2026-12-01"],
            [town.branches[1].code, "群众满意率低", "2026-06-01", "2026-05-01"],
            "早于认定日期",
        ),
    }
    for slug, (headers, good, bad, words) in files.items():
        found = take_in(slug, user, headers, good, bad)
        assert found.counts == {"new": 1, "wrong": 1}, slug
        assert words in messages(found)[3], slug
        assert take_in(slug, user, headers, good).counts == {"same": 1}, slug
        assert take_in_file(slug, user, export(slug, user)).counts == {"same": 1}, slug


def test_stars_on_record_give_the_flag_on_import_as_well(town, today):
    user = superuser()
    claim(town.branch, granted="," + ",".join(FIVE[:3]) + ",", granted_on=date(2026, 10, 5))
    star(MemberFactory(branch=town.branch))
    all_five = "组织建设星、党员管理星、服务群众星、共建共治星、廉洁守纪星"
    headers = ("支部", "时期", "申报日期", "授予的星", "授予日期")
    take_in("branch-stars", user, headers, [town.branch.code, "2026年第三季度", "2026-10-01", all_five, "2026-10-05"])
    assert BranchStars.objects.get().flag == "red"

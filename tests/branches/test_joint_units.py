"""Units of joint branches: the record, its ledger, its form, the panel."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from accounts.roles import Role
from branches.models import JointUnit
from tests.branches.importing import export, messages, take_in, take_in_file
from tests.branches.life import make_joint, make_unit
from tests.factories import sign_in, superuser

HEADERS = ("组织编码", "单位名称", "单位类别", "覆盖日期", "退出日期")


@pytest.fixture
def joint(town):
    """A joint branch of the first community."""
    return make_joint(town.community)


def test_it_works(client, town, joint, office, fill_in, today, text_of):
    response = fill_in("/branches/joint-units/new/?organization=J", name="恒信公司", unit_kind="private-enterprise")
    unit = JointUnit.objects.get()
    assert (unit.organization, unit.start) == (joint, today)
    assert response.url == "/branches/J/"
    words = text_of(client.get(response.url))
    assert "现覆盖 1 个单位" in words and "恒信公司 非公企业 2026-11-23 起" in words


def test_more_than_five_are_said(client, town, office, today, text_of):
    make_joint(town.community, units=6)
    words = text_of(client.get("/branches/J/"))
    assert "现覆盖 6 个单位 多于 5 个" in words
    six = client.get("/ledgers/joint-units/?organization=J&on=2026-11-23")
    assert text_of(six).count("J联合党支部") >= 6


def test_a_unit_that_left_is_history(client, joint, office, today, text_of):
    make_unit(joint, end=date(2026, 11, 23))
    words = text_of(client.get("/branches/J/"))
    assert "还没有登记所含单位" in words and "已退出 1 个 恒信公司" in words
    assert JointUnit.objects.covered_on(date(2026, 11, 22)).count() == 1


def test_a_unit_is_not_covered_twice_at_a_time(client, joint, office, fill_in, today):
    make_unit(joint, start=date(2026, 1, 1))
    form = fill_in("/branches/joint-units/new/?organization=J", name="恒信公司", start="2026-05-01").context["form"]
    assert "时间重叠" in form.errors["start"][0]
    assert fill_in("/branches/joint-units/new/?organization=J", name="恒信公司", start="2025-05-01", end="2026-01-01").status_code == 302  # fmt: skip  # noqa: E501


def test_only_joint_branches_are_offered(client, town, joint, office):
    form = client.get("/branches/joint-units/new/").context["form"]
    assert [o.code for o in form.fields["organization"].queryset] == ["J"]


def test_the_database_refuses_an_end_before_the_start(joint):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_unit(joint, end=date(2020, 1, 1))


def test_out_of_scope_is_not_there(client, town, joint):
    unit = make_unit(joint)
    sign_in(client, Role.BRANCH_SECRETARY, town.branch)
    assert client.get(f"/branches/joint-units/{unit.pk}/").status_code == 404
    assert client.post(f"/branches/joint-units/{unit.pk}/delete/").status_code == 404


def test_the_office_imports_them(town, joint):
    user = superuser()
    make_unit(joint, "老单位")
    analysis = take_in(
        "joint-units",
        user,
        HEADERS,
        ["J", "恒信公司", "非公企业", "2021-01-01", ""],
        ["S-1-1", "恒信公司", "", "2021-01-01", ""],
        ["J", "老单位", "", "2022-01-01", ""],
        ["J", "短单位", "", "2022-01-01", "2021-01-01"],
    )
    wrong = messages(analysis)
    assert "不是联合党支部" in wrong[3] and "时间重叠" in wrong[4] and "应晚于覆盖日期" in wrong[5]
    assert JointUnit.objects.filter(name="恒信公司").count() == 1


def test_what_is_exported_changes_nothing_when_it_comes_back(town, joint):
    make_unit(joint, unit_kind="school", end=date(2026, 2, 1), note="已单独建")
    make_unit(joint, start=date(2026, 3, 1))
    user = superuser()
    analysis = take_in_file("joint-units", user, export("joint-units", user, all="1"))
    assert not messages(analysis) and analysis.counts == {"same": 2}

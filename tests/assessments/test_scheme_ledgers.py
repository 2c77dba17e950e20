"""Ledgers of schemes and indicators: they round-trip, and a changed row drafts the next version."""

from decimal import Decimal

import pytest

from assessments.models import Indicator, Scheme
from assessments.schemes.document import read as read_scheme
from assessments.schemes.ready import TITLES, ready_scheme
from assessments.schemes.versions import document_of, draft
from ledgers import undoing
from ledgers.period import Period
from tests.assessments.schemes import manual
from tests.assessments.schemes import scheme as scheme_of
from tests.branches.importing import export, messages, take_in, take_in_file
from tests.factories import street as make_town
from tests.factories import superuser

pytestmark = pytest.mark.django_db

HEADERS = ("组织编码", "方案编号", "一级指标", "指标编号", "二级指标", "分值", "评分标准")


@pytest.fixture
def town():
    return make_town()


@pytest.fixture
def scheme(town):
    return draft(town.committee, read_scheme(scheme_of(manual()))).put_in_force(Period.parse("2026Q1"))


def test_what_is_exported_comes_back_the_same(town):
    user = superuser()
    for name in TITLES:
        draft(town.committee, ready_scheme(name))
    for slug, number in (("schemes", len(TITLES)), ("indicators", Indicator.objects.count())):
        assert take_in_file(slug, user, export(slug, user)).counts == {"same": number}
    assert Scheme.objects.count() == len(TITLES), "what is the same drafts nothing"


def test_a_changed_row_drafts_the_next_version(town, scheme):
    (line,) = scheme.indicators.all()
    row = [town.committee.code, scheme.code, line.group.title, line.code, "换了说法", 80, "看台账"]
    found = take_in("indicators", superuser(), HEADERS, row)
    assert found.counts == {"changed": 1}
    old, new = Scheme.objects.order_by("edition")
    assert (old.state, new.state, new.edition) == ("in-force", "draft", 2)
    changed = new.indicators.get()
    assert (changed.title, changed.points, changed.standard) == ("换了说法", Decimal(80), "看台账")
    assert (changed.formula, old.indicators.get().title) == (line.formula, line.title)


def test_a_new_row_gets_the_formula_that_its_wording_says(town, scheme):
    found = take_in(
        "indicators", superuser(), HEADERS,
        [town.committee.code, scheme.code, "组织生活", "Z1", "主题党日", 15, "每月至少1次，每少一次扣5分"],
        [town.committee.code, scheme.code, "组织生活", "Z2", "制度上墙", 5, "现场查看"],
    )  # fmt: skip
    assert found.counts == {"new": 2}
    kinds = {one.code: one.formula["kind"] for one in Scheme.objects.get(edition=2).indicators.all()}
    assert (kinds["Z1"], kinds["Z2"]) == ("required", "manual")
    assert Scheme.objects.count() == 2, "rows of one scheme make one version"


def test_an_import_of_indicators_is_taken_back(town, scheme):
    user = superuser()
    found = take_in("indicators", user, HEADERS, [town.committee.code, scheme.code, "组织生活", "Z2", "上墙", 5, ""])
    undoing.undo(found.batch, user)
    assert Scheme.objects.get() == scheme
    assert Indicator.objects.count() == 1


def test_a_scheme_begins_with_its_head(town):
    user = superuser()
    headers = ("组织编码", "方案编号", "方案名称", "考核周期", "基础分")
    found = take_in("schemes", user, headers, [town.committee.code, "XKH", "社区党建考核", "季度", 100])
    assert found.counts == {"new": 1}
    scheme = Scheme.objects.get()
    assert (scheme.period_kind, scheme.applies_to) == ("quarter", ["community-committee"])
    assert len(document_of(scheme).indicators) == 0
    take_in("indicators", user, HEADERS, [town.committee.code, "XKH", "组织生活", "A1", "上墙", 5, ""])
    changed = take_in("schemes", user, headers, [town.committee.code, "XKH", "社区党建季度考核", "季度", 100])
    assert changed.counts == {"changed": 1}
    last = Scheme.objects.order_by("-edition").first()
    assert (last.edition, last.title, last.indicators.count()) == (3, "社区党建季度考核", 1)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (["S", "没有", "组织生活", "A1", "上墙", 5, ""], "没有这个方案"),
        (["S", None, "组织生活", "Z9", "上墙", 0, ""], "应该大于 0"),
    ],
)
def test_what_makes_no_scheme_is_refused_at_its_row(town, scheme, row, words):
    row = [town.committee.code, row[1] or scheme.code, *row[2:]]
    found = take_in("indicators", superuser(), HEADERS, row)
    assert found.counts == {"wrong": 1} and words in messages(found)[2]
    assert Scheme.objects.count() == 1

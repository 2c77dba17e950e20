"""`build_report`: what it writes, what it prints, what it refuses."""

import json

import pytest
from django.core.management import CommandError, call_command

from accounts.roles import Role
from tests.factories import ActivityFactory, PostingFactory, UserFactory, street

from .test_investigation_pages import statements_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def place():
    made = street(2, 1, code="HP")
    ActivityFactory(organization=made.branch)
    return made


def build(capsys, file, **options):
    call_command("build_report", str(file), **{"organization": "HP", "period": "2026Q3"} | options)
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("ending", "start"), [("docx", b"PK"), ("html", b"<!doctype"), ("json", b"{"), ("PDF", b"%PDF")]
)
def test_it_works(place, capsys, tmp_path, ending, start):
    file = tmp_path / f"报告.{ending}"
    answer = build(capsys, file)
    assert file.read_bytes().startswith(start)
    assert answer["file"] == str(file)
    assert answer["statements"] > 10
    assert answer["figures"] > 5


def test_the_json_holds_as_many_statements_and_figures_as_it_says(place, capsys, tmp_path):
    answer = build(capsys, tmp_path / "r.json")
    data = json.loads((tmp_path / "r.json").read_text())
    statements = statements_of(data)
    figures = {(f["code"], f["url"], f["filter"], f["text"]) for one in statements for f in one["figures"]}
    assert (answer["statements"], answer["figures"]) == (len(statements), len(figures))
    assert len({one["key"] for one in statements}) == len(statements)  # a statement stands once


@pytest.mark.parametrize(
    ("annexes", "kinds"),
    [
        (None, {"evidence", "problems", "measures", "charts"}),
        ("none", set()),
        ("evidence,measures", {"evidence", "measures"}),
    ],
)
def test_annexes_are_chosen(place, capsys, tmp_path, annexes, kinds):
    build(capsys, tmp_path / "r.json", annexes=annexes)
    data = json.loads((tmp_path / "r.json").read_text())
    assert {one["kind"] for one in data["annexes"]} == kinds


def test_length_and_evidence(place, capsys, tmp_path):
    answer = build(capsys, tmp_path / "r.docx", length="brief")
    assert answer["files"] == [str(tmp_path / "r.docx"), str(tmp_path / "r-数据依据表.docx")]
    assert answer["characters"] <= 2500
    assert build(capsys, tmp_path / "r.docx", annexes="none")["files"] == [str(tmp_path / "r.docx")]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"organization": "XX"}, "没有编码为“XX”的组织"),
        ({"period": "第三季度"}, "看不懂的时期"),
        ({"period": "2100Q1"}, "还没有开始"),
        ({"annexes": "everything"}, "没有“everything”这种附件"),
        ({"user": "nobody"}, "没有可用的账号"),
    ],
)
def test_bad_input_is_refused_in_one_line(place, capsys, tmp_path, options, message):
    with pytest.raises(CommandError, match=message) as refusal:
        build(capsys, tmp_path / "r.json", **options)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", ["r.xlsx", "r", "no/such/folder/r.json"])
def test_a_file_that_cannot_be_written_is_refused(place, capsys, tmp_path, name):
    with pytest.raises(CommandError, match=r"不能写成|写不了"):
        build(capsys, tmp_path / name)


def test_a_user_builds_within_their_scope_only(place, capsys, tmp_path):
    user = UserFactory()
    PostingFactory(user=user, role=Role.COMMUNITY_SECRETARY, organization=place.community)
    assert build(capsys, tmp_path / "r.json", user=user.username, organization=place.community.code)
    with pytest.raises(CommandError, match="没有编码为“HP”的组织"):
        build(capsys, tmp_path / "r.json", user=user.username)

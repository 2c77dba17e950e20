"""The official record of an activity as Word and PDF."""

import io
from datetime import date, time
from decimal import Decimal

import docx
import pytest
from django.urls import reverse
from pypdf import PdfReader

from accounts.roles import Role
from activities.models import Activity, record_roll
from activities.roll import of_activity
from reports.minutes_record import Cell, form_of, to_docx, to_pdf
from tests.factories import ActivityFactory, MemberFactory, sign_in, street

pytestmark = pytest.mark.django_db


@pytest.fixture
def place():
    return street()


@pytest.fixture
def held(place):
    activity = ActivityFactory(
        organization=place.branch,
        kind="lecture",
        date=date(2026, 9, 15),
        start_time=time(9, 30),
        topic="学习党章",
        place="二楼会议室",
        chair="张三",
        recorder="李四",
        lecturer="王五",
        hours=Decimal("2.0"),
        content="一、学习有关条款。\n\n二、讨论。",
        number="A-1",
    )
    marks = {"张三": ("present", ""), "李四": ("late", ""), "赵六": ("leave", "出差"), "钱七": ("absent", "")}
    record_roll(activity, {MemberFactory(branch=place.branch, name=name).pk: mark for name, mark in marks.items()})
    return activity


def cells(form):
    return {cell.label: cell.text for row in form.rows for cell in row}


def url(activity, form):
    return reverse("reports:minutes-record", args=[activity.pk, form])


def test_it_works(client, place, held):
    sign_in(client, Role.BRANCH_SECRETARY, place.branch)
    answer = client.get(url(held, "docx"))
    assert answer.status_code == 200
    assert "attachment" in answer["Content-Disposition"]
    document = docx.Document(io.BytesIO(answer.content))
    assert document.paragraphs[0].text == "党支部组织生活记录"
    rows = [[cell.text for cell in dict.fromkeys(row.cells)] for row in document.tables[0].rows]
    assert rows[:4] == [
        ["组织名称", place.branch.name, "活动类型", "党课"],
        ["时间", "2026年9月15日 09:30", "地点", "二楼会议室"],
        ["主持人", "张三", "记录人", "李四"],
        ["主讲人", "王五", "学时", "2 学时"],
    ]
    assert ["内容", "一、学习有关条款。\n二、讨论。"] in rows
    assert rows[-1] == ["主持人签名", "", "记录人签名", ""]


def test_the_pdf_says_the_same(client, place, held):
    sign_in(client, Role.BRANCH_SECRETARY, place.branch)
    answer = client.get(url(held, "pdf"))
    reader = PdfReader(io.BytesIO(answer.content))
    text = reader.pages[0].extract_text()
    for row in form_of(held, of_activity(held)).rows:
        for cell in row:
            assert cell.label in text
            assert all(line in text for line in cell.lines)
    assert len(reader.pages) == 1
    box = reader.pages[0].mediabox
    assert (round(float(box.width)), round(float(box.height))) == (595, 842)


def test_the_roll_by_states(held):
    found = cells(form_of(held, of_activity(held)))
    assert (found["应到人数"], found["实到人数"]) == ("4 人", "2 人")
    assert found["出席人员"] == "张三、李四（迟到）"
    assert (found["请假人员"], found["缺席人员"]) == ("赵六（出差）", "钱七")
    assert found["决议"] == "无"


def test_without_a_roll_the_stated_numbers_stand(place):
    activity = ActivityFactory(organization=place.branch, expected_stated=12, present_stated=None)
    found = cells(form_of(activity, of_activity(activity)))
    assert (found["应到人数"], found["实到人数"], found["请假人员"]) == ("12 人", "", "")


def test_a_draft_says_so(place):
    activity = ActivityFactory(organization=place.branch, status=Activity.Status.DRAFT, number="B-1")
    assert form_of(activity, of_activity(activity)).note == "编号：B-1（草稿，未生效）"


def test_a_community_has_no_branch_record(place):
    activity = ActivityFactory(organization=place.community, kind="joint-meeting")
    assert form_of(activity, of_activity(activity)).title == "党组织活动记录"


def test_long_and_hostile_texts(place):
    activity = ActivityFactory(
        organization=place.branch, topic="<b>长" + "长" * 180, content="\x0b<script>内容\n" * 600, chair="名" * 60
    )
    form = form_of(activity, of_activity(activity))
    assert len(PdfReader(io.BytesIO(to_pdf(form))).pages) > 5
    text = docx.Document(io.BytesIO(to_docx(form))).tables[0].cell(8, 1).text
    assert text.count("<script>内容") == 600


def test_the_same_record_gives_the_same_file(held):
    form = form_of(held, of_activity(held))
    assert to_docx(form) == to_docx(form)


def test_other_forms_and_foreign_activities_do_not_exist(client, place, held):
    sign_in(client, Role.BRANCH_SECRETARY, place.branch)
    assert client.get(url(held, "xlsx")).status_code == 404
    sign_in(client, Role.BRANCH_SECRETARY, place.branches[1])
    assert client.get(url(held, "pdf")).status_code == 404


def test_the_activity_offers_it(client, place, held):
    sign_in(client, Role.BRANCH_SECRETARY, place.branch)
    page = client.get(held.get_absolute_url()).content.decode()
    assert url(held, "docx") in page
    assert url(held, "pdf") in page


def test_an_empty_cell_has_one_line():
    assert Cell("决议", "").lines == [""]

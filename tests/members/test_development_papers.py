"""Papers of a development case: hung on a step or on the application, shown, handed out, taken off."""

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.models import AuditEntry
from ledgers import papers
from members.models import DevelopmentPaper
from members.models.papers import hang
from tests.factories import sign_in, street

from .development import applicant, develop, take

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path / "media")
    return tmp_path / "media"


@pytest.fixture
def case(place):
    return applicant(place.branch)


def page(name, *args):
    return reverse(f"members:development-{name}", args=args)


def scan(name="入党申请书.jpg", size=(9, 9)):
    target = io.BytesIO()
    Image.new("RGB", size).save(target, "JPEG")
    return SimpleUploadedFile(name, target.getvalue())


def text(name, content="思想汇报"):
    return SimpleUploadedFile(name, content.encode())


def paper(record, name="材料.txt", content=b"text"):
    hang(record, [papers.Paper(papers.store(content), name, papers.TEXT, len(content))], None)
    return DevelopmentPaper.objects.latest("pk")


def test_it_works(client, fill_in, secretary, case, text_of):
    files = [text("谈话记录.txt"), scan("签到.jpg")]
    assert fill_in(page("step", case.pk, "talk"), on="2022-03-20", people="张三", papers=files).status_code == 302
    step = case.steps.get(code="talk")
    assert [(p.filename, p.case, p.uploaded_by) for p in step.papers.all()] == [
        ("谈话记录.txt", case, secretary),
        ("签到.jpg", case, secretary),
    ]
    assert AuditEntry.objects.get(action="attach").changes == {"材料": [None, "谈话记录.txt、签到.jpg"]}
    response = client.get(case.get_absolute_url())
    assert "材料： 谈话记录.txt 、 签到.jpg" in text_of(response)
    assert step.papers.first().get_absolute_url() in response.content.decode()


def test_the_application_has_papers_too(client, fill_in, secretary, case, text_of):
    assert fill_in(page("edit", case.pk), papers=[scan()]).status_code == 302
    assert [p.filename for p in case.papers.filter(step=None)] == ["入党申请书.jpg"]
    assert "入党申请书.jpg" in text_of(client.get(case.get_absolute_url()))
    assert "已有材料" in text_of(client.get(page("edit", case.pk)))


def test_a_paper_may_come_later_and_hangs_once(fill_in, secretary, case):
    step = take(case, "talk")
    for name in ("谈话记录.jpg", "谈话记录 副本.jpg"):
        assert fill_in(page("step-edit", step.pk), people="张三", papers=[scan(name)]).status_code == 302
    assert [p.filename for p in step.papers.all()] == ["谈话记录.jpg"]


def test_the_printed_sheet_lists_them(client, secretary, case, text_of):
    paper(case, "入党申请书.txt")
    paper(take(case, "talk"), "谈话记录.txt")
    printed = text_of(client.get(page("print", case.pk)))
    assert "入党申请书.txt" in printed and "谈话记录.txt" in printed


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (SimpleUploadedFile("a.exe", b"MZ"), "不是可以上传的文件"),
        (SimpleUploadedFile("a.pdf", b"text"), "不是可以上传的文件"),
    ],
)
def test_what_is_refused_is_said_at_the_field_and_nothing_is_saved(fill_in, secretary, case, file, why):
    response = fill_in(page("step", case.pk, "talk"), on="2022-03-20", people="张三", papers=[file])
    assert why in response.context["form"].errors["papers"][0]
    assert not case.steps.exists()


def test_ten_files_at_once_and_not_eleven(fill_in, secretary, case):
    files = [text(f"{n}.txt", f"第 {n} 份") for n in range(11)]
    response = fill_in(page("edit", case.pk), papers=files)
    assert response.context["form"].errors["papers"] == ["一次最多添加 10 个文件"]
    assert fill_in(page("edit", case.pk), papers=[text(f"{n}.txt", f"第 {n} 份") for n in range(10)]).status_code == 302
    assert case.papers.count() == 10


def test_a_paper_is_handed_out_to_be_saved_and_noted(client, secretary, case):
    found = paper(take(case, "talk"), content="谈话".encode())
    answer = client.get(found.get_absolute_url())
    assert answer.content == "谈话".encode()
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert AuditEntry.objects.get(action="download").changes == {"材料": [None, "材料.txt"]}


def test_a_lost_file_answers_404(client, secretary, case, media):
    found = paper(case)
    for path in media.rglob("*"):
        if path.is_file():
            path.unlink()
    assert client.get(found.get_absolute_url()).status_code == 404


def test_taken_off_with_a_trace(client, secretary, case):
    step = take(case, "talk")
    for record, back in ((step, page("step-edit", step.pk)), (case, page("edit", case.pk))):
        answer = client.post(page("paper-delete", paper(record).pk))
        assert answer["Location"] == back
    assert not DevelopmentPaper.objects.exists()
    traces = AuditEntry.objects.filter(action="detach")
    assert [entry.changes for entry in traces] == [{"材料": ["材料.txt", None]}] * 2


def test_papers_go_with_a_step_taken_back(client, secretary, case):
    step = take(case, "talk")
    paper(step)
    client.post(page("step-delete", step.pk))
    assert not DevelopmentPaper.objects.exists()


def test_only_who_keeps_the_records_opens_them(client, place, case, text_of):
    found = paper(case, "入党申请书.txt")
    sign_in(client, "leader", place.committee)
    response = client.get(case.get_absolute_url())
    assert "入党申请书.txt" in text_of(response)
    assert found.get_absolute_url() not in response.content.decode()
    assert client.get(found.get_absolute_url()).status_code == 404
    for organization in (place.branches[1], street(code="T").branch):
        sign_in(client, "branch-secretary", organization)
        assert client.get(found.get_absolute_url()).status_code == 404
        assert client.post(page("paper-delete", found.pk)).status_code == 404
    assert DevelopmentPaper.objects.exists()


def test_the_nightly_clearing_leaves_them(case, media):
    import os

    found = paper(case)
    then = (timezone.now() - timedelta(days=9)).timestamp()
    for path in media.rglob("*"):
        if path.is_file():
            os.utime(path, (then, then))
    call_command("clear_pending")
    assert papers.content_of(found.digest) == b"text"


def test_queries_do_not_grow(client, office, place):
    case = develop(applicant(place.branch), "training")

    def cost() -> int:
        client.get(case.get_absolute_url())
        with CaptureQueriesContext(connection) as queries:
            client.get(case.get_absolute_url())
        return len(queries)

    steps = list(case.steps.all())
    paper(steps[0])
    few = cost()
    for step in steps:
        for number in range(3):
            paper(step, content=b"%d" % number)
    assert cost() == few

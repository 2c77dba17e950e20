import io

import pytest
from django.urls import reverse
from PIL import Image

from accounts.models import AuditEntry
from accounts.roles import Role
from activities import attachments
from activities.models import Activity, Attachment
from ledgers import papers
from ledgers.papers import Paper, Refused, take
from tests.activities.conftest import as_file, minutes_docx, photo
from tests.factories import ActivityFactory, sign_in, street

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree():
    return street()


@pytest.fixture
def draft(tree):
    return ActivityFactory(organization=tree.branch, status=Activity.Status.DRAFT)


def hang(client, activity, *files):
    return client.post(
        reverse("activities:attach", args=[activity.pk]), {"file": [as_file(data, name) for data, name in files]}
    )


def test_it_works(client, tree, draft):
    user = sign_in(client, Role.BRANCH_SECRETARY, tree.branch)
    hang(client, draft, (minutes_docx("记录"), "记录.docx"), (photo(), "现场.jpg"))
    assert [a.filename for a in draft.attachments.all()] == ["记录.docx", "现场.jpg"]
    assert {a.uploaded_by for a in draft.attachments.all()} == {user}
    page = client.get(draft.get_absolute_url()).content.decode()
    for paper in draft.attachments.all():
        assert paper.get_absolute_url() in page
    assert AuditEntry.objects.get(action="attach").changes == {"附件": [None, "记录.docx、现场.jpg"]}


def test_the_same_file_hangs_once(client, tree, draft):
    sign_in(client, Role.BRANCH_SECRETARY, tree.branch)
    hang(client, draft, (photo(), "现场.jpg"))
    hang(client, draft, (photo(), "现场 副本.jpg"), (photo(), "现场 副本2.jpg"))
    assert draft.attachments.count() == 1


def test_a_file_is_handed_out_to_be_saved_and_never_run(client, tree, draft):
    sign_in(client, Role.BRANCH_SECRETARY, tree.branch)
    data = minutes_docx("记录")
    hang(client, draft, (data, '记录"1.docx'))
    paper = Attachment.objects.get()
    answer = client.get(paper.get_absolute_url())
    assert answer.content == data
    assert answer["Content-Disposition"].startswith("attachment")
    assert "%E8%AE%B0%E5%BD%95" in answer["Content-Disposition"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["Cache-Control"] == "private, no-store"
    assert AuditEntry.objects.filter(action="download", object_id=str(draft.pk)).count() == 1


@pytest.mark.parametrize("name", ["attachment", "thumbnail"])
def test_outside_the_scope_it_does_not_exist(client, tree, draft, name):
    sign_in(client, Role.BRANCH_SECRETARY, tree.branch)
    hang(client, draft, (photo(), "现场.jpg"))
    url = reverse(f"activities:{name}", args=[Attachment.objects.get().pk])
    assert client.get(url).status_code == 200
    sign_in(client, Role.BRANCH_SECRETARY, tree.branches[1])
    assert client.get(url).status_code == 404
    sign_in(client, Role.SYSTEM_ADMIN, tree.committee)
    assert client.get(url).status_code == 404
    client.logout()
    assert "/accounts/sign-in/" in client.get(url).url


def test_a_thumbnail_is_small_and_upright(client, tree, draft):
    sign_in(client, Role.BRANCH_SECRETARY, tree.branch)
    lying = Image.new("RGB", (1200, 600))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    target = io.BytesIO()
    lying.save(target, "JPEG", exif=exif)
    hang(client, draft, (target.getvalue(), "现场.jpg"))
    answer = client.get(reverse("activities:thumbnail", args=[Attachment.objects.get().pk]))
    assert Image.open(io.BytesIO(answer.content)).size == (160, 320)


@pytest.mark.parametrize("data", [b"\xff\xd8\xff" + bytes(100), b"\x89PNG\r\n\x1a\n" + bytes(100)])
def test_a_picture_that_is_none_is_refused(client, tree, draft, data, text_of):
    sign_in(client, Role.BRANCH_SECRETARY, tree.branch)
    hang(client, draft, (data, "坏.jpg"))
    assert not Attachment.objects.exists()
    assert "图片“坏.jpg”打不开" in text_of(client.get(draft.get_absolute_url()))


@pytest.mark.parametrize("data", [b"\xff\xd8\xff" + bytes(100), b"\x89PNG\r\n\x1a\n" + bytes(100)])
def test_a_picture_that_is_none_has_no_thumbnail(client, tree, draft, data):
    user = sign_in(client, Role.BRANCH_SECRETARY, tree.branch)
    attachments.hang(draft, [Paper(papers.store(data), "坏.jpg", "image/jpeg", len(data))], user)
    assert client.get(reverse("activities:thumbnail", args=[Attachment.objects.get().pk])).status_code == 404


def test_a_lost_file_answers_404(client, tree, draft, media):
    sign_in(client, Role.BRANCH_SECRETARY, tree.branch)
    hang(client, draft, (photo(), "现场.jpg"))
    for path in media.rglob("*"):
        if path.is_file():
            path.unlink()
    assert client.get(Attachment.objects.get().get_absolute_url()).status_code == 404


def test_taken_off_with_a_trace(client, tree, draft):
    sign_in(client, Role.BRANCH_SECRETARY, tree.branch)
    hang(client, draft, (photo(), "现场.jpg"))
    client.post(reverse("activities:detach", args=[Attachment.objects.get().pk]))
    assert not Attachment.objects.exists()
    assert AuditEntry.objects.get(action="detach").changes == {"附件": ["现场.jpg", None]}


def test_what_was_handed_in_keeps_its_papers(client, tree, draft):
    sign_in(client, Role.BRANCH_SECRETARY, tree.branch)
    hang(client, draft, (photo(), "现场.jpg"))
    draft.submit()
    hang(client, draft, (photo((9, 9)), "晚了.jpg"))
    client.post(reverse("activities:detach", args=[Attachment.objects.get().pk]))
    assert [a.filename for a in draft.attachments.all()] == ["现场.jpg"]


def test_a_refused_file_says_why(client, tree, draft, text_of):
    sign_in(client, Role.BRANCH_SECRETARY, tree.branch)
    hang(client, draft, (b"MZ", "a.exe"))
    assert "“a.exe”不是可以上传的文件" in text_of(client.get(draft.get_absolute_url()))
    assert not Attachment.objects.exists()


def test_nothing_is_hung_on_foreign_activities(client, tree, draft):
    sign_in(client, Role.BRANCH_SECRETARY, tree.branches[1])
    assert hang(client, draft, (photo(), "现场.jpg")).status_code == 404


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("记录.wps", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 100, ".docx"),
        ("记录.wps", b"anything", ".docx"),
        ("照片.heic", b"\x00\x00\x00\x18ftypheic", "打不开"),
        ("照片.jpg", b"\x00\x00\x00\x18ftypheic", "打不开"),
        ("照片.webp", b"RIFF\x00\x00\x00\x00WEBPVP8 ", "打不开"),
        ("照片.avif", b"\x00\x00\x00\x18ftypavif", "截一张图"),
    ],
)
def test_what_cannot_be_opened_is_refused_with_how_to_turn_it(name, data, words):
    with pytest.raises(Refused, match=words):
        take(as_file(data, name))

import pytest
from django.urls import reverse

from accounts.encryption import decrypt_bytes
from accounts.roles import Role
from activities.models import PendingUpload
from tests.activities.conftest import as_file, minutes_docx, photo, zip_of
from tests.factories import sign_in, street

pytestmark = pytest.mark.django_db
URL = reverse("activities:upload")


@pytest.fixture
def branch():
    return street().branch


@pytest.fixture
def secretary(client, branch):
    return sign_in(client, Role.BRANCH_SECRETARY, branch)


def upload(client, *files, field="file", **more):
    return client.post(URL, {field: [as_file(data, name) for data, name in files]}, **more)


def kept(media):
    return [path for path in media.rglob("*") if path.is_file()]


def test_it_works(client, secretary, media):
    data = minutes_docx("支部党员大会会议记录", "时间：2026年9月15日")
    answer = upload(client, (data, "会议记录.docx"))
    pending = PendingUpload.objects.get()
    assert answer.url == reverse("activities:pending", args=[pending.pk])
    assert (pending.user, pending.filename, pending.size, pending.note) == (secretary, "会议记录.docx", len(data), "")
    assert "2026年9月15日" in pending.text
    (file,) = kept(media)
    assert file.relative_to(media).parts == ("attachments", pending.digest[:2], pending.digest[2:4], pending.digest)
    assert data not in file.read_bytes()
    assert decrypt_bytes(file.read_bytes()) == data
    assert file.stat().st_mode & 0o777 == 0o600


def test_several_wait_and_the_first_is_opened(client, secretary):
    answer = upload(client, (minutes_docx("甲"), "甲.docx"), (minutes_docx("乙"), "乙.docx"))
    assert PendingUpload.objects.count() == 2
    assert answer.url == PendingUpload.objects.get(filename="甲.docx").get_absolute_url()
    assert "乙.docx" in client.get(URL).content.decode()


def test_a_photo_from_the_camera_is_taken_without_text(client, secretary):
    upload(client, (photo(), "image.jpg"), field="photo")
    pending = PendingUpload.objects.get()
    assert (pending.content_type, pending.text) == ("image/jpeg", "")
    page = client.get(pending.get_absolute_url())
    assert page.status_code == 200
    assert reverse("activities:preview", args=[pending.pk]) in page.content.decode()


def test_what_cannot_be_read_is_taken_as_a_paper_with_the_reason(client, secretary):
    broken = zip_of({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<broken"})
    upload(client, (broken, "坏.docx"))
    pending = PendingUpload.objects.get()
    assert pending.text == ""
    assert pending.note in client.get(pending.get_absolute_url()).content.decode()


def test_a_plain_text_is_read_in_the_offices_encoding(client, secretary):
    upload(client, ("主题党日活动记录\n地点：会议室".encode("gb18030"), "记录.txt"))
    assert "会议室" in PendingUpload.objects.get().text


BOMB = zip_of({"[Content_Types].xml": b"<Types/>", "word/document.xml": bytes(60 * 1024 * 1024)})
MACRO = zip_of({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<a/>", "word/vbaProject.bin": b"x"})


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (BOMB, "会议记录.docx", "解压后太大"),
        (MACRO, "会议记录.docx", "带有宏"),
        (b"MZ\x90\x00" + bytes(200), "会议记录.docx", "不是可以上传的文件"),
        (b"MZ\x90\x00" + bytes(200), "记录.txt", "不是可以上传的文件"),
        (b"MZ\x90\x00" + bytes(200), "setup.exe", "不是可以上传的文件"),
        (b"<html><script>alert(1)</script></html>", "记录.html", "不是可以上传的文件"),
        (b"%PDF-1.4", "记录.docx", "扩展名对不上"),
        (zip_of({"a.txt": b"x"}), "记录.docx", "不是可以上传的文件"),
        (b"PK\x03\x04rubbish", "记录.docx", "已经损坏"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "记录.docx", "设了密码"),
        (b"", "空.docx", "空文件"),
    ],
)
def test_hostile_and_useless_files_are_refused_in_words(client, secretary, media, data, name, reason):
    answer = upload(client, (data, name))
    assert answer.status_code == 400
    assert reason in answer.content.decode()
    assert not PendingUpload.objects.exists()
    assert kept(media) == []


def test_21_megabytes_are_too_many(client, secretary, media):
    answer = upload(client, (b"%PDF-1.4" + bytes(21 * 1024 * 1024), "大.pdf"))
    assert "超过 20 MB" in answer.content.decode()
    assert kept(media) == []


def test_the_good_ones_among_refused_ones_are_taken(client, secretary, text_of):
    answer = upload(client, (b"MZ", "坏.exe"), (photo(), "好.jpg"), follow=True)
    assert [p.filename for p in PendingUpload.objects.all()] == ["好.jpg"]
    assert "“坏.exe”不是可以上传的文件" in text_of(answer)


def test_no_more_than_ten_at_once(client, secretary):
    upload(client, *((minutes_docx(str(i)), f"{i}.docx") for i in range(11)))
    assert PendingUpload.objects.count() == 10


def test_nothing_chosen(client, secretary):
    assert "还没有选择文件" in client.post(URL).content.decode()


def test_a_name_is_only_a_name(client, secretary):
    upload(client, (photo(), "..\\..\\etc\\passwd\u202egpj.jpg"))
    assert PendingUpload.objects.get().filename == "passwdgpj.jpg"
    upload(client, (photo((9, 9)), "长" * 300 + ".jpg"))
    assert len(PendingUpload.objects.latest("pk").filename) == 200
    assert PendingUpload.objects.latest("pk").filename.endswith(".jpg")


def test_a_leader_uploads_nothing(client, branch):
    sign_in(client, Role.LEADER, branch)
    assert client.get(URL).status_code == 404
    assert upload(client, (photo(), "a.jpg")).status_code == 404
    assert not PendingUpload.objects.exists()

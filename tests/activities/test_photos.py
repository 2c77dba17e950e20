"""Photos are kept without what a camera writes into them; papers have versions."""

import io
import os
import subprocess
import sys
from datetime import date

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from PIL import Image, PngImagePlugin

from accounts.models import AuditEntry
from accounts.roles import Role
from activities import attachments
from activities.models import Activity, Attachment, PendingUpload
from ledgers import papers, photos
from tests.activities.conftest import as_file, minutes_docx, photo
from tests.factories import ActivityFactory, sign_in, street

pytestmark = pytest.mark.django_db
GPS, CAMERA, TAKEN, ORIENTATION = 0x8825, 0x8769, 0x9003, 0x0112


@pytest.fixture
def draft():
    return ActivityFactory(organization=street().branch, status=Activity.Status.DRAFT)


@pytest.fixture
def secretary(client, draft):
    return sign_in(client, Role.BRANCH_SECRETARY, draft.organization)


def from_a_phone(size=(1200, 600)):
    """Return a JPEG as a phone makes it: lying on its side, with the place and the time in it."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[GPS] = {1: "N", 2: (31.0, 14.0, 15.0), 3: "E", 4: (121.0, 28.0, 10.0)}
    exif[CAMERA] = {TAKEN: "2026:09:15 09:30:00"}
    target = io.BytesIO()
    Image.new("RGB", size, "#b3131b").save(target, "JPEG", exif=exif, comment=b"Zhang San's phone")
    return target.getvalue()


def attach(client, activity, data, name, **more):
    return client.post(reverse("activities:attach", args=[activity.pk]), {"file": as_file(data, name)} | more)


@pytest.mark.parametrize("kind", ["HEIF", "WEBP"])
def test_what_phones_write_by_default_is_kept_as_jpeg(client, secretary, draft, kind):
    target = io.BytesIO()
    Image.new("RGB", (640, 480), "#b3131b").save(target, kind)
    attach(client, draft, target.getvalue(), f"现场.{'heic' if kind == 'HEIF' else 'webp'}")
    paper = draft.attachments.get()
    assert (paper.filename, paper.content_type) == ("现场.jpg", papers.JPEG)
    with Image.open(io.BytesIO(papers.content_of(paper.digest))) as picture:
        assert (picture.format, picture.size) == ("JPEG", (640, 480))


def test_it_works(client, secretary, draft, text_of):
    data = from_a_phone()
    assert b"Zhang San" in data
    attach(client, draft, data, "现场.jpg")
    paper = draft.attachments.get()
    kept = papers.content_of(paper.digest)
    with Image.open(io.BytesIO(kept)) as picture:
        assert picture.size == (600, 1200)  # upright without being told to turn
        assert dict(picture.getexif()) == {}
        assert not {"exif", "comment", "icc_profile"} & set(picture.info)
    assert b"Zhang San" not in kept
    assert (paper.taken_on, paper.size) == (date(2026, 9, 15), len(kept))
    assert "拍摄于 2026-09-15" in text_of(client.get(draft.get_absolute_url()))


def test_a_large_photo_is_made_smaller():
    with Image.open(io.BytesIO(photos.prepared(photo((4000, 3000))).data)) as picture:
        assert picture.size == (2560, 1920)


def test_a_picture_with_text_in_it_loses_the_text_and_keeps_its_holes():
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Location", "31.2,121.4")
    target = io.BytesIO()
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(target, "PNG", pnginfo=notes)
    kept = photos.prepared(target.getvalue()).data
    assert b"121.4" not in kept
    with Image.open(io.BytesIO(kept)) as picture:
        assert (picture.format, picture.mode, picture.getpixel((3, 3))) == ("PNG", "RGBA", (0, 0, 0, 0))


def test_a_bomb_is_refused(client, secretary, draft, monkeypatch, text_of):
    monkeypatch.setitem(photos.MAX_PIXELS, "JPEG", 100)
    attach(client, draft, photo((11, 10)), "炸弹.jpg")
    assert not Attachment.objects.exists()
    assert "尺寸太大" in text_of(client.get(draft.get_absolute_url()))


def in_format(kind, size, mode="RGB"):
    target = io.BytesIO()
    Image.new(mode, size).save(target, kind)
    return target.getvalue()


@pytest.mark.parametrize(
    ("kind", "size", "allowed"),
    [("PNG", (5000, 5000), True), ("PNG", (5001, 5000), False), ("JPEG", (10_001, 5000), False)],
)
def test_a_png_may_hold_half_as_many_pixels_as_a_jpeg(kind, size, allowed):
    data = in_format(kind, size, "1" if kind == "PNG" else "L")
    if allowed:
        assert photos.prepared(data).data
        return
    with pytest.raises(photos.NoPicture, match=f"{size[0]}×{size[1]}.*万像素以内"):
        photos.prepared(data)


def test_the_largest_picture_takes_no_more_memory_than_a_worker_has_to_spare(tmp_path):
    """In a process of its own, whose peak the system measures: Pillow's memory is not Python's."""
    place = tmp_path / "large.png"
    place.write_bytes(in_format("PNG", (5000, 5000), "RGBA"))
    script = """
import resource, sys, django
django.setup()
from ledgers import photos
data = open(sys.argv[1], "rb").read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
photos.prepared(data)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": "sqlite://:memory:"}
    run = subprocess.run(
        [sys.executable, "-c", script, str(place)],
        env=environment, cwd=settings.BASE_DIR, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert int(run.stdout) < 300 * 1024, f"{int(run.stdout) // 1024} MB"


def test_a_photo_cut_off_on_the_way_is_refused():
    with pytest.raises(photos.NoPicture, match="没有传完整"):
        photos.prepared(photo()[: len(photo()) // 2])


@pytest.mark.parametrize("said", ["", "0000:00:00 00:00:00", "昨天", "2026-09"])
def test_a_camera_without_a_clock_gives_no_day(said):
    exif = Image.Exif()
    exif[CAMERA] = {TAKEN: said}
    target = io.BytesIO()
    Image.new("RGB", (9, 9)).save(target, "JPEG", exif=exif)
    assert photos.prepared(target.getvalue()).taken_on is None


def test_a_thumbnail_is_drawn_once_and_kept_encrypted(client, secretary, draft, media, monkeypatch):
    attach(client, draft, photo(), "现场.jpg")
    url = reverse("activities:thumbnail", args=[Attachment.objects.get().pk])
    first = client.get(url).content
    (kept,) = (path for path in (media / "thumbnails").rglob("*") if path.is_file())
    assert not kept.read_bytes().startswith(b"\xff\xd8")
    monkeypatch.setattr(photos, "_drawn", lambda *args, **more: pytest.fail("drawn again"))
    assert client.get(url).content == first


def test_small_pictures_go_with_their_files(media):
    digest = papers.store(photo())
    attachments.picture(digest, attachments.THUMBNAIL)
    papers.clear_unused({digest})
    assert any(path.is_file() for path in (media / "thumbnails").rglob("*"))
    papers.clear_unused(set())
    assert not any(path.is_file() for path in (media / "thumbnails").rglob("*"))


# Versions


def test_a_new_version_takes_the_place_of_the_old_one(client, secretary, draft, text_of):
    attach(client, draft, minutes_docx("初稿"), "记录.docx")
    first = draft.attachments.get()
    attach(client, draft, minutes_docx("定稿"), "记录（定稿）.docx", replaces=first.pk)
    second = draft.attachments.get(edition=2)
    assert (second.replaces, second.filename) == (first, "记录（定稿）.docx")
    assert AuditEntry.objects.filter(action="attach").latest("seq").changes == {
        "附件": ["记录.docx", "记录（定稿）.docx"]
    }
    page = client.get(draft.get_absolute_url())
    assert [(paper, earlier) for paper, earlier in page.context["attachments"]] == [(second, [first])]
    assert "以前的 1 版" in text_of(page)
    assert client.get(first.get_absolute_url()).status_code == 200


def test_taking_the_new_version_off_brings_the_old_one_back(client, secretary, draft):
    attach(client, draft, photo((9, 9)), "甲.jpg")
    first = draft.attachments.get()
    attach(client, draft, photo((8, 8)), "乙.jpg", replaces=first.pk)
    client.post(reverse("activities:detach", args=[first.pk]))
    assert draft.attachments.count() == 2  # the old one stays as evidence
    client.post(reverse("activities:detach", args=[draft.attachments.get(edition=2).pk]))
    page = client.get(draft.get_absolute_url())
    assert page.context["attachments"] == [(first, [])]


def test_what_was_replaced_meanwhile_is_not_replaced_again(client, secretary, draft, text_of):
    attach(client, draft, photo((9, 9)), "甲.jpg")
    first = draft.attachments.get()
    attach(client, draft, photo((8, 8)), "乙.jpg", replaces=first.pk)
    attach(client, draft, photo((7, 7)), "丙.jpg", replaces=first.pk)
    assert draft.attachments.count() == 2
    assert "刚刚被换过" in text_of(client.get(draft.get_absolute_url()))


def test_the_database_keeps_one_successor_of_a_paper(draft):
    first = Attachment.objects.create(activity=draft, digest="a" * 64, filename="甲", content_type="x", size=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Attachment.objects.create(activity=draft, digest="b" * 64, filename="乙", content_type="x", size=1, edition=2)
    Attachment.objects.create(
        activity=draft, digest="c" * 64, filename="丙", content_type="x", size=1, edition=2, replaces=first
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        Attachment.objects.create(
            activity=draft, digest="d" * 64, filename="丁", content_type="x", size=1, edition=2, replaces=first
        )
    draft.erase()
    assert not Attachment.objects.exists()


# Several files of one activity


def test_papers_of_one_activity_are_ticked_on_one_form(client, secretary):
    files = [
        as_file(photo(), "现场.jpg"),
        as_file(minutes_docx("主题党日活动记录", "时间：2026年9月15日"), "记录.docx"),
        as_file(minutes_docx("主题党日活动记录", "时间：2026年8月15日"), "上月.docx"),
    ]
    answer = client.post(reverse("activities:upload"), {"file": files, "together": "one"})
    minutes = PendingUpload.objects.get(filename="记录.docx")
    assert answer.url == minutes.get_absolute_url()  # what fills in the form, not the photo
    page = client.get(answer.url)
    assert page.context["belonging"] == {PendingUpload.objects.get(filename="现场.jpg").pk}

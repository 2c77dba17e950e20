"""Photographs and scans of minutes: what a picture says is read, and nobody is invented by it."""

import io
import json
import subprocess
from typing import Any
from unittest import mock

import pytest
from django.urls import reverse
from PIL import Image, ImageDraw, ImageFont

from accounts.roles import Role
from activities.minutes import Unreadable, pictures
from activities.minutes.pictures import Cell, Page, Word, text_of_page
from activities.minutes.registers import match_roster, with_names_parted
from activities.models import PendingUpload
from branches.models import Organization
from tests.factories import sign_in

from .conftest import as_file
from .corpus import MEMBERS, SAMPLES
from .photographs import FONTS, INK, PAPER, SHOTS, SIMPLIFIED, Shot, has_fonts, photograph, taken
from .test_read_minutes import reader, run, wrong  # noqa: F401 - the fixture

seen_by_the_engine = pytest.mark.skipif(not has_fonts(), reason="needs fonts-noto-cjk to draw the pictures")
RIGHT = 0.9
"""Share of fields of the photographs that are read right, at least."""
TAKEN = (0, 1, 3, 4, 7, 12, 14, 18, 21, 24, 30, 36)
"""Samples of the corpus that are photographed, each in another way; `make bench` takes all of them."""


def word(text: str, left: float, top: float, wide: float = 0, high: float = 40) -> Word:
    return Word(text, left, top, left + (wide or 40 * len(text)), top + high)


class TestLines:
    """Boxes become lines; no engine is needed for that."""

    def test_stand_from_top_to_bottom_and_from_left_to_right(self):
        page = Page((word("记录人：闻静", 700, 203), word("地点：会议室", 100, 100), word("主持人：秦岚", 100, 200)))
        assert text_of_page(page) == "地点：会议室\n主持人：秦岚\t记录人：闻静"

    def test_a_line_broken_at_the_edge_goes_on(self):
        long = "参加人员：" + "、".join(MEMBERS[:12])
        page = Page((word(long, 100, 100), word("向阳、庄秀兰", 100, 160), word("议题：学习", 100, 220)))
        assert text_of_page(page).split("\n") == [f"{long}向阳、庄秀兰", "议题：学习"]

    def test_a_short_line_does_not(self):
        page = Page((word("会" * 30, 100, 100), word("一、传达", 100, 160), word("二、讨论", 100, 220)))
        assert text_of_page(page).split("\n")[1:] == ["一、传达", "二、讨论"]

    def test_columns_are_read_one_after_the_other(self):
        left = [word("左边的一段话讲学习", 100, 100 + 60 * n) for n in range(5)]
        right = [word("右边的一段话讲讨论", 700, 102 + 60 * n) for n in range(5)]
        lines = text_of_page(Page((word("会议记录", 500, 20), *left, *right))).split("\n")
        assert lines[0] == "会议记录"
        assert ["右" in line for line in lines[1:]] == sorted("右" in line for line in lines[1:])

    def test_a_table_is_read_by_its_cells(self):
        cells = ((Cell(0, 0, 200, 60), Cell(200, 0, 800, 60)), (Cell(0, 60, 200, 200), Cell(200, 60, 800, 200)))
        words = (
            *(word("会议时间", 10, 10), word("2026年9月8日", 210, 10), word("请假人员", 10, 110)),
            *(word("施佳（陪护老", 210, 70, 570), word("人）", 210, 120)),
        )
        assert text_of_page(Page(words, (cells,))).split("\n") == [
            "会议时间：2026年9月8日",
            "请假人员：施佳（陪护老人）",
        ]

    def test_of_a_sign_in_sheet_only_who_has_signed(self):
        rows = [("姓名", "签到"), ("秦岚", "秦岚"), ("闻静", ""), ("邵立新", ""), ("白露", "请假")]
        scrawled = {3}  # what no engine reads
        cells, words = [], []
        for number, row in enumerate(rows):
            top = 60 * number
            drawn = [bool(text) or (place == 1 and number in scrawled) for place, text in enumerate(row)]
            cells.append(tuple(Cell(300 * n, top, 300 * n + 300, top + 60, ink) for n, ink in enumerate(drawn)))
            words += [word(text, 300 * place + 10, top + 10) for place, text in enumerate(row) if text]
        lines = text_of_page(Page(tuple(words), (tuple(cells),))).split("\n")
        assert lines == ["姓名\t签到", "秦岚\t√", "邵立新\t√", "白露\t请假"]

    @pytest.mark.parametrize(
        ("line", "read"),
        [
            ("会议时间：2026-09-0619:00", "会议时间：2026-09-06 19:00"),
            ("时间：2026/9/1115点", "时间：2026/9/11 15点"),
            ("时间：2026/9/615点", "时间：2026/9/6 15点"),
            ("时间：2026-09-06 19:00", "时间：2026-09-06 19:00"),
            ("主持：秦岚记录：闻静", "主持：秦岚 记录：闻静"),
            ("内容：秦岚说明情况", "内容：秦岚说明情况"),
            ("类型：□支部党员大会□支部委员会党课 □主题党日", "类型：□支部党员大会□支部委员会☑党课 □主题党日"),
            ("类型：□支部党员大会□支部委员会□党课", "类型：□支部党员大会□支部委员会□党课"),
        ],
    )
    def test_what_the_engine_loses_is_put_back(self, line, read):
        assert text_of_page(Page((word(line, 100, 100),))) == read


class TestNames:
    def test_that_run_into_one_another_are_parted_by_the_register(self):
        assert with_names_parted("参加：秦岚闻静邵立新。", MEMBERS) == "参加：秦岚、闻静、邵立新。"
        assert with_names_parted("秦岚同志传达上级文件", MEMBERS) == "秦岚同志传达上级文件"

    def test_a_character_that_looks_like_another_is_the_one_of_the_register(self):
        roster = [(1, "王末之"), (2, "李曰升")]
        assert match_roster(["王未之", "李日升"], roster).matched == {"王未之": 1, "李日升": 2}
        both = [(1, "王末之"), (2, "王未之")]
        assert match_roster(["王未之"], both).matched == {"王未之": 2}


@seen_by_the_engine
@pytest.mark.django_db
class TestPhotographs:
    def test_are_read_right(self, reader, tmp_path):  # noqa: F811
        asked, faults = 0, []
        for number, place in enumerate(TAKEN):
            sample, shot = SAMPLES[place], SHOTS[number % len(SHOTS)]
            path = tmp_path / f"照片{number}.jpg"
            path.write_bytes(photograph(sample, shot, seed=number))
            of = "HY" if any("organization" in truth for truth in sample.truth) else "HY-1"
            found = run(path, of)
            count, missed = wrong(sample, found)
            asked += count
            faults += [f"[{shot.name}] {fault}" for fault in missed]
            for entry, truth in zip(found, sample.truth, strict=False):
                assert set(entry["present"]) <= set(truth.get("present", entry["present"])), (sample.name, shot.name)
        assert len(faults) <= asked * (1 - RIGHT), "\n".join([f"{asked - len(faults)} of {asked} right", *faults])

    def test_a_sign_in_sheet_tells_who_has_signed(self, reader, tmp_path):  # noqa: F811
        path = tmp_path / "签到表.jpg"
        path.write_bytes(taken(sign_in_sheet(), Shot("sheet", tilt=1.0, shadow=0.2), 1))
        [entry] = run(path)
        assert sorted(entry["present"]) == sorted(["秦岚", "邵立新", "闻静", "段小满"])
        assert list(entry["leave"]) == ["施佳"]
        assert entry["date"] == "2026-09-08"

    def test_the_pages_of_a_scan_are_read_in_order(self, reader, tmp_path):  # noqa: F811
        lines = SAMPLES[0].text.split("\n")
        halves = ["\n".join(lines[:7]), "\n".join(lines[7:])]
        pages = [Image.open(io.BytesIO(photograph(type(SAMPLES[0])("half", text=half), SHOTS[0]))) for half in halves]
        path = tmp_path / "扫描件.pdf"
        pages[0].save(path, "PDF", save_all=True, append_images=pages[1:])
        found = run(path)
        asked, missed = wrong(SAMPLES[0], found)
        assert len(missed) <= asked * (1 - RIGHT), missed

    @pytest.mark.parametrize("kind", ["HEIF", "WEBP"])
    def test_what_phones_write_by_default_is_read(self, reader, tmp_path, kind):  # noqa: F811
        picture = Image.open(io.BytesIO(photograph(SAMPLES[0], SHOTS[1])))
        path = tmp_path / f"照片.{'heic' if kind == 'HEIF' else 'webp'}"
        picture.save(path, kind)
        assert run(path)[0]["chair"] == "秦岚"

    def test_an_upload_is_filled_in_from_its_photographs(self, reader, client, settings, tmp_path):  # noqa: F811
        settings.READ_PICTURES, settings.MEDIA_ROOT = True, str(tmp_path)
        sign_in(client, Role.BRANCH_SECRETARY, Organization.objects.get(code="HY-1"))
        lines = SAMPLES[0].text.split("\n")
        halves = ["\n".join(lines[:7]), "\n".join(lines[7:])]
        files = [
            as_file(photograph(type(SAMPLES[0])("half", text=half), SHOTS[1]), f"第{n}页.jpg")
            for n, half in enumerate(halves, 1)
        ]
        page = client.post(reverse("activities:upload"), {"photo": files, "together": "one"}, follow=True)
        form = page.context["form"]
        assert (form["chair"].value(), form["recorder"].value()) == ("秦岚", "闻静")
        assert str(form["date"].value()) == "2026-09-08"
        assert "一致通过" in form["resolution"].value()
        assert PendingUpload.objects.filter(reading_since__isnull=False).count() == 0


@pytest.mark.django_db
class TestFailures:
    """Nothing that goes wrong with a picture stops anybody: the form is there, with the reason."""

    def answered(self, monkeypatch: pytest.MonkeyPatch, **answer: Any) -> None:
        def answers(*args: Any, **more: Any) -> Any:
            return subprocess.CompletedProcess(args, 0, json.dumps(answer).encode(), b"")

        monkeypatch.setattr(pictures.subprocess, "run", answers)

    def test_no_engine(self, reader, monkeypatch, tmp_path):  # noqa: F811
        self.answered(monkeypatch, missing=True)
        path = tmp_path / "照片.jpg"
        path.write_bytes(b"\xff\xd8\xff")
        assert run(path)[0]["hints"] == [pictures.MISSING]

    def test_a_picture_that_is_none(self, reader, tmp_path):  # noqa: F811
        path = tmp_path / "照片.jpg"
        path.write_bytes(b"\xff\xd8\xff" + b"x" * 500)
        [entry] = run(path)
        assert "打不开" in entry["hints"][0]
        assert entry["present"] == []

    def test_one_that_takes_too_long(self, monkeypatch):
        def waits(*args: Any, **more: Any) -> Any:
            raise subprocess.TimeoutExpired(args, more["timeout"])

        monkeypatch.setattr(pictures.subprocess, "run", waits)
        with pytest.raises(Unreadable, match="超时"):
            pictures.seen([b"x"])

    def test_an_engine_that_dies(self, monkeypatch):
        died = subprocess.CompletedProcess([], -9, b"", b"")
        monkeypatch.setattr(pictures.subprocess, "run", lambda *args, **more: died)
        with pytest.raises(Unreadable, match="没有完成"):
            pictures.seen([b"x"])

    def test_an_upload_keeps_the_reason(self, reader, client, monkeypatch, settings, tmp_path, text_of):  # noqa: F811
        settings.READ_PICTURES, settings.MEDIA_ROOT = True, str(tmp_path)
        self.answered(monkeypatch, missing=True)
        sign_in(client, Role.BRANCH_SECRETARY, Organization.objects.get(code="HY-1"))
        stream = io.BytesIO()
        Image.new("RGB", (600, 400), "white").save(stream, "JPEG")
        photo = as_file(stream.getvalue(), "照片.jpg")
        page = client.post(reverse("activities:upload"), {"photo": photo}, follow=True)
        assert pictures.MISSING in text_of(page)

    def test_who_waits_is_told_and_the_page_asks_again(self, reader, client, settings, tmp_path, monkeypatch, text_of):  # noqa: F811
        settings.READ_PICTURES, settings.MEDIA_ROOT = True, str(tmp_path)
        monkeypatch.setattr("activities.tasks.read_pictures", mock.Mock())  # nobody has come to it yet
        sign_in(client, Role.BRANCH_SECRETARY, Organization.objects.get(code="HY-1"))
        stream = io.BytesIO()
        Image.new("RGB", (600, 400), "white").save(stream, "JPEG")
        photo = as_file(stream.getvalue(), "照片.jpg")
        page = client.post(reverse("activities:upload"), {"photo": photo}, follow=True)
        assert "正在识别图片" in text_of(page)
        address = PendingUpload.objects.get().get_absolute_url()
        asked = client.get(address, headers={"hx-request": "true"})
        assert (asked.status_code, "HX-Refresh" in asked) == (204, False)
        PendingUpload.objects.update(reading_since=None, text="主持人：秦岚")
        assert client.get(address, headers={"hx-request": "true"})["HX-Refresh"] == "true"


def sign_in_sheet() -> Image.Image:
    """A ruled sheet of six members: two signed with strokes, two by name, one on leave, one blank."""
    page = Image.new("L", PAPER, 248)
    draw = ImageDraw.Draw(page)
    font, script = (ImageFont.truetype(FONTS[name], 40, index=SIMPLIFIED) for name in ("serif", "sans"))
    draw.text((420, 150), "槐荫社区第一党支部主题党日签到表", font=font, fill=INK)
    draw.text((160, 240), "时间：2026年9月8日下午2:30", font=font, fill=INK)
    draw.text((160, 310), "地点：党群服务中心", font=font, fill=INK)
    rows = [
        ("序号", "姓名", "签到", "备注"),
        ("1", "秦岚", "秦岚", ""),
        ("2", "邵立新", "~", ""),
        ("3", "闻静", "闻静", ""),
    ]
    rows += [("4", "施佳", "", "请假"), ("5", "鲁大为", "", ""), ("6", "段小满", "~", "")]
    edges = [160, 330, 700, 1150, 1490]
    for number, row in enumerate(rows):
        top = 400 + number * 84
        for text, left, right in zip(row, edges, edges[1:], strict=False):
            draw.rectangle((left, top, right, top + 84), outline=60, width=3)
            if text == "~":
                points = [(left + 60 + 22 * n, top + (24 if n % 2 else 60)) for n in range(9)]
                draw.line(points, fill=30, width=6)
            elif text:
                draw.text((left + 24, top + 18), text, font=script if left == edges[2] else font, fill=INK)
    return page

"""Photographs of invented minutes: pages drawn from the corpus, then tilted, shaded and stamped as phones take them.

Everything follows from a seed, so that a picture is the same on every run of the same fonts.
"""

import io
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from .corpus import BRANCH, Sample

FONTS = {
    "serif": "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",
    "sans": "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
}
SIMPLIFIED = 2
"""The face of the collection that draws simplified Chinese."""
PAPER, INK = (1654, 2339), 35


def has_fonts() -> bool:
    """Say whether the fonts are installed."""
    return all(Path(path).exists() for path in FONTS.values())


@dataclass(frozen=True)
class Shot:
    """How a page was taken. `scale` is of 1654 × 2339 pixels; `turn` in quarters of a circle."""

    name: str
    font: str = "serif"
    size: int = 40
    tilt: float = 0.0
    noise: float = 6.0
    shadow: float = 0.0
    blur: float = 0.6
    scale: float = 1.0
    stamp: bool = False
    turn: int = 0
    perspective: float = 0.0
    quality: int = 82


SHOTS = (
    Shot("flat scan", noise=2),
    Shot("tilted two degrees", tilt=2.0, shadow=0.25),
    Shot("tilted back, sans", font="sans", tilt=-3.0, shadow=0.35),
    Shot("shadow over half", shadow=0.55, tilt=0.8),
    Shot("small", scale=0.55, blur=0.4, tilt=1.2),
    Shot("large", scale=1.7, tilt=-1.4, shadow=0.3),
    Shot("stamp over the text", stamp=True, tilt=1.0),
    Shot("noisy and soft", noise=16, blur=1.2, shadow=0.3),
    Shot("from the side", perspective=0.05, tilt=1.0, shadow=0.3),
    Shot("upside down", turn=2, tilt=0.7),
    Shot("lying", turn=1, tilt=-0.8),
    Shot("small letters", size=30, font="sans", tilt=0.5),
)


def photograph(sample: Sample, shot: Shot, seed: int = 1) -> bytes:
    """Return a JPEG of a sample as it was taken."""
    page = _table(sample, shot) if sample.rows else _prose(sample.text.split("\n"), shot)
    return taken(page, shot, seed)


def _font(shot: Shot, size: int = 0) -> Any:
    return ImageFont.truetype(FONTS[shot.font], size or shot.size, index=SIMPLIFIED)


def _wrapped(draw: Any, text: str, font: Any, width: float) -> list[str]:
    rows: list[str] = []
    for part in text.split("\n"):
        row = ""
        for character in part.replace("\t", "    "):
            if draw.textlength(row + character, font=font) > width:
                # A line does not begin with a mark.
                if character in "，。、；：）”》":
                    rows.append(row + character)
                    row = ""
                    continue
                rows.append(row)
                row = character
            else:
                row += character
        rows.append(row)
    return rows


def _prose(lines: Sequence[str], shot: Shot) -> Image.Image:
    page = Image.new("L", PAPER, 248)
    draw, font, margin = ImageDraw.Draw(page), _font(shot), 160
    y = 170.0
    for number, line in enumerate(lines):
        for row in _wrapped(draw, line, font, PAPER[0] - 2 * margin):
            across = (PAPER[0] - draw.textlength(row, font=font)) / 2 if number == 0 and len(row) < 26 else margin
            draw.text((across, y), row, font=font, fill=INK)
            y += shot.size * 1.75
    return page


def _table(sample: Sample, shot: Shot) -> Image.Image:
    page = Image.new("L", PAPER, 248)
    draw, font = ImageDraw.Draw(page), _font(shot, 36)
    left, right, y = 120, PAPER[0] - 120, 160.0
    title = sample.text.split("\n")[0] if sample.text else "" if len(sample.rows[0]) == 1 else BRANCH
    draw.text(((PAPER[0] - draw.textlength(title, font=font)) / 2, y), title, font=font, fill=INK)
    y += 100
    for line in sample.text.split("\n")[1:] if sample.text else []:
        draw.text((left, y), line, font=font, fill=INK)
        y += 64
    width = max(map(len, sample.rows))
    if width == 2 or len(sample.rows[0]) == width == 2:
        edges = [left, left + 300, right]
    elif width == 4:
        edges = [left, left + 230, left + 760, left + 1000, right]
    else:
        edges = [left + round((right - left) * i / width) for i in range(width + 1)]
    for row in sample.rows:
        spans = [(edges[i], edges[i + 1] if i < len(row) - 1 else right) for i in range(len(row))]
        texts = [_wrapped(draw, cell, font, end - start - 32) for cell, (start, end) in zip(row, spans, strict=True)]
        height = max(len(rows) for rows in texts) * 56 + 34
        for rows, (start, end) in zip(texts, spans, strict=True):
            draw.rectangle((start, y, end, y + height), outline=60, width=3)
            for number, text in enumerate(rows):
                draw.text((start + 16, y + 14 + number * 56), text, font=font, fill=INK)
        y += height
    return page


def taken(page: Image.Image, shot: Shot, seed: int) -> bytes:
    """Return a page as a JPEG, as the shot says."""
    chance = random.Random(seed)
    colour = Image.merge("RGB", (page, page, page))
    if shot.stamp:
        _stamp(colour, chance)
    if shot.perspective:
        colour = _from_the_side(colour, shot.perspective)
    if shot.tilt:
        colour = colour.rotate(shot.tilt, expand=True, fillcolor=(170, 165, 160), resample=Image.Resampling.BICUBIC)
    if shot.turn:
        colour = colour.rotate(90 * shot.turn, expand=True)
    if shot.scale != 1:
        size = (round(colour.width * shot.scale), round(colour.height * shot.scale))
        colour = colour.resize(size, Image.Resampling.LANCZOS)
    light = numpy.asarray(colour, dtype=numpy.float32)
    if shot.shadow:
        height, width = light.shape[:2]
        across = 1 / (1 + numpy.exp(-(numpy.arange(width) - width * 0.55) / (width * 0.06)))
        down = numpy.linspace(1.0, 0.86, height)
        light = light * (1 - shot.shadow * across)[None, :, None] * down[:, None, None]
    light = light + numpy.random.default_rng(seed).normal(0, shot.noise, light.shape)
    made = Image.fromarray(numpy.clip(light, 0, 255).astype("uint8")).filter(ImageFilter.GaussianBlur(shot.blur))
    stream = io.BytesIO()
    made.save(stream, "JPEG", quality=shot.quality)
    return stream.getvalue()


def _stamp(page: Image.Image, chance: random.Random) -> None:
    """Put a round red stamp over the text."""
    seal = Image.new("RGBA", page.size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(seal)
    x, y = chance.randint(850, 1100), chance.randint(420, 620)
    draw.ellipse((x, y, x + 420, y + 420), outline=(205, 30, 30, 150), width=14)
    draw.regular_polygon((x + 210, y + 210, 70), 5, fill=(205, 30, 30, 130))
    page.paste(seal, mask=seal)


def _from_the_side(page: Image.Image, by: float) -> Image.Image:
    """Return the page as seen from a side: its upper edge is shorter."""
    width, height = page.size
    dx = width * by
    corners = [(dx, 0), (width - dx, height * by), (width, height), (0, height)]
    rows, values = [], []
    for (x, y), (u, v) in zip(corners, [(0, 0), (width, 0), (width, height), (0, height)], strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    solved = numpy.linalg.solve(numpy.array(rows, dtype=float), numpy.array(values, dtype=float))
    kind = Image.Transform.PERSPECTIVE
    return page.transform(page.size, kind, solved.tolist(), Image.Resampling.BICUBIC, fillcolor=(170, 165, 160))

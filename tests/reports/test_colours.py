"""The declared colours: red is for what is wrong or what is ours, links have their own, all can be read (WCAG AA)."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

SHEETS = sorted(Path(settings.BASE_DIR, "static", "css").glob("*.css"))
PORTAL = Path(settings.BASE_DIR, "static", "css", "portal.css").read_text()
TOKENS = {
    name: f"#{value * 2 if len(value) == 3 else value}"
    for name, value in re.findall(r"--([\w-]+): #([0-9a-f]{6}|[0-9a-f]{3});", PORTAL)
}
MAY_BE_RED = {".side a.on", ".steps .on", ".upload-form .upload-camera"}
"""Where red text says what is ours or what to do next: the page that is open, the step that is on, the camera."""


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour, as WCAG defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def rules() -> Iterator[tuple[str, str]]:
    """Yield (selector, declarations) of every rule of our stylesheets."""
    for sheet in SHEETS:
        text = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)
        for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", text):
            yield selector.strip(), body


@pytest.mark.parametrize(
    ("text", "ground"),
    [
        *((text, ground) for text in ("link", "link-deep", "ink", "ink-2", "bad") for ground in ("paper", "ground")),
        ("link", "link-wash"),
        ("link", "red-wash"),
        ("ink", "link-wash"),
        ("red", "red-wash"),
        ("red", "paper"),
        ("paper", "red"),
        ("paper", "red-deep"),
        ("paper", "link"),
        *((state, f"{state}-wash") for state in ("ok", "warn", "bad", "none")),
        *((state, "paper") for state in ("ok", "warn", "none")),
    ],
)
def test_text_can_be_read_on_its_ground(text: str, ground: str) -> None:
    assert contrast(TOKENS[text], TOKENS[ground]) >= 4.5


def test_bars_can_be_told_from_the_paper() -> None:
    assert contrast(TOKENS["chart"], TOKENS["paper"]) >= 3


def test_links_and_numbers_are_not_red() -> None:
    assert re.search(r"--bs-link-color: var\(--link\);", PORTAL)
    blue = bytes.fromhex(TOKENS["link"][1:])
    assert f"--bs-link-color-rgb: {blue[0]}, {blue[1]}, {blue[2]};" in PORTAL
    number = next(body for selector, body in rules() if selector == "a.num")
    assert "color: var(--link)" in number


def test_red_text_is_left_to_what_is_ours_or_what_to_do_next() -> None:
    red = {s for s, body in rules() if re.search(r"(?<![-\w])(color|fill): var\(--red(-deep)?\)", body)}
    assert red <= MAY_BE_RED


def test_no_box_in_a_page_hides_rows() -> None:
    boxes = {s for s, body in rules() if "max-height" in body and not s.startswith(("@", ":root"))}
    assert not [s for s in boxes if any(word in s for word in (".scroll", ".table", "month-roll", "restructure"))]

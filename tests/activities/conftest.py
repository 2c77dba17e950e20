"""What tests of activities start from: papers made in the test, a roll posted as the page shows it."""

import io
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import docx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from PIL import Image

from tests.conftest import shown


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> Any:
    """Keep uploaded files where the test ends."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    return tmp_path / "media"


@pytest.fixture
def press(client: Client) -> Callable[..., HttpResponse]:
    """Open a page with a roll, change what a person would, and press a button of its form.

    `press(url, "submit", {member: "leave:出差"}, topic="…")`. The roll follows organisation, kind, date and partners
    as htmx makes it, unless `listed` is false; a mark of None takes the person off it.
    Asked whether other numbers than the minutes' are right, the person says yes, unless `ask` leaves it open.
    """

    def send(
        url: str,
        action: str,
        marks: Mapping[Any, str | None] | None = None,
        *,
        listed: bool = True,
        ask: bool = False,
        **changes: Any,
    ) -> HttpResponse:
        page = client.get(url)
        assert page.status_code == 200, f"{url} answers {page.status_code}"
        fields = sent(page) | changes
        if listed and {"organization", "kind", "date", "partners"} & set(changes):
            fragment = client.post(reverse("activities:roll"), fields)
            fields = {k: v for k, v in fields.items() if not k.startswith(("state-", "reason-", "listed-"))} | of_roll(
                fragment
            )
        fields |= marked(marks or {})
        for member in (m for m, mark in (marks or {}).items() if mark is None):
            del fields[f"state-{member.pk}"]
        answer = client.post(url, fields | {"action": action})
        asked = getattr((answer.context or {}).get("form"), "counts_asked", "")
        if asked and not ask:
            answer = client.post(url, fields | {"action": action, "counts_as_listed": asked})
        return answer

    return send


def sent(page: HttpResponse) -> dict[str, Any]:
    """Return what the page's form would send untouched, the roll included."""
    fields = shown(page) | of_roll(page)
    if page.context.get("activity"):
        fields["activity"] = page.context["activity"].pk
    if page.context.get("upload"):
        fields["upload"] = page.context["upload"].pk
    return fields


def of_roll(page: HttpResponse) -> dict[str, Any]:
    """Return what the roll on a page, or the fragment alone, would send."""
    roll, fields = page.context["roll"], {"roll_for": page.context["roll_for"]}
    for line in roll.lines:
        fields[f"state-{line.member_id}"] = line.state
        fields[f"reason-{line.member_id}"] = line.reason
        fields[f"listed-{line.member_id}"] = line.listed
    fields["unmarked"] = [str(line.member_id) for line in roll.unmarked]
    fields["added"] = [str(line.member_id) for line in roll.lines if line.added]
    fields["must"] = [f"ask-{i}" for i, question in enumerate(roll.questions) if question.must]
    return fields


def marked(marks: Mapping[Any, str | None]) -> dict[str, str]:
    """Return the fields of these marks; a reason stands after a colon."""
    fields = {}
    for member, mark in marks.items():
        if mark is None:
            continue
        state, _, reason = mark.partition(":")
        fields |= {f"state-{member.pk}": state, f"reason-{member.pk}": reason}
    return fields


def states(activity: Any) -> dict[str, str]:
    """Return name → state of an activity's roll, with the reason after a colon."""
    rows = activity.roll.values_list("member__name", "state", "reason")
    return {name: f"{state}:{reason}" if reason else state for name, state, reason in rows}


def minutes_docx(*lines: str) -> bytes:
    """Return a .docx with these lines."""
    document = docx.Document()
    for line in lines:
        document.add_paragraph(line)
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def zip_of(parts: Mapping[str, bytes]) -> bytes:
    """Return a zip file with these parts."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return target.getvalue()


def photo(size: tuple[int, int] = (800, 600), kind: str = "JPEG") -> bytes:
    """Return a photo of nothing."""
    target = io.BytesIO()
    Image.new("RGB", size, "#b3131b").save(target, kind)
    return target.getvalue()


def as_file(data: bytes, name: str) -> SimpleUploadedFile:
    """Return what a browser sends of a file."""
    return SimpleUploadedFile(name, data)

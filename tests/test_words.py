"""The walk through the words: no code of a rule or a period, no English word, no sentence of Django's on any page."""

import re
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.roles import Role
from ledgers import ledger as ledgers
from tests.test_permissions import BY_SPACE, TARGETS, home_and_abroad, media, patterns  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db

CODES = re.compile(r"(?<![\w/])[RQL]\d\d(?!\d)|(?<!\d)\d{4}(?:Q\d|H\d)(?!\d)")
"""Codes of rules and periods."""
DJANGO = re.compile(r"这个字段是必填项|确保该变量|确保该值|请输入一个有效的|选择一个有效的选项|具有.*的.*已存在|此字段")
"""What Django says of a field where nobody has said it better."""
ENGLISH = re.compile(r"[A-Za-z]{3,}")
KNOWN = re.compile(
    r"excel|word|pdf|csv|json|xlsx?|docx?|txt|jpe?g|png|wps|ctrl|enter|esc|tab|shift|ics|https?|zip|md|ofd|heic|webp|bmp|gif|tiff?"
    r"|[a-z]*\d[\w-]*|s\d+\w*|m[ab]|hd|kb|app|gb|id",
    re.IGNORECASE,
)
"""Names of formats and keys, which have no other, and codes that an office gave itself."""
QUOTED = {"abcde", "qwert", "dangjian", "password"}
"""Passwords that the page about passwords names as bad ones."""
UNSEEN = re.compile(r"(?s)<(script|style|head|template|code|kbd)\b.*?</\1>|<!--.*?-->|<option[^>]*>.*?</option>")
ROLES = (Role.OFFICE, Role.SYSTEM_ADMIN, Role.AUDITOR)
"""Who together may open every page."""
FILES = {"ledgers:export", "ledgers:template", "ledgers:wrong-rows", "activities:feed", "accounts:trail-export"}


def words_of(page: str) -> str:
    """Return what a person reads on a page, without what stands in inputs and pictures."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", UNSEEN.sub("", page)))


def wrong_in(words: str, known: set[str]) -> list[str]:
    """Return the codes, sentences and English words in what a person reads."""
    found = [match[0] for match in (*CODES.finditer(words), *DJANGO.finditer(words))]
    return found + [word for word in ENGLISH.findall(words) if not KNOWN.fullmatch(word) and word.lower() not in known]


def management(page: HttpResponse) -> dict[str, Any]:
    """Return how many rows the formset of a page has, which no person types."""
    formset = (page.context or {}).get("formset")  # type: ignore[attr-defined]
    return {} if formset is None else {f.html_name: f.value() for f in formset.management_form}


def is_page(response: HttpResponse) -> bool:
    return response.status_code < 400 and response.get("Content-Type", "").startswith("text/html")


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.value)
def test_every_page_and_every_empty_form_speaks_chinese(client: Client, role: Role) -> None:
    home, _, user = home_and_abroad(role)
    assert user is not None
    client.force_login(user)
    known = {word.lower() for word in ENGLISH.findall(user.username)} | QUOTED | {"sheet"}  # the name of a file's sheet
    wrong: dict[str, Any] = {}
    for name, pattern in patterns():
        if name in FILES or name == "accounts:sign-out" or "static" in name:
            continue
        kwargs = {}
        if pattern.pattern.regex.groups:
            target = TARGETS.get(name) or BY_SPACE.get(name.split(":")[0])
            if target is None:
                continue
            kwargs = target(home, user)
        url = reverse(name, kwargs=kwargs)
        answers = [client.get(url)]
        if is_page(answers[0]) and "<form" in answers[0].content.decode() and name.endswith("create"):
            counts = management(answers[0])
            answers.append(client.post(url, counts))
            form = (answers[0].context or {}).get("form")
            typed = [name for name, field in getattr(form, "fields", {}).items() if not field.widget.is_hidden]
            answers.append(client.post(url, counts | dict.fromkeys(typed, "字" * 6000)))
        for answer in answers:
            if is_page(answer) and (found := wrong_in(words_of(answer.content.decode()), known)):
                wrong[url] = sorted(set(found))[:8]
    assert wrong == {}


@pytest.mark.parametrize("slug", sorted(one.slug for one in ledgers.catalogue()))
def test_every_export_and_template_speaks_chinese(client: Client, slug: str) -> None:
    _, _, user = home_and_abroad(Role.OFFICE)
    assert user is not None
    client.force_login(user)
    for view in ("export", "template"):
        if view == "template" and ledgers.get(slug).importer is None:
            continue
        answer = client.get(reverse(f"ledgers:{view}", args=[slug]))
        book = openpyxl.load_workbook(BytesIO(b"".join(answer) if answer.streaming else answer.content))
        cells = [str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell]
        known = {word.lower() for word in ENGLISH.findall(user.username)}
        assert wrong_in(" ".join(cells), known) == []

"""`read_minutes`: minutes that nobody has seen, in the ways offices write them, against the register."""

import io
import json
from datetime import date
from typing import Any

import docx
import pytest
import weasyprint
from django.core.management import CommandError, call_command

from accounts.roles import Role
from activities.models import Activity, PendingUpload
from tests.factories import (
    CommitteeFactory,
    MemberFactory,
    OrganizationFactory,
    PostingFactory,
    SeatFactory,
    UserFactory,
)

from .corpus import BRANCH, MEMBERS, OTHER, SAMPLES, Sample

pytestmark = pytest.mark.django_db
LISTS = ("present", "absent", "guests", "unmatched")
RIGHT = 0.97
"""Share of fields of the corpus that are read right, at least."""


@pytest.fixture
def reader() -> Any:
    """A community of two branches with their members and a committee, and the sign-in name of its secretary."""
    street = OrganizationFactory(code="HY0", name="和顺街道党工委", kind="working-committee")
    community = OrganizationFactory(code="HY", name="槐荫社区党委", kind="community-committee", parent=street)
    branch = OrganizationFactory(code="HY-1", name=BRANCH, parent=community)
    other = OrganizationFactory(code="HY-2", name=OTHER, parent=community)
    members = {name: MemberFactory(name=name, branch=branch) for name in MEMBERS}
    for name in ("乐天", "盛夏", "万紫红"):
        MemberFactory(name=name, branch=other)
    committee = CommitteeFactory(organization=branch, start=date(2024, 1, 1))
    for name, post in (("秦岚", "secretary"), ("邵立新", "organization"), ("闻静", "publicity")):
        SeatFactory(committee=committee, member=members[name], post=post)
    user = UserFactory(username="shuji")
    PostingFactory(user=user, role=Role.COMMUNITY_SECRETARY, organization=community)
    return user


def file_of(sample: Sample, folder: Any) -> Any:
    """Write the sample as its ending asks for."""
    path = folder / f"记录{sample.ending}"
    if sample.ending == ".txt":
        path.write_text(sample.text, encoding="gb18030")
    elif sample.ending == ".pdf":
        path.write_bytes(weasyprint.HTML(string=html(sample)).write_pdf())
    else:
        path.write_bytes(document(sample))
    return path


def document(sample: Sample) -> bytes:
    made = docx.Document()
    for line in sample.text.split("\n") if sample.text else []:
        made.add_paragraph(line)
    if sample.rows:
        width = max(map(len, sample.rows))
        table = made.add_table(len(sample.rows), width)
        for number, row in enumerate(sample.rows):
            cells = table.rows[number].cells
            for place, value in enumerate(row):
                cells[place].text = value
            if len(row) < width:
                kept = cells[len(row) - 1].merge(cells[width - 1])
                kept.text = row[-1]
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def html(sample: Sample) -> str:
    width = max(map(len, sample.rows), default=1)
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td{f' colspan={width - len(row) + 1}' if place == len(row) - 1 else ''}>{value}"
            for place, value in enumerate(row)
        )
        for row in sample.rows
    )
    return (
        f"<meta charset=utf-8><style>td{{border:1px solid;padding:4px}}</style><h3>{BRANCH}</h3><table>{rows}</table>"
    )


def run(path: Any, organization: str = "HY-1", user: str = "shuji") -> list[dict[str, Any]]:
    out = io.StringIO()
    call_command("read_minutes", str(path), organization=organization, user=user, stdout=out)
    return json.loads(out.getvalue())


def wrong(sample: Sample, found: list[dict[str, Any]]) -> tuple[int, list[str]]:
    """Return how many fields the sample asks for, and which of them were not read right."""
    faults, asked = [], 0
    if len(found) != len(sample.truth):
        faults.append(f"{sample.name}: {len(found)} meetings instead of {len(sample.truth)}")
    for number, truth in enumerate(sample.truth):
        entry = found[number] if number < len(found) else {}
        for name, value in truth.items():
            asked += 1
            read = entry.get(name)
            if (sorted(read or []) if name in LISTS else read) != (sorted(value) if name in LISTS else value):
                faults.append(f"{sample.name} {number}: {name} is {read!r} instead of {value!r}")
    return asked, faults


def test_the_corpus_is_read_right(reader, tmp_path):
    asked, faults = 0, []
    for sample in SAMPLES:
        of = "HY" if any("organization" in truth for truth in sample.truth) else "HY-1"
        count, missed = wrong(sample, run(file_of(sample, tmp_path), of))
        asked += count
        faults += missed
    assert len(SAMPLES) >= 20
    assert len(faults) <= asked * (1 - RIGHT), "\n".join([f"{asked - len(faults)} of {asked} right", *faults])


def test_nobody_is_present_who_was_not_read(reader, tmp_path):
    for sample in SAMPLES:
        of = "HY" if any("organization" in truth for truth in sample.truth) else "HY-1"
        for entry, truth in zip(run(file_of(sample, tmp_path), of), sample.truth, strict=False):
            if "present" in truth:
                assert set(entry["present"]) <= set(truth["present"]), sample.name


def test_it_prints_every_field_and_writes_nothing(reader, tmp_path):
    [entry] = run(file_of(SAMPLES[0], tmp_path))
    assert list(entry) == [
        *("organization", "kind", "date", "time", "place", "chair", "recorder", "lecturer", "topic", "expected"),
        *("present", "leave", "absent", "guests", "unmatched", "hints"),
    ]
    assert entry["organization"] == "HY-1"
    assert entry["lecturer"] == ""
    assert not Activity.objects.exists()
    assert not PendingUpload.objects.exists()


@pytest.mark.parametrize(
    ("name", "data"), [("a.docx", b"nothing"), ("a.pdf", b"%PDF-1.4 x"), ("a.wps", b"x"), ("a.txt", b"\x00\xff\xfe")]
)
def test_an_unreadable_file_is_one_empty_entry_with_a_hint(reader, tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data)
    [entry] = run(path)
    assert len(entry["hints"]) == 1
    assert not any(value for field, value in entry.items() if field != "hints")


@pytest.mark.parametrize(
    ("changes", "message"), [({"organization": "HY-9"}, "没有编码为"), ({"user": "nobody"}, "没有可用的账号")]
)
def test_a_wrong_organisation_or_user_is_one_clear_line(reader, tmp_path, changes, message):
    with pytest.raises(CommandError, match=message):
        run(file_of(SAMPLES[0], tmp_path), **changes)


def test_a_missing_file_is_one_clear_line(reader, tmp_path):
    with pytest.raises(CommandError, match="打不开文件"):
        run(tmp_path / "没有.docx")

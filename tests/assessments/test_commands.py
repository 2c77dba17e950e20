"""manage.py check_rules and sync_findings."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from assessments.models import Finding

from .factories import hold, make_member


def run(command: str, *arguments: str):
    out = StringIO()
    call_command(command, *arguments, stdout=out)
    return json.loads(out.getvalue())


def test_it_prints_what_is_broken(street, branch):
    member = make_member(branch, category="probationary", joined_on=date(2025, 9, 1))
    hold(branch, "theme-day", date(2026, 7, 1), date(2026, 9, 1))
    printed = run("check_rules", "--organization", "S", "--period", "2026Q3")
    by_rule = {row["rule"]: row for row in printed}
    assert by_rule["R05"] == {
        "rule": "R05",
        "organization": "B1",
        "member": None,
        "detail": "缺 2026年8月（2026-08）",
        "value": 2,
        "required": 3,
    }
    assert by_rule["R24"]["member"] == member.id_number
    assert [row["rule"] for row in printed] == sorted(row["rule"] for row in printed)


def test_it_writes_no_findings(street, branch):
    assert run("check_rules", "--organization", "S", "--period", "2026Q3")
    assert not Finding.objects.exists()


@pytest.mark.parametrize(
    ("organization", "period", "message"),
    [("X", "2026Q3", "没有编码为“X”的组织"), ("S", "2026Q5", "看不懂的时期“2026Q5”")],
)
def test_bad_input_is_one_clear_line(street, organization, period, message):
    with pytest.raises(CommandError, match=message) as refusal:
        run("check_rules", "--organization", organization, "--period", period)
    assert "\n" not in str(refusal.value)


def test_sync_covers_everything_this_quarter_and_the_last(street, branch, today):
    today(date(2026, 11, 2))
    printed = run("sync_findings")
    assert printed["waiting"] == Finding.objects.count() > 0
    assert set(Finding.objects.values_list("period", flat=True)) == {"2026Q3", "2026Q4"}


def test_sync_of_one_organisation_and_period(street, branch, today):
    run("sync_findings", "--organization", "B1", "--period", "2026Q2")
    assert set(Finding.objects.values_list("period", flat=True)) == {"2026Q2"}

"""The two sample streets: every figure of their truth.json, and that a second import changes nothing."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tests.factories import superuser

SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "samples"
LEDGERS = ("organizations", "members", "activities", "attendance")

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not SAMPLES.exists(), reason="the sample streets are not beside this checkout"),
]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    """Run a command and return the JSON it prints."""
    capsys.readouterr()
    call_command(*arguments)
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("kind", ["tidy", "office"])
def test_a_street_gives_the_answers_of_its_truth(kind: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    truth = json.loads((SAMPLES / kind / "truth.json").read_text())
    user = superuser().username
    for slug in LEDGERS:
        answer = run(capsys, "import_ledger", slug, str(SAMPLES / kind / f"{slug}.xlsx"), "--user", user, "--apply")
        if slug in truth["import"]:
            assert {k: answer[k] for k in ("new", "wrong")} == {k: truth["import"][slug][k] for k in ("new", "wrong")}
        else:
            assert answer["wrong"] == 0

    place = ["--organization", truth["organization"], "--period", truth["period"]]
    facts = run(capsys, "show_facts", *place)
    assert {code: facts[code]["value"] for code in truth["facts"]} == truth["facts"]

    found: dict[str, list[Any]] = {}
    for violation in run(capsys, "check_rules", *place):
        found.setdefault(violation["rule"], []).append(violation)
    for rule, wanted in truth["rules"].items():
        if rule.endswith("_required"):
            owed = {v["organization"]: v["required"] for v in found[rule.removesuffix("_required")]}
            assert owed | wanted == owed
            continue
        violations = found.get(rule, [])
        if rule == "R24":
            assert sorted(v["member"] for v in violations) == sorted(wanted)
        elif isinstance(wanted, dict):
            assert {v["organization"] for v in violations} == set(wanted)
            for v in violations:
                assert all(month in v["detail"] for month in wanted[v["organization"]])
                assert v["value"] == v["required"] - len(wanted[v["organization"]])
        else:
            assert sorted(v["organization"] for v in violations) == sorted(wanted)

    for slug in LEDGERS:  # the same file again, and what was exported, in clear and masked, change nothing
        again = run(capsys, "import_ledger", slug, str(SAMPLES / kind / f"{slug}.xlsx"), "--user", user, "--apply")
        assert (again["new"], again["changed"]) == (0, 0)
        for clear in ([], ["--clear"]):
            file = str(tmp_path / f"{slug}.xlsx")
            exported = run(capsys, "export_ledger", slug, file, "--user", user, *clear)
            back = run(capsys, "import_ledger", slug, file, "--user", user, "--apply")
            assert {k: back[k] for k in ("new", "changed", "wrong")} == {"new": 0, "changed": 0, "wrong": 0}, slug
            assert back["same"] == exported["rows"]
    assert run(capsys, "show_facts", *place) == facts

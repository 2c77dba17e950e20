"""What the documents for developers say is so."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["root_packages"]


def text(name):
    return (ROOT / name).read_text()


def test_every_command_is_described():
    own = {path.stem for app in APPS for path in (ROOT / app).glob("management/commands/[!_]*.py")}
    described = set(re.findall(r"^\| `(\w+)", text("docs/commands.md"), re.M))
    assert described == own


def test_the_floors_are_those_that_are_checked():
    floors = re.findall(r"^\| `(\w+)` \|", text("docs/architecture.md").split("## Three contracts")[0], re.M)
    assert floors == APPS


def test_every_target_of_make_is_explained():
    said = subprocess.run(["make", "help"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    targets = re.search(r"^\.PHONY: (.*)$", text("Makefile"), re.M)[1].split()
    assert re.findall(r"^  make ([\w-]+)", said, re.M) == targets


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "docs/architecture.md", "SECURITY.md", "README.md"])
def test_files_that_are_named_exist(name):
    named = re.findall(r"[`(]([\w/.-]+\.(?:py|md|css|js))[`)]", text(name))
    base = [ROOT, (ROOT / name).parent]
    assert [one for one in named if not any((place / one).exists() for place in base)] == []

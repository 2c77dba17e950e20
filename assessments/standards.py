"""Standards of self-checks as people type them: a heading for each part, a line for each item."""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

from ledgers import facts

from . import engine
from .models import Standard, StandardItem

CORE = "核心"
_CODES = re.compile(r"^(R\d\d|L\d\d|[a-z_]+\.[a-z_]+)([、，, ]+(R\d\d|L\d\d|[a-z_]+\.[a-z_]+))*$")
_LINE = re.compile(r"^(\d+(?:\.\d+)*)\s*[.、．]?\s*(.+)$")


class StandardRefused(ValueError):
    """The text cannot be read as a standard. The message is Chinese and names the line."""


@dataclass(frozen=True)
class Written:
    """One item as it is written."""

    section: str
    code: str
    text: str
    proof: str = ""
    is_core: bool = False
    rules: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()


def ready() -> tuple[str, str, list[Written]]:
    """Return title, edition and items of the standard that comes with the portal."""
    data: Mapping[str, Any] = json.loads(files("assessments").joinpath("branch-standard.json").read_bytes())
    items = [
        Written(
            section["title"],
            item["code"],
            item["text"],
            item.get("proof", ""),
            bool(item.get("core")),
            tuple(item.get("rules", ())),
            tuple(item.get("facts", ())),
        )
        for section in data["sections"]
        for item in section["items"]
    ]
    return data["title"], data["version"], items


def to_text(items: Collection[Written]) -> str:
    """Return items as lines: a part's heading, then 编号 条款 | 佐证材料 | 核心. What they are tied to is not shown."""
    lines: list[str] = []
    section = ""
    for item in items:
        if item.section != section:
            section = item.section
            lines.append(f"# {section}")
        parts = [f"{item.code} {item.text}", item.proof, CORE if item.is_core else ""]
        while parts and not parts[-1]:
            parts.pop()
        lines.append(" | ".join(parts))
    return "\n".join(lines)


def tied(items: Collection[Written], known: Collection[Written]) -> list[Written]:
    """Return items with the rules and facts of those known ones whose text they share, where they name none."""
    ties = {one.text: (one.rules, one.facts) for one in known}
    return [
        item
        if item.rules or item.facts or item.text not in ties
        else replace(item, rules=ties[item.text][0], facts=ties[item.text][1])
        for item in items
    ]


def from_text(text: str) -> list[Written]:
    """Read the lines. Raises StandardRefused."""
    found = list(_read(text))
    if not found:
        raise StandardRefused("还没有条款：一行一条，编号在前，如“1.1 党支部设置规范”")
    codes = [item.code for item in found]
    if twice := next((code for code in codes if codes.count(code) > 1), None):
        raise StandardRefused(f"编号 {twice} 用了两次")
    return found


def _read(text: str) -> Iterator[Written]:
    section = "条款"
    known_rules, known_facts = {rule.code for rule in engine.every_rule()}, {fact.code for fact in facts.every()}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if line.startswith("#"):
            section = line.lstrip("# ")[:60]
        elif line:
            first, *rest = (part.strip() for part in line.split("|"))
            match = _LINE.match(first)
            if match is None:
                raise StandardRefused(f"第 {number} 行缺编号：写成“1.1 条款”，分部分的标题前面加 #")
            tied = next((part for part in rest if _CODES.match(part)), "")
            codes = re.split(r"[、，, ]+", tied) if tied else []
            if unknown := [code for code in codes if code not in known_rules | known_facts]:
                raise StandardRefused(f"第 {number} 行：没有规则或指标“{unknown[0]}”")
            yield Written(
                section,
                match[1][:20],
                match[2][:300],
                next((part for part in rest if part not in (CORE, tied, "")), "")[:200],
                CORE in rest,
                tuple(code for code in codes if code in known_rules),
                tuple(code for code in codes if code in known_facts),
            )


def items_of(standard: Standard) -> list[Written]:
    """Return a standard's items as they are written."""
    return [
        Written(one.section, one.code, one.text, one.proof, one.is_core, tuple(one.rules), tuple(one.facts))
        for one in standard.items.all()
    ]


def hang(standard: Standard, items: Collection[Written]) -> None:
    """Write the items of a standard anew; nothing may have been held against the old ones."""
    standard.items.all().delete()
    StandardItem.objects.bulk_create(
        StandardItem(
            standard=standard,
            position=place,
            section=one.section,
            code=one.code,
            text=one.text,
            proof=one.proof,
            is_core=one.is_core,
            rules=list(one.rules),
            facts=list(one.facts),
        )
        for place, one in enumerate(items)
    )

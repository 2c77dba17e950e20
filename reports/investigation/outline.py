"""The outline (提纲) of a report as data: sections, headings, points, standing texts, in the order of the office.

An outline is a tree of entries. A point is written by the topic of its key, or holds a text that the office typed once;
lists are the problems and the measures that belong under their heading. Titles and texts may name the place by
{地方}, its committee by {党组织}, the time by {时期}, and quote a fact or a rate by its title: {党员总数}.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from assessments.words import CAPACITY, COMMAND, CONDUCT, COORDINATION, GUIDANCE, STRENGTH

KINDS = ("section", "heading", "point", "topic", "text", "problems", "measures")
"""A section holds headings and paragraphs, a heading points and paragraphs; topic, text and lists are paragraphs."""


@dataclass(frozen=True)
class Entry:
    """One line of an outline. `on` says whether it goes into the report."""

    kind: str
    key: str
    title: str = ""
    text: str = ""
    on: bool = True
    entries: tuple["Entry", ...] = ()

    def walk(self) -> Iterator["Entry"]:
        """Yield itself and all below it."""
        yield self
        for entry in self.entries:
            yield from entry.walk()


@dataclass(frozen=True)
class Outline:
    """A whole outline. `to` and `copies` are 主送 and 抄送; "" of `to` is whom the organisation answers to."""

    sections: tuple[Entry, ...]
    to: str = ""
    copies: str = ""
    signature: str = ""
    lead: str = ""
    """The opening words instead of those that say what the investigation rests on."""
    annexes: tuple[str, ...] = field(default=("evidence", "problems", "measures", "ranking", "charts"))

    def walk(self) -> Iterator[Entry]:
        """Yield every entry in reading order."""
        for section in self.sections:
            yield from section.walk()


def to_plain(outline: Outline) -> dict[str, Any]:
    """Return an outline as JSON keeps it; `from_plain` gives back an equal one."""
    return {
        "to": outline.to,
        "copies": outline.copies,
        "signature": outline.signature,
        "lead": outline.lead,
        "annexes": list(outline.annexes),
        "sections": [_entry_plain(one) for one in outline.sections],
    }


def _entry_plain(entry: Entry) -> dict[str, Any]:
    plain: dict[str, Any] = {"kind": entry.kind, "key": entry.key}
    plain |= {name: value for name in ("title", "text") if (value := getattr(entry, name))}
    plain |= {} if entry.on else {"on": False}
    return plain | ({"entries": [_entry_plain(one) for one in entry.entries]} if entry.entries else {})


def from_plain(plain: Mapping[str, Any]) -> Outline:
    """Return the outline that JSON holds. Raises ValueError with a Chinese message and the place."""
    outline = Outline(
        sections=tuple(_entry(one, "section") for one in plain["sections"]),
        to=plain.get("to", ""),
        copies=plain.get("copies", ""),
        signature=plain.get("signature", ""),
        lead=plain.get("lead", ""),
        annexes=tuple(plain.get("annexes", ())),
    )
    seen: set[str] = set()
    for entry in outline.walk():
        if entry.key in seen:
            raise ValueError(f"提纲里“{entry.key}”出现了两次")
        seen.add(entry.key)
    return outline


def _entry(plain: Mapping[str, Any], within: str) -> Entry:
    kind = plain.get("kind", "")
    if kind not in KINDS:
        raise ValueError(f"提纲里没有“{kind}”这一种")
    return Entry(
        kind,
        plain["key"],
        plain.get("title", ""),
        plain.get("text", ""),
        plain.get("on", True),
        tuple(_entry(one, kind) for one in plain.get("entries", ())),
    )


def _points(*points: tuple[str, str]) -> tuple[Entry, ...]:
    return tuple(Entry("point", key, title) for key, title in points)


DEFAULT = Outline(
    sections=(
        Entry(
            "section",
            "situation",
            "基本情况",
            entries=(
                Entry("text", "situation.location"),
                Entry("topic", "organizations"),
                Entry("topic", "members"),
                Entry("text", "situation.judgement"),
            ),
        ),
        Entry(
            "section",
            "practice",
            "主要做法",
            entries=(
                Entry("text", "practice.opening", text="{时期}，{党组织}主要做了以下工作。"),
                Entry(
                    "heading",
                    "basics",
                    "突出基础工作抓实抓牢",
                    entries=_points(
                        ("study", "加强学习教育"),
                        ("development", "加强党员队伍建设"),
                        ("meetings", "严肃组织生活"),
                        ("training", "加强业务培训"),
                        ("supervision", "加强监督与管理"),
                    ),
                ),
                Entry(
                    "heading",
                    "priorities",
                    "突出重点工作抓好抓严",
                    entries=_points(
                        ("responsibilities", "加强党建责任落实"),
                        ("inspection", "加强督导考核"),
                        ("venues", "加强阵地建设"),
                        ("standards", "加强党支部规范化建设"),
                        ("enterprises", "加大非公企业和社会组织党建工作力度"),
                    ),
                ),
                Entry(
                    "heading",
                    "brand",
                    "突出品牌工作创特创新",
                    entries=_points(
                        ("cobuilding", "深入开展共驻共建"),
                        ("brands", "打造基层党建品牌"),
                        ("services", "提升党建特色服务"),
                        ("examples", "发挥示范引领作用"),
                    ),
                ),
            ),
        ),
        Entry(
            "section",
            "problems",
            "存在的问题",
            entries=tuple(
                Entry("heading", f"problems.{key}", title, entries=(Entry("problems", key),))
                for key, title in (
                    (GUIDANCE, "基层党组织引领作用发挥不够充分"),
                    (COORDINATION, "基层党组织统筹协调能力弱"),
                    (CAPACITY, "基层党组织工作力量不足"),
                )
            ),
        ),
        Entry(
            "section",
            "plans",
            "下步打算",
            entries=tuple(
                Entry(
                    "heading",
                    f"plans.{key}",
                    title,
                    entries=(Entry("text", f"plans.{key}.opening", text=text), Entry("measures", key)),
                )
                for key, title, text in (
                    (
                        COMMAND,
                        "增强{党组织}党建统领能力",
                        "强化政治素质。{党组织}按计划安排理论学习和专题读书，到联系点调研，"
                        "带头落实民主集中制、开展批评与自我批评。",
                    ),
                    (
                        CONDUCT,
                        "筑牢{党组织}组织作风建设",
                        "执行工作制度。{党组织}落实请示报告和分级负责制度，把所列措施逐项明确牵头领导、责任单位和时限，"
                        "每月通报进度。",
                    ),
                    (
                        STRENGTH,
                        "提升{党组织}战斗力、凝聚力",
                        "提高工作能力。{党组织}组织书记、委员和党员参加培训，开展交流研讨、参观见学，"
                        "补上班子建设、发展党员和党员管理上的短板。",
                    ),
                )
            ),
        ),
    )
)
"""The office's own outline, with which a street begins."""

"""What a person should look at again before minutes are handed in or confirmed. Hints, never verdicts.

Pure functions over the record, its roll and what its papers say; nothing here keeps anybody from going on.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from .minutes import Minutes
from .models.records import Activity, Attendance
from .roll import Line

Kind, State = Activity.Kind, Attendance.State

SHORT = 60
"""Characters under which minutes hardly say what was done (*local*)."""
PHOTO_DAYS = timedelta(days=1)
"""How far from the day a photo may be taken: clocks of cameras are set wrong, an evening runs past midnight."""
NAMED = 5
"""Names that a hint lists before it says 等."""
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔"
    "钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
_EXCUSED = re.compile("请假|缺席|未到|缺勤|因故|未参加|没有参加|走访|看望|慰问|送学|补课|补学|转达|转告|委托")
_DATE = re.compile(r"(\d{4})\s*[年./-]\s*(\d{1,2})\s*[月./-]\s*(\d{1,2})")
_DATE_WITHIN = 40  # characters from the start of the content in which its own date would stand


@dataclass(frozen=True)
class PaperRead:
    """A paper of the activity: its name, the day a photo was taken, and what it says where it could be read."""

    name: str
    taken_on: date | None = None
    minutes: Minutes | None = None


def hints(activity: Activity, lines: Sequence[Line], papers: Sequence[PaperRead]) -> list[str]:
    """Return what does not fit, most telling first, each as a sentence for a person; then what is missing."""
    return [*dict.fromkeys([*contradictions(activity, lines, papers), *_parts(activity, papers)])]


def contradictions(activity: Activity, lines: Sequence[Line], papers: Sequence[PaperRead]) -> list[str]:
    """Return what in the record, its roll and its papers cannot all be right: nobody accepts it unseen."""
    found = [
        *_dates(activity, papers),
        *_names(activity, lines),
        *_names_in_papers(lines, papers),
        *_counts(activity, lines),
    ]
    return [*dict.fromkeys(found)]


def _parts(activity: Activity, papers: Sequence[PaperRead]) -> Iterator[str]:
    """Yield what R19 does not ask for, but minutes should have. What it asks for, the page says already."""
    length = len(re.sub(r"\s", "", activity.content))
    if 0 < length < SHORT:
        yield f"内容只有 {length} 个字，请看是否写清了做了什么、谁讲了什么、定了什么。"
    if not activity.recorder:
        yield "没有写记录人。"
    if activity.kind == Kind.LECTURE and not activity.lecturer:
        yield "党课没有写主讲人。"
    if activity.kind in (Kind.GENERAL, Kind.COMMITTEE) and not activity.resolution:
        yield "没有写决议；没有形成决议的，请在内容里说明。"
    if not papers:
        yield "没有附件，签到表、照片或记录原件可以一并放上。"


def _dates(activity: Activity, papers: Sequence[PaperRead]) -> Iterator[str]:
    """Yield where the papers or the content's beginning name another day."""
    held = activity.date
    for paper in papers:
        if paper.minutes and paper.minutes.date and paper.minutes.date != held:
            yield f"“{paper.name}”里写的日期是 {paper.minutes.date}，登记的是 {held}，请核对。"
        if paper.taken_on and abs(paper.taken_on - held) > PHOTO_DAYS:
            yield f"照片“{paper.name}”拍摄于 {paper.taken_on}，登记的是 {held}，请核对。"
        if paper.minutes and paper.minutes.kind and paper.minutes.kind != activity.get_kind_display():
            yield f"“{paper.name}”写的是{paper.minutes.kind}，登记的是{activity.get_kind_display()}，请核对。"
    if found := _DATE.search(activity.content[:_DATE_WITHIN]):
        try:
            written = date(*map(int, found.groups()))
        except ValueError:
            return
        if written != held:
            yield f"内容开头写的日期是 {written}，登记的是 {held}，请核对。"


def _names(activity: Activity, lines: Sequence[Line]) -> Iterator[str]:
    """Yield who speaks in the text and is marked away, or is called 同志 and not on the roll."""
    if not lines:
        return
    away = {line.name: State(line.state).label for line in lines if line.state not in State.there()}
    known = sorted({line.name for line in lines}, key=len, reverse=True)
    for label, officer in (("主持人", activity.chair), ("记录人", activity.recorder), ("主讲人", activity.lecturer)):
        name = next((name for name in known if name in officer), "")
        if name in away:
            yield f"{label}{name}的考勤是{away[name]}，请核对。"
        elif activity.united_id:
            continue  # who chairs for several branches is on the roll of one of them
        elif not name and officer and label != "主讲人" and activity.kind in Kind.meetings():
            yield f"{label}“{officer}”不在名单里，请核对。"
    text = f"{activity.content}\n{activity.resolution}"
    for sentence in re.split(r"[。；;！!\n]", text):
        rest = sentence
        for name in known:  # the longer first, so that 王明 is not found in 王明亮
            if name in rest:
                rest = rest.replace(name, "　")
                if name in away and not _EXCUSED.search(sentence):
                    yield f"{name}的考勤是{away[name]}，内容里却写到：“{_short(sentence.strip())}”，请核对。"
    strangers = [name for name in _comrades(text) if not any(name.endswith(one) or one.endswith(name) for one in known)]
    if strangers:
        yield f"内容里的{_listed(strangers)}不在名单里，是列席的可以不管。"


def _comrades(text: str) -> list[str]:
    """Return the names that stand before 同志 and begin with a common surname."""
    found = []
    for place in re.finditer("同志", text):
        before = re.search(r"[\u4e00-\u9fff]{1,4}$", text[: place.start()])
        tail = before[0] if before else ""
        name = next((tail[-length:] for length in (3, 2) if len(tail) >= length and tail[-length] in _SURNAMES), "")
        if name:
            found.append(name)
    return list(dict.fromkeys(found))


def _names_in_papers(lines: Sequence[Line], papers: Sequence[PaperRead]) -> Iterator[str]:
    """Yield who came by the papers, and is marked away or not called at all."""
    if not lines:
        return
    states = {line.name: line.state for line in lines}
    for paper in papers:
        if not paper.minutes:
            continue
        came = list(dict.fromkeys(paper.minutes.attendees))
        away = [name for name in came if name in states and states[name] not in State.there()]
        if away:
            yield f"“{paper.name}”写{_listed(away)}到会，考勤却不是出席，请核对。"
        strangers = [name for name in came if name not in states and name not in paper.minutes.observers]
        if strangers:
            yield f"“{paper.name}”里的{_listed(strangers)}不在名单里，是列席的可以不管。"
        there = {name for name, state in states.items() if state in State.there()}
        missed = [name for name in (*paper.minutes.absent, *(n for n, _ in paper.minutes.leave)) if name in there]
        if missed:
            yield f"“{paper.name}”写{_listed(missed)}请假或缺席，考勤却是出席，请核对。"


def _counts(activity: Activity, lines: Sequence[Line]) -> Iterator[str]:
    """Yield where the numbers written down differ from the roll."""
    if not lines:
        return
    present = sum(line.state in State.there() for line in lines)
    for word, stated, counted in (
        ("应到", activity.expected_stated, len(lines)),
        ("实到", activity.present_stated, present),
    ):
        found = re.search(rf"{word}(?:党员|人数|会)?[:：]?\s*(\d{{1,4}})", activity.content)
        for where, number in (("记录", stated), ("内容", int(found[1]) if found else None)):
            if number is not None and number != counted:
                yield f"{where}写明{word} {number} 人，名单是 {counted} 人，请核对。"


def _listed(names: Sequence[str]) -> str:
    return "、".join(f"“{name}”" for name in names[:NAMED]) + (f"等 {len(names)} 人" if len(names) > NAMED else "")


def _short(text: str) -> str:
    return text if len(text) <= 30 else text[:30] + "…"

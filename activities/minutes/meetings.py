"""The fields of one meeting out of the sections of its minutes."""

import datetime
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from .attendance import Attendance, listed, told
from .division import divided
from .moments import NUMBER, count_after, dates_in, number_of, start_time_in
from .people import NOBODY, people_in, person_in, signed_in
from .sections import NUMBERING, SIGN_SHEET, sections_of, with_whole_labels
from .spelling import HAN, MAX_TEXT, PLAIN, cleaned
from .surnames import begins_with_surname

_KIND_WORDS = {
    "支部党员大会": "支部党员大会 党员大会 支部大会 全体党员会议",
    "支部委员会": "支部委员会会议 支部委员会 支委会 支委会议 支委扩大会",
    "党小组会": "党小组会 党小组会议 党小组学习",
    "党课": "党课",
    "主题党日": "主题党日 党日活动 党员活动日",
    "组织生活会": "组织生活会",
    "民主评议": "民主评议党员 民主评议 评议党员",
    "理论中心组学习": "理论中心组学习 理论学习中心组 中心组学习",
    "集中学习": "集中学习",
    "读书活动": "读书活动 读书会 读书分享 读书班",
    "专题培训": "专题培训 培训班 培训会",
    "以会代训": "以会代训",
    "座谈研讨": "座谈研讨 座谈会 研讨会",
    "体会交流": "体会交流 心得交流",
    "参观见学": "参观见学 参观学习",
    "党建联席会议": "党建联席会议 联席会议 联席会",
    "共建活动": "共建活动 共驻共建",
    "志愿服务": "志愿服务",
    "警示教育": "警示教育 以案促改",
    "党建工作例会": "党建工作例会 党建例会 工作例会",
    "观摩评比": "观摩评比 观摩活动",
    "述职评议会": "述职评议会 述职评议",
    "走访调研": "走访调研 调研活动 走访活动",
}
_STATUTORY = ("支部党员大会", "支部委员会", "党小组会", "党课", "主题党日", "组织生活会", "民主评议")
_ORGANIZATION = re.compile(
    rf"[{HAN}A-Za-z×\d（）()]{{0,40}}?(?:党支部|支部委员会|总支部委员会|党总支部|党总支|党工委|工委|党委|党小组|(?:社区|街道|村)(?:工作)?委员会|(?<=[第{HAN}])支部)"
)
_CHECKED = re.compile(r"[☑■√✓✔☒]\s*([^□☐☑■√✓✔☒○\s]{1,20})|([^\s（）()□]{1,20})[（(]\s*[√✓✔]\s*[）)]")


@dataclass
class Minutes:
    """What was read out of minutes; an empty field was not found or is not certain, `hints` (Chinese) say which."""

    text: str
    organization_text: str = ""
    kind: str = ""
    date: datetime.date | None = None
    start_time: datetime.time | None = None
    place: str = ""
    chair: str = ""
    recorder: str = ""
    lecturer: str = ""
    expected: int | None = None
    present_count: int | None = None
    attendees: list[str] = field(default_factory=list)
    leave: list[tuple[str, str]] = field(default_factory=list)  # (name, reason)
    absent: list[str] = field(default_factory=list)
    observers: list[str] = field(default_factory=list)
    topic: str = ""
    content: str = ""
    resolution: str = ""
    hints: list[str] = field(default_factory=list)
    everyone: bool = False  # all who were due came, save those named as away

    @property
    def tells_attendance(self) -> bool:
        """Whether anything is said of who came; if not, nobody is marked."""
        return bool(self.attendees or self.everyone)


def read_meetings(text: str, *, kinds: Sequence[str], today: date) -> list[Minutes]:
    """Read the minutes of each meeting that a file's text holds, in their order; at least one.

    A later meeting that names no organisation is of the one that the first names.
    """
    parts = divided(cleaned(text), today)
    found = [read_minutes(part, kinds=kinds, today=today) for part in parts]
    for number, minutes in enumerate(found):
        if len(found) > 1:
            minutes.hints.insert(0, f"这份文件里有 {len(found)} 次会议，这是第 {number + 1} 次。")
            minutes.organization_text = minutes.organization_text or found[0].organization_text
    return found


def read_minutes(text: str, *, kinds: Sequence[str], today: date) -> Minutes:
    """Read the fields of minutes out of their text.

    `kinds` are the labels of the activity kinds to choose from (rulebook §4); `today` dates what is written without
    a year. Never raises on any text.
    """
    cut = len(text) >= MAX_TEXT
    text = cleaned(text)
    minutes = Minutes(text=text)
    if not text.strip():
        minutes.hints.append("文件里没有可以读取的文字（可能是扫描件或照片），请对照原件填写。")
        return minutes
    if cut:
        minutes.hints.append(f"文字太长，只读了前 {MAX_TEXT} 个字，请核对内容。")
    text = with_whole_labels(text)
    sheets = [found[0] for found in SIGN_SHEET.finditer(text)]
    parts = sections_of(SIGN_SHEET.sub("\n", text))
    plain = {name: value.translate(PLAIN) for name, value in parts.items()}
    minutes.content = parts.get("content", "")
    minutes.resolution = parts.get("resolution", "")
    if not minutes.content:
        minutes.content = parts.get("rest", "") or parts.get("study", "")
    story = f"{plain.get('rest', '')}\n{plain.get('content', '')}"[:800]
    minutes.topic = _unquoted(_topic(parts) or _told_topic(f"{plain.get('title', '')}\n{story}"))
    title = re.sub(r"\s", "", plain.get("title", ""))
    _read_kind_and_organization(minutes, plain, title, story, kinds)
    _read_time_and_place(minutes, plain, title, story, today)
    _read_officers(minutes, plain, story)
    _read_roll(minutes, plain, sheets, text.translate(PLAIN), story)
    _add_missing(minutes)
    return minutes


def _topic(parts: dict[str, str]) -> str:
    value = parts.get("topic") or parts.get("study") or ""
    if not value:
        found = re.search(r"^[ \t]*(?:会议|主要)?(?:议题|主题)[:：][ \t]*(.+)$", parts.get("content", ""), re.M)
        value = found[1] if found else parts.get("name", "")
    lines = [line.strip() for line in value.split("\n") if line.strip()]
    if len(lines) > 1:
        lines = [NUMBERING.sub("", line, count=1).rstrip("；;。") for line in lines]
    return "；".join(lines)


_TOPICS = [
    re.compile(r"(?:主题|题目|课题|议题)(?:为|是|[:：])\s*[“《「\"]([^”》」\"\n]{2,80})[”》」\"]"),
    re.compile(
        r"(?:题为|以|围绕|关于)\s*[“《「\"]([^”》」\"\n]{2,80})[”》」\"]\s*(?:为主题|为题|这一主题|主题|的|[，,]|开展|举行|召开|进行|讲)"
    ),
    re.compile(r"(?:主题|题目|课题|议题)(?:为|是)\s*([^，,。；;\n]{2,60})"),
    re.compile(
        rf"(?:召开|举行|开了|上了|开展)[^。\n]{{0,120}}?[，,]\s*(?:会议|会上|主要|专题|集体)*((?:研究|讨论|学习|传达|部署|审议|商量)了?[{HAN}“”《》、\d]{{3,60}})"
    ),
]


def _told_topic(story: str) -> str:
    """Return the topic that prose names, best in quotation marks: 以“……”为主题, 题为《……》."""
    found = next((match for pattern in _TOPICS if (match := pattern.search(story))), None)
    return re.sub("^(研究|讨论|学习|传达|部署|审议|商量)了", r"\1", found[1].strip()) if found else ""


def _unquoted(topic: str) -> str:
    """Return a topic without quotation marks that embrace the whole of it."""
    whole = re.fullmatch(r"[“「\"]([^“”「」\"]+)[”」\"][。；;]?", topic)
    topic = whole[1] if whole else topic
    # A blank that a table's cell put where it broke the line.
    return re.sub(rf"(?<=[{HAN}，、；“”]{{16}}) (?=[{HAN}])", "", topic)


def _kinds_in(text: str, kinds: Sequence[str]) -> list[tuple[str, int]]:
    """The kinds named in a text and where; one of the seven statutory kinds outweighs the words of the others."""
    found: list[tuple[str, int]] = []
    for kind in kinds:
        key = re.sub(r"\(.*", "", unicodedata.normalize("NFKC", kind))  # 警示教育(以案促改)
        words = {key, *_KIND_WORDS.get(key, "").split()}
        places = [text.rfind(word) for word in sorted(words, key=len, reverse=True) if word in text]
        if places:
            found.append((kind, min(places)))
    statutory = [pair for pair in found if pair[0] in _STATUTORY]
    found = statutory or found
    if len(found) > 1:
        # “第二支部委员会”is also how a branch is called in full.
        found = [pair for pair in found if pair[0] != "支部委员会" or re.search("支委|支部委员会(?:扩大)?会", text)]
    return found


def _read_kind_and_organization(
    minutes: Minutes, plain: dict[str, str], title: str, story: str, kinds: Sequence[str]
) -> None:
    chosen = plain.get("kind", "")
    if re.search("[□☐☑■√✓✔☒○]", chosen):
        chosen = " ".join(first or second for first, second in _CHECKED.findall(chosen))
    opening = re.search("(?:召开|举行|开展|组织|举办)[^。\n]{0,40}", story)
    named = plain.get("name", "")
    sure = (chosen, title, named, opening[0] if opening else "")
    for source in (*sure, plain.get("topic", ""), story[:60], minutes.text[:200]):
        found = _kinds_in(source, kinds)
        if len(found) > 1 and source not in sure:
            continue
        if len(found) == 1:
            minutes.kind = found[0][0]
            break
        if found:
            names = "、".join(kind for kind, _ in found)
            minutes.hints.append(f"活动类型可能是：{names}，请选一个。")
            break
    else:
        minutes.hints.append("没有看出活动类型，请选择。")

    minutes.organization_text = plain.get("organization", "").split("\t")[0].strip()
    for source in (title, re.sub(r"\s", "", named)):
        if minutes.organization_text:
            return
        places = _kinds_in(source, [minutes.kind]) if minutes.kind else []
        before = source[: places[0][1]] if places else source
        if minutes.kind == "支部委员会" and not re.search("(?:支部|总支|党委)$", before):
            before = source
        called = "".join(_ORGANIZATION.findall(before))
        if len(called) > 3 and called != "支部委员会":  # “党支部会议记录” names nobody
            minutes.organization_text = called
    found_in_story = re.search(
        rf"(?:^|[\s，,日午晚])([{HAN}\d]{{2,30}}?(?:党支部|党总支|党委|党小组|支部))(?=在|召|组织|开展|举|全体)", story
    )
    if not minutes.organization_text and found_in_story:
        minutes.organization_text = re.sub("^.*[年月日午]", "", found_in_story[1])


def _read_time_and_place(minutes: Minutes, plain: dict[str, str], title: str, story: str, today: date) -> None:
    minutes.place = plain.get("place", "").split("\t")[0].strip(" ，,。；;")
    written = plain.get("when", "") or plain.get("when_where", "")
    told_lines = re.split("[。\n]", story)
    opening = next((line for line in told_lines if re.search("召开|举行|开展|组织|举办", line)), "")
    if not opening or next(dates_in(opening, today), None) is None:
        opening = next((line for line in told_lines[:4] if next(dates_in(line, today), None)), opening)
    # A full date in the title is the meeting's; a bare year or month there is not.
    for source in (written, opening, title):
        stamp = next(dates_in(source, today), None) or next(
            dates_in(re.sub(r"(?<=\d) (?=\d)", "", source), today), None
        )
        if stamp:
            minutes.date, end = stamp
            minutes.start_time, more = start_time_in(source[end:])
            if source is written and "when_where" in plain and not minutes.place:
                minutes.place = re.split(r"[，,；;\s]+", source[end + more :].strip(" ，,；;。"))[0]
            if more and not minutes.start_time:
                minutes.hints.append(f"开始时间“{source[end : end + more].strip()}”看不出上午还是下午，请填写。")
            if minutes.date > today:
                minutes.hints.append(f"会议日期 {minutes.date.isoformat()} 晚于今天，请核对。")
            break
        if source is written and written:
            minutes.hints.append(f"会议时间“{written[:30]}”读不出哪一天，请填写。")
            break
    else:
        seen = list(dict.fromkeys(day.isoformat() for day, _ in dates_in(minutes.text.translate(PLAIN), today)))[:3]
        other = f"（文中出现过 {'、'.join(seen)}）" if seen else ""
        minutes.hints.append(f"没有找到会议时间，请填写{other}。")
    if not minutes.place:
        where = re.search(
            r"(?<![现正存所实])(?:在|到|地点[:：]?)([^，,。；;\n]{2,30}?)"
            r"(?:召开|举行|开展|组织|举办|集中|听|观看|集合|开了|开会|进行|学习|上了|碰头|参观|[，,。]|$)",
            opening,
        )
        minutes.place = where[1] if where else ""
    minutes.place = re.sub(rf"(?<=[{HAN}]{{8}}) (?=[{HAN}])", "", minutes.place)


def _read_officers(minutes: Minutes, plain: dict[str, str], story: str) -> None:
    patterns = {
        "chair": (
            rf"主持(?:人(?:是|为|[:：])?|[:：])\s*([{HAN}]{{2,4}})(?=[，,。；;\s]|$)",
            r"由([^，,。；;\s]{2,16}?)主持",
            r"(?:^|[，,。；;\s])([^，,。；;\s由]{2,16}?)主持(?:会议|召开|了)",
            r"(?:^|[，,。；;\s])([^，,。；;\s由]{2,8}?)主持(?=[，,。；;\s]|$)",
        ),
        "recorder": (
            rf"记录(?:人(?:是|为|[:：])?|[:：])\s*([{HAN}]{{2,4}})(?=[，,。；;\s]|$)",
            r"(?:^|[，,。；;\s由])([^，,。；;\s由]{2,12}?)(?:担任|负责|[作做])?(?:会议)?记录(?=[，,。；;\s]|$)",
            r"(?:^|[，,。；;\s由])([^，,。；;\s由]{2,6}?)(?:[作做])?记(?=[，,。；;\s]|$)",
        ),
        "lecturer": (
            r"(?:主讲人?|授课人|讲课人)(?:是|为|[:：])\s*([^，,。；;\s]{2,16})",
            r"由([^，,。；;\s]{2,16}?)(?:讲授|主讲|授课|讲党课|作党课|[给为][^，,。；;]{0,14}(?:讲|上|作))",
            r"(?:^|[，,。；;\s])([^，,。；;\s由]{2,12}?)(?:同志)?(?:[给为][^，,。；;]{1,14}?)?(?:讲|上|作|讲授)了?[^，,。；;]{0,30}党课",
        ),
    }
    titles = {"chair": "主持人", "recorder": "记录人", "lecturer": "主讲人"}
    for name, prose in patterns.items():
        written = (plain.get(name) or plain.get(f"{name}_signed") or "").split("\t")[0].strip()
        person = person_in(written)
        if not written:
            found = next((match for pattern in prose if (match := re.search(pattern, story))), None)
            person = person_in(found[1]) if found else ""
        elif not person and name == "lecturer":
            person = written[:50]  # often a guest, with a title and from elsewhere
        elif not person and not NOBODY.fullmatch(written):
            minutes.hints.append(f"{titles[name]}写的是“{written[:20]}”，请核对后填写姓名。")
        setattr(minutes, name, person)


def _read_roll(minutes: Minutes, plain: dict[str, str], sheets: Sequence[str], text: str, story: str) -> None:
    leave: dict[str, str] = {}
    absent: dict[str, None] = {}
    observers: dict[str, None] = {}
    written = plain.get("attendees", "")
    whole = listed(written)
    attendees, odd = ([], []) if whole.everyone or whole.present else people_in(written)
    late, strange = people_in(plain.get("late", ""))
    odd += strange
    known = {name for name, _ in attendees}
    attendees += [pair for pair in late if pair[0] not in known]
    if not attendees:
        attendees = [pair for sheet in sheets for pair in signed_in(sheet)]
        if attendees:
            minutes.hints.append("参加人员取自签到表，请核对是否都到会。")
    for name, remark in attendees:
        if re.search("缺席|未到|没来|没到|未参加|旷|未请假", remark):
            whole.away(name, remark, is_leave=False)
        elif re.search("假|出差|外出|住院|生病", remark):
            whole.away(name, remark, is_leave=True)
        elif "列席" in remark:
            observers[name] = None
        else:
            minutes.attendees.append(name)
    people, strange = people_in(plain.get("leave", ""), reasons=True)
    odd += strange
    for name, reason in people:
        leave.setdefault(name, "" if reason == "请假" else reason)
    people, strange = people_in(plain.get("absent", ""), reasons=True)
    odd += strange
    for name, reason in people:
        if reason and not re.search("无故|未请假|旷|原因不明|缺席$", reason):
            leave.setdefault(name, "" if reason == "请假" else reason)
            minutes.hints.append(f"{name}（{reason}）写在“缺席”一栏，有原因，先按请假填写，请核对。")
        elif name not in leave:
            absent[name] = None
    _add_told(minutes, whole, leave, absent, observers)
    if not (minutes.attendees or minutes.everyone or leave or absent):
        _add_told(minutes, told(story), leave, absent, observers)
    else:
        _add_told(minutes, told(plain.get("rest", "")), leave, absent, observers)
        if not (leave or absent):  # told at the end of what was done
            away = told("\n".join(line for line in re.split("[。；;\n]", plain.get("content", "")) if len(line) <= 40))
            _add_told(minutes, Attendance(leave=away.leave, absent=away.absent), leave, absent, observers)
    guests = [name for name, _ in people_in(plain.get("observers", ""))[0]]
    observers |= dict.fromkeys(name for name in guests if begins_with_surname(name))
    minutes.leave, minutes.absent, minutes.observers = list(leave.items()), list(absent), list(observers)
    # The figures of a vote count those entitled to it, not those invited.
    text = "\n".join(line for line in text.split("\n") if not re.search("表决|赞成|反对票|选票", line))
    _read_counts(minutes, text, plain.get("attendees", ""))
    _compare_counts(minutes, text, odd)


def _add_told(
    minutes: Minutes,
    found: Attendance,
    leave: dict[str, str],
    absent: dict[str, None],
    observers: dict[str, None],
) -> None:
    """Add what sentences tell to what the lists say; the lists come first."""
    if not minutes.attendees:
        minutes.attendees += [name for name in found.present if name not in found.guests]
    minutes.everyone = minutes.everyone or found.everyone
    for name, reason in found.leave.items():
        if name not in absent and name not in minutes.attendees:
            leave[name] = leave.get(name) or reason
    for name in found.absent:
        if name not in leave and name not in minutes.attendees:
            absent[name] = None
    observers |= dict.fromkeys(found.guests)


def _read_counts(minutes: Minutes, text: str, attendees: str) -> None:
    both = re.search(
        r"(应到|实到)(?:人数)?\s*[/／、]?\s*(应到|实到)(?:人数)?[\s:：（(人）)]{0,8}(\d{1,4})\s*人?\s*[/／、]\s*(\d{1,4})",
        text,
    )
    if both and both[1] != both[2]:
        counts = {both[1]: int(both[3]), both[2]: int(both[4])}
        minutes.expected, minutes.present_count = counts["应到"], counts["实到"]
        return
    minutes.expected = count_after(text, "应到|应出席|应参会|应参加")
    minutes.present_count = count_after(text, "实到|实际到会|实际出席|实际参会|实际参加|实参会|实出席|实参加")
    if minutes.present_count is None:
        minutes.present_count = count_after(text, "(?:出席|参会|参加|到会|与会)人数")
    if minutes.present_count is None:
        total = re.search(rf"(?:(?:等|共计?|合计)\s*|^\s*)({NUMBER})\s*[人名]", attendees)
        minutes.present_count = number_of(total[1]) if total else None
    if minutes.present_count is None:
        told_count = re.search(
            rf"(?<![应\d])(?:到会|到场|来)了?(?P<n>{NUMBER})\s*[人名]|(?P<m>\d{{1,4}})\s*[名人](?:党员|同志)?(?:到会|参加|出席|参会)",
            text,
        )
        minutes.present_count = number_of(told_count["n"] or told_count["m"]) if told_count else None


def _compare_counts(minutes: Minutes, text: str, odd: Sequence[str]) -> None:
    hints = minutes.hints
    if odd:
        hints.append(f"名单里这些不像姓名，请核对：{'、'.join(odd[:5])}。")
    twice = [name for name, times in Counter(minutes.attendees).items() if times > 1]
    if twice:
        hints.append(f"名单里重复出现：{'、'.join(twice)}；如果不是同名的两个人，请删去一个。")
    listed = len(minutes.attendees)
    if minutes.present_count is not None and listed and minutes.present_count != listed:
        hints.append(f"实到 {minutes.present_count} 人，名单里有 {listed} 人，请核对。")
    clash = [name for name in [*(person for person, _ in minutes.leave), *minutes.absent] if name in minutes.attendees]
    if clash:
        hints.append(f"{'、'.join(clash)}既在参加名单里，又在请假或缺席名单里，请核对。")
    away = len(minutes.leave) + len(minutes.absent)
    counted = [count_after(text, "请假"), count_after(text, "缺席")]
    stated = sum(number for number in counted if number is not None)
    if any(number is not None for number in counted) and stated != away:
        hints.append(f"请假和缺席写的是 {stated} 人，名单里有 {away} 人，请核对。")
    if minutes.expected is not None and minutes.present_count is not None:
        gap = minutes.expected - minutes.present_count
        if gap < 0:
            hints.append(f"应到 {minutes.expected} 人，实到却有 {minutes.present_count} 人，请核对。")
        elif gap != max(away, stated):
            counts = f"应到 {minutes.expected} 人，实到 {minutes.present_count} 人，请假和缺席合计 {away} 人"
            hints.append(f"{counts}，对不上，请核对。")
    if minutes.chair and minutes.attendees and minutes.chair not in [*minutes.attendees, *minutes.observers]:
        hints.append(f"主持人{minutes.chair}不在参加人员名单里，请核对。")


def _add_missing(minutes: Minutes) -> None:
    for value, name in (
        (minutes.organization_text, "党组织"),
        (minutes.place, "地点"),
        (minutes.chair, "主持人"),
        (minutes.recorder, "记录人"),
        (minutes.tells_attendance, "参加人员"),
        (minutes.topic, "主题或议题"),
        (minutes.content, "会议内容"),
        (minutes.lecturer or minutes.kind != "党课", "主讲人"),
    ):
        if not value and not any(hint.startswith(name) for hint in minutes.hints):
            minutes.hints.append(f"没有找到{name}，请填写。")

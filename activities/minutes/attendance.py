"""Who came, who was on leave and who stayed away, out of sentences: 除…外全部到会, 全体党员（A请假）, A因病请假."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .people import WITHOUT_LEAVE, people_in, why_away
from .surnames import begins_with_surname

MAX_STORY = 1500
"""Characters of prose in which attendance is looked for: it is told at the beginning."""
_MAX_SENTENCE = 300

_WHOLE = (
    "(?:全体|所有|其余|其他)(?:在册|在职|正式|支部|支委会?)?(?:党员|支委|委员|班子成员|成员|人员|同志)?(?:同志|们)?"
)
_CAME = "(?:到会|到齐|出席|参会|参加|与会|到场|都来|全到|均到|在场)"
_ALL = re.compile(
    rf"{_WHOLE}(?:\s*[（(][^（）()]*[）)])?(?:[^。；\n，,]{{0,6}}{_CAME}|在[^。；，,\n]{{2,24}}(?:听|参观|学习|观看|集合|开展))"
    rf"|(?:全部|全员|全都|全体|悉数|均|都)(?:按时|准时)?(?:{_CAME}|来了|到了)|(?:都|全)(?:来|到)了|无人(?:缺席|请假)|没有人?(?:缺席|请假)|无(?:缺席|请假)"
)
# What is asked of people is not what they did.
_ASKED = re.compile("要求|号召|动员|希望|鼓励|通知|倡议|呼吁|确保|组织|邀请|应|须|必须|今后|下次|安排|计划|未|没")
_EVERYBODY = re.compile(
    r"^(?:本?支部|党支部|支委会|党小组)?(?:全体|所有|全部)(?:在册|在职|正式|支部)?(?:党员|支委|委员|成员|人员|同志)?"
    r"(?:同志)?(?:共?\s*\d{1,4}\s*[人名])?(?=\s*(?:$|[（(，,；;。、\n\t]|除|均|都|参加|到会|出席))"
)
_EXCEPT = re.compile(
    r"(?:除了?|只有|仅有?)(?P<who>[^。；;\n]{2,200}?)(?:(?:等\s*\d*\s*[人名]?)?(?:之外|以外|外|$)|，(?=其余|其他))"
)
_COUNTS = re.compile(r"^(?:\s*(?:应到|应出席|实到|到会|共计?)[^，,：:；;\n]{0,8}?\d{1,4}\s*[人名][，,：:；;\s]*)+")
_AWAY = re.compile(
    "请了?假|缺席|未到会?|没来|没到|没有来|没有到|未参加|未能(?:到会|参加|出席)|没有?参加|未出席|病假|事假|公假|旷会"
)
_HAVE_COME = re.compile(
    r"(?:参加|出席|到会|参会|与会|在场|来)(?:本次|这次)?(?:会议|学习|活动|党课|会)?的?(?:人员|党员|同志|人)?(?:有|是|为|包括)[:：]?\s*(?P<who>.{2,})"
)
_CAME_LAST = re.compile(
    r"^(?P<who>.{2,}?)(?:等\s*\d*\s*[人名位]?(?:党员|同志)*|\s*\d+\s*[人名位](?:党员|同志)?)?"
    r"(?:(?:均|都|全部)*来了|(?:均|都|全部|按时|准时)*(?:参加|出席)了?(?:本次|这次|此次)?(?:会议|会|学习|活动|党课|主题党日|$)|(?:均|都|全部)*(?:到会|到场))"
)
_AWAY_ARE = re.compile(
    r"(?P<what>请假|缺席|未到会?|未参加|没来|没到)(?:会议|会)?(?:的?(?:人员|党员|同志|人))?(?:有|是|为|[:：]|的)+\s*(?P<who>.{2,})"
)
_GUESTS = re.compile(
    r"(?:列席|应邀参加|受邀参加|应邀出席)(?:本次|这次)?(?:会议|活动|会)?的?(?:人员|领导|同志)?(?:还?有|是|为|[:：])\s*(?P<who>.{2,})"
)
_GUESTS_LAST = re.compile(
    r"(?P<who>[^，,。；;]{2,60}?)(?:到会指导并)?(?:应邀|受邀|一并|一同|也)?(?:列席|应邀参加|受邀参加|到会指导)"
)


@dataclass
class Attendance:
    """Names as they are written: who came, is excused (why), stayed away, is a guest; `everyone` else came."""

    present: list[str] = field(default_factory=list)
    leave: dict[str, str] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)
    guests: list[str] = field(default_factory=list)
    everyone: bool = False

    def away(self, name: str, reason: str, *, is_leave: bool) -> None:
        """Put somebody among those on leave or absent: 缺席 with a reason is leave, 无故 is not."""
        why = why_away(reason)
        if WITHOUT_LEAVE.search(reason) or not (why or is_leave):
            if name not in self.leave and name not in self.absent:
                self.absent.append(name)
        elif name not in self.absent:
            self.leave[name] = self.leave.get(name) or why


def told(text: str) -> Attendance:
    """Read attendance out of prose. Only what stands there in so many words: nobody is present by default."""
    found = Attendance()
    for sentence in re.split("[。；;\n！!]", text[:MAX_STORY]):
        if len(sentence) <= _MAX_SENTENCE:
            _sentence(sentence.strip(), found)
    return found


def listed(text: str) -> Attendance:
    """Read what stands in the place of a list of those who came: 全体党员, 全体党员（A请假）, 除A、B外全部到会."""
    found = Attendance()
    text = _COUNTS.sub("", text.strip()[:MAX_STORY])
    if _EXCEPT.search(text) or _ALL.search(text):
        for sentence in re.split("[。；;\n]", text):
            _sentence(sentence, found)
    if not (found.everyone or found.present) and (everybody := _EVERYBODY.match(text)):
        _but(text[everybody.end() :], found)
    return found


def _but(text: str, found: Attendance) -> None:
    """Read what follows 全体党员: exceptions, or the very list of those who came (全体支委：A、B、C)."""
    text = text.strip(" 　，,、；;：:的")
    if text[:1] in ("（", "("):
        text = (
            text[1:].rstrip("）)")
            if text.count("）") + text.count(")") > text[1:].count("（") + text[1:].count("(")
            else text[1:]
        )
    people = _named(text)
    if people and not _AWAY.search(text) and not any(why for _, why in people):
        found.present += [name for name, _ in people if name not in found.present]
        return
    found.everyone = True
    _exceptions(text, found)


def _sentence(sentence: str, found: Attendance) -> None:
    excepted = _EXCEPT.search(sentence)
    whole = next(
        (one for one in _ALL.finditer(sentence) if not _is_asked(sentence, one) and _is_all(sentence, one)), None
    )
    if excepted and not whole and _EVERYBODY.match(sentence.lstrip("，, ")):
        found.everyone = True
        _exceptions(excepted["who"], found)
        return
    if excepted and whole and whole.start() >= excepted.end() - 1:
        found.everyone = True
        _exceptions(excepted["who"], found)
        return
    if whole:
        inside = re.search(r"[（(]([^（）()]*)[）)]", whole[0])
        behind = re.match(
            r"(?:会议|活动|学习|了)*[（(]((?:[^（）()]|[（(][^（）()]*[）)])*)[）)]", sentence[whole.end() :]
        )
        _but(inside[1] if inside else behind[1] if behind else "", found)
        rest = whole.end() + (behind.end() if behind and not inside else 0)
        sentence = sentence[: whole.start()] + "，" + sentence[rest:]
    for clause in _clauses(sentence):
        _clause(clause, found)


def _is_all(sentence: str, found: re.Match[str]) -> bool:
    """Say whether “都来了” is said of everyone, and not of the people named before it in the same clause."""
    if re.match("全体|所有|其余|其他|无|没", found[0]):
        return True
    before = re.split("[，,；;：:]|外", sentence[: found.start()])[-1]
    return not _named(before)


def _is_asked(sentence: str, found: re.Match[str]) -> bool:
    return bool(_ASKED.search(sentence[max(0, found.start() - 12) : found.start()]))


def _exceptions(text: str, found: Attendance) -> None:
    """Put those named as exceptions among the absent, or on leave where a reason or 请假 is given."""
    for name, reason in _shared(_named(text), text):
        found.away(name, reason, is_leave="假" in reason)


def _shared(people: list[tuple[str, str]], text: str) -> list[tuple[str, str]]:
    """Give the reason behind a list to all of it (A、B因事请假); one in brackets is that of the last name alone."""
    given: list[tuple[str, str]] = []
    waiting: list[str] = []
    for name, why in people:
        if why and not re.search(rf"[（(]\s*{re.escape(why)}", text):
            given += [(one, why) for one in waiting]
            waiting = []
        elif why:
            given += [(one, "") for one in waiting]
            waiting = []
        else:
            waiting.append(name)
            continue
        given.append((name, why))
    return given + [(one, "") for one in waiting]


def _clauses(sentence: str) -> Iterator[str]:
    """Yield the clauses of a sentence; a list of names parted by commas stays whole."""
    held = ""
    for part in re.split("[，,]", sentence):
        if held and _names_only(held):
            held = f"{held}、{part}"
            continue
        if held:
            yield held
        held = part.strip()
    if held:
        yield held


def _names_only(text: str) -> bool:
    people, odd = people_in(text)
    return bool(people) and not odd and all(begins_with_surname(name) and not why for name, why in people)


def _clause(clause: str, found: Attendance) -> None:
    if guests := _GUESTS.search(clause) or _GUESTS_LAST.search(clause):
        found.guests += [name for name, _ in _named(guests["who"]) if name not in found.guests]
    elif (away := _AWAY_ARE.search(clause)) and _named(away["who"]):
        for name, why in _named(away["who"]):
            found.away(name, why, is_leave="假" in away["what"])
    elif _AWAY.search(clause):
        before = re.sub("^(?:另有?|其中|因故|只有|仅有?|还有|有)", "", clause)
        for name, reason in _shared(_named(before), before):
            found.away(name, reason, is_leave="假" in reason)
    elif (came := _HAVE_COME.search(clause) or _CAME_LAST.search(clause)) and not _ASKED.search(clause):
        people, odd = people_in(came["who"])
        if len(odd) <= len(people):
            found.present += [
                name for name, _ in people if begins_with_surname(_bare(name)) and name not in found.present
            ]


def _bare(name: str) -> str:
    return name[1:] if name[:1] in "老小大" and len(name) == 2 else name


def _named(text: str) -> list[tuple[str, str]]:
    """Return the people of a clause that could be people by their surname, with their reasons."""
    text = re.sub(r"(?<=[\u4e00-\u9fff）)])(?:和|与|及|以及)(?=[\u4e00-\u9fff]{2})", "、", text)
    text = re.sub("(?:同志|两位?同志|[一二三两四五六七八九十\\d]{1,3}[人名位](?:同志|党员)?)", "、", text)
    return [(name, why) for name, why in people_in(text, reasons=True)[0] if begins_with_surname(_bare(name))]

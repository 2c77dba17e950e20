"""Names out of a list of people, with titles, remarks and reasons."""

import re
from collections.abc import Sequence

from .moments import NUMBER
from .spelling import DOTS, HAN, PLAIN
from .surnames import begins_with_surname

MAX_ROLL = 20_000  # characters of one list of names
MAX_NAME = 40  # characters of a name with its titles
NAME_HEADS = frozenset(("姓名", "党员姓名", "参会人员姓名", "参加人姓名"))
_NAME = re.compile(rf"[{HAN}]{{2,4}}|[{HAN}]{{1,10}}(?:·[{HAN}]{{1,10}})+")
_LONG_NAME = re.compile(rf"[{HAN}]{{5,8}}")
_TITLE = (
    "(?:党?总?支部|社区|党委|街道|党小组|支委会?){0,2}(?:第一书记|副书记|书记|(?:组织|宣传|纪检|统战|青年|学习|生活|群工)?委员|支委|"
    "副主任|主任|副组长|组长|党小组长|副局长|局长|科长|处长|站长|预备党员|正式党员|老?党员|同志|老师|教授|先生|女士)"
)
_TRAIL = re.compile(rf"(?:{_TITLE}|等){{1,6}}$")
_NOT_A_NAME = re.compile(
    "全体|全部|所有|各位|其他|其余|党员|人员|名单|签到|详见|见附|附后|附件|代表|群众|居民|志愿者|请假|缺席|出席|列席|支委|委员|会议|"
    "书记|主任|同志|及|参加|主持|原因|事由|应到|实到|到会|学习|讨论|召开|活动|人数|原因|姓名|签名|签字|电话|备注"
)
NOBODY = re.compile(r"无|没有|暂无|零|[\-—–/\\0×]+")
_REASON = (
    "(?:因|由于|出差|外出|生病|患病|住院|病假|事假|公假|产假|年假|休假|值班|培训|探亲|在外|在家|上班|加班|有事|临时|年老|年迈|身体|行动不便|"
    "开会|外地|务工|公务|看病|请假|请了假|无故|未请假|没请假|缺席|未到|没来|没到|没打招呼|不打招呼|未参加|未能|没有来|没有参加|旷|家中|家里|孩子|陪|照顾|带|"
    "接|去|回|送|腿|手术|感冒|发烧|高龄|卧床|中风|丧事|婚|孕|哺乳|轮班|夜班|联系不上|另有|到外|在[医外家国单])"
)
POSTED = re.compile(
    rf"(?P<surname>[{HAN}]{{1,2}})(?P<post>第一书记|副书记|书记|支书|(?:组织|宣传|纪检|统战|青年)?委员|组长|主任|老师|大姐|大哥|大爷|大妈|"
    r"阿姨|师傅|姐|哥|叔|姨|老|工)|(?P<fond>[老小大])(?P<called>[\u4e00-\u9fff])"
)
"""A person by surname and post, or as colleagues call one another (秦书记, 老秦)."""
_COMPOUND = "欧阳 上官 司马 诸葛 东方 夏侯 皇甫 尉迟 公孙 慕容 令狐 司徒 长孙 宇文 轩辕 端木 独孤 南宫"


def person_in(text: str) -> str:
    """The one person's name in a text, without title, bracket and spaces; "" where it is none or several."""
    people = people_in(text)[0]
    return people[0][0] if len(people) == 1 and _NAME.fullmatch(people[0][0]) else ""


def bare_name(name: str) -> str:
    """A name without 同志, titles and 等; unchanged where nothing like a name would be left."""
    short = re.sub(r"^[\d.]+", "", re.sub(r"\s", "", name)).translate(DOTS).strip("·")
    if len(short) > MAX_NAME:
        return short
    unled = re.sub(rf"^(?:{_TITLE})+", "", short)
    stripped = (_TRAIL.sub("", unled), _TRAIL.sub("", short), unled)
    plain = next((rest for rest in stripped if _NAME.fullmatch(rest)), short)
    elsewhere = _FROM.match(plain) if len(plain) > 4 else None
    return elsewhere["name"] if elsewhere and begins_with_surname(elsewhere["name"]) else plain


def _spaced(text: str) -> list[str]:
    """Part names at spaces, but keep "张 三" together."""
    groups = [part.split() for part in re.split(r"\s{2,}", text.strip())]
    parts = [word for group in groups for word in (["".join(group)] if _is_spelled(group) else group)]
    names: list[str] = []
    for part in parts:
        given = len(part) == 1 and names and (len(names[-1]) == 1 or names[-1] in _COMPOUND)
        if given or (names and re.fullmatch(_TITLE, part)):
            names[-1] += part
        else:
            names.append(part)
    return names


def _is_spelled(group: Sequence[str]) -> bool:
    if len(group) == 2 and "等" not in group:  # also a name that a line's end parted: 庄 秀兰, 庄秀 兰
        return len(group[0]) + len(group[1]) <= 3 and 1 in map(len, group) and begins_with_surname(group[0])
    return len(group) == 3 and all(len(word) == 1 for word in group)


def is_roll(line: str) -> bool:
    people, odd = people_in(line)
    return bool(people) and len(people) >= len(odd) and all(_NAME.fullmatch(name) for name, _ in people[:3])


def goes_on(line: str) -> bool:
    """Whether a further line belongs to a list of people: names, not “学习方式：……”."""
    head = re.match(rf"([{HAN}\s]{{2,10}})[:：]\s*({_REASON})?", line)
    return is_roll(line) and (not head or bool(head[2] or re.search("员|支委|书记|组|人|代表|干部|群众", head[1])))


def people_in(text: str, *, reasons: bool = False) -> tuple[list[tuple[str, str]], list[str]]:
    """Part a list of people into (name, remark in brackets or reason) and what does not look like a name.

    With `reasons` a word such as 出差 after a name is its reason ("苏子出差", "苏子：出差", "苏子，出差").
    """
    text = re.sub(" {3,}", "  ", text.translate(PLAIN)[:MAX_ROLL].replace("…", "、"))
    if reasons:
        text = re.sub(rf"(?<![{HAN}])([{HAN}]{{2,4}})[:：]\s*(?={_REASON})([^、，,；;。\n（(]+)", r"\1（\2）", text)
    text = re.sub(rf"(?:等|共计?|合计|总计)?\s*{NUMBER}\s*[人名位](?:党员|同志)?(?=[\s、，,；;。：:）)]|$)", "、", text)
    text = re.sub(r"等(?:同志|人)+", "、", text)
    text = re.sub(r"(?:(?<=[\s、，,；;。])|^)[^\s、，,；;。：:（()）]{0,10}[:：]", "、", text, flags=re.M)  # 支委：……
    people: list[tuple[str, str]] = []
    odd: list[str] = []
    for token, remark in re.findall(r"([^、，,；;。\n\t/|（()）]+)?(?:[（(]([^（）()]*)[）)])?", text):
        remark = remark.strip()
        if re.match("[均都]", remark):
            people = [(name, reason or remark[1:]) for name, reason in people]
            remark = remark[1:]
        for position, word in enumerate(words := _spaced(token)):
            last = position == len(words) - 1
            if not reasons and people and not people[-1][1] and position and re.fullmatch(_AWAY.pattern, word):
                people[-1] = (people[-1][0], f"{word}（{remark}）" if last and remark else word)
                continue
            if reasons and people and re.match(_REASON, word):
                people[-1] = (people[-1][0], f"{people[-1][1]}{word}" + (f"（{remark}）" if last and remark else ""))
                continue
            found = _with_reason(word) if reasons or _AWAY.search(word) or _OUT.search(word) else None
            why = found[2] if found else ""
            if last and remark and found:
                why = f"{why}（{remark}）" if re.fullmatch(_AWAY, why) else f"{why}，{remark}"
            name = bare_name(found[1] if found else word)
            if is_posted(name) or (
                (_NAME.fullmatch(name) or _LONG_NAME.fullmatch(name)) and not _NOT_A_NAME.search(name)
            ):
                if not NOBODY.fullmatch(name):
                    people.append((name, why if found else (remark if last else "")))
            elif not NOBODY.fullmatch(name) and not name.isascii():
                odd.append(word)
    return people, odd


_OUT = re.compile("出差|外出|住院|生病|探亲|值班|公差|因病|因事|因公")
_FROM = re.compile(
    rf"^[{HAN}]{{0,14}}(?:办公室|办|局|科|处|站|所|中心|街道|社区|委|部|院|校|公司|教授|老师|书记|主任|局长|科长|处长|站长|所长|校长|经理|主席|干事|代表)"
    rf"(?P<name>[{HAN}]{{2,3}})$"
)
_AWAY = re.compile("请假|请了假|缺席|未到会?|没来|没到|未参加|病假|事假|公假|列席|迟到")
_AFTER_NAME = re.compile(rf"([{HAN}·]{{2,4}}?)(?:同志)?[\-—]*((?:{_AWAY.pattern}|{_REASON}).*)$")
_AFTER_POST = re.compile(rf"({POSTED.pattern})(?:同志)?[\-—]*(?P<why>(?:{_AWAY.pattern}|{_REASON}).*)$")


def _with_reason(word: str) -> tuple[str, str, str] | None:
    """Part “苏子因病请假” into the whole, the name and why; None where no name stands before a reason."""
    if (posted := _AFTER_POST.match(word)) and is_posted(posted[1]):
        return word, posted[1], posted["why"]
    found = _AFTER_NAME.match(word)
    if found is None:
        return None
    name = found[1]
    return None if _NOT_A_NAME.search(name) else (word, name, found[2])


def is_posted(name: str) -> bool:
    """Say whether somebody is called by surname and post, or by a familiar name, rather than by name."""
    found = POSTED.fullmatch(name)
    return found is not None and begins_with_surname(found["surname"] or found["called"])


def why_away(reason: str) -> str:
    """Return the reason alone: “因病请假” → 因病, “请假（孩子生病）” → 孩子生病, “无故缺席” → ""."""
    text = re.sub(r"^[\s，,：:]+|[\s，,。]+$", "", reason)
    bracket = re.fullmatch(rf"(?:{_AWAY.pattern})?[（(](.*)[）)]", text)
    text = bracket[1] if bracket else text
    text = re.sub(
        "(?:已|均|都|提前|向支部|向书记)*(?:请了?假|缺席|没有?来|没有?到|未(?:能)?(?:到会|参加|出席|到)|没有?参加)(?:会议|学习|活动|本次会议)?",
        "",
        text,
    )
    return "" if WITHOUT_LEAVE.search(text) else text.strip(" ，,、；;（()）：:")


WITHOUT_LEAVE = re.compile("没打招呼|不打招呼|无故|未请假|没请假|没有请假|未说明|旷|原因不明|联系不上")


def signed_in(sheet: str) -> list[tuple[str, str]]:
    """People of a sign-in sheet (columns parted by tabs, one headed 姓名) with what its attendance column says."""
    rows = [[re.sub(r"\s", "", cell) for cell in line.split("\t")] for line in sheet.strip("\n").split("\n")]
    names = [i for i, head in enumerate(rows[0]) if head in NAME_HEADS]
    people: list[tuple[str, str]] = []
    for row in rows[1:]:
        for place, column in enumerate(names):
            end = names[place + 1] if place + 1 < len(names) else len(row)
            name = bare_name(row[column]) if column < len(row) else ""
            if _NAME.fullmatch(name):
                remark = next((cell for cell in row[column + 1 : end] if re.search("假|缺席|列席|出差", cell)), "")
                people.append((name, remark))
    return people

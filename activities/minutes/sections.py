"""Minutes cut into sections by the labels that offices write."""

import re
from collections.abc import Sequence

from .people import NAME_HEADS, NOBODY, goes_on, is_roll, person_in
from .spelling import PLAIN

# What offices write before a field. A label that ends in "：" here is also a word of titles and prose ("会议记录"):
# it counts only when a colon follows.
_LABELS = {
    "when_where": "时间地点 时间、地点 时间及地点 时间和地点 会议时间地点 会议时间及地点 活动时间地点",
    "when": """时间 日期 会议时间 会议日期 活动时间 活动日期 开会时间 开会日期 召开时间 召开日期 学习时间 学习日期
        授课时间 授课日期 上课时间 党课时间 开展时间 开始时间 开会： 时：""",
    "place": """地点 会议地点 活动地点 开会地点 召开地点 学习地点 授课地点 上课地点 党课地点
        开展地点 会议场所 活动场所 会场 会议会场 活动会场 会议地址 活动地址 地址：""",
    "chair": "主： 主持 主持人 主持者 会议主持 会议主持人 活动主持人 主持人员 召集人",
    "recorder": """记： 记录： 记录整理 记录整理人 整理人 会议记录整理 记录人 记录员 记录者 会议记录人
        会议记录员 活动记录人 记录人员""",
    "lecturer": """讲： 主讲 主讲人 授课人 讲课人 党课主讲人 党课授课人 宣讲人 主讲老师 授课老师
        主讲教师 授课教师 授课人员""",
    "organization": """党组织： 党组织名称 党支部： 党支部名称 支部： 支部名称 所在支部 所在党支部 组织名称 召开单位
        单位： 单位名称 主办单位 所属支部 所属党支部""",
    "kind": "会议类型 会议类别 会议种类 活动类型 活动类别 会议形式 活动形式 类型： 类别：",
    "name": "会议名称 活动名称 名称： 会议标题",
    "topic": """主题： 会议主题 活动主题 学习主题 党课主题 授课主题 党日主题 题目： 党课题目 授课题目 讲课题目 课题：
        党课名称 议题 会议议题 主要议题 学习议题 讨论议题 会议议程 议程 主要议程""",
    "study": "学习内容 授课内容 党课内容 学习篇目",
    "attendees": "人员： 到： 在场： 在场人员 来的人： 来了： 签到 人员签到 签到名单 参加对象 听课人员 学习人员",
    "leave": "假： 病假 事假 公假 因病请假 因事请假 因公请假 请假缺席人员 缺席请假人员",
    "absent": """缺： 没来： 没到： 因故缺席 因故缺席人员 无故缺席 无故缺席人员 无故缺席党员 无故未到 无故未到人员
        无故未参加人员
        未请假 未请假人员 未请假缺席 未请假缺席人员 旷会 缺席未请假 缺席未请假人员""",
    "late": "迟到： 迟到人员 迟到人 迟到党员",
    "observers": "特邀人员 邀请人员 旁听人员",
    "content": """会议内容 活动内容 内容： 主要内容： 会议主要内容 活动主要内容 记录内容 会议记录内容 会议记录：
        活动记录： 学习记录： 会议纪要： 会议情况： 活动情况： 会议过程 活动过程 会议程序 讨论情况 讨论发言
        发言记录 讨论记录 议程及内容 会议议程及内容 会议具体内容 具体内容
        讨论交流： 交流发言： 交流讨论： 研讨发言：""",
    "resolution": """决议 会议决议 决议事项 会议决议事项 会议决定： 决定事项 会议决定事项 形成决议 会议形成决议
        议定事项 会议议定事项 会议结论 表决结果 表决情况 决议情况 会议结果""",
    "chair_signed": "主持人签字 主持人签名 主持人签章",
    "recorder_signed": "记录人签字 记录人签名 记录人签章",
    "ignored": """应到/实到 应到／实到 实到/应到 应到实到 应到人数/实到人数 应到、实到 应到/实到人数
        应到/实到/请假 人数： 应到： 应到人数 应到会人数 应参会人数 应出席人数 应参加人数 应到党员 实到：
        实到人数 实到会人数 实参会人数 实际参会人数 实际到会人数 实际参加人数 实际出席人数 出席人数 参会人数
        参加人数 到会人数 请假人数 缺席人数 迟到人数 列席人数 备注 附件 编号 序号 届次 次数： 学时 天气 审核人
        审阅人 审核： 填表人 填表时间 填报人 填报时间 联系人 联系电话 电话 结束时间 散会时间 会议照片 活动照片
        签字： 签名： 支部书记签字 书记签字""",
}
_FIELD_OF = {label.rstrip("："): name for name, labels in _LABELS.items() for label in labels.split()}
_NEEDS_COLON = {label.rstrip("：") for labels in _LABELS.values() for label in labels.split() if label.endswith("：")}
# The labels of lists are put together too freely to list them all; "~" stands for spaces that may come before a part.
_WHO = "(?:~(?:会议|活动|学习))?(?:~(?:人员|党员|同志|领导|人))?(?:~(?:名单|姓名))?"
_WHY = "(?:~(?:及|和|、))?(?:~(?:原因|事由|情况))?"
_LABEL_PATTERNS = {
    "attendees": f"(?:参加|参会|出席|到会|与会|实到|参学|参与){_WHO}(?:~(?:签名|签到|签字))?",
    "leave": f"(?:因故请假|请假){_WHO}{_WHY}",
    "absent": f"(?:缺席|缺勤|未到会|未到|未参加|未参会|未出席){_WHO}{_WHY}",
    "observers": f"列席{_WHO}",
    "content": "(?:会议|活动|学习|党课)(?:~(?:主要|具体))?~(?:内容|过程|情况|议程)~(?:及|和|与)(?:~主要)?"
    "~(?:内容|过程|情况|记录|决议)",
}


def _spread(pattern: str) -> str:
    """Allow spaces between the characters of a label; possessive, so that no run of spaces is tried twice."""
    return re.sub("(?<=[\u4e00-\u9fff])(?=[\u4e00-\u9fff])|~", r"[ \\t]*+", pattern)


_ALTERNATIVES = "|".join(map(_spread, [*sorted(_FIELD_OF, key=len, reverse=True), *_LABEL_PATTERNS.values()]))
NUMBERING = re.compile(r"[（(]?(?:[一二三四五六七八九十]{1,3}|\d{1,2})(?:[、．）)]|\.(?!\d))[ \t]*")
LABEL = re.compile(
    rf"(?:^[ \t]*(?P<first>)(?:{NUMBERING.pattern})?|(?<=[\s；;，,。）)（(\d]))[【\[]?(?P<label>{_ALTERNATIVES})"
    r"[ \t]*(?:[（(][^（）()\n]{0,12}[）)][ \t]*)?(?:(?P<colon>[】\]][ \t]*[:：]?|[:：])|(?=[ \t]|$))",
    re.M,
)
_NAMES = frozenset(("attendees", "leave", "absent", "late", "observers"))
_BODY = frozenset(("content", "resolution"))
SIGN_SHEET = re.compile(rf"^(?=.*\t)(?:.*\t)?(?:{'|'.join(NAME_HEADS)})(?:\t.*)?\n?(?:^.*\t.*\n?)*", re.M)


def _named(label: str) -> str:
    """The field that a label, its spaces taken away, stands for; "" for any other text."""
    patterns = (name for name, pattern in _LABEL_PATTERNS.items() if re.fullmatch(pattern.replace("~", ""), label))
    return _FIELD_OF.get(label) or next(patterns, "")


def as_label(cell: str) -> str:
    """The known label that a table cell holds, its spaces, line breaks, colon and bracket taken away; else ""."""
    compact = re.sub(r"[（(][^（）()]*[）)]|[:：【】\[\]]", "", re.sub(r"\s", "", cell.translate(PLAIN)))
    return compact if _named(compact) else ""


def _line_after(found: re.Match[str]) -> str:
    end = found.string.find("\n", found.end())
    return found.string[found.end() : end if end >= 0 else None].strip()


def field_of(found: re.Match[str]) -> str:
    """The field a matched label stands for; “主持人（签字）” is a signature, “会议记录：姚娜” names the recorder."""
    name = _named(re.sub(r"\s", "", found["label"]))
    if name in ("chair", "recorder") and "签" in found[0]:
        return f"{name}_signed"
    if name == "content" and re.search(r"记\s*录$", found["label"]) and person_in(_line_after(found)):
        return "recorder"
    return name


def _is_label(found: re.Match[str], sections: dict[str, str], in_body: bool) -> bool:
    """Whether a word that looks like a label is one here, given what has been read before it."""
    name, line = field_of(found), _line_after(found)
    starts_line = found["first"] is not None
    if not found["colon"]:
        if in_body:
            return starts_line and not line and name == "resolution"
        if not starts_line and (not line or not found.string[found.start() - 1].isspace()):
            return False
        label = re.sub(r"\s", "", found["label"])
        if name in _NAMES or label == "记录":
            return is_roll(line) or bool(NOBODY.fullmatch(line)) or (not line and len(label) > 3)
        if label in _NEEDS_COLON:
            return False
    if name in ("chair_signed", "recorder_signed"):
        return True
    if not in_body:
        return name in (*_NAMES, "ignored") or not sections.get(name)
    # Inside the record people are quoted ("主持人：下面……"); only what is still missing and fits is taken.
    if name in ("chair", "recorder", "lecturer"):
        return not sections.get(name) and bool(person_in(line))
    if name == "ignored":
        return starts_line
    return starts_line and name in ("resolution", *_NAMES, "when", "place") and not sections.get(name)


def sections_of(text: str) -> dict[str, str]:
    """Cut minutes into sections: field name → its text; `title` is what precedes the first label, `rest` the prose.

    Field names are the keys of `_LABELS`. Later lists of names add to earlier ones; of all else the first counts.
    """
    plain = text.translate(PLAIN)
    sections: dict[str, str] = {}
    rest: list[str] = []
    current, start, body = "title", 0, ""

    def close(end: int) -> None:
        value, left = _own_lines(current, text[start:end])
        if value:
            sections[current] = f"{sections[current]}\n{value}" if current in sections else value
        if re.fullmatch(r"[\s\d年月日/.\-]*", left):
            return  # nothing, or the date beside a signature
        if body and current not in _BODY:
            sections[body] = f"{sections.get(body, '')}\n{left}".strip()
        else:
            rest.append(left)

    for found in LABEL.finditer(plain):
        if not _is_label(found, sections, bool(body)) or (
            found.start() >= start and current == field_of(found) in _BODY
        ):
            continue
        close(found.start())
        current, start = field_of(found), found.end()
        if current in _BODY:
            body = current
    close(len(text))
    if rest:
        sections["rest"] = "\n".join(rest)
    return sections


def with_whole_labels(text: str) -> str:
    """Return a text whose labels stand on one line, where a table's cell broke them (请假人员及原 / 因)."""
    lines = text.split("\n")
    for i in range(len(lines) - 1):
        line, following = lines[i].strip(), lines[i + 1].strip()
        if not 0 < len(line) <= 10 or re.search("[:：]", line) or as_label(following):
            continue
        head = re.match(r"\S{1,4}(?=\s|$)", following)
        if head and (label := as_label(line + head[0])):
            lines[i], lines[i + 1] = "", f"{label}：{following[head.end() :].strip()}"
    return "\n".join(lines)


def _own_lines(name: str, value: str) -> tuple[str, str]:
    """Part the lines that belong to a field from the prose that follows it without a label."""
    if name in _BODY:
        return value.strip(), ""
    if name.endswith("signed_in") and not value.split("\n", 1)[0].strip():
        return "", value.strip()  # signed by hand
    value = value.strip().strip("；;")
    lines = [line.strip() for line in value.split("\n") if line.strip()]
    if not lines:
        return "", ""
    if name == "title":
        size = next(
            (i for i, line in enumerate(lines) if len(line) > 60 or re.search("[。；]", line) or i == 6), len(lines)
        )
    elif name in _NAMES:
        size = next((i for i, line in enumerate(lines) if i and not goes_on(line)), len(lines))
    elif name in ("topic", "study") and (style := _numbering_style(lines[0])):
        size = next((i for i, line in enumerate(lines) if _numbering_style(line) != style), len(lines))
        restarts = [
            i for i, line in enumerate(lines[:size]) if i and re.match(r"[（(]?[一1](?![\d一二三四五六七八九十])", line)
        ]
        size = restarts[0] if restarts else size
    elif name in ("when", "when_where"):
        size = 2 if len(lines) > 1 and len(lines[1]) < 24 and _TIME_ALONE.match(lines[1]) else 1
    elif name in ("topic", "study"):
        size = _wrapped(lines)
        lines[:size] = ["".join(lines[:size])]
        size = 1
    else:
        size = 1
    return "\n".join(lines[:size]), "\n".join(lines[size:])


_TIME_ALONE = re.compile(
    r"(?:(?:开始|会议)?时间[:：]?\s*)?(?:至|到|[（(]?(?:星期|周)[一二三四五六日天][）)]?)?\s*(?:上午|下午|中午|晚上|晚|早上|傍晚)?\s*\d{1,2}\s*[:：时点]|(?:上午|下午|晚上|晚)"
)
_OPENING = "《“‘「（(【"
_CLOSING = "》”’」）)】"
_WIDE = 14  # characters of a line that may have been broken at the margin of a table's cell


def _wrapped(lines: Sequence[str]) -> int:
    """Return how many lines a value takes that a table's cell broke: a mark still open, or a full line that goes on."""
    for size in range(1, min(len(lines), 4)):
        so_far = "".join(lines[:size])
        is_open = sum(map(so_far.count, _OPENING)) > sum(map(so_far.count, _CLOSING))
        joined = so_far.endswith(("、", "，", "和", "及", "与", "的"))
        following = lines[size]
        goes_on = len(lines) <= 4 and len(lines[size - 1]) >= _WIDE and not re.search("[。；：:]", following)
        if not (is_open or joined or goes_on) or NUMBERING.match(following) or so_far.endswith(("。", "；")):
            return size
    return min(len(lines), 4)


def _numbering_style(line: str) -> str:
    found = NUMBERING.match(line)
    return re.sub("[一二三四五六七八九十]+", "一", re.sub(r"\d+", "1", found[0].strip())) if found else ""

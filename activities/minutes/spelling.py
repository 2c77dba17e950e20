"""One spelling of a text: characters that look alike, what cannot be seen, blanks."""

import re
import unicodedata

MAX_TEXT = 200_000  # characters kept of one file
MAX_BLANKS = 20

HAN = "\u4e00-\u9fff\u3400-\u4dbf\U00020000-\U0003ffff"
# PDFs often carry radicals in place of the characters they look like; NFKC maps only the Kangxi block.
_RADICALS = str.maketrans(
    "⺠⻁⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻨⻩⻬⻮⻰⻳", "民虎西见角贝车长门青韦页风飞食马骨鬼鱼鸟麦黄齐齿龙龟"
)
_KANGXI = re.compile("[\u2f00-\u2fdf\uf900-\ufaff]")
# What XML and PostgreSQL refuse, and what cannot be seen.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060\ufeff\ufffe\uffff\ud800-\udfff]"
)
_RARE_BLANKS = re.compile("[\x85\u1680\u2000-\u200a\u202f\u205f]")
_MANY_BLANKS = re.compile(rf"(?:[^\S\n]|[_＿]){{{MAX_BLANKS + 1},}}+")
# The same length as what they replace, so that positions in the plain and the original text agree.
PLAIN = str.maketrans(
    {0xFF01 + i: 0x21 + i for i in range(94) if chr(0x21 + i).isalnum()}
    | {"\u3000": " ", "\xa0": " ", "_": " ", "＿": " ", "︰": "：", "﹕": "：", "∶": "："}
)
DOTS = str.maketrans("•・‧∙⋅．.", "·······")


def cleaned(text: str) -> str:
    """Return a text cut to `MAX_TEXT`, its characters spelt one way, in lines that end in no blank.

    No run of blanks is longer than `MAX_BLANKS`: every pattern that passes blanks over is quick on what comes from
    here, whatever was sent. Underscores are blanks, as on a form to be filled in by hand.
    """
    text = text[:MAX_TEXT].translate(_RADICALS)
    text = _KANGXI.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
    text = _RARE_BLANKS.sub(" ", _INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
    lines = "\n".join(line.rstrip(" \t\u3000\xa0_＿") for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", _MANY_BLANKS.sub(lambda found: found[0][:MAX_BLANKS], lines)).strip("\n")

"""Invented names of people and places."""

from itertools import product
from random import Random

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
MALE = ("文建国志明海永春庆家立长景承宏少学德兆子", "山林河川松柏峰涛安宁康远成达明清泉良生和")
FEMALE = ("秀玉桂淑春雪慧雅晓婉佳诗若思芳丽月素云竹", "兰芬珍梅英琴霞娟萍洁琳怡菲宁华蓉莲荷欣然")

STREETS = ("和平", "新华", "建安", "长宁", "文昌", "南湖", "北苑", "滨河", "青山", "永安")
STREET_PARTS = ("云春金平广福兴康清瑞", "溪桥岭泉坪塘园川浦台")
COMMUNITIES = ("东风", "向阳", "胜利", "团结", "光华", "友谊", "幸福", "朝阳", "红星", "前进")
COMMUNITY_PARTS = ("梧桐柳荷竹兰枫槐松梅", "苑里庭湾坊巷居汀")
FIRMS = ("恒泰", "启明", "汇源达", "众合", "远航", "锦程", "博雅", "安居", "恒通", "鼎新")
TRADES = ("物业公司", "商贸公司", "科技公司", "餐饮公司", "家政公司", "建筑公司")
ROADS = ("东风路", "人民路", "学府路", "园林路", "滨河路", "解放路", "光明路", "纺织路")
NATIVE_PLACES = ("本市", "本省", "河北", "山东", "河南", "江苏", "四川", "湖北", "安徽", "陕西")


def street_names() -> list[str]:
    """Return the names of streets, without 街道, in the order in which they are given out."""
    return [*STREETS, *("".join(pair) for pair in product(*STREET_PARTS))]


def community_names(random: Random) -> list[str]:
    """Return the names of communities, without 社区: the first is always 东风, the others in a drawn order."""
    others = [*COMMUNITIES[1:], *("".join(pair) for pair in product(*COMMUNITY_PARTS))]
    random.shuffle(others)
    return [COMMUNITIES[0], *others]


def person(random: Random, *, male: bool) -> str:
    """Return a person's name of three characters."""
    first, second = MALE if male else FEMALE
    return random.choice(SURNAMES) + random.choice(first) + random.choice(second)


def address(random: Random, community: str) -> str:
    """Return where somebody lives."""
    return (
        f"{community}{random.choice(ROADS)}{random.randint(1, 199)}号"
        f"{random.randint(1, 30)}栋{random.randint(1, 4)}单元{random.randint(1, 18)}0{random.randint(1, 4)}室"
    )


def landline(random: Random) -> str:
    """Return an office's telephone number."""
    return f"880{random.randint(0, 99999):05}"


def mobile(random: Random) -> str:
    """Return a mobile number of a range that is not given to people."""
    return f"140{random.randint(0, 99999999):08}"

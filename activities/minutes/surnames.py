"""The surnames of the living, by which a name is told from other words of two to four characters."""

_SINGLE = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔"
    "钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐"
    "易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳"
    "欧管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟"
    "邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼"
    "盘满闻厉伊仝区郜海阚花权强帅屠豆朴盖练廉禹井祖漆巴丰支卿国狄平计索宣晋相初门云容敬来扈晁芮都普阙戈伏鹿薄邸雍辜羊阿"
    "乌母裘亓修邰赫杭况那宿鲜逯印舍茹贝生湛东利别牧幸干才扬阴法展种暴过展由铁占但衣但揭战税补仉竺丘凡楠恽元岩庹丑"
)
_PAIRS = "欧阳上官司马诸葛东方夏侯皇甫尉迟公孙慕容令狐司徒长孙宇文轩辕端木独孤南宫申屠钟离淳于闻人呼延公羊澹台"
_DOUBLE = frozenset(_PAIRS[i : i + 2] for i in range(0, len(_PAIRS), 2))
_ALONE = frozenset(_SINGLE)


def begins_with_surname(name: str) -> bool:
    """Say whether a word could be a person's name by its beginning; names with a dot (阿依努尔·买买提) always could."""
    return "·" in name or name[:2] in _DOUBLE or name[:1] in _ALONE

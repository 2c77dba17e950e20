"""Cells as offices fill them in."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledgers.parsing import (
    Masked,
    Unparsable,
    birth_date_of,
    check_digit,
    choice,
    citizen_id,
    code,
    date,
    decimal,
    gender_of,
    integer,
    person_name,
    phone,
    text,
    yes_no,
)

FIRST_JULY = dt.date(2021, 7, 1)
BLANKS = [None, "", "  ", "\u3000", "-", "—", "/"]
DIGITS = "〇一二三四五六七八九"


def full_width(value: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if char.isascii() and char != " " else char for char in value)


def in_chinese(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else DIGITS[tens] + "十") + (DIGITS[ones] if ones else "")


class TestText:
    @pytest.mark.parametrize(
        ("cell", "value"),
        [
            ("  东风路 95号 ", "东风路 95号"),
            ("东风路\u3000 \t95号", "东风路 95号"),
            ("ＡＢｃ１２３", "ABc123"),
            ("党课：（一），好。", "党课：（一），好。"),
            ("第一行 \r\n 第二行", "第一行\n第二行"),
            ("张\u200b三\ufeff\x00\x07", "张三"),
            (123.0, "123"),
            (12, "12"),
            (1.5, "1.5"),
            (True, "TRUE"),
            (dt.date(2021, 7, 1), "2021-07-01"),
            (dt.datetime(2021, 7, 1), "2021-07-01"),
            (dt.datetime(2021, 7, 1, 9, 5), "2021-07-01 09:05"),
            (dt.time(9, 5), "09:05"),
            (None, ""),
            (" \n", ""),
            ("-", "-"),
            ("无", "无"),
        ],
    )
    def test_it_works(self, cell, value):
        assert text(cell) == value

    def test_too_long(self):
        assert text("一二三", max_length=3) == "一二三"
        with pytest.raises(Unparsable, match="最多 3 个字，现在有 4 个字"):
            text("一二三四", max_length=3)

    @given(st.one_of(st.text(), st.floats(), st.integers(), st.booleans(), st.datetimes(), st.none()))
    def test_cleaning_twice_changes_nothing(self, cell):
        assert text(text(cell)) == text(cell)


class TestPersonName:
    @pytest.mark.parametrize(
        ("cell", "name"),
        [
            ("张三", "张三"),
            ("张  三", "张三"),
            (" 张\u3000三 ", "张三"),
            ("欧阳\n修", "欧阳修"),
            ("𠮷 野", "𠮷野"),
            ("买买提•艾力", "买买提·艾力"),
            ("买买提・艾力", "买买提·艾力"),
            ("买买提.艾力", "买买提·艾力"),
            ("买买提． 艾力", "买买提·艾力"),
            ("买买提 · 艾力", "买买提·艾力"),
            ("John  Smith", "John Smith"),
            ("J. Smith", "J. Smith"),
            (None, ""),
        ],
    )
    def test_it_works(self, cell, name):
        assert person_name(cell) == name

    def test_too_long(self):
        with pytest.raises(Unparsable, match="最多 2 个字"):
            person_name("张三四", max_length=2)


@pytest.mark.parametrize(
    ("cell", "value"), [(101.0, "101"), ("ＨＰ０１", "HP01"), (" HP 01 ", "HP01"), ("'0101", "0101"), (None, "")]
)
def test_code(cell, value):
    assert code(cell) == value


class TestDate:
    @pytest.mark.parametrize(
        "cell",
        [
            FIRST_JULY,
            dt.datetime(2021, 7, 1, 9, 30),
            "2021-07-01",
            "2021-7-1",
            "2021/7/1",
            "2021.7.1",
            "2021.07.01",
            "2021. 7. 1",
            "2021、7、1",
            "2021—07—01",
            "20210701",
            20210701,
            20210701.0,
            "2021年7月1日",
            "2021年07月01日 星期四",
            "2021年7月1日（星期四）",
            "2021 年 7 月 1 日",
            "2021年7月1号",
            "2021-07-01 00:00:00",
            "2021-07-01T09:30:00",
            "2021年7月1日 上午9:30",
            "2021年7月1日9时30分",
            "２０２１．０７．０１",
            "'2021-07-01",
            " 2021-07-01\u200b",
            "二〇二一年七月一日",
            "二○二一年七月一日",
            "二零二一年七月一日",
            44378,
            44378.0,
            44378.75,
            "44378",
            "44378.75",
            "2021.07",
            2021.07,
            "2021-07",
            "2021-7",
            "2021/07",
            "202107",
            202107.0,
            "2021年7月",
            "2021年07月 ",
            "二〇二一年七月",
        ],
    )
    def test_forms(self, cell):
        assert date(cell) == FIRST_JULY

    @pytest.mark.parametrize("cell", [*BLANKS, "——", "无"])
    def test_blank(self, cell):
        assert date(cell) is None

    def test_a_number_with_a_dropped_zero_is_january_but_text_is_october(self):
        assert date(2021.1) == dt.date(2021, 1, 1)
        assert date("2021.1") == dt.date(2021, 1, 1)
        assert date("2021.10") == dt.date(2021, 10, 1)
        assert date(2021.12) == dt.date(2021, 12, 1)

    def test_first_month_by_its_old_name(self):
        assert date("2021年元月30日") == dt.date(2021, 1, 30)

    @pytest.mark.parametrize("cell", ["21-7-1", "21.7.1", "78年12月", "99年1月1日"])
    def test_two_digit_years_are_refused(self, cell):
        with pytest.raises(Unparsable, match="四位"):
            date(cell)

    @pytest.mark.parametrize("cell", ["2021", 2021, "2021年", "二〇二一年"])
    def test_a_year_alone_is_refused(self, cell):
        with pytest.raises(Unparsable, match="补上月份"):
            date(cell)

    @pytest.mark.parametrize(
        ("cell", "day"),
        [("2021-02-30", "2021-02-30"), ("20210431", "2021-04-31"), ("2021.13", "2021-13-01"), (2021.13, "2021-13-01")],
    )
    def test_days_that_do_not_exist_are_refused(self, cell, day):
        with pytest.raises(Unparsable, match=f"没有 {day} 这一天"):
            date(cell)

    @pytest.mark.parametrize(
        "cell", ["1899-12-31", "2101-01-01", dt.date(1899, 12, 31), dt.datetime(2101, 1, 1), "18991231"]
    )
    def test_years_out_of_range_are_refused(self, cell):
        with pytest.raises(Unparsable, match="1900—2100"):
            date(cell)

    def test_the_edges_of_the_range(self):
        assert date("1900-01-01") == dt.date(1900, 1, 1)
        assert date("2100-12-31") == date(73415) == dt.date(2100, 12, 31)
        with pytest.raises(Unparsable):
            date(73416)

    @pytest.mark.parametrize(
        "cell",
        ["abc", "7/1/2021", "七月一日", "2021-07-011", "2021-07-", "2021071", "2021年7月1日至8月", True, 5, -5, 1e300,
         float("nan"), float("inf"), dt.time(9), dt.timedelta(1), "12:30"],
    )  # fmt: skip
    def test_other_things_are_refused(self, cell):
        with pytest.raises(Unparsable, match="2021-07-01"):
            date(cell)

    @given(st.dates(dt.date(1901, 1, 1), dt.date(2100, 12, 31)))
    def test_every_day_in_every_form(self, day):
        y, m, d = day.year, day.month, day.day
        chinese = "".join(DIGITS[int(digit)] for digit in str(y)) + f"年{in_chinese(m)}月{in_chinese(d)}日"
        forms = [day, f"{y}-{m:02}-{d:02}", f"{y}-{m}-{d}", f"{y}/{m}/{d}", f"{y}.{m}.{d}", f"{y}{m:02}{d:02}",
                 float(f"{y}{m:02}{d:02}"), f"{y}年{m}月{d}日", f"{y}年{m:02}月{d:02}日", f"{y}-{m}-{d} 00:00:00",
                 full_width(f"{y}.{m}.{d}"), chinese, dt.datetime(y, m, d, 23, 59)]  # fmt: skip
        serial = (day - dt.date(1899, 12, 30)).days
        if not 1900 <= serial <= 2100:  # these numbers are years
            forms += [serial, float(serial), str(serial)]
        if serial >= 10_000:  # four digits and a point are a year and a month
            forms += [serial + 0.5, f"{serial}.75"]
        assert {date(form) for form in forms} == {day}
        months = [
            f"{y}-{m}",
            f"{y}.{m:02}",
            f"{y}{m:02}",
            f"{y}年{m}月",
            float(f"{y}.{m:02}") if m != 10 else f"{y}.10",
        ]
        assert {date(form) for form in months} == {day.replace(day=1)}

    @given(st.one_of(st.text(), st.floats(), st.integers(), st.text("0123456789年月日.-/ 一二十:", max_size=12)))
    def test_anything_is_a_date_a_blank_or_a_refusal(self, cell):
        try:
            found = date(cell)
        except Unparsable:
            return
        assert found is None or 1900 <= found.year <= 2100


def an_id(first17: str = "99010019900101001") -> str:
    return first17 + check_digit(first17)


class TestCitizenId:
    def test_check_digit_of_the_standard(self):
        assert check_digit("11010519491231002") == "X"  # the example of GB 11643-1999

    def test_what_it_says(self):
        assert birth_date_of(an_id()) == dt.date(1990, 1, 1)
        assert gender_of(an_id("99010019900101001")) == "男"
        assert gender_of(an_id("99010019900101002")) == "女"

    def test_forms(self):
        number = next(n for serial in range(100) if (n := an_id(f"99010019900101{serial:03}")).endswith("X"))
        spaced = f" {number[:6]} {number[6:14]}\u3000{number[14:]} "
        for cell in (
            number,
            number.lower(),
            spaced,
            f"'{number}",
            full_width(number),
            f"{number}\t",
            f"\u200b{number}",
        ):
            assert citizen_id(cell) == number

    def test_an_old_number_is_brought_to_18(self):
        assert citizen_id("990100900101001") == an_id("99010019900101001")

    @pytest.mark.parametrize("cell", BLANKS)
    def test_blank(self, cell):
        assert citizen_id(cell) is None

    @pytest.mark.parametrize(
        "cell", [9.9e17, int(an_id()), "9.901E+17", "9.90100199001E+17", "990100199001010000", f"{an_id()}.0"]
    )
    def test_a_number_has_lost_its_end(self, cell):
        with pytest.raises(Unparsable, match="设为“文本”后重填"):
            citizen_id(cell)

    @pytest.mark.parametrize(
        ("cell", "message"),
        [
            (an_id()[:17], "应为 18 位，现在是 17 位"),
            (an_id() + "1", "现在是 19 位"),
            ("99010019900101X012", "只能是数字"),
            ("99010019900101001A", "只能是数字"),
            (an_id("99010019900230001"), "出生日期"),
            (an_id("99010018991231001"), "出生日期"),
            ("990100900230001", "出生日期"),
        ],
    )
    def test_refusals(self, cell, message):
        with pytest.raises(Unparsable, match=message) as refusal:
            citizen_id(cell)
        assert cell not in str(refusal.value)

    def test_masked(self):
        for cell in ("990100********0012", "9901＊＊"):
            with pytest.raises(Masked):
                citizen_id(cell)

    @given(st.dates(dt.date(1900, 1, 1), dt.date(2030, 1, 1)), st.integers(0, 999), st.sampled_from("0123456789X"))
    def test_only_the_right_check_digit_passes(self, birth, serial, last):
        number = an_id(f"990100{birth:%Y%m%d}{serial:03}")
        assert citizen_id(number) == number
        assert birth_date_of(number) == birth
        if last != number[17]:
            with pytest.raises(Unparsable, match=f"应为 {number[17]}|设为“文本”"):
                citizen_id(number[:17] + last)


class TestPhone:
    @pytest.mark.parametrize(
        "cell",
        [13912345678, 13912345678.0, "13912345678", "139 1234 5678", "139-1234-5678", "+86 139 1234 5678",
         "8613912345678", "0086-13912345678", "１３９１２３４５６７８", "'13912345678"],
    )  # fmt: skip
    def test_mobile(self, cell):
        assert phone(cell) == "13912345678"

    @pytest.mark.parametrize(
        ("cell", "number"),
        [("0371-65551234", "0371-65551234"), ("037165551234", "0371-65551234"), ("（0371）6555 1234", "0371-65551234"),
         ("010-65551234", "010-65551234"), ("0371—6555123", "0371-6555123")],
    )  # fmt: skip
    def test_landline(self, cell, number):
        assert phone(cell) == number

    @pytest.mark.parametrize("cell", [*BLANKS, "无"])
    def test_blank(self, cell):
        assert phone(cell) is None

    def test_masked(self):
        with pytest.raises(Masked):
            phone("139****5678")

    @pytest.mark.parametrize(
        ("cell", "message"),
        [("1391234567", "11 位"), ("12912345678", "11 位"), ("abc", "11 位"), (1.5, "11 位"), (True, "不是电话"),
         ("65551234", "区号"), ("13912345678/13812345678", "只填一个"), ("13912345678、13812345678", "只填一个"),
         ("1.39E+10", "文本")],
    )  # fmt: skip
    def test_refusals(self, cell, message):
        with pytest.raises(Unparsable, match=message) as refusal:
            phone(cell)
        assert str(cell) not in str(refusal.value)


class TestYesNo:
    @pytest.mark.parametrize(
        "cell", ["是", "√", "✓", "✔", "✔️", "V", "v", "有", "Y", "yes", "1", 1, 1.0, "TRUE", True, "对", " 是 "]
    )
    def test_yes(self, cell):
        assert yes_no(cell) is True

    @pytest.mark.parametrize("cell", ["否", "×", "✗", "无", "没有", "N", "0", 0.0, "false", False, "错", "Ｎ"])
    def test_no(self, cell):
        assert yes_no(cell) is False

    @pytest.mark.parametrize("cell", BLANKS)
    def test_blank(self, cell):
        assert yes_no(cell) is None

    def test_the_headers_own_words(self):
        assert yes_no("流动 党员", true_words=["流动党员"]) is True
        with pytest.raises(Unparsable, match="请填“是”或“否”"):
            yes_no("流动党员")


class TestNumbers:
    @pytest.mark.parametrize(
        ("cell", "number"),
        [(12, "12.00"), (12.5, "12.50"), (0.1 + 0.2, "0.30"), (2.675, "2.68"), ("1,234.5", "1234.50"),
         ("￥1,234元", "1234.00"),
         ("1.5万元", "15000.00"), ("2 万", "20000.00"), ("１２．５", "12.50"), ("-3", "-3.00"), (".5", "0.50"), ("41人", "41.00"), ("3 户", "3.00"), ("2.5学时", "2.50")],
    )  # fmt: skip
    def test_decimal(self, cell, number):
        assert str(decimal(cell)) == number

    def test_decimal_places(self):
        assert str(decimal("1.005", places=0)) == "1"
        assert str(decimal("1.0005", places=3)) == "1.001"

    @pytest.mark.parametrize(
        ("cell", "number"), [(3, 3), (3.0, 3), ("３", 3), ("1,234", 1234), ("1.2万", 12_000), ("3.0", 3), ("-5", -5)]
    )
    def test_integer(self, cell, number):
        assert integer(cell) == number

    @pytest.mark.parametrize("cell", [*BLANKS, "无"])
    def test_blank(self, cell):
        assert decimal(cell) is None
        assert integer(cell) is None

    @pytest.mark.parametrize(
        "cell", ["abc", "1,2", "12座", "1.2.3", "万", True, float("nan"), float("inf"), 1e300, dt.date(2021, 7, 1)]
    )
    def test_refusals(self, cell):
        for parse in (decimal, integer):
            with pytest.raises(Unparsable, match="数字"):
                parse(cell)

    def test_integer_refuses_a_fraction(self):
        with pytest.raises(Unparsable, match=r"“3\.5”不是整数"):
            integer("3.5")

    @given(st.decimals(-(10**12), 10**12, places=2))
    def test_money_round_trip(self, number):
        assert decimal(f"{number:,}") == decimal(f"￥{number}元".replace("￥-", "-")) == Decimal(number)


class TestChoice:
    CHOICES = {"大学本科": "bachelor", "大学专科": "college", "高中": "high", "警示教育(以案促改)": "warning"}
    ALIASES = {"大专": "大学专科", "本科": "bachelor"}

    @pytest.mark.parametrize(
        ("cell", "value"),
        [("大学本科", "bachelor"), (" 大学 本科 ", "bachelor"), ("大专", "college"), ("本 科", "bachelor"),
         ("高\n中", "high"), ("警示教育（以案促改）", "warning")],
    )  # fmt: skip
    def test_it_works(self, cell, value):
        assert choice(cell, self.CHOICES, self.ALIASES) == value

    @pytest.mark.parametrize("cell", BLANKS)
    def test_blank(self, cell):
        assert choice(cell, self.CHOICES) is None

    def test_the_nearest_label_is_offered(self):
        with pytest.raises(Unparsable, match="没有“大专毕业”这一项；是“大学专科”吗？可填：大学本科、大学专科、高中"):
            choice("大专毕业", self.CHOICES, self.ALIASES)

    def test_nothing_near(self):
        with pytest.raises(Unparsable, match="没有“火星”这一项。可填："):
            choice("火星", self.CHOICES)

    def test_a_long_list_is_cut(self):
        with pytest.raises(Unparsable, match="等 56 项"):
            choice("火星", {f"{n}族": str(n) for n in range(56)})

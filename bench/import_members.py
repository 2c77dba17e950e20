"""Import of 100,000 members, preview + apply: ours beside a stock django-import-export ModelResource.

Both read the same file, in this run, on the database of DATABASE_URL, each in a transaction that is rolled back. The
stock resource does less: no header search, no cell messages, no scope, no history, no audit. It runs in bulk mode with
openpyxl underneath, as it comes. It takes minutes, so by default it is given the first STOCK_ROWS rows and its time is
extrapolated; STOCK_ROWS=100000 runs it whole.

    python -m bench.import_members [ROWS] [STOCK_ROWS]
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection, transaction  # noqa: E402
from import_export import fields, resources, widgets  # noqa: E402
from rustpy_xlsxwriter import FastExcel  # noqa: E402
from tablib import Dataset  # noqa: E402

from accounts.acting import acting_as  # noqa: E402
from accounts.models import User  # noqa: E402
from branches.models import Organization  # noqa: E402
from ledgers import importing, ledger  # noqa: E402
from ledgers.parsing import check_digit  # noqa: E402
from members.models import Member  # noqa: E402

BRANCHES = 200
GOAL = 10
"""Times faster than the stock resource."""


class RollBack(Exception):
    """Ends a measured transaction."""


def write_file(path: Path, rows: int) -> None:
    """Write a register of invented members."""

    def lines():
        for i in range(rows):
            # Serials from 900 on keep clear of the numbers of the demo data.
            year, month, day, serial = 1940 + i % 60, 1 + i // 60 % 12, 1 + i // 720 % 28, 900 + i // 20160
            number = f"990100{year}{month:02}{day:02}{serial:03}"
            yield {
                "姓名": "赵钱孙李周吴郑王"[i % 8] + chr(0x4E00 + i % 5000) + chr(0x5300 + i // 5000),
                "性别": "男" if serial % 2 else "女",
                "民族": "汉族",
                "出生日期": f"{year}-{month:02}-{day:02}",
                "身份证号": number + check_digit(number),
                "所在党支部": f"BENCH{i % BRANCHES:03}",
                "党小组": "第一党小组",
                "党员类别": "正式党员",
                "学历": "大学本科",
                "入党时间": f"{year + 25}-07-01",
                "转正时间": f"{year + 26}.7.1",
                "就业状态": "在职",
                "工作单位及职务": f"第{i % 97}厂职工",
                "手机号码": f"199{i:08}",
                "家庭住址": f"和平路{i}号",
                "是否流动党员": "否",
                "籍贯": "某省某市",
                "党费基数": "5000",
                "备注": "自行申报",
            }

    FastExcel(str(path)).sheet("党员花名册", lines()).save()


class StockResource(resources.ModelResource):
    """What a Django developer writes in five minutes."""

    name = fields.Field("name", "姓名")
    gender = fields.Field("gender", "性别")
    ethnicity = fields.Field("ethnicity", "民族")
    birth_date = fields.Field("birth_date", "出生日期", widgets.DateWidget("%Y-%m-%d"))
    id_number = fields.Field("id_number", "身份证号")
    branch = fields.Field("branch", "所在党支部", widgets.ForeignKeyWidget(Organization, "code"))
    group_name = fields.Field("group_name", "党小组")
    category = fields.Field("category", "党员类别")
    education = fields.Field("education", "学历")
    joined_on = fields.Field("joined_on", "入党时间", widgets.DateWidget("%Y-%m-%d"))
    regularised_on = fields.Field("regularised_on", "转正时间", widgets.DateWidget("%Y.%m.%d"))
    employment = fields.Field("employment", "就业状态")
    workplace = fields.Field("workplace", "工作单位及职务")
    phone = fields.Field("phone", "手机号码")
    address = fields.Field("address", "家庭住址")
    native_place = fields.Field("native_place", "籍贯")
    remarks = fields.Field("remarks", "备注")

    class Meta:
        model = Member
        use_bulk = True
        batch_size = 1000
        force_init_instance = True  # the ID is encrypted and cannot be looked up: spare it the query for each row
        import_id_fields = ("id_number",)
        fields = (
            *(
                "name",
                "gender",
                "ethnicity",
                "birth_date",
                "id_number",
                "branch",
                "group_name",
                "category",
                "education",
            ),
            *("joined_on", "regularised_on", "employment", "workplace", "phone", "address", "native_place"),
            "remarks",
        )


def stock(path: Path) -> float:
    """Return the seconds that the stock resource takes for preview + apply."""
    start = time.perf_counter()
    data = Dataset().load(path.read_bytes(), format="xlsx")
    resource = StockResource()
    assert not resource.import_data(data, dry_run=True).has_errors()
    result = resource.import_data(data, dry_run=False, raise_errors=True)
    assert result.totals["new"] == len(data)
    return time.perf_counter() - start


def ours(path: Path, user: User) -> float:
    """Return the seconds that the wizard's steps take: upload, preview with all checks, apply."""
    start = time.perf_counter()
    batch, match = importing.open_batch(ledger.get("members"), path.read_bytes(), path.name, user)
    batch.save()
    analysis = importing.preview(batch, match)
    assert analysis.counts["wrong"] == 0, next(iter(analysis.errors))
    with acting_as(user):
        applied = importing.apply(batch)
    assert applied.new == len(analysis.rows)
    return time.perf_counter() - start


def prepare_street() -> User:
    """Make the branches of the file and somebody who may import; return the user."""
    street = Organization(code="BENCH", name="基准街道", kind=Organization.Kind.WORKING_COMMITTEE)
    Organization.objects.add_root(instance=street)
    for i in range(BRANCHES):
        branch = Organization(code=f"BENCH{i:03}", name=f"基准第{i}党支部", kind=Organization.Kind.BRANCH)
        Organization.objects.add_child(street, instance=branch)
    return User.objects.create_superuser(f"bench-{time.time_ns()}", name="基准")


def measure(run, *arguments) -> float:
    """Run in a transaction and take it back."""
    try:
        with transaction.atomic():
            user = prepare_street()
            seconds = run(*(user if a is User else a for a in arguments))
            raise RollBack
    except RollBack:
        return seconds


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    stock_rows = min(rows, int(sys.argv[2]) if len(sys.argv) > 2 else 10_000)
    with tempfile.TemporaryDirectory() as folder:
        whole, part = Path(folder) / "members.xlsx", Path(folder) / "part.xlsx"
        write_file(whole, rows)
        write_file(part, stock_rows)
        mine = measure(ours, whole, User)
        theirs = measure(stock, part) * rows / stock_rows
    note = "" if stock_rows == rows else f"（按 {stock_rows:,} 行外推）"
    print(f"{connection.vendor}：导入 {rows:,} 名党员，预览加写入")
    print(f"  本系统                {mine:8.1f} s")
    print(f"  django-import-export  {theirs:8.1f} s{note}")
    print(f"  倍数                  {theirs / mine:8.1f} ×（目标 {GOAL} ×）", flush=True)
    sys.exit(theirs / mine < GOAL)


if __name__ == "__main__":
    main()

"""Time the printed ledger against tablib (what django-import-export exports with) and openpyxl, in one run.

    python bench/export_rows.py [--rows 100000] [--columns 20]

Each writer runs in a process of its own, so that one's memory does not count for another. "memory" is the peak above
what the process held before it began to write. Linux only: the peak is read from /proc.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

Row = tuple[object, ...]


def sample_rows(count: int, columns: int) -> Iterator[Row]:
    """Rows as a member register has them: mostly short text, with dates, numbers, money, yes/no and empty cells."""
    pattern = ("东风社区第一党支部", "990100198001010018", date(2021, 7, 1), 12, Decimal("3456.70"), True, None)
    for number in range(count):
        yield (f"党员{number}", *(pattern[place % len(pattern)] for place in range(columns - 1)))


def write_with_printing(target: Path, rows: Iterator[Row], columns: int) -> None:
    """The portal's own printed form: titles, borders, page setup, signature row."""
    from ledgers.printing import Kind, PrintColumn, write_ledger

    kinds: tuple[Kind, ...] = ("text", "text", "date", "number", "money", "yes_no", "text")
    described = [PrintColumn("姓名"), *(PrintColumn(f"列{n}", kind=kinds[n % len(kinds)]) for n in range(columns - 1))]
    write_ledger(
        target,
        title="党员花名册",
        organization="和平街道党工委",
        as_of=date(2026, 9, 30),
        filled_by="李四",
        columns=described,
        rows=rows,
    )


def write_with_tablib(target: Path, rows: Iterator[Row], columns: int) -> None:
    """A tablib data set, exported as django-import-export does it."""
    import tablib

    data = tablib.Dataset(headers=[f"列{n}" for n in range(columns)])
    for row in rows:
        data.append(row)
    target.write_bytes(data.export("xlsx"))


def write_with_openpyxl(target: Path, rows: Iterator[Row], columns: int) -> None:
    """openpyxl in its streaming mode, the leanest it has, without any format."""
    from openpyxl import Workbook

    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet()
    sheet.append([f"列{n}" for n in range(columns)])
    for row in rows:
        sheet.append(row)
    workbook.save(target)


WRITERS: dict[str, Callable[[Path, Iterator[Row], int], None]] = {
    "printing": write_with_printing,
    "tablib": write_with_tablib,
    "openpyxl write-only": write_with_openpyxl,
}


def memory(field: str) -> float:
    """A field of /proc/self/status (VmRSS: held now, VmHWM: peak so far) in MiB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) / 1024


def measure(writer: str, rows: int, columns: int) -> dict[str, float]:
    """Write once in this process: seconds, MiB of memory above idle, MB of file. Imports count as idle."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "ledger.xlsx"
        WRITERS[writer](target, sample_rows(10, columns), columns)
        idle = memory("VmRSS")
        start = time.perf_counter()
        WRITERS[writer](target, sample_rows(rows, columns), columns)
        return {
            "seconds": time.perf_counter() - start,
            "memory": memory("VmHWM") - idle,
            "size": target.stat().st_size / 1e6,
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--only", choices=WRITERS, help="measure one writer and print JSON")
    options = parser.parse_args()
    if options.only:
        print(json.dumps(measure(options.only, options.rows, options.columns)))
        return
    print(f"{options.rows:,} rows x {options.columns} columns")
    print(f"{'writer':<22}{'seconds':>9}{'ratio':>8}{'memory MiB':>12}{'file MB':>9}")
    own = 0.0
    for writer in WRITERS:
        size = ["--rows", str(options.rows), "--columns", str(options.columns)]
        command = [sys.executable, __file__, "--only", writer, *size]
        result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        own = own or result["seconds"]
        ratio = result["seconds"] / own
        print(f"{writer:<22}{result['seconds']:>9.2f}{ratio:>7.1f}x{result['memory']:>12.1f}{result['size']:>9.1f}")


if __name__ == "__main__":
    main()

"""Export of 100,000 members: ours beside a stock django-import-export ModelResource, same rows, same run.

Each runs in a process of its own, so that memory above the idle process can be told. Fills the database of DATABASE_URL
first when it holds fewer members.

    python -m bench.export_members [ROWS]
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection, transaction  # noqa: E402

from accounts.acting import acting_as  # noqa: E402
from accounts.models import User  # noqa: E402
from bench.import_members import StockResource, prepare_street, write_file  # noqa: E402
from ledgers import exporting, importing, ledger  # noqa: E402
from ledgers.ledger import Query  # noqa: E402
from members.models import Member  # noqa: E402

GOAL, MOST_MEMORY = 8, 100
"""Times faster than the stock resource; MiB above the idle process."""


def memory(name: str) -> float:
    """Return a line of this process's memory in MiB: VmRSS now, VmHWM at its highest."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    raise LookupError(name)


def ours(target: Path) -> None:
    """Write the ledger in the printed form."""
    exporting.export(ledger.get("members"), Query(), User.objects.filter(is_superuser=True)[0], target)


def stock(target: Path) -> None:
    """Write the sheet that import-export makes of its resource."""
    target.write_bytes(StockResource().export(Member.objects.select_related("branch")).export("xlsx"))


WRITERS = {"ours": ours, "stock": stock}


def fill(rows: int) -> None:
    """Import invented members until there are enough."""
    if Member.objects.count() >= rows:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "members.xlsx"
        write_file(path, rows)
        with transaction.atomic():
            user = prepare_street()
        batch, _ = importing.open_batch(ledger.get("members"), path.read_bytes(), path.name, user)
        batch.save()
        with acting_as(user):
            importing.apply(batch)


def main() -> None:
    if sys.argv[1:] and sys.argv[1] in WRITERS:
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "members.xlsx"
            Member.objects.first()
            idle, start = memory("VmRSS"), time.perf_counter()
            WRITERS[sys.argv[1]](target)
            print(json.dumps({"seconds": time.perf_counter() - start, "memory": memory("VmHWM") - idle}))
        return
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    fill(rows)
    results = {}
    for name in WRITERS:
        command = [sys.executable, "-W", "ignore", "-m", "bench.export_members", name]
        results[name] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    print(f"{connection.vendor}：导出 {Member.objects.count():,} 名党员")
    for name, label in (("ours", "本系统"), ("stock", "django-import-export")):
        print(f"  {label:22}{results[name]['seconds']:8.1f} s {results[name]['memory']:8.1f} MiB")
    times = results["stock"]["seconds"] / results["ours"]["seconds"]
    print(f"  倍数{times:24.1f} ×（目标 {GOAL} ×，内存不超过 {MOST_MEMORY} MiB）", flush=True)
    sys.exit(times < GOAL or results["ours"]["memory"] > MOST_MEMORY)


if __name__ == "__main__":
    main()

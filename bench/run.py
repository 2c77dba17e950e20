"""Run the benchmarks: `make bench`, or `make bench ARGS="--streets 10 --only facts"`.

The database is a fresh SQLite file, or the empty one named by BENCH_DATABASE_URL; one that already holds data is
measured as it is, save that the comparison of exports brings the register to 100,000 members first. Exits with 1 when a
limit is broken, a comparison stays under its goal, or a benchmark fails.
"""

import argparse
import importlib
import json
import os
import pkgutil
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import bench

COMPARISONS = ("import_members", "export_members", "growth")
"""Programs of their own, in this order: two run ours beside a stock django-import-export, one lets the data grow on
PostgreSQL. Each exits with 1 where it misses its goal."""
ROOT = Path(__file__).resolve().parent.parent


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description="Measure the portal on demo data.")
    parser.add_argument("--streets", type=int, default=1)
    parser.add_argument("--members-per-street", type=int, default=3000)
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--only", default="", help="part of the names of the benchmarks to run")
    parser.add_argument("--json", type=Path, help="also write the results to this file")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    return parser.parse_args()


def _discover(name: str | None) -> None:
    """Import the modules of this package, or only the one that holds a case, so that their cases register."""
    for module in pkgutil.iter_modules(bench.__path__):
        if module.name not in ("run", *COMPARISONS) and (name is None or name.startswith(f"{module.name}.")):
            importlib.import_module(f"bench.{module.name}")


def _measure(name: str) -> dict[str, object]:
    """Run one benchmark in this process and return what it took."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    case = bench.CASES[name]
    run = case.prepare()
    with CaptureQueriesContext(connection) as first:  # also warms what a running server has warm
        run()
    queries = len(first)  # now: the first request of a later run empties the log
    seconds = []
    for _ in range(case.repeat):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return {
        "median": round(statistics.median(seconds), 4),
        "slowest": round(max(seconds), 4),
        "queries": queries,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _fill(environment: dict[str, str], options: argparse.Namespace) -> dict[str, object]:
    """Migrate the database, load demo data if it is empty, and return what loading took."""
    manage = [sys.executable, str(ROOT / "manage.py")]
    subprocess.run([*manage, "migrate", "--verbosity", "0"], env=environment, check=True)
    size = [
        f"--{name}={getattr(options, name.replace('-', '_'))}" for name in ("streets", "members-per-street", "months")
    ]
    start = time.perf_counter()
    loaded = subprocess.run(
        [*manage, "load_demo", "--if-empty", *size], env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    summary = json.loads(loaded.stdout)
    return {"seconds": round(time.perf_counter() - start, 1), **{k: v for k, v in summary.items() if type(v) is int}}


def _report(name: str, environment: dict[str, str]) -> dict[str, object]:
    """Run one benchmark in a process of its own, print its line, and return its result with its limits."""
    case = bench.CASES[name]
    ran = subprocess.run(
        [sys.executable, "-m", "bench.run", "--case", name],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    limits = {"title": case.title, "limit": case.limit, "memory_limit": case.memory}
    if ran.returncode:
        print(f"FAILED  {name}")
        return {**limits, "kept": False}
    result = json.loads(ran.stdout.splitlines()[-1])
    kept = result["slowest"] <= case.limit and (case.memory is None or result["memory"] <= case.memory)
    print(
        f"{'ok' if kept else 'OVER':6}  {name:32} median {result['median']:8.3f} s  slowest {result['slowest']:8.3f} s"
        f"  limit {case.limit:6.2f} s  {result['queries']:4} queries  {result['memory']:5} MiB  {case.title}",
        flush=True,
    )
    return {**limits, **result, "kept": kept}


def main() -> int:
    """Fill a database, run the benchmarks one by one, print a line for each."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    options = _arguments()
    if not options.case:
        os.environ["DATABASE_URL"] = os.environ.get("BENCH_DATABASE_URL", "")
    with tempfile.TemporaryDirectory() as directory:
        if not os.environ.get("DATABASE_URL"):
            os.environ["DATABASE_URL"] = f"sqlite:///{directory}/bench.sqlite3"
        import django

        django.setup()
        _discover(options.case)
        if options.case:
            print(json.dumps(_measure(options.case)))
            return 0
        environment = dict(os.environ)
        loaded = _fill(environment, options)
        print("demo data:", json.dumps(loaded), flush=True)
        results = {name: _report(name, environment) for name in sorted(bench.CASES) if options.only in name}
        kept = all(result["kept"] for result in results.values())
        for name in COMPARISONS:
            if options.only in name:
                kept &= not subprocess.run(
                    [sys.executable, "-m", f"bench.{name}"], cwd=ROOT, env=environment
                ).returncode
    if options.json:
        options.json.write_text(json.dumps({"data": loaded, "cases": results}, ensure_ascii=False, indent=1))
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())

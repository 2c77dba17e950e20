"""How well and how quickly photographs of minutes are read: the whole corpus, each sample taken in several ways.

`python -m bench.pictures` prints seconds a page, the memory of the engine, and for each way of taking one how many
of the officers, days and places that the minutes name came out right. No database: what the register adds is not seen.
"""

import logging
import sys
import time
from collections import Counter
from datetime import date

from activities.minutes import pictures, read_minutes
from tests.activities.corpus import SAMPLES
from tests.activities.photographs import SHOTS, photograph

FIELDS = ("date", "time", "place", "chair", "recorder", "topic", "expected")
BATCH = 10
KINDS = (
    *("支部党员大会", "支部委员会", "党小组会", "党课", "主题党日", "组织生活会", "民主评议"),
    *("集中学习", "党建联席会议"),
)


def main(ways: int = 2) -> None:
    """Take each sample in so many ways, read them all, and print what came out."""
    logging.basicConfig(stream=sys.stdout, format="%(message)s", level=logging.INFO)
    single = [sample for sample in SAMPLES if len(sample.truth) == 1]
    taken = [
        (sample, SHOTS[(number + way * 5) % len(SHOTS)], number)
        for way in range(ways)
        for number, sample in enumerate(single)
    ]
    files = [photograph(sample, shot, seed) for sample, shot, seed in taken]
    began = time.perf_counter()
    pages = [page for start in range(0, len(files), BATCH) for page in pictures.seen(files[start : start + BATCH])]
    seconds = (time.perf_counter() - began) / len(files)
    right: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    for (sample, shot, _), page in zip(taken, pages, strict=True):
        text = pictures.cleaned(pictures.text_of_page(page))
        found = read_minutes(text, kinds=KINDS, today=date(2026, 11, 28))
        said = vars(found) | {
            "date": found.date.isoformat() if found.date else "",
            "time": f"{found.start_time:%H:%M}" if found.start_time else "",
        }
        for name in FIELDS:
            if name in sample.truth[0]:
                asked[shot.name] += 1
                right[shot.name] += said[name] == sample.truth[0][name]
    out = sys.stdout.write
    out(f"{len(files)} pages, {seconds:.2f} s a page with loading\n")
    out(f"{sum(right.values())} of {sum(asked.values())} fields right\n")
    for name in asked:
        out(f"  {name}: {right[name]} of {asked[name]}\n")


if __name__ == "__main__":
    main()

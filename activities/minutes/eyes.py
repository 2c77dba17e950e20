"""The engine that reads pictures, as a program of its own: pictures on standard input, what it saw as JSON on output.

The first line of the input holds the sizes of the pictures that follow. Nothing of the portal is imported, so that it
starts with `python -I`, limits its own memory, and takes nothing along when it dies of a hostile file.
"""

import io
import json
import logging
import math
import os
import resource
import sys
import warnings
from statistics import median
from typing import Any

MEMORY = 4 * 1024**3
"""Bytes of address space; what is really used stays far below."""
MAX_PIXELS = 60_000_000
LONGEST, SHORTEST = 2200, 1100
"""Pixels of the longer side that a page is brought to: more makes it slower, not better."""
THREADS = 2
DETECTED = 1440
"""Pixels of the longer side on which lines are looked for; they are read from the whole."""
SURE = 0.5
LEVEL, SLIGHT = 0.2, 5.0
"""Degrees up to which a page lies straight, and up to which it need not be read anew once it is turned."""


def main() -> None:
    """Read the pictures and print what was seen."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.simplefilter("ignore")
    told = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is not the answer
    stream = sys.stdin.buffer
    sizes = json.loads(stream.readline())
    pictures = [stream.read(size) for size in sizes]
    try:
        engine = Eyes()
    except ImportError:
        answer: dict[str, Any] = {"missing": True}
    else:
        try:
            answer = {"pages": [engine.page(picture) for picture in pictures], "mebibytes": _most_memory()}
        except (OSError, ValueError, SyntaxError, engine.Bomb) as error:
            answer = {"wrong": type(error).__name__}
    json.dump(answer, told)
    told.close()


def _most_memory() -> int:
    """Return the most memory that this program has held, in MiB; 0 where the system does not tell."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            return next((int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM")), 0)
    except OSError:
        return 0


class Eyes:
    """The engine with its models loaded once."""

    def __init__(self) -> None:
        import cv2
        import numpy
        from PIL import Image, ImageOps
        from rapidocr import RapidOCR

        logging.disable(logging.CRITICAL)
        self.cv, self.np, self.Image, self.ImageOps = cv2, numpy, Image, ImageOps
        self.Bomb = Image.DecompressionBombError
        Image.MAX_IMAGE_PIXELS = MAX_PIXELS
        cv2.setNumThreads(THREADS)
        try:
            from pillow_heif import register_heif_opener

            register_heif_opener()
        except ImportError:
            pass
        self.engine = RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.max_side_len": LONGEST,
                "Global.text_score": SURE,
                "EngineConfig.onnxruntime.intra_op_num_threads": THREADS,
                "Det.limit_side_len": DETECTED,
                "Det.limit_type": "max",
                "Rec.rec_batch_num": 4,
            }
        )

    def page(self, data: bytes) -> dict[str, Any]:
        """Return the words and the ruled tables of one picture, in pixels of the upright page."""
        picture = self._evened(self._opened(data))
        words = self._words(picture)
        if len(words) >= 3 and sum(h > 1.5 * w for _, _, w, h, _ in map(_box, words)) > len(words) / 2:
            picture = max((self.np.rot90(picture, turns).copy() for turns in (1, 3)), key=self._score)
            words = self._words(picture)
        if self._is_upside_down(picture, words):
            picture = self.np.rot90(picture, 2).copy()
            words = self._words(picture)
        if abs(angle := _tilt(words)) > LEVEL:
            picture, matrix = self._turned(picture, angle)
            if abs(angle) > SLIGHT:
                words = self._words(picture)
            else:  # what was read is right, only where it stands moves
                words = [(self._moved(box, matrix), text, score) for box, text, score in words]
        words = self._with_lost_lines(picture, words)
        tables = self._tables(picture)
        return {
            "words": [[text, x, y, x + w, y + h, score] for (text, score), (x, y, w, h, _) in _told(words)],
            "tables": tables,
        }

    def _opened(self, data: bytes) -> Any:
        with self.Image.open(io.BytesIO(data)) as image:
            image.draft("RGB", (LONGEST * 2, LONGEST * 2))
            turned = self.ImageOps.exif_transpose(image).convert("RGB")
        scale = min(1.0, LONGEST / max(turned.size))
        if max(turned.size) < SHORTEST:
            scale = SHORTEST / max(turned.size)
        if scale != 1.0:
            size = (max(1, round(turned.width * scale)), max(1, round(turned.height * scale)))
            turned = turned.resize(size, self.Image.Resampling.LANCZOS)
        return self.np.asarray(turned)[:, :, ::-1].copy()

    def _evened(self, picture: Any) -> Any:
        """Even out the light: a shadow over half of a page hides what is written there."""
        grey = self.cv.cvtColor(picture, self.cv.COLOR_BGR2GRAY)
        kernel = max(31, (min(grey.shape) // 20) | 1)
        light = self.cv.medianBlur(self.cv.dilate(grey, self.np.ones((9, 9), self.np.uint8)), min(kernel, 101))
        even = self.cv.divide(grey, self.np.maximum(light, 1), scale=245)
        return self.cv.cvtColor(even, self.cv.COLOR_GRAY2BGR)

    def _words(self, picture: Any) -> list[tuple[Any, str, float]]:
        found: Any = self.engine(picture, use_det=True, use_cls=True, use_rec=True)
        if found.boxes is None:
            return []
        return list(zip(found.boxes, found.txts, map(float, found.scores), strict=True))

    def _score(self, picture: Any) -> float:
        return sum(score * len(text) for _, text, score in self._words(picture))

    def _read(self, picture: Any) -> float:
        """Return how sure the engine is of a strip as it stands."""
        found: Any = self.engine(picture, use_det=False, use_cls=False, use_rec=True)
        return float(found.scores[0]) if found.scores else 0.0

    def _is_upside_down(self, picture: Any, words: list[tuple[Any, str, float]]) -> bool:
        """Say whether a page stands on its head: the engine turns each line, but not their order."""
        wide = sorted(words, key=lambda word: -_box(word)[2])[:3]
        turned = 0
        for word in wide:
            x, y, w, h, _ = _box(word)
            strip = picture[max(0, int(y) - 2) : int(y + h) + 3, max(0, int(x) - 2) : int(x + w) + 3]
            if strip.size and self._read(self.np.rot90(strip, 2).copy()) > self._read(strip) + 0.1:
                turned += 1
        return len(wide) == 3 and turned >= 2

    def _turned(self, picture: Any, degrees: float) -> tuple[Any, Any]:
        """Return a page turned against the clock, and the matrix that turns its points."""
        height, width = picture.shape[:2]
        matrix = self.cv.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
        even = (245, 245, 245)
        return self.cv.warpAffine(picture, matrix, (width, height), borderValue=even), matrix

    def _moved(self, box: Any, matrix: Any) -> Any:
        """Return the corners of a box after a turn."""
        points = self.np.asarray(box, dtype=float)
        return points @ matrix[:, :2].T + matrix[:, 2]

    # a line that the detector lost

    def _with_lost_lines(self, picture: Any, words: list[tuple[Any, str, float]]) -> list[tuple[Any, str, float]]:
        """Look again where there is ink between two lines that stand too far apart, larger and by itself."""
        if len(words) < 3:
            return words
        boxes = [_box(word) for word in words]
        size = median(h for *_, h, _ in boxes)
        rows = sorted((y, y + h) for _, y, _, h, _ in boxes)
        left, right = min(x for x, *_ in boxes), max(x + w for x, _, w, _, _ in boxes)
        ink = picture[:, :, 0] < 140
        found = list(words)
        end = rows[0][0]
        for top, bottom in [*rows, (min(picture.shape[0], rows[-1][1] + 3 * size), 0)]:
            if top - end > 0.9 * size:
                band = ink[int(end) : int(top), int(left) : int(right)]
                if band.size and (band.sum(axis=1) > 0.004 * band.shape[1]).sum() > 0.4 * size:
                    found += self._looked_again(picture, int(end), int(top), int(left), int(right))
            end = max(end, bottom)
        return found

    def _looked_again(self, picture: Any, top: int, bottom: int, left: int, right: int) -> list[tuple[Any, str, float]]:
        edge = 24
        y, x = max(0, top - 2), max(0, left - edge)
        strip = picture[y : bottom + 2, x : right + edge]
        framed = self.cv.copyMakeBorder(strip, edge, edge, edge, edge, self.cv.BORDER_CONSTANT, value=(245, 245, 245))
        larger = self.cv.resize(framed, None, fx=1.6, fy=1.6, interpolation=self.cv.INTER_CUBIC)
        moved = []
        for box, text, score in self._words(larger):
            moved.append((self.np.asarray(box) / 1.6 - edge + [x, y], text, score))
        return moved

    # ruled tables

    def _tables(self, picture: Any) -> list[list[list[list[float]]]]:
        """Return each ruled table as rows of cells (left, top, right, bottom, whether there is ink)."""
        grey = picture[:, :, 0]
        dark = self.cv.adaptiveThreshold(grey, 255, self.cv.ADAPTIVE_THRESH_MEAN_C, self.cv.THRESH_BINARY_INV, 25, 12)
        height, width = dark.shape
        across = self._strokes(dark, (max(40, width // 22), 1))
        down = self._strokes(dark, (1, max(30, height // 60)))
        grid = self.cv.dilate(across | down, self.np.ones((5, 5), self.np.uint8))
        tables: list[list[list[float]]] = []
        for cell in sorted(self._cells(grid, dark), key=lambda one: (one[1], one[0])):
            near = [table for table in tables if any(_touch(cell, other) for other in table)]
            for table in near:
                tables.remove(table)
            tables.append([cell, *(other for table in near for other in table)])
        ruled = [_rows(table) for table in tables]
        return [rows for rows in ruled if len(rows) > 1 and max(map(len, rows)) > 1]

    def _strokes(self, dark: Any, size: tuple[int, int]) -> Any:
        """Return the straight strokes of at least a length, small gaps in them closed."""
        kernel = self.cv.getStructuringElement(self.cv.MORPH_RECT, size)
        near = self.cv.getStructuringElement(self.cv.MORPH_RECT, (3, 3))
        return self.cv.morphologyEx(self.cv.dilate(dark, near), self.cv.MORPH_OPEN, kernel)

    def _cells(self, grid: Any, dark: Any) -> list[list[float]]:
        """Return the cells that a grid encloses; the sheet of paper around them, and what holds others, are none."""
        parts, _, stats, _ = self.cv.connectedComponentsWithStats(self.cv.bitwise_not(grid), connectivity=4)
        cells: list[list[float]] = []
        for part in range(1, parts):
            x, y, w, h, area = (int(value) for value in stats[part])
            at_edge = x == 0 or y == 0 or x + w == grid.shape[1] or y + h == grid.shape[0]
            if at_edge or w < 18 or h < 18 or area < 0.6 * w * h:
                continue
            inner = dark[y + 4 : y + h - 4, x + 4 : x + w - 4]
            inked = bool(inner.size) and float((inner > 0).mean()) > 0.012
            cells.append([x, y, x + w, y + h, inked])
        return [cell for cell in cells if not any(cell is not other and _inside(other, cell) for other in cells)]


def _inside(one: list[float], other: list[float]) -> bool:
    """Say whether a cell lies within another one."""
    return other[0] <= one[0] and other[1] <= one[1] and one[2] <= other[2] and one[3] <= other[3]


def _touch(one: list[float], other: list[float], gap: float = 24) -> bool:
    """Say whether two cells are parted by no more than a line."""
    across = one[0] - gap < other[2] and other[0] - gap < one[2]
    return across and one[1] - gap < other[3] and other[1] - gap < one[3]


def _rows(cells: list[list[float]]) -> list[list[list[float]]]:
    """Put the cells of a table into rows, from top to bottom, each from left to right."""
    rows: list[list[list[float]]] = []
    for cell in sorted(cells, key=lambda one: (one[1] + min(one[3] - one[1], 40) / 2, one[0])):
        if rows and abs(rows[-1][0][1] - cell[1]) < 0.5 * min(rows[-1][0][3] - rows[-1][0][1], cell[3] - cell[1]):
            rows[-1].append(cell)
        else:
            rows.append([cell])
    return [sorted(row, key=lambda one: one[0]) for row in rows]


def _box(word: tuple[Any, str, float]) -> tuple[float, float, float, float, float]:
    """Return left, top, width, height and angle in degrees of where a word stands."""
    (x1, y1), (x2, y2), (x3, y3), (x4, y4) = (tuple(map(float, point)) for point in word[0])
    xs, ys = (x1, x2, x3, x4), (y1, y2, y3, y4)
    angle = math.degrees(math.atan2(y2 - y1, x2 - x1))
    return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys), angle


def _tilt(words: list[tuple[Any, str, float]]) -> float:
    """Return by how many degrees the lines slope, those of many characters counting."""
    long = [_box(word)[4] for word in words if len(word[1]) >= 5]
    return median(long) if long else 0.0


def _told(words: list[tuple[Any, str, float]]) -> list[tuple[tuple[str, float], tuple[float, ...]]]:
    return [
        ((text, round(score, 3)), tuple(round(v, 1) for v in _box((box, text, score)))) for box, text, score in words
    ]


if __name__ == "__main__":
    main()

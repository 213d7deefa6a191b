"""The points of a chart's line: cut to a span of time, thinned, packed for the page's script.

A point is `(epoch seconds, value)`; the value holds to the next point, and None is a gap. What
`spanned` and `thinned` do, chart.js does again in a span that was zoomed into.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

Point = tuple[float, float | None]


def spanned(points: Iterable[Point], start: float, end: float) -> list[Point]:
    """The points from `start` to before `end`; what held at the start comes first."""
    before: Point | None = None
    within: list[Point] = []
    for point in points:
        if point[0] <= start:
            before = point
        elif point[0] < end:
            within.append(point)
    return within if before is None else [(start, before[1]), *within]


def thinned(
    points: Sequence[Point], start: float, step_s: float, tolerance: float
) -> Iterator[Point]:
    """Leaves out what the eye cannot see.

    That are changes below `tolerance`, and of many points in one step of time (counted from
    `start`) all but the first, the lowest, the highest and the last, and the first gap.
    """
    changes = _changes(points, tolerance)
    for _, column in groupby(changes, lambda point: (point[0] - start) // step_s):
        inside = list(column)
        if len(inside) <= 4:
            yield from inside
            continue
        known = [n for n, (_, level) in enumerate(inside) if level is not None]
        gaps = [n for n, (_, level) in enumerate(inside) if level is None]
        lowest = min(known, key=lambda n: inside[n][1] or 0.0, default=0)
        highest = max(known, key=lambda n: inside[n][1] or 0.0, default=0)
        for n in sorted({0, lowest, highest, len(inside) - 1, *gaps[:1]}):
            yield inside[n]


def _changes(points: Iterable[Point], tolerance: float) -> Iterator[Point]:
    last: float | None = None
    first = True
    for when, level in points:
        unseen = (
            last is not None and level is not None and abs(level - last) < tolerance
        )
        if first or not unseen:
            yield when, level
            first, last = False, level


def rounded(points: Iterable[Point], decimals: int) -> list[Point]:
    """Whole seconds, values with so many decimals; points that repeat a value are left out."""
    found: list[Point] = []
    for when, level in points:
        value = None if level is None else round(level, decimals)
        if not found or value != found[-1][1]:
            found.append((float(round(when)), value))
    return found


def packed(
    points: Iterable[Point], origin: float, decimals: int
) -> dict[str, list[int | None]]:
    """Rounded points as whole numbers, few characters each.

    `at` are the seconds from `origin` to the first point and from each to the next, `level`
    the values times ten to the power of `decimals`.
    """
    at: list[int | None] = []
    level: list[int | None] = []
    last = origin
    for when, value in points:
        at.append(round(when - last))
        level.append(None if value is None else round(value * 10**decimals))
        last = when
    return {"at": at, "level": level}


def values_at(points: Sequence[Point], instants: Iterable[float]) -> list[float | None]:
    """What holds at each of some ascending instants."""
    values: list[float | None] = []
    index, level = 0, None
    for instant in instants:
        while index < len(points) and points[index][0] <= instant:
            level = points[index][1]
            index += 1
        values.append(level)
    return values

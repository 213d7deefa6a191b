"""The report's charts as inline SVG: values that hold from one instant to the next.

Colours are classes, so that the page's style sheet decides them for screen, dark and print.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup, escape

from scenarios.report.axes import Scale, time_ticks, value_ticks
from scenarios.results import Series, Trace
from wire.instants import from_epoch, local

WIDTH = 1000
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 12, 10, 24
_HOVER_STEPS = 288
_TICK_APART = 85


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `(epoch seconds, value)`, each holding to the next; None is a gap."""

    label: str
    style: str
    points: tuple[tuple[float, float | None], ...]
    filled: bool = False


def of_series(label: str, style: str, series: Series, scale: float) -> Line:
    """A line from evenly spaced means, times `scale`."""
    first = series.start.timestamp()
    points = [
        (first + n * series.step_s, None if value is None else value * scale)
        for n, value in enumerate(series.values)
    ]
    points.append((series.end.timestamp(), None))
    return Line(label, style, tuple(points))


def of_trace(
    label: str, style: str, trace: Trace, scale: float, filled: bool = False
) -> Line:
    """A line from a trace, times `scale`; repeated values are left out."""
    points: list[tuple[float, float | None]] = []
    for instant, value in trace.points:
        level = None if value is None else value * scale
        if not points or points[-1][1] != level:
            points.append((instant.timestamp(), level))
    return Line(label, style, tuple(points), filled)


def chart(
    lines: Sequence[Line],
    *,
    start: datetime,
    end: datetime,
    name: str,
    unit: str,
    highest: float,
    rating: float | None = None,
    width: int = WIDTH,
    height: int = 250,
) -> Markup:
    """A chart over time.

    `highest` is the value that must fit; with a `rating`, its line is drawn and what the
    highest of all lines has above it is tinted.
    """
    ticks = value_ticks(highest)
    x = Scale(start.timestamp(), end.timestamp(), _LEFT, width - _RIGHT)
    y = Scale(0, ticks[-1], height - _BOTTOM, _TOP)
    body = [*_frame(ticks, x, y, start, end, unit)]
    if rating is not None:
        body += _overload(lines, rating, x, y, name)
    for line in lines:
        stroke = _path(line.points, x, y)
        if line.filled:
            area = _area(line.points, x, y)
            body.append(f'<path class="area {line.style}" d="{area}"/>')
        body.append(f'<path class="line {line.style}" d="{stroke}"/>')
    if rating is not None:
        level = y(rating)
        body.append(
            f'<line class="rating" x1="{_LEFT}" x2="{x.last}" '
            f'y1="{level:.1f}" y2="{level:.1f}"/>'
            f'<text class="rating-label" x="{x.last - 4}" y="{level - 5:.1f}" '
            f'text-anchor="end">rating {rating:.1f} {unit}</text>'
        )
    body.append(
        f'<line class="cursor" y1="{_TOP}" y2="{height - _BOTTOM}" x1="0" x2="0"/>'
    )
    data = escape(json.dumps(_hover(lines, start, end, unit), separators=(",", ":")))
    return Markup(
        f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(name)}" data-left="{_LEFT}" data-right="{x.last}" '
        f'data-hover="{data}">{"".join(body)}</svg>'
    )


def _frame(
    ticks: Sequence[float],
    x: Scale,
    y: Scale,
    start: datetime,
    end: datetime,
    unit: str,
) -> Iterable[str]:
    for tick in ticks:
        level = y(tick)
        yield (
            f'<line class="grid" x1="{x.first}" x2="{x.last}" '
            f'y1="{level:.1f}" y2="{level:.1f}"/>'
        )
        label = f"{tick:g}" + (f" {unit}" if tick == ticks[-1] else "")
        yield (
            f'<text class="tick" x="{_LEFT - 6}" y="{level + 4:.1f}" '
            f'text-anchor="end">{label}</text>'
        )
    most = int((x.last - x.first) / _TICK_APART)
    for instant, text, midnight in time_ticks(start, end, most):
        place = x(instant.timestamp())
        half = len(text) * 3.5
        anchor = "middle"
        if place + half > x.last + _RIGHT:
            anchor = "end"
        elif place - half < _LEFT - 20:
            anchor = "start"
        style = "midnight" if midnight else "grid"
        yield (
            f'<line class="{style}" x1="{place:.1f}" x2="{place:.1f}" '
            f'y1="{y.last}" y2="{y.first}"/>'
            f'<text class="tick" x="{place:.1f}" y="{y.first + 16:.0f}" '
            f'text-anchor="{anchor}">{text}</text>'
        )


def _path(points: Sequence[tuple[float, float | None]], x: Scale, y: Scale) -> str:
    """Steps: each value from its instant to the next; a gap lifts the pen."""
    parts: list[str] = []
    drawing = False
    for when, level in _thinned(points, x, y):
        across = min(max(x(when), x.first), x.last)
        if drawing:
            parts.append(f"H{across:.1f}")
        if level is None:
            drawing = False
        elif drawing:
            parts.append(f"V{y(level):.1f}")
        else:
            parts.append(f"M{across:.1f} {y(level):.1f}")
            drawing = True
    if drawing:
        parts.append(f"H{x.last:.1f}")
    return "".join(parts)


def _area(points: Sequence[tuple[float, float | None]], x: Scale, y: Scale) -> str:
    """The surface below the steps, down to zero, which a gap is, too."""
    level = y(0)
    parts = [f"M{x.first:.1f} {level:.1f}"]
    for when, value in _thinned(points, x, y):
        across = min(max(x(when), x.first), x.last)
        parts.append(f"H{across:.1f}V{y(value or 0):.1f}")
    parts.append(f"H{x.last:.1f}V{level:.1f}Z")
    return "".join(parts)


def _thinned(
    points: Sequence[tuple[float, float | None]], x: Scale, y: Scale
) -> Iterable[tuple[float, float | None]]:
    """Leaves out what the eye cannot see: changes below half a pixel."""
    last: float | None = None
    first = True
    for when, level in points:
        unseen = (
            last is not None and level is not None and abs(y(level) - y(last)) < 0.5
        )
        if first or not unseen:
            yield when, level
            first, last = False, level


def _overload(
    lines: Sequence[Line], rating: float, x: Scale, y: Scale, name: str
) -> list[str]:
    instants = sorted({when for line in lines for when, _ in line.points})
    levels = zip(*(_sampled(line, instants) for line in lines), strict=True)
    highest = [
        (when, max(value or 0.0 for value in values))
        for when, values in zip(instants, levels, strict=True)
    ]
    clip = "above-" + "".join(c if c.isalnum() else "-" for c in name)
    level = y(rating)
    return [
        f'<clipPath id="{clip}"><rect x="{_LEFT}" y="0" '
        f'width="{x.last - x.first}" height="{level:.1f}"/></clipPath>'
        f'<path class="overload" clip-path="url(#{clip})" d="{_area(highest, x, y)}"/>'
    ]


def _hover(
    lines: Sequence[Line], start: datetime, end: datetime, unit: str
) -> dict[str, object]:
    """What the page shows under the pointer: the values at evenly spaced instants."""
    first, last = start.timestamp(), end.timestamp()
    step = (last - first) / _HOVER_STEPS
    instants = [first + (n + 0.5) * step for n in range(_HOVER_STEPS)]
    return {
        "unit": unit,
        "times": [f"{local(from_epoch(when)):%a %H:%M}" for when in instants],
        "lines": [
            {"label": line.label, "values": _sampled(line, instants)} for line in lines
        ],
    }


def _sampled(line: Line, instants: Sequence[float]) -> list[float | None]:
    values: list[float | None] = []
    index, level = 0, None
    for instant in instants:
        while index < len(line.points) and line.points[index][0] <= instant:
            level = line.points[index][1]
            index += 1
        values.append(None if level is None else round(level, 2))
    return values

"""The report's charts as inline SVG: values that hold from one instant to the next.

Colours and dashes are classes, so that the page's style sheet decides them for screen, dark and
print. With the picture goes what chart.js needs to draw any span of it anew, in `data-chart`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil, log10

from markupsafe import Markup, escape

from scenarios.playing.results import Series, Trace
from scenarios.report.axes import Scale, civil_shifts, time_ticks, value_ticks
from scenarios.report.plain import escaped
from scenarios.report.points import (
    Point,
    packed,
    rounded,
    spanned,
    thinned,
    values_at,
)

WIDTH = 1000
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 12, 10, 24
_TICK_APART = 85
_UNSEEN_PX = 0.5
# Longer than this, days lie so close that lines are drawn thin.
_DENSE = timedelta(days=10)
# What a page carries of a line for zooming: at most four points in each such part of the time.
_PARTS = 4000
# A value is carried to this part of the axis, at least.
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `(epoch seconds, value)`, each holding to the next; None is a gap.

    `style` is its class in the style sheet. `fine` is the same line in means of `fine_step_s`,
    which is drawn once such a step is a pixel wide.
    """

    label: str
    style: str
    points: tuple[Point, ...]
    filled: bool = False
    fine: tuple[Point, ...] = ()
    fine_step_s: int = 0


def of_series(
    label: str, style: str, series: Series, scale: float, fine: Series | None = None
) -> Line:
    """A line from evenly spaced means, times `scale`, and from finer ones if there are."""
    points = _series_points(series, scale)
    if fine is None:
        return Line(label, style, points)
    finer = _series_points(fine, scale)
    return Line(label, style, points, fine=finer, fine_step_s=fine.step_s)


def _series_points(series: Series, scale: float) -> tuple[Point, ...]:
    first = series.start.timestamp()
    return (
        *(
            (first + n * series.step_s, None if value is None else value * scale)
            for n, value in enumerate(series.values)
        ),
        (series.end.timestamp(), None),
    )


def of_trace(
    label: str, style: str, trace: Trace, scale: float, filled: bool = False
) -> Line:
    """A line from a trace, times `scale`; repeated values are left out."""
    points: list[Point] = []
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
    lowest: float = 0,
    rating: float | None = None,
    width: int = WIDTH,
    height: int = 250,
) -> Markup:
    """A chart over time.

    `highest` and `lowest` are the values that must fit; with a `rating`, its line is drawn and
    what the highest of all lines has above it is tinted. Charts of one page with the same start
    and end zoom together.
    """
    ticks = value_ticks(highest, lowest)
    x = Scale(start.timestamp(), end.timestamp(), _LEFT, width - _RIGHT)
    y = Scale(ticks[0], ticks[-1], height - _BOTTOM, _TOP)
    decimals = max(0, _DIGITS - ceil(log10(y.high - y.low)))
    lines = [_carried(line, x, decimals) for line in lines]
    pen = _Pen(x, y)
    body = [*_levels(ticks, x, y, unit), *_times(x, y, start, end)]
    if rating is not None:
        clip = "above-" + "".join(c if c.isalnum() else "-" for c in name)
        body.append(
            f'<clipPath id="{clip}"><rect class="plot" x="{_LEFT}" y="0" '
            f'width="{x.last - x.first}" height="{y(rating):.1f}"/></clipPath>'
            f'<path class="overload" clip-path="url(#{clip})" '
            f'd="{pen.area(_highest(lines))}"/>'
        )
    for line in lines:
        if line.filled:
            body.append(
                f'<path class="area {line.style}" d="{pen.area(line.points)}"/>'
            )
        body.append(f'<path class="line {line.style}" d="{pen.stroke(line.points)}"/>')
    if rating is not None:
        level = y(rating)
        body.append(
            f'<line class="rating" x1="{_LEFT}" x2="{x.last}" '
            f'y1="{level:.1f}" y2="{level:.1f}"/>'
            f'<text class="rating-label" x="{x.last - 4}" y="{level - 5:.1f}" '
            f'text-anchor="end">rating {rating:.1f} {escape(unit)}</text>'
        )
    data = {
        "start": x.low,
        "end": x.high,
        "shifts": civil_shifts(start, end),
        "unit": unit,
        "values": [y.low, y.high],
        "plot": [x.first, x.last, y.last, y.first],
        "decimals": decimals,
        "lines": [_packed(line, x.low, decimals) for line in lines],
    }
    dense = " dense" if end - start > _DENSE else ""
    return Markup(
        f'<svg class="chart{dense}" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escaped(name)}" '
        f'data-chart="{escape(json.dumps(data, separators=(",", ":")))}">'
        f'{"".join(body)}</svg>'
    )


def _levels(ticks: Sequence[float], x: Scale, y: Scale, unit: str) -> Iterator[str]:
    for tick in ticks:
        level = y(tick)
        yield (
            f'<line class="grid level" x1="{x.first}" x2="{x.last}" '
            f'y1="{level:.1f}" y2="{level:.1f}"/>'
        )
        label = f"{tick:g}" + (f" {escape(unit)}" if tick == ticks[-1] else "")
        yield (
            f'<text class="tick" x="{_LEFT - 6}" y="{level + 4:.1f}" '
            f'text-anchor="end">{label}</text>'
        )


def _times(x: Scale, y: Scale, start: datetime, end: datetime) -> Iterator[str]:
    yield '<g class="times">'
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
    yield "</g>"


@dataclass(frozen=True, slots=True)
class _Pen:
    """Writes the paths of points on two scales."""

    x: Scale
    y: Scale

    def stroke(self, points: Sequence[Point]) -> str:
        """Steps: each value from its instant to the next; a gap lifts the pen."""
        parts: list[str] = []
        drawing = False
        for when, level in self._seen(points):
            across = self.x(when)
            if drawing:
                parts.append(f"H{across:.1f}")
            if level is None:
                drawing = False
            elif drawing:
                parts.append(f"V{self.y(level):.1f}")
            else:
                parts.append(f"M{across:.1f} {self.y(level):.1f}")
                drawing = True
        if drawing:
            parts.append(f"H{self.x.last:.1f}")
        return "".join(parts)

    def area(self, points: Sequence[Point]) -> str:
        """The surface below the steps, down to zero, which a gap is, too."""
        level = self.y(0)
        parts = [f"M{self.x.first:.1f} {level:.1f}"]
        for when, value in self._seen(points):
            parts.append(f"H{self.x(when):.1f}V{self.y(value or 0):.1f}")
        parts.append(f"H{self.x.last:.1f}V{level:.1f}Z")
        return "".join(parts)

    def _seen(self, points: Sequence[Point]) -> Iterable[Point]:
        start, end = self.x.low, self.x.high
        pixel_s = (end - start) / (self.x.last - self.x.first) or 1.0
        tall = self.y.high - self.y.low
        unseen = _UNSEEN_PX * tall / (self.y.first - self.y.last)
        return thinned(spanned(points, start, end), start, pixel_s, unseen)


def _highest(lines: Sequence[Line]) -> list[Point]:
    """The highest of all lines at each instant."""
    instants = sorted({when for line in lines for when, _ in line.points})
    levels = zip(*(values_at(line.points, instants) for line in lines), strict=True)
    return [
        (when, max(value or 0.0 for value in values))
        for when, values in zip(instants, levels, strict=True)
    ]


def _carried(line: Line, x: Scale, decimals: int) -> Line:
    """The line with what a page carries of it: bounded, and no more digits than show."""
    part_s = max(1.0, (x.high - x.low) / _PARTS)

    def carried(points: Sequence[Point]) -> tuple[Point, ...]:
        within = spanned(points, x.low, x.high)
        return tuple(rounded(thinned(within, x.low, part_s, 0.0), decimals))

    return replace(line, points=carried(line.points), fine=carried(line.fine))


def _packed(line: Line, origin: float, decimals: int) -> dict[str, object]:
    """The line for chart.js to draw from."""
    row: dict[str, object] = {
        "label": line.label,
        **packed(line.points, origin, decimals),
    }
    if not line.fine:
        return row
    fine = {"step": line.fine_step_s, **packed(line.fine, origin, decimals)}
    return {**row, "fine": fine}

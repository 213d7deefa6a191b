"""Figures of a matrix as inline SVG: a key figure over one axis, a line or dots for each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor

from markupsafe import Markup

from scenarios.language.matrix import Axis, shown
from scenarios.playing.kpis import Better, Kpi
from scenarios.report.axes import Scale, nice_step
from scenarios.report.plain import escaped
from scenarios.report.spread import Curve, Layout, Spot

WIDTH, HEIGHT = 500, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 16, 12, 40
_RADIUS = 4.5
_LABELS_APART = 40
# Of a square, a triangle and a diamond, in parts of their size.
_CORNERS = (
    ((-1, -1), (1, -1), (1, 1), (-1, 1)),
    ((0, -1.2), (1.2, 1), (-1.2, 1)),
    ((0, -1.35), (1.35, 0), (0, 1.35), (-1.35, 0)),
)
# A figure that comes near to zero has zero in it.
_NEAR_ZERO = 0.4


def picture(
    kpi: Kpi, layout: Layout, curves: Sequence[Curve], span: Sequence[float], name: str
) -> Markup:
    """One key figure of one panel; `span` are the values that all its panels have."""
    factor = 100 if kpi.unit == "%" else 1
    ticks = _ticks(min(span) * factor, max(span) * factor)
    y = Scale(ticks[0], ticks[-1], HEIGHT - _BOTTOM, _TOP)
    x = _across(layout.x)
    body = [*_frame(ticks, y), *_labels(layout.x, x)]
    for curve in curves:
        body += _drawn(curve, layout.x, x, y, kpi, factor, len(curves))
    return Markup(
        f'<svg class="figure" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escaped(name)}">{"".join(body)}</svg>'
    )


def sample(style: int) -> Markup:
    """A piece of a curve, for the legend."""
    return Markup(
        '<svg class="sample" viewBox="0 0 30 12" aria-hidden="true">'
        f'<path class="curve c{style}" d="M1 6H29"/>{_mark(style, 15, 6, _RADIUS)}</svg>'
    )


def direction(kpi: Kpi) -> str:
    """Which way is good, in words."""
    if kpi.better is Better.NEITHER:
        return ""
    return f"{kpi.better.value} is better"


def _ticks(low: float, high: float) -> list[float]:
    """Ticks around these values, from zero on when they come near to it."""
    if 0 <= low <= high * _NEAR_ZERO or low == high >= 0:
        low = 0.0
    step = nice_step(high - low, 4)
    first = floor(low / step + 1e-9)
    last = max(ceil(high / step - 1e-9), first + 1)
    return [n * step for n in range(first, last + 1)]


@dataclass(frozen=True, slots=True)
class _Across:
    """Where the values of the axis below lie: on a scale, or one beside the other."""

    axis: Axis
    scale: Scale

    def __call__(self, value: object, shift: float = 0.0) -> float:
        if self.axis.numeric:
            return self.scale(float(str(value)))
        return self.scale(self.axis.values.index(value) + shift)


def _across(axis: Axis) -> _Across:
    if axis.numeric:
        numbers = [float(value) for value in axis.values]
        low, high = min(numbers), max(numbers)
    else:
        low, high = -0.5, len(axis.values) - 0.5
    return _Across(axis, Scale(low, high, _LEFT + 10, WIDTH - _RIGHT - 10))


def _frame(ticks: Sequence[float], y: Scale) -> Iterator[str]:
    for tick in ticks:
        level = y(tick)
        yield (
            f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" '
            f'y1="{level:.1f}" y2="{level:.1f}"/>'
            f'<text class="tick" x="{_LEFT - 7}" y="{level + 4:.1f}" '
            f'text-anchor="end">{round(tick, 9):g}</text>'
        )


def _labels(axis: Axis, x: _Across) -> Iterator[str]:
    """The values below, those left out that would stand in another."""
    last = 0.0
    for value in axis.values:
        if x(value) - last < _LABELS_APART:
            continue
        last = x(value)
        text = shown(value).rsplit("/", 1)[-1]
        text = text if len(text) <= 14 else f"{text[:13]}…"
        yield (
            f'<text class="tick" x="{last:.1f}" y="{HEIGHT - _BOTTOM + 17}" '
            f'text-anchor="middle">{escaped(text)}</text>'
        )
    yield (
        f'<text class="axis" x="{(_LEFT + WIDTH - _RIGHT) / 2:.0f}" y="{HEIGHT - 5}" '
        f'text-anchor="middle">{escaped(axis.name)}</text>'
    )


def _drawn(
    curve: Curve,
    axis: Axis,
    x: _Across,
    y: Scale,
    kpi: Kpi,
    factor: float,
    curves: int,
) -> Iterator[str]:
    """The line through the means where there is a scale, a mark at each, and small dots."""
    shift = (curve.style - (curves - 1) / 2) * min(0.16, 0.7 / curves)
    places = [(x(spot.at, shift), spot) for spot in curve]
    if axis.numeric and len(places) > 1:
        steps = [f"{across:.1f} {y(spot.mean * factor):.1f}" for across, spot in places]
        yield f'<path class="curve c{curve.style}" d="M{"L".join(steps)}"/>'
    for across, spot in places:
        if len(spot.values) > 1:
            for value in spot.values:
                yield (
                    f'<circle class="seed c{curve.style}" cx="{across:.1f}" '
                    f'cy="{y(value * factor):.1f}" r="2"/>'
                )
        mark = _mark(curve.style, across, y(spot.mean * factor), _RADIUS)
        title = escaped(_said(curve, axis, spot, kpi))
        yield f'<g class="spot"><title>{title}</title>{mark}</g>'


def _said(curve: Curve, axis: Axis, spot: Spot, kpi: Kpi) -> str:
    where = f"{axis.name} {shown(spot.at)}"
    whose = f"{curve.label}, {where}" if curve.label else where
    if len(spot.values) == 1:
        return f"{whose}: {kpi.print(spot.mean)}"
    low, high = kpi.number(min(spot.values)), kpi.print(max(spot.values))
    return f"{whose}: {kpi.print(spot.mean)}, the mean of {low} to {high}"


def _mark(style: int, x: float, y: float, r: float) -> str:
    """A circle, square, triangle or diamond: told apart without their colours."""
    css = f'class="mark c{style}"'
    if style % 4 == 0:
        return f'<circle {css} cx="{x:.1f}" cy="{y:.1f}" r="{r}"/>'
    corners = " ".join(
        f"{x + dx * r:.1f},{y + dy * r:.1f}" for dx, dy in _CORNERS[style % 4 - 1]
    )
    return f'<polygon {css} points="{corners}"/>'

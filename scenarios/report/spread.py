"""How the variants of a matrix are spread over figures: which axis lies below, which are lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from scenarios.language.matrix import SEED, Axis, shown
from scenarios.language.parameters import Value

MOST_CURVES = 8
MOST_PANELS = 12


@dataclass(frozen=True, slots=True)
class Row:
    """A run of a variant: its values on the axes, and its key figures."""

    values: Mapping[str, Value]
    kpis: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Layout:
    """The axis below, the one whose values are curves, and those that part the panels."""

    x: Axis
    series: Axis | None
    panels: tuple[Axis, ...]

    @property
    def labels(self) -> list[str]:
        """What each curve is called; one without a name when there is no second axis."""
        if self.series is None:
            return [""]
        return [f"{self.series.name} {shown(item)}" for item in self.series.values]


@dataclass(frozen=True, slots=True)
class Spot:
    """The values of a key figure at one place of an axis: one for each seed."""

    at: Value
    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Their mean."""
        return sum(self.values) / len(self.values)

    def __iter__(self) -> Iterator[float]:
        return iter(self.values)


@dataclass(frozen=True, slots=True)
class Curve:
    """The spots of one curve; `style` counts the curves of a panel from 0."""

    label: str
    style: int
    spots: tuple[Spot, ...]

    def __iter__(self) -> Iterator[Spot]:
        return iter(self.spots)


def layout(axes: Sequence[Axis]) -> Layout | None:
    """The figures that suit these axes; None when nothing is varied.

    A scale lies below, the one with the most values. Seeds are repetitions: they lie below
    only when nothing else is varied.
    """
    varied = [axis for axis in axes if len(axis.values) > 1]
    seeds = [axis for axis in varied if axis.name == SEED]
    others = [axis for axis in varied if axis.name != SEED]
    if not varied:
        return None
    ranked = sorted(others, key=lambda axis: (not axis.numeric, -len(axis.values)))
    below = (ranked or seeds)[0]
    rest = [axis for axis in others if axis is not below]
    rest.sort(key=lambda axis: axis.numeric)
    x = replace(below, values=tuple(sorted(below.values))) if below.numeric else below
    return Layout(x, rest[0] if rest else None, tuple(rest[1:]))


def panels(figures: Layout) -> list[dict[str, Value]]:
    """The values on the axes that part the panels, for each panel; not more than can be seen."""
    names = [axis.name for axis in figures.panels]
    combined = product(*(axis.values for axis in figures.panels))
    return [dict(zip(names, values)) for values in combined][:MOST_PANELS]


def curves(
    figures: Layout, panel: Mapping[str, Value], rows: Sequence[Row], kpi: str
) -> list[Curve]:
    """The curves of one key figure in one panel; those without a value are left out."""
    inside = [
        row
        for row in rows
        if kpi in row.kpis
        and all(row.values.get(name) == value for name, value in panel.items())
    ]
    series = figures.series
    kinds: Sequence[Value | None] = (None,) if series is None else series.values
    found = []
    for style, (label, kind) in enumerate(zip(figures.labels, kinds)):
        spots = []
        for at in figures.x.values:
            values = tuple(
                row.kpis[kpi]
                for row in inside
                if row.values.get(figures.x.name) == at
                and (series is None or row.values.get(series.name) == kind)
            )
            if values:
                spots.append(Spot(at, values))
        if spots:
            found.append(Curve(label, style, tuple(spots)))
    return found[:MOST_CURVES]

"""How a CSV of a transformer's measurements is laid out: columns, units, times, separators.

`NATIVE` is the layout of `docs/data.md`; a mapping file describes any other one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import partial

from wire.instants import civil_instants

PHASES = (1, 2, 3)

Zone = Callable[[datetime], tuple[datetime, ...]]
"""The UTC instants, in order, at which its clocks show a naive date and time."""

_YEARS = range(2000, 2100)


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a column measures: in units of 10**-`decimals`, from `low` to `high` of those.

    `units` are the names that it may be told in, each a thousand times the one before;
    the first is the plain one.
    """

    name: str
    decimals: int
    low: int
    high: int
    units: tuple[str, ...]


VOLTAGE = Quantity("voltage", 1, 0, 3000, ("V", "kV"))
CURRENT = Quantity("current", 1, 0, 100_000, ("A", "kA"))
POWER = Quantity("power", 0, -(10**9), 10**9, ("W", "kW", "MW"))
QUANTITIES = (VOLTAGE, CURRENT, POWER)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of numbers: what it measures, its name in the header, and its unit."""

    quantity: Quantity
    name: str
    unit: str

    @property
    def shift(self) -> int:
        """The power of ten from the column's numbers to integers of the quantity."""
        return self.quantity.decimals + 3 * self.quantity.units.index(self.unit)


def fixed(zone: timezone) -> Zone:
    """The zone whose clocks are never put forward or back."""
    return partial(_at, zone)


def _at(zone: timezone, civil: datetime) -> tuple[datetime, ...]:
    return (civil.replace(tzinfo=zone).astimezone(UTC),)


def offset_needed(civil: datetime) -> tuple[datetime, ...]:
    """The zone of a layout that says none: a time must have its own offset."""
    raise ValueError("has no offset from UTC (Z)")


@dataclass(frozen=True, slots=True)
class Times:
    """The column of times: its name, its zone and how it is written.

    Without `pattern` times are ISO 8601; those with an offset of their own keep it. They mark
    an interval's begin, or its end.
    """

    name: str
    zone: Zone = offset_needed
    pattern: str | None = None
    mark_end: bool = False

    def begin(
        self, text: str, previous: datetime | None, interval: timedelta
    ) -> datetime:
        """When the interval of a row began, UTC, given that of the row before.

        The two passes of a doubled hour are told apart by the order of the rows. Raises
        `ValueError` with what is wrong.
        """
        try:
            if self.pattern is None:
                shown = datetime.fromisoformat(text)
            else:
                shown = datetime.strptime(text, self.pattern)
        except ValueError:
            kind = f"a time as {self.pattern}" if self.pattern else "an ISO 8601 time"
            raise ValueError(f"{text!r} is not {kind}") from None
        if shown.year not in _YEARS:
            raise ValueError(f"{text} is not plausible")
        if shown.tzinfo is not None:
            instants: tuple[datetime, ...] = (shown.astimezone(UTC),)
        else:
            try:
                instants = self.zone(shown)
            except ValueError as error:
                raise ValueError(f"{text!r} {error}") from None
        if not instants:
            raise ValueError(f"{text!r} is no time on that day: the clock goes forward")
        if self.mark_end:
            instants = tuple(instant - interval for instant in instants)
        return _by_order(text, instants, previous, interval)


def _by_order(
    text: str,
    instants: tuple[datetime, ...],
    previous: datetime | None,
    interval: timedelta,
) -> datetime:
    if len(instants) == 1:
        return instants[0]
    if previous is None:
        raise ValueError(f"{text!r} is there twice on that day, and no row before it")
    if previous + interval in instants:
        return previous + interval
    return next((at for at in instants if at >= previous), instants[-1])


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a file has what: `columns` are voltage, current and power of each phase in turn."""

    times: Times
    columns: tuple[Column, ...]
    delimiter: str = ","
    decimal: str = "."

    def names(self) -> Iterator[str]:
        """Every column that a file must have."""
        yield self.times.name
        for column in self.columns:
            yield column.name


DUTCH: Zone = civil_instants
NATIVE = Layout(
    Times("time"),
    tuple(
        Column(quantity, f"{letter}_l{phase}_{unit.lower()}", unit)
        for phase in PHASES
        for quantity, letter, unit in (
            (VOLTAGE, "u", "V"),
            (CURRENT, "i", "A"),
            (POWER, "p", "W"),
        )
    ),
)

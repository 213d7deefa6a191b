"""What DALI boxes report: the quarter-hours of a transformer's low-voltage side, as CSV.

Columns `time` (ISO 8601 with offset) and per phase `u_l1_v`, `i_l1_a`, `p_l1_w` (V, A, W), or
those of another layout; others are ignored. A row is the mean of the interval that begins at
its time. Rows are judged one by one, so a file may be of any length. What is wrong is a
`Fault`: a recorded file ends at its first, what a box adds to a file goes on without the row.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path

from headend.dali_layout import NATIVE, POWER, Column, Layout
from wire.errors import ConfigError
from wire.quantities import PerPhase

COLUMNS = tuple(column.name for column in NATIVE.columns)
INTERVAL_S = 900
_LONGEST_CELL = 40
_UNREADABLE = "\N{REPLACEMENT CHARACTER}"
_PLAIN = re.compile("[-+.0-9A-Za-z]*")


@dataclass(frozen=True, slots=True)
class FeederSample:
    """One row: `time` (UTC) begins the interval; per phase 0.1 V, 0.1 A and W (mean)."""

    time: datetime
    voltage_dv: PerPhase
    current_da: PerPhase
    power_w: PerPhase


class Consequence(StrEnum):
    """What is done about a fault in rows that go on; the value is what a person is told."""

    FIRST_COUNTS = "the row is left out, the first one counts"
    TOO_LATE = "the row is left out"
    UNMEASURED = "the row is left out, the transformer counts as not measured then"
    HOLE = "the transformer counts as not measured in between"
    FILE = "the file is left out"

    @property
    def word(self) -> str:
        """Its name as programs read it."""
        return self.name.lower().replace("_", "-")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row or a file, where, and what is done about it.

    `time` is the latest that was told by then, None where none was.
    """

    error: ConfigError
    consequence: Consequence
    time: datetime | None = None

    def __str__(self) -> str:
        return f"{self.error}; {self.consequence}"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file whose header has been read: its name, and where each column stands."""

    file: str
    places: dict[str, int]


def read_feeder(
    path: str | Path, layout: Layout = NATIVE, interval_s: int = INTERVAL_S
) -> Iterator[FeederSample]:
    """The samples of a file, in its order, each `interval_s` after the one before.

    Raises `ConfigError` with file, line and column for a missing column, a hole, a repeated
    or earlier time, and for what is not a number or cannot be true.
    """
    return _sound(judge_feeder(path, layout, interval_s))


def read_feeder_lines(
    lines: Iterable[str],
    name: str,
    layout: Layout = NATIVE,
    interval_s: int = INTERVAL_S,
) -> Iterator[FeederSample]:
    """As `read_feeder`, from lines; `name` stands for the file in errors."""
    return _sound(_judge(lines, name, layout, interval_s))


def _sound(judged: Iterable[FeederSample | Fault]) -> Iterator[FeederSample]:
    """The samples, up to the first fault, which is raised."""
    for found in judged:
        if isinstance(found, Fault):
            raise found.error
        yield found


def judge_feeder(
    path: str | Path, layout: Layout = NATIVE, interval_s: int = INTERVAL_S
) -> Iterator[FeederSample | Fault]:
    """As `read_feeder`, but what is wrong with a row is told, and the rows after it too."""
    try:
        with open(path, encoding="utf-8-sig", errors="replace", newline="") as lines:
            yield from _judge(lines, str(path), layout, interval_s)
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", str(path)) from None


def _judge(
    lines: Iterable[str], name: str, layout: Layout, interval_s: int
) -> Iterator[FeederSample | Fault]:
    rows = FeederRows(layout, interval_s)
    rest = iter(lines)
    sheet = read_header(next(rest, ""), name, layout)
    found: FeederSample | Fault | None = None
    for number, line in enumerate(rest, 2):
        for found in rows.read(sheet, number, line):
            yield found
    if found is None:
        raise ConfigError("has no rows", name)


def read_header(line: str, name: str, layout: Layout = NATIVE) -> Sheet:
    """Where the layout's columns stand; raises `ConfigError` when one is not there once."""
    names = [cell.strip() for cell in _cells(line, layout, name, 1)]
    for column in layout.names():
        if column not in names:
            hint = ""
            if len(names) == 1 and re.search("[,;\t|]", names[0]):
                hint = f"; columns are separated by {_SEPARATORS[layout.delimiter]}"
            if _UNREADABLE in line:
                hint = "; this is not text in UTF-8"
            raise ConfigError(f"column {column} is missing{hint}", name, 1)
        if names.count(column) > 1:
            raise ConfigError(f"column {column} stands there twice", name, 1)
    return Sheet(name, {column: names.index(column) for column in layout.names()})


_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


class FeederRows:
    """Judges the rows of one file after another, each by itself and by the one before.

    With `now` none may be of an interval that begins later; it does not count as told.
    """

    def __init__(
        self,
        layout: Layout = NATIVE,
        interval_s: int = INTERVAL_S,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self._layout = layout
        self._now = now
        self._interval = timedelta(seconds=interval_s)
        self.previous: datetime | None = None

    def read(
        self, sheet: Sheet, number: int, line: str
    ) -> Iterator[FeederSample | Fault]:
        """What a line tells: nothing, a sample, a fault, or the hole before a sample.

        `previous` is then the latest time that was told, also in a row that is left out.
        """
        try:
            cells = _cells(line, self._layout, sheet.file, number)
            if not cells:
                return
            row = _Row(cells, sheet, number, self._layout)
            time = row.time(self.previous, self._interval)
            if self._now is not None and time > self._now():
                raise row.wrong_time("is in the future")
        except ConfigError as error:
            yield Fault(error, Consequence.UNMEASURED, self.previous)
            return
        fault = self._step(row, time)
        if fault is not None:
            yield fault
            if fault.consequence is not Consequence.HOLE:
                return
        try:
            yield row.sample(time)
        except ConfigError as error:
            yield Fault(error, Consequence.UNMEASURED, self.previous)

    def _step(self, row: _Row, time: datetime) -> Fault | None:
        """What is wrong with the step in time, which is taken if it leads forward."""
        previous, self.previous = self.previous, max(time, self.previous or time)
        if previous is None or time - previous == self._interval:
            return None
        step = time - previous
        if not step:
            why = f"{time:%Y-%m-%dT%H:%M:%SZ} stands there twice"
            return self._fault(row, why, Consequence.FIRST_COUNTS)
        if step < timedelta(0):
            return self._fault(row, "steps back", Consequence.TOO_LATE)
        if step % self._interval:
            seconds = int(self._interval.total_seconds())
            why = f"is not {seconds} s after the row before"
            return self._fault(row, why, Consequence.UNMEASURED)
        missing = step // self._interval - 1
        why = f"{missing} rows are missing before this one"
        return self._fault(row, why, Consequence.HOLE)

    def _fault(self, row: _Row, why: str, consequence: Consequence) -> Fault:
        return Fault(row.wrong_time(why), consequence, self.previous)


def _cells(line: str, layout: Layout, name: str, number: int) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=layout.delimiter, strict=True), [])
    except csv.Error as error:
        raise ConfigError(f"is not CSV: {error}", name, number) from None


@dataclass(frozen=True, slots=True)
class _Row:
    cells: list[str]
    sheet: Sheet
    line: int
    layout: Layout

    def time(self, previous: datetime | None, interval: timedelta) -> datetime:
        times = self.layout.times
        try:
            return times.begin(self._cell(times.name), previous, interval)
        except ValueError as error:
            raise self._wrong(times.name, str(error)) from None

    def wrong_time(self, why: str) -> ConfigError:
        return self._wrong(self.layout.times.name, why)

    def sample(self, time: datetime) -> FeederSample:
        columns = self.layout.columns
        numbers = [self._number(column) for column in columns]
        voltages, currents, powers = numbers[0::3], numbers[1::3], numbers[2::3]
        for phase, measured in enumerate(zip(voltages, currents, powers)):
            self._check_phase(columns[3 * phase], columns[3 * phase + 2], *measured)
        return FeederSample(
            time, _per_phase(voltages), _per_phase(currents), _per_phase(powers)
        )

    def _number(self, column: Column) -> int:
        """The number in the unit of its quantity, rounded."""
        text = self._cell(column.name)
        # A point where a comma is the rule groups digits, if it means anything.
        plain = text
        if self.layout.decimal != ".":
            plain = "" if "." in text else text.replace(self.layout.decimal, ".")
        try:
            # Decimal would read 1_000 too, and the digits of every script.
            number = Decimal(plain if _PLAIN.fullmatch(plain) else "")
        except InvalidOperation:
            raise self._wrong(column.name, f"{text!r} is not a number") from None
        if not number.is_finite():
            why = f"{text!r} is not a number that was measured"
            raise self._wrong(column.name, why)
        low, high = (
            Decimal(bound).scaleb(-column.shift)
            for bound in (column.quantity.low, column.quantity.high)
        )
        if not low <= number <= high:
            raise self._wrong(column.name, f"{text} {column.unit} is not plausible")
        return int(number.scaleb(column.shift).to_integral_value())

    def _check_phase(
        self,
        voltage: Column,
        power: Column,
        voltage_dv: int,
        current_da: int,
        power_w: int,
    ) -> None:
        """Power against voltage times current: never more, and not a thousandth of it."""
        if voltage_dv and voltage_dv < 1000:
            volts = f"{voltage_dv // 10}.{voltage_dv % 10}"
            raise self._wrong(voltage.name, f"{volts} V is not plausible")
        apparent_va = voltage_dv * current_da // 100
        units = POWER.units
        place = units.index(power.unit)
        if abs(power_w) > apparent_va + apparent_va // 10 + 500:
            why = (
                f"{power_w} W is more than the {apparent_va} VA of voltage and current"
            )
            if place and _like(apparent_va, abs(power_w)):
                why += f": is it in {units[place - 1]}?"
            raise self._wrong(power.name, why)
        # kW in a column of W: what is printed is a thousandth of a usual active power.
        if apparent_va > 1500 and _like(apparent_va, 1_000_000 * abs(power_w)):
            why = f"{power_w} W at {apparent_va} VA is not plausible"
            if place + 1 < len(units):
                why += f": is it in {units[place + 1]}?"
            raise self._wrong(power.name, why)

    def _cell(self, column: str) -> str:
        try:
            text = self.cells[self.sheet.places[column]].strip()
        except IndexError:
            raise self._wrong(column, "the row ends before it") from None
        if _UNREADABLE in text:
            raise self._wrong(column, "is not text in UTF-8")
        if len(text) > _LONGEST_CELL:
            raise self._wrong(column, f"{text[:_LONGEST_CELL]!r}... is too long")
        return text

    def _wrong(self, column: str, why: str) -> ConfigError:
        place = self.sheet.places[column] + 1
        return ConfigError(f"column {column}: {why}", self.sheet.file, self.line, place)


def _like(apparent_va: int, power_mw: int) -> bool:
    """Whether so many mW are a usual active power, give or take the rounding of a kW."""
    return apparent_va * 880 <= power_mw <= apparent_va * 1050 + 500_000


def _per_phase(values: list[int]) -> PerPhase:
    first, second, third = values
    return first, second, third

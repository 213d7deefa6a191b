"""What DALI boxes report: the quarter-hours of a transformer's low-voltage side, as CSV.

Columns `time` (ISO 8601 with offset) and per phase `u_l1_v`, `i_l1_a`, `p_l1_w` (V, A, W);
others are ignored. A row is the mean of the interval that begins at its time. Rows are read
one by one, so a file may be of any length, and the first thing wrong with it ends the
reading: half a measurement is worse than none for who controls a grid with it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path

from wire.errors import ConfigError
from wire.quantities import PerPhase

PHASES = (1, 2, 3)
COLUMNS = tuple(
    f"{quantity}_l{phase}_{unit}"
    for phase in PHASES
    for quantity, unit in (("u", "v"), ("i", "a"), ("p", "w"))
)
_YEARS = range(2000, 2100)
_LONGEST_CELL = 40
_PLAIN = re.compile("[-+.0-9A-Za-z]*")


@dataclass(frozen=True, slots=True)
class FeederSample:
    """One row: `time` (UTC) begins the interval; per phase 0.1 V, 0.1 A and W (mean)."""

    time: datetime
    voltage_dv: PerPhase
    current_da: PerPhase
    power_w: PerPhase


def read_feeder(path: str | Path, interval_s: int = 900) -> Iterator[FeederSample]:
    """The samples of a file, in its order, each `interval_s` after the one before.

    Raises `ConfigError` with file, line and column for a missing column, a hole, a repeated
    or earlier time, and for what is not a number or cannot be true.
    """
    name = str(path)
    try:
        with open(path, encoding="utf-8-sig", newline="") as lines:
            yield from read_feeder_lines(lines, name, interval_s)
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", name) from None
    except UnicodeDecodeError:
        raise ConfigError("is not text in UTF-8", name) from None


def read_feeder_lines(
    lines: Iterable[str], name: str, interval_s: int = 900
) -> Iterator[FeederSample]:
    """As `read_feeder`, from lines; `name` stands for the file in errors."""
    rows = csv.reader(lines, strict=True)
    try:
        places = _places(next(rows, []), name)
        previous: datetime | None = None
        for cells in rows:
            if not cells:
                continue
            row = _Row(cells, places, name, rows.line_num)
            sample = row.sample()
            if previous is not None:
                row.check_step(previous, sample.time, timedelta(seconds=interval_s))
            previous = sample.time
            yield sample
    except csv.Error as error:
        raise ConfigError(f"is not CSV: {error}", name, rows.line_num) from None
    if previous is None:
        raise ConfigError("has no rows", name)


def _places(header: list[str], name: str) -> dict[str, int]:
    """Where each column stands."""
    names = [cell.strip() for cell in header]
    for column in ("time", *COLUMNS):
        if column not in names:
            hint = "; columns are separated by commas" if ";" in "".join(names) else ""
            raise ConfigError(f"column {column} is missing{hint}", name, 1)
        if names.count(column) > 1:
            raise ConfigError(f"column {column} stands there twice", name, 1)
    return {column: names.index(column) for column in ("time", *COLUMNS)}


@dataclass(frozen=True, slots=True)
class _Row:
    cells: list[str]
    places: dict[str, int]
    file: str
    line: int

    def sample(self) -> FeederSample:
        time = self._time()
        voltages, currents, powers = [], [], []
        for phase in PHASES:
            voltage_dv = self._number(f"u_l{phase}_v", 1, 0, 3000)
            current_da = self._number(f"i_l{phase}_a", 1, 0, 100_000)
            power_w = self._number(f"p_l{phase}_w", 0, -10_000_000, 10_000_000)
            self._check_phase(phase, voltage_dv, current_da, power_w)
            voltages.append(voltage_dv)
            currents.append(current_da)
            powers.append(power_w)
        return FeederSample(
            time, _per_phase(voltages), _per_phase(currents), _per_phase(powers)
        )

    def check_step(
        self, previous: datetime, time: datetime, interval: timedelta
    ) -> None:
        step = time - previous
        if step == interval:
            return
        if not step:
            raise self._wrong("time", f"{time:%Y-%m-%dT%H:%M:%SZ} stands there twice")
        if step < timedelta(0):
            raise self._wrong("time", "steps back")
        if step % interval:
            seconds = int(interval.total_seconds())
            raise self._wrong("time", f"is not {seconds} s after the row before")
        missing = step // interval - 1
        raise self._wrong("time", f"{missing} rows are missing before this one")

    def _time(self) -> datetime:
        text = self._cell("time")
        try:
            time = datetime.fromisoformat(text)
        except ValueError:
            raise self._wrong("time", f"{text!r} is not an ISO 8601 time") from None
        if time.tzinfo is None:
            raise self._wrong("time", f"{text!r} has no offset from UTC (Z)")
        if time.year not in _YEARS:
            raise self._wrong("time", f"{text} is not plausible")
        return time.astimezone(UTC)

    def _number(self, column: str, decimals: int, low: int, high: int) -> int:
        """The number in units of 10**-decimals, rounded; `low` and `high` are in them."""
        text = self._cell(column)
        try:
            # Decimal would read 1_000 too, and the digits of every script.
            number = Decimal(text if _PLAIN.fullmatch(text) else "")
        except InvalidOperation:
            raise self._wrong(column, f"{text!r} is not a number") from None
        if not number.is_finite():
            raise self._wrong(column, f"{text!r} is not a number that was measured")
        if (
            not Decimal(low).scaleb(-decimals)
            <= number
            <= Decimal(high).scaleb(-decimals)
        ):
            raise self._wrong(column, f"{text} is not plausible")
        return int(number.scaleb(decimals).to_integral_value())

    def _check_phase(
        self, phase: int, voltage_dv: int, current_da: int, power_w: int
    ) -> None:
        """Power against voltage times current: never more, and not a thousandth of it."""
        if voltage_dv and voltage_dv < 1000:
            volts = f"{voltage_dv // 10}.{voltage_dv % 10}"
            raise self._wrong(f"u_l{phase}_v", f"{volts} V is not plausible")
        apparent_va = voltage_dv * current_da // 100
        column = f"p_l{phase}_w"
        if abs(power_w) > apparent_va + apparent_va // 10 + 500:
            why = (
                f"{power_w} W is more than the {apparent_va} VA of voltage and current"
            )
            raise self._wrong(column, why)
        # kW in a column of W: what is printed is a thousandth of a usual active power.
        kilo = 1000 * abs(power_w)
        if (
            apparent_va > 1500
            and apparent_va * 88 <= kilo * 100 <= apparent_va * 105 + 50_000
        ):
            why = f"{power_w} W at {apparent_va} VA is not plausible: is it in kW?"
            raise self._wrong(column, why)

    def _cell(self, column: str) -> str:
        try:
            text = self.cells[self.places[column]].strip()
        except IndexError:
            raise self._wrong(column, "the row ends before it") from None
        if len(text) > _LONGEST_CELL:
            raise self._wrong(column, f"{text[:_LONGEST_CELL]!r}... is too long")
        return text

    def _wrong(self, column: str, why: str) -> ConfigError:
        place = self.places[column] + 1
        return ConfigError(f"column {column}: {why}", self.file, self.line, place)


def _per_phase(values: list[int]) -> PerPhase:
    first, second, third = values
    return first, second, third

"""Charging sessions: who comes to which charge point, and what the car wants."""

from __future__ import annotations

import csv
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from chargepoint.registers import MINIMUM_DA, WATT_PER_DA
from wire.errors import ConfigError

MINIMUM_W = MINIMUM_DA * WATT_PER_DA
"""The least that a car draws on a phase: 6 A at 230 V."""

MAX_CAR_W = 100_000
_STAYS_S = 10 * 365 * 86_400
MAX_ENERGY_WH = 1_000_000

COLUMNS = (
    "station",
    "arrival",
    "departure",
    "energy_kwh",
    "phases",
    "phase",
    "max_w",
)

_LONGEST_NUMBER = 40


@dataclass(frozen=True, slots=True)
class Session:
    """One car at one charge point, from arrival until departure (epoch seconds).

    `phase` is the one that a single-phase car loads (1 to 3), 0 for a car on `phases` = 3;
    `max_w` is what the car takes at most, on all its phases together; `place` is the line and
    the column of the file in which its station stands.
    """

    station: str
    arrival_s: int
    departure_s: int
    energy_wh: int
    phases: int
    phase: int
    max_w: int
    place: tuple[int, int] = field(default=(0, 0), compare=False)


def staying(
    station: str, now_s: int, energy_wh: int, phases: int, phase: int, max_w: int
) -> Session:
    """The session of a car that comes now and stays; `phase` is of a single-phase car."""
    ends_s = now_s + _STAYS_S
    on = phase if phases == 1 else 0
    return Session(station, now_s, ends_s, energy_wh, phases, on, max_w)


def read_sessions(
    path: Path, is_station: Callable[[str], bool] = lambda name: True
) -> dict[str, list[Session]]:
    """The sessions of a CSV file per station, each list by arrival.

    The columns are those of `COLUMNS`, in any order; instants are ISO 8601 with an offset.
    A name that `is_station` denies is a car that would never come, and an error.
    Raises `ConfigError` with file, line and column for anything else.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return _read(csv.DictReader(file, strict=True), str(path), is_station)
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", str(path)) from None
    except UnicodeDecodeError:
        raise ConfigError("is not UTF-8 text", str(path)) from None


def _read(
    rows: csv.DictReader[str], file: str, is_station: Callable[[str], bool]
) -> dict[str, list[Session]]:
    stations: dict[str, list[Session]] = {}
    try:
        header = list(rows.fieldnames or ())
        for name in COLUMNS:
            if name not in header:
                raise ConfigError(f"column {name} is missing", file, 1)
        for row in rows:
            read = _Row(row, header, file, rows.line_num)
            session = read.session()
            if not is_station(session.station):
                raise read.wrong("station", "is not the name of a station")
            others = stations.setdefault(session.station, [])
            if session in others:
                raise ConfigError("this session is there twice", file, rows.line_num)
            others.append(session)
    except csv.Error as error:
        raise ConfigError(f"is not CSV: {error}", file, rows.line_num) from None
    for sessions in stations.values():
        sessions.sort(key=lambda session: session.arrival_s)
    return stations


class _Row:
    """One line of the file."""

    def __init__(
        self, fields: Mapping[str, str], header: list[str], file: str, line: int
    ) -> None:
        self._fields = fields
        self._header = header
        self._file = file
        self._line = line

    def session(self) -> Session:
        if None in self._fields:
            raise ConfigError(
                "there are more fields than in the header", self._file, self._line
            )
        phases = self._number("phases", (1, 3), "must be 1 or 3")
        phase_choice = (1, 2, 3) if phases == 1 else (0,)
        least_w = MINIMUM_W * phases
        arrival_s, departure_s = self._instant("arrival"), self._instant("departure")
        if departure_s <= arrival_s:
            raise self.wrong("departure", "must be after the arrival")
        return Session(
            self._text("station"),
            arrival_s,
            departure_s,
            self._energy_wh(),
            phases,
            self._number("phase", phase_choice, f"must be one of {phase_choice}"),
            self._number(
                "max_w",
                range(least_w, MAX_CAR_W + 1),
                f"must be from {least_w} (6 A) to {MAX_CAR_W}",
            ),
            (self._line, self._place("station")),
        )

    def wrong(self, column: str, why: str) -> ConfigError:
        """The error of a field that has a value which it must not have."""
        value = (self._fields[column] or "")[:40]
        place = self._line, self._place(column)
        return ConfigError(f"column {column}: {value!r} {why}", self._file, *place)

    def _place(self, column: str) -> int:
        return self._header.index(column) + 1

    def _text(self, column: str) -> str:
        value = (self._fields[column] or "").strip()
        if not value:
            raise self.wrong(column, "must not be empty")
        return value

    def _number(self, column: str, choices: Container[int], why: str) -> int:
        text = self._text(column)
        if text.isascii() and text.isdigit() and len(text) < 10:
            if int(text) in choices:
                return int(text)
        raise self.wrong(column, why)

    def _instant(self, column: str) -> int:
        try:
            instant = datetime.fromisoformat(self._text(column))
        except ValueError:
            raise self.wrong(column, "must be an ISO 8601 instant") from None
        if instant.tzinfo is None:
            raise self.wrong(column, "must end with Z or an offset from UTC")
        return int(instant.timestamp())

    def _energy_wh(self) -> int:
        text = self._text("energy_kwh")
        try:
            # Decimal would read 1_000 too, and the digits of every script.
            plain = text.isascii() and "_" not in text and len(text) <= _LONGEST_NUMBER
            energy_wh = Decimal(text if plain else "") * 1000
        except InvalidOperation:
            raise self.wrong("energy_kwh", "must be a number") from None
        if not (energy_wh.is_finite() and 0 < energy_wh <= MAX_ENERGY_WH):
            raise self.wrong(
                "energy_kwh", f"must be above 0, at most {MAX_ENERGY_WH // 1000}"
            )
        if energy_wh != int(energy_wh):
            raise self.wrong("energy_kwh", "must have at most three decimals")
        return int(energy_wh)

"""Households behind the stations' meters: what each draws, and what its roof gives."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from scenarios.world.transformer import QUARTER_S
from wire.errors import ConfigError
from wire.quantities import PerPhase

HOUSE_PEAK_W, ROOF_PEAK_W = 4000, 3600
_HOUSE, _ROOF, _UNIT = "h0_", "pv", "_permille"
# So many of ten houses have a roof with panels.
_ROOFS_OF_TEN = 3


class Premises:
    """Loads from a CSV of quarter-hours: columns `h0_…_permille` and `pv…_permille`.

    They are permille of a yearly peak, which is 4000 W for a house and 3600 W for a roof.
    Station n takes the n-th house, from the first again when there are no more, on phase n.
    """

    def __init__(self, path: Path) -> None:
        self._slots: dict[int, tuple[list[int], list[int]]] = {}
        try:
            with path.open(newline="", encoding="utf-8-sig") as file:
                self._read(csv.DictReader(file, strict=True), str(path))
        except OSError as error:
            raise ConfigError(f"cannot be read: {error.strerror}", str(path)) from None
        except UnicodeDecodeError:
            raise ConfigError("is not UTF-8 text", str(path)) from None

    def power_w(self, station: int, now_s: int) -> PerPhase:
        """What flows into the house of station n (from 0), W per phase, negative: out of it."""
        houses, roofs = self._slots.get(now_s // QUARTER_S, ([], []))
        power_w = houses[station % len(houses)] * HOUSE_PEAK_W // 1000 if houses else 0
        if roofs and station % 10 < _ROOFS_OF_TEN:
            power_w -= roofs[station % len(roofs)] * ROOF_PEAK_W // 1000
        l1, l2, l3 = (power_w if station % 3 == phase else 0 for phase in range(3))
        return l1, l2, l3

    def _read(self, rows: csv.DictReader[str], file: str) -> None:
        try:
            self._take(rows, file)
        except csv.Error as error:
            raise ConfigError(f"is not CSV: {error}", file, rows.line_num) from None

    def _take(self, rows: csv.DictReader[str], file: str) -> None:
        names = rows.fieldnames or ()
        houses = [n for n in names if n.startswith(_HOUSE) and n.endswith(_UNIT)]
        roofs = [n for n in names if n.startswith(_ROOF) and n.endswith(_UNIT)]
        if "time" not in names or not houses:
            raise ConfigError(f"needs the columns time and {_HOUSE}…{_UNIT}", file, 1)
        for row in rows:
            at = _Line(file, rows.line_num, list(names))
            slot = _slot(row["time"], at)
            if slot in self._slots:
                raise at.wrong("time", f"{row['time']} is there twice")
            self._slots[slot] = (
                _permille(row, houses, at),
                _permille(row, roofs, at),
            )


@dataclass(frozen=True, slots=True)
class _Line:
    """Where in the file something is wrong."""

    file: str
    number: int
    header: list[str]

    def wrong(self, column: str, why: str) -> ConfigError:
        place = self.number, self.header.index(column) + 1
        return ConfigError(f"column {column}: {why}", self.file, *place)


def _slot(text: str, at: _Line) -> int:
    try:
        instant = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        instant = datetime.min
    if instant.tzinfo is None:
        raise at.wrong("time", f"{str(text)[:40]!r} is not an instant with an offset")
    return int(instant.timestamp()) // QUARTER_S


def _permille(row: Mapping[str, str], names: Sequence[str], at: _Line) -> list[int]:
    values = []
    for name in names:
        text = row[name] or ""
        if not (text.isascii() and text.isdigit() and len(text) < 5):
            raise at.wrong(name, f"{text[:20]!r} is not a permille")
        values.append(int(text))
    return values

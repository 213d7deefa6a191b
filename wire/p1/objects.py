"""The object table of each version: one row per line of a telegram.

Sources: P1 companion standards 3.0; 4.0.4 (2012) and 4.2.2 (2014), clause 5.12; 5.0.2, clause
6.12: "Representation of P1 telegram". The order is that of the examples in the clause that
follows; a reader must not rely on it. 4.0.6 has the lines of 4.0.4; 4.0 (2011) was without
those per phase, under the same version 40. Typing errors of the standards (`1-0:99:97.0`,
`1-0:72:32.0`, a missing 1.8.2, nine `.255`) are corrected, some as the 4.0.6 release notes
have it.

A value's unit follows from the printed one: kWh is an integer of Wh, kW of W, V of 0.1 V, A of
A, s of s; octet strings are bytes, TST is epoch seconds or an aware instant (read: UTC).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from wire.p1.formats import Fixed, Format, Octets, Text, Tst
from wire.p1.records import FailureEntries, GasBlock, MBusValue
from wire.p1.version import P1Version

VERSION = "1-3:0.2.8"
TIME = "0-0:1.0.0"
TEXT_MESSAGE = "0-0:96.13.0"

CHANNELS = (1, 2, 3, 4)

V3, V40, V42, V50 = P1Version
_CLAUSE = {V3: "3.0", V40: "4.0.4, 5.12", V42: "4.2.2, 5.12", V50: "5.0.2, 6.12"}


@dataclass(frozen=True, slots=True)
class Row:
    """A line: its reduced OBIS code, what it means, its form, and who has it."""

    obis: str
    meaning: str
    format: Format
    versions: tuple[P1Version, ...]

    @property
    def clauses(self) -> str:
        """Where the P1 companion standards define it."""
        return "P1 " + "; ".join(_CLAUSE[version] for version in self.versions)


def row(obis: str, meaning: str, form: Format, *versions: P1Version) -> Row:
    """A row for these versions; from 4.0 on when none is named."""
    return Row(obis, meaning, form, versions or (V40, V42, V50))


_ENERGY, _ENERGY_3 = Fixed(9, 3, "kWh"), Fixed(8, 3, "kWh")
_POWER, _POWER_3 = Fixed(5, 3, "kW"), Fixed(5, 2, "kW")
_COUNT = Fixed(5)
_IDENTIFIER = Octets(48)

ROWS: tuple[Row, ...] = (
    row(VERSION, "version of P1", Text()),
    row(TIME, "time of the telegram", Tst()),
    row("0-0:96.1.1", "equipment identifier", _IDENTIFIER, V3, V40, V42, V50),
    row("1-0:1.8.1", "energy imported, tariff 1", _ENERGY),
    row("1-0:1.8.2", "energy imported, tariff 2", _ENERGY),
    row("1-0:2.8.1", "energy exported, tariff 1", _ENERGY),
    row("1-0:2.8.2", "energy exported, tariff 2", _ENERGY),
    row("1-0:1.8.1", "energy imported, tariff 1", _ENERGY_3, V3),
    row("1-0:1.8.2", "energy imported, tariff 2", _ENERGY_3, V3),
    row("1-0:2.8.1", "energy exported, tariff 1", _ENERGY_3, V3),
    row("1-0:2.8.2", "energy exported, tariff 2", _ENERGY_3, V3),
    row("0-0:96.14.0", "tariff: 1 low, 2 normal", Fixed(4), V3, V40, V42, V50),
    row("1-0:1.7.0", "power imported", _POWER),
    row("1-0:2.7.0", "power exported", _POWER),
    row("1-0:1.7.0", "power imported", _POWER_3, V3),
    row("1-0:2.7.0", "power exported", _POWER_3, V3),
    row("0-0:17.0.0", "limiter threshold", Fixed(4, 1, "kW"), V40),
    row("0-0:17.0.0", "limiter threshold", Fixed(3, 0, "A"), V3),
    row("0-0:96.3.10", "breaker: 0 off, 1 on, 2 ready", Fixed(1), V3, V40),
    row("0-0:96.7.21", "power failures", _COUNT),
    row("0-0:96.7.9", "long power failures", _COUNT),
    row("1-0:99.97.0", "log of long power failures", FailureEntries()),
    row("1-0:32.32.0", "voltage sags, L1", _COUNT),
    row("1-0:52.32.0", "voltage sags, L2", _COUNT),
    row("1-0:72.32.0", "voltage sags, L3", _COUNT),
    row("1-0:32.36.0", "voltage swells, L1", _COUNT),
    row("1-0:52.36.0", "voltage swells, L2", _COUNT),
    row("1-0:72.36.0", "voltage swells, L3", _COUNT),
    row("0-0:96.13.1", "message code", Octets(8, filler=True), V40, V42),
    row("0-0:96.13.1", "message code", Octets(16, filler=True), V3),
    row(TEXT_MESSAGE, "text message", Octets(1024, filler=True), V3, V40, V42, V50),
    row("1-0:32.7.0", "voltage L1", Fixed(4, 1, "V"), V50),
    row("1-0:52.7.0", "voltage L2", Fixed(4, 1, "V"), V50),
    row("1-0:72.7.0", "voltage L3", Fixed(4, 1, "V"), V50),
    row("1-0:31.7.0", "current L1", Fixed(3, 0, "A")),
    row("1-0:51.7.0", "current L2", Fixed(3, 0, "A")),
    row("1-0:71.7.0", "current L3", Fixed(3, 0, "A")),
    row("1-0:21.7.0", "power imported, L1", _POWER),
    row("1-0:41.7.0", "power imported, L2", _POWER),
    row("1-0:61.7.0", "power imported, L3", _POWER),
    row("1-0:22.7.0", "power exported, L1", _POWER),
    row("1-0:42.7.0", "power exported, L2", _POWER),
    row("1-0:62.7.0", "power exported, L3", _POWER),
)


def _channel_rows(n: int) -> tuple[Row, ...]:
    return (
        row(f"0-{n}:24.1.0", "M-Bus device type, decimal", Fixed(3)),
        row(f"0-{n}:24.1.0", "M-Bus device type, decimal", Fixed(2), V3),
        row(f"0-{n}:96.1.0", "M-Bus identifier", _IDENTIFIER, V3, V40, V42, V50),
        row(f"0-{n}:24.2.1", "last M-Bus value", MBusValue()),
        row(f"0-{n}:24.3.0", "last M-Bus value", GasBlock(f"0-{n}:24.2.1"), V3),
        row(f"0-{n}:24.4.0", "valve: 0 closed, 1 open, 2 ready", Fixed(1), V3, V40),
    )


_ALL = ROWS + tuple(line for n in CHANNELS for line in _channel_rows(n))

TABLES: dict[P1Version, tuple[Row, ...]] = {
    version: tuple(line for line in _ALL if version in line.versions)
    for version in P1Version
}
"""The rows of each version, in the order in which they are printed."""

_FORMATS: dict[str, tuple[Format, ...]] = {}
for _row in _ALL:
    _known = _FORMATS.get(_row.obis, ())
    # Any width reads alike, so of the rows of one kind the first will do.
    if not any(
        type(known) is type(_row.format)
        and getattr(known, "unit", None) == getattr(_row.format, "unit", None)
        for known in _known
    ):
        _FORMATS[_row.obis] = (*_known, _row.format)


KNOWN = _FORMATS.keys()
"""The lines that any version has."""


def formats(obis: str) -> tuple[Format, ...]:
    """The forms that a line can have in any version; empty for a line not in the tables."""
    return _FORMATS.get(obis, ())


_SPELLING = re.compile(r"(\d+-\d+:\d+)[.:](\d+\.\d+)(?:\.255)?", re.ASCII)


@lru_cache(maxsize=1024)
def reduced(name: str) -> str:
    """The reduced OBIS code of a name as printed.

    Mends what the standards themselves print in their examples: a colon for the first point
    and a `.255` at the end. Another name stays as it is.
    """
    match = _SPELLING.fullmatch(name)
    return f"{match[1]}.{match[2]}" if match else name

"""One telegram, read when asked: its lines are found first, a value when it is looked up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from wire.errors import WireError
from wire.p1.objects import KNOWN, TEXT_MESSAGE, TIME, VERSION, formats, reduced
from wire.p1.values import Raw, Value
from wire.p1.version import P1Version


class Telegram:
    """The lines from `/` to `!`; the reader has checked the CRC."""

    __slots__ = ("octets", "_lines", "_values")

    def __init__(self, octets: bytes) -> None:
        self.octets = octets
        self._lines: dict[str, str] | None = None
        self._values: Values | None = None

    @property
    def identification(self) -> str:
        r"""What stands behind the `/`: `ISk5\2MT382-1000`."""
        return str(self.octets[1 : self.octets.find(b"\r\n")], "latin-1")

    @property
    def version(self) -> P1Version | None:
        """What 1-3:0.2.8 says; without that line and a CRC it is 2.2 or 3.0.

        None for a version, or a country, that is not in the tables.
        """
        printed = self.raw(VERSION)
        if printed is None and not self.octets.endswith(b"\n!\r\n"):
            return None
        try:
            return P1Version((printed or "()")[1:-1])
        except ValueError:
            return None

    @property
    def time(self) -> datetime | None:
        """The UTC instant that the telegram gives; None in 2.2 and 3.0, or if damaged."""
        value = self._one(TIME)
        return value if isinstance(value, datetime) else None

    @property
    def text_message(self) -> bytes | None:
        """The long message; empty when there is none.

        None when the line is absent, has an odd number of digits or other characters than
        hexadecimal digits, or holds nothing but FF.
        """
        value = self._one(TEXT_MESSAGE)
        return value if isinstance(value, bytes) else None

    @property
    def values(self) -> Mapping[str, Value]:
        """The values by reduced OBIS code, in the telegram's order."""
        if self._values is None:
            self._values = Values(self.lines)
        return self._values

    def raw(self, obis: str) -> str | None:
        """A line from its first bracket to its last; None when there is no such line."""
        return self.lines.get(obis)

    @property
    def lines(self) -> Mapping[str, str]:
        """All lines by reduced OBIS code; of a code that comes twice, the last."""
        if self._lines is None:
            self._lines = _index(self.octets)
        return self._lines

    def _one(self, obis: str) -> Value | None:
        """A value without looking for all the other lines, as a gateway needs it."""
        if self._lines is None:
            at = self.octets.rfind(b"\n%b(" % obis.encode())
            if at >= 0:
                start = at + 1 + len(obis)
                end = self.octets.find(b"\r\n", start)
                return _value(obis, str(self.octets[start:end], "latin-1"))
        return self.values.get(obis)


def _index(octets: bytes) -> dict[str, str]:
    # The first line is the identification and the last is the CRC's.
    printed = str(octets, "latin-1").split("\r\n")[1:-2]
    lines = {
        line[:bracket]: line[bracket:]
        for line in printed
        if (bracket := line.find("(")) >= 0
    }
    return lines if lines.keys() <= KNOWN else _patient_index(printed)


def _patient_index(printed: list[str]) -> dict[str, str]:
    """As above, for telegrams with misspelt names or a value on a line of its own."""
    lines: dict[str, str] = {}
    latest = None
    for line in printed:
        bracket = line.find("(")
        if bracket > 0:
            latest = reduced(line[:bracket])
            lines[latest] = line[bracket:]
        elif bracket == 0 and latest is not None:
            # 2.2 and 3.0 print the gas value so.
            lines[latest] += line
    return lines


class Values(Mapping[str, Value]):
    """The values of a telegram's lines, each read at its first look-up."""

    __slots__ = ("_lines", "_read")

    def __init__(self, lines: Mapping[str, str]) -> None:
        self._lines = lines
        self._read: dict[str, Value] = {}

    def __getitem__(self, obis: str) -> Value:
        value = self._read.get(obis)
        if value is None:
            value = self._read[obis] = _value(obis, self._lines[obis])
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    def __repr__(self) -> str:
        return repr(dict(self))


def _value(obis: str, brackets: str) -> Value:
    for form in formats(obis):
        try:
            return form.read(brackets)
        except (ValueError, WireError):
            continue
    return Raw(brackets)

"""Writes telegrams: the rows of a version, in the table's order, from integers."""

from __future__ import annotations

from collections.abc import Mapping

from wire.crc import crc16_arc
from wire.errors import LocalError
from wire.p1.objects import TABLES, VERSION
from wire.p1.version import P1Version


class Encoder:
    r"""The telegrams of one meter, or of all meters with this version and identification.

    `identification` is what follows the `/`: three letters of the manufacturer, `5`, and up
    to 16 characters more (IEC 62056-21, 6.3.2): `ISk5\2MT382-1000`.
    """

    def __init__(self, version: P1Version, identification: str) -> None:
        identification = identification.removeprefix("/")
        if not (
            4 <= len(identification) <= 20
            and identification.isascii()
            and identification.isprintable()
            and not set(identification) & set("/!")
        ):
            raise LocalError(
                f"{identification!r} is not 4 to 20 printable characters but / and !"
            )
        self.version = version
        self.identification = identification
        head = f"/{identification}\r\n\r\n"
        if version.has_crc:
            head += f"{VERSION}({version.value})\r\n"
        self._head = head
        self._writers = {
            row.obis: row.format.writer()
            for row in TABLES[version]
            if row.obis != VERSION
        }
        self._known = frozenset(row.obis for row in TABLES[version])

    def encode(self, values: Mapping[str, object]) -> bytes:
        """The telegram with a line for each value that is there and not None.

        The version line is always there. Raises `LocalError` for a value that its line cannot
        print, and for a line that this version does not have.
        """
        return self.join(self.lines(values))

    def lines(self, values: Mapping[str, object]) -> dict[str, str]:
        """The printed lines of these values, in the telegram's order; raises as `encode`.

        Who prints one telegram after the other keeps them, has `renew` print those that
        changed, and `join` make the telegram.
        """
        lines = {}
        obis = ""
        try:
            for obis, write in self._writers.items():
                value = values.get(obis)
                if value is not None:
                    lines[obis] = f"{obis}{write(value)}\r\n"
        except LocalError as error:
            raise LocalError(f"{obis}: {error}") from None
        if not values.keys() <= self._known:
            strange = ", ".join(sorted(values.keys() - self._known))
            raise LocalError(f"P1 {self.version.name} has no line {strange}")
        if values.get(VERSION, self.version.value) != self.version.value:
            raise LocalError(f"this encoder writes version {self.version.value} only")
        return lines

    def renew(self, lines: dict[str, str], values: Mapping[str, object]) -> None:
        """Prints these values anew, on lines that are there; raises `LocalError` as `encode`."""
        writers = self._writers
        obis = ""
        try:
            for obis, value in values.items():
                if obis not in lines:
                    raise LocalError("there is no such line yet")
                lines[obis] = f"{obis}{writers[obis](value)}\r\n"
        except LocalError as error:
            raise LocalError(f"{obis}: {error}") from None

    def join(self, lines: Mapping[str, str]) -> bytes:
        """The telegram of these lines, with its CRC."""
        octets = f"{self._head}{''.join(lines.values())}!".encode("ascii")
        if self.version.has_crc:
            return octets + b"%04X\r\n" % crc16_arc(octets)
        return octets + b"\r\n"

"""Writes telegrams: the rows of a version, in the table's order, from integers."""

from __future__ import annotations

from collections.abc import Collection, Mapping

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
        head = "/{}\r\n\r\n".format(identification.replace("%", "%%"))
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
        return self.fill(self.form(values), {})

    def form(self, values: Mapping[str, object], running: Collection[str] = ()) -> str:
        """The telegram but for its CRC, with a gap on each of the `running` lines.

        Who prints one telegram after the other keeps it, and has `fill` print only what runs.
        It is one string, for there are many meters. Raises as `encode`.
        """
        lines = []
        obis = ""
        try:
            for obis, write in self._writers.items():
                value = values.get(obis)
                if obis in running:
                    lines.append(f"{obis}%({obis})s\r\n")
                elif value is not None:
                    lines.append(f"{obis}{write(value)}\r\n".replace("%", "%%"))
        except LocalError as error:
            raise LocalError(f"{obis}: {error}") from None
        if not values.keys() <= self._known:
            strange = ", ".join(sorted(values.keys() - self._known))
            raise LocalError(f"P1 {self.version.name} has no line {strange}")
        if values.get(VERSION, self.version.value) != self.version.value:
            raise LocalError(f"this encoder writes version {self.version.value} only")
        return "".join((self._head, *lines, "!"))

    def fill(self, form: str, values: Mapping[str, object]) -> bytes:
        """The telegram with these values in its gaps, and its CRC; raises as `encode`."""
        writers = self._writers
        printed = {}
        obis = ""
        try:
            for obis, value in values.items():
                printed[obis] = writers[obis](value)
            octets = (form % printed).encode("ascii")
        except LocalError as error:
            raise LocalError(f"{obis}: {error}") from None
        except KeyError as error:
            raise LocalError(f"the form has no line, or no value, {error}") from None
        if self.version.has_crc:
            return octets + b"%04X\r\n" % crc16_arc(octets)
        return octets + b"\r\n"

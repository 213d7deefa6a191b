"""Data records of EN 13757-3, clause 6: a head that says what and how long, then the octets.

The head is a DIF and up to ten DIFEs (kind of number, storage, function, tariff, unit), a VIF
and up to ten VIFEs (quantity and unit). Records that `wire.mbus.rows` has in its table are read
by their row; others stay as they are, but are skipped by their length all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from wire.errors import WireError
from wire.mbus.values import Codec, Value
from wire.quantities import ScalerUnit

MAX_EXTENSIONS = 10
"""How many DIFEs, and how many VIFEs, one record may have."""

IDLE_FILLER = 0x2F
MANUFACTURER_DATA, MORE_FOLLOWS, GLOBAL_READOUT = 0x0F, 0x1F, 0x7F

EXTENSION = 0x80
SELECTION, VARIABLE, _SPECIAL = 0x8, 0xD, 0xF
_PLAIN_TEXT_VIF = 0x7C

# Octets of data by the low four bits of the DIF (table 4); D has a length of its own.
DATA_OCTETS = (0, 1, 2, 3, 4, 4, 6, 8, 0, 1, 2, 3, 4, 0, 6, 0)

# Octets behind the LVAR: text, positive and negative BCD, binary, large binary.
_VARIABLE_OCTETS = (
    {lvar: lvar for lvar in range(0xC0)}
    | {base + size: size for base in (0xC0, 0xD0) for size in range(10)}
    | {0xE0 + size: size for size in range(16)}
    | {0xF0: 16, 0xF1: 20, 0xF2: 24, 0xF3: 28, 0xF4: 32, 0xF5: 48, 0xF6: 64}
)


class Function(Enum):
    """Bits 4 and 5 of the DIF."""

    INSTANTANEOUS = 0
    MAXIMUM = 1
    MINIMUM = 2
    IN_ERROR = 3


@dataclass(frozen=True, slots=True)
class Row:
    """A record that DSMR knows, in one of its forms.

    `head` is DIF(E) and VIF(E); the values of a row with `scaler_unit` are integers in that.
    """

    name: str
    head: bytes
    codec: Codec
    scaler_unit: ScalerUnit | None = None

    def record(self, value: Value) -> Record:
        """The record that carries this value; raises `LocalError` if it cannot."""
        return Record(self.head, self.codec.encode(value), self, value)

    def selection(self) -> Record:
        """The record of a read-out list that asks for this one (P2 4.0.7, 6.3.1)."""
        dif = self.head[0] & 0xF0 | SELECTION
        return Record(bytes((dif,)) + self.head[1:], b"", self)


@dataclass(frozen=True, slots=True)
class Record:
    """One data record.

    `head` is its octets from DIF to the last VIFE, `data` those behind, the LVAR of variable
    length included. `value` is as the row has it; without a row, the integer that the DIF tells
    or else the octets. A record of manufacturer's data has no VIF.
    """

    head: bytes
    data: bytes = field(repr=False)
    row: Row | None = field(default=None, repr=False)
    value: Value = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The row's name, or nothing."""
        return self.row.name if self.row else ""

    @property
    def dif(self) -> int:
        """The data information field, without its extensions."""
        return self.head[0]

    @property
    def vif(self) -> bytes:
        """The value information field and all that extends it."""
        return self.head[_after_extensions(self.head, 0) :]

    @property
    def function(self) -> Function:
        """Of which moment or extreme the value is."""
        return Function(self.dif >> 4 & 3)

    @property
    def storage(self) -> int:
        """The number of the stored value; 0 is the actual one."""
        number, shift = self.dif >> 6 & 1, 1
        for dife in self._difes():
            number |= (dife & 0x0F) << shift
            shift += 4
        return number

    @property
    def tariff(self) -> int:
        """The tariff, 0 for all."""
        return sum((e >> 4 & 3) << 2 * i for i, e in enumerate(self._difes()))

    @property
    def unit(self) -> int:
        """Which unit of the device: 1 is cooling, and the valve."""
        return sum((e >> 6 & 1) << i for i, e in enumerate(self._difes()))

    @property
    def selection(self) -> bool:
        """Whether it asks for a value, instead of carrying one."""
        return self.dif & 0x0F == SELECTION

    def encode(self) -> bytes:
        """The octets as they stand on the wire."""
        return self.head + self.data

    def _difes(self) -> bytes:
        return self.head[1 : _after_extensions(self.head, 0)]


def split(octets: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Where each record begins, its head and its data; idle fillers are skipped.

    Raises `WireError` with the place of a record that is cut short or cannot be measured.
    """
    at, limit = 0, len(octets)
    while at < limit:
        dif = octets[at]
        if dif == IDLE_FILLER:
            at += 1
            continue
        coding = dif & 0x0F
        if coding == _SPECIAL:
            end = _special_end(octets, at)
            yield at, octets[at : at + 1], octets[at + 1 : end]
            at = end
            continue
        middle = _head_end(octets, at)
        end = middle + DATA_OCTETS[coding]
        if coding == VARIABLE:
            end = _variable_end(octets, middle)
        if end > limit:
            raise WireError("a data record is cut short", at)
        yield at, octets[at:middle], octets[middle:end]
        at = end


def _head_end(octets: bytes, at: int) -> int:
    """Where the data begin; most heads are DIF and VIF alone."""
    try:
        vif = _after_extensions(octets, at) if octets[at] & EXTENSION else at + 1
        end = vif + 1
        first = octets[vif]
        # The text of a plain text VIF stands before the VIFEs.
        if first & 0x7F == _PLAIN_TEXT_VIF:
            end += 1 + octets[end]
        if first & EXTENSION:
            end = _after_extensions(octets, end - 1, chained=True)
        return end
    except IndexError:
        raise WireError("the head of a data record is cut short", at) from None


def _after_extensions(octets: bytes, at: int, chained: bool = False) -> int:
    """Where a field and the extensions that its highest bits announce end.

    `chained`: the field at `at` announces one, whatever its own bit is.
    """
    end = at
    while chained or octets[end] & EXTENSION:
        chained = False
        end += 1
        if end - at > MAX_EXTENSIONS:
            raise WireError(f"more than {MAX_EXTENSIONS} extensions in a head", at)
    return end + 1


def _special_end(octets: bytes, at: int) -> int:
    if octets[at] in (MANUFACTURER_DATA, MORE_FOLLOWS):
        return len(octets)
    if octets[at] == GLOBAL_READOUT:
        return at + 1
    raise WireError(f"DIF {octets[at]:02X} is reserved", at)


def _variable_end(octets: bytes, at: int) -> int:
    """The end of data of variable length: LVAR, then so many octets."""
    if at >= len(octets):
        raise WireError("a length is missing: the octets end too early", at)
    size = _VARIABLE_OCTETS.get(octets[at])
    if size is None:
        raise WireError(f"LVAR {octets[at]:02X} is reserved", at)
    return at + 1 + size

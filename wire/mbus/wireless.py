"""The radio link of EN 13757-4 as DSMR uses it (mode T2): telegrams, and their two formats.

A telegram is `L C M M A×6 CI …`; M and A are the sender's link address. Format A has a CRC
behind the first ten octets and behind every sixteen that follow, and L counts no CRC; format B
has one for each 126 octets, which L counts. Modulation and its coding stay outside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from wire.crc import crc16_en13757
from wire.errors import LocalError, WireError
from wire.mbus.headers import SHORT_ID_OCTETS, ShortId

NO_LINK_ADDRESS = bytes(SHORT_ID_OCTETS)
"""An E-meter may leave its link address open; devices ignore it."""

MAX_LENGTH = 255

_CRC_OCTETS = 2
_FIRST_BLOCK_OCTETS = 10
_BLOCK_OCTETS = 16
_BLOCK_B_OCTETS = 126
# L, C, link address, CI.
_MIN_OCTETS = 1 + 1 + SHORT_ID_OCTETS + 1


class Side(Enum):
    """Who sends a telegram."""

    DEVICE = "an M-Bus device"
    E_METER = "the E-meter"


class Service(Enum):
    """What a telegram is for (P2 4.0.7)."""

    SND_NR = "meter data, not answered"
    SND_IR = "a request to be installed"
    CNF_IR = "the device is installed"
    SND_UD = "a command, a key or the time"
    ACK = "received"
    REQ_UD2 = "ask for data"
    RSP_UD = "the data asked for"
    SND_NKE = "the frequent access cycle is over"


TELEGRAMS = {
    (0x44, 0x7A): (Service.SND_NR, Side.DEVICE),
    (0x46, 0x7A): (Service.SND_IR, Side.DEVICE),
    (0x06, 0x80): (Service.CNF_IR, Side.E_METER),
    (0x53, 0x5B): (Service.SND_UD, Side.E_METER),
    (0x53, 0x6C): (Service.SND_UD, Side.E_METER),
    (0x00, 0x8A): (Service.ACK, Side.DEVICE),
    (0x5B, 0x80): (Service.REQ_UD2, Side.E_METER),
    (0x08, 0x7A): (Service.RSP_UD, Side.DEVICE),
    (0x40, 0x80): (Service.SND_NKE, Side.E_METER),
}
"""Which C goes with which CI; DSMR has no other telegrams."""


class Format(Enum):
    """Where the CRCs stand. DSMR has A; receivers often hand on what they heard without any."""

    A = "FT3, format A"
    B = "format B"
    BARE = "without CRCs"


@dataclass(frozen=True, slots=True)
class Telegram:
    """`c` and `ci` stand together in `TELEGRAMS`; `link_address` is the sender's 8 octets."""

    c: int
    link_address: bytes
    ci: int
    body: bytes = field(default=b"", repr=False)

    @property
    def service(self) -> Service:
        """What it is for."""
        return TELEGRAMS[self.c, self.ci][0]

    @property
    def side(self) -> Side:
        """Who sends it."""
        return TELEGRAMS[self.c, self.ci][1]

    def sender(self) -> ShortId:
        """The device of the link address; raises `WireError` when it names none."""
        return ShortId.from_link_address(self.link_address)

    def encode(self, format: Format = Format.A) -> bytes:
        """L and all that follows; raises `LocalError` for a telegram that cannot be."""
        if (self.c, self.ci) not in TELEGRAMS:
            raise LocalError(f"C {self.c:02X} with CI {self.ci:02X} is not of DSMR")
        if len(self.link_address) != SHORT_ID_OCTETS:
            raise LocalError(f"a link address has {SHORT_ID_OCTETS} octets")
        octets = bytes((self.c,)) + self.link_address + bytes((self.ci,)) + self.body
        length = len(octets)
        if format is Format.B:
            length += _CRC_OCTETS * _block_count(1 + length, Format.B)
        if length > MAX_LENGTH:
            raise LocalError(
                f"a telegram has at most {MAX_LENGTH} octets, not {length}"
            )
        return add_crcs(bytes((length,)) + octets, format)


def decode(
    octets: bytes, side: Side | None = None, format: Format = Format.A
) -> Telegram:
    """The telegram that these octets are; of either side when none is given.

    Raises `WireError` for wrong lengths and CRCs, and for a C and CI that DSMR lacks there.
    """
    if not octets:
        raise WireError("an empty telegram")
    plain = remove_crcs(octets, format)
    counted = octets if format is Format.B else plain
    if octets[0] != len(counted) - 1:
        raise WireError(f"{len(counted) - 1} octets follow an L of {octets[0]}", 0)
    if len(plain) < _MIN_OCTETS:
        raise WireError("a telegram is cut short", len(octets))
    c, ci = plain[1], plain[_MIN_OCTETS - 1]
    row = TELEGRAMS.get((c, ci))
    if row is None or side not in (None, row[1]):
        raise WireError(f"C {c:02X} with CI {ci:02X} is not allowed here", 1)
    return Telegram(c, plain[2:_FIRST_BLOCK_OCTETS], ci, plain[_MIN_OCTETS:])


def add_crcs(octets: bytes, format: Format) -> bytes:
    """The octets from L on in blocks, each with its CRC."""
    if format is Format.BARE:
        return octets
    return b"".join(
        block + crc16_en13757(block).to_bytes(_CRC_OCTETS, "big")
        for block in _cut(octets, format, 0)
    )


def remove_crcs(octets: bytes, format: Format) -> bytes:
    """The octets from L on without CRCs; raises `WireError` at the block whose CRC is wrong."""
    if format is Format.BARE:
        return octets
    parts = []
    at = 0
    for part, wrong in blocks(octets, format):
        if wrong:
            raise WireError("the CRC of a block is wrong", at)
        parts.append(part)
        at += len(part) + _CRC_OCTETS
    return b"".join(parts)


def blocks(octets: bytes, format: Format) -> Iterator[tuple[bytes, bool]]:
    """Each block without its CRC, and whether that is wrong; not for `Format.BARE`."""
    for block in _cut(octets, format, _CRC_OCTETS):
        part, crc = block[:-_CRC_OCTETS], block[-_CRC_OCTETS:]
        yield part, not part or crc16_en13757(part) != int.from_bytes(crc, "big")


def _cut(octets: bytes, format: Format, extra: int) -> Iterator[bytes]:
    """The blocks, each `extra` octets longer than its format says."""
    first, others = _SIZES[format]
    end = first + extra
    yield octets[:end]
    while end < len(octets):
        begin, end = end, end + others + extra
        yield octets[begin:end]


def _block_count(size: int, format: Format) -> int:
    first, others = _SIZES[format]
    return 1 + max(0, -(-(size - first) // others))


_SIZES = {
    Format.A: (_FIRST_BLOCK_OCTETS, _BLOCK_OCTETS),
    Format.B: (_BLOCK_B_OCTETS, _BLOCK_B_OCTETS),
}

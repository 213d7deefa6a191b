"""FT1.2 frames on the wired bus (EN 60870-5-1; EN 13757-2): what DSMR allows, and no more.

A frame is one octet (E5), short (`10 C A CS 16`) or long (`68 L L 68 C A CI … CS 16`); CS is
the sum of the octets from C on, L their number. Which C goes with which CI, and who sends it,
stands in two tables (P2 companion standard 4.0.7); a frame that they lack is not processed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from wire.errors import LocalError, WireError

UNCONFIGURED_ADDRESS = 0
ADDRESSES = range(1, 251)
"""The primary addresses that a device may be given."""

MAX_LENGTH = 255

_ACK, _SHORT, _LONG, _STOP = 0xE5, 0x10, 0x68, 0x16
_SHORT_OCTETS = 5
_LONG_OVERHEAD = 6
_LONG_HEAD_OCTETS = 4
_MIN_LENGTH = 3


class Direction(Enum):
    """Who sends a frame."""

    FROM_MASTER = "from the master"
    FROM_SLAVE = "from a slave"


class Service(Enum):
    """What a C field asks or answers (EN 13757-2)."""

    SND_NKE = "normalise the link, reset the read-out list"
    SND_UD = "send data to the slave"
    REQ_UD1 = "ask for alarms"
    REQ_UD2 = "ask for data"
    REQ_SKE = "ask for the status of the link"
    RSP_UD = "data of the slave"
    RSP_SKE = "the status of the link"


_MASTER, _SLAVE = Direction.FROM_MASTER, Direction.FROM_SLAVE

# The frame count bit (20h) may be set or not: duplicates are told by the access number.
SHORT_FRAMES = {
    0x40: (Service.SND_NKE, _MASTER),
    0x5A: (Service.REQ_UD1, _MASTER),
    0x7A: (Service.REQ_UD1, _MASTER),
    0x5B: (Service.REQ_UD2, _MASTER),
    0x7B: (Service.REQ_UD2, _MASTER),
    0x59: (Service.REQ_SKE, _MASTER),
    0x79: (Service.REQ_SKE, _MASTER),
    0x0B: (Service.RSP_SKE, _SLAVE),
    0x1B: (Service.RSP_SKE, _SLAVE),
    0x2B: (Service.RSP_SKE, _SLAVE),
    0x3B: (Service.RSP_SKE, _SLAVE),
}
LONG_FRAMES = {
    (0x53, 0x51): (Service.SND_UD, _MASTER),
    (0x73, 0x51): (Service.SND_UD, _MASTER),
    (0x53, 0x5A): (Service.SND_UD, _MASTER),
    (0x73, 0x5A): (Service.SND_UD, _MASTER),
    (0x53, 0x6C): (Service.SND_UD, _MASTER),
    (0x73, 0x6C): (Service.SND_UD, _MASTER),
    (0x08, 0x72): (Service.RSP_UD, _SLAVE),
}


@dataclass(frozen=True, slots=True)
class Ack:
    """The single octet E5: received."""

    def encode(self) -> bytes:
        """E5."""
        return b"\xe5"


@dataclass(frozen=True, slots=True)
class Short:
    """A frame without data; `c` is one of `SHORT_FRAMES`."""

    c: int
    address: int

    @property
    def service(self) -> Service:
        """What is asked or answered."""
        return SHORT_FRAMES[self.c][0]

    def encode(self) -> bytes:
        """The five octets; raises `LocalError` for a C field or an address that cannot be."""
        if self.c not in SHORT_FRAMES:
            raise LocalError(f"C {self.c:02X} is not of a short frame of DSMR")
        _check_address(self.address)
        checksum = (self.c + self.address) & 0xFF
        return bytes((_SHORT, self.c, self.address, checksum, _STOP))


@dataclass(frozen=True, slots=True)
class Long:
    """A frame with data; `c` and `ci` stand together in `LONG_FRAMES`, `body` follows the CI."""

    c: int
    address: int
    ci: int
    body: bytes = field(repr=False)

    @property
    def service(self) -> Service:
        """What is asked or answered."""
        return LONG_FRAMES[self.c, self.ci][0]

    def encode(self) -> bytes:
        """The octets; raises `LocalError` for a frame that DSMR lacks, or that is too long."""
        if (self.c, self.ci) not in LONG_FRAMES:
            raise LocalError(f"C {self.c:02X} with CI {self.ci:02X} is not of DSMR")
        _check_address(self.address)
        content = bytes((self.c, self.address, self.ci)) + self.body
        length = len(content)
        if length > MAX_LENGTH:
            raise LocalError(f"a frame has at most {MAX_LENGTH} octets, not {length}")
        head = bytes((_LONG, length, length, _LONG))
        return head + content + bytes((sum(content) & 0xFF, _STOP))


Frame = Ack | Short | Long
ACK = Ack()


class DropReason(Enum):
    """Why octets were not taken for a frame."""

    NOISE = "outside a frame"
    LENGTHS = "the two lengths of a long frame differ, or are too short"
    STOP = "no stop octet where the frame ends"
    CHECKSUM = "the checksum is wrong"
    NOT_ALLOWED = "C and CI are not those of a frame that DSMR allows here"
    CUT_SHORT = "the line fell silent within a frame"


@dataclass(frozen=True, slots=True)
class OctetsDropped:
    """So many octets were thrown away."""

    count: int
    reason: DropReason


def decode(octets: bytes, direction: Direction | None = None) -> Frame:
    """The one frame that these octets are; of either direction when none is given.

    Raises `WireError` for anything else.
    """
    size, found = _examine(octets, 0, direction)
    if isinstance(found, DropReason):
        raise WireError(found.value, 0)
    if found is None:
        raise WireError("a frame is cut short", len(octets))
    if size != len(octets):
        raise WireError("octets follow the frame", size)
    return found


class FrameReader:
    """Splits what arrives on the bus into frames, whatever the chunking.

    At most one frame is kept waiting. When octets are not a frame, reading goes on behind the
    first of them, so that a frame which begins among them is found; what is skipped until then
    is reported as one, for the reason that the first octet gave. A frame with a wrong checksum
    and one that is not allowed are dropped whole. E5 among skipped octets is no acknowledgement:
    one counts behind a frame, or on a line that was silent.
    """

    def __init__(self, direction: Direction) -> None:
        self._direction = direction
        self._pending = bytearray()
        self._skipped = 0
        self._why = DropReason.NOISE
        self._lost = False

    def feed(self, data: bytes) -> list[Frame | OctetsDropped]:
        """The events that these octets complete."""
        self._pending += data
        return self._read(False)

    def silence(self) -> list[Frame | OctetsDropped]:
        """The line was idle for 33 bit times, which no frame is: nothing waits for its rest."""
        events = self._read(True)
        self._report_skipped(events)
        self._lost = False
        return events

    def _read(self, ended: bool) -> list[Frame | OctetsDropped]:
        events: list[Frame | OctetsDropped] = []
        octets = bytes(self._pending)
        at = 0
        while at < len(octets):
            size, found = _examine(octets, at, self._direction)
            if found is None:
                if not ended:
                    break
                size, found = 1, DropReason.CUT_SHORT
            at += size
            if found is ACK and self._lost:
                found = DropReason.NOISE
            if isinstance(found, DropReason) and size == 1:
                self._skip(found, events)
                continue
            self._report_skipped(events)
            self._lost = False
            if isinstance(found, DropReason):
                events.append(OctetsDropped(size, found))
            else:
                events.append(found)
        del self._pending[:at]
        return events

    def _skip(self, why: DropReason, events: list[Frame | OctetsDropped]) -> None:
        if not self._skipped:
            self._why = why
        self._lost = True
        self._skipped += 1
        # In lots, so that endless noise is reported, and alike for any chunking.
        if self._skipped == MAX_LENGTH:
            self._report_skipped(events)

    def _report_skipped(self, events: list[Frame | OctetsDropped]) -> None:
        if self._skipped:
            events.append(OctetsDropped(self._skipped, self._why))
            self._skipped = 0


def _examine(
    octets: bytes, at: int, direction: Direction | None
) -> tuple[int, Frame | DropReason | None]:
    """What begins here and how many octets it takes; None if it goes on beyond the end."""
    start = octets[at] if at < len(octets) else None
    if start == _LONG:
        return _examine_long(octets, at, direction)
    if start == _SHORT:
        return _examine_short(octets, at, direction)
    if start == _ACK and direction is not Direction.FROM_MASTER:
        return 1, ACK
    return (0, None) if start is None else (1, DropReason.NOISE)


def _examine_short(
    octets: bytes, at: int, direction: Direction | None
) -> tuple[int, Frame | DropReason | None]:
    if at + _SHORT_OCTETS > len(octets):
        return 0, None
    _, c, address, checksum, stop = octets[at : at + _SHORT_OCTETS]
    if stop != _STOP:
        return 1, DropReason.STOP
    if checksum != (c + address) & 0xFF:
        return _SHORT_OCTETS, DropReason.CHECKSUM
    if not _allowed(SHORT_FRAMES.get(c), direction):
        return _SHORT_OCTETS, DropReason.NOT_ALLOWED
    return _SHORT_OCTETS, Short(c, address)


def _examine_long(
    octets: bytes, at: int, direction: Direction | None
) -> tuple[int, Frame | DropReason | None]:
    head = octets[at : at + _LONG_HEAD_OCTETS]
    if len(head) < _LONG_HEAD_OCTETS:
        return 0, None
    length = head[1]
    if head[2] != length or head[3] != _LONG or length < _MIN_LENGTH:
        return 1, DropReason.LENGTHS
    size = length + _LONG_OVERHEAD
    if at + size > len(octets):
        return 0, None
    begin = at + _LONG_HEAD_OCTETS
    end = begin + length
    if octets[end + 1] != _STOP:
        return 1, DropReason.STOP
    content = octets[begin:end]
    if octets[end] != sum(content) & 0xFF:
        return size, DropReason.CHECKSUM
    c, address, ci = content[:_MIN_LENGTH]
    if not _allowed(LONG_FRAMES.get((c, ci)), direction):
        return size, DropReason.NOT_ALLOWED
    return size, Long(c, address, ci, content[_MIN_LENGTH:])


def _allowed(
    row: tuple[Service, Direction] | None, direction: Direction | None
) -> bool:
    return row is not None and direction in (None, row[1])


def _check_address(address: int) -> None:
    if not 0 <= address <= 0xFF:
        raise LocalError(f"{address} is not an address on the bus")

"""The control unit's Modbus map: a row per register, and how values become words.

Unit 1, addresses from 0, function codes 3 and 4 read, 6 and 16 write. A value of several
words is big-endian, the high word first, and is written whole or not at all. The map is
dsmrlab's own: the unit of the proof of concept has none that is public.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum, IntFlag
from struct import error, pack

from wire.errors import LocalError, WireError

MAGIC = 0x4443
"""Register 0: who answers is such a unit ("DC")."""

MAP_VERSION = 1
NO_LIMIT = 0xFFFF_FFFF
"""Direct limit: none."""

NO_PERIOD = 0xFFFF
"""Active period index: none."""

PERSIST_MAGIC = 0x5A5A
"""What register 304 must be written with to keep 301 to 303 over a restart."""

MAX_PERIODS = 32
MAX_READ_WORDS, MAX_WRITE_WORDS = 125, 123
MINIMUM_DA = 60
"""6 A: below it a car cannot charge (IEC 61851-1, annex A)."""

WATT_PER_DA = 23
"""Watt of 0.1 A on one phase at the nominal 230 V."""


class Type(Enum):
    """How many words a value takes and how they are read."""

    U16 = "u16"
    U32 = "u32"
    S32 = "s32"
    U64 = "u64"
    ASCII = "ascii"


class Access(Enum):
    """What a master may do; a write-only register reads as 0."""

    R = "R"
    RW = "RW"
    W = "W"


class ExceptionCode(IntEnum):
    """Why a request is refused (Modbus application protocol 1.1b3, clause 7)."""

    ILLEGAL_FUNCTION = 1
    ILLEGAL_ADDRESS = 2
    ILLEGAL_VALUE = 3
    DEVICE_FAILURE = 4
    DEVICE_BUSY = 6


class RequestRefused(WireError):
    """The unit refuses a request; `code` is the exception that the master must be told."""

    def __init__(self, code: ExceptionCode, rule: str) -> None:
        super().__init__(rule)
        self.code = code


class Source(IntEnum):
    """Register 101: what sets the limit that is applied."""

    OWN_CONFIGURATION = 0
    PROFILE = 1
    DIRECT = 2
    SAFE = 3
    CABLE_OR_THERMAL = 4


class Status(IntFlag):
    """Register 108. ACCOUNTED_FOR: a profile or direct limit takes part in the limit now."""

    PROFILE_LOADED = 1
    PROFILE_ACTIVE = 2
    ACCOUNTED_FOR = 4
    WATCHDOG_TRIPPED = 8
    BELOW_MINIMUM = 16
    CLOCK_SET = 32


class Fault(IntFlag):
    """Register 109."""

    COMMUNICATION = 1
    RCD = 2
    OVERCURRENT = 4
    TEMPERATURE = 8
    LOCK = 16
    CONTROL_PILOT = 32
    WELD = 64
    PROFILE_REJECTED = 128


STOPPING = ~(Fault.COMMUNICATION | Fault.PROFILE_REJECTED)
"""The faults with which no car is charged."""


class Command(IntEnum):
    """What register 400 may be written with."""

    COMMIT = 1
    CLEAR = 2


class Outcome(IntEnum):
    """What register 400 reads; any other value is a `wire.charging_profile.Reject`."""

    NONE = 0
    COMMITTED = 1
    CLEARED = 2
    BUSY = 3
    BUFFER_CRC = 4


@dataclass(frozen=True, slots=True)
class Register:
    """One row of the map: a value of `words` registers from `address` on."""

    address: int
    name: str
    type: Type
    words: int
    unit: str
    access: Access
    meaning: str

    def encode(self, value: int | str) -> list[int]:
        """The words of a value; `LocalError` when it does not fit."""
        if isinstance(value, str):
            octets = value.encode("ascii", "replace").ljust(2 * self.words, b"\0")
            if self.type is not Type.ASCII or len(octets) != 2 * self.words:
                raise LocalError(f"{value!r} does not fit in register {self.name}")
        else:
            try:
                octets = value.to_bytes(
                    2 * self.words, "big", signed=self.type is Type.S32
                )
            except OverflowError:
                raise LocalError(
                    f"{value} does not fit in register {self.name}"
                ) from None
        return [
            int.from_bytes(octets[at : at + 2], "big")
            for at in range(0, len(octets), 2)
        ]

    def decode(self, words: Sequence[int]) -> int:
        """The number that the words hold."""
        return int.from_bytes(octets_of(words), "big", signed=self.type is Type.S32)


def octets_of(words: Sequence[int]) -> bytes:
    """Words as octets, high octet first; `LocalError` when one has more than 16 bits."""
    try:
        return pack(f">{len(words)}H", *words)
    except error:
        raise LocalError("a register has 16 bits") from None


def text_of(words: Sequence[int]) -> str:
    """The characters of an ASCII value, without its padding."""
    return octets_of(words).rstrip(b"\0").decode("ascii", "replace")


_WORDS = {Type.U16: 1, Type.U32: 2, Type.S32: 2, Type.U64: 4}
_R, _RW, _W = Access.R, Access.RW, Access.W


def _row(
    address: int,
    name: str,
    type: Type,
    unit: str,
    access: Access,
    meaning: str,
    words: int = 0,
) -> Register:
    return Register(address, name, type, words or _WORDS[type], unit, access, meaning)


REGISTERS = (
    _row(0, "magic", Type.U16, "", _R, "always 0x4443"),
    _row(1, "map_version", Type.U16, "", _R, "version of this map"),
    _row(2, "serial", Type.ASCII, "", _R, "serial number", words=8),
    _row(10, "phases", Type.U16, "", _R, "phases that are wired, 1 or 3"),
    _row(11, "hardware_max", Type.U16, "0.1 A", _R, "maximum of a phase"),
    _row(12, "own_limit", Type.U32, "W", _R, "limit of the own configuration"),
    _row(100, "iec61851_state", Type.U16, "", _R, "ASCII A to F"),
    _row(101, "limit_source", Type.U16, "", _R, "what sets the limit: Source"),
    _row(102, "applied_limit", Type.U32, "W", _R, "the limit that is applied"),
    _row(104, "pwm_current", Type.U16, "0.1 A", _R, "offered per phase; 0 pauses"),
    _row(105, "phases_in_use", Type.U16, "", _R, "phases that the offer counts on"),
    _row(106, "profile_remaining", Type.U16, "s", _R, "to ValidTo, at most 65535"),
    _row(107, "watchdog_remaining", Type.U16, "s", _R, "to the trip; 65535 when off"),
    _row(108, "status", Type.U16, "", _R, "bits: Status"),
    _row(109, "faults", Type.U16, "", _R, "bits: Fault"),
    _row(110, "active_sequence", Type.U32, "", _R, "of the committed profile, or 0"),
    _row(112, "active_period", Type.U16, "", _R, "index from 0; 65535 none"),
    _row(113, "last_reject", Type.U16, "", _R, "last refusal of a commit: Reject"),
    _row(200, "voltage_l1", Type.U16, "0.1 V", _R, "voltage L1"),
    _row(201, "voltage_l2", Type.U16, "0.1 V", _R, "voltage L2"),
    _row(202, "voltage_l3", Type.U16, "0.1 V", _R, "voltage L3"),
    _row(203, "current_l1", Type.U16, "0.01 A", _R, "current L1"),
    _row(204, "current_l2", Type.U16, "0.01 A", _R, "current L2"),
    _row(205, "current_l3", Type.U16, "0.01 A", _R, "current L3"),
    _row(206, "power_l1", Type.S32, "W", _R, "power L1, positive into the car"),
    _row(208, "power_l2", Type.S32, "W", _R, "power L2"),
    _row(210, "power_l3", Type.S32, "W", _R, "power L3"),
    _row(212, "power", Type.S32, "W", _R, "power of all phases"),
    _row(214, "session_energy", Type.U32, "Wh", _R, "into the car that is here"),
    _row(216, "lifetime_energy", Type.U64, "Wh", _R, "into all cars ever"),
    _row(300, "heartbeat", Type.U16, "", _RW, "a change restarts the watchdog"),
    _row(301, "watchdog_timeout", Type.U16, "s", _RW, "0 is off"),
    _row(302, "safe_power", Type.U32, "W", _RW, "limit when direct control is lost"),
    _row(304, "persist", Type.U16, "", _W, "0x5A5A keeps 301 to 303 over a restart"),
    _row(305, "direct_limit", Type.U32, "W", _RW, "FFFFFFFF is none"),
    _row(307, "direct_validity", Type.U16, "s", _RW, "from its write; 0 has no end"),
    _row(308, "phase_request", Type.U16, "", _RW, "phases to use: 1, 3; 0 all"),
    _row(400, "commit", Type.U16, "", _RW, "Command; reads Outcome or Reject"),
    _row(401, "sequence", Type.U32, "", _RW, "staged sequence; 0 is unnumbered"),
    _row(403, "valid_from", Type.U32, "s", _RW, "staged ValidFrom, epoch"),
    _row(405, "valid_to", Type.U32, "s", _RW, "staged ValidTo, epoch"),
    _row(407, "period_count", Type.U16, "", _RW, "staged periods, at most 32"),
    _row(408, "buffer_crc", Type.U16, "", _RW, "buffer_crc of the staged words"),
    *(
        row
        for index in range(MAX_PERIODS)
        for row in (
            _row(
                410 + 4 * index,
                f"period_{index}_start",
                Type.U32,
                "s",
                _RW,
                "staged Start, epoch",
            ),
            _row(
                412 + 4 * index,
                f"period_{index}_max",
                Type.U32,
                "W",
                _RW,
                "staged MxPwr",
            ),
        )
    ),
    _row(600, "clock", Type.U32, "s", _RW, "the unit's clock, epoch"),
)

BY_NAME = {row.name: row for row in REGISTERS}

STAGED_FROM = BY_NAME["sequence"].address
PERIODS_FROM = BY_NAME["period_0_start"].address


def register(name: str) -> Register:
    """The row of that name."""
    try:
        return BY_NAME[name]
    except KeyError:
        raise LocalError(f"the unit has no register {name!r}") from None


def u32_words(value: int) -> list[int]:
    """An unsigned 32-bit value as two words."""
    if not 0 <= value <= 0xFFFF_FFFF:
        raise LocalError(f"{value} does not fit in 32 bits")
    return [value >> 16, value & 0xFFFF]


def u32_from(words: Sequence[int], index: int = 0) -> int:
    """The unsigned 32-bit value of the two words from `index` on."""
    return words[index] << 16 | words[index + 1]


def hardware_max_w(phases: int, max_da: int) -> int:
    """The station's maximum in watt, of registers 10 and 11, at 230 V."""
    return phases * max_da * WATT_PER_DA

"""What a gateway asks of its control unit: exchanges of reads and writes, and the answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from chargepoint.registers import (
    MAGIC,
    NO_LIMIT,
    STOPPING,
    Command,
    Fault,
    Source,
    Status,
    hardware_max_w,
    register,
    u32_from,
    u32_words,
)
from chargepoint.staging import staging_writes
from wire.charging_profile import ChargingProfile
from wire.errors import WireError

Words = Sequence[int]


class Purpose(Enum):
    """Why an exchange is made."""

    FIND = "find the unit"
    HEARTBEAT = "heartbeat"
    SET_CLOCK = "set the clock"
    COMMIT = "commit the profile"
    CLEAR = "clear the profile"
    READ_BACK = "read back the commit"
    DIRECT = "set the direct limit"
    PHASES = "request phases"


@dataclass(frozen=True, slots=True)
class Read:
    """Reads `count` registers from `address` on."""

    address: int
    count: int


@dataclass(frozen=True, slots=True)
class Write:
    """Writes the words from `address` on."""

    address: int
    words: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Exchange:
    """Requests to make one after the other; the first failure ends the exchange."""

    purpose: Purpose
    requests: tuple[Read | Write, ...]


_IDENTITY = Read(register("magic").address, 14)
_STATUS = Read(register("iec61851_state").address, 14)
_SETTINGS = Read(register("heartbeat").address, 9)
_OUTCOME = Read(register("commit").address, 1)

# As plain numbers: a flag costs a microsecond at each use, and every heartbeat asks.
_LOADED, _CLOCK_SET = int(Status.PROFILE_LOADED), int(Status.CLOCK_SET)
_STOPPING = int(STOPPING)


def find() -> Exchange:
    """Who is there, how it is and how it is set; answered by `UnitIdentity` and the rest."""
    return Exchange(Purpose.FIND, (_IDENTITY, _STATUS, _SETTINGS))


def heartbeat(counter: int) -> Exchange:
    """Restarts the watchdog and reads the status."""
    return Exchange(
        Purpose.HEARTBEAT, (Write(register("heartbeat").address, (counter,)), _STATUS)
    )


def set_clock(telegram_s: int) -> Exchange:
    """Gives the unit the telegram's time, in epoch seconds."""
    words = tuple(u32_words(telegram_s))
    return Exchange(Purpose.SET_CLOCK, (Write(register("clock").address, words),))


def commit(profile: ChargingProfile, sequence: int) -> Exchange:
    """Stages and commits a profile; then reads the outcome and the status."""
    writes = staging_writes(
        sequence,
        int(profile.valid_from.timestamp()),
        int(profile.valid_to.timestamp()),
        [(int(p.start.timestamp()), p.max_w) for p in profile.periods],
    )
    return _commanded(
        Purpose.COMMIT,
        Command.COMMIT,
        [Write(address, tuple(words)) for address, words in writes],
    )


def clear() -> Exchange:
    """Drops the unit's profile; then reads the outcome and the status."""
    return _commanded(Purpose.CLEAR, Command.CLEAR, [])


def _commanded(purpose: Purpose, command: Command, staged: list[Write]) -> Exchange:
    write = Write(_OUTCOME.address, (command,))
    return Exchange(purpose, (*staged, write, _OUTCOME, _STATUS))


def read_back() -> Exchange:
    """Reads how a command that took its time came out."""
    return Exchange(Purpose.READ_BACK, (_OUTCOME, _STATUS))


def direct(limit_w: int | None) -> Exchange:
    """Sets the direct limit without an end, or takes it away (None)."""
    words = (*u32_words(NO_LIMIT if limit_w is None else limit_w), 0)
    return Exchange(
        Purpose.DIRECT, (Write(register("direct_limit").address, words), _STATUS)
    )


def phases(request: int) -> Exchange:
    """Asks for 1 or 3 phases; 0 leaves it to the unit."""
    address = register("phase_request").address
    return Exchange(Purpose.PHASES, (Write(address, (request,)), _STATUS))


@dataclass(frozen=True, slots=True)
class UnitIdentity:
    """What the unit is built and configured for, in W, and how it is set.

    `direct_w` is None for no direct limit; `watchdog_s` is 0 when it is off.
    """

    hardware_max_w: int
    own_limit_w: int
    heartbeat: int
    watchdog_s: int
    direct_w: int | None
    phases: int

    @classmethod
    def read(cls, identity: Words, settings: Words) -> UnitIdentity:
        """From the first and the last answer of `find`; `WireError` if it is no such unit."""
        if identity[0] != MAGIC:
            raise WireError(
                f"register 0 reads {identity[0]:04X}, so what answers is no control unit"
            )
        if identity[10] not in (1, 3):
            raise WireError(f"what answers has {identity[10]} phases, and not 1 or 3")
        direct_w = u32_from(settings, 5)
        return cls(
            hardware_max_w(identity[10], identity[11]),
            u32_from(identity, 12),
            settings[0],
            settings[1],
            None if direct_w == NO_LIMIT else direct_w,
            settings[8],
        )


class UnitStatus(NamedTuple):
    """Registers 100 to 113 as far as a gateway needs them."""

    applied_w: int
    source: int
    status: int
    faults: int
    sequence: int
    last_reject: int

    @classmethod
    def read(cls, words: Words) -> UnitStatus:
        """From the 14 words of 100 to 113."""
        return cls(
            u32_from(words, 2),
            words[1],
            words[8],
            words[9],
            u32_from(words, 10),
            words[13],
        )

    @property
    def loaded(self) -> bool:
        """Whether the unit holds a profile, active or not."""
        return bool(self.status & _LOADED)

    @property
    def clock_set(self) -> bool:
        """Whether the unit's clock was set since it started."""
        return bool(self.status & _CLOCK_SET)

    @property
    def limited_otherwise(self) -> bool:
        """Whether something that nobody commands may hold the limit down."""
        return self.source in (Source.CABLE_OR_THERMAL, Source.SAFE)

    @property
    def fault_names(self) -> str:
        """The unit's own faults, for a person; empty without any."""
        stopping = self.faults & _STOPPING
        if not stopping:
            return ""
        return ", ".join(fault.name or "" for fault in Fault if fault & stopping)

"""The messages of P2 as values: what a device tells, and what the E-meter tells it to do.

Each is the data records that its method `records` tells, but for the clock, which is set by a
block of its own (P2 4.0.7, 6.2.1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from wire.errors import LocalError, WireError
from wire.mbus import rows
from wire.mbus.records import Record, Row
from wire.mbus.security import KEY_OCTETS, filled
from wire.mbus.times import decode_set_clock, encode_set_clock
from wire.mbus.values import CLEARABLE, Status, ValveCommand

_HALF = KEY_OCTETS // 2


@dataclass(frozen=True, slots=True)
class Data:
    """What a device tells of itself and measures; no records when it asks to be installed."""

    content: tuple[Record, ...] = ()

    def records(self) -> tuple[Record, ...]:
        return self.content

    def find(self, name: str, storage: int | None = None) -> Record | None:
        """The first record of that name, if there is one; of that storage if one is given."""
        for record in self.content:
            if record.name == name and storage in (None, record.storage):
                return record
        return None


@dataclass(frozen=True, slots=True)
class ReadOutList:
    """What the next answers shall bring, until the link is normalised (6.3.1)."""

    content: tuple[Row, ...]

    def records(self) -> tuple[Record, ...]:
        return tuple(row.selection() for row in self.content)


@dataclass(frozen=True, slots=True)
class ClearStatus:
    """Clears the bits of `mask` in the status of a device."""

    mask: Status = CLEARABLE

    def records(self) -> tuple[Record, ...]:
        return (rows.CLEAR_STATUS.record(self.mask),)


@dataclass(frozen=True, slots=True)
class OperateValve:
    """Closes, opens or releases the valve; from 4.0.7 on E-meters no longer send it."""

    command: ValveCommand

    def records(self) -> tuple[Record, ...]:
        return (rows.VALVE_COMMAND.record(self.command),)


@dataclass(frozen=True, slots=True)
class SetAddress:
    """Gives a device its primary address."""

    address: int

    def records(self) -> tuple[Record, ...]:
        return (rows.ADDRESS.record(self.address),)


@dataclass(frozen=True, slots=True)
class SetKey:
    """A new user key, enciphered under the default key; its low half goes first (5.2)."""

    wrapped: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.wrapped) != KEY_OCTETS:
            raise LocalError(f"a wrapped key has {KEY_OCTETS} octets")

    def records(self) -> tuple[Record, ...]:
        high, low = self.wrapped[:_HALF], self.wrapped[_HALF:]
        return rows.KEY_LOW.record(low), rows.KEY_HIGH.record(high)


@dataclass(frozen=True, slots=True)
class TransferKey:
    """A key of SMR 5: the octets of `security.encode_key_transfer`."""

    octets: bytes = field(repr=False)

    def records(self) -> tuple[Record, ...]:
        return (rows.KEY_TRANSFER.record(self.octets),)


@dataclass(frozen=True, slots=True)
class Nothing:
    """A message of the link alone."""

    def records(self) -> tuple[Record, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class SetClock:
    """The time that a device shall adopt, UTC and to the second."""

    instant: datetime


Message = (
    Data
    | ReadOutList
    | ClearStatus
    | OperateValve
    | SetAddress
    | SetKey
    | TransferKey
    | SetClock
    | Nothing
)

CONTROLS: frozenset[type[Message]] = frozenset((ReadOutList, ClearStatus, OperateValve))
SEALABLE: frozenset[type[Message]] = CONTROLS | {Data, SetClock}
"""What mode 15 enciphers; a key comes enciphered as it is, under another key."""


def _key(low: Record, high: Record) -> SetKey:
    assert isinstance(low.value, bytes) and isinstance(high.value, bytes)
    return SetKey(high.value + low.value)


# The records that a command consists of, by name, and what it is.
_COMMANDS: dict[tuple[str, ...], Callable[..., Message]] = {
    ("clear_status",): lambda record: ClearStatus(record.value),
    ("valve_command",): lambda record: OperateValve(record.value),
    ("address",): lambda record: SetAddress(record.value),
    ("key_low", "key_high"): _key,
    ("key_high", "key_low"): lambda high, low: _key(low, high),
    ("key_transfer",): lambda record: TransferKey(record.value),
}


def encode(message: Message, enciphered: bool = False) -> bytes:
    """The body in clear; with fillers to whole blocks if it is to be enciphered."""
    if isinstance(message, SetClock):
        return encode_set_clock(message.instant)
    octets = rows.encode(message.records())
    return filled(octets) if enciphered else octets


def decode(allowed: frozenset[type[Message]], body: bytes) -> Message:
    """The message of a body in clear, which must be one of those allowed.

    Raises `WireError` for any other, also for a command with a record that it should not have.
    """
    if Nothing in allowed:
        if body:
            raise WireError("octets behind the header of a message without body", 0)
        return Nothing()
    if SetClock in allowed:
        return SetClock(decode_set_clock(body))
    records = rows.decode(body)
    message = Data(records) if Data in allowed else _command(records)
    if type(message) not in allowed:
        raise WireError(f"{type(message).__name__} is not allowed here", 0)
    return message


def _command(records: tuple[Record, ...]) -> Message:
    if records and all(record.selection for record in records):
        return _read_out_list(records)
    names = tuple(record.name for record in records)
    make: Any = None
    if not any(record.selection for record in records):
        make = _COMMANDS.get(names)
    if make is None:
        raise WireError("these records are not a command of DSMR", 0)
    made: Message = make(*records)
    return made


def _read_out_list(records: tuple[Record, ...]) -> ReadOutList:
    wanted = []
    for record in records:
        if record.row is None:
            raise WireError(f"{record.head.hex()} asks for what no row has", 0)
        wanted.append(record.row)
    return ReadOutList(tuple(wanted))

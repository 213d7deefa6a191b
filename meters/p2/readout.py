"""What a device tells of itself: the standard read-out list, or what was asked for (P2 6.3).

Readings go with the storage bit as they were at the last full hour, and without it as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache, partial
from typing import TYPE_CHECKING, NamedTuple

from meters.p2 import counting
from meters.p2.identity import NO_KEY
from meters.p2.media import Kind, Register
from wire.instants import from_epoch
from wire.mbus import rows
from wire.mbus.headers import Configuration, DsmrVersion
from wire.mbus.records import Row
from wire.mbus.security import BLOCK_OCTETS, MODE_15, filled, seal_mode_15
from wire.mbus.values import Value

if TYPE_CHECKING:
    from meters.p2.device import Device

# Header, counter and one block less than 15 fill a frame of 255 octets; two fillers stand
# before the records and two at least behind them (5.1).
MAX_OCTETS = 14 * BLOCK_OCTETS - 4

_FIRST_S, _LAST_S = 946_684_800, 4_102_444_799

_HARDWARE = {"met": "PCB2.1", "com": "MB1.4"}
_OTHER_FIRMWARE = {"com": "MB1.4.2", "apl": "1.0.7", "cfg": "NL01"}
LEGAL_SOFTWARE = "01.00"
"""The version of the metrological software, which is never renewed (seed 003, 5)."""

_COMPLIANCE = {
    DsmrVersion.DSMR_4_0: "4.0",
    DsmrVersion.DSMR_4_2: "4.2",
    DsmrVersion.SMR_5_0: "5.0",
}


class Answer(NamedTuple):
    """A record that a device can send, and where its value comes from."""

    row: Row
    value: Callable[[Device], Value]

    def encode(self, device: Device) -> bytes:
        """The octets, with the value of this moment."""
        return self.row.head + self.row.codec.encode(self.value(device))


def properties(**values: str) -> str:
    """Versions as 6.4.2 has them: each `name=value`, ended by CR LF."""
    return "".join(f"{name}={value}\r\n" for name, value in values.items())


def _instant(clock_s: int) -> datetime:
    """What the clock says, as far as type I reaches: 2000 to 2099."""
    return from_epoch(max(_FIRST_S, min(clock_s, _LAST_S)))


def _kept(register: Register, device: Device) -> int:
    return counting.reading(register, device.state.kept)


def _actual(register: Register, device: Device) -> int:
    return counting.reading(register, device.counts)


def _unconverted(register: Register, device: Device) -> int:
    return counting.unconverted(register, device.counts)


_STATUS = Answer(rows.STATUS, lambda device: device.status)
_IDENTIFIER = Answer(
    rows.EQUIPMENT_IDENTIFIER, lambda device: device.identity.equipment_id
)
_CONFIGURATION = Answer(rows.METER_CONFIGURATION, lambda device: device.configuration)
_KEPT_TIME = Answer(rows.TIMESTAMP, lambda device: _instant(device.state.kept_s))
_VALVE = Answer(rows.VALVE_STATUS, lambda device: device.state.valve)
_ON_REQUEST = (
    Answer(rows.actual(rows.TIMESTAMP), lambda device: _instant(device.state.clock_s)),
    Answer(
        rows.MODEL_VERSION,
        lambda device: properties(dsmr=_COMPLIANCE[device.identity.version]),
    ),
    Answer(rows.HARDWARE_VERSION, lambda device: properties(**_HARDWARE)),
    Answer(
        rows.METROLOGY_FIRMWARE_VERSION, lambda device: properties(met=LEGAL_SOFTWARE)
    ),
    Answer(rows.OTHER_SOFTWARE_VERSION, lambda device: properties(**_OTHER_FIRMWARE)),
)


@lru_cache(maxsize=None)
def standard_list(kind: Kind, valve: bool) -> tuple[Answer, ...]:
    """What a device sends when nothing else was selected (6.3)."""
    readings = (
        Answer(register.row, partial(_kept, register)) for register in kind.registers
    )
    own = (_STATUS, _IDENTIFIER, _KEPT_TIME, *readings)
    return (*own, *((_VALVE,) if valve else ()), _CONFIGURATION)


@lru_cache(maxsize=None)
def _on_selection(kind: Kind, valve: bool) -> Mapping[bytes, Answer]:
    """What can be asked for, by the head of the record that selects it."""
    answers = [*standard_list(kind, valve), *_ON_REQUEST]
    for register in kind.registers:
        answers.append(Answer(rows.actual(register.row), partial(_actual, register)))
        if register.unconverted is not None:
            answers.append(
                Answer(register.unconverted, partial(_unconverted, register))
            )
    return {answer.row.selection().head: answer for answer in answers}


def selected(device: Device, wanted: Iterable[Row]) -> tuple[Answer, ...]:
    """What tells these; of what the device does not know there is nothing to tell."""
    known = _on_selection(device.identity.kind, device.identity.valve.usable)
    heads = (row.selection().head for row in wanted)
    return tuple(known[head] for head in heads if head in known)


def read(device: Device) -> bytes:
    """The records of the list that is in force, as many as fit one message."""
    identity = device.identity
    answers = device.selection or standard_list(identity.kind, identity.valve.usable)
    octets = b""
    for answer in answers:
        record = answer.encode(device)
        if len(octets) + len(record) <= MAX_OCTETS:
            octets += record
    return octets


class Protected(NamedTuple):
    """The body of a message of the device, and what its configuration word says of that."""

    word: Configuration
    body: bytes


def protect(
    device: Device, records: bytes, word: Configuration = Configuration()
) -> Protected | None:
    """The records as they travel: in mode 15 as soon as there is a User key (5.1).

    `word` is what the link has to say. None when the frame counter has run out.
    """
    state = device.state
    if state.user_key == NO_KEY:
        return Protected(word, records)
    counter = state.take_counter()
    if counter is None:
        return None
    plaintext = filled(records)
    body = seal_mode_15(state.user_key, device.identity.short_id, counter, plaintext)
    return Protected(_sealed(word, len(plaintext) // BLOCK_OCTETS), body)


@lru_cache(maxsize=64)
def _sealed(word: Configuration, blocks: int) -> Configuration:
    return replace(word, mode=MODE_15, blocks=blocks)

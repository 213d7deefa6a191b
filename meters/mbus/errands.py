"""What an E-meter has to tell a device or ask it, wired or by radio (P2 4.0.7, 6.2 and 6.3).

Each bit of `Pending` is one errand. Which may go, what it says and what follows when the device
has acknowledged it is the same on either link.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from meters.behaviour import events
from meters.mbus import readings
from meters.mbus.channels import Channel, KeyStatus, Pending, used
from meters.mbus.kept import SENDABLE
from wire.cosem.events import MBusEvent
from wire.cosem.rows import SMR52
from wire.mbus import messages, rows
from wire.mbus.messages import (
    ClearStatus,
    Data,
    Message,
    OperateValve,
    ReadOutList,
    SetClock,
    SetKey,
    TransferKey,
)
from wire.mbus.records import Record
from wire.mbus.security import KEY_OCTETS, MODE_15
from wire.mbus.values import CLEARABLE, MeterConfiguration, Status, ValveCommand

if TYPE_CHECKING:
    from meters.meter import Meter

DAY_S = 86_400
READ_OUT_LIST = ReadOutList(
    (
        rows.MODEL_VERSION,
        rows.HARDWARE_VERSION,
        rows.METROLOGY_FIRMWARE_VERSION,
        rows.OTHER_SOFTWARE_VERSION,
        rows.METER_CONFIGURATION,
    )
)
"""What is read once the keys are in use (P2, 8.1; P3, 7.3.2)."""

# A device whose key is not known can be given one, and be asked.
_WITHOUT_ITS_KEY = Pending.BIND | Pending.KEY | Pending.READ


def ready(channel: Channel) -> Pending:
    """Of what waits, that which can be done with the keys that there are."""
    pending = channel.pending
    if not channel.user_key and pending:
        pending &= ~Pending.VALVE
        if channel.configuration == MODE_15:
            pending &= _WITHOUT_ITS_KEY
    return pending


def message_for(meter: Meter, channel: Channel, errand: Pending) -> Message:
    """What is said to the device for an errand other than asking it for its reading."""
    match errand:
        case Pending.KEY:
            channel.forwarded = True
            return key_message(channel.wrapped_key)
        case Pending.CLEAR_STATUS:
            return ClearStatus(Status(channel.clear_mask) or CLEARABLE)
        case Pending.VALVE:
            return OperateValve(ValveCommand(channel.valve_command))
        case Pending.DATA:
            return messages.decode(SENDABLE, channel.records)
        case Pending.CLOCK:
            return SetClock(meter.clock())
        case _:
            return READ_OUT_LIST


def key_message(wrapped: bytes) -> Message:
    """The key of DSMR 4 is one block of AES, that of SMR 5 has its counter and tag with it."""
    return SetKey(wrapped) if len(wrapped) == KEY_OCTETS else TransferKey(wrapped)


def done(meter: Meter, number: int, errand: Pending) -> None:
    """The device has taken what was said."""
    channel = used(meter, number)
    channel.pending &= ~errand
    match errand:
        case Pending.KEY:
            channel.wrapped_key = b""
            channel.pending |= Pending.READ
        case Pending.CLEAR_STATUS:
            # Set once more, a bit is an event once more.
            channel.status &= ~(channel.clear_mask or CLEARABLE)
            channel.clear_mask = 0
        case Pending.DATA:
            channel.records = b""
        case Pending.CLOCK:
            channel.synchronized_s = meter.clock_s
        case Pending.VALVE:
            _valve_moved(meter, number, channel)
    meter.changed()


def _valve_moved(meter: Meter, number: int, channel: Channel) -> None:
    """Logs the command; where the valve is by then, the device must tell."""
    closed = channel.valve_command == ValveCommand.CLOSE
    channel.valve_command = -1
    channel.pending |= Pending.READ
    event = (
        MBusEvent.VALVE_REMOTELY_CLOSED if closed else MBusEvent.VALVE_REMOTELY_OPENED
    )
    events.record(meter, event.on(number))


def heard(meter: Meter, number: int) -> None:
    """The device of a channel was heard: a new one is told of, and gets the time."""
    channel = used(meter, number)
    if not channel.detected:
        channel.detected_s = meter.state.at_s
        channel.pending |= Pending.CLOCK
        events.record(meter, MBusEvent.NEW_DEVICE_DISCOVERED.on(number))


def take(meter: Meter, number: int, message: Data) -> None:
    """A message with the device's reading: keeps it, and what must follow it."""
    channel = used(meter, number)
    channel.pending &= ~Pending.READ
    if readings.measured(message):
        channel.read_s = meter.state.at_s
        channel.capture_definition = _definition(
            tuple([record.head for record in message.content])
        )
    readings.take(meter, number, message)
    if channel.status & CLEARABLE and meter.identity.standard not in SMR52:
        channel.pending |= Pending.CLEAR_STATUS
    if channel.synchronized_s // DAY_S != meter.clock_s // DAY_S:
        channel.pending |= Pending.CLOCK
    if not channel.meter_configuration & MeterConfiguration.CLOCK:
        channel.pending &= ~Pending.CLOCK
    meter.state.unsaved = True


@lru_cache(maxsize=64)
def _definition(heads: tuple[bytes, ...]) -> tuple[tuple[bytes, bytes], ...]:
    """The data and the value information of each record."""
    vifs = [Record(head, b"").vif for head in heads]
    return tuple((head[: len(head) - len(vif)], vif) for head, vif in zip(heads, vifs))


def settled(channel: Channel) -> bool:
    """Whether a message that fails to come is missed: one was read, or keys were given."""
    return (
        channel.detected
        and (channel.read_s > 0 or channel.key_status is not KeyStatus.NONE)
        and not channel.free
    )

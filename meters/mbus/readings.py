"""What a device says of itself, kept on its channel, and the events that it makes.

A bit of the status is an event once: when it is set and was not before (P2 4.0.7, 6.4.1; P3,
4.2.1). Of the valve, E-meters after 4.0.6 take notice no longer, but they do take the message
(P3 4.2.2, 4.2.1).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from meters.behaviour import alarms, events
from meters.behaviour.periods import HOUR_S
from meters.mbus.channels import (
    Channel,
    used,
)
from meters.mbus.kept import EARLIEST_READING_S, IDENTIFIER_OCTETS, LATEST_READING_S
from wire.cosem.dsmr.sources import D406
from wire.cosem.events import MBusEvent
from wire.mbus import rows
from wire.mbus.messages import Data
from wire.mbus.records import Record
from wire.mbus.values import Status

if TYPE_CHECKING:
    from meters.meter import Meter

_EVENTS = {
    Status.LOW_BATTERY: MBusEvent.REPLACE_BATTERY,
    Status.FRAUD: MBusEvent.FRAUD_ATTEMPT,
    Status.CLOCK_DEVIATION: MBusEvent.CLOCK_ADJUSTED,
    Status.PERMANENT_ERROR: MBusEvent.PERMANENT_ERROR,
    Status.VALVE_ALARM: MBusEvent.VALVE_ALARM,
}
_VALVE_ALARM, _FRAUD = int(Status.VALVE_ALARM), int(Status.FRAUD)
_TIMESTAMP, _VOLUME = rows.TIMESTAMP.name, rows.VOLUME.name
_MEASURED = frozenset(row.name for row in rows.READINGS)
_TEXTS = (
    rows.MODEL_VERSION,
    rows.HARDWARE_VERSION,
    rows.METROLOGY_FIRMWARE_VERSION,
    rows.OTHER_SOFTWARE_VERSION,
)


def take(meter: Meter, number: int, message: Data) -> None:
    """Keeps what a validated message says, whether it was enciphered or not."""
    channel = used(meter, number)
    readings: list[Record] = []
    for record in message.content:
        name = record.name
        if record.value is None:
            continue
        if name in _MEASURED:
            readings.append(record)
        elif name in _KEEP:
            _KEEP[name](meter, number, channel, record)
    if readings:
        if channel.missing:
            channel.missing = False
            events.record(meter, MBusEvent.COMMUNICATION_OK.on(number))
        chosen = readings[0] if len(readings) == 1 else min(readings, key=_rank)
        _keep_reading(meter, channel, chosen, message)
    meter.changed()


def measured(message: Data) -> bool:
    """Whether it has a reading, not only what was selected otherwise."""
    return any(
        record.name in _MEASURED and record.value is not None
        for record in message.content
    )


def missed(meter: Meter, number: int) -> None:
    """No reading came within the hour (DSMR-M 4.5.14)."""
    channel = used(meter, number)
    if not channel.missing:
        channel.missing = True
        events.record(meter, MBusEvent.COMMUNICATION_ERROR.on(number))


def versions(meter: Meter, number: int, message: Data) -> None:
    """Keeps what a read-out list brought: the device's configuration (P3, 7.3.2)."""
    channel = used(meter, number)
    texts = {record.name: record.value for record in message.content}
    channel.versions = tuple(
        str(texts.get(row.name) or "").encode("latin-1") for row in _TEXTS
    )
    channel.versions_s = meter.clock_s
    configuration = message.find(rows.METER_CONFIGURATION.name)
    if configuration is not None and configuration.value is not None:
        _keep_configuration(meter, number, channel, configuration)
    meter.changed()


def forget(meter: Meter, number: int) -> None:
    """The device is no longer there: what was wrong with it is not wrong any more."""
    for fault in (alarms.Fault.MBUS_COMMUNICATION, alarms.Fault.MBUS_FRAUD_ATTEMPT):
        alarms.mend(meter, fault.on(number))


def _rank(record: Record) -> tuple[bool, bool]:
    """A thermal meter tells its volume beside what it is there for; an hour's value goes first."""
    return record.name == _VOLUME, record.storage == 0


def _keep_reading(
    meter: Meter, channel: Channel, record: Record, message: Data
) -> None:
    """A reading with its time: without one that can be, it is of now (P2 4.0.7, 6.4.3)."""
    assert record.row is not None and record.row.scaler_unit is not None
    scaler_unit, clock_s = record.row.scaler_unit, meter.clock_s
    captured_s = clock_s
    for other in message.content:
        if other.name == _TIMESTAMP and other.storage == record.storage:
            if isinstance(other.value, datetime):
                captured_s = int(other.value.timestamp())
    if not EARLIEST_READING_S <= captured_s <= LATEST_READING_S:
        captured_s = clock_s
    channel.value, channel.captured_s = int(record.value), captured_s  # type: ignore[arg-type]
    channel.scaler, channel.unit = scaler_unit.scaler, int(scaler_unit.unit)
    whole = captured_s % HOUR_S == 0
    if whole or captured_s // HOUR_S != channel.hourly_s // HOUR_S:
        channel.hourly_value, channel.hourly_s = channel.value, captured_s


def _keep_status(meter: Meter, number: int, channel: Channel, record: Record) -> None:
    status = _octet(record)
    if meter.identity.standard not in D406:
        status &= ~_VALVE_ALARM
    risen = status & ~channel.status
    channel.status = status
    channel.alarm |= status
    if risen:
        for bit, event in _EVENTS.items():
            if risen & bit:
                events.record(meter, event.on(number))
    if not status & _FRAUD:
        alarms.mend(meter, alarms.Fault.MBUS_FRAUD_ATTEMPT.on(number))


def _keep_identifier(
    meter: Meter, number: int, channel: Channel, record: Record
) -> None:
    octets = str(record.value).encode("latin-1")
    if len(octets) <= IDENTIFIER_OCTETS:
        channel.equipment_id = octets


def _keep_configuration(
    meter: Meter, number: int, channel: Channel, record: Record
) -> None:
    channel.meter_configuration = _octet(record)


def _keep_valve(meter: Meter, number: int, channel: Channel, record: Record) -> None:
    if meter.identity.standard in D406:
        channel.valve = _octet(record)


def _octet(record: Record) -> int:
    return int(record.value)  # type: ignore[arg-type]


_Keep = Callable[["Meter", int, Channel, Record], None]
_KEEP: dict[str, _Keep] = {
    rows.STATUS.name: _keep_status,
    rows.EQUIPMENT_IDENTIFIER.name: _keep_identifier,
    rows.METER_CONFIGURATION.name: _keep_configuration,
    rows.VALVE_STATUS.name: _keep_valve,
}

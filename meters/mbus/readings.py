"""What a device says of itself, kept on its channel."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from meters.behaviour import events
from meters.mbus.channels import used
from wire.cosem.events import MBusEvent
from wire.mbus import rows
from wire.mbus.messages import Data
from wire.mbus.values import Status

if TYPE_CHECKING:
    from meters.meter import Meter

_STATUS_EVENTS = {
    Status.LOW_BATTERY: MBusEvent.REPLACE_BATTERY,
    Status.PERMANENT_ERROR: MBusEvent.PERMANENT_ERROR,
    Status.CLOCK_DEVIATION: MBusEvent.CLOCK_ADJUSTED,
    Status.FRAUD: MBusEvent.FRAUD_ATTEMPT,
}
_READINGS = {row.name for row in rows.READINGS}


def take(meter: Meter, number: int, message: Data) -> None:
    """Keeps the reading, its time and the status of a validated message."""
    channel = used(meter, number)
    if channel.missing:
        channel.missing = False
        events.record(meter, MBusEvent.COMMUNICATION_OK.on(number))
    for record in message.content:
        value, scaler_unit = record.value, record.row and record.row.scaler_unit
        if record.name in _READINGS and scaler_unit and isinstance(value, int):
            channel.value = value
            channel.scaler, channel.unit = scaler_unit.scaler, scaler_unit.unit
        elif record.name == rows.TIMESTAMP.name and isinstance(value, datetime):
            channel.captured_s = int(value.timestamp())
        elif record.name == rows.STATUS.name and isinstance(value, int):
            for bit, event in _STATUS_EVENTS.items():
                if value & ~channel.status & bit:
                    events.record(meter, event.on(number))
            channel.status = int(value)
            channel.alarm |= channel.status
        elif record.name == rows.METER_CONFIGURATION.name and isinstance(value, int):
            channel.meter_configuration = int(value)
        elif record.name == rows.VALVE_STATUS.name and isinstance(value, int):
            channel.valve = int(value)
        elif record.name == rows.EQUIPMENT_IDENTIFIER.name and isinstance(value, str):
            channel.equipment_id = value.encode("latin-1")


def missed(meter: Meter, number: int) -> None:
    """No reading came within the hour."""
    channel = used(meter, number)
    if not channel.missing:
        channel.missing = True
        events.record(meter, MBusEvent.COMMUNICATION_ERROR.on(number))


def versions(meter: Meter, number: int, message: Data) -> None:
    """Keeps the texts of a read-out list."""
    texts = {record.name: record.value for record in message.content}
    channel = used(meter, number)
    channel.versions = tuple(
        str(texts.get(row.name) or "").encode("latin-1")
        for row in (
            rows.MODEL_VERSION,
            rows.HARDWARE_VERSION,
            rows.METROLOGY_FIRMWARE_VERSION,
            rows.OTHER_SOFTWARE_VERSION,
        )
    )
    channel.versions_s = meter.clock_s

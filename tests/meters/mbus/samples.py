"""Messages of devices, as `wire.mbus` decodes them from their octets, and a meter for them."""

from __future__ import annotations

from datetime import UTC, datetime

from meters.mbus import readings
from meters.mbus.channels import used
from meters.meter import Meter
from tests.meters.builders import NOW_S, make_meter
from wire.cosem.rows import Standard
from wire.instants import from_epoch
from wire.mbus import messages, rows
from wire.mbus.messages import Data
from wire.mbus.records import Record, Row
from wire.mbus.values import Status, Value

GAS_ID = "G0042001234567812"


def said(*records: Record) -> Data:
    """What arrives when a device sends these records."""
    message = messages.decode(frozenset({Data}), rows.encode(records))
    assert isinstance(message, Data)
    return message


def hourly(
    value: int,
    at_s: int,
    status: Status = Status(0),
    row: Row = rows.VOLUME,
    *more: tuple[Row, Value],
) -> Data:
    """The standard read-out list, with the reading of an instant."""
    return said(
        rows.STATUS.record(status),
        rows.EQUIPMENT_IDENTIFIER.record(GAS_ID),
        rows.METER_CONFIGURATION.record(0x05),
        rows.TIMESTAMP.record(from_epoch(at_s)),
        row.record(value),
        *(other.record(of_it) for other, of_it in more),
    )


def with_status(status: Status) -> Data:
    """A message of nothing else."""
    return said(rows.STATUS.record(status))


def bound(
    standard: Standard = Standard.DSMR_4_2_2, *numbers: int, after_s: int = 0
) -> Meter:
    """A meter with a gas meter registered by radio on these channels, the first unless told.

    That was done so long after the meter's first moment.
    """
    meter = make_meter(standard)
    meter.advance(NOW_S + after_s)
    for number in numbers or (1,):
        channel = used(meter, number)
        channel.identification, channel.manufacturer_id = 12_345_670 + number, 0x2C2D
        channel.version, channel.device_type = 0x42, 3
        channel.detected_s = 1
    return meter


def bring(meter: Meter, message: Data, number: int = 1) -> None:
    """The device's message arrives now."""
    used(meter, number).read_s = meter.state.at_s
    readings.take(meter, number, message)


def utc(text: str) -> int:
    """Epoch seconds of an ISO time in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())

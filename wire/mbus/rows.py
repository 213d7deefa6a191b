"""The data records that DSMR knows (P2 4.0.7, 6.3 and 6.4), a row for each form of one.

A value stored at the whole hour has the storage bit (40h) in its DIF, one that was asked for has
not; both have the same name, and `Record.storage` tells them apart.
"""

from __future__ import annotations

from dataclasses import replace

from wire.errors import WireError
from wire.mbus import values
from wire.mbus.records import Record, Row, split
from wire.mbus.values import Codec
from wire.quantities import ScalerUnit, Unit

_STORED = 0x40
_BCD8 = values.bcd(4)


def _row(
    head: str, name: str, codec: Codec, scaler_unit: ScalerUnit | None = None
) -> Row:
    return Row(name, bytes.fromhex(head), codec, scaler_unit)


def _reading(head: str, name: str, scaler: int, unit: Unit) -> Row:
    return _row(head, name, _BCD8, ScalerUnit(scaler, unit))


def actual(row: Row) -> Row:
    """The same quantity as it is at the moment: without the storage bit."""
    return replace(row, head=bytes((row.head[0] & ~_STORED,)) + row.head[1:])


_octet = values.unsigned(1)

# What every device tells; 6.4.3 has the time.
STATUS = _row("01 FD17", "status", values.enumerated(values.Status, _octet))
EQUIPMENT_IDENTIFIER = _row("0D 78", "equipment_identifier", values.TEXT)
TIMESTAMP = _row("46 6D", "timestamp", values.TYPE_I)
TIMESTAMP_F = _row("44 6D", "timestamp", values.TYPE_F)
METER_CONFIGURATION = _row(
    "01 FD67",
    "meter_configuration",
    values.enumerated(values.MeterConfiguration, _octet),
)

# 6.4.4, 6.4.6 to 6.4.8: gas G4 to G6, thermal volume and water; gas G10 to G25; heat; cold; E.
VOLUME = _reading("4C 13", "volume", -3, Unit.CUBIC_METRE)
COARSE_VOLUME = _reading("4C 14", "volume", -2, Unit.CUBIC_METRE)
HEAT = _reading("4C 0F", "heat", 7, Unit.JOULE)
COLD = _reading("CC40 0F", "cold", 7, Unit.JOULE)
ENERGY = _reading("4C 03", "energy", 0, Unit.WATT_HOUR)

# Appendix A: gas before the conversion to its normal temperature.
UNCONVERTED_VOLUME = _reading("0C 933A", "unconverted_volume", -3, Unit.CUBIC_METRE)
UNCONVERTED_COARSE_VOLUME = _reading(
    "0C 943A", "unconverted_volume", -2, Unit.CUBIC_METRE
)

# The valve.
VALVE_STATUS = _row(
    "8940 FD1A", "valve_status", values.enumerated(values.ValveState, values.bcd(1))
)
VALVE_COMMAND = _row(
    "01 FD1F", "valve_command", values.enumerated(values.ValveCommand, _octet)
)

# Versions, each a list of `name=value`, ended by CR LF.
MODEL_VERSION = _row("0D FD0C", "model_version", values.TEXT)
HARDWARE_VERSION = _row("0D FD0D", "hardware_version", values.TEXT)
METROLOGY_FIRMWARE_VERSION = _row("0D FD0E", "metrology_firmware_version", values.TEXT)
OTHER_SOFTWARE_VERSION = _row("0D FD0F", "other_software_version", values.TEXT)

# What the E-meter sends, and the counter of 5.2.
CLEAR_STATUS = _row(
    "01 FD9706", "clear_status", values.enumerated(values.Status, _octet)
)
ADDRESS = _row("01 7A", "address", _octet)
KEY_LOW = _row("07 FD19", "key_low", values.HALF_KEY)
KEY_HIGH = _row("47 FD19", "key_high", values.HALF_KEY)
KEY_TRANSFER = _row("0D FD19", "key_transfer", values.VARIABLE_OCTETS)
FRAME_COUNTER = _row("04 FD08", "frame_counter", values.unsigned(4))

_HOURLY = (
    TIMESTAMP,
    TIMESTAMP_F,
    VOLUME,
    COARSE_VOLUME,
    HEAT,
    COLD,
    ENERGY,
)
ROWS: tuple[Row, ...] = (
    STATUS,
    EQUIPMENT_IDENTIFIER,
    METER_CONFIGURATION,
    *_HOURLY,
    *map(actual, _HOURLY),
    UNCONVERTED_VOLUME,
    UNCONVERTED_COARSE_VOLUME,
    VALVE_STATUS,
    VALVE_COMMAND,
    MODEL_VERSION,
    HARDWARE_VERSION,
    METROLOGY_FIRMWARE_VERSION,
    OTHER_SOFTWARE_VERSION,
    CLEAR_STATUS,
    ADDRESS,
    KEY_LOW,
    KEY_HIGH,
    KEY_TRANSFER,
    FRAME_COUNTER,
)
READINGS = (VOLUME, COARSE_VOLUME, HEAT, COLD, ENERGY)
"""What the devices of section 6.4 measure, as stored at the hour."""

_BY_HEAD = {row.head: row for row in ROWS}
_BY_SELECTION = {row.selection().head: row for row in reversed(ROWS)}


def decode(octets: bytes) -> tuple[Record, ...]:
    """The records of a body, fillers left out.

    Raises `WireError` with the place of a record that is cut short, or that a row knows and
    whose value cannot be.
    """
    records = []
    for at, head, data in split(octets):
        row = _BY_HEAD.get(head)
        if row is not None:
            try:
                value = row.codec.decode(data)
            except WireError as error:
                raise WireError(f"{row.name}: {error.rule}", at) from None
        else:
            row = _BY_SELECTION.get(head)
            value = values.by_dif(head[0] & 0x0F, data) if row is None else None
        records.append(Record(head, data, row, value))
    return tuple(records)


def encode(records: tuple[Record, ...]) -> bytes:
    """The octets of the records, one after the other."""
    return b"".join([record.head + record.data for record in records])

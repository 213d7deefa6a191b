"""What M-Bus devices measured and say of themselves: class 4 of each channel (P3, 7.2, 7.3).

An SMR 5 meter tells the last reading, of five minutes, apart from that of the hour, and has an
object for each of the texts that DSMR 4 puts into one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from meters.behaviour.loadprofile import NO_TIME
from meters.mbus.channels import Channel, channel_of
from meters.meter import Meter
from meters.model import Behaviour, Link, Number, Reader, encoded
from wire.cosem.events import CHANNELS
from wire.cosem.rows import SMR5
from wire.cosem.types import type_of
from wire.dlms import axdr

BEHAVIOUR = Behaviour.empty()

# A field of the configuration: so many characters, the last ones, then CR LF (P3, 7.3.2).
_FIELD_OCTETS = 61
_END = b"\r\n"
_SCALER_UNIT = type_of("scal_unit_type")


class _Register(NamedTuple):
    """An extended register: its value, and when that was captured (UTC; 0 for never)."""

    value: Callable[[Channel], int | bytes]
    captured_s: Callable[[Channel], int]


def _version(place: int) -> Callable[[Channel], bytes]:
    return lambda channel: channel.versions[place] if channel.versions else b""


def configuration(channel: Channel) -> bytes:
    """Five fields, each ended by CR LF: four texts as the device sent them, and an octet."""
    if not channel.versions:
        return b""
    texts = [text[-_FIELD_OCTETS:] for text in channel.versions]
    octet = bytes((max(channel.meter_configuration, 0),))
    return b"".join(field + _END for field in (*texts, octet))


def _read_s(channel: Channel) -> int:
    return channel.versions_s


_MEASURED = {
    "mbus_value": _Register(lambda at: at.value, lambda at: at.captured_s),
    "mbus_hourly_value": _Register(lambda at: at.hourly_value, lambda at: at.hourly_s),
}
_TOLD = {
    "mbus_status": _Register(lambda at: at.status, lambda at: at.captured_s),
    "mbus_device_configuration": _Register(configuration, _read_s),
    "mbus_model_version": _Register(_version(0), _read_s),
    "mbus_hardware_version": _Register(_version(1), _read_s),
    "mbus_metrology_version": _Register(_version(2), _read_s),
    "mbus_other_firmware_version": _Register(_version(3), _read_s),
    # What our devices have no record for.
    "mbus_simple_version": _Register(lambda at: b"", lambda at: 0),
}


def _status(number: int) -> Reader:
    """The status octet of the device: in DSMR 4 a string of it, in SMR 5 a number."""

    def read(meter: Meter, link: Link) -> bytes:
        channel = channel_of(meter, number)
        if meter.model.standard in SMR5:
            return axdr.encode(axdr.unsigned(channel.status))
        return encoded(bytes((channel.status,)) if channel.detected else b"")

    return read


def _scaler_unit(number: int) -> Reader:
    """As the device's VIF says; of no unit before there is a reading."""

    def read(meter: Meter, link: Link) -> bytes:
        channel = channel_of(meter, number)
        return _SCALER_UNIT.encode((channel.scaler, channel.unit))

    return read


def _capture_time(number: int, captured_s: Callable[[Channel], int]) -> Reader:
    """The device's UTC as local time, as P3 has times."""

    def read(meter: Meter, link: Link) -> bytes:
        at_s = captured_s(channel_of(meter, number))
        return encoded(meter.zone.encode(at_s) if at_s else NO_TIME)

    return read


def _text(number: int, value: Callable[[Channel], int | bytes]) -> Reader:
    return lambda meter, link: encoded(bytes(value(channel_of(meter, number))))


def _number(number: int, value: Callable[[Channel], int | bytes]) -> Number:
    return lambda meter: int(value(channel_of(meter, number)))


def _attach(number: int) -> None:
    for name, register in (_MEASURED | _TOLD).items():
        place = f"{name}_{number}"
        if isinstance(register.value(Channel()), bytes):
            BEHAVIOUR.readers[place, "value"] = _text(number, register.value)
        else:
            BEHAVIOUR.numbers[place, "value"] = _number(number, register.value)
        BEHAVIOUR.readers[place, "status"] = _status(number)
        BEHAVIOUR.readers[place, "capture_time"] = _capture_time(
            number, register.captured_s
        )
        if name in _MEASURED:
            BEHAVIOUR.readers[place, "scaler_unit"] = _scaler_unit(number)
    identifier = f"mbus_equipment_identifier_{number}"
    BEHAVIOUR.readers[identifier, "value"] = _text(number, lambda at: at.equipment_id)


for _n in CHANNELS:
    _attach(_n)

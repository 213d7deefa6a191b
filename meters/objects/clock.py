"""The clock (class 8) and the tariff that follows from it.

These meters keep Dutch civil time. The attributes that could say otherwise take the values
that it has and refuse any other as a logical error, instead of storing what has no effect.
"""

from __future__ import annotations

from collections.abc import Callable

from meters.behaviour.clockwork import set_clock
from meters.meter import Meter
from meters.model import LOGICAL_ERROR, Behaviour, Link
from wire.dlms import axdr
from wire.dlms.data import Data
from wire.dlms.descriptors import DataAccessResult
from wire.errors import WireError
from wire.instants import (
    DEVIATION_NOT_SPECIFIED,
    STATUS_DST,
    DateTime,
    encode_date_time,
    is_summer,
)

BEHAVIOUR = Behaviour.empty()

# Last Sunday of March 02:00 and of October 03:00, every year (P3, clock, attributes 5 and 6).
_SUMMER_BEGINS = bytes.fromhex("ffff03fe0702000000ffc400")
_SUMMER_ENDS = bytes.fromhex("ffff0afe0703000000ff8880")
# A time stamp of P1 reaches from 2001 to 2098; the clock must have years to run until then.
_YEARS = range(2001, 2090)
# Local time to UTC in minutes, or not specified (Blue Book ed. 10, 4.1.6.1).
_DEVIATIONS = {DEVIATION_NOT_SPECIFIED, *range(-720, 721)}


def _time(meter: Meter, link: Link) -> bytes:
    return b"\x09\x0c" + encode_date_time(meter.clock())


def _set_time(meter: Meter, link: Link, data: Data) -> DataAccessResult:
    try:
        moment = DateTime.decode(data.value)
        instant = moment.instant()
    except WireError:
        return LOGICAL_ERROR
    if instant.year not in _YEARS or moment.deviation_min not in _DEVIATIONS:
        return LOGICAL_ERROR
    set_clock(meter, int(instant.timestamp()))
    return DataAccessResult.SUCCESS


def _status(meter: Meter) -> int:
    return STATUS_DST if is_summer(meter.clock()) else 0


def _tariff(meter: Meter, link: Link) -> bytes:
    return b"\x09\x02\x00" + bytes((meter.state.rate + 1,))


def _fixed(name: str, value: Data, same: Callable[[Data], bool] | None = None) -> None:
    octets = axdr.encode(value)
    accepts = same or (lambda data: data == value)

    def write(meter: Meter, link: Link, data: Data) -> DataAccessResult:
        return DataAccessResult.SUCCESS if accepts(data) else LOGICAL_ERROR

    BEHAVIOUR.readers["clock", name] = lambda meter, link: octets
    BEHAVIOUR.writers["clock", name] = write


def _same_moment(octets: bytes) -> Callable[[Data], bool]:
    """Same date and hour; hundredths, deviation and status may be left unspecified."""
    return lambda data: len(data.value) == 12 and data.value[:7] == octets[:7]


BEHAVIOUR.readers["clock", "time"] = _time
BEHAVIOUR.writers["clock", "time"] = _set_time
BEHAVIOUR.numbers["clock", "status"] = _status
BEHAVIOUR.readers["tariff", "value"] = _tariff
_fixed("time_zone", axdr.long(-60))
_fixed("daylight_savings_enabled", axdr.boolean(True))
for _name, _moment in (
    ("daylight_savings_begin", _SUMMER_BEGINS),
    ("daylight_savings_end", _SUMMER_ENDS),
):
    _fixed(_name, axdr.octet_string(_moment), _same_moment(_moment))

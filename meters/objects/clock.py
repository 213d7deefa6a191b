"""The clock (class 8): local time by its attributes, and what may be written to them."""

from __future__ import annotations

from functools import partial

from meters.behaviour import tariff
from meters.behaviour.alarms import Fault
from meters.behaviour.clockwork import YEARS, set_clock
from meters.meter import Meter
from meters.model import LOGICAL_ERROR, Behaviour, Link, Name
from wire.dlms.data import Data
from wire.dlms.descriptors import DataAccessResult
from wire.errors import WireError
from wire.instants import STATUS_DST, STATUS_INVALID, DateTime
from wire.zones import LocalMoment

BEHAVIOUR = Behaviour.empty()


def _time(meter: Meter, link: Link) -> bytes:
    return b"\x09\x0c" + meter.zone.encode(meter.clock_s, _validity(meter))


def _set_time(meter: Meter, link: Link, data: Data) -> DataAccessResult:
    """Local time and its deviation; without that, it is in the zone that the clock has."""
    try:
        moment = DateTime.decode(data.value)
        instant = meter.zone.instant(moment)
        fits = moment.weekday_fits and instant.year in YEARS
    except WireError:
        return LOGICAL_ERROR
    if not fits:
        return LOGICAL_ERROR
    set_clock(meter, int(instant.timestamp()))
    return DataAccessResult.SUCCESS


def _status(meter: Meter) -> int:
    summer = meter.zone.is_summer(meter.clock_s)
    return _validity(meter) | (STATUS_DST if summer else 0)


def _validity(meter: Meter) -> int:
    """A clock that stood still is invalid until it is set (Blue Book ed. 10, 4.1.6.1)."""
    return STATUS_INVALID if meter.state.errors & Fault.CLOCK_INVALID else 0


def _moment(meter: Meter, data: Data) -> bool:
    """Whether daylight saving can begin or end then: at one moment of a year."""
    try:
        LocalMoment.decode(data.value)
    except WireError:
        return False
    return True


def _write_zone(name: Name, meter: Meter, link: Link, data: Data) -> DataAccessResult:
    """Local time is another, and so may be what the calendar has at it."""
    return tariff.keep(meter, name, data)


BEHAVIOUR.readers["clock", "time"] = _time
BEHAVIOUR.writers["clock", "time"] = _set_time
BEHAVIOUR.numbers["clock", "status"] = _status
for _name in ("daylight_savings_begin", "daylight_savings_end"):
    BEHAVIOUR.checks["clock", _name] = _moment
for _name in (
    "time_zone",
    "daylight_savings_begin",
    "daylight_savings_end",
    "daylight_savings_enabled",
):
    BEHAVIOUR.writers["clock", _name] = partial(_write_zone, ("clock", _name))

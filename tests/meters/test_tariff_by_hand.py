"""A mask that was made active by hand: it holds until the calendar comes to an entry."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from meters.behaviour.clockwork import set_clock
from meters.meter import Meter
from tests.meters.access import act, put, restored
from tests.meters.builders import make_meter
from tests.meters.test_calendar import epoch, special_days
from tests.meters.test_tariff import CLOCK, DONE, GOOD, SPECIAL, tariff
from wire.dlms import axdr
from wire.zones import SUMMER_ENDS

NOON = epoch("240109120000W")
ACTIVATION = 6, "0-0:14.0.0"


@pytest.fixture(params=["mask", "script"])
def meter(request: pytest.FixtureRequest) -> Meter:
    """On a Tuesday at noon, when rate 2 holds: with rate 1 active by hand."""
    made = make_meter()
    made.advance(NOON)
    assert tariff(made) == "0002"
    if request.param == "mask":
        assert put(made, ACTIVATION, 4, axdr.octet_string(b"\0\1")) is GOOD
    else:
        scripts = 9, "0-0:10.0.100"
        assert act(made, scripts, 1, axdr.long_unsigned(1)) is DONE
    return restored(made)


def zone(minutes: int) -> Callable[[Meter], None]:
    def write(meter: Meter) -> None:
        assert put(meter, CLOCK, 3, axdr.long(minutes)) is GOOD

    return write


def summer_begins_in_january(meter: Meter) -> None:
    octets = bytes.fromhex("ffff0108ff02000000ffc400")
    assert put(meter, CLOCK, 5, axdr.octet_string(octets)) is GOOD


def summer_ends(meter: Meter) -> None:
    assert put(meter, CLOCK, 6, axdr.octet_string(SUMMER_ENDS)) is GOOD


def no_summer(meter: Meter) -> None:
    assert put(meter, CLOCK, 8, axdr.boolean(False)) is GOOD


def step(seconds: int) -> Callable[[Meter], None]:
    return lambda meter: set_clock(meter, NOON + seconds)


def outage(seconds: int) -> Callable[[Meter], None]:
    def fail(meter: Meter) -> None:
        meter.power_off()
        meter.power_on(NOON + seconds)

    return fail


def special_day(octets: str) -> Callable[[Meter], None]:
    """One more, by the method."""

    def insert(meter: Meter) -> None:
        (day,) = special_days((7, octets, 1)).value
        assert act(meter, SPECIAL, 1, day) is DONE

    return insert


def all_special_days(meter: Meter) -> None:
    assert put(meter, SPECIAL, 2, special_days((7, "07e80c19ff", 1))) is GOOD


@pytest.mark.parametrize(
    "change",
    [
        *(zone(-60), zone(-120), summer_begins_in_january, summer_ends, no_summer),
        *(step(10), step(-10), step(3 * 3600), step(-3 * 3600), outage(1800)),
        *(special_day("07e80c19ff"), all_special_days),
    ],
)
def test_it_holds_where_no_entry_of_the_calendar_goes_by(
    meter: Meter, change: Callable[[Meter], None]
) -> None:
    change(meter)
    assert tariff(meter) == "0001"


@pytest.mark.parametrize(
    "change",
    [
        # The last of the entries that went by is executed, the same one as before or not.
        *(step(86_400), step(-86_400), outage(86_400)),
        # Rate 1 holds from 23:00 to 07:00: gone there and back, rate 2 has begun anew.
        lambda meter: (zone(-60 - 11 * 60)(meter), zone(-60)(meter)),
    ],
)
def test_it_is_over_once_entries_went_by(
    meter: Meter, change: Callable[[Meter], object]
) -> None:
    change(meter)
    assert tariff(meter) == "0002"


def test_it_is_over_with_the_next_entry(meter: Meter) -> None:
    meter.advance(epoch("240110065959W"))
    assert tariff(meter) == "0001"
    meter.advance(epoch("240110070000W"))
    assert tariff(meter) == "0002"

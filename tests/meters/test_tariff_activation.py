"""When a passive calendar becomes active, and the times and halves that do not."""

from __future__ import annotations

from typing import Any

import pytest

from meters.behaviour.tariff import activation_due
from tests.meters.access import act, get, put, restored
from tests.meters.test_calendar import days, epoch, seasons, weeks
from tests.meters.test_tariff import (
    CALENDAR,
    CLOCK,
    GOOD,
    NOT_DONE,
    NOTHING,
    REFUSED,
    active,
    at,
    codes,
    order,
    tariff,
    write_passive,
)
from wire.cosem.events import Log
from wire.dlms import axdr
from wire.instants import NEVER


def test_a_later_date_activates_at_its_own_time_over_a_restart() -> None:
    meter = at("240109120000W")
    write_passive(meter)
    assert order(meter, "07e8010affffffffff800000") is GOOD
    assert codes(meter)[4:] == [] and tariff(meter) == "0002"
    meter = restored(meter)
    meter.advance(epoch("240109235959W"))
    assert codes(meter)[4:] == []
    meter.advance(epoch("240110000000W"))
    assert codes(meter)[4:] == [9]
    assert meter.state.logs is not None
    assert meter.state.logs.rows(Log.STANDARD)[-1][0] == epoch("240110000000W")
    meter.advance(epoch("240110100000W"))
    assert tariff(meter) == "0002"
    meter.advance(epoch("240112000000W"))
    assert codes(meter)[4:] == [9]
    assert get(meter, CALENDAR, 10).value.hex() == "07e8010affffffffff800000"


@pytest.mark.parametrize(
    ("octets", "tst"),
    [
        ("07e8010aff0d2500ffffc400", "240110133700W"),
        ("07e8010aff0d2500ff000000", "240110143700W"),
        ("07e8070101000000ff800000", "240701000000S"),
        ("07e8070101020000ff800000", "240701020000S"),
    ],
)
def test_an_activation_to_the_minute(octets: str, tst: str) -> None:
    meter = at("240109120000W")
    write_passive(meter)
    assert order(meter, octets) is GOOD
    meter.advance(epoch(tst) - 1)
    assert 9 not in codes(meter)
    meter.advance(epoch(tst))
    assert codes(meter)[-1] == 9


@pytest.mark.parametrize(
    "octets",
    [
        "07e80109ffffffffff800000",
        "07e8010902000000ff800000",
        "07e80109ff0c0000ffffc400",
    ],
)
def test_todays_date_activates_at_once(octets: str) -> None:
    meter = at("240109120000W")
    write_passive(meter)
    assert order(meter, octets) is GOOD
    assert codes(meter)[4:] == [9] and tariff(meter) == "0001"
    assert not meter.state.activation_pending


def test_an_order_is_taken_back_by_no_date() -> None:
    meter = at("240109120000W")
    write_passive(meter)
    order(meter, "07e8010affffffffff800000")
    assert order(meter, "ff" * 9 + "8000ff") is GOOD
    meter.advance(epoch("240112000000W"))
    assert 9 not in codes(meter)


@pytest.mark.parametrize(
    "octets",
    [
        "07e80108ffffffffff800000",
        "07e7010affffffffff800000",
        "07e8010a02ffffffff800000",
        "07e8021effffffffff800000",
        "ffff010affffffffff800000",
        "07e8010aff18000000800000",
        "07e8010aff0d2500ff02d100",
        "270f0c1fff173b3bff02d000",
        "270f0c1fff173b3bff800000",
        "0001010101000000ff800000",
        "07e8010aff",
        "",
    ],
)
def test_a_date_that_does_not_apply_changes_nothing(octets: str) -> None:
    meter = at("240109120000W")
    write_passive(meter)
    kept = get(meter, CALENDAR, 10)
    assert order(meter, octets) is REFUSED
    assert get(meter, CALENDAR, 10) == kept and not meter.state.activation_pending
    assert codes(meter) == [19] * 4


HALF: list[dict[str, Any]] = [
    {"season": seasons()},
    {"week": weeks()},
    {"schedule": days()},
    {"week": weeks((b"other", *(1,) * 7))},
    {"week": weeks((b"w", *(1,) * 6, 2))},
    {"schedule": days(d1={"00:00": 3})},
]


@pytest.mark.parametrize("part", HALF)
def test_half_a_calendar_is_not_activated(part: dict[str, Any]) -> None:
    meter = at("240109120000W")
    write_passive(meter, **part)
    before = active(meter)
    assert act(meter, CALENDAR, 1, NOTHING) is NOT_DONE
    for octets in ("07e80109ffffffffff800000", "07e8010affffffffff800000"):
        assert order(meter, octets) is REFUSED
    assert active(meter) == before and tariff(meter) == "0002"
    assert 9 not in codes(meter) and not meter.state.activation_pending


@pytest.mark.parametrize("part", HALF)
def test_a_calendar_that_became_half_does_not_take_its_time(
    part: dict[str, Any],
) -> None:
    meter = at("240109120000W")
    write_passive(meter)
    order(meter, "07e8010affffffffff800000")
    write_passive(meter, **part)
    before = active(meter)
    meter.advance(epoch("240112080000W"))
    assert active(meter) == before and tariff(meter) == "0002"
    assert 9 not in codes(meter)


def test_an_order_whose_time_went_by_is_not_due() -> None:
    meter = at("240109120000W")
    write_passive(meter)
    order(meter, "07e8010affffffffff800000")
    midnight = epoch("240110000000W")
    assert activation_due(meter, midnight - 1) == midnight
    assert activation_due(meter, midnight) == NEVER


@pytest.mark.parametrize("zone_min", [-720, 720])
def test_the_last_order_of_all_is_one_in_every_zone(zone_min: int) -> None:
    meter = at("240109120000W")
    write_passive(meter)
    assert order(meter, "08320c1fff173b3bff800000") is GOOD
    assert put(meter, CLOCK, 3, axdr.long(zone_min)) is GOOD
    meter = restored(meter)
    meter.advance(epoch("240110120000W"))
    assert meter.state.activation_pending


def test_a_zone_that_makes_the_activation_due_activates() -> None:
    meter = at("240109233000W")
    write_passive(meter)
    order(meter, "07e8010affffffffff800000")
    assert put(meter, CLOCK, 3, axdr.long(-120)) is GOOD
    assert codes(meter)[-1] == 9

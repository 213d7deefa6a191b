"""The tariff over P3: passive calendar, special days, scripts, and the energy that follows."""

from __future__ import annotations

from typing import Any

import pytest

from meters.meter import Meter
from tests.meters.access import act, get, put, restored
from tests.meters.builders import make_meter
from tests.meters.test_calendar import (
    ONE_SEASON,
    ONE_WEEK,
    WRONG,
    data,
    days,
    epoch,
    seasons,
    weeks,
)
from wire.cosem.events import Log
from wire.cosem.rows import Standard
from wire.dlms import axdr
from wire.dlms.data import Data
from wire.dlms.descriptors import ActionResult, DataAccessResult
from wire.errors import ConfigError
from wire.zones import DUTCH

GOOD, REFUSED = DataAccessResult.SUCCESS, DataAccessResult.OTHER_REASON
WRONG_TYPE = DataAccessResult.TYPE_UNMATCHED
DONE, NOT_DONE = ActionResult.SUCCESS, ActionResult.OTHER_REASON
CALENDAR, SPECIAL, SCRIPTS = (20, "0-0:13.0.0"), (11, "0-0:11.0.0"), (9, "0-0:10.0.100")
TARIFF, CLOCK = (1, "0-0:96.14.0"), (8, "0-0:1.0.0")
NOTHING = axdr.integer(0)
# Low but from 10:00 to 10:01.
MINUTE = days(d1={"00:00": 1, "10:00": 2, "10:01": 1})


def write_passive(
    meter: Meter,
    schedule: Data = MINUTE,
    week: Data = ONE_WEEK,
    season: Data = ONE_SEASON,
) -> None:
    """Writes the four passive attributes, in an order of its own."""
    for attribute, value in (
        (9, schedule),
        (7, season),
        (6, axdr.octet_string(b"new")),
        (8, week),
    ):
        assert put(meter, CALENDAR, attribute, value) is GOOD


def order(meter: Meter, octets: str | bytes) -> DataAccessResult:
    """When the passive calendar is to become active."""
    octets = bytes.fromhex(octets) if isinstance(octets, str) else octets
    return put(meter, CALENDAR, 10, axdr.octet_string(octets))


def codes(meter: Meter) -> list[int]:
    """The events of the standard log."""
    logs = meter.state.logs
    return [] if logs is None else [row[1] for row in logs.rows(Log.STANDARD)]


def tariff(meter: Meter) -> str:
    """0-0:96.14.0 as P3 and P1 have it."""
    shown = get(meter, TARIFF).value.hex()
    assert f"0-0:96.14.0({shown})".encode() in meter.telegram(meter.state.at_s)
    return str(shown)


def at(tst: str, standard: Standard = Standard.DSMR_4_2_2) -> Meter:
    meter = make_meter(standard)
    meter.advance(epoch(tst))
    return meter


def active(meter: Meter) -> list[Data]:
    return [get(meter, CALENDAR, attribute) for attribute in range(2, 6)]


@pytest.mark.parametrize("standard", list(Standard))
def test_the_factorys_calendar(standard: Standard) -> None:
    meter = make_meter(standard)
    for tst, rate in (
        ("240109225959W", "0002"),
        ("240109230000W", "0001"),
        ("240110065959W", "0001"),
        ("240110070000W", "0002"),
        ("240113120000W", "0001"),
        ("240115070000W", "0002"),
        ("240401070000S", "0002"),
        ("240401230000S", "0001"),
        ("241028065959W", "0001"),
    ):
        meter.advance(epoch(tst))
        assert tariff(meter) == rate, tst


def test_a_calendar_counts_each_minute_in_its_register() -> None:
    meter = at("240109090000W")
    write_passive(meter)
    assert act(meter, CALENDAR, 1, NOTHING) is DONE
    before = list(meter.state.energy_wh)
    meter.set_load((60_000, 0, 0), (2300,) * 3)
    meter.advance(epoch("240109110000W"))
    assert [now - then for now, then in zip(meter.state.energy_wh, before)] == [
        119_000,
        1000,
        0,
        0,
    ]
    assert tariff(meter) == "0001"


def test_a_year_of_the_timeline_counts_what_the_calendar_says() -> None:
    """Each minute of a year with both switches of daylight saving, by its local time alone."""
    meter = at("240110000000W")
    busy = {"02:10": 2, "02:40": 1, "07:17": 2, "22:41": 1}
    week = weeks((b"w", *(1,) * 5, 2, 2))
    write_passive(meter, days(d1=busy, d2={"00:30": 1}), week)
    act(meter, CALENDAR, 1, NOTHING)
    meter.set_load((60_000, 0, 0), (2300,) * 3)
    before = list(meter.state.energy_wh)
    begin_s, end_s = epoch("240110000000W"), epoch("250110000000W")
    meter.advance(end_s)
    minutes = [0, 0]
    for clock_s in range(begin_s, end_s, 60):
        civil = DUTCH.local(clock_s)
        now = f"{civil:%H:%M}"
        normal = civil.isoweekday() < 6 and (
            "02:10" <= now < "02:40" or "07:17" <= now < "22:41"
        )
        minutes[normal] += 1
    added = [now - then for now, then in zip(meter.state.energy_wh, before)]
    assert added == [1000 * minutes[0], 1000 * minutes[1], 0, 0]


@pytest.mark.parametrize("standard", list(Standard))
def test_passive_parts_become_active_by_the_method(standard: Standard) -> None:
    meter = at("240109120000W", standard)
    write_passive(meter)
    assert codes(meter) == [19] * 4
    assert tariff(meter) == "0002"
    assert act(meter, CALENDAR, 1, NOTHING) is DONE
    assert codes(meter)[4:] == [9]
    assert active(meter) == [axdr.octet_string(b"new"), ONE_SEASON, ONE_WEEK, MINUTE]
    assert tariff(meter) == "0001"


@pytest.mark.parametrize(("season", "week", "schedule"), WRONG)
def test_a_part_that_is_wrong_by_itself_is_refused(
    season: Data, week: Data, schedule: Data
) -> None:
    meter = make_meter()
    answers = [
        put(meter, CALENDAR, attribute, value)
        for attribute, value in ((7, season), (8, week), (9, schedule))
    ]
    assert sorted(answers) == [GOOD, GOOD, REFUSED]
    assert codes(meter) == [19, 19]


@pytest.mark.parametrize(
    ("attribute", "value", "answer"),
    [
        (6, axdr.unsigned(1), WRONG_TYPE),
        (6, axdr.octet_string(bytes(49)), REFUSED),
        (7, axdr.structure(), WRONG_TYPE),
        (7, axdr.array([axdr.octet_string(b"1")]), WRONG_TYPE),
        (7, axdr.array([axdr.structure(*[axdr.octet_string(b"1")] * 2)]), WRONG_TYPE),
        (8, weeks((b"1", *(1,) * 6 + (1,))).value[0], WRONG_TYPE),
        (9, axdr.array([axdr.structure(axdr.unsigned(1), axdr.null_data())]), WRONG_TYPE),
        (8, weeks(*((bytes((n,)), *(1,) * 7) for n in range(5))), REFUSED),
        (9, days(**{f"d{n}": {"00:00": 1} for n in range(5)}), REFUSED),
        (
            7,
            seasons(
                *(
                    (bytes((n,)), f"ffff0{n}01ff000000ff800000", b"w")
                    for n in range(1, 6)
                )
            ),
            REFUSED,
        ),
        (10, axdr.octet_string(bytes(13)), REFUSED),
    ],
)  # fmt: skip
def test_hostile_parts(attribute: int, value: Data, answer: DataAccessResult) -> None:
    meter = make_meter()
    assert put(meter, CALENDAR, attribute, value) is answer
    assert meter.state.settings is None and codes(meter) == []


def test_an_outage_over_the_activation_makes_it_late() -> None:
    meter = at("240109120000W")
    write_passive(meter)
    order(meter, "07e8010affffffffff800000")
    meter.power_off()
    meter = restored(meter)
    meter.power_on(epoch("240111100030W"))
    assert codes(meter)[-1] == 9
    assert tariff(meter) == "0002"
    meter.advance(epoch("240111100100W"))
    assert tariff(meter) == "0001"


def test_setting_the_clock_takes_the_tariff_along() -> None:
    meter = at("240109120000W")
    write_passive(meter)
    order(meter, "07e8010affffffffff800000")
    octets = DUTCH.encode(epoch("240109233000W"))
    put(meter, CLOCK, 2, axdr.octet_string(octets))
    assert tariff(meter) == "0001"
    meter.advance(epoch("240109122959W"))
    assert 9 not in codes(meter)
    meter.advance(epoch("240109123000W"))
    assert codes(meter)[-1] == 9


def test_the_tariff_follows_the_zone() -> None:
    meter = at("240110063000W")
    assert tariff(meter) == "0001"
    assert put(meter, CLOCK, 3, axdr.long(-120)) is GOOD
    assert tariff(meter) == "0002"
    meter.advance(epoch("240110215959W"))
    assert tariff(meter) == "0002"
    meter.advance(epoch("240110220000W"))
    assert tariff(meter) == "0001"


def scripts(*items: tuple[int, tuple[Any, ...]]) -> Data:
    return data("script_table", [(number, [action]) for number, action in items])


def test_the_billing_period_ends_with_the_month() -> None:
    meter, place = make_meter(), (22, "0-0:15.0.0")
    assert get(meter, place, 4) == data(
        "execution_time[1]", [(bytes(4), bytes.fromhex("ffffff01ff"))]
    )
    assert get(meter, place, 3) == axdr.enum(1)
    assert get(meter, place, 2) == data("script", (bytes.fromhex("00000a0001ff"), 1))


def test_active_parts_in_a_state_file_are_judged_together() -> None:
    meter = make_meter()
    write_passive(meter)
    act(meter, CALENDAR, 1, NOTHING)
    assert active(restored(meter)) == active(meter)
    settings = dict(meter.state.settings or {})
    settings["activity_calendar", "week_profile_table_active"] = weeks()
    meter.state.settings = settings
    with pytest.raises(ConfigError, match="activity_calendar"):
        restored(meter)

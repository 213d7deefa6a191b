"""Steps of the clock over a boundary: each profile has one row per period, and what it says."""

from __future__ import annotations

import pytest

from meters.behaviour.clockwork import set_clock
from meters.meter import Meter
from tests.meters.access import restored
from tests.meters.test_clock import happened
from tests.meters.test_profiles import (
    ADJUSTED,
    DAYS,
    INTERVALS,
    LOST,
    MONTHS,
    OLD,
    epoch,
    lived,
    rows,
)

MIDNIGHT = epoch("240201000000W")
QUARTERS = ["2401312345W", "2402010000W", "2402010015W", "2402010030W"]


def stepped(before_s: int, after_s: int) -> Meter:
    """A meter whose clock is set from and to these seconds after the end of January."""
    meter = lived("240131220000W")
    meter.advance(MIDNIGHT + before_s)
    set_clock(meter, MIDNIGHT + after_s)
    meter = restored(meter)
    meter.advance(MIDNIGHT + before_s + 2400 - after_s)
    assert meter.clock_s == MIDNIGHT + 2400
    return meter


def statuses(meter: Meter) -> list[list[object]]:
    """Stamps and statuses of the quarter-hours around the end of January."""
    return [row[:2] for row in rows(meter, INTERVALS)[-4:]]


@pytest.mark.parametrize("before_s", [-5, -1, 0, 1, 5])
@pytest.mark.parametrize("step_s", [-60, -5, -2, -1, 1, 2, 5, 60])
def test_a_step_within_the_limit_leaves_one_row_of_each(
    before_s: int, step_s: int
) -> None:
    meter = stepped(before_s, before_s + step_s)
    assert statuses(meter) == [[stamp, 0] for stamp in QUARTERS]
    assert [row[0] for row in rows(meter, DAYS)][-2:] == ["2401310000W", "2402010000W"]
    assert [row[0] for row in rows(meter, MONTHS[OLD])] == ["2402010000W"]
    assert {row[1] for row in rows(meter, DAYS)} == {0}
    assert happened(meter) == []


def test_what_was_read_of_a_row_stays_what_it_says() -> None:
    meter = lived("240131220000W")
    meter.advance(MIDNIGHT - 300)
    meter.power_off()
    meter.power_on(MIDNIGHT - 100)
    meter.advance(MIDNIGHT + 2)
    quarters, days = rows(meter, INTERVALS), rows(meter, DAYS)
    assert (quarters[-1][1], days[-1][1]) == (0x80, 0x80)
    for clock_s in (-3, -8, 4, -1):
        set_clock(meter, MIDNIGHT + clock_s)
        assert (rows(meter, INTERVALS), rows(meter, DAYS)) == (quarters, days)
    meter.advance(MIDNIGHT + 40)
    assert (rows(meter, INTERVALS), rows(meter, DAYS)) == (quarters, days)


def test_an_outage_after_a_small_step_back_fills_what_is_missing_alone() -> None:
    meter = lived("240201000005W")
    last = rows(meter, INTERVALS)[-1]
    set_clock(meter, MIDNIGHT - 5)
    meter.power_off()
    meter.power_on(MIDNIGHT + 1000)
    filled = ["2402010015W", LOST, last[2] + 5, last[3]]
    assert rows(meter, INTERVALS)[-2:] == [last, filled]


@pytest.mark.parametrize(
    ("before_s", "after_s", "flagged"),
    [
        # Within one quarter-hour; over a boundary, forward and back; over more than one.
        (100, 200, QUARTERS[2:3]),
        (-50, 50, QUARTERS[1:3]),
        (50, -50, QUARTERS[1:2]),
        (-950, 950, QUARTERS),
        (950, -950, QUARTERS[:1]),
        # To a boundary, and from it.
        (-100, 0, QUARTERS[1:3]),
        (0, -100, QUARTERS[1:2]),
        (100, 0, QUARTERS[2:3]),
        (0, 100, QUARTERS[2:3]),
    ],
)
def test_a_step_beyond_the_limit_flags_the_intervals_that_it_touches(
    before_s: int, after_s: int, flagged: list[str]
) -> None:
    meter = stepped(before_s, after_s)
    assert statuses(meter) == [
        [stamp, ADJUSTED if stamp in flagged else 0] for stamp in QUARTERS
    ]
    assert happened(meter) == [(MIDNIGHT + before_s, 4), (MIDNIGHT + after_s, 5)]
    over_midnight = QUARTERS[1] in flagged or QUARTERS[0] in flagged
    assert rows(meter, DAYS)[-1][:2] == [
        "2402010000W",
        ADJUSTED if over_midnight else 0,
    ]
    assert [row[0] for row in rows(meter, MONTHS[OLD])] == ["2402010000W"]

"""Any writes to clock and tariff: refused or taken whole, and what is taken can be restored."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.meters.access import act, put, restored
from tests.meters.builders import NOW_S, make_meter
from wire.cosem.dsmr.tariff import SCRIPTS
from wire.cosem.rows import Standard
from wire.cosem.types import type_of
from wire.dlms import axdr
from wire.dlms.data import Data
from wire.dlms.descriptors import ActionResult, DataAccessResult
from wire.obis import Obis
from wire.p1 import TelegramReader, TelegramReceived

CLOCK, CALENDAR, SPECIAL = (8, "0-0:1.0.0"), (20, "0-0:13.0.0"), (11, "0-0:11.0.0")
TABLE, ACTIVATION = (9, "0-0:10.0.100"), (6, "0-0:14.0.0")
DAY_S = 86_400

octet = st.one_of(st.integers(0, 31), st.sampled_from([0x80, 0xFD, 0xFE, 0xFF]))
dates = st.builds(
    lambda year, rest: year + bytes(rest),
    st.sampled_from([b"\xff\xff", b"\x07\xe8", b"\x07\xe9", b"\0\0", b"\x27\x0f"]),
    st.lists(octet, min_size=3, max_size=3),
)
times = st.builds(
    lambda hour, minute: bytes((hour, minute, 0, 0)), octet, st.integers(0, 61)
)
deviations = st.sampled_from(
    [b"\x80\0\0", b"\xff\xc4\0", b"\xff\x88\x80", b"\x7f\xff\0"]
)
date_times = st.one_of(
    st.builds(lambda *parts: b"".join(parts), dates, times, deviations),
    st.binary(max_size=13),
    st.just(b"\xff" * 12),
)
names, numbers = st.sampled_from([b"", b"a", b"b"]), st.integers(0, 3)
mask_names = st.sampled_from([b"\0\1", b"\0\2", b"\0\7", b"\0\x0b", b"\1", b""])
codes = st.sampled_from(
    [Obis.parse(code).octets for code in ("1-0:1.8.1", "1-0:2.8.2", "1-0:1.7.0")]
)


def typed(name: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Data]:
    return values.map(type_of(name).data)


def some(*parts: st.SearchStrategy[Any], most: int = 5) -> st.SearchStrategy[Any]:
    return st.lists(st.tuples(*parts), max_size=most)


tables = st.sampled_from([SCRIPTS, SCRIPTS, bytes(6)])
schedules = some(times, tables, numbers)
masks = st.tuples(mask_names, st.lists(st.integers(0, 5), max_size=4))
registers = st.tuples(st.sampled_from([3, 3, 1]), codes)
special_days = st.tuples(numbers, dates, numbers)
actions = some(
    *(st.just(part) for part in (1, 6, Obis.parse("0-0:14.0.0").octets, 4)),
    mask_names,
    most=2,
)

WRITES = [
    (CLOCK, 2, typed("octet-string", date_times)),
    (CLOCK, 3, typed("long", st.integers(-800, 800))),
    (CLOCK, 5, typed("octet-string", date_times)),
    (CLOCK, 6, typed("octet-string", date_times)),
    (CLOCK, 8, typed("boolean", st.booleans())),
    (CALENDAR, 7, typed("season_profile", some(names, date_times, names))),
    (CALENDAR, 8, typed("week_profile_table", some(names, *[numbers] * 7))),
    (CALENDAR, 9, typed("day_profile_table", some(numbers, schedules))),
    (CALENDAR, 10, typed("octet-string", date_times)),
    (SPECIAL, 2, typed("special_days", st.lists(special_days, max_size=4))),
    (TABLE, 2, typed("script_table", some(numbers, actions, most=3))),
    (ACTIVATION, 2, typed("register_assignment", st.lists(registers, max_size=4))),
    (ACTIVATION, 3, typed("mask_list", st.lists(masks, max_size=4))),
    (ACTIVATION, 4, typed("octet-string", mask_names)),
]
CALLS = [
    (CALENDAR, 1, st.just(axdr.integer(0))),
    (SPECIAL, 1, typed("spec_day_entry", special_days)),
    (SPECIAL, 2, typed("long-unsigned", numbers)),
    (TABLE, 1, typed("long-unsigned", numbers)),
    (ACTIVATION, 1, typed("object_definition", registers)),
    (ACTIVATION, 2, typed("register_act_mask", masks)),
    (ACTIVATION, 3, typed("octet-string", mask_names)),
]
STEPS = st.one_of(
    *(
        st.tuples(st.just(kind), st.just(place), st.just(number), values)
        for kind, members in (("put", WRITES), ("act", CALLS))
        for place, number, values in members
    )
)
# A calendar that is good, to be bent by what follows.
GOOD = [
    ("put", CALENDAR, 7, type_of("season_profile").data([(b"a", b"\xff" * 12, b"a")])),
    ("put", CALENDAR, 8, type_of("week_profile_table").data([(b"a", *(1,) * 7)])),
    (
        "put",
        CALENDAR,
        9,
        type_of("day_profile_table").data([(1, [(bytes(4), SCRIPTS, 1)])]),
    ),
]


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(list(Standard)), st.booleans(), st.lists(STEPS, max_size=12))
def test_any_steps_leave_a_meter_that_goes_on_and_can_be_restored(
    standard: Standard, good: bool, steps: list[tuple[str, Any, int, Data]]
) -> None:
    meter = make_meter(standard)
    for kind, place, number, value in (GOOD if good else []) + steps:
        before = meter.state.settings, meter.state.active_mask, meter.state.counting
        if kind == "put":
            taken = put(meter, place, number, value) is DataAccessResult.SUCCESS
        else:
            taken = act(meter, place, number, value) is ActionResult.SUCCESS
        after = meter.state.settings, meter.state.active_mask, meter.state.counting
        assert taken or before == after
        meter.advance(meter.state.at_s + 1000)
    again = restored(meter)
    for later_s in (20_000, 2 * DAY_S, 5 * DAY_S):
        for one in (meter, again):
            (event,) = TelegramReader().feed(one.telegram(NOW_S + later_s))
            assert isinstance(event, TelegramReceived)
        assert again.state.active_mask == meter.state.active_mask
        assert again.clock_s == meter.clock_s

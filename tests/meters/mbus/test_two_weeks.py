"""Two weeks in which anything goes wrong on P2: no reading is invented, and none lost for good."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.meters.mbus.weeks import DAY_S, HOUR_S, START_S, Weeks
from wire.cosem.rows import Standard
from wire.mbus import rows

Happening = tuple[Any, ...]
NUMBERS = st.integers(1, 3)
FAULTS = st.sampled_from(["lost", "garbled", "late", "twice"])
HALVES = st.sampled_from(["de", "ed", "d", "e"])
ORDERS = st.sampled_from(
    ["capture", "synchronize_clock", "reset_alarm", "slave_deinstall"]
)
VERSION_ONLY = st.just(rows.MODEL_VERSION.selection().head)
RESERVES_S = st.sampled_from([0, 600, 5 * DAY_S])
STEPS_S = st.sampled_from([-7200, -3600, -900, -45, 20, 50, 700, 4000])
DEVIATIONS_S = st.sampled_from([-4000, -600, -45, 45, 600, 4000])

# What `Weeks` can let happen, with its arguments.
HAPPENINGS: list[st.SearchStrategy[Happening]] = [
    st.tuples(st.just(name), *arguments)
    for name, *arguments in (
        ("flow", NUMBERS, st.integers(0, 100)),
        ("fault", NUMBERS, st.sampled_from([10, 50, 100]), FAULTS),
        ("power", RESERVES_S),
        ("restart",),
        ("key", NUMBERS, HALVES, st.booleans()),
        ("order", NUMBERS, ORDERS),
        ("ask_for", NUMBERS, VERSION_ONLY),
        ("clock", STEPS_S),
        ("lose_time", NUMBERS, DEVIATIONS_S),
        ("fail", NUMBERS, st.sampled_from(["battery", "fraud"])),
        ("another", NUMBERS),
        ("overhear", NUMBERS),
        ("replay", NUMBERS),
        ("replace", NUMBERS),
        ("replace_meter",),
    )
]
TROUBLE = st.lists(
    st.tuples(st.integers(1, 3 * HOUR_S), st.one_of(HAPPENINGS)),
    min_size=1,
    max_size=12,
)


@settings(max_examples=10, deadline=None)
@given(st.sampled_from(Standard), st.lists(TROUBLE, min_size=1, max_size=6))
def test_no_reading_is_invented_and_none_lost_for_good(
    standard: Standard, troubles: list[list[tuple[int, Happening]]]
) -> None:
    weeks = Weeks(standard)
    for trouble in troubles:
        for wait_s, (name, *arguments) in trouble:
            weeks.pass_s(wait_s)
            getattr(weeks, name)(*arguments)
            weeks.check_shown()
        weeks.heal()
    weeks.pass_s(max(0, START_S + 14 * DAY_S - weeks.meter.state.at_s))
    weeks.heal()

"""Profiles in a control unit: staged, committed, followed and refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargepoint.car import Visits
from chargepoint.registers import (
    NO_LIMIT,
    NO_PERIOD,
    Fault,
    Outcome,
    Source,
    Status,
    u32_words,
)
from chargepoint.staging import buffer_crc, staging_writes
from tests.chargepoint.master import BUSY, T0, a_unit, commit, get, put, refused
from wire.charging_profile import Reject


def test_a_profile_is_followed_period_by_period_and_ends_in_own_configuration() -> None:
    unit = a_unit(own_limit_w=11_000)
    assert commit(unit, [(0, 8000), (900, 0), (1800, 6000)], sequence=7) == 1
    seen = {}
    for second in (0, 899, 900, 1799, 1800, 3599, 3600):
        unit.advance(T0 + second)
        seen[second] = (get(unit, "applied_limit"), get(unit, "active_period"))
    assert seen == {
        0: (8000, 0),
        899: (8000, 0),
        900: (0, 1),
        1799: (0, 1),
        1800: (6000, 2),
        3599: (6000, 2),
        3600: (11_000, NO_PERIOD),
    }
    assert get(unit, "limit_source") == Source.OWN_CONFIGURATION
    assert (get(unit, "active_sequence"), get(unit, "status")) == (0, 0)


def test_energy_is_exact_over_a_change_inside_one_advance() -> None:
    unit = a_unit()
    commit(unit, [(0, 6900), (100, 4140), (250, 0)], until_s=300)
    unit.advance(T0 + 1000)
    after_s = 700
    expected_ws = 100 * 6900 + 150 * 4140 + after_s * 21_999
    assert unit.station.lifetime_ws == expected_ws


def test_next_change_is_the_next_period_then_its_end() -> None:
    unit = a_unit(Visits())
    idle_until_s = unit.next_change_s
    assert idle_until_s is None
    commit(unit, [(10, 8000), (900, 0)], from_s=5)
    changes = []
    while (next_s := unit.next_change_s) is not None:
        changes.append(next_s - T0)
        unit.advance(next_s)
    assert changes == [10, 900, 3600]


def test_a_profile_to_come_is_loaded_and_not_active() -> None:
    unit = a_unit()
    commit(unit, [(100, 6000)], sequence=3)
    assert get(unit, "status") == Status.PROFILE_LOADED
    assert (get(unit, "active_sequence"), get(unit, "profile_remaining")) == (3, 3600)
    assert get(unit, "limit_source") == Source.OWN_CONFIGURATION
    unit.advance(T0 + 100)
    active = Status.PROFILE_LOADED | Status.PROFILE_ACTIVE | Status.ACCOUNTED_FOR
    assert get(unit, "status") == active
    assert get(unit, "profile_remaining") == 3500


def test_before_the_first_start_the_own_configuration_applies() -> None:
    unit = a_unit(own_limit_w=11_000)
    commit(unit, [(100, 6000)], from_s=0)
    assert get(unit, "applied_limit") == 11_000
    unit.advance(T0 + 100)
    assert get(unit, "applied_limit") == 6000


def test_remaining_saturates() -> None:
    unit = a_unit()
    commit(unit, [(0, 6000)], until_s=7 * 86_400)
    assert get(unit, "profile_remaining") == 65_535


def test_a_clear_drops_the_profile_and_a_staged_one_does_nothing() -> None:
    unit = a_unit()
    commit(unit, [(0, 6000)])
    for address, words in staging_writes(0, T0, T0 + 60, [(T0, 0)]):
        unit.write(address, words)
    assert get(unit, "applied_limit") == 6000
    put(unit, "commit", 2)
    assert get(unit, "commit") == Outcome.CLEARED
    assert (get(unit, "applied_limit"), get(unit, "status")) == (22_080, 0)


def test_32_periods_pass_through_the_buffer() -> None:
    unit = a_unit()
    assert commit(unit, [(10 * n, 5000 + n) for n in range(32)]) == 1
    unit.advance(T0 + 310)
    assert (get(unit, "applied_limit"), get(unit, "active_period")) == (5031, 31)


@pytest.mark.parametrize(
    ("periods", "from_s", "until_s", "code"),
    [
        ([(0, 6000)], 0, 0, Reject.VALIDITY),
        ([(0, 6000)], 0, -1, Reject.VALIDITY),
        ([(0, 6000)], 0, 7 * 86_400 + 1, Reject.SPAN),
        ([(-60, 6000)], -60, 0, Reject.EXPIRED),
        ([(0, 6000), (0, 7000)], 0, 60, Reject.ORDER),
        ([(9, 6000), (5, 7000)], 0, 60, Reject.ORDER),
        ([(0, 6000)], 1, 60, Reject.ORDER),
        ([(0, 6000), (60, 7000)], 0, 60, Reject.ORDER),
        ([(0, 22_081)], 0, 60, Reject.POWER),
        ([(0, 6000), (5, NO_LIMIT)], 0, 60, Reject.POWER),
    ],
)
def test_a_refused_profile_leaves_the_old_one_and_raises_a_fault(
    periods: list[tuple[int, int]], from_s: int, until_s: int, code: Reject
) -> None:
    unit = a_unit()
    commit(unit, [(0, 8000)])
    assert commit(unit, periods, until_s, from_s=from_s) == code
    assert get(unit, "last_reject") == code
    assert get(unit, "faults") == Fault.PROFILE_REJECTED
    assert get(unit, "applied_limit") == 8000
    assert commit(unit, [(0, 7000)]) == Outcome.COMMITTED
    assert (get(unit, "faults"), get(unit, "last_reject")) == (0, 0)


def test_no_periods_are_refused() -> None:
    unit = a_unit()
    unit.write(401, [0, 0, *u32_words(T0), *u32_words(T0 + 9), 0, 0])
    put(unit, "commit", 1)
    assert get(unit, "commit") == Reject.STRUCTURE


@given(
    bit=st.integers(0, 16 * 8 - 1),
    index=st.sampled_from([*range(401, 408), *range(410, 418)]),
)
@settings(max_examples=100)
def test_one_flipped_bit_of_the_buffer_is_noticed(bit: int, index: int) -> None:
    unit = a_unit()
    for address, words in staging_writes(5, T0, T0 + 60, [(T0, 1), (T0 + 9, 2)]):
        unit.write(address, words)
    image = unit._image
    image.put(index, [image.u16(index) ^ 1 << bit % 16])
    put(unit, "commit", 1)
    assert get(unit, "commit") in (Outcome.BUFFER_CRC, Reject.STRUCTURE)
    assert unit.station.profile is None


def test_the_crc_covers_only_periods_in_use() -> None:
    unit = a_unit()
    unit.write(414, [1, 2, 3, 4])
    assert commit(unit, [(0, 6000)]) == Outcome.COMMITTED


def test_sequences_must_grow_except_for_the_profile_that_runs() -> None:
    unit = a_unit()
    assert commit(unit, [(0, 6000)], sequence=5) == Outcome.COMMITTED
    assert commit(unit, [(0, 6000)], sequence=5) == Outcome.COMMITTED
    assert commit(unit, [(0, 7000)], sequence=5) == Reject.REPLAY
    assert commit(unit, [(0, 7000)], sequence=4) == Reject.REPLAY
    assert commit(unit, [(0, 7000)], sequence=0) == Outcome.COMMITTED
    assert commit(unit, [(0, 8000)], sequence=5) == Reject.REPLAY
    assert commit(unit, [(0, 8000)], sequence=6) == Outcome.COMMITTED
    put(unit, "commit", 2)
    assert commit(unit, [(0, 8000)], sequence=6) == Reject.REPLAY
    unit.restart(T0 + 1)
    assert commit(unit, [(0, 8000)], sequence=6) == Outcome.COMMITTED


def test_a_slow_commit_is_busy_then_takes_effect_at_its_second() -> None:
    unit = a_unit(commit_s=3)
    assert commit(unit, [(0, 6000)]) == Outcome.BUSY
    for address, words in ((400, [2]), (401, [0, 1]), (407, [1]), (410, [0, 0])):
        refused(BUSY, unit.write, address, words)
    put(unit, "heartbeat", 1)
    assert (get(unit, "applied_limit"), unit.next_change_s) == (22_080, T0 + 3)
    unit.advance(T0 + 1000)
    assert get(unit, "commit") == Outcome.COMMITTED
    assert unit.station.lifetime_ws == 3 * 21_999 + 997 * 5934
    put(unit, "commit", 2)


def test_the_buffer_crc_is_of_the_words_as_staged() -> None:
    unit = a_unit()
    words = [0, 1, *u32_words(T0), *u32_words(T0 + 60), 1]
    table = [*u32_words(T0), *u32_words(6000)]
    unit.write(410, table)
    unit.write(401, [*words, buffer_crc([*words, *table])])
    put(unit, "commit", 1)
    assert get(unit, "commit") == Outcome.COMMITTED

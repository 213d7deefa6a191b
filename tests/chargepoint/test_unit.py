"""The control unit as a master meets it: every rule of the map, at its exact second."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargepoint.car import Visits
from chargepoint.kept import Kept
from chargepoint.registers import (
    NO_LIMIT,
    NO_PERIOD,
    PERSIST_MAGIC,
    REGISTERS,
    Access,
    ExceptionCode,
    Fault,
    Outcome,
    RequestRefused,
    Source,
    Status,
    buffer_crc,
    register,
    staging_writes,
    text_of,
    u32_words,
)
from chargepoint.sessions import Session
from chargepoint.unit import ControlUnit
from wire.charging_profile import Reject
from wire.errors import LocalError

T0 = 1_704_900_000
ADDRESS, VALUE, BUSY, FAILURE = (
    ExceptionCode.ILLEGAL_ADDRESS,
    ExceptionCode.ILLEGAL_VALUE,
    ExceptionCode.DEVICE_BUSY,
    ExceptionCode.DEVICE_FAILURE,
)
DEFINED = {row.address + offset for row in REGISTERS for offset in range(row.words)}


def a_car(
    phases: int = 3, phase: int = 0, max_w: int = 22_000, wh: int = 1_000_000
) -> Visits:
    return Visits([Session("CP", T0, T0 + 864_000, wh, phases, phase, max_w)])


def a_unit(
    visits: Visits | None = None, watchdog_s: int = 0, **options: int
) -> ControlUnit:
    return ControlUnit(
        "CP001",
        now_s=T0,
        visits=visits if visits is not None else a_car(),
        kept=Kept(watchdog_timeout_s=watchdog_s),
        **options,
    )


def get(unit: ControlUnit, name: str) -> int:
    row = register(name)
    return row.decode(unit.read(row.address, row.words))


def put(unit: ControlUnit, name: str, value: int) -> None:
    row = register(name)
    unit.write(row.address, row.encode(value))


def commit(
    unit: ControlUnit,
    periods: Sequence[tuple[int, int]],
    until_s: int = 3600,
    sequence: int = 0,
    from_s: int | None = None,
) -> int:
    """Stages periods (seconds after T0, W), commits them and returns the outcome."""
    writes = staging_writes(
        sequence,
        T0 + (periods[0][0] if from_s is None else from_s),
        T0 + until_s,
        [(T0 + start_s, max_w) for start_s, max_w in periods],
    )
    for address, words in writes:
        unit.write(address, words)
    put(unit, "commit", 1)
    return get(unit, "commit")


def refused(code: ExceptionCode, call: Callable[..., object], *args: object) -> None:
    with pytest.raises(RequestRefused) as caught:
        call(*args)
    assert caught.value.code is code


# What is read


def test_identity() -> None:
    unit = a_unit(phases=3, hardware_max_da=160, own_limit_w=9000)
    assert unit.read(0, 2) == [0x4443, 1]
    assert text_of(unit.read(2, 8)) == "CP001"
    assert unit.read(10, 2) == [3, 160]
    assert get(unit, "own_limit") == 9000


def test_every_register_can_be_read_alone_and_no_gap_can() -> None:
    unit = a_unit()
    for address in range(0, 620):
        if address in DEFINED:
            assert len(unit.read(address, 1)) == 1
        else:
            refused(ADDRESS, unit.read, address, 1)


@pytest.mark.parametrize(
    ("address", "count", "code"),
    [
        (0, 15, ADDRESS),
        (408, 3, ADDRESS),
        (601, 2, ADDRESS),
        (65_535, 1, ADDRESS),
        (-1, 1, ADDRESS),
        (0, 0, VALUE),
        (410, 126, VALUE),
    ],
)
def test_reads_over_a_gap_or_too_long_are_refused(
    address: int, count: int, code: ExceptionCode
) -> None:
    refused(code, a_unit().read, address, count)


def test_a_car_that_charges_is_metered_per_phase() -> None:
    unit = a_unit(a_car(max_w=11_000))
    unit.voltage_dv = (2300, 2200, 2415)
    unit.advance(T0 + 3600)
    assert chr(get(unit, "iec61851_state")) == "C"
    assert unit.read(200, 6) == [2300, 2200, 2415, 1594, 1666, 1518]
    assert [get(unit, f"power_l{n}") for n in (1, 2, 3)] == [3666] * 3
    assert get(unit, "power") == 10_998
    assert get(unit, "session_energy") == get(unit, "lifetime_energy") == 10_998


def test_a_phase_without_voltage_has_no_current() -> None:
    unit = a_unit(phases=1)
    assert unit.read(200, 6) == [2300, 0, 0, 3188, 0, 0]


def test_states_a_b_c() -> None:
    visits = Visits([Session("CP", T0 + 10, T0 + 50, 20, 3, 0, 7200)])
    unit = a_unit(visits)
    states = {}
    for second in (0, 9, 10, 19, 20, 49, 50):
        unit.advance(T0 + second)
        states[second] = chr(get(unit, "iec61851_state"))
    # 20 Wh at 7200 W take ten seconds.
    assert states == {0: "A", 9: "A", 10: "C", 19: "C", 20: "B", 49: "B", 50: "A"}


def test_energies_of_a_session_and_of_a_life() -> None:
    visits = Visits(
        [
            Session("CP", T0, T0 + 3600, 1000, 3, 0, 7200),
            Session("CP", T0 + 7200, T0 + 9000, 3000, 3, 0, 7200),
        ]
    )
    unit = a_unit(visits)
    unit.advance(T0 + 3599)
    assert get(unit, "session_energy") == 1000
    unit.advance(T0 + 3600)
    assert get(unit, "session_energy") == 0
    unit.advance(T0 + 10_000)
    assert get(unit, "lifetime_energy") == 4000
    assert [car.energy_wh for car in visits.cars] == [1000, 3000]


def test_power_changes_are_told_at_their_own_instant() -> None:
    unit = a_unit(Visits([Session("CP", T0 + 10, T0 + 99, 20, 1, 2, 7200)]))
    told: list[tuple[int, tuple[int, int, int]]] = []
    unit.station.on_power = lambda now_s, power_w: told.append((now_s - T0, power_w))
    unit.advance(T0 + 1000)
    assert told == [(10, (0, 7200, 0)), (20, (0, 0, 0))]


def test_a_car_plugged_in_by_hand_starts_a_session_of_its_own() -> None:
    unit = a_unit()
    unit.advance(T0 + 100)
    unit.station.plug(Session("CP", T0, T0 + 500, 5000, 1, 2, 3680))
    assert unit.power_w == (0, 3680, 0)
    assert get(unit, "session_energy") == 0
    unit.advance(T0 + 500)
    assert get(unit, "session_energy") == 0
    assert chr(get(unit, "iec61851_state")) == "A"
    assert unit.station.lifetime_ws == 100 * 21_999 + 400 * 3680
    unit.station.plug(None)
    assert [car.energy_wh for car in unit.station.visits.cars] == [611, 408]


# What is written


def test_every_writable_value_is_written_whole_and_reads_back() -> None:
    values = {"phase_request": 1, "period_count": 32, "watchdog_timeout": 5}
    unit = a_unit()
    for row in REGISTERS:
        if row.access is Access.RW and row.name != "commit":
            value = values.get(row.name, 1234)
            put(unit, row.name, value)
            assert get(unit, row.name) == value


def test_no_read_only_register_or_gap_can_be_written() -> None:
    unit = a_unit()
    writable = {
        row.address + offset
        for row in REGISTERS
        if row.access is not Access.R
        for offset in range(row.words)
    }
    for address in range(0, 620):
        if address not in writable:
            refused(ADDRESS, unit.write, address, [0])


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (302, [0]),
        (303, [0]),
        (301, [60, 0]),
        (306, [0, 0]),
        (410, [0]),
        (410, [0, 0, 0]),
        (601, [0]),
    ],
)
def test_half_of_a_value_is_refused(address: int, words: list[int]) -> None:
    refused(VALUE, a_unit().write, address, words)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("safe_power", 22_081),
        ("persist", 0),
        ("persist", PERSIST_MAGIC + 1),
        ("direct_limit", 22_081),
        ("direct_limit", NO_LIMIT - 1),
        ("phase_request", 2),
        ("phase_request", 4),
        ("commit", 0),
        ("commit", 3),
        ("period_count", 33),
    ],
)
def test_a_bad_value_is_refused_and_changes_nothing(name: str, value: int) -> None:
    unit = a_unit()
    before = get(unit, name)
    refused(VALUE, put, unit, name, value)
    assert get(unit, name) == before


def test_one_bad_value_refuses_the_whole_write() -> None:
    unit = a_unit()
    refused(VALUE, unit.write, 305, [0, 5000, 10, 7])
    assert get(unit, "direct_limit") == NO_LIMIT
    refused(VALUE, unit.write, 300, [9, 1, 0, 6000, 1])
    assert unit.read(300, 2) == [0, 0]
    refused(VALUE, unit.write, 300, [])
    with pytest.raises(LocalError, match="16 bits"):
        unit.write(300, [70_000])


def test_a_single_phase_unit_has_no_three_phases_to_use() -> None:
    unit = a_unit(phases=1)
    refused(VALUE, put, unit, "phase_request", 3)
    put(unit, "phase_request", 1)


# The limit


def test_without_setpoints_the_own_configuration_applies() -> None:
    unit = a_unit(own_limit_w=11_000)
    assert get(unit, "applied_limit") == 11_000
    assert get(unit, "limit_source") == Source.OWN_CONFIGURATION
    assert get(unit, "status") == 0


@pytest.mark.parametrize(
    ("own_w", "cable_da", "direct_w", "applied_w", "source"),
    [
        (11_000, 320, 6000, 6000, Source.DIRECT),
        (5000, 320, 6000, 5000, Source.OWN_CONFIGURATION),
        (30_000, 320, 22_080, 22_080, Source.DIRECT),
        (11_000, 130, 22_080, 8970, Source.CABLE_OR_THERMAL),
        (11_000, 130, 8970, 8970, Source.DIRECT),
        (8970, 130, NO_LIMIT, 8970, Source.OWN_CONFIGURATION),
    ],
)
def test_the_lowest_limit_applies(
    own_w: int, cable_da: int, direct_w: int, applied_w: int, source: Source
) -> None:
    unit = a_unit(own_limit_w=own_w, cable_da=cable_da)
    put(unit, "direct_limit", direct_w)
    assert get(unit, "applied_limit") == applied_w
    assert get(unit, "limit_source") == source


def test_profile_and_direct_limit_the_lower_one_applies() -> None:
    unit = a_unit()
    commit(unit, [(0, 8000), (60, 5000)])
    put(unit, "direct_limit", 6000)
    assert get(unit, "limit_source") == Source.DIRECT
    unit.advance(T0 + 60)
    assert (get(unit, "applied_limit"), get(unit, "limit_source")) == (
        5000,
        Source.PROFILE,
    )


@pytest.mark.parametrize(
    ("limit_w", "pwm_da", "power_w", "paused"),
    [
        (22_080, 320, 21_999, False),
        (6000, 86, 5934, False),
        (4140, 60, 4140, False),
        (4139, 0, 0, True),
        (1, 0, 0, True),
        (0, 0, 0, False),
    ],
)
def test_the_offer_on_three_phases(
    limit_w: int, pwm_da: int, power_w: int, paused: bool
) -> None:
    unit = a_unit()
    put(unit, "direct_limit", limit_w)
    assert get(unit, "applied_limit") == limit_w
    assert get(unit, "pwm_current") == pwm_da
    assert get(unit, "phases_in_use") == 3
    assert get(unit, "power") == power_w
    assert bool(get(unit, "status") & Status.BELOW_MINIMUM) is paused
    assert chr(get(unit, "iec61851_state")) == ("C" if power_w else "B")


@pytest.mark.parametrize(
    ("limit_w", "pwm_da", "power_w"),
    [(4139, 179, 4117), (1380, 60, 1380), (1379, 0, 0)],
)
def test_a_single_phase_car_has_the_whole_limit_on_its_phase(
    limit_w: int, pwm_da: int, power_w: int
) -> None:
    unit = a_unit(a_car(phases=1, phase=3, max_w=7400))
    put(unit, "direct_limit", limit_w)
    assert (get(unit, "phases_in_use"), get(unit, "pwm_current")) == (1, pwm_da)
    assert unit.power_w == (0, 0, power_w)


def test_a_phase_request_moves_the_minimum() -> None:
    unit = a_unit()
    put(unit, "direct_limit", 2000)
    assert unit.power_w == (0, 0, 0)
    put(unit, "phase_request", 1)
    assert unit.power_w == (1978, 0, 0)
    put(unit, "phase_request", 0)
    assert unit.power_w == (0, 0, 0)


def test_a_cable_can_come_and_go() -> None:
    unit = a_unit()
    unit.station.fit_cable(130)
    assert get(unit, "pwm_current") == 130
    unit.station.fit_cable(None)
    assert get(unit, "pwm_current") == 320


def test_a_hard_fault_stops_charging_and_a_communication_fault_does_not() -> None:
    unit = a_unit()
    unit.station.set_faults(Fault.RCD | Fault.COMMUNICATION)
    assert get(unit, "faults") == Fault.RCD
    assert unit.power_w == (0, 0, 0) and chr(get(unit, "iec61851_state")) == "F"
    unit.station.set_faults(Fault(0))
    assert chr(get(unit, "iec61851_state")) == "C"


# Profiles


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


# Direct limits


def test_a_direct_limit_ends_after_its_validity() -> None:
    unit = a_unit()
    unit.write(305, [0, 6000, 10])
    unit.advance(T0 + 9)
    assert get(unit, "applied_limit") == 6000
    unit.advance(T0 + 10)
    assert get(unit, "limit_source") == Source.OWN_CONFIGURATION
    assert get(unit, "direct_limit") == NO_LIMIT
    put(unit, "direct_validity", 60)
    assert get(unit, "direct_limit") == NO_LIMIT


def test_a_validity_starts_anew_with_either_write() -> None:
    unit = a_unit()
    unit.write(305, [0, 6000, 10])
    unit.advance(T0 + 9)
    put(unit, "direct_validity", 10)
    unit.advance(T0 + 18)
    put(unit, "direct_limit", 7000)
    unit.advance(T0 + 27)
    assert get(unit, "applied_limit") == 7000
    unit.advance(T0 + 28)
    assert get(unit, "applied_limit") == 22_080


def test_a_direct_limit_without_validity_has_no_end() -> None:
    unit = a_unit()
    put(unit, "direct_limit", 6000)
    unit.advance(T0 + 800_000)
    assert get(unit, "applied_limit") == 6000
    put(unit, "direct_limit", NO_LIMIT)
    assert get(unit, "applied_limit") == 22_080


# The watchdog


def test_the_watchdog_counts_down_and_only_a_change_restarts_it() -> None:
    unit = a_unit(watchdog_s=60)
    unit.advance(T0 + 30)
    assert get(unit, "watchdog_remaining") == 30
    put(unit, "heartbeat", 0)
    assert get(unit, "watchdog_remaining") == 30
    put(unit, "heartbeat", 1)
    assert get(unit, "watchdog_remaining") == 60
    unit.advance(T0 + 89)
    assert not get(unit, "status") & Status.WATCHDOG_TRIPPED
    unit.advance(T0 + 90)
    assert get(unit, "status") & Status.WATCHDOG_TRIPPED
    assert get(unit, "faults") == Fault.COMMUNICATION
    assert get(unit, "watchdog_remaining") == 0
    put(unit, "heartbeat", 2)
    assert (get(unit, "status"), get(unit, "faults")) == (0, 0)


def test_a_heartbeat_counts_in_a_longer_write_too() -> None:
    unit = a_unit(watchdog_s=60)
    unit.advance(T0 + 30)
    unit.write(300, [1, 60])
    assert get(unit, "watchdog_remaining") == 60


def test_a_trip_with_only_a_direct_limit_goes_to_safe_power_until_heard() -> None:
    unit = a_unit(watchdog_s=60)
    put(unit, "safe_power", 5000)
    put(unit, "direct_limit", 15_000)
    unit.advance(T0 + 60)
    assert (get(unit, "applied_limit"), get(unit, "limit_source")) == (
        5000,
        Source.SAFE,
    )
    assert not get(unit, "status") & Status.ACCOUNTED_FOR
    put(unit, "direct_limit", 14_000)
    assert get(unit, "applied_limit") == 5000
    put(unit, "heartbeat", 1)
    assert (get(unit, "applied_limit"), get(unit, "limit_source")) == (
        14_000,
        Source.DIRECT,
    )


def test_safe_power_does_not_end_with_the_validity_of_what_was_lost() -> None:
    unit = a_unit(watchdog_s=60)
    unit.write(305, [0, 6000, 100])
    unit.advance(T0 + 500)
    assert (get(unit, "applied_limit"), get(unit, "limit_source")) == (
        4200,
        Source.SAFE,
    )
    put(unit, "heartbeat", 1)
    assert get(unit, "limit_source") == Source.OWN_CONFIGURATION


def test_a_direct_limit_that_ends_in_the_second_of_the_trip_has_ended() -> None:
    unit = a_unit(watchdog_s=60)
    unit.write(305, [0, 6000, 60])
    unit.advance(T0 + 60)
    assert get(unit, "limit_source") == Source.OWN_CONFIGURATION


def test_safe_power_changed_while_it_applies_applies_at_once() -> None:
    unit = a_unit(watchdog_s=60)
    put(unit, "direct_limit", 15_000)
    unit.advance(T0 + 60)
    put(unit, "safe_power", 4500)
    assert get(unit, "applied_limit") == 4500


def test_a_trip_with_a_committed_profile_keeps_it_to_its_end() -> None:
    unit = a_unit(watchdog_s=60)
    commit(unit, [(0, 8000), (900, 6000)])
    unit.advance(T0 + 900)
    assert get(unit, "status") & Status.WATCHDOG_TRIPPED
    assert (get(unit, "applied_limit"), get(unit, "limit_source")) == (
        6000,
        Source.PROFILE,
    )
    unit.advance(T0 + 3600)
    assert get(unit, "limit_source") == Source.OWN_CONFIGURATION
    assert get(unit, "status") == Status.WATCHDOG_TRIPPED


def test_a_direct_limit_that_outlives_the_profile_of_a_trip_becomes_safe_power() -> (
    None
):
    unit = a_unit(watchdog_s=60)
    commit(unit, [(0, 8000)])
    put(unit, "direct_limit", 15_000)
    unit.advance(T0 + 3599)
    assert get(unit, "applied_limit") == 8000
    unit.advance(T0 + 3600)
    assert (get(unit, "applied_limit"), get(unit, "limit_source")) == (
        4200,
        Source.SAFE,
    )


def test_a_trip_without_setpoints_leaves_the_own_configuration() -> None:
    unit = a_unit(watchdog_s=60)
    unit.advance(T0 + 61)
    assert get(unit, "limit_source") == Source.OWN_CONFIGURATION


def test_the_watchdog_can_be_off_and_shortened() -> None:
    unit = a_unit(watchdog_s=60)
    put(unit, "watchdog_timeout", 0)
    assert get(unit, "watchdog_remaining") == 65_535
    unit.advance(T0 + 1000)
    assert get(unit, "status") == 0
    put(unit, "watchdog_timeout", 10)
    unit.advance(T0 + 1001)
    assert get(unit, "status") == Status.WATCHDOG_TRIPPED
    put(unit, "watchdog_timeout", 0)
    assert get(unit, "status") == 0


# The clock


def test_a_profile_is_followed_by_the_units_own_clock_until_it_is_set() -> None:
    unit = a_unit(clock_error_s=-100)
    commit(unit, [(0, 6000)])
    assert get(unit, "limit_source") == Source.OWN_CONFIGURATION
    assert get(unit, "clock") == T0 - 100
    unit.advance(T0 + 50)
    put(unit, "clock", T0 + 50)
    assert get(unit, "status") & Status.CLOCK_SET
    assert (get(unit, "clock"), get(unit, "applied_limit")) == (T0 + 50, 6000)
    unit.advance(T0 + 3600)
    assert get(unit, "limit_source") == Source.OWN_CONFIGURATION


@pytest.mark.parametrize("drift_ppm", [-300, 300])
def test_a_drifting_clock_moves_the_changes(drift_ppm: int) -> None:
    unit = a_unit(drift_ppm=drift_ppm)
    commit(unit, [(0, 8000), (40_000, 6000)], until_s=80_000)
    shift_s = 11 if drift_ppm > 0 else -13
    change_s = T0 + 40_000 - shift_s
    unit.advance(change_s - 1)
    assert get(unit, "applied_limit") == 8000
    assert unit.next_change_s == change_s
    unit.advance(change_s)
    assert (get(unit, "applied_limit"), get(unit, "clock")) == (6000, T0 + 40_000)


def test_an_ended_profile_does_not_come_back_with_the_clock() -> None:
    unit = a_unit()
    commit(unit, [(0, 6000)])
    put(unit, "clock", T0 + 3600)
    put(unit, "clock", T0)
    assert unit.station.profile is None


# Restart


def test_a_restart_loses_setpoints_and_keeps_energy() -> None:
    unit = a_unit(watchdog_s=60)
    put(unit, "heartbeat", 7)
    put(unit, "clock", T0)
    commit(unit, [(0, 6000)], sequence=9)
    put(unit, "direct_limit", 5000)
    put(unit, "phase_request", 1)
    put(unit, "watchdog_timeout", 30)
    put(unit, "safe_power", 6000)
    unit.advance(T0 + 20)
    energy_ws = unit.station.lifetime_ws
    unit.restart(T0 + 20)
    assert unit.read(300, 9) == [0, 60, 0, 4200, 0, 0xFFFF, 0xFFFF, 0, 0]
    assert set(unit.read(400, 9) + unit.read(410, 125)) == {0}
    assert (get(unit, "status"), get(unit, "active_sequence")) == (0, 0)
    assert get(unit, "watchdog_remaining") == 60
    assert unit.station.lifetime_ws == energy_ws > 0
    assert (get(unit, "session_energy"), unit.station.total_w) == (0, 21_999)


def test_what_is_persisted_survives_a_restart() -> None:
    unit = a_unit()
    unit.write(301, [30, 0, 6000, PERSIST_MAGIC])
    put(unit, "watchdog_timeout", 99)
    unit.restart(T0)
    assert unit.read(301, 4) == [30, 0, 6000, 0]


def test_what_is_kept_makes_the_same_unit_again() -> None:
    unit = a_unit()
    unit.write(301, [30, 0, 6000, PERSIST_MAGIC])
    unit.advance(T0 + 3600)
    kept = Kept.from_json(json.loads(json.dumps(unit.kept.to_json())))
    assert kept == Kept(30, 6000, 3600 * 21_999)
    again = ControlUnit("CP001", now_s=T0, kept=kept)
    assert again.read(301, 3) == [30, 0, 6000]
    assert get(again, "lifetime_energy") == 21_999


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"watchdog_timeout_s": 1, "safe_power_w": 2},
        {"watchdog_timeout_s": 65_536, "safe_power_w": 2, "lifetime_ws": 3},
        {"watchdog_timeout_s": True, "safe_power_w": 2, "lifetime_ws": 3},
        {"watchdog_timeout_s": 1, "safe_power_w": 2.0, "lifetime_ws": 3},
        {"watchdog_timeout_s": 1, "safe_power_w": 2, "lifetime_ws": -3},
        {"watchdog_timeout_s": 1, "safe_power_w": 2, "lifetime_ws": 3, "x": 4},
    ],
)
def test_a_damaged_state_is_refused(value: object) -> None:
    with pytest.raises(LocalError):
        Kept.from_json(value)


def test_without_power_nothing_is_drawn_and_nothing_answers() -> None:
    unit = a_unit()
    unit.power_off(T0 + 10)
    refused(FAILURE, unit.read, 0, 1)
    refused(FAILURE, unit.write, 300, [1])
    unit.restart(T0 + 20)
    assert unit.station.lifetime_ws == 10 * 21_999
    assert get(unit, "power") == 21_999


def test_time_never_goes_back() -> None:
    unit = a_unit()
    unit.advance(T0 + 10)
    unit.advance(T0 + 5)
    assert unit.station.now_s == T0 + 10
    assert unit.station.lifetime_ws == 10 * 21_999


# Anything at all

STEPS = st.one_of(
    st.tuples(
        st.just("write"),
        st.one_of(st.integers(298, 310), st.integers(399, 420), st.integers(595, 603)),
        st.lists(st.integers(0, 0xFFFF) | st.integers(0, 3), min_size=1, max_size=12),
    ),
    st.tuples(st.just("read"), st.integers(0, 610), st.integers(0, 130)),
    st.tuples(st.just("wait"), st.integers(0, 5000), st.just(0)),
    st.tuples(st.just("commit"), st.integers(-50, 50), st.integers(0, 25_000)),
)


@given(st.lists(STEPS, max_size=30), st.integers(0, 2))
@settings(max_examples=150, deadline=None)
def test_whatever_is_asked_the_limit_holds_and_only_refusals_are_raised(
    steps: list[tuple[str, int, object]], commit_s: int
) -> None:
    unit = a_unit(watchdog_s=60, commit_s=commit_s)
    now_s, drawn_ws = T0, 0
    for action, number, other in steps:
        try:
            if action == "write":
                assert isinstance(other, list)
                unit.write(number, other)
            elif action == "read":
                assert isinstance(other, int)
                assert len(unit.read(number, other)) == other
            elif action == "wait":
                now_s += number
                unit.advance(now_s)
            elif isinstance(other, int):
                commit(unit, [(now_s - T0 + number, other)], now_s - T0 + 100)
        except RequestRefused:
            pass
        station = unit.station
        assert station.total_w <= station.limit.limit_w <= 22_080
        assert unit.next_change_s is None or unit.next_change_s > station.now_s
        assert station.lifetime_ws >= drawn_ws
        drawn_ws = station.lifetime_ws


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=20))
@settings(max_examples=60, deadline=None)
def test_the_size_of_the_steps_of_time_does_not_matter(steps: list[int]) -> None:
    def day() -> ControlUnit:
        visits = Visits(
            Session("CP", T0 + at, T0 + at + 4000, 5000, 1, 2, 7400)
            for at in range(100, 90_000, 5000)
        )
        unit = a_unit(visits, watchdog_s=600, commit_s=2)
        commit(unit, [(0, 3000), (1500, 0), (2500, 1380)], until_s=9000)
        unit.write(305, [0, 2222, 7000])
        return unit

    small, large = day(), day()
    now_s = T0
    for step_s in steps:
        now_s += step_s
        small.advance(now_s)
    large.advance(now_s)
    assert small.station.lifetime_ws == large.station.lifetime_ws
    assert small.read(100, 14) == large.read(100, 14)
    assert small.read(200, 20) == large.read(200, 20)
    assert small.next_change_s == large.next_change_s


def test_the_buffer_crc_is_of_the_words_as_staged() -> None:
    unit = a_unit()
    words = [0, 1, *u32_words(T0), *u32_words(T0 + 60), 1]
    table = [*u32_words(T0), *u32_words(6000)]
    unit.write(410, table)
    unit.write(401, [*words, buffer_crc([*words, *table])])
    put(unit, "commit", 1)
    assert get(unit, "commit") == Outcome.COMMITTED

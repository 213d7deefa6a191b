"""Direct limits of a control unit, its watchdog and its safe power."""

from __future__ import annotations

from chargepoint.registers import NO_LIMIT, Fault, Source, Status
from tests.chargepoint.master import T0, a_unit, commit, get, put


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

"""The limiter: thresholds, how long they must be crossed, and what is kept."""

from __future__ import annotations

import pytest

from tests.meters.builders import NOW_S
from tests.meters.switching import (
    CONTROL,
    LIMITER,
    LOGICAL_ERROR,
    SUCCESS,
    Bench,
    groups,
    profile,
    script,
)
from tests.meters.test_meter import read
from wire.dlms import axdr
from wire.dlms.data import Data
from wire.dlms.descriptors import DataAccessResult

OFF_W = 999_999
NONE = script(0, bytes(6))
WRONG_TYPE = DataAccessResult.TYPE_UNMATCHED


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_new_limiter_is_off(bench: Bench) -> None:
    shown = [bench.get(LIMITER, number) for number in (3, 4, 5, 6, 7, 9, 10)]
    assert shown == [OFF_W, OFF_W, OFF_W, 30, 0, [], False]
    assert bench.get(LIMITER, 2) == [3, bytes.fromhex("0100010700ff"), 2]
    table = bytes.fromhex("00000a006aff")
    assert bench.get(LIMITER, 11) == [[table, 1], [bytes(6), 0]]
    assert bench.get(LIMITER, 8) == [0, b"\xff" * 12, 0]
    bench.load(2_000_000)
    bench.later(86_400)
    assert bench.events() == [] and bench.connected()
    assert read(bench.meter.telegram(NOW_S + 86_400)).values["0-0:17.0.0"] == 999_900


def test_it_opens_when_the_load_has_been_too_high_for_long_enough(bench: Bench) -> None:
    assert bench.limit(4, 3600) is SUCCESS
    assert bench.meter.state.unsaved
    assert bench.get(LIMITER, 3) == 3600
    bench.later(10)
    bench.load(7200)
    bench.later(39)
    assert bench.connected()
    bench.later(40)
    assert [bench.get(CONTROL, number) for number in (2, 3)] == [False, 2]
    bench.later(100)
    assert bench.meter.next_s == NOW_S + 600, "the averages, and nothing of the limiter"
    assert bench.meter.state.energy_wh[1] == 60
    assert bench.events() == [
        (0, 67, 3600),
        (10, 65, 3600),
        (40, 64, 3600),
        (40, 66, 3600),
    ]
    values = read(bench.meter.telegram(NOW_S + 100)).values
    assert (values["0-0:17.0.0"], values["0-0:96.3.10"]) == (3600, 2)


def test_it_can_be_switched_off_again(bench: Bench) -> None:
    bench.limit(4, 1000)
    bench.limit(4, OFF_W)
    bench.load(2_000_000)
    bench.later(1000)
    assert bench.connected()
    assert bench.events() == [(0, 67, 1000), (0, 67, OFF_W)]


def test_the_threshold_itself_is_not_too_much(bench: Bench) -> None:
    bench.limit(4, 3600)
    bench.load(3600)
    bench.later(1000)
    assert bench.events() == [(0, 67, 3600)]


def test_a_pause_starts_the_count_anew(bench: Bench) -> None:
    bench.limit(4, 1000)
    bench.load(1001)
    bench.later(29)
    bench.load(1000)
    bench.later(31)
    bench.load(1500)
    bench.later(60)
    assert bench.connected()
    bench.later(61)
    assert not bench.connected()
    assert bench.events()[1:] == [
        (0, 65, 1000),
        (29, 66, 1000),
        (31, 65, 1000),
        (61, 64, 1000),
        (61, 66, 1000),
    ]


def test_what_is_exported_never_trips(bench: Bench) -> None:
    bench.limit(4, 0)
    bench.meter.set_load((5000, -9000, 0), (2300, 2300, 2300))
    bench.later(1000)
    assert bench.events() == [(0, 67, 0)]
    bench.meter.set_load((5000, -4999, 0), (2300, 2300, 2300))
    bench.later(1030)
    assert not bench.connected()


def test_the_sum_of_the_phases_counts(bench: Bench) -> None:
    bench.limit(4, 2999)
    bench.meter.set_load((1000, 1000, 1000), (2300, 2300, 2300))
    bench.later(30)
    assert not bench.connected()


def test_a_hand_closes_it_and_it_opens_again_while_the_load_stays(bench: Bench) -> None:
    bench.limit(4, 1000)
    bench.load(2000)
    bench.later(50)
    assert bench.meter.press_button(close=True)
    bench.later(79)
    assert bench.connected()
    bench.later(80)
    assert not bench.connected()
    codes = [(at_s, code) for at_s, code, _ in bench.events()]
    assert codes[-4:] == [(50, 61), (50, 65), (80, 64), (80, 66)]


def test_another_duration_holds_for_what_is_counted_already(bench: Bench) -> None:
    bench.limit(4, 1000)
    bench.load(2000)
    bench.later(10)
    assert bench.limit(6, 5) is SUCCESS
    bench.later(11)
    assert not bench.connected()
    assert bench.get(LIMITER, 6) == 5


def test_a_higher_threshold_ends_the_count(bench: Bench) -> None:
    bench.limit(4, 1000)
    bench.load(2000)
    bench.later(20)
    bench.limit(4, 2000)
    bench.later(1000)
    assert bench.connected()
    assert bench.events() == [
        (0, 67, 1000),
        (0, 65, 1000),
        (20, 67, 2000),
        (20, 66, 2000),
    ]


def test_the_same_threshold_again_is_no_change(bench: Bench) -> None:
    bench.limit(4, 1000)
    bench.limit(4, 1000)
    bench.limit(5, 500)
    assert bench.events() == [(0, 67, 1000)]


def test_a_mode_that_is_always_connected_only_tells(bench: Bench) -> None:
    bench.mode(0)
    bench.limit(4, 1000)
    bench.load(2000)
    bench.later(1000)
    bench.mode(4)
    bench.later(2000)
    assert bench.connected()
    assert [code for _, code, _ in bench.events()] == [67, 65]


def test_an_action_under_the_threshold_closes_it_where_the_mode_allows(
    bench: Bench,
) -> None:
    bench.mode(6)
    bench.limit(4, 1000)
    bench.limit(7, 60)
    assert bench.set(LIMITER, 11, axdr.structure(script(1), script(2))) is SUCCESS
    bench.load(2000)
    bench.later(30)
    bench.load(500)
    bench.later(89)
    assert not bench.connected()
    bench.later(90)
    assert bench.connected()
    bench.later(5000)
    assert [code for _, code, _ in bench.events()] == [67, 65, 64, 66]


@pytest.mark.parametrize("mode", [5, 6])
def test_it_does_not_chatter(bench: Bench, mode: int) -> None:
    bench.mode(mode)
    bench.limit(6, 0)
    bench.limit(7, 0)
    assert bench.set(LIMITER, 11, axdr.structure(script(1), script(2))) is SUCCESS
    bench.limit(4, 1000)
    bench.load(2000)
    moved: list[tuple[int, bool]] = []
    bench.meter.on_breaker = lambda at_s, closed: moved.append((at_s - NOW_S, closed))
    bench.later(30)
    bench.restart()
    bench.meter.on_breaker = lambda at_s, closed: moved.append((at_s - NOW_S, closed))
    bench.later(200)
    first_s = moved[0][0]
    assert first_s <= 1
    since = [(at_s - first_s, closed) for at_s, closed in moved]
    assert since[:5] == [(0, False), (60, True), (61, False), (121, True), (122, False)]


def test_without_an_action_it_only_tells(bench: Bench) -> None:
    assert bench.set(LIMITER, 11, axdr.structure(NONE, NONE)) is SUCCESS
    bench.limit(4, 1000)
    bench.load(2000)
    bench.later(1000)
    assert bench.connected()
    assert [code for _, code, _ in bench.events()] == [67, 65]


def test_an_outage_starts_the_count_anew(bench: Bench) -> None:
    bench.limit(4, 1000)
    bench.load(2000)
    bench.later(20)
    bench.meter.power_off()
    bench.later(500)
    bench.meter.power_on(NOW_S + 500)
    bench.later(529)
    assert bench.connected()
    bench.later(530)
    assert not bench.connected()


def test_without_supply_nothing_is_told(bench: Bench) -> None:
    bench.limit(4, 1000)
    bench.later(20)
    bench.meter.power_off()
    bench.load(2000)
    bench.later(500)
    assert bench.events() == [(0, 67, 1000)]
    bench.meter.power_on(NOW_S + 500)
    assert bench.events()[1:] == [(500, 65, 1000)]


def test_a_count_outlives_the_process(bench: Bench) -> None:
    bench.limit(4, 1000)
    bench.load(2000)
    bench.later(20)
    bench.restart()
    bench.later(29)
    assert bench.connected()
    bench.later(30)
    assert not bench.connected()


@pytest.mark.parametrize(
    ("number", "value", "result"),
    [
        (4, axdr.double_long_unsigned(1_000_000), LOGICAL_ERROR),
        (4, axdr.double_long_unsigned(0xFFFF_FFFF), LOGICAL_ERROR),
        (5, axdr.double_long_unsigned(1_000_000), LOGICAL_ERROR),
        (4, axdr.double_long(-1), WRONG_TYPE),
        (4, axdr.long_unsigned(100), WRONG_TYPE),
        (6, axdr.null_data(), WRONG_TYPE),
        (9, groups(range(256)), LOGICAL_ERROR),
        (9, axdr.array((axdr.unsigned(1),)), WRONG_TYPE),
        (8, axdr.null_data(), WRONG_TYPE),
        (8, axdr.structure(axdr.long_unsigned(1)), WRONG_TYPE),
        (8, profile(b"", 60), LOGICAL_ERROR),
        (8, profile(b"", 0), LOGICAL_ERROR),
        (8, profile(bytes(13), 0), LOGICAL_ERROR),
        (8, profile(b"\xff" * 12, 60), LOGICAL_ERROR),
        (8, profile(bytes.fromhex("07e8021e01080000ffffc400"), 60), LOGICAL_ERROR),
        (8, profile(bytes.fromhex("07e8011001080000ffffc400"), 60), LOGICAL_ERROR),
        (11, axdr.structure(script(3), NONE), LOGICAL_ERROR),
        (11, axdr.structure(script(0), NONE), LOGICAL_ERROR),
        (11, axdr.structure(script(1, bytes(6)), NONE), LOGICAL_ERROR),
        (11, axdr.structure(script(1, b""), NONE), LOGICAL_ERROR),
        (11, axdr.structure(script(1)), WRONG_TYPE),
    ],
)
def test_what_cannot_be_changes_nothing_and_is_not_told(
    bench: Bench, number: int, value: Data, result: DataAccessResult
) -> None:
    bench.limit(4, 1000)
    before = [bench.get(LIMITER, attribute) for attribute in range(2, 12)]
    assert bench.set(LIMITER, number, value) is result
    assert [bench.get(LIMITER, attribute) for attribute in range(2, 12)] == before
    assert bench.events() == [(0, 67, 1000)]


def test_what_is_read_only_cannot_be_written(bench: Bench) -> None:
    for number, value in (
        (2, axdr.null_data()),
        (3, axdr.double_long_unsigned(5)),
        (10, axdr.boolean(True)),
    ):
        denied = bench.set(LIMITER, number, value)
        assert denied is DataAccessResult.READ_WRITE_DENIED

"""What a device counts, converts and keeps (P2 4.0.7, 6.1 and 6.4; seed 003)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters.p2.device import Device, new_state
from meters.p2.media import KINDS, Kind, Medium, kind_of
from tests.meters.builders import NOW_S, counting_bytes
from tests.meters.p2.builders import Master, make_device
from wire.errors import LocalError
from wire.instants import from_epoch
from wire.mbus import rows
from wire.mbus.headers import DsmrVersion

ZERO_CK, WARM_CK = 27_315, 29_315


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=20))
def test_however_time_is_cut_the_count_is_the_same(steps_s: list[int]) -> None:
    whole, cut = make_device(), make_device()
    for device in (whole, cut):
        device.set_flow(1237)
        device.set_gas_temperature(WARM_CK)
    now_s = NOW_S
    for step_s in steps_s:
        now_s += step_s
        cut.advance(now_s)
    whole.advance(now_s)
    assert cut.counts == whole.counts
    assert (cut.state.kept, cut.state.kept_s) == (whole.state.kept, whole.state.kept_s)


def test_warm_gas_counts_for_less_and_cold_gas_for_more() -> None:
    device = make_device()
    device.set_flow(6000)
    for temperature_ck, dm3 in ((ZERO_CK, 6000), (WARM_CK, 5590), (26_315, 6228)):
        before = device.state.converted
        device.set_gas_temperature(temperature_ck)
        device.advance(device.state.at_s + 3600)
        assert (device.state.converted - before) // 3600 == dm3
        assert dm3 == 6000 * ZERO_CK // temperature_ck
    assert device.counts[0] == 3 * 6000 * 3600


def test_both_volumes_are_told_the_unconverted_one_on_request() -> None:
    master = Master(make_device())
    master.device.set_flow(1000)
    master.device.set_gas_temperature(WARM_CK)
    master.now_s += 7200
    assert master.read()["volume"] == 2 * 1000 * ZERO_CK // WARM_CK
    master.control(rows.UNCONVERTED_VOLUME.selection())
    assert master.read() == {"unconverted_volume": 2000}


def test_the_last_full_hour_is_what_is_sent() -> None:
    master = Master(make_device())
    master.device.set_flow(1000)
    for after_s, hour in ((3599, 0), (3600, 1), (3601, 1), (7199, 1), (36_001, 10)):
        master.now_s = NOW_S + after_s
        told = master.read()
        assert told["volume"] == 1000 * hour
        assert told["timestamp"] == from_epoch(NOW_S + 3600 * hour)


def test_the_hour_is_that_of_the_device_s_clock() -> None:
    master = Master(make_device())
    master.device.set_clock_error(600)
    master.device.set_flow(3600)
    master.now_s += 3000
    told = master.read()
    assert told["timestamp"] == from_epoch(NOW_S + 3600)
    assert told["volume"] == 3000


def test_until_its_first_full_hour_a_device_tells_the_one_it_was_made_in() -> None:
    identity = make_device().identity
    device = Device(identity, new_state(identity, NOW_S + 1800, counting_bytes()))
    device.set_flow(1000)
    master = Master(device)
    master.now_s += 1799
    told = master.read()
    assert (told["volume"], told["timestamp"]) == (0, from_epoch(NOW_S))


def test_smr_5_keeps_a_reading_every_five_minutes() -> None:
    master = Master(make_device(version=DsmrVersion.SMR_5_0))
    master.device.set_flow(3600)
    master.now_s += 899
    assert master.read()["volume"] == 600


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.medium}-{kind.size}")
def test_each_kind_tells_its_registers_in_their_units(kind: Kind) -> None:
    master = Master(make_device(medium=kind.medium, size=kind.size))
    device = master.device
    device.set_flow(kind.max_rate)
    master.now_s += 20 * 3600
    told = master.read()
    for register in kind.registers:
        expected = kind.max_rate * 20 * 3600 // register.divisor
        assert told[register.row.name] == expected > 0
    with pytest.raises(LocalError, match=f"0 to {kind.max_rate}"):
        device.set_flow(kind.max_rate + 1)
    with pytest.raises(LocalError):
        device.set_flow(-1)


@pytest.mark.parametrize(
    ("medium", "size", "heads"),
    [
        (Medium.GAS, "G4", {"4c13"}),
        (Medium.GAS, "G6", {"4c13"}),
        (Medium.GAS, "G10", {"4c14"}),
        (Medium.GAS, "G16", {"4c14"}),
        (Medium.GAS, "G25", {"4c14"}),
        (Medium.WATER, "", {"4c13"}),
        (Medium.HEAT, "", {"4c0f", "4c13"}),
        (Medium.COLD, "", {"cc400f", "4c13"}),
        (Medium.ELECTRICITY, "", {"4c03"}),
    ],
)
def test_readings_have_the_heads_of_6_4(
    medium: Medium, size: str, heads: set[str]
) -> None:
    records = Master(make_device(medium=medium, size=size)).records()
    others = {"01fd17", "0d78", "466d", "01fd67"}
    assert {record.head.hex() for record in records} == heads | others


def test_an_hour_at_full_flow_through_a_g25_is_40_m3() -> None:
    master = Master(make_device(size="G25"))
    master.device.set_flow(40_000)
    master.now_s += 3600
    assert master.read()["volume"] == 4000


def test_a_size_that_there_is_not_is_refused() -> None:
    with pytest.raises(LocalError, match="G4, G6, G10, G16, G25, not 'G7'"):
        kind_of(Medium.GAS, "G7")


def test_a_register_begins_again_behind_its_last_digit() -> None:
    master = Master(make_device())
    state = master.device.state
    state.counted = state.converted = (10**8 - 1) * 3600
    master.device.set_flow(2)
    master.now_s += 3600
    assert master.read()["volume"] == 1


def test_gas_outside_the_meter_s_range_is_refused() -> None:
    for temperature_ck in (24_814, 32_816, 0):
        with pytest.raises(LocalError):
            make_device().set_gas_temperature(temperature_ck)

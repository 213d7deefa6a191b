"""The devices on an E-meter's bus: what is heard there, what goes wrong, what is kept."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from meters.meter import Meter
from meters.p2.attached import attach, detach, exchange
from meters.p2.device import Device
from meters.p2.faults import Faults, collide
from meters.p2.identity import DeviceIdentity, Fitting
from meters.p2.state import COUNTER_BLOCK, MAX_COUNTER
from meters.p2.state import to_json as device_json
from meters.state import from_json, to_json
from tests.meters.builders import make_meter
from tests.meters.p2.builders import (
    ACKNOWLEDGED,
    DEFAULT_KEY,
    EQUIPMENT_ID,
    REQ_UD2,
    SND_NKE,
    Master,
    make_device,
)
from wire.errors import ConfigError, LocalError
from wire.mbus import rows
from wire.mbus.frames import Short

OTHER_ID = "W0001098765432113"


@pytest.fixture
def meter() -> Meter:
    """A meter with a gas meter at address 1."""
    meter = make_meter()
    attach(meter, make_device())
    gas(meter).state.address = 1
    return meter


def gas(meter: Meter) -> Device:
    attached = meter.state.attached
    assert attached is not None
    return attached.device(EQUIPMENT_ID)


def ask(meter: Meter, address: int = 1, c: int = REQ_UD2) -> bytes:
    return exchange(meter, Short(c, address).encode())


def restarted(meter: Meter) -> Meter:
    """The meter as it comes back from what was saved of it."""
    state = from_json(json.loads(json.dumps(to_json(meter.state))))
    return Meter(meter.identity, state, meter.model, meter.random_bytes)


def test_a_bus_without_devices_is_silent() -> None:
    assert ask(make_meter()) == b""


def test_the_device_of_the_address_is_heard(meter: Meter) -> None:
    attach(meter, make_device(equipment_id=OTHER_ID))
    assert ask(meter, 1, SND_NKE) == ask(meter, 0, SND_NKE) == ACKNOWLEDGED
    assert ask(meter, 2, SND_NKE) == b""
    assert gas(meter).identity.short_id.encode() in ask(meter)


def test_two_devices_on_one_address_collide(meter: Meter) -> None:
    second = make_device(equipment_id=OTHER_ID)
    second.state.address = 1
    attach(meter, second)
    assert ask(meter, 1, SND_NKE) == ACKNOWLEDGED
    heard = ask(meter)
    assert heard.startswith(b"\x68")
    for device in (second, gas(meter)):
        assert device.identity.short_id.encode() not in heard


def test_a_zero_wins_and_the_longer_answer_goes_on() -> None:
    assert collide(b"\xf0\x3c", b"\x33") == b"\x30\x3c"


def test_wireless_devices_are_not_on_the_bus() -> None:
    meter = make_meter()
    attach(meter, make_device(wireless=True))
    assert ask(meter, 0, SND_NKE) == b""


@pytest.mark.parametrize("name", ["lost", "late"])
def test_what_is_lost_or_late_is_not_heard(meter: Meter, name: str) -> None:
    assert meter.state.attached is not None
    meter.state.attached.set_faults(EQUIPMENT_ID, Faults(**{name: 100}))
    assert ask(meter) == b""
    # A late answer was given all the same.
    assert gas(meter).state.access_number == (1 if name == "lost" else 2)


def test_an_answer_comes_twice_or_with_a_wrong_bit(meter: Meter) -> None:
    attached = meter.state.attached
    assert attached is not None
    attached.set_faults(EQUIPMENT_ID, Faults(twice=100))
    assert ask(meter, 1, SND_NKE) == 2 * ACKNOWLEDGED
    attached.set_faults(EQUIPMENT_ID, Faults(garbled=100))
    heard = ask(meter, 1, SND_NKE)
    assert len(heard) == 1
    assert bin(heard[0] ^ 0xE5).count("1") == 1


def test_half_of_the_messages_are_lost_the_same_ones_each_time() -> None:
    runs = []
    for _ in range(2):
        meter = make_meter()
        attach(meter, make_device())
        assert meter.state.attached is not None
        meter.state.attached.set_faults(EQUIPMENT_ID, Faults(lost=30))
        runs.append([ask(meter, 0, SND_NKE) for _ in range(200)])
    assert runs[0] == runs[1]
    assert 60 < runs[0].count(ACKNOWLEDGED) < 140


@pytest.mark.parametrize("percent", [-1, 101, 1.5, True, None, "5"])
def test_faults_are_percentages(percent: Any) -> None:
    with pytest.raises(LocalError):
        Faults(lost=percent)


def test_a_device_moves_with_its_life(meter: Meter) -> None:
    gas(meter).set_flow(1000)
    meter.advance(meter.state.at_s + 3600)
    device = detach(meter, EQUIPMENT_ID)
    assert meter.state.attached is None
    assert device.counts == (3_600_000, 3_600_000)
    other = make_meter()
    other.advance(meter.state.at_s + 3600)
    attach(other, device)
    assert gas(other).counts == (7_200_000, 7_200_000)
    with pytest.raises(LocalError, match="no device"):
        detach(meter, EQUIPMENT_ID)


def test_no_device_hangs_there_twice(meter: Meter) -> None:
    with pytest.raises(LocalError, match="already"):
        attach(meter, make_device())


# What is kept.


def test_a_restart_keeps_all_that_a_device_must_not_forget(meter: Meter) -> None:
    device = gas(meter)
    master = Master(device)
    master.set_key()
    device.set_flow(777)
    master.now_s += 5000
    master.read()
    device.tamper()
    meter.advance(master.now_s)
    assert meter.state.attached is not None
    meter.state.attached.set_faults(EQUIPMENT_ID, Faults(lost=7))
    back = restarted(meter)
    assert to_json(back.state)["attached"] == to_json(meter.state)["attached"]
    again = gas(back)
    assert again.identity == device.identity
    assert again.counts == device.counts
    assert again.status == device.status
    assert again.state.user_key == device.state.user_key


def test_the_counter_never_goes_back_not_by_a_crash(meter: Meter) -> None:
    device = gas(meter)
    Master(device).set_key()
    used: list[int] = []
    for _ in range(3):
        saved = to_json(meter.state)
        meter.state.unsaved = False
        for _ in range(COUNTER_BLOCK + 10):
            answer = ask(meter)
            counter = int.from_bytes(answer[-6:-2], "little")
            if used:
                assert counter > used[-1]
            used.append(counter)
            if meter.state.unsaved:
                saved, meter.state.unsaved = to_json(meter.state), False
        # The process dies here; what it saved is all there is.
        meter = Meter(
            meter.identity,
            from_json(json.loads(json.dumps(saved))),
            meter.model,
            meter.random_bytes,
        )


def test_a_counter_of_the_e_meter_is_not_taken_again_after_a_crash(
    meter: Meter,
) -> None:
    master = Master(gas(meter))
    master.set_key()
    frame = master.control_body(rows.STATUS.selection(), ahead=5000)
    assert master.tell(0x5A, frame) == ACKNOWLEDGED
    assert gas(meter).state.unsaved
    master.device = gas(restarted(meter))
    assert master.tell(0x5A, frame) == b""


def test_most_answers_need_no_save(meter: Meter) -> None:
    Master(gas(meter)).set_key()
    ask(meter)
    meter.state.unsaved = False
    for _ in range(COUNTER_BLOCK - 1):
        ask(meter)
        assert not meter.state.unsaved
    ask(meter)
    ask(meter)
    assert meter.state.unsaved


@pytest.mark.parametrize(
    "happen",
    [
        Device.break_seal,
        Device.tamper,
        Device.battery_low,
        Device.replace_battery,
        lambda device: device.fail(permanent=True),
        lambda device: device.set_clock_error(5),
        lambda device: device.press_button(1),
    ],
)
def test_what_happens_to_a_device_is_to_be_saved(
    happen: Callable[[Device], None],
) -> None:
    device = make_device()
    assert device.state.unsaved
    device.state.unsaved = False
    happen(device)
    assert device.state.unsaved


VALUES: list[Any] = [
    *(None, True, -1, 1.5, 10**30, "", "zz", [], [1], {}, {"a": 1}, float("nan"))
]


def test_what_is_no_device_is_refused_when_it_is_read_back(meter: Meter) -> None:
    whole = json.loads(json.dumps(to_json(meter.state)))
    (row,) = whole["attached"]
    names = [(part, name) for part in row for name in row[part]]
    assert len(names) > 30
    for part, name in names:
        for value in VALUES:
            damaged = copy.deepcopy(whole)
            if damaged["attached"][0][part][name] == value:
                continue
            damaged["attached"][0][part][name] = value
            try:
                back = from_json(damaged)
            except ConfigError:
                continue
            # What is taken lives on.
            assert back.attached is not None
            (device,) = back.attached.devices
            device.answer(Short(REQ_UD2, 1).encode(), back.at_s + 90_000)
            json.dumps(to_json(back))
        damaged = copy.deepcopy(whole)
        del damaged["attached"][0][part][name]
        with pytest.raises(ConfigError):
            from_json(damaged)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("address", 251),
        ("reserved_counter", MAX_COUNTER + 1),
        ("mode", 3),
        ("valve", 3),
        ("user_key", "00"),
        ("kept", [1, 0]),
    ],
)
def test_what_no_device_comes_to_is_refused(
    meter: Meter, name: str, value: object
) -> None:
    saved = to_json(meter.state)
    assert name in device_json(gas(meter).state)
    saved["attached"][0]["state"][name] = value
    with pytest.raises(ConfigError):
        from_json(saved)


# Who a device is.


@pytest.mark.parametrize(
    ("traits", "why"),
    [
        ({"equipment_id": "G00012345678901"}, "17"),
        ({"equipment_id": "G000123456789X113"}, "8 digits"),
        ({"manufacturer": "dsl"}, "3 capitals"),
        ({"default_key": b"short"}, "16 octets"),
        ({"user_key": b"short"}, "16 octets"),
        ({"user_key": DEFAULT_KEY}, "without a User key"),
        ({"size": "G10", "valve": Fitting.LOCKED}, "up to G6"),
        ({"version": 0x42, "valve": Fitting.LOCKED}, "of DSMR 4.0"),
        ({"base_temperature_ck": 0}, "no gas"),
    ],
)
def test_what_cannot_be_a_device_is_refused(traits: dict[str, Any], why: str) -> None:
    with pytest.raises(LocalError, match=why):
        make_device(**traits)


def test_the_short_id_follows_from_the_plate() -> None:
    identity = make_device(manufacturer="NET").identity
    assert identity.short_id.encode().hex() == "01896745b4384003"
    assert identity.short_id.identification == "45678901"
    assert identity.short_id.link_address()[:2] == bytes.fromhex("b438")


def test_no_key_is_in_a_repr() -> None:
    identity = DeviceIdentity(EQUIPMENT_ID, DEFAULT_KEY, wireless=True)
    device = make_device()
    for text in (repr(identity), repr(device.state)):
        assert "\\x" not in text

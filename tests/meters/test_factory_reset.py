"""The reset to factory setting: after the association, and never of what a meter must keep."""

from __future__ import annotations

import json

import pytest

from meters.behaviour.factory import FACTORY_POLICY
from meters.meter import Meter
from meters.state import from_json, to_json
from tests.meters.builders import KEYS, NOW_S, make_meter
from tests.meters.p3.driver import Driver
from wire.cosem.rows import Client, Standard
from wire.dlms import axdr
from wire.dlms.descriptors import ActionResult, DataAccessResult

RESET = (9, "0-1:94.31.5", 1)
MESSAGE = (1, "0-0:96.13.0", 2)
POLICY = (64, "0-0:43.0.0")
GO = axdr.encode(axdr.long_unsigned(1))


def lived(standard: Standard = Standard.DSMR_4_2_2) -> Driver:
    """A meter with energy, rows, failures, a log and settings, and a client of it."""
    meter = make_meter(standard)
    meter.set_load((1000, 500, 250), (2300, 2310, 2290))
    meter.advance(NOW_S + 40_000)
    meter.power_off()
    meter.power_on(NOW_S + 41_000)
    wrong = Driver(meter)
    wrong.now_s = NOW_S + 42_000
    wrong.cipher = type(wrong.cipher)(bytes(16), bytes(16))
    wrong.request()
    driver = Driver(meter)
    driver.now_s = NOW_S + 42_020
    driver.associate()
    driver.set(*MESSAGE, axdr.encode(axdr.octet_string(b"words")))
    driver.set(1, "0-0:96.1.3", 2, axdr.encode(axdr.octet_string(b"cellar")))
    return driver


@pytest.mark.parametrize("standard", list(Standard))
def test_it_waits_for_the_release_and_keeps_what_it_must(standard: Standard) -> None:
    driver = lived(standard)
    meter = driver.meter
    meter.set_load((0, 0, 0), (2300, 2310, 2290))
    state, energy = meter.state, list(meter.state.energy_wh)
    assert sum(energy) > 10_000
    assert driver.act(*RESET, GO).result is ActionResult.SUCCESS
    driver.now_s += 60
    assert driver.get(1, "0-0:96.13.0") == b"\x09\x05words", "not yet"
    driver.release()
    before = state.shown_counter, state.sending_counter
    meter.advance(driver.now_s + 1)
    assert state.energy_wh == energy and state.keys == KEYS
    assert (state.shown_counter, state.sending_counter) == before
    assert state.message == b"" and state.settings is None
    assert state.profiles is None and state.logs is None
    assert (state.failures, state.long_failures) == (0, 0)
    assert state.security_policy == FACTORY_POLICY
    assert (
        state.voltage_dv == (2300, 2310, 2290)
        and state.powered
        and not state.reset_pending
    )
    again = Driver(meter)
    again.now_s, again.counter = driver.now_s + 2, driver.counter
    again.associate()
    assert again.get(*POLICY) == b"\x16\x00"
    raised = again.act(*POLICY, 1, axdr.encode(axdr.enum(3)))
    assert raised.result is ActionResult.SUCCESS
    lowered = again.act(*POLICY, 1, axdr.encode(axdr.enum(2)))
    assert lowered.result is ActionResult.OTHER_REASON
    assert again.get(*POLICY) == b"\x16\x03"


def test_a_connection_that_is_lost_ends_the_association_too() -> None:
    driver = lived()
    driver.act(*RESET, GO)
    driver.connection.close(driver.now_s)
    driver.meter.advance(driver.now_s + 1)
    assert driver.meter.state.message == b""


def test_another_clients_association_is_one_as_well() -> None:
    driver = lived()
    public = Driver(driver.meter, Client.PUBLIC)
    public.now_s = driver.now_s
    public.associate()
    driver.act(*RESET, GO)
    driver.release()
    driver.meter.advance(driver.now_s + 100)
    assert driver.meter.state.message == b"words"
    public.release()
    driver.meter.advance(driver.now_s + 101)
    assert driver.meter.state.message == b""


def test_it_outlives_a_crash_between_answer_and_release() -> None:
    driver = lived()
    driver.act(*RESET, GO)
    meter = driver.meter
    assert meter.state.unsaved
    state = from_json(json.loads(json.dumps(to_json(meter.state))))
    again = Meter(meter.identity, state, meter.model)
    again.advance(driver.now_s + 1)
    assert again.state.message == b"" and again.state.energy_wh == meter.state.energy_wh
    assert from_json(to_json(again.state)).security_policy == FACTORY_POLICY


@pytest.mark.parametrize(
    ("parameters", "result"),
    [
        (axdr.encode(axdr.long_unsigned(0)), ActionResult.OTHER_REASON),
        (axdr.encode(axdr.long_unsigned(2)), ActionResult.OTHER_REASON),
        (axdr.encode(axdr.integer(1)), ActionResult.TYPE_UNMATCHED),
        (None, ActionResult.TYPE_UNMATCHED),
        (b"\x12\x00", ActionResult.TYPE_UNMATCHED),
    ],
)
def test_another_script_resets_nothing(
    parameters: bytes | None, result: ActionResult
) -> None:
    driver = lived()
    assert driver.act(*RESET, parameters).result is result
    driver.release()
    driver.meter.advance(driver.now_s + 100)
    assert driver.meter.state.message == b"words"


def test_nobody_resets_as_public_client() -> None:
    meter = make_meter()
    public = Driver(meter, Client.PUBLIC).associate()
    assert public.get(9, "0-1:94.31.5") is DataAccessResult.READ_WRITE_DENIED
    assert not meter.state.reset_pending


def test_the_breaker_stays_where_it_stands() -> None:
    meter = make_meter(Standard.DSMR_4_0_6)
    meter.set_load((1000, 0, 0), (2300, 2300, 2300))
    driver = Driver(meter).associate()
    disconnected = driver.act(70, "0-0:96.3.10", 1, b"\x0f\x00")
    assert disconnected.result is ActionResult.SUCCESS
    driver.set(71, "0-0:17.0.0", 4, axdr.encode(axdr.double_long_unsigned(5)))
    driver.act(*RESET, GO)
    driver.release()
    meter.advance(NOW_S + 1)
    assert not meter.connected and meter.state.net_w == 0
    again = Driver(meter)
    again.now_s, again.counter = NOW_S + 2, driver.counter
    again.associate()
    for number in (3, 4):
        assert again.get(71, "0-0:17.0.0", number) == bytes.fromhex("06000f423f")


def test_every_association_is_counted_to_its_end() -> None:
    meter = make_meter()
    for end in ("release", "drop", "refuse", "reject"):
        driver = Driver(meter)
        driver.now_s = NOW_S + 100
        if end == "reject":
            driver.request(calling_ap_title=None)
        elif end == "refuse":
            driver.request()
            assert meter.associations == 1
            driver.prove(b"not the challenge")
        else:
            driver.associate()
            assert meter.associations == 1
            if end == "drop":
                driver.counter += 7
                driver.raw(driver.seal(b"\xc0\x01\xc1" + bytes(10)))
            else:
                driver.release()
        assert meter.associations == 0, end
        driver.connection.close(driver.now_s)
        assert meter.associations == 0, end

"""Invocation counters: to their end, over keys that change and come back, and over crashes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from meters.counters import KEYS_REMEMBERED, Count, SpentKeys
from meters.meter import Meter
from meters.state import COUNTER_BLOCK, from_json, to_json
from tests.meters.builders import KEYS, METER_TITLE, make_meter
from tests.meters.p3.driver import Driver
from wire.cosem.rows import Client, Standard
from wire.dlms import axdr
from wire.dlms.descriptors import ActionResult
from wire.dlms.security import MAX_COUNTER, Cipher, unprotect, wrap_key
from wire.errors import ConfigError

CLOCK = (8, "0-0:1.0.0")
COUNTER = (1, "0-0:43.1.0")
KEY_TRANSFER = (64, "0-0:43.0.0", 2)


class Watching(Driver):
    """A client that saves the meter as its service does, and keeps what counters it used."""

    def __init__(self, meter: Meter) -> None:
        super().__init__(meter)
        self.key = KEYS.encryption_key
        self.used: list[tuple[bytes, int]] = []
        self.saves = 0
        self.saved = json.dumps(to_json(meter.state))

    def raw(self, payload: bytes, destination: int = 1) -> bytes | None:
        answer = super().raw(payload, destination)
        if self.meter.state.unsaved:
            self.saved = json.dumps(to_json(self.meter.state))
            self.meter.state.unsaved = False
            self.saves += 1
        return answer

    def open(self, octets: bytes) -> bytes:
        opened = unprotect(octets, self.cipher, METER_TITLE)
        self.used.append((self.key, opened.counter))
        return opened.apdu

    def transfer(self, key: bytes) -> None:
        """Gives the meter an encryption key, which is used from then on."""
        wrapped = axdr.octet_string(wrap_key(KEYS.master_key, key))
        parameter = axdr.array([axdr.structure(axdr.enum(0), wrapped)])
        answer = self.act(*KEY_TRANSFER, axdr.encode(parameter))
        assert answer.result is ActionResult.SUCCESS
        self.key, self.cipher = key, Cipher(key, KEYS.authentication_key)

    def crash(self) -> Watching:
        """The same client and meter after kill -9: what was not saved is gone."""
        state = from_json(json.loads(self.saved))
        again = Watching(Meter(self.meter.identity, state, self.meter.model))
        again.key, again.cipher, again.used = self.key, self.cipher, self.used
        again.counter = self.counter
        return again


def shown(meter: Meter) -> int:
    """0-0:43.1.0 as the public client reads it."""
    octets = Driver(meter, Client.PUBLIC).associate().get(*COUNTER)
    return int(axdr.decode(octets).value)  # type: ignore[arg-type]


def test_the_meters_counter_starts_again_after_its_last() -> None:
    meter = make_meter()
    meter.state.sending_counter = meter.state.reserved_counter = MAX_COUNTER - 3
    driver = Watching(meter)
    driver.associate()
    for _ in range(4):
        driver.get(*CLOCK)
    last = [counter for _, counter in driver.used[-4:]]
    assert last == [MAX_COUNTER, 0, 1, 2]
    assert driver.crash().meter.state.take_counter() == COUNTER_BLOCK


def test_a_meter_that_was_saved_at_its_last_counter_lives() -> None:
    meter = make_meter()
    meter.state.sending_counter = meter.state.reserved_counter = MAX_COUNTER
    assert meter.state.take_counter() == MAX_COUNTER
    again = from_json(json.loads(json.dumps(to_json(meter.state))))
    assert again.take_counter() == 0


@pytest.mark.parametrize("standard", list(Standard))
def test_a_new_key_has_counters_of_its_own(standard: Standard) -> None:
    driver = Watching(make_meter(standard))
    driver.associate()
    before = driver.used[-1][1]
    driver.transfer(bytes([1]) * 16)
    assert driver.used[-1] == (KEYS.encryption_key, before + 1), "still the old one's"
    driver.counter = -1
    driver.get(*CLOCK)
    assert driver.used[-1] == (bytes([1]) * 16, 1)
    assert shown(driver.meter) == 0


def keys() -> Iterator[bytes]:
    """Keys that come and come back."""
    for number in (1, 2, 1, 1, 3, 2, 0, 3):
        yield bytes(range(16)) if not number else bytes([number]) * 16


@pytest.mark.parametrize("crashes", [False, True])
def test_no_key_and_counter_come_twice_whatever_keys_return(crashes: bool) -> None:
    driver = Watching(make_meter(Standard.SMR_5_0))
    driver.associate()
    for key in keys():
        driver.transfer(key)
        driver.get(*CLOCK)
        if crashes:
            driver = driver.crash()
            driver.associate()
            driver.get(*CLOCK)
    assert len(driver.used) == len(set(driver.used)) >= 17


def test_two_keys_in_one_list_of_actions_share_no_counter() -> None:
    meter = make_meter()
    state, other = meter.state, bytes([7]) * 16
    first = state.take_counter()
    meter.replace_keys(encryption_key=other)
    meter.replace_keys(encryption_key=KEYS.encryption_key)
    assert state.take_counter() > first + 1, "one is left for the answer"


def test_a_key_that_returns_takes_no_old_counter() -> None:
    driver = Watching(make_meter(Standard.SMR_5_0))
    driver.associate()
    high = driver.counter
    driver.transfer(bytes([1]) * 16)
    driver.counter = 5
    driver.transfer(KEYS.encryption_key)
    assert shown(driver.meter) == high + 1
    driver.counter = high
    with pytest.raises(AssertionError, match="did not answer"):
        driver.get(*CLOCK)


def test_more_keys_than_are_remembered_start_above_all_of_them() -> None:
    spent = SpentKeys()
    for number in range(3 * KEYS_REMEMBERED):
        spent.put(bytes([number]) * 16, Count(1000 - number, number))
    assert spent.take(b"new") == Count(1000, None)
    assert spent.take(bytes([3 * KEYS_REMEMBERED - 1]) * 16).received == 191
    assert len(spent.to_json()) <= KEYS_REMEMBERED
    again = SpentKeys.from_json(json.loads(json.dumps(spent.to_json())))
    assert again.to_json() == spent.to_json()


@pytest.mark.parametrize(
    "saved",
    [[], {"a": 1}, {"a": [1]}, {"a": [-1, 0]}, {"a": [0, 2**33]}, {"a": [1.5, 0]}],
)
def test_former_keys_that_cannot_be_are_told(saved: Any) -> None:
    whole = to_json(make_meter().state)
    with pytest.raises(ConfigError):
        from_json({**whole, "spent_keys": saved})


def test_smr5_takes_the_last_counter_and_then_no_more() -> None:
    driver = Watching(make_meter(Standard.SMR_5_0))
    driver.associate()
    driver.counter = MAX_COUNTER - 1
    assert isinstance(driver.get(*CLOCK), bytes)
    assert driver.counter == MAX_COUNTER
    driver.counter -= 1
    with pytest.raises(AssertionError, match="did not answer"):
        driver.get(*CLOCK)
    assert shown(driver.meter) == shown(driver.crash().meter) == MAX_COUNTER


@pytest.mark.parametrize("frames", [0, 1, 2, 1021, 1022, 1023, 1024, 1500])
def test_a_crash_shows_no_lower_counter_and_refuses_no_next_one(frames: int) -> None:
    driver = Watching(make_meter(Standard.SMR_5_0))
    driver.associate()
    for _ in range(frames):
        driver.get(*CLOCK)
    assert driver.saves < 8, "not one for each frame"
    before = shown(driver.meter)
    assert before == driver.counter
    again = driver.crash()
    after = shown(again.meter)
    assert before <= after <= before + COUNTER_BLOCK
    again.associate()
    assert again.counter == before + 2, "the client went on from where it was"
    assert after <= shown(again.meter) <= after + 2
    assert shown(again.crash().meter) >= after


def test_close_to_the_end_a_crash_leaves_the_counters_that_are_left() -> None:
    driver = Watching(make_meter(Standard.SMR_5_0))
    driver.counter = MAX_COUNTER - 100
    driver.associate()
    again = driver.crash()
    assert shown(again.meter) == driver.counter
    again.associate()


def test_dsmr4_may_begin_an_association_anywhere() -> None:
    driver = Watching(make_meter())
    driver.counter = 5000
    driver.associate()
    driver.release()
    driver.counter = 3
    driver.associate()
    assert shown(driver.meter) == 5

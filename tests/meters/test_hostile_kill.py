"""The fleet's process killed right after it acknowledged: each kind of order outlives it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from meters.fleet import create_fleet
from tests.meters.switching import CONTROL, LIMITER, SCHEDULER, execution_time, groups
from tests.meters.switching import profile as emergency_profile
from tests.meters.test_hostile_process import Caller, Wire
from tests.meters.test_serve import free_base_port, serving
from wire.cosem.rows import Standard
from wire.dlms import axdr
from wire.dlms.data import Data
from wire.dlms.security import wrap_key
from wire.instants import encode_date_time, from_epoch, local

CALENDAR, ALARM_FILTER = (20, "0-0:13.0.0"), (1, "0-0:97.98.10")
SECURITY_SETUP = 64, "0-0:43.0.0"
TOMORROW_S = int(time.time()) + 86_400


class Lives:
    """One meter through several processes, and the client that knows its keys."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._port = folder, free_base_port()
        create_fleet(folder, 1, Standard.DSMR_4_0_6, seed=3, base_port=self._port)
        (self.entry,) = json.loads((folder / "shipment.json").read_text())
        self._counter = 1000
        self.caller: Caller

    def live(self, act: Callable[[Caller], None]) -> None:
        """A process that is killed as soon as this is done."""
        with serving(self._folder) as (process, _):
            wire = Wire(self._port)
            self.caller = Caller(self.entry, self._counter)
            self.caller.connection = wire  # type: ignore[assignment]
            self.caller.prove(self.caller.request().authentication_value)
            act(self.caller)
            process.kill()
            wire.close()
        self._counter = self.caller.counter + 100


def kept_at(place: tuple[int, str], number: int, value: Data) -> Any:
    """An attribute that is written in one life and read in the next."""
    octets = axdr.encode(value)

    def write(caller: Caller) -> None:
        assert caller.set(*place, number, octets) == 0

    def read(caller: Caller) -> None:
        assert caller.get(*place, number) == octets

    return write, read


def disconnect(caller: Caller) -> None:
    outcome = caller.act(*CONTROL, 1, axdr.encode(axdr.integer(0)))
    assert outcome.result == 0


def is_disconnected(caller: Caller) -> None:
    assert caller.get(*CONTROL, 2) == axdr.encode(axdr.boolean(False))


def activate(caller: Caller) -> None:
    """Another name and the factory's parts become the active calendar."""
    name = axdr.encode(axdr.octet_string(b"winter"))
    assert caller.set(*CALENDAR, 6, name) == 0
    for active in (3, 4, 5):
        part = caller.get(*CALENDAR, active)
        assert isinstance(part, bytes)
        assert caller.set(*CALENDAR, active + 4, part) == 0
    assert caller.act(*CALENDAR, 1, axdr.encode(axdr.integer(0))).result == 0


def is_activated(caller: Caller) -> None:
    assert caller.get(*CALENDAR, 2) == axdr.encode(axdr.octet_string(b"winter"))


_TOMORROW = encode_date_time(local(from_epoch(TOMORROW_S)))
ORDERS = {
    "limiter": kept_at(LIMITER, 4, axdr.double_long_unsigned(4000)),
    "groups": kept_at(LIMITER, 9, groups((7, 9))),
    "code red": kept_at(
        LIMITER, 8, emergency_profile(encode_date_time(from_epoch(TOMORROW_S)), 900)
    ),
    "breaker": (disconnect, is_disconnected),
    "calendar": (activate, is_activated),
    "schedule": kept_at(SCHEDULER, 4, execution_time(_TOMORROW[5:9], _TOMORROW[:5])),
    "filter": kept_at(ALARM_FILTER, 2, axdr.double_long_unsigned(0x2004)),
}


@pytest.mark.parametrize("kind", ORDERS)
def test_what_was_acknowledged_is_there(tmp_path: Path, kind: str) -> None:
    write, read = ORDERS[kind]
    lives = Lives(tmp_path)
    lives.live(write)
    lives.live(read)


def test_a_key_that_was_acknowledged_is_the_key(tmp_path: Path) -> None:
    lives = Lives(tmp_path)
    kek, key = bytes.fromhex(lives.entry["master_key"]), bytes(range(16))
    wrapped = axdr.octet_string(wrap_key(kek, key))
    parameter = axdr.array((axdr.structure(axdr.enum(0), wrapped),))

    def transfer(caller: Caller) -> None:
        outcome = caller.act(*SECURITY_SETUP, 2, axdr.encode(parameter))
        assert outcome.result == 0

    lives.live(transfer)
    lives.entry["encryption_key"] = key.hex()
    lives.live(lambda caller: None)

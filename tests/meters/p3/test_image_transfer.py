"""Image transfer over P3: blocks in any order, verified by the meter, activated afterwards."""

from __future__ import annotations

import json

import pytest
from gurux_dlms.objects import GXDLMSImageTransfer

from meters.behaviour.firmware import SELF_CHECK_S, VERIFICATION_S
from meters.meter import Meter
from meters.state import from_json, to_json
from tests.meters.builders import NOW_S, make_meter
from tests.meters.p3.driver import Driver
from tests.meters.p3.loader import (
    BLOCKS,
    BUSY,
    CODE,
    DONE,
    IMAGE,
    PLACE,
    REFUSED,
    Loader,
)
from tests.peers.exchange import MeterExchange
from tests.peers.gurux import GuruxPeer
from wire.cosem.events import Event
from wire.cosem.image import BLOCK_OCTETS, Part, Status, build, read, split
from wire.errors import ConfigError


def test_from_block_to_running(loader: Loader) -> None:
    assert (loader.status, loader.shown(2)) == (Status.NOT_INITIATED, BLOCK_OCTETS)
    assert loader.identifier() == b"1.0"
    assert loader.initiate() is DONE and loader.status == Status.INITIATED
    for number in range(len(BLOCKS)):
        assert loader.shown(4) == number and loader.shown(7) == []
        assert loader.take(number) is DONE
    assert loader.status == Status.VERIFICATION_INITIATED, "by the meter itself"
    assert loader.shown(4) == len(BLOCKS) and loader.events() == []
    loader.now_s += VERIFICATION_S
    assert loader.status == Status.VERIFICATION_SUCCESSFUL
    digest = read(BLOCKS[0]).digest
    assert loader.shown(7) == [[len(IMAGE), b"fw", digest]]
    assert loader.verify() is DONE
    assert loader.events() == [Event.FIRMWARE_READY]
    assert loader.activate() is DONE
    loader.now_s += 100
    assert loader.status == Status.ACTIVATION_INITIATED
    assert loader.identifier() == b"1.0", "the association has not ended"
    loader.release()
    loader.now_s += 1
    loader.associate()
    assert loader.status == Status.ACTIVATION_SUCCESSFUL and loader.shown(7) == []
    assert loader.identifier() == b"1.1"
    assert loader.shown(2, (1, "1-0:0.2.8")) == digest
    assert loader.shown(2, (1, "1-1:0.2.0")) == b"1.0"
    done = [Event.FIRMWARE_READY, Event.FIRMWARE_ACTIVATED]
    loader.meter.advance(loader.now_s + SELF_CHECK_S - 1)
    assert loader.events() == done
    loader.meter.advance(loader.now_s + SELF_CHECK_S)
    assert loader.events() == [*done, Event.SELF_CHECK_PASSED]


def test_blocks_come_in_any_order_twice_and_with_gaps() -> None:
    loader = Loader(make_meter()).enable()
    loader.initiate()
    order = [5, 2, 6, 2, 0, 5]
    for number in order:
        assert loader.take(number) is DONE
    assert loader.bits() == "1010011"
    assert loader.shown(4) == 1
    assert loader.verify() is REFUSED and loader.activate() is REFUSED
    assert loader.take(1) is DONE and loader.shown(4) == 3
    assert loader.take(3, b"\0" * BLOCK_OCTETS) is DONE, "to be corrected"
    assert loader.take(3) is DONE and loader.status == Status.INITIATED
    assert loader.take(4) is DONE and loader.status == Status.VERIFICATION_INITIATED
    loader.now_s += VERIFICATION_S
    assert loader.status == Status.VERIFICATION_SUCCESSFUL


def test_while_it_verifies_nothing_else_is_done() -> None:
    loader = Loader(make_meter()).enable().loaded()
    loader.now_s -= 1
    before = to_json(loader.meter.state)["firmware"]
    assert loader.verify() is BUSY and loader.activate() is BUSY
    assert loader.initiate() is BUSY and loader.take(0) is BUSY
    assert to_json(loader.meter.state)["firmware"] == before
    loader.now_s += 1
    assert loader.verify() is DONE


def test_the_next_image_may_come_during_the_self_check_of_the_last() -> None:
    loader = Loader(make_meter()).enable().loaded()
    assert loader.activate() is DONE
    loader.release()
    loader.now_s += 1
    loader.associate()
    assert loader.status == Status.ACTIVATION_SUCCESSFUL
    loader.loaded(split(build(Part.CORE, "1.2", CODE)))
    loader.now_s += SELF_CHECK_S
    assert loader.status == Status.VERIFICATION_SUCCESSFUL
    assert loader.identifier() == b"1.1"
    assert loader.events() == [
        *(Event.FIRMWARE_READY, Event.FIRMWARE_ACTIVATED),
        *(Event.FIRMWARE_READY, Event.SELF_CHECK_PASSED),
    ]


class Crashing(Loader):
    """The meter's process dies after each answer; what was not saved is gone."""

    def raw(self, payload: bytes, destination: int = 1) -> bytes | None:
        answer = super().raw(payload, destination)
        if self.meter.state.unsaved:
            self.meter.state.unsaved = False
            self.saved = json.dumps(to_json(self.meter.state))
        return answer

    def crash(self) -> None:
        state = from_json(json.loads(self.saved))
        meter = Meter(self.meter.identity, state, self.meter.model)
        again = Driver(meter)
        self.meter, self.connection = meter, again.connection
        self.now_s += 30
        self.associate()


def test_every_step_outlives_a_crash() -> None:
    loader = Crashing(make_meter())
    loader.enable()
    loader.initiate()
    for number in range(len(BLOCKS)):
        loader.crash()
        assert loader.shown(4) == number
        assert loader.take(number) is DONE
    loader.crash()
    assert loader.status == Status.VERIFICATION_SUCCESSFUL
    assert loader.activate() is DONE
    loader.crash()
    assert loader.identifier() == b"1.1"
    assert loader.status == Status.ACTIVATION_SUCCESSFUL
    loader.set(*PLACE, 5, b"\x03\x01")
    loader.crash()
    assert loader.identifier() == b"1.1"
    assert loader.events()[-1] == Event.SELF_CHECK_PASSED


def test_the_supply_that_fails_meanwhile_only_delays() -> None:
    loader = Loader(make_meter()).enable().loaded()
    loader.now_s -= VERIFICATION_S
    meter = loader.meter
    meter.power_off()
    meter.advance(loader.now_s + 600)
    assert Event.FIRMWARE_READY not in loader.events()
    meter.power_on(loader.now_s + 600)
    meter.advance(loader.now_s + 601)
    loader.now_s += 601
    assert loader.status == Status.VERIFICATION_SUCCESSFUL


def test_firmware_that_cannot_be_is_told_when_it_returns() -> None:
    loader = Loader(make_meter()).enable().loaded()
    loader.meter.advance(loader.now_s)
    saved = to_json(loader.meter.state)
    good = saved["firmware"]
    from_json(saved)
    way = good["transfer"]
    for changed in (
        {"status": 8},
        {"status": 0},
        {"status": 2},
        {"transfer": None},
        {"due_s": [1, 0]},
        {"due_s": [0, -1]},
        {"due_s": 0},
        {"active": {"CORE": ["31"]}},
        {"active": {"WATER": ["31", "32"]}},
        {"transfer": {**way, "size": way["size"] + BLOCK_OCTETS}},
        {"transfer": {**way, "size": 10**9}},
        {"transfer": {**way, "size": "7"}},
        {"transfer": {**way, "bits": "ff"}},
        {"transfer": {**way, "checks": "00" * 28}},
        {"transfer": {**way, "first": ""}},
        {"transfer": {**way, "name": "00" * 65}},
    ):
        with pytest.raises(ConfigError):
            from_json({**saved, "firmware": {**good, **changed}})


def test_the_client_of_gurux_brings_an_image() -> None:
    meter = make_meter()
    Loader(meter).enable().release()
    exchange = MeterExchange(meter)
    peer = GuruxPeer(exchange)
    peer.associate()
    item = GXDLMSImageTransfer("0.0.44.0.0.255")
    assert peer.read(item, 2) == BLOCK_OCTETS
    peer.ask(item.imageTransferInitiate(peer.client, "fw", len(IMAGE)))
    for frames in item.imageBlockTransfer(peer.client, IMAGE, None):
        peer.ask(frames)
    exchange.now_s = NOW_S + VERIFICATION_S
    assert peer.read(item, 6) == Status.VERIFICATION_SUCCESSFUL
    peer.read(item, 7)
    (info,) = item.imageActivateInfo
    assert (info.size, bytes(info.identification)) == (len(IMAGE), b"fw")
    peer.ask(item.imageActivate(peer.client))
    peer.release()

"""Image transfer over P3: blocks in any order, verified by the meter, activated afterwards."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from gurux_dlms.objects import GXDLMSImageTransfer

from meters.behaviour.firmware import SELF_CHECK_S, VERIFICATION_S
from meters.meter import Meter
from meters.state import from_json, to_json
from tests.meters.builders import NOW_S, make_meter
from tests.meters.p3.driver import Driver
from tests.peers.exchange import MeterExchange
from tests.peers.gurux import GuruxPeer
from wire.cosem.events import Event, Log
from wire.cosem.image import (
    BLOCK_OCTETS,
    MAX_IMAGE_OCTETS,
    Part,
    Status,
    build,
    read,
    split,
)
from wire.cosem.rows import Client, Standard
from wire.dlms import axdr
from wire.dlms.descriptors import ActionResult, DataAccessResult
from wire.errors import ConfigError

PLACE = (18, "0-0:44.0.0")
INITIATE, TAKE, VERIFY, ACTIVATE = 1, 2, 3, 4
ZERO = axdr.encode(axdr.integer(0))
DONE, REFUSED = ActionResult.SUCCESS, ActionResult.OTHER_REASON
BUSY = ActionResult.TEMPORARY_FAILURE
CODE = Random(1).randbytes(5 * BLOCK_OCTETS + 123)
IMAGE = build(Part.CORE, "1.1", CODE)
BLOCKS = split(IMAGE)


class Loader(Driver):
    """A client that brings an image."""

    def enable(self) -> Loader:
        """An association in which transfer is enabled."""
        self.associate()
        assert self.set(*PLACE, 5, b"\x03\x01") is DataAccessResult.SUCCESS
        return self

    def initiate(self, size: int = len(IMAGE), name: bytes = b"fw") -> ActionResult:
        value = axdr.structure(axdr.octet_string(name), axdr.double_long_unsigned(size))
        return self.act(*PLACE, INITIATE, axdr.encode(value)).result

    def take(self, number: int, block: bytes | None = None) -> ActionResult:
        octets = BLOCKS[number] if block is None else block
        value = axdr.structure(
            axdr.double_long_unsigned(number), axdr.octet_string(octets)
        )
        return self.act(*PLACE, TAKE, axdr.encode(value)).result

    def verify(self) -> ActionResult:
        return self.act(*PLACE, VERIFY, ZERO).result

    def activate(self) -> ActionResult:
        return self.act(*PLACE, ACTIVATE, ZERO).result

    def shown(self, number: int, place: tuple[int, str] = PLACE) -> Any:
        return axdr.plain(axdr.decode(self.get(*place, number)))  # type: ignore

    def bits(self) -> str:
        """image_transferred_blocks_status, the first block first."""
        bits = self.shown(3)
        return "".join("01"[bits.bit(index)] for index in range(bits.length))

    @property
    def status(self) -> int:
        return int(self.shown(6))

    def identifier(self) -> Any:
        return self.shown(2, (1, "1-0:0.2.0"))

    def loaded(self, blocks: list[bytes] | None = None) -> Loader:
        """All blocks brought, and the time of the verification gone."""
        blocks = BLOCKS if blocks is None else blocks
        assert self.initiate(sum(map(len, blocks))) is DONE
        for number, block in enumerate(blocks):
            assert self.take(number, block) is DONE
        self.now_s += VERIFICATION_S
        return self

    def events(self) -> list[int]:
        """The codes in the standard event log."""
        logs = self.meter.state.logs
        return [] if logs is None else [row[1] for row in logs.rows(Log.STANDARD)]


@pytest.fixture(params=list(Standard))
def loader(request: pytest.FixtureRequest) -> Loader:
    return Loader(make_meter(request.param)).enable()


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


@pytest.mark.parametrize(
    ("number", "block"),
    [
        (7, b""),
        (7, BLOCKS[0]),
        (0xFFFFFFFF, BLOCKS[0]),
        (0, b""),
        (0, BLOCKS[0][:-1]),
        (0, BLOCKS[0] + b"\0"),
        (6, BLOCKS[6][:-1]),
        (6, BLOCKS[6] + b"\0"),
        (6, BLOCKS[0]),
    ],
)
def test_a_block_that_the_image_does_not_have(number: int, block: bytes) -> None:
    loader = Loader(make_meter()).enable()
    loader.initiate()
    loader.take(3)
    before = to_json(loader.meter.state)["firmware"]
    assert loader.take(number, block) is REFUSED
    assert to_json(loader.meter.state)["firmware"] == before


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        (INITIATE, axdr.structure(axdr.octet_string(b"x"))),
        (INITIATE, axdr.structure(axdr.octet_string(b"x"), axdr.long_unsigned(500))),
        (TAKE, axdr.structure(axdr.octet_string(b"x"), axdr.double_long_unsigned(0))),
        (TAKE, axdr.null_data()),
        (VERIFY, axdr.unsigned(0)),
        (ACTIVATE, axdr.null_data()),
    ],
)
def test_parameters_of_another_type(method: int, parameters: axdr.Data) -> None:
    loader = Loader(make_meter()).enable()
    result = loader.act(*PLACE, method, axdr.encode(parameters)).result
    assert result is ActionResult.TYPE_UNMATCHED
    assert loader.meter.state.firmware is None


@pytest.mark.parametrize(
    ("size", "name"),
    [
        (0, b"fw"),
        (BLOCK_OCTETS, b"fw"),
        (MAX_IMAGE_OCTETS + 1, b"fw"),
        (0xFFFFFFFF, b"fw"),
        (5000, b""),
        (5000, bytes(65)),
    ],
)
def test_an_image_that_cannot_be_leaves_the_one_that_is(size: int, name: bytes) -> None:
    loader = Loader(make_meter()).enable()
    loader.initiate()
    loader.take(3)
    before = to_json(loader.meter.state)["firmware"]
    assert loader.initiate(size, name) is REFUSED
    assert to_json(loader.meter.state)["firmware"] == before
    assert loader.initiate(5000, b"another") is DONE
    assert loader.bits() == "0" * 13


def test_the_largest_image_is_bounded_in_memory() -> None:
    loader = Loader(make_meter()).enable()
    assert loader.initiate(MAX_IMAGE_OCTETS) is DONE
    assert loader.take(5000, bytes(BLOCK_OCTETS)) is DONE
    assert len(json.dumps(to_json(loader.meter.state))) < 60_000


def bent(*positions: int) -> list[bytes]:
    """The blocks, with bits of the image changed."""
    image = bytearray(IMAGE)
    for position in positions:
        image[position] ^= 0x10
    return split(bytes(image))


@pytest.mark.parametrize(
    "blocks",
    [
        bent(0),
        bent(10),
        bent(399),
        bent(400),
        bent(len(IMAGE) - 1),
        [*BLOCKS[:1], BLOCKS[2], BLOCKS[1], *BLOCKS[3:]],
        split(bytes(len(IMAGE))),
        split(build(Part.CORE, "1.1", CODE[:-1])[:BLOCK_OCTETS] + CODE),
    ],
)
def test_a_bad_image_is_discarded_and_the_old_firmware_runs(
    blocks: list[bytes],
) -> None:
    loader = Loader(make_meter()).enable().loaded(blocks)
    assert loader.verify() is REFUSED and loader.status == Status.VERIFICATION_FAILED
    assert loader.activate() is REFUSED and loader.take(0) is REFUSED
    assert (loader.bits(), loader.shown(7)) == ("", [])
    assert loader.events() == []
    loader.release()
    loader.now_s += 60
    loader.associate()
    assert loader.identifier() == b"1.0"
    assert loader.loaded().status == Status.VERIFICATION_SUCCESSFUL, "another try"


def test_firmware_for_a_part_that_is_not_there_fails_to_activate() -> None:
    for standard, status in (
        (Standard.DSMR_4_2_2, Status.ACTIVATION_FAILED),
        (Standard.SMR_5_0, Status.ACTIVATION_SUCCESSFUL),
    ):
        loader = Loader(make_meter(standard)).enable()
        loader.loaded(split(build(Part.MBUS_DRIVER, "3.0", CODE)))
        assert loader.activate() is DONE
        loader.release()
        loader.now_s += 1
        loader.associate()
        assert loader.status == status
        activated = Event.FIRMWARE_ACTIVATED in loader.events()
        assert activated is (status is Status.ACTIVATION_SUCCESSFUL)
        assert loader.identifier() == b"1.0"


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


def test_nothing_is_done_before_transfer_is_enabled() -> None:
    loader = Loader(make_meter())
    loader.associate()
    results = (loader.initiate(), loader.take(0), loader.verify(), loader.activate())
    assert results == (REFUSED,) * 4
    assert loader.meter.state.firmware is None
    loader.set(*PLACE, 5, b"\x03\x01")
    loader.loaded()
    loader.set(*PLACE, 5, b"\x03\x00")
    assert loader.verify() is REFUSED and loader.activate() is REFUSED
    assert loader.status == Status.VERIFICATION_SUCCESSFUL


def test_the_public_client_brings_nothing() -> None:
    public = Driver(make_meter(), Client.PUBLIC).associate()
    assert public.get(*PLACE, 6) is DataAccessResult.READ_WRITE_DENIED


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

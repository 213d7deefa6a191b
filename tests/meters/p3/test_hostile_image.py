"""Images that cannot be: blocks, sizes, hashes and parts that are wrong, and who may not."""

from __future__ import annotations

import json

import pytest

from meters.state import to_json
from tests.meters.builders import make_meter
from tests.meters.p3.driver import Driver
from tests.meters.p3.loader import (
    ACTIVATE,
    BLOCKS,
    CODE,
    DONE,
    IMAGE,
    INITIATE,
    PLACE,
    REFUSED,
    TAKE,
    VERIFY,
    Loader,
)
from wire.cosem.events import Event
from wire.cosem.image import BLOCK_OCTETS, MAX_IMAGE_OCTETS, Part, Status, build, split
from wire.cosem.rows import Client, Standard
from wire.dlms import axdr
from wire.dlms.descriptors import ActionResult, DataAccessResult


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

"""Whatever a client does with an image, in whatever order, a meter stays one that restarts."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from meters.meter import Meter
from meters.state import from_json, to_json
from tests.meters.builders import NOW_S, make_meter
from tests.meters.p3.driver import Driver
from wire.cosem.image import BLOCK_OCTETS, MAX_IMAGE_OCTETS, Part, Status, build, split
from wire.dlms import axdr
from wire.dlms.data import Data

BLOCKS = split(build(Part.CORE, "1.1", b"code" * 250))
SIZES = st.sampled_from([sum(map(len, BLOCKS)), 401, 1200, 0, MAX_IMAGE_OCTETS + 1])
# All the blocks of a good image, in any order.
WHOLE = st.permutations(range(len(BLOCKS)))
BLOCK = st.tuples(
    st.integers(0, 5), st.sampled_from([b"", bytes(BLOCK_OCTETS), *BLOCKS])
)
STEPS = st.one_of(
    st.tuples(st.just(1), SIZES),
    st.tuples(st.just(2), BLOCK),
    st.tuples(st.sampled_from(["whole", "verified"]), WHOLE),
    st.tuples(st.sampled_from([3, 4, 4, "later", "again", "restart"]), st.none()),
)


def parameter(method: int, value: Any) -> Data:
    """What the method takes."""
    if method == 1:
        size = axdr.double_long_unsigned(value)
        return axdr.structure(axdr.octet_string(b"fw"), size)
    if method == 2:
        number, block = value
        return axdr.structure(
            axdr.double_long_unsigned(number), axdr.octet_string(block)
        )
    return axdr.integer(0)


class Client:
    """One that brings images and does not mind what it is told."""

    def __init__(self) -> None:
        self.meter = make_meter()
        self.now_s = NOW_S
        self.begin()
        self.driver.set(18, "0-0:44.0.0", 5, b"\x03\x01")

    def begin(self) -> None:
        """Another association."""
        self.driver = Driver(self.meter)
        self.driver.now_s = self.now_s
        self.driver.associate()

    def act(self, method: int, value: Any) -> None:
        """One method."""
        octets = axdr.encode(parameter(method, value))
        self.driver.act(18, "0-0:44.0.0", method, octets)

    def step(self, what: int | str, value: Any) -> None:
        """A method, a whole image, or time that goes by: associated or not, or restarted."""
        if isinstance(what, int):
            self.act(what, value)
            return
        if what in ("whole", "verified"):
            self.act(1, sum(map(len, BLOCKS)))
            for number in value:
                self.act(2, (number, BLOCKS[number]))
            if what == "whole":
                return
            what = "later"
        self.now_s += 5
        if what == "later":
            self.driver.now_s = self.now_s
            self.meter.advance(self.now_s)
            return
        self.driver.release()
        if what == "restart":
            saved = json.dumps(to_json(self.meter.state))
            self.meter = Meter(
                self.meter.identity, from_json(json.loads(saved)), self.meter.model
            )
        self.begin()


@given(st.lists(STEPS, max_size=40))
@settings(max_examples=100, deadline=None)
def test_every_state_is_one_to_go_on_from(steps: list[tuple[int | str, Any]]) -> None:
    client = Client()
    for what, value in steps:
        client.step(what, value)
        saved = to_json(client.meter.state)
        restored = from_json(json.loads(json.dumps(saved)))
        assert to_json(restored)["firmware"] == saved["firmware"]
        firmware = client.meter.state.firmware
        if firmware is not None and firmware.transfer is not None:
            status = firmware.transfer.status()
            received = sum(status.bit(index) for index in range(status.length))
            assert firmware.transfer.missing == status.length - received
            whole = firmware.status is not Status.INITIATED
            assert whole is (received == status.length)
    client.step("again", None)
    client.step("again", None)
    assert client.meter.state.firmware is None or (
        client.meter.state.firmware.status is not Status.ACTIVATION_INITIATED
    )

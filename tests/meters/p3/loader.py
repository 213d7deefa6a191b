"""A client that brings an image, step by step, each of which can be bent."""

from __future__ import annotations

from random import Random
from typing import Any

from meters.behaviour.firmware import VERIFICATION_S
from tests.meters.p3.driver import Driver
from wire.cosem.events import Log
from wire.cosem.image import BLOCK_OCTETS, Part, build, split
from wire.dlms import axdr
from wire.dlms.descriptors import ActionResult, DataAccessResult

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

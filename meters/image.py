"""An image on its way to a meter: which blocks came, and what is kept of them.

That is the first block, and the CRC-32 of each: an image of 2 MiB takes 21 KiB of a meter.
"""

from __future__ import annotations

from typing import Any

from wire.cosem import image
from wire.cosem.image import BLOCK_OCTETS, CRC_OCTETS, MAX_IMAGE_OCTETS, Header
from wire.dlms.data import BitString
from wire.errors import WireError

MAX_NAME_OCTETS = 64
# An image has a first block, and code.
SIZES = range(BLOCK_OCTETS + 1, MAX_IMAGE_OCTETS + 1)


class Transfer:
    """An image of `size` octets, by the name that the client gave it."""

    __slots__ = ("name", "size", "_checks", "_bits", "_first", "missing")

    def __init__(self, name: bytes, size: int) -> None:
        self.name = name
        self.size = size
        self.missing = self.count
        self._checks = bytearray(CRC_OCTETS * self.count)
        self._bits = bytearray((self.count + 7) // 8)
        self._first = b""

    @property
    def count(self) -> int:
        """How many blocks the image has."""
        return -(-self.size // BLOCK_OCTETS)

    def fits(self, number: int, block: bytes) -> bool:
        """Whether the image has such a block: all but the last have one length."""
        begin = number * BLOCK_OCTETS
        return number < self.count and len(block) == min(
            BLOCK_OCTETS, self.size - begin
        )

    def put(self, number: int, block: bytes) -> None:
        """Takes a block that fits; one that comes again is taken in place of the first."""
        if not self._has(number):
            self._bits[number // 8] |= 0x80 >> number % 8
            self.missing -= 1
        self._checks[CRC_OCTETS * number : CRC_OCTETS * (number + 1)] = image.check(
            block
        )
        if number == 0:
            self._first = block

    def status(self) -> BitString:
        """image_transferred_blocks_status: a bit for each block, the first block first."""
        return BitString(self.count, bytes(self._bits))

    def first_missing(self) -> int:
        """The first block that did not come; how many there are, if all did."""
        numbers = range(self.count)
        return next((number for number in numbers if not self._has(number)), self.count)

    def header(self) -> Header:
        """What the first block says; raises `WireError` when the image does not verify."""
        header = image.read(self._first)
        if image.digest(bytes(self._checks[CRC_OCTETS:])) != header.digest:
            raise WireError("the hash in the first block is not that of the rest")
        return header

    def _has(self, number: int) -> bool:
        return bool(self._bits[number // 8] & 0x80 >> number % 8)

    def to_json(self) -> dict[str, Any]:
        """What is kept, as JSON can hold it."""
        return {
            "name": self.name.hex(),
            "size": self.size,
            "checks": self._checks.hex(),
            "bits": self._bits.hex(),
            "first": self._first.hex(),
        }

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Transfer:
        """What was kept; raises what Python does for content that is not it."""
        name, size = bytes.fromhex(saved["name"]), saved["size"]
        if type(size) is not int or size not in SIZES or len(name) > MAX_NAME_OCTETS:
            raise ValueError("no image has this name or size")
        transfer = cls(name, size)
        bits, checks = (bytearray.fromhex(saved[part]) for part in ("bits", "checks"))
        first = bytes.fromhex(saved["first"])
        spare = 8 * len(bits) - transfer.count
        whole = int.from_bytes(bits, "big")
        if (
            len(bits) != len(transfer._bits)
            or len(checks) != len(transfer._checks)
            or len(first) not in (0, BLOCK_OCTETS)
            or whole & (1 << spare) - 1
        ):
            raise ValueError("an image has other blocks than its size says")
        transfer._bits, transfer._checks, transfer._first = bits, checks, first
        transfer.missing = transfer.count - whole.bit_count()
        return transfer

"""Block transfer, both ways (Green Book 9.3.7 to 9.3.9): cutting up and putting together.

The numbers start at 1 and go up by one. Slicing serves GET and ACTION answers (server) and SET
values and ACTION parameters (client); joining serves the other end.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from wire.errors import LocalError, WireError

MAX_JOINED = 64 * 1024

# The most octets around the raw data of one block, in clear: tag, choice, invoke-id, last-block,
# block number, Get-Data-Result's choice, and a length of up to three octets.
_BLOCK_OVERHEAD = 12


def block_size(room: int, before: int = 0) -> int:
    """How many octets of raw data a block may have in a plain APDU of at most `room`.

    `before`: the octets of the descriptors that the first block of a SET or ACTION carries too.
    Raises `LocalError` when there is no room for any.
    """
    size = room - _BLOCK_OVERHEAD - before
    if size < 1:
        raise LocalError(f"an APDU of {room} octets has no room for a block")
    return size


class BlockFault(Enum):
    """Why a transfer is over; the service's end maps it to its own result code."""

    NUMBER_INVALID = "the block number is not the next one"
    TOO_LONG = "the blocks are longer together than is accepted"
    EMPTY = "a block that is not the last is empty"


class BlockError(WireError):
    """The peer breaks the rules of block transfer."""

    def __init__(self, fault: BlockFault, rule: str) -> None:
        super().__init__(rule)
        self.fault = fault


class Block(NamedTuple):
    number: int
    last: bool
    octets: bytes


class Slicer:
    """Cuts octets into blocks of at most `block_size`; at least one block, perhaps empty."""

    __slots__ = ("_octets", "_block_size", "_given")

    def __init__(self, octets: bytes, block_size: int) -> None:
        if block_size < 1:
            raise LocalError("a PDU is too small to carry any octet of a block")
        self._octets = octets
        self._block_size = block_size
        self._given = 0

    def first(self) -> Block:
        """Block 1."""
        return self.after(0)

    def after(self, number: int) -> Block:
        """The block after `number`, which the peer says it has: it must be the last one given.

        Raises `BlockError` for any other number, also when nothing is left.
        """
        begin = self._given * self._block_size
        if number != self._given:
            raise BlockError(
                BlockFault.NUMBER_INVALID,
                f"block {number} is acknowledged, not {self._given}",
            )
        if begin >= len(self._octets) and self._given:
            raise BlockError(
                BlockFault.NUMBER_INVALID, f"no block follows block {number}"
            )
        self._given += 1
        end = begin + self._block_size
        return Block(self._given, end >= len(self._octets), self._octets[begin:end])


class Joiner:
    """Puts blocks together, up to `max_octets`."""

    __slots__ = ("_parts", "_room", "_number", "_finished")

    def __init__(self, max_octets: int = MAX_JOINED) -> None:
        self._parts: list[bytes] = []
        self._room = max_octets
        self._number = 0
        self._finished = False

    @property
    def number(self) -> int:
        """The number of the last block taken, 0 before the first: what to acknowledge."""
        return self._number

    def add(self, number: int, last: bool, octets: bytes) -> bytes | None:
        """All octets after the last block, else None; raises `BlockError`.

        A block in the middle must not be empty, or a peer could go on for ever.
        """
        if self._finished or number != self._number + 1:
            raise BlockError(
                BlockFault.NUMBER_INVALID,
                f"block {number} comes after block {self._number}",
            )
        self._room -= len(octets)
        if self._room < 0:
            raise BlockError(
                BlockFault.TOO_LONG, f"block {number} exceeds what is accepted"
            )
        if not octets and not last:
            raise BlockError(
                BlockFault.EMPTY, f"block {number} is empty, and not the last"
            )
        self._number = number
        self._parts.append(octets)
        if not last:
            return None
        self._finished = True
        joined, self._parts = b"".join(self._parts), []
        return joined

"""Block transfer, both ways (Green Book 9.3.7 to 9.3.9): cutting up and putting together.

The numbers start at 1 and go up by one. Slicing serves GET and ACTION answers (server) and SET
values and ACTION parameters (client); joining serves the other end.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from wire.errors import WireError

MAX_JOINED = 64 * 1024


class BlockFault(Enum):
    """Why a transfer is over; the service's end maps it to its own result code."""

    NUMBER_INVALID = "the block number is not the next one"
    TOO_LONG = "the blocks are longer together than is accepted"


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

    def __init__(self, octets: bytes, block_size: int) -> None:
        raise NotImplementedError

    def first(self) -> Block:
        """Block 1."""
        raise NotImplementedError

    def after(self, number: int) -> Block:
        """The block after `number`, which the peer says it has: it must be the last one given.

        Raises `BlockError` for any other number, also when nothing is left.
        """
        raise NotImplementedError


class Joiner:
    """Puts blocks together, up to `max_octets`."""

    def __init__(self, max_octets: int = MAX_JOINED) -> None:
        raise NotImplementedError

    @property
    def number(self) -> int:
        """The number of the last block taken, 0 before the first: what to acknowledge."""
        raise NotImplementedError

    def add(self, number: int, last: bool, octets: bytes) -> bytes | None:
        """All octets after the last block, else None; raises `BlockError`."""
        raise NotImplementedError

"""What can be wrong with a wire, and what that does to the octets on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from random import Random


class WireKind(StrEnum):
    """The wires of a station; M-Bus devices have faults of their own."""

    P3 = "p3"
    P1 = "p1"
    MODBUS = "modbus"
    PUSH = "push"


class Direction(StrEnum):
    """Which way octets go; on Modbus the control unit stands where the meter does."""

    TO_METER = "to_meter"
    FROM_METER = "from_meter"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class WireFaults:
    """What is wrong with a wire, `direction` says which way.

    `latency_s` and up to `jitter_s` more until octets arrive, never one before another; `loss`
    is the share of connects that nobody answers, and of datagrams lost; `corrupt` the share of
    what is sent at a time that has a bit turned over; `slice_octets` the most that arrive
    together. In `silence` octets and farewells vanish, and connections stay up.
    """

    latency_s: float = 0.0
    jitter_s: float = 0.0
    loss: float = 0.0
    corrupt: float = 0.0
    slice_octets: int | None = None
    silence: bool = False
    direction: Direction = Direction.BOTH

    def concern(self, way: Direction) -> bool:
        """Whether octets that go this way meet them."""
        return self.direction in (Direction.BOTH, way)

    def lose(self, random: Random) -> bool:
        """Whether this connect or datagram is lost."""
        return self.silence or bool(self.loss and random.random() < self.loss)

    def delay_s(self, random: Random) -> float:
        """How late these octets are."""
        return self.latency_s + (
            random.uniform(0, self.jitter_s) if self.jitter_s else 0
        )

    def spoil(self, octets: bytes, random: Random) -> bytes:
        """The octets, perhaps with a bit turned over."""
        if not (self.corrupt and octets and random.random() < self.corrupt):
            return octets
        spoilt = bytearray(octets)
        spoilt[random.randrange(len(spoilt))] ^= 1 << random.randrange(8)
        return bytes(spoilt)

    def slices(self, octets: bytes) -> Iterator[bytes]:
        """The octets in pieces, in order."""
        size = self.slice_octets or len(octets) or 1
        for begin in range(0, len(octets), size):
            yield octets[begin : begin + size]

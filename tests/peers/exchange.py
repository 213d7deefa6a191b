"""A meter in memory, as an exchange of octets."""

from __future__ import annotations

from collections.abc import Callable

from meters.meter import Meter
from meters.p3.connection import P3Connection
from tests.meters.builders import NOW_S

Exchange = Callable[[bytes], bytes]


class MeterExchange:
    """One connection to a meter that answers at once; `now_s` is the time that it knows."""

    def __init__(self, meter: Meter) -> None:
        self.now_s = NOW_S
        self._connection = P3Connection(meter)

    def __call__(self, octets: bytes) -> bytes:
        """The WPDU of the answer; nothing when there is none."""
        return b"".join(self._connection.receive(octets, self.now_s))

"""A frequent access cycle, as the E-meter keeps it while it lasts (P2 4.0.7, 4.4.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from meters.mbus.pending import Pending

if TYPE_CHECKING:
    from meters.mbus.keys import Composed


@dataclass(slots=True)
class Dialogue:
    """A frequent access cycle with the device of a channel, which is over with its instant.

    `heard` and `reply` are the last telegrams, in case the device repeats its own. `errand` is
    what the last reply was for, `composed` what it said, None when it asked. Each errand is
    `tried` once: what fails waits for the next cycle.
    """

    number: int
    at_s: int
    heard: bytes = b""
    reply: bytes = b""
    errand: Pending = Pending(0)
    composed: Composed | None = None
    tried: Pending = Pending(0)

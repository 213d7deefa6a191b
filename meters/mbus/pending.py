"""What may wait for the next opportunity on P2."""

from __future__ import annotations

from enum import IntFlag


class Pending(IntFlag):
    """Errands to a device, in the order in which they are done."""

    BIND = 1 << 0
    KEY = 1 << 1
    READ = 1 << 2
    CLEAR_STATUS = 1 << 3
    VALVE = 1 << 4
    DATA = 1 << 5
    CLOCK = 1 << 6
    VERSIONS = 1 << 7

"""Where the wires of a world end."""

from __future__ import annotations

from dataclasses import dataclass

Address = tuple[str, int]
"""A host and a port."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a station's wires are."""

    p3: Address
    p1: Address
    modbus: Address

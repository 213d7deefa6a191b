"""What can go wrong on the way between an E-meter and one of its devices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any

from wire.errors import LocalError

PERCENT = range(101)


@dataclass(frozen=True, slots=True)
class Faults:
    """How often, in per cent, a message is lost on its way, or an answer garbled, late or sent
    twice; 100 for `lost` is a cut wire, or out of range."""

    lost: int = 0
    garbled: int = 0
    late: int = 0
    twice: int = 0

    def __post_init__(self) -> None:
        for name, percent in asdict(self).items():
            if type(percent) is not int or percent not in PERCENT:
                raise LocalError(f"{name} is 0 to 100 %, not {percent!r}")

    def arrives(self, random_bytes: Callable[[int], bytes]) -> bool:
        """Whether a message gets there."""
        return not _happens(self.lost, random_bytes)

    def heard(
        self, message: bytes, random_bytes: Callable[[int], bytes]
    ) -> tuple[bytes, ...]:
        """How a message of the device is heard, and how often; a late one is lost."""
        if (
            not message
            or not self.arrives(random_bytes)
            or _happens(self.late, random_bytes)
        ):
            return ()
        if _happens(self.garbled, random_bytes):
            message = _garble(message, random_bytes)
        return (message,) * (2 if _happens(self.twice, random_bytes) else 1)

    def to_json(self) -> dict[str, int]:
        """As JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Faults:
        """What was kept; raises what Python does, or `LocalError`, for what is none."""
        return cls(**{field.name: saved[field.name] for field in fields(cls)})


NO_FAULTS = Faults()


def collide(first: bytes, second: bytes) -> bytes:
    """What two devices that speak at once make of their octets: a 0 of either wins.

    A slave sends a 0 by drawing more current than at rest (EN 13757-2, 4.3.3).
    """
    if not first or not second:
        return first or second
    size = max(len(first), len(second))
    pairs = zip(first.ljust(size, b"\xff"), second.ljust(size, b"\xff"))
    return bytes(one & other for one, other in pairs)


def _happens(percent: int, random_bytes: Callable[[int], bytes]) -> bool:
    if percent in (0, 100):
        return percent == 100
    return int.from_bytes(random_bytes(2), "big") % 100 < percent


def _garble(octets: bytes, random_bytes: Callable[[int], bytes]) -> bytes:
    """One bit of it is wrong."""
    bit = int.from_bytes(random_bytes(2), "big") % (8 * len(octets))
    changed = bytearray(octets)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)

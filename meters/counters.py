"""Encryption keys that were in force before, and how far their counters had come.

Both counters start again under a new key (P3, 3.2.3). A key that comes back is no new one: its
counters go on, so that no key ever protects two frames of the meter with one counter.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, NamedTuple

from wire.dlms.security import MAX_COUNTER

# Of older keys only the highest counter is known: a new key then starts above it.
KEYS_REMEMBERED = 64
_FORGOTTEN = ""


class Count(NamedTuple):
    """The next counter of the meter's own frames, and the last one that a client used.

    The first frame has 1: dlms-cosem takes none that is not above the 0 it begins with.
    """

    sending: int = 1
    received: int | None = None


class SpentKeys:
    """The counts of former keys, by a fingerprint of the key; oldest first."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts: dict[str, Count] = {}

    def put(self, key: bytes, count: Count) -> None:
        """The key is no longer in force."""
        self._counts[_fingerprint(key)] = count
        if len(self._counts) > KEYS_REMEMBERED:
            floor = self._counts.pop(_FORGOTTEN, Count())
            oldest = self._counts.pop(next(iter(self._counts)))
            self._counts[_FORGOTTEN] = Count(max(floor.sending, oldest.sending))

    def take(self, key: bytes) -> Count:
        """The key comes into force: where its counters go on, or begin."""
        begin = self._counts.get(_FORGOTTEN, Count())
        return self._counts.pop(_fingerprint(key), begin)

    def to_json(self) -> dict[str, Any]:
        """The counts as JSON can hold them."""
        return {name: list(count) for name, count in self._counts.items()}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> SpentKeys:
        """The counts that were kept; raises what Python does for content that is not them."""
        spent = cls()
        for name, count in saved.items():
            sending, received = count
            known = 0 if received is None else received
            if not all(
                type(number) is int and 0 <= number <= MAX_COUNTER + 1
                for number in (sending, known)
            ):
                raise ValueError(f"no counters of a key: {str(count)[:40]}")
            spent._counts[name] = Count(sending, received)
        if len(spent._counts) > KEYS_REMEMBERED + 1:
            raise ValueError("more former keys than are remembered")
        return spent


def _fingerprint(key: bytes) -> str:
    return blake2b(key, digest_size=16).hexdigest()

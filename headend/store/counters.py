"""Invocation counters: reserved in blocks, committed before the first of a block is used.

With the system title a counter is the nonce of AES-GCM, so under one key no counter may ever
be used twice, whatever crashes. What is left of a block when its owner ends is skipped.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from headend.store.engine import Store
from wire.dlms.security import MAX_COUNTER
from wire.errors import LocalError, TransportError

BLOCK = 32
FIRST = 1
RESERVE = 1 << 24
"""So many counters before the end it is time for a new key; no meter makes us skip them."""

_RESERVE = text(
    "INSERT INTO invocation_counters (meter_id, key_id, next_counter)"
    " VALUES (:meter_id, :key_id, :after_first)"
    " ON CONFLICT (meter_id, key_id) DO UPDATE"
    " SET next_counter = invocation_counters.next_counter + :size"
    " RETURNING next_counter"
)
_RAISE = text(
    "INSERT INTO invocation_counters (meter_id, key_id, next_counter)"
    " VALUES (:meter_id, :key_id, :value)"
    " ON CONFLICT (meter_id, key_id) DO UPDATE SET next_counter = excluded.next_counter"
    " WHERE invocation_counters.next_counter < excluded.next_counter"
)
_NEXT = text(
    "SELECT next_counter FROM invocation_counters"
    " WHERE meter_id = :meter_id AND key_id = :key_id"
)


def reserve(
    connection: Connection, meter_id: int, key_id: int, size: int = BLOCK
) -> range:
    """Takes the next `size` counters out of the store, fewer just before the end.

    They may be used once this transaction is committed. Raises `LocalError` when there are
    none left under this key.
    """
    end = connection.execute(
        _RESERVE,
        {
            "meter_id": meter_id,
            "key_id": key_id,
            "size": size,
            "after_first": FIRST + size,
        },
    ).scalar_one()
    counters = range(end - size, min(end, MAX_COUNTER + 1))
    if not counters:
        raise LocalError(
            "the invocation counters under this encryption key are used up;"
            " replace the key of the meter first"
        )
    return counters


def raise_to(connection: Connection, meter_id: int, key_id: int, value: int) -> None:
    """Makes `value` the lowest counter that is still handed out; upward only, never down.

    For a meter that says it has seen higher ones. Raises `LocalError` for what no counter
    can be.
    """
    if not 0 <= value <= MAX_COUNTER:
        raise LocalError(f"{value} is not an invocation counter")
    connection.execute(
        _RAISE, {"meter_id": meter_id, "key_id": key_id, "value": max(value, FIRST)}
    )


def next_counter(connection: Connection, meter_id: int, key_id: int) -> int:
    """The next counter that would be reserved."""
    found = known(connection, meter_id, key_id)
    return FIRST if found is None else found


def known(connection: Connection, meter_id: int, key_id: int) -> int | None:
    """The next counter; None while none was reserved here, or said by the meter."""
    found = connection.execute(_NEXT, {"meter_id": meter_id, "key_id": key_id}).scalar()
    return None if found is None else int(found)


class CounterBlock:
    """The counters of one association: each one higher than the last, without a gap.

    A meter that follows DSMR 4 hangs up at a gap, so a block serves one association and is
    then forgotten. It refills itself, in a transaction of its own. `last` is the last one
    that it gave, and `end` the first one of those that come after it; -1 before that.
    """

    __slots__ = ("last", "end", "_store", "_meter_id", "_key_id", "_size", "_next")

    def __init__(
        self, store: Store, meter_id: int, key_id: int, size: int = BLOCK
    ) -> None:
        self.last = -1
        self._store = store
        self._meter_id = meter_id
        self._key_id = key_id
        self._size = size
        self._next = self.end = -1

    def take(self) -> int:
        """The next counter; when the block is used up the next one is committed first.

        Raises `LocalError` when the key has none left, and `TransportError` when somebody
        else talks with this meter at the same time: a new association can go on.
        """
        if self._next == self.end:
            with self._store.begin() as connection:
                block = reserve(connection, self._meter_id, self._key_id, self._size)
            if self.end not in (-1, block.start):
                raise TransportError(
                    "somebody else used this meter's invocation counters meanwhile"
                )
            self._next, self.end = block.start, block.stop
        self.last = self._next
        self._next += 1
        return self.last

    def raise_to(self, value: int) -> None:
        """Goes on at `value` or higher, forgetting what is left below; before the first use."""
        with self._store.begin() as connection:
            raise_to(connection, self._meter_id, self._key_id, value)
        self._next = self.end = -1

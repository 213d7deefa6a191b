"""The keys of one meter, as who talks with it needs them.

A key that is to replace another one is stored as NEW before it is sent, and becomes ACTIVE
once the meter has it. Whatever crashes between, the meter has one of the keys that are here.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

from headend.keys import Key
from headend.ring import Ring
from headend.store import Connection, counters, keys
from headend.store.counters import CounterBlock
from headend.store.keys import KeyKind, KeyState
from wire.dlms.security import KEY_OCTETS, wrap_key

_LATEST_EXPIRED = 2


class KeySet(NamedTuple):
    """What it takes to associate: to cipher, a global unicast encryption key and an
    authentication key; for HLS3 and HLS4 the HLS secret too.
    """

    encryption: Key
    authentication: Key
    hls_secret: Key | None = None


class KeyRing(Ring):
    """The keys of a meter."""

    __slots__ = ()

    async def active(self, kind: KeyKind) -> Key:
        """The key of that kind that is in use; `ConfigError` when there is none."""
        return await self._read(
            lambda connection: self.key_store.active(connection, self.meter, kind)
        )

    async def in_use(self, with_secret: bool) -> tuple[KeySet, int | None]:
        """The keys that are in use, and the next invocation counter under them.

        `ConfigError` when a key is missing; no counter when none was ever known.
        """
        kinds = [KeyKind.ENCRYPTION, KeyKind.AUTHENTICATION]
        kinds += [KeyKind.HLS_SECRET] if with_secret else []

        def look(connection: Connection) -> tuple[KeySet, int | None]:
            active = self.key_store.active
            keys = KeySet(*[active(connection, self.meter, kind) for kind in kinds])
            number = keys.encryption.id
            return keys, counters.known(connection, self.meter.id, number)

        return await self._read(look)

    async def others(self, tried: KeySet, expired: bool = False) -> list[KeySet]:
        """What the meter may have in place of the keys that were tried.

        Those with keys that are NEW, in the order in which a change brings them: the
        authentication key alone, then both (P3, 5.1). With `expired` also those with the
        last keys that were in use, for a change that was believed in too early.
        """

        def find(connection: Connection) -> list[KeySet]:
            candidates = [
                self._candidates(connection, key, expired) for key in tried if key
            ]
            return [KeySet(*keys) for keys in product(*candidates)][1:]

        return await self._read(find)

    async def settle(self, accepted: KeySet) -> None:
        """The meter has these: they are ACTIVE, and what they replace is EXPIRED."""

        def move(connection: Connection) -> None:
            for key in filter(None, accepted):
                if keys.get(connection, key.id).state is not KeyState.ACTIVE:
                    keys.move(connection, key.id, KeyState.ACTIVE)

        await self._write(move)

    async def fresh(self, kind: KeyKind) -> Key:
        """A key to replace the one in use, stored as NEW.

        The same one as before while it did not get through, for the meter may have it.
        """

        def find_or_make(connection: Connection) -> Key:
            for key in self.key_store.every(connection, self.meter, kind):
                if key.state is KeyState.NEW:
                    return key
            octets = self.random_bytes(KEY_OCTETS)
            return self.key_store.put(connection, self.meter, kind, octets, self.now())

        return await self._write(find_or_make)

    async def waiting(self, kind: KeyKind) -> bool:
        """Whether a key of that kind is stored that the meter is not known to have."""
        return await self._read(
            lambda connection: any(
                row.state is KeyState.NEW
                for row in keys.of_meter(connection, self.meter.id, kind)
            )
        )

    async def activate(self, key: Key) -> None:
        """The meter has taken this key."""
        await self._write(
            lambda connection: keys.move(connection, key.id, KeyState.ACTIVE)
        )

    async def wrapped(self, key: Key) -> bytes:
        """The key under the meter's master key (RFC 3394), as it is sent."""
        master = await self.active(KeyKind.MASTER)
        return wrap_key(master.octets, key.octets)

    def block(self, key: Key) -> CounterBlock:
        """Invocation counters under an encryption key, for one association."""
        return CounterBlock(self.store, self.meter.id, key.id)

    async def counter(self, key: Key) -> int | None:
        """The next invocation counter under that key; None when none was ever known."""
        return await self._read(
            lambda connection: counters.known(connection, self.meter.id, key.id)
        )

    async def raise_counter(self, key: Key, value: int) -> None:
        """Counts on from `value`, unless the counter is beyond it already."""
        await self._write(
            lambda connection: counters.raise_to(
                connection, self.meter.id, key.id, value
            )
        )

    def _candidates(
        self, connection: Connection, tried: Key, expired: bool
    ) -> list[Key]:
        """The key that was tried, then those of its kind that the meter may have instead."""
        known = self.key_store.every(connection, self.meter, tried.kind)
        new = [key for key in known if key.state is KeyState.NEW]
        old = [key for key in known if key.state is KeyState.EXPIRED]
        return [tried, *new, *(old[::-1][:_LATEST_EXPIRED] if expired else ())]

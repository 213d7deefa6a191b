"""Getting an association with a meter, whatever became of its counters and keys.

A meter refuses who counts from below what it has seen (SMR 5), and who ciphers under other
keys than it has; it gives no reason, and locks its port for 10 s (main document, 4.4.16).
So after a refusal the public client reads the meter's invocation counter, 0-0:43.1.0, and we
count on above it; then the keys of a change that was broken off are tried.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater

from headend.dlms.client import Client
from headend.dlms.credentials import Credentials
from headend.dlms.line import Unanswered
from headend.dlms.refusals import Rejected
from headend.keyring import KeyRing, KeySet
from headend.store.counters import RESERVE, CounterBlock
from wire.cosem.rows import SMR5
from wire.dlms.descriptors import AttributeDescriptor
from wire.dlms.security import MAX_COUNTER
from wire.errors import PeerRefused, SecurityError
from wire.obis import Obis

LOCKED_S = 11.0
"""The ten seconds, and one for meters that count them in whole seconds of their own."""

COUNTER = AttributeDescriptor(1, Obis.parse("0-0:43.1.0"), 2)
_log = logging.getLogger(__name__)

NextCounter = Callable[[], int]
Another = Callable[[], Awaitable[None]]
"""Returns when one more connection may be begun."""


async def at_once() -> None:
    """The `Another` of who need not wait."""


@dataclass(frozen=True, slots=True)
class Approach:
    """How one meter is come at: `make` a client for its management or its public client.

    `another` is awaited before each connection but the first. With `with_secret` management
    proves the HLS secret.
    """

    make: Callable[[Credentials, NextCounter], Client]
    credentials: Callable[[KeySet], Credentials]
    public: Credentials
    ring: KeyRing
    clock: IReactorTime
    another: Another = at_once
    with_secret: bool = False

    async def associate(self, *, expired: bool = False) -> Client:
        """An associated client, under keys that are ACTIVE when it is returned.

        With `expired` keys that were in use before may be what the meter has. Raises what
        the first refusal said when nothing helps.
        """
        ring = self.ring
        in_use, counter = await ring.in_use(self.with_secret)
        if counter is None:
            # A new database: the meter may have seen counters that it must not see again.
            await self._raise_counter(in_use, await self._meter_counter())
            await self.another()
        block = ring.block(in_use.encryption)
        client = self.make(self.credentials(in_use), block.take)
        try:
            await client.open()
        except (PeerRefused, Unanswered) as error:
            refusal = error
        else:
            self._warn_of_the_end(block)
            return client
        key_sets = await ring.others(in_use, expired)
        locked = isinstance(refusal, Rejected) and refusal.transient
        # To DSMR 4 no first counter is wrong (P3, 3.2.3): only keys may be. A port that is locked
        # tells nothing of either.
        silent = isinstance(refusal, Unanswered) and ring.meter.standard not in SMR5
        if not key_sets and (locked or silent):
            raise refusal
        await self._await_unlocking(refusal)
        await self.another()
        theirs = await self._meter_counter()
        if locked:
            key_sets.insert(0, in_use)
        if theirs is not None and theirs >= block.last:
            _log.warning(
                "%s has seen invocation counter %d; we go on above it, no more at %d",
                *(ring.meter.equipment_id, theirs, block.last),
            )
            key_sets.insert(0, in_use)
        return await self._first_accepted(key_sets, theirs, refusal)

    async def _first_accepted(
        self,
        key_sets: list[KeySet],
        theirs: int | None,
        refusal: PeerRefused | Unanswered,
    ) -> Client:
        """A client under the first keys that the meter takes; those are then ACTIVE."""
        for keys in key_sets:
            await self._raise_counter(keys, theirs)
            block = self.ring.block(keys.encryption)
            await self.another()
            client = self.make(self.credentials(keys), block.take)
            try:
                await client.open()
            except (PeerRefused, Unanswered) as error:
                await self._await_unlocking(error)
                continue
            try:
                await self.ring.settle(keys)
            except BaseException:
                client.close()
                raise
            self._warn_of_the_end(block)
            return client
        raise refusal

    def _warn_of_the_end(self, block: CounterBlock) -> None:
        """An alarm, at each association, while few invocation counters are left."""
        if block.end > MAX_COUNTER - RESERVE:
            _log.warning(
                "%s: %d invocation counters are left; replace its encryption key",
                *(self.ring.meter.equipment_id, MAX_COUNTER + 1 - block.end),
            )

    async def _await_unlocking(self, error: PeerRefused | Unanswered) -> None:
        """Waits until a meter that refused us listens again."""
        if isinstance(error, PeerRefused):
            await deferLater(self.clock, LOCKED_S)

    async def _meter_counter(self) -> int | None:
        """The last counter that the meter has seen; None from a meter that does not tell."""
        client = self.make(self.public, _no_counter)
        try:
            await client.open()
            value = (await client.get(COUNTER)).value
        except PeerRefused:
            return None
        finally:
            await client.leave()
        return value if type(value) is int else None

    async def _raise_counter(self, keys: KeySet, theirs: int | None) -> None:
        """Counts on above the meter's counter, upward only.

        Anybody could have said it, for the public client is not ciphered. So what would use
        the key up is not believed: its last counters are for replacing it.
        """
        known = await self.ring.counter(keys.encryption)
        if theirs is None or (known is not None and theirs < known):
            return
        if not 0 <= theirs < MAX_COUNTER - RESERVE:
            raise SecurityError(
                f"the meter says that it has seen invocation counter {theirs};"
                " so near to the last one that is not believed"
            )
        await self.ring.raise_counter(keys.encryption, theirs + 1)


def _no_counter() -> int:
    raise AssertionError("the public client does not cipher")

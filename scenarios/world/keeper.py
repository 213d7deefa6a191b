"""Where a world's meter is kept, as `meters serve` keeps one: what a killed one begins from."""

from __future__ import annotations

from collections.abc import Callable

from meters.meter import Meter
from meters.persistence import StateStore

SAVE_EVERY_S = 300


class Keeper:
    """Keeps one meter in a store; `reload` makes it again from there.

    With `always` it is saved as often as a fleet's service saves, so that what is killed loses
    what it would lose there. Otherwise nobody is expected to kill it, and it is kept as it is
    at that moment.
    """

    def __init__(
        self,
        meter: Meter,
        store: StateStore,
        reload: Callable[[int], Meter],
        always: bool,
    ) -> None:
        self.meter = meter
        self._store = store
        self._reload = reload
        self._always = always
        if always:
            store.save(meter)

    def save(self) -> None:
        """What it must not forget is kept from now on."""
        if self._always:
            self._store.save(self.meter)
        self.meter.state.unsaved = False

    def tick(self, now_s: int) -> None:
        """Its service looks whether there is something to save."""
        if self._always and (self.meter.state.unsaved or now_s % SAVE_EVERY_S == 0):
            self._store.save(self.meter)

    def kill(self) -> None:
        """The process of the meter is killed."""
        if not self._always:
            self._store.save(self.meter)

    def restore(self, now_s: int) -> Meter:
        """The meter as it was kept, with supply again."""
        self.meter = self._reload(now_s)
        return self.meter

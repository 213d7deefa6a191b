"""Makes the jobs of the store's schedules as they fall due."""

from __future__ import annotations

import logging
from collections.abc import Callable

from twisted.internet.defer import ensureDeferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from headend.store import Store, schedules
from headend.store.call import Call, directly
from wire.errors import SimError

_log = logging.getLogger(__name__)


class Recurring:
    """Looks when a schedule is due, and every `look_s` for those that other processes add.

    `made` is called when there are new jobs.
    """

    def __init__(
        self,
        store: Store,
        clock: IReactorTime,
        made: Callable[[], None],
        *,
        call: Call = directly,
        look_s: float = 5.0,
    ) -> None:
        self._store = store
        self._clock = clock
        self._made = made
        self._call = call
        self._look_s = look_s
        self._active = False
        self._timer: IDelayedCall | None = None

    def start(self) -> None:
        """Begins with what is due already."""
        self._active = True
        self._look()

    def stop(self) -> None:
        """Makes no more jobs."""
        self._active = False
        if self._timer is not None and self._timer.active():
            self._timer.cancel()

    def _look(self) -> None:
        ensureDeferred(self._make())

    async def _make(self) -> None:
        now_s = self._clock.seconds()
        next_s = now_s + self._look_s
        try:
            count, due_s = await self._call(lambda: self._make_jobs(now_s))
            if count:
                self._made()
            if due_s is not None:
                next_s = min(next_s, due_s)
        except SimError as error:
            _log.error("%s", error)
        finally:
            if self._active:
                delay_s = max(0.0, next_s - self._clock.seconds())
                self._timer = self._clock.callLater(delay_s, self._look)

    def _make_jobs(self, now_s: float) -> tuple[int, float | None]:
        """How many jobs were made, and when the next are due."""
        with self._store.read() as connection:
            due_s = schedules.next_due(connection)
        if due_s is None or due_s > now_s:
            return 0, due_s
        # What a power failure undoes is due again, jobs and instant alike.
        with self._store.begin(durable=False) as connection:
            count = schedules.make_jobs(connection, now_s)
            return count, schedules.next_due(connection)

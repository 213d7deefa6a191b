"""The head-end as a service: its scheduler, its schedules, its pages, and what else runs in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool

from dsmrlab.office import Office, Reach
from headend.limits import Limits
from headend.metrics import Metrics
from headend.pages import Pages
from headend.progress import Progress, Watch, unwatched
from headend.recurring import Recurring
from headend.scheduler import Scheduler
from headend.store.call import Call, Result
from wire.addresses import TcpAddress

# Jobs that other processes hand in are seen after so long.
_LOOK_S = 1.0


class Part(Protocol):
    """What runs beside the scheduler, such as a listener that hands jobs in."""

    async def start(self) -> Mapping[str, object]:
        """Begins; returns what the service's first line says of it."""

    async def stop(self) -> None:
        """Ends, before the scheduler does."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How a service works: where it answers, and what `Scheduler` and `Reach` say of the rest."""

    listen: TcpAddress
    limits: Limits
    lease_s: float
    reach: Reach


class Service:
    """Everything that `headend serve` runs on one reactor.

    The store is reached on a thread, one thing at a time, so that pages are answered while it
    is locked; they read it on threads of their own.
    """

    def __init__(
        self, office: Office, loop: Any, terms: Terms, watch: Watch = unwatched
    ) -> None:
        self._loop = loop
        self._terms = terms
        self._pool = ThreadPool(0, 1, "store")
        self.call = call = on_threads(loop, self._pool)
        metrics = Metrics()

        def watched(progress: Progress) -> None:
            metrics.watch(progress)
            watch(progress)

        async def another() -> None:
            await self.scheduler.another()

        self.scheduler = Scheduler(
            office.store,
            office.desk(loop, terms.reach, call, watched, another).run,
            loop,
            limits=terms.limits,
            call=call,
            lease_s=terms.lease_s,
            look_s=_LOOK_S,
            watch=watched,
        )
        self._recurring = Recurring(
            office.store, loop, self.scheduler.wake, call=call, look_s=_LOOK_S
        )
        pages_call = on_threads(loop, loop.getThreadPool())
        self._pages = Pages(office.store, self.scheduler, metrics, loop, pages_call)
        self._parts: Sequence[Part] = ()

    async def run(
        self, ready: Callable[[Mapping[str, object]], None], parts: Sequence[Part] = ()
    ) -> None:
        """Works until the reactor is stopped; `ready` is told once all has begun."""
        loop = self._loop
        self._pool.start()
        loop.addSystemEventTrigger("after", "shutdown", self._pool.stop)
        loop.addSystemEventTrigger(
            "before", "shutdown", lambda: ensureDeferred(self._stop())
        )
        address = await self._pages.listen(loop, self._terms.listen)
        facts: dict[str, object] = {"listen": str(address).removeprefix("tcp://")}
        self.scheduler.start()
        self._recurring.start()
        for part in parts:
            facts |= await part.start()
            self._parts = (*self._parts, part)
        ready(facts)
        await Deferred()

    async def _stop(self) -> None:
        """Lets what runs end for as long as an answer may take; breaks off the rest."""
        self._pages.stopping = True
        for part in self._parts:
            await part.stop()
        self._recurring.stop()
        await self.scheduler.stop(grace_s=self._terms.reach.timeout_s)
        await self._pages.close()


def on_threads(loop: Any, pool: ThreadPool) -> Call:
    """A `Call` on the threads of a pool."""

    async def call(function: Callable[[], Result], /) -> Result:
        result: Result = await deferToThreadPool(loop, pool, function)
        return result

    return call

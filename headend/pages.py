"""How the service is, over HTTP: `/health` for who restarts it, `/metrics` for Prometheus."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from twisted.internet.defer import ensureDeferred, maybeDeferred
from twisted.internet.interfaces import IListeningPort, IReactorTime
from twisted.web.http import OK, SERVICE_UNAVAILABLE
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request, Site

from headend.listening import Bounded, listen
from headend.metrics import CONTENT_TYPE, Metrics
from headend.scheduler import Scheduler
from headend.store import Store, queue
from headend.store.call import Call
from wire.addresses import TcpAddress
from wire.errors import SimError

_JSON = "application/json"
_Answer = tuple[int, str, str]


class Pages:
    """Answers on one address, about one scheduler and its store."""

    def __init__(
        self,
        store: Store,
        scheduler: Scheduler,
        metrics: Metrics,
        clock: IReactorTime,
        call: Call,
    ) -> None:
        self._store = store
        self._scheduler = scheduler
        self._metrics = metrics
        self._clock = clock
        self._call = call
        self._port: IListeningPort | None = None
        self.site = self._site()
        """The pages as a factory: none of those who ask for them can hold the service up."""
        self.stopping = False
        """Whether the service ends; it is not healthy then."""

    async def listen(self, reactor: Any, address: TcpAddress) -> TcpAddress:
        """Begins to answer; returns where. Raises what `listen` does."""
        self._port, bound = await listen(reactor, address, self.site)
        return bound

    def _site(self) -> Bounded:
        root = Resource()
        root.putChild(b"health", _Page(self.health))
        root.putChild(b"metrics", _Page(self.metrics))
        site = Site(root, reactor=self._clock)
        site.noisy = False
        return Bounded(site, self._clock)

    async def close(self) -> None:
        """Answers no more."""
        if self._port is not None:
            await maybeDeferred(self._port.stopListening)
        self.site.hang_up()

    async def health(self) -> _Answer:
        """Whether jobs are run: JSON, with status 503 and a reason when they are not."""
        now_s = self._clock.seconds()

        def look() -> queue.Queue:
            with self._store.read() as connection:
                return queue.look(connection, now_s)

        document: dict[str, object] = {"database": self._store.name}
        reason = "the service is stopping" if self.stopping else self._scheduler.trouble
        try:
            found = await self._call(look)
            document |= {
                "queue": {
                    "waiting": found.waiting,
                    "later": found.later,
                    "running": found.running,
                },
                "oldest_wait_s": round(found.oldest_wait_s, 3),
            }
        except SimError as error:
            reason = str(error)
        document["running_here"] = self._scheduler.running
        if reason is None:
            return OK, _JSON, json.dumps({"status": "ok"} | document)
        failing = {"status": "failing", "reason": reason}
        return SERVICE_UNAVAILABLE, _JSON, json.dumps(failing | document)

    async def metrics(self) -> _Answer:
        """The numbers, or status 503 and a line when the store cannot be read."""
        now_s = self._clock.seconds()

        def look() -> tuple[Mapping[Any, int], queue.Queue]:
            with self._store.read() as connection:
                return queue.counts(connection), queue.look(connection, now_s)

        try:
            jobs, found = await self._call(look)
        except SimError as error:
            return SERVICE_UNAVAILABLE, "text/plain; charset=utf-8", f"{error}\n"
        page = self._metrics.page(jobs, found, self._scheduler.running)
        return OK, CONTENT_TYPE, page


class _Page(Resource):
    """One page, made anew for each request."""

    def __init__(self, make: Callable[[], Awaitable[_Answer]]) -> None:
        Resource.__init__(self)
        self._make = make

    def render_GET(self, request: Request) -> int:
        """Answers when the store has."""
        gone: list[object] = []
        request.notifyFinish().addErrback(gone.append)

        async def answer() -> None:
            status, kind, text = await self._make()
            if not gone:
                request.setResponseCode(status)
                request.setHeader("Content-Type", kind)
                request.setHeader("Cache-Control", "no-store")
                request.write(text.encode())
                request.finish()

        ensureDeferred(answer()).addErrback(request.processingFailed)
        return NOT_DONE_YET

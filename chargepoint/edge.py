"""The gateway on its wires: a P1 source, a control unit over Modbus, a journal and a clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from twisted.internet.defer import Deferred, ensureDeferred, succeed
from twisted.internet.interfaces import (
    IDelayedCall,
    IReactorTime,
    IStreamClientEndpoint,
)
from twisted.logger import Logger
from twisted.python.failure import Failure

from chargepoint.exchanges import Exchange, Read, Words
from chargepoint.gateway import SILENT_CADENCES, GatewayLogic, Save
from chargepoint.journal import Journal
from chargepoint.notices import Notice
from chargepoint.p1_link import IDLE_S, Events, P1Link
from wire.errors import SimError, TransportError
from wire.p1 import Telegram, TelegramReceived

_log = Logger()

_AFTER_DEFECT_S = 60.0
_LONGEST_SLEEP_S = 3600.0
# Instants are floats: a sleep shorter than their grain would never get anywhere.
_SHORTEST_SLEEP_S = 0.001


class UnitClient(Protocol):
    """A master's way to one unit; refusals and silence are `SimError`s."""

    async def read(self, address: int, count: int) -> Sequence[int]:
        """The words of `count` registers from `address` on."""

    async def write(self, address: int, words: Sequence[int]) -> None:
        """Writes the words from `address` on."""


class Gateway:
    """One gateway at work.

    `clock` times everything and is the host's clock; `monotonic` (seconds), where the host's
    clock may be set by hand, is what carries telegram time on. Telegrams come no more often
    than every `thinned_s`. `on_notice` hears what happens, `on_telegram` each telegram whose
    CRC is right.
    """

    def __init__(
        self,
        *,
        p1: IStreamClientEndpoint,
        unit: UnitClient,
        clock: IReactorTime,
        journal: Journal,
        hardware_max_w: int = 22_080,
        tolerant: bool = False,
        thinned_s: int = 0,
        monotonic: Callable[[], float] | None = None,
        on_notice: Callable[[Notice], None] = lambda notice: None,
        on_telegram: Callable[[Telegram], None] = lambda telegram: None,
    ) -> None:
        self.logic = GatewayLogic(
            journal.load(),
            hardware_max_w=hardware_max_w,
            tolerant=tolerant,
            thinned_s=thinned_s,
        )
        self._unit = unit
        self._clock = clock
        self._journal = journal
        self._monotonic = monotonic or clock.seconds
        self._on_notice = on_notice
        self._on_telegram = on_telegram
        idle_s = max(IDLE_S, SILENT_CADENCES * thinned_s)
        self._link = P1Link(
            *(p1, clock, self._heard),
            on_lost=self._lost,
            idle_s=idle_s,
            monotonic=self._monotonic,
        )
        self._running = False
        self._working = False
        self._work: Deferred[None] = succeed(None)
        self._timer: IDelayedCall | None = None

    def start(self) -> None:
        """Connects to the meter and looks for the unit."""
        self._running = True
        self._link.start()
        self._go_on()

    def stop(self) -> Deferred[None]:
        """Lets go of both wires; fires when the exchange under way, if any, is over."""
        self._running = False
        self._link.stop()
        self._sleep(None)
        over: Deferred[None] = Deferred()
        self._work.addCallback(over.callback)
        return over

    def kill(self) -> None:
        """Ends as a process that is killed: nothing more is said, heard or kept."""
        self._on_notice = lambda notice: None
        self.stop()

    def _heard(self, events: Events) -> None:
        now_s = self._monotonic()
        news = False
        for event in events:
            if isinstance(event, TelegramReceived):
                host_s = self._clock.seconds()
                self._on_telegram(event.telegram)
                news |= self.logic.telegram(event.telegram, now_s, host_s)
            else:
                self.logic.dropped(event.count, event.reason, now_s)
        self._tell()
        if news:
            self._go_on()

    def _lost(self, why: str) -> None:
        self.logic.p1_lost(why, self._monotonic())
        self._tell()

    def _go_on(self) -> None:
        """Does what is due, unless that is being done already."""
        if not self._working and self._running:
            self._sleep(None)
            self._working = True
            self._work = ensureDeferred(self._steps())
            self._work.addErrback(self._defect)
            self._work.addCallback(self._rest)

    async def _steps(self) -> None:
        while self._running:
            step = self.logic.next_step(self._monotonic())
            self._tell()
            if step is None:
                return
            if isinstance(step, Save):
                self._save(step)
            else:
                await self._exchange(step)
            self._tell()

    def _save(self, save: Save) -> None:
        try:
            self._journal.save(save.record)
        except SimError as error:
            self.logic.not_saved(save, error, self._monotonic())
        else:
            self.logic.saved(save, self._monotonic())

    async def _exchange(self, exchange: Exchange) -> None:
        answers: list[Words] = []
        try:
            for request in exchange.requests:
                if isinstance(request, Read):
                    words = await self._unit.read(request.address, request.count)
                    if len(words) != request.count:
                        raise TransportError(
                            f"{len(words)} words came where {request.count} were asked"
                        )
                    answers.append(words)
                else:
                    await self._unit.write(request.address, request.words)
        except SimError as error:
            self.logic.failed(exchange, error, self._monotonic())
        else:
            self.logic.done(exchange, answers, self._monotonic())

    def _rest(self, defect: bool | None) -> None:
        """Sleeps until something is due."""
        self._working = False
        if not self._running:
            return
        now_s = self._monotonic()
        wake_s = now_s + _AFTER_DEFECT_S if defect else self.logic.wake_at(now_s)
        sleep_s = min(max(_SHORTEST_SLEEP_S, wake_s - now_s), _LONGEST_SLEEP_S)
        self._sleep(self._clock.callLater(sleep_s, self._go_on))

    def _defect(self, failure: Failure) -> bool:
        # A defect of this program must not end what keeps a limit in force.
        _log.failure("the gateway met a defect and goes on", failure=failure)
        return True

    def _sleep(self, timer: IDelayedCall | None) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = timer

    def _tell(self) -> None:
        for notice in self.logic.take_notices():
            self._on_notice(notice)

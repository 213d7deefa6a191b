"""Congestion control against live meters: read the stations, plan, send, every quarter-hour."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from twisted.internet.defer import (
    Deferred,
    FirstError,
    ensureDeferred,
    gatherResults,
)
from twisted.internet.interfaces import IReactorTime

from headend.controllers import Controller
from headend.dali import FeederSample
from headend.metering import StationMetering
from headend.planner_model import Command
from headend.scheduler import Scheduler
from headend.store.job import Job, JobState
from headend.trust import Doubt
from wire.charging_profile import encode
from wire.instants import from_epoch
from wire.quantities import PerPhase

Result = TypeVar("Result")

READ_WITHIN_S = 240.0
SEND_WITHIN_S = 600.0
_URGENT = 7


@dataclass(frozen=True, slots=True)
class Sent:
    """A command on its way, and the job that carries it."""

    command: Command
    text: bytes
    job_id: int


class CongestionControl:
    """Keeps one feeder's stations within what its controller allows.

    `meters` are the numbers, in the store, of the meters of the stations. `on_sent` hears of
    each message as its job is committed, `on_ended` what became of it. `delay_s` is how long a
    message waits before it leaves, as one does for a mobile network. `on_doubt` hears what the
    controller begins to doubt, and with None that it believes it again.
    """

    def __init__(
        self,
        controller: Controller,
        meters: Mapping[str, int],
        scheduler: Scheduler,
        clock: IReactorTime,
        *,
        on_sent: Callable[[Sent], None] = lambda sent: None,
        on_ended: Callable[[Sent, Job], None] = lambda sent, job: None,
        on_doubt: Callable[[str, Doubt | None], None] = lambda subject, doubt: None,
        delay_s: float = 0.0,
    ) -> None:
        self._controller = controller
        self._meters = meters
        self._scheduler = scheduler
        self._clock = clock
        self._on_sent = on_sent
        self._on_ended = on_ended
        self._on_doubt = on_doubt
        self._delay_s = delay_s
        self._doubts: dict[str, Doubt] = {}
        self._metering = StationMetering()

    def learn(self, past: Iterable[FeederSample]) -> None:
        """Takes in what the transformer measured before the sample to plan with."""
        now = from_epoch(self._clock.seconds())
        self._controller.learn([sample for sample in past if sample.time < now])

    async def step(
        self, sample: FeederSample | None, past: Iterable[FeederSample] = ()
    ) -> list[Job]:
        """Reads all stations, plans with the transformer's latest sample, and sends.

        `past` are samples that came with it from before. Returns the jobs of the messages, all
        ended.
        """
        return await _together(await self.send(sample, past))

    async def send(
        self, sample: FeederSample | None, past: Iterable[FeederSample] = ()
    ) -> list[Deferred[Job]]:
        """The same, but returns when the messages are on their way: their jobs, once ended.

        A station that cannot be read is planned for as unknown; whether and when a message
        arrives is made known to the controller.
        """
        names = list(self._meters)
        means = await _together(self._read(name) for name in names)
        self.learn(past)
        now = from_epoch(self._clock.seconds())
        commands = self._controller.plan(now, sample, dict(zip(names, means)))
        self._tell_doubts()
        return [ensureDeferred(self._send(command)) for command in commands]

    def _tell_doubts(self) -> None:
        before, self._doubts = self._doubts, dict(self._controller.doubts)
        for subject in sorted(before.keys() | self._doubts.keys()):
            if before.get(subject) is not (doubt := self._doubts.get(subject)):
                self._on_doubt(subject, doubt)

    async def _read(self, station: str) -> PerPhase | None:
        """The station's mean power since it was read before, W per phase; None if unread."""
        job_id = await self._scheduler.submit(
            self._meters[station],
            "actual",
            {},
            not_after_s=self._clock.seconds() + READ_WITHIN_S,
            max_attempts=2,
        )
        job = await self._scheduler.wait(job_id)
        if job.state is not JobState.DONE:
            return None
        return self._metering.mean_w(station, job.result)

    async def _send(self, command: Command) -> Job:
        text = encode(command.profile)
        leaves_s = self._clock.seconds() + self._delay_s
        job_id = await self._scheduler.submit(
            self._meters[command.station],
            "message",
            {"text": text},
            priority=_URGENT,
            not_before_s=leaves_s,
            not_after_s=leaves_s + SEND_WITHIN_S,
        )
        sent = Sent(command, text.encode(), job_id)
        self._on_sent(sent)
        job = await self._scheduler.wait(job_id)
        if job.state is not JobState.DONE:
            self._controller.undelivered(command)
        else:
            planned_s = command.profile.valid_from.timestamp()
            self._controller.delivered(command, self._clock.seconds() - planned_s)
        self._on_ended(sent, job)
        return job


async def _together(work: Iterable[Awaitable[Result]]) -> list[Result]:
    """The results of all, in order; they run side by side. Raises what the first raised."""
    running: list[Deferred[Result]] = [
        ensureDeferred(item) for item in work  # type: ignore[arg-type]
    ]
    try:
        results: list[Result] = await gatherResults(running, consumeErrors=True)
    except FirstError as first:
        first.subFailure.raiseException()
    return results

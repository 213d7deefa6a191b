"""The jobs and schedules of a world's head-end, for who does not wait for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Unpack

from twisted.internet.interfaces import IReactorTime

from headend import operations
from headend.operations.message import text_of
from headend.recurring import Recurring
from headend.scheduler import Scheduler
from headend.store import Store, jobs, schedules
from headend.store.job import Job, JobOptions, JobState
from headend.store.meters import Meter
from headend.store.rhythm import Rhythm
from scenarios.playing.desk_protocol import ScheduleOptions
from scenarios.playing.world_protocol import Outcome, Refuser
from wire.errors import ConfigError, LocalError


class Jobs:
    """See `scenarios.playing.desk_protocol.Jobs` for what each method is to do.

    `meters` are those of the stations, in their order. `on_message` hears of each long message
    that is a job now: the meter's number, and the text.
    """

    def __init__(
        self,
        store: Store,
        clock: IReactorTime,
        meters: Sequence[Meter],
        on_message: Callable[[int, bytes], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._meters = meters
        self._on_message = on_message
        self._scheduler: Scheduler | None = None
        self._recurring: Recurring | None = None
        self._scheduling = False

    def begin(self, scheduler: Scheduler) -> None:
        """The head-end runs jobs from now on, and makes those of its schedules."""
        self._scheduler = scheduler
        # Nobody else adds schedules, so it is looked when we do, and when one is due.
        self._recurring = Recurring(
            self._store, self._clock, scheduler.wake, look_s=86_400.0
        )
        if self._scheduling:
            self._recurring.start()

    def end(self) -> None:
        """It does not run any more; what is in the store stays there."""
        if self._recurring is not None:
            self._recurring.stop()
        self._scheduler = self._recurring = None

    async def hand_in(
        self,
        meter: int,
        operation: str,
        arguments: Mapping[str, object],
        **options: Unpack[JobOptions],
    ) -> Outcome:
        """Hands a job in."""
        if self._scheduler is None:
            return not_running()
        known = self._meters[meter - 1]
        try:
            operations.prepare(operation, known.standard, arguments)
            number = await self._scheduler.submit(
                known.id, operation, arguments, **options
            )
        except (ConfigError, LocalError) as error:
            return Outcome("not-sent", Refuser.HEADEND, str(error))
        if operation == "message":
            self._on_message(meter, text_of(arguments).encode("ascii"))
        return Outcome(value=number)

    def cancel(self, job: int) -> Outcome:
        """Ends a job that still waits."""
        if self._scheduler is None:
            return not_running()
        try:
            with self._store.begin() as connection:
                jobs.cancel(connection, job, self._clock.seconds())
        except LocalError as error:
            return _refused(error)
        return Outcome()

    def show(self, job: int) -> Job:
        """The job of that number."""
        with self._store.read() as connection:
            return jobs.show(connection, job)

    def newest(self, meter: int, operation: str) -> Job | None:
        """The newest job of an operation on a meter."""
        known = self._meters[meter - 1]
        with self._store.read() as connection:
            found = jobs.listing(
                connection, meter_id=known.id, operation=operation, limit=1
            )
        return found[0] if found else None

    def count(
        self,
        meter: int | None,
        operation: str | None,
        state: JobState | None,
        schedule: int | None,
    ) -> int:
        """How many jobs fit."""
        with self._store.read() as connection:
            return jobs.count(
                connection,
                state=state,
                meter_id=None if meter is None else self._meters[meter - 1].id,
                operation=operation,
                schedule_id=schedule,
            )

    def add_schedule(
        self,
        meter: int | None,
        operation: str,
        arguments: Mapping[str, object],
        rhythm: Rhythm,
        **options: Unpack[ScheduleOptions],
    ) -> Outcome:
        """An operation again and again."""
        if self._recurring is None:
            return not_running()
        known = None if meter is None else self._meters[meter - 1]
        try:
            for each in self._meters if known is None else (known,):
                operations.prepare(operation, each.standard, arguments)
            with self._store.begin() as connection:
                number = schedules.add(
                    connection,
                    operation,
                    arguments,
                    rhythm,
                    now_s=self._clock.seconds(),
                    meter_id=None if known is None else known.id,
                    **options,
                )
        except (ConfigError, LocalError) as error:
            return _refused(error)
        self._scheduling = True
        self._recurring.stop()
        self._recurring.start()
        return Outcome(value=number)

    def remove_schedule(self, schedule: int) -> int:
        """Ends a schedule."""
        with self._store.begin() as connection:
            return schedules.remove(connection, schedule, self._clock.seconds())


def not_running(why: str = "the head-end does not run") -> Outcome:
    """What is asked of a head-end that is dead does not even reach it."""
    return Outcome("not-running", Refuser.TRANSPORT, why)


def _refused(error: ConfigError | LocalError) -> Outcome:
    return Outcome("not-taken", Refuser.HEADEND, str(error))

"""What becomes of a push: the meter that sent it, what it tells, and the jobs that answer it.

Nothing proves who sent a push, so it is only a reason to ask the meter itself, over P3.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from headend.store import Connection, Store, jobs, meters
from headend.store.call import Call, directly
from headend.store.job import JobState
from headend.store.meters import Meter
from wire.cosem.alarm_bits import alarm_names
from wire.cosem.pushes import Push
from wire.errors import ConfigError

_URGENT = 7
# So many jobs of a meter that wait are looked through for the same one.
_WAITING = 100


class OnAlarm(StrEnum):
    """What is done about a push that tells of alarms."""

    NOTHING = "nothing"
    READ = "read"
    CLEAR = "clear"


_REGISTERS = "alarm_register", "alarm_register_2", "alarm_register_3"


def _answers(on_alarm: OnAlarm, push: Push) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The operations that are due: at each register, by its name, that is not empty."""
    for name, value in zip(_REGISTERS, push.alarms):
        if value and on_alarm is not OnAlarm.NOTHING:
            yield "get", {"object": name}
        if value and on_alarm is OnAlarm.CLEAR:
            yield "set", {"object": f"{name}:2", "value": 0}


@dataclass(frozen=True, slots=True)
class Heard:
    """A push, the meter if it is known, the names of its alarms, and the jobs that wait for it."""

    push: Push
    meter: Meter | None
    alarms: tuple[str, ...]
    jobs: tuple[int, ...] = ()


class Reception:
    """Takes pushes, and puts jobs into the store for those that tell of alarms.

    A job that waits already is not put there again, however often the meter calls.
    """

    def __init__(
        self,
        store: Store,
        on_alarm: OnAlarm = OnAlarm.NOTHING,
        *,
        call: Call = directly,
        correlation_id: str = "push",
    ) -> None:
        self._store = store
        self._on_alarm = on_alarm
        self._call = call
        self._correlation_id = correlation_id

    async def take(self, push: Push, now_s: float) -> Heard:
        """Knows the meter and what it tells; raises `SurroundingsError` without a store."""
        return await self._call(lambda: self._take(push, now_s))

    def _take(self, push: Push, now_s: float) -> Heard:
        alarms = tuple(alarm_names(push.alarms))
        with self._store.begin() as connection:
            try:
                meter = meters.find(connection, push.equipment_id)
            except ConfigError:
                return Heard(push, None, alarms)
            answers = _answers(self._on_alarm, push)
            numbers = self._hand_in(connection, meter, answers, now_s)
        return Heard(push, meter, alarms, tuple(numbers))

    def _hand_in(
        self,
        connection: Connection,
        meter: Meter,
        answers: Iterable[tuple[str, Mapping[str, Any]]],
        now_s: float,
    ) -> list[int]:
        waiting = {
            (job.operation, jobs.to_json(job.arguments)): job.id
            for job in jobs.listing(
                connection,
                state=JobState.QUEUED,
                meter_id=meter.id,
                correlation_id=self._correlation_id,
                limit=_WAITING,
            )
        }
        return [
            waiting.get((operation, jobs.to_json(arguments)))
            or jobs.enqueue(
                connection,
                meter.id,
                operation,
                arguments,
                now_s=now_s,
                priority=_URGENT,
                correlation_id=self._correlation_id,
            )
            for operation, arguments in answers
        ]

"""What a head-end did with its meters, from its store, as scenarios: one for each standard."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from pathlib import Path

from headend.dali import read_feeder
from headend.dali_layout import NATIVE
from headend.store import Connection, devices, jobs, meters
from headend.store.job import ENDS, Job
from headend.store.meters import Meter
from scenarios.language.document import parse
from scenarios.playing.event_log import print_instant
from scenarios.recording.devices import settings_of
from scenarios.recording.jobs import is_note, lines_of
from scenarios.recording.yaml_lines import Draft, Line
from wire.cosem.table import standard_of
from wire.errors import LocalError, ScenarioError
from wire.instants import from_epoch

MOST_JOBS = 1000
NAME = "recording"
_MINUTE_S = 60
_MOST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Span:
    """The time that is recorded, in epoch seconds, and the meters by number; None for all."""

    from_s: float
    to_s: float
    meter_ids: Sequence[int] | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """Recordings by the names of their files.

    Of the `jobs` that ended `left_out` are notes; `unfinished` had not ended.
    """

    files: Mapping[str, str]
    jobs: int
    left_out: int
    unfinished: int


def record(connection: Connection, span: Span, feeder: Path | None = None) -> Recorded:
    """Records the jobs that began in a time; `feeder` is a file that will lie beside.

    Raises `LocalError` when there are none, or more than one recording holds, and
    `ConfigError` for a feeder that cannot be read.
    """
    if feeder is not None:
        deque(read_feeder(feeder, NATIVE), maxlen=0)
    found = _found(connection, span)
    done = [job for job in found if job.state in ENDS]
    asked = {job.meter_id for job in done}
    taking_part = sorted(
        (meter for meter in meters.every(connection) if meter.id in asked),
        key=lambda meter: (meter.standard, meter.equipment_id),
    )
    if not taking_part:
        raise LocalError("no job ended of those that began in that time")
    books, unfinished = devices.every(connection), len(found) - len(done)
    made = [
        _Recording(list(group), done, feeder)
        for _, group in groupby(taking_part, lambda meter: meter.standard)
    ]
    files = {}
    for one in made:
        name = NAME if len(made) == 1 else f"{NAME}-{one.standard.replace('.', '-')}"
        path = (feeder or Path()).parent / f"{name}.yaml"
        files[path.name] = _checked(one.draft(name, books, unfinished), path)
    played = sum(one.played for one in made)
    return Recorded(files, len(done), len(done) - played, unfinished)


def _found(connection: Connection, span: Span) -> Sequence[Job]:
    found = jobs.begun(
        connection,
        span.from_s,
        span.to_s,
        meter_ids=span.meter_ids,
        limit=MOST_JOBS + 1,
    )
    if len(found) > MOST_JOBS:
        raise LocalError(
            f"there are more than {MOST_JOBS} jobs, which is more than a recording holds:"
            " narrow the time, or name meters"
        )
    return found


class _Recording:
    """The recording of the meters of one standard; of its jobs so many are `played`."""

    def __init__(
        self, taking_part: Sequence[Meter], done: Sequence[Job], feeder: Path | None
    ) -> None:
        self.standard = standard_of(taking_part[0].standard)
        self.played = 0
        self._meters = taking_part
        self._numbers = {meter.id: n for n, meter in enumerate(taking_part, 1)}
        self._jobs = [job for job in done if job.meter_id in self._numbers]
        self._feeder = feeder

    def draft(
        self, name: str, books: Sequence[devices.Device], unfinished: int
    ) -> Draft:
        """The scenario; `books` are all devices that the head-end knows."""
        start_s = _begin_s(self._jobs[0]) // _MINUTE_S * _MINUTE_S
        end_s = max(_end_s(job) for job in self._jobs)
        days = _days(end_s - start_s)
        hanging, about_devices = settings_of(
            books, self._jobs, self._numbers, self.standard
        )
        steps = list(self._steps(start_s))
        world: dict[str, object] = {
            "start": print_instant(from_epoch(start_s)),
            "days": days,
            "stations": len(self._meters),
            "standard": self.standard.value,
        }
        if self._feeder is not None:
            world["feeder"] = self._feeder.name
        if hanging:
            world["devices"] = hanging
        told = [
            "What a head-end asked of its meters, and what it was answered, to be played again.",
            "What depends on load, time or keys is asked, but not expected to be the same.",
            *(
                f"meter {number}: {meter.equipment_id}"
                for number, meter in enumerate(self._meters, 1)
            ),
            *about_devices,
        ]
        if unfinished:
            told.append(f"jobs that had not ended, and are not here: {unfinished}")
        begin, end = (print_instant(from_epoch(int(s))) for s in (start_s, end_s))
        description = f"Jobs of the head-end from {begin} to {end}."
        return Draft(name, description, 1, world, steps, tuple(told))

    def _steps(self, start_s: float) -> Iterator[Line]:
        """Each job at the instant at which it began, or as soon as those before it had ended."""
        free_s = start_s
        for job in self._jobs:
            begin_s = _begin_s(job)
            if begin_s > free_s:
                instant = from_epoch(round(begin_s, 3))
                yield Line({"run_until": print_instant(instant)})
            free_s = max(free_s, begin_s, _end_s(job))
            lines = lines_of(job, self._numbers[job.meter_id], self.standard)
            self.played += not is_note(lines)
            yield from lines


def _begin_s(job: Job) -> float:
    return job.created_s if job.started_s is None else job.started_s


def _end_s(job: Job) -> float:
    return _begin_s(job) if job.ended_s is None else job.ended_s


def _days(seconds: float) -> int:
    """So many days as the world must last."""
    days = timedelta(seconds=seconds) // timedelta(days=1) + 1
    if days > _MOST_DAYS:
        raise LocalError(
            f"{days} days, and a world lasts {_MOST_DAYS}: narrow the time"
        )
    return days


def _checked(draft: Draft, path: Path) -> str:
    """The text of a recording, if it is a scenario."""
    text = draft.text()
    try:
        parse(text, path)
    except ScenarioError as error:
        raise LocalError(
            f"this is more than a scenario holds; narrow the time, or name meters: {error}"
        ) from None
    return text

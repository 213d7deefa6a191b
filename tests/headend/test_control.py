"""The congestion loop: what it reads, what it makes of it, what it sends."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from twisted.internet.defer import Deferred, ensureDeferred

from headend.control import CongestionControl, Sent
from headend.dali import FeederSample
from headend.planner_model import Command, Metered
from headend.store.job import Job, JobState
from headend.trust import TRANSFORMER, Doubt
from scenarios.transport.clock import HeapClock
from tests.headend.made_jobs import make_job
from wire.charging_profile import ChargingProfile, Period, decode
from wire.errors import SurroundingsError

START = datetime(2024, 1, 27, 17, 0, tzinfo=UTC)
STATIONS = {"CP001": 11, "CP002": 12}


def job(number: int, result: object = None, error: str | None = None) -> Job:
    """A job that has ended."""
    state = JobState.FAILED if error else JobState.DONE
    return make_job(id=number, state=state, result=result, error=error)


class Jobs:
    """Stands in for the scheduler: answers each job at once, as `answers` says by meter."""

    def __init__(self, clock: HeapClock) -> None:
        self.clock = clock
        self.answers: dict[int, dict[str, Any] | str] = {}
        self.messages: list[tuple[int, str]] = []
        self.lost: set[int] = set()
        self.broken = False
        self._jobs: list[Job] = []

    async def submit(
        self,
        meter_id: int,
        operation: str,
        arguments: Mapping[str, Any],
        **options: Any,
    ) -> int:
        if self.broken:
            raise SurroundingsError("the database is away")
        assert options["not_after_s"] > self.clock.seconds()
        number = len(self._jobs)
        if operation == "message":
            self.messages.append((meter_id, arguments["text"]))
            error = "lost" if meter_id in self.lost else None
            self._jobs.append(job(number, {"result": "success"}, error))
        else:
            assert operation == "actual"
            answer = self.answers[meter_id]
            if isinstance(answer, str):
                self._jobs.append(job(number, error=answer))
            else:
                self._jobs.append(job(number, answer))
        return number

    async def wait(self, job_id: int) -> Job:
        return self._jobs[job_id]


class Recorder:
    """A controller that notes what it is told and sends what it was given."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []
        self.to_send: list[Command] = []
        self.lost: list[Command] = []
        self.doubts: dict[str, Doubt] = {}
        self.arrived: list[tuple[Command, float]] = []

    def learn(self, samples: Any) -> None:
        """Nothing to learn."""

    def plan(
        self, now: datetime, sample: FeederSample | None, station_power_w: Metered
    ) -> list[Command]:
        self.seen.append(dict(station_power_w))
        return self.to_send

    def undelivered(self, command: Command) -> None:
        self.lost.append(command)

    def delivered(self, command: Command, after_s: float) -> None:
        self.arrived.append((command, after_s))


def actual(
    at: datetime, import_wh: int, *power_w: int, export_wh: int = 0
) -> dict[str, Any]:
    """What a meter says of itself."""
    return {
        "time": at.isoformat(),
        "import_wh": [import_wh, 1000],
        "export_wh": [0, export_wh],
        "power_w": list(power_w),
    }


class Loop:
    """A control loop on scripted meters."""

    def __init__(self) -> None:
        self.clock = HeapClock(START.timestamp())
        self.jobs = Jobs(self.clock)
        self.controller = Recorder()
        self.sent: list[Sent] = []
        self.ended: list[tuple[Sent, Job]] = []
        self.doubts: list[tuple[str, Doubt | None]] = []
        self.control = CongestionControl(
            self.controller,
            STATIONS,
            self.jobs,  # type: ignore[arg-type]
            self.clock,
            on_sent=self.sent.append,
            on_ended=lambda sent, ended: self.ended.append((sent, ended)),
            on_doubt=lambda *told: self.doubts.append(told),
        )

    def step(
        self, first: dict[str, Any] | str, second: dict[str, Any] | str
    ) -> dict[str, Any]:
        self.jobs.answers = {11: first, 12: second}
        self.clock.play(self.control.step(None))
        return self.controller.seen[-1]


def test_the_first_reading_is_the_power_of_the_moment() -> None:
    seen = Loop().step(actual(START, 5, 3680, 3680, 3680), actual(START, 5, 0, 7400, 0))
    assert seen == {"CP001": (3680, 3680, 3680), "CP002": (0, 7400, 0)}


def test_later_ones_are_the_mean_since_the_one_before() -> None:
    loop, later = Loop(), START + timedelta(minutes=15)
    loop.step(actual(START, 0, 3680, 3680, 3680), actual(START, 0, 0, 7400, 0))
    # 900 Wh in a quarter-hour are 3600 W, on the phases that carry load now.
    seen = loop.step(
        actual(later, 900, 2000, 2000, 2000), actual(later, 925, 0, 3700, 0)
    )
    assert seen == {"CP001": (1200, 1200, 1200), "CP002": (0, 3700, 0)}


def test_a_car_that_left_lay_on_its_phases_of_before() -> None:
    loop, later = Loop(), START + timedelta(minutes=15)
    loop.step(actual(START, 0, 0, 0, 0), actual(START, 0, 0, 7400, 0))
    seen = loop.step(actual(later, 300, 0, 0, 0), actual(later, 925, 0, 0, 0))
    assert seen == {"CP001": (400, 400, 400), "CP002": (0, 3700, 0)}


def test_export_counts_down_and_one_phase_is_enough() -> None:
    loop, later = Loop(), START + timedelta(minutes=15)
    loop.step(actual(START, 0, -2000), actual(START, 0, 0))
    seen = loop.step(actual(later, 0, -2000, export_wh=500), actual(later, 0, 0))
    assert seen["CP001"] == (-2000, 0, 0)


def test_a_meter_whose_clock_stands_still_or_goes_back_tells_the_moment() -> None:
    loop = Loop()
    loop.step(actual(START, 0, 1000, 0, 0), actual(START, 0, 0, 0, 0))
    back = START - timedelta(hours=1)
    seen = loop.step(actual(START, 900, 500, 0, 0), actual(back, 900, 0, 600, 0))
    assert seen == {"CP001": (500, 0, 0), "CP002": (0, 600, 0)}


def test_a_station_that_is_not_read_is_unknown() -> None:
    assert Loop().step("silent", actual(START, 0, 1, 2, 3))["CP001"] is None


def command(station: str) -> Command:
    """6 kW for an hour."""
    until = START + timedelta(hours=1)
    return Command(station, ChargingProfile(START, until, (Period(START, 6000),)))


def test_what_is_planned_is_sent_and_what_is_lost_is_told() -> None:
    loop = Loop()
    loop.controller.to_send = [command("CP001"), command("CP002")]
    loop.jobs.lost = {12}
    loop.step("silent", "silent")
    assert [meter for meter, _ in loop.jobs.messages] == [11, 12]
    for _, text in loop.jobs.messages:
        profile = decode(text, hardware_max_w=22_000).profile
        assert profile is not None and profile.periods[0].max_w == 6000
    assert [sent.command.station for sent in loop.sent] == ["CP001", "CP002"]
    assert loop.controller.lost == [loop.controller.to_send[1]]
    after_s = loop.clock.seconds() - START.timestamp()
    assert loop.controller.arrived == [(loop.controller.to_send[0], after_s)]
    assert [ended.state for _, ended in loop.ended] == [JobState.DONE, JobState.FAILED]


def test_a_store_that_fails_is_told_as_it_is() -> None:
    loop = Loop()
    loop.jobs.broken = True
    failures: list[Any] = []
    done: Deferred[Any] = ensureDeferred(loop.control.step(None))
    done.addErrback(failures.append)
    loop.clock.advance(1)
    with pytest.raises(SurroundingsError, match="the database is away"):
        failures[0].raiseException()


def test_doubts_are_told_when_they_begin_change_and_end() -> None:
    loop = Loop()
    for doubts in (
        {},
        {TRANSFORMER: Doubt.ABSENT},
        {TRANSFORMER: Doubt.ABSENT, "CP001": Doubt.UNREAD},
        {TRANSFORMER: Doubt.STUCK, "CP001": Doubt.UNREAD},
        {"CP001": Doubt.UNREAD},
        {},
    ):
        loop.controller.doubts = doubts
        loop.step("silent", "silent")
    assert loop.doubts == [
        (TRANSFORMER, Doubt.ABSENT),
        ("CP001", Doubt.UNREAD),
        (TRANSFORMER, Doubt.STUCK),
        (TRANSFORMER, None),
        ("CP001", None),
    ]

"""Breaker and limiter by name, at a DSMR 4.0.6 meter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from headend.operations import ONCE, perform
from headend.store.job import JobState
from scenarios.transport.clock import HeapClock
from tests.headend.bent_line import World
from tests.headend.odd_meter import Odd
from tests.headend.operations.trial import Trial, check_refused_early
from wire.cosem.rows import Standard
from wire.dlms import axdr
from wire.dlms.axdr import Data
from wire.dlms.descriptors import DataAccessResult

D406 = Standard.DSMR_4_0_6


def later(trial: Trial, seconds: int) -> str:
    return datetime.fromtimestamp(trial.now_s + seconds, UTC).isoformat()


def test_open_and_close_now() -> None:
    trial = Trial(D406)
    assert trial.ask("breaker") == {"closed": True, "state": "connected", "mode": 4}
    assert trial.ask("disconnect") == {"result": "success"}
    assert trial.ask("breaker")["state"] == "disconnected"
    trial.ask("connect")
    assert trial.ask("breaker")["closed"] is True


@pytest.mark.parametrize(
    "odd, shown",
    [(axdr.integer(-4), -4), (axdr.enum(3), 3), (axdr.enum(1), "connected")],
)
def test_a_state_of_the_breaker_without_a_word(odd: Data, shown: Any) -> None:
    meter = Odd((axdr.boolean(True), odd, axdr.enum(1)))
    told = HeapClock().play(perform(meter, "breaker", Standard.DSMR_4_0_6, {}))
    assert told["state"] == shown


def test_a_lost_answer_is_not_asked_for_again() -> None:
    trial = Trial(D406)

    def lose(world: World, *_: object) -> None:
        world.factory.hang_up()

    job = trial.job("disconnect", lose, 2)
    assert (job.state, job.attempts) == (JobState.FAILED, 1)
    assert "may have moved" in (job.error or "")
    assert {"disconnect", "connect", "action"} <= ONCE


def test_open_and_close_later() -> None:
    trial = Trial(D406)
    at = later(trial, 3600)
    trial.ask("schedule_breaker", at=at, connect=False)
    assert trial.ask("breaker")["closed"] is True
    trial.pass_time(3700)
    assert trial.ask("breaker")["state"] == "disconnected"
    past = later(trial, -86_400)
    refused = trial.refused("schedule_breaker", at=past, connect=True)
    assert refused == DataAccessResult.OTHER_REASON


@pytest.mark.parametrize("bent_at", range(4, 8))
def test_a_refused_appointment_leaves_none(bent_at: int) -> None:
    """Nor does one that is broken off make the one before open what it was to close."""
    trial = Trial(D406)
    trial.ask("schedule_breaker", at=later(trial, 3600), connect=True)

    def lose(world: World, *_: object) -> None:
        world.factory.hang_up()

    past = later(trial, -86_400)
    job = trial.job("schedule_breaker", lose, bent_at, at=past, connect=False)
    assert job.state is JobState.FAILED
    trial.pass_time(3700)
    assert trial.ask("breaker")["closed"] is True


def test_the_doubled_hour_is_the_second() -> None:
    trial = Trial(D406)
    for said in ("2024-10-27T02:30", "2024-10-27T02:30:00.5+01:00"):
        told = trial.ask("schedule_breaker", at=said, connect=True)
        assert told["at"] == "2024-10-27T01:30:00Z"
    first = {"at": "2024-10-27T02:30+02:00", "connect": True}
    check_refused_early("schedule_breaker", D406, first, "first of the two hours")


def test_thresholds_and_an_emergency() -> None:
    trial = Trial(D406)
    done = trial.ask("limiter", normal_w=5000, emergency_w=700, over_s=30)
    assert done["written"] == ["emergency_w", "normal_w", "over_s"]
    trial.ask("code_red", groups=[7, 9])
    trial.ask("code_red", id=9, **{"from": later(trial, 600)}, duration_s=7200)
    trial.pass_time(600)
    now = trial.ask("limiter")
    assert (now["active_w"], now["normal_w"], now["emergency_w"]) == (700, 5000, 700)
    assert now["emergency_active"] is True
    trial.ask("code_red", end=True)
    trial.pass_time(60)
    assert trial.ask("limiter")["active_w"] == 5000


@pytest.mark.parametrize(
    "operation, arguments, says",
    [
        ("disconnect", {"now": True}, "unknown argument now"),
        (
            "schedule_breaker",
            {"at": "2024-02-01T00:00:00Z"},
            "missing argument connect",
        ),
        ("schedule_breaker", {"at": "soon", "connect": True}, "not a time"),
        ("schedule_breaker", {"at": "2024-02-01", "connect": 1}, "true or false"),
        ("limiter", {"normal_w": -1}, "0 to 999999"),
        ("limiter", {"normal_w": 1_000_000}, "0 to 999999"),
        ("limiter", {"over_s": 2**32}, "0 to 4294967295"),
        ("limiter", {"normal_w": "5000"}, "whole number"),
        ("code_red", {}, "say id"),
        ("code_red", {"id": 1}, "or it ends"),
        ("code_red", {"end": True, "id": 1}, "or it ends"),
        ("code_red", {"groups": 5}, "list of identifiers"),
        ("code_red", {"groups": [65_536]}, "0 to 65535"),
        (
            "code_red",
            {"id": 1, "from": "2024-02-01", "duration_s": 0},
            "1 to 4294967295",
        ),
    ],
)
def test_what_is_no_order(operation: str, arguments: Any, says: str) -> None:
    check_refused_early(operation, D406, arguments, says)


def test_an_emergency_ends_by_itself() -> None:
    trial = Trial(D406)
    trial.ask("limiter", normal_w=5000, emergency_w=700)
    begin = datetime.fromtimestamp(trial.now_s, UTC) + timedelta(minutes=10)
    trial.ask(
        "code_red",
        groups=[1],
        id=1,
        **{"from": begin.isoformat()},
        duration_s=600,
    )
    assert trial.ask("limiter")["active_w"] == 5000
    trial.pass_time(700)
    assert trial.ask("limiter")["active_w"] == 700
    trial.pass_time(700)
    assert trial.ask("limiter")["active_w"] == 5000

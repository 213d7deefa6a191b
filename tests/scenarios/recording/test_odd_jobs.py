"""Jobs that are odd, too many, or of meters that are gone: a recording tells of them, and plays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from headend.store.job import Job, JobState
from scenarios.language.document import parse
from scenarios.recording.head_end import MOST_JOBS, Span, record
from tests.scenarios.recording.live import Live, failed, play
from wire.errors import LocalError


@pytest.mark.parametrize(
    "odd",
    [
        "${start}",
        "true",
        "a: b # c",
        "'\"{}[]|>",
        " ",
        "*a &b !c",
        "\\u0041",
        "~",
        '{"Header":',
    ],
)
def test_odd_texts_come_through(odd: str, two: Live) -> None:
    assert two.do(1, "message", text=odd).state is JobState.DONE
    recording = two.recording()
    assert failed(play(recording)) == []
    (step,) = [
        step.send_message
        for step in parse(recording, Path("t.yaml")).content.steps
        if step.send_message
    ]
    assert step.text == odd


@pytest.mark.parametrize(
    "arguments",
    [
        {"object": "x" * 90},
        {"object": "clock:3", "value": "\ud800"},
        {"object": "clock:3", "value": 10**40},
        {"object": "clock:3", "value": [[[[[[[[[[[[[[1]]]]]]]]]]]]]]},
        {"object": "clock:3", "value": {"<<": 1}},
        {"object": ["clock"], "value": 1},
        {},
    ],
)
@pytest.mark.parametrize("operation", ["set", "bundle", "dance"])
def test_what_no_step_can_say_is_left_out(
    operation: str, arguments: dict[str, Any], two: Live
) -> None:
    two.do(1, "configuration")
    two.do(1, operation, **arguments)
    recorded = two.record()
    (recording,) = recorded.files.values()
    assert failed(play(recording)) == []


def test_without_jobs_there_is_no_recording(two: Live) -> None:
    with pytest.raises(LocalError, match="no job ended"):
        two.record()
    two.hand_in(1, "actual", {})
    with pytest.raises(LocalError, match="no job ended"):
        two.record()


def test_a_recording_has_a_limit(two: Live) -> None:
    job = two.do(1, "configuration")
    copy(two, job, MOST_JOBS - 1)
    with pytest.raises(LocalError, match="more than a scenario holds; narrow"):
        two.record()
    copy(two, job, 1)
    with pytest.raises(LocalError, match=f"more than {MOST_JOBS} jobs"):
        two.record()


def copy(live: Live, job: Job, times: int) -> None:
    """So many jobs more like that one."""
    columns = (
        "meter_id, operation, arguments, priority, correlation_id, not_before_s, state,"
    )
    columns += (
        "attempts, max_attempts, fence, result, created_s, started_s, ended_s, rank_s"
    )
    with live.store.begin() as connection:
        for _ in range(times):
            connection.execute(
                text(
                    f"INSERT INTO jobs ({columns}) SELECT {columns} FROM jobs WHERE id = :id"
                ),
                {"id": job.id},
            )


def test_jobs_of_a_meter_that_is_gone_are_left_out(two: Live) -> None:
    two.do(1, "configuration")
    gone = two.do(2, "configuration").meter_id
    with two.store.begin() as connection:
        connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        connection.execute(
            text("UPDATE jobs SET meter_id = 99 WHERE meter_id = :gone"), {"gone": gone}
        )
        with pytest.raises(LocalError):
            record(connection, Span(0, 1e11, [99]))
        recorded = record(connection, Span(0, 1e11))
        connection.execute(text("UPDATE jobs SET meter_id = :gone"), {"gone": gone})
    assert (recorded.jobs, recorded.left_out) == (2, 1)
    assert failed(play(recorded.files["recording.yaml"])) == []


@pytest.mark.parametrize("began_s", [10.0, 4e9, 1e12])
def test_a_clock_that_was_out_of_its_mind_is_told(began_s: float, two: Live) -> None:
    two.do(1, "configuration")
    two.do(1, "configuration")
    with two.store.begin() as connection:
        for column in ("started_s", "ended_s"):
            if began_s < 1e10 or column == "ended_s":
                change = f"UPDATE jobs SET {column} = :s WHERE id = 2"
                connection.execute(text(change), {"s": began_s})
    with pytest.raises(LocalError, match="narrow"):
        two.record()

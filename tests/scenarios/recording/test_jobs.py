"""Whatever a store holds of a job, it becomes steps that a scenario can have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headend.operations import OPERATIONS
from headend.store.job import ENDS, Job, JobState
from scenarios.acting.steps import Step
from scenarios.language.yaml_tree import read_yaml
from scenarios.recording.jobs import LONGEST, is_note, lines_of
from scenarios.recording.yaml_lines import flow
from tests.headend.made_jobs import make_job
from wire.cosem.rows import Standard

TEXTS = st.text(max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.sampled_from(["clock", "clock:3", "1-0:1.8.1", "security_setup:2", "x"])
NAMES = ("object", "value", "type", "text", "profile", "clear", "operations", "device")
ARGUMENTS = st.dictionaries(st.sampled_from(NAMES), OBJECTS | VALUES, max_size=3)
PLACES = ("value", "rows", "text", "refused", "rejected", "result", "written")
RESULTS = st.none() | st.dictionaries(st.sampled_from(PLACES), VALUES, max_size=3)


def job(
    operation: str,
    arguments: Mapping[str, Any],
    result: Any = None,
    state: JobState = JobState.DONE,
    error: str | None = None,
) -> Job:
    return make_job(
        operation=operation,
        arguments=arguments,
        result=result,
        state=state,
        error=error,
    )


@given(
    st.sampled_from([*OPERATIONS, "dance"]),
    ARGUMENTS,
    RESULTS,
    st.sampled_from(sorted(ENDS)),
    st.none() | TEXTS,
    st.sampled_from(Standard),
)
def test_any_job_is_steps_that_read_back(
    operation: str,
    arguments: dict[str, Any],
    result: Any,
    state: JobState,
    error: str | None,
    standard: Standard,
) -> None:
    lines = lines_of(job(operation, arguments, result, state, error), 1, standard)
    assert lines
    for line in lines:
        Step.model_validate(line.step)
        assert read_yaml(flow(line.step), "").plain() == line.step


def test_what_is_longer_than_a_step_is_left_out() -> None:
    image = {"hex": "00" * LONGEST}
    given_ = {"identifier": "R2", "image": image}
    lines = lines_of(
        job("update_firmware", given_, {"result": "success"}), 1, "smr-5.0"
    )
    assert is_note(lines) and "characters, and a step at most" in str(lines[0].step)


@pytest.mark.parametrize("error", [None, "line\nline", "x" * 5000, "\ud800 ${a}"])
def test_any_error_is_told_on_a_line(error: str | None) -> None:
    lines = lines_of(job("actual", {}, None, JobState.FAILED, error), 1, "smr-5.0")
    assert is_note(lines)
    assert "\n" not in flow(lines[0].step)

"""A job of the head-end as the step that a person would write for it, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from pydantic import ValidationError

from headend import operations
from headend.operations.message import text_of
from headend.store.job import Job, JobState
from scenarios.acting.commands import Profile
from scenarios.acting.steps import Step
from scenarios.language.yaml_tree import read_yaml
from scenarios.playing.event_log import print_instant
from scenarios.playing.world_protocol import Refuser
from scenarios.recording import lasting, secrets
from scenarios.recording.yaml_lines import Line, flow
from scenarios.world.office import outcome_of
from wire.charging_profile import ChargingProfile, ProfileRejected, decode
from wire.errors import ConfigError, ScenarioError

_ANY_POWER_W = 0xFFFF_FFFF
# What these answer may hold what lets somebody in, or fills pages.
_UNTOLD = {"all", "objects", "bundle"}
_PUSH = "push"
LONGEST = 100_000
"""Characters of a step, of which a scenario has room for a few."""

Command = Mapping[str, Any]


def lines_of(job: Job, meter: int, standard: str) -> list[Line]:
    """The steps for a job that has ended, `meter` being the number in the recording.

    One that no step can repeat is a note that says why.
    """
    remarks = (_about(job),)
    why = _left_out(job, standard)
    if not why:
        lines = list(_lines(job, meter, standard, remarks))
        why = next(filter(None, (_unsayable(line.step) for line in lines)), "")
        if not why:
            return lines
    note = f"job {job.id} is left out: {job.operation} at meter {meter}: {why}"
    return [Line({"note": note}, remarks)]


def is_note(lines: list[Line]) -> bool:
    """Whether this is a job that was left out."""
    return "note" in lines[0].step


def _left_out(job: Job, standard: str) -> str:
    """Why a job cannot be repeated; "" when it can."""
    if secrets.is_told(job.operation, standard, job.arguments):
        return "what it was given is a secret"
    if job.state is JobState.CANCELLED:
        return "it was cancelled"
    outcome, begins = outcome_of(job, job.operation), _will_begin(job, standard)
    if outcome.refused_by is Refuser.TRANSPORT and begins:
        return f"it failed: {job.error}"
    if outcome.refused_by is not Refuser.TRANSPORT and not begins:
        return "what it was given is refused by now"
    if outcome.result == "rejected":
        return f"the meter let nobody in: {job.error}"
    return ""


def _lines(
    job: Job, meter: int, standard: str, remarks: tuple[str, ...]
) -> Iterator[Line]:
    command = _command(job, meter)
    outcome = outcome_of(job, job.operation)
    if not outcome.accepted:
        refused: dict[str, Any] = {**command, "by": Refuser.HEADEND.value}
        if outcome.refused_by is Refuser.METER:
            refused |= {"by": Refuser.METER.value, "result": outcome.result}
        yield Line({"expect": {"refused": refused}}, remarks)
        return
    last = list(lasting.items(job.operation, standard, job.arguments, job.result))
    if not last and (told := _moment(job, standard)):
        remarks += (told,)
    yield Line(command, remarks)
    is_read = "read" in command
    for place, value in last:
        item = {"item": place} if place and not is_read else {}
        yield Line({"expect": {"answered": {"meter": meter, **item, "equals": value}}})


def _command(job: Job, meter: int) -> Command:
    """The step that asks for the same."""
    given = {
        name: value
        for name, value in job.arguments.items()
        if value is not None or name == "value"
    }
    shape = job.operation, frozenset(given)
    if (kind := _SHORT.get(shape)) is not None:
        return {kind: {"meter": meter, **given}}
    if job.operation == "message" and (message := _message(given)) is not None:
        return {"send_message": {"meter": meter, **message}}
    arguments = {"arguments": given} if given else {}
    return {"operate": {"meter": meter, "operation": job.operation, **arguments}}


_SHORT: Final[Mapping[tuple[str, frozenset[str]], str]] = {
    ("get", frozenset({"object"})): "read",
    ("set", frozenset({"object", "value"})): "write",
    ("action", frozenset({"object", "value"})): "act",
    ("action", frozenset({"object"})): "act",
}
"""Operations that have a step of their own, by their names and arguments."""


def _message(given: Mapping[str, Any]) -> Command | None:
    """A message as a step has it: a profile by its periods, if it can be said so."""
    try:
        text = text_of(given)
    except ConfigError:
        return None
    return (_profile(text) or {"text": text}) if text else {"clear": True}


def _profile(text: str) -> Command | None:
    """The profile of which this is the very text."""
    try:
        profile = decode(text, hardware_max_w=_ANY_POWER_W).profile
    except ProfileRejected:
        return None
    if profile is None:
        return None
    written = _as_step(profile)
    try:
        same = Profile.model_validate(written).build(profile.valid_from) == text
    except ValidationError:
        return None
    return {"profile": written} if same else None


def _as_step(profile: ChargingProfile) -> dict[str, Any]:
    periods = [
        {"start": print_instant(period.start), "max_w": period.max_w}
        | ({} if period.phases is None else {"phases": period.phases})
        for period in profile.periods
    ]
    return {
        "valid_from": print_instant(profile.valid_from),
        "valid_to": print_instant(profile.valid_to),
        "periods": periods,
    } | ({} if profile.seq is None else {"seq": profile.seq})


def _will_begin(job: Job, standard: str) -> bool:
    """Whether the head-end would send it: what it refuses by itself it refuses again."""
    try:
        operations.prepare(job.operation, standard, job.arguments)
    except ConfigError:
        return False
    return True


def _unsayable(step: Mapping[str, object]) -> str:
    """Why a step does not stand in a scenario as it was; "" when it does."""
    written = flow(step)
    if len(written) > LONGEST:
        return f"it has {len(written)} characters, and a step at most {LONGEST}"
    try:
        Step.model_validate(step)
        if read_yaml(f"steps: [{written}]", "").plain() == {"steps": [step]}:
            return ""
    except (ValidationError, ScenarioError):
        pass
    return "no step can say what it was given"


def _moment(job: Job, standard: str) -> str:
    """What was answered, which is no more than that."""
    result, told = job.result, ""
    if job.operation in _UNTOLD or not isinstance(result, Mapping):
        return ""
    if job.operation == "get":
        if secrets.is_asked(standard, job.arguments["object"]):
            return "its answer is a secret, and is not kept"
        told = str(result.get("text") or result.get("time") or "")
        told = told or flow(result.get("value", result.get("rows")))
    elif job.operation == "action":
        told = "" if result.get("returned") is None else flow(result["returned"])
    elif "result" not in result:
        told = flow(result)
    return f"answered {told}: of its moment, and not expected again" if told else ""


def _about(job: Job) -> str:
    parts = [f"job {job.id}"]
    if job.schedule_id is not None:
        parts.append(f"of schedule {job.schedule_id}")
    if job.correlation_id == _PUSH:
        parts.append("in answer to a push")
    if job.started_s is not None and job.ended_s is not None:
        took = timedelta(seconds=max(0.0, job.ended_s - job.started_s))
        parts.append(f"took {took.total_seconds():.3f} s")
    if job.attempts > 1:
        parts.append(f"{job.attempts} attempts")
    return ", ".join(parts)

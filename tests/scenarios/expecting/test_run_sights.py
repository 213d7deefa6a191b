"""The run's own event log and the latencies of its messages, as expectations see them."""

from __future__ import annotations

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scenarios.playing.event_log import EVENTS, EventLog
from scenarios.playing.results import ExpectationResult, Hop
from scenarios.world.journeys import Journeys
from tests.scenarios.stage import play_in, scenario, world_for
from wire.errors import ScenarioError

PACKAGE = Path(__file__).resolve().parents[3] / "scenarios"
NOW = datetime(2024, 1, 27, 17, tzinfo=UTC)


def seen(body: str) -> ExpectationResult:
    """The expectation after a quarter of an hour in which a gateway said three things."""
    asked = scenario(f"- run_for: 15m\n- expect: {{{body}}}\n", stations=3)
    world = world_for(asked)
    for minute, station, event, detail in (
        (1, "CP001", "unit-found", ""),
        (5, "CP002", "message-rejected", "no JSON (at 3)"),
        (14, "CP001", "message-rejected", "duplicate"),
    ):
        at = NOW + timedelta(minutes=minute)
        world.log.add(at, "gateway", station=station, event=event, detail=detail)
    world.log.add(NOW, "command", station="CP001", limit_w=9000)
    (result,) = play_in(world, asked).run.expectations
    return result


@pytest.mark.parametrize(
    ("body", "passed"),
    [
        ("what: gateway", True),
        ("what: push", False),
        ("what: push, times: 0", True),
        ("what: gateway, times: 3", True),
        ("what: gateway, station: 1, times: 2", True),
        ("what: gateway, fields: {event: message-rejected}, times: 2", True),
        ("what: gateway, fields: {detail: '*JSON*'}, times: 1", True),
        ("what: gateway, station: 1, fields: {detail: '*JSON*'}, times: 0", True),
        ("what: gateway, since: 1m, times: 1", True),
        ("what: gateway, since: 59s, times: 0", True),
        ("what: gateway, since: 10m, times: 2", True),
        ("what: gateway, min: 4", False),
        ("what: command, fields: {limit_w: 9000}", True),
        ("what: command, fields: {limit_w: '9000'}", False),
        ("what: step, fields: {step: run_for, passed: true}, times: 1", True),
        ("what: step, fields: {passed: 1}", False),
    ],
)
def test_events_that_fit_are_counted(body: str, passed: bool) -> None:
    assert seen(f"event: {{{body}}}").passed is passed


def test_the_newest_event_is_told() -> None:
    result = seen("event: {what: gateway, station: 1, fields: {event: x}, times: 2}")
    assert result.subject == "gateway in the event log at station 1"
    assert (result.wanted, result.seen) == ("2 × event: x", "none")
    result = seen("event: {what: gateway, max: 1}")
    assert result.seen == (
        '3, the newest {"at": "2024-01-27T17:14:00Z", "what": "gateway",'
        ' "station": "CP001", "event": "message-rejected", "detail": "duplicate"}'
    )


def test_an_event_of_the_step_s_own_instant_counts() -> None:
    log = EventLog()
    at = NOW + timedelta(microseconds=1999)
    log.add(at, "doubt", subject="transformer", doubt=None)
    assert len(list(log.newest_first("doubt", at))) == 1
    assert list(log.newest_first("doubt", at + timedelta(milliseconds=1))) == []


def test_a_word_within_an_event_is_not_its_name() -> None:
    log = EventLog()
    log.add(NOW, "step", index=1, step="note", passed=True, result=',"what":"push"')
    log.add(NOW, "gateway", station="CP001", event="x", detail={"what": "push"})
    assert list(log.newest_first("push", NOW)) == []


def test_every_event_that_the_package_logs_is_in_the_table_with_its_fields() -> None:
    logged: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(
                node.func, ast.Attribute
            ):
                continue
            place = {"add": 1, "note": 0, "remark": 0}.get(node.func.attr)
            if place is None or len(node.args) <= place:
                continue
            word = node.args[place]
            if isinstance(word, ast.Constant) and isinstance(word.value, str):
                named = {keyword.arg for keyword in node.keywords if keyword.arg}
                own = {"station"} if node.func.attr == "note" else set()
                logged.setdefault(word.value, set()).update(named | own)
    assert {word: set(fields) for word, fields in EVENTS.items()} == logged


@pytest.mark.parametrize(
    ("body", "value", "passed"),
    [
        ("figure: count, equals: 21", "21", True),
        ("figure: missing, equals: 1", "1", True),
        ("figure: median, equals: 10", "10.0", True),
        ("figure: p95, max: 19", "19.0", True),
        ("figure: max, max: 19.9", "20.0", False),
        ("figure: newest, equals: 0.123", "0.123", True),
        ("figure: max, station: 1, max: 9", "None", False),
        ("figure: newest, station: 1, equals: null", "None", True),
        ("figure: count, from: planned, to: job, equals: 0", "0", True),
    ],
)
def test_latencies_have_figures(body: str, value: str, passed: bool) -> None:
    result = seen(f"latency: {{{body}}}")
    assert (result.seen, result.passed) == (value, passed)


def test_delays_are_those_of_messages_that_set_out() -> None:
    journeys = Journeys()
    for station, reached in (
        ("CP001", {Hop.JOB: 1.0, Hop.APPLIED: 11.0}),
        ("CP002", {Hop.JOB: 2.0}),
        ("CP001", {}),
    ):
        journey = journeys.begin(station, b"x", 0.0)
        for hop, at_s in reached.items():
            journey.reach(hop, at_s)
    assert journeys.delays_s(Hop.JOB, Hop.APPLIED, None) == [10.0, None]
    assert journeys.delays_s(Hop.JOB, Hop.APPLIED, "CP001") == [10.0]
    assert journeys.delays_s(Hop.PLANNED, Hop.APPLIED, "CP001") == [11.0, None]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("event: {what: gatway}", "unknown event 'gatway', did you mean 'gateway'?"),
        ("event: {what: gateway, fields: {evnt: x}}", "did you mean 'event'?"),
        ("event: {what: doubt, station: 1}", "unknown field of doubt 'station'"),
        ("event: {what: gateway, station: 4}", "there is no station 4"),
        ("event: {what: gateway, times: 1, min: 1}", "times excludes min and max"),
        ("event: {what: gateway, since: 5}", "since: 5 lacks its unit"),
        ("latency: {figure: mean, max: 1}", "figure: should be 'median', 'p95'"),
        ("latency: {figure: max, to: aplied, max: 1}", "did you mean 'applied'?"),
        ("latency: {figure: max, from: applied, to: job, max: 1}", "no message goes"),
        ("latency: {figure: max, from: job, to: job, max: 1}", "no message goes"),
        ("latency: {figure: max}", "needs either equals"),
    ],
)
def test_what_cannot_be_asked_is_refused(body: str, why: str) -> None:
    with pytest.raises(ScenarioError, match="f.yaml:4:") as caught:
        scenario(f"- expect: {{{body}}}\n", stations=3)
    assert why in str(caught.value)

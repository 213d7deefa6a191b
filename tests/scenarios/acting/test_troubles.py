"""Steps that make trouble: what is accepted, what is refused and where, what a step does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scenarios.playing.trouble_protocol import Process
from scenarios.transport.wire_faults import Direction, WireFaults, WireKind
from tests.scenarios.stage import play, scenario
from wire.errors import ScenarioError


@pytest.mark.parametrize(
    ("step", "why"),
    [
        ("disturb_wire: {}", "4:17: 'wire' is missing"),
        (
            "disturb_wire: {wire: p2}",
            "4:24: wire: should be 'p3', 'p1', 'modbus' or 'push'",
        ),
        (
            "disturb_wire: {wire: p3, station: 3}",
            "4:37: there is no station 3: the last is 2",
        ),
        ("disturb_wire: {wire: p3, station: null}", "station needs a number"),
        ("disturb_wire: {wire: p3, losss: 1}", "did you mean 'loss'?"),
        ("disturb_wire: {wire: p3, loss: 1.1}", "loss: should be less"),
        ("disturb_wire: {wire: p3, corrupt: -0.1}", "corrupt: should be greater"),
        ("disturb_wire: {wire: p3, corrupt: .nan}", "corrupt: should be"),
        ("disturb_wire: {wire: p3, slice: 0}", "slice: should be greater"),
        ("disturb_wire: {wire: p3, latency: 11m}", "latency is 10m at most"),
        ("disturb_wire: {wire: p3, latency: 2}", "latency: 2 lacks its unit"),
        ("disturb_wire: {wire: p3, jitter: 11m}", "jitter is 10m at most"),
        ("disturb_wire: {wire: p3, lasts: 1m}", "lasts goes with a fault"),
        (
            "disturb_wire: {wire: p3, direction: both}",
            "direction goes with a fault",
        ),
        (
            "disturb_wire: {wire: p3, silence: true, direction: up}",
            "direction: should be 'to_meter'",
        ),
        ("reset_wire: {station: 1}", "4:15: 'wire' is missing"),
        ("reset_wire: {wire: p1, loss: 1}", "unknown key 'loss'"),
        ("kill: {}", "4:9: 'process' is missing"),
        ("kill: {process: unitt}", "process: should be 'head_end', 'gateway'"),
        ("kill: {process: unit, station: 3}", "there is no station 3: the last is 2"),
        ("kill: {process: head_end, station: 1}", "station does not go with"),
        ("start: {process: unit, after: 1s}", "unknown key 'after'"),
        ("restart: {process: unit, off_for: 1}", "off_for: 1 lacks its unit"),
        ("step_clock: {process: unit}", "4:15: 'by' is missing"),
        ("step_clock: {process: unit, by: 90}", "by: 90 lacks its unit"),
        ("step_clock: {process: unit, by: --90s}", "'-90s' is not a duration"),
        ("step_clock: {process: unit, by: -32d}", "by is 31d at most"),
    ],
)
def test_what_cannot_be_is_refused_where_it_stands(step: str, why: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        scenario(f"- {step}\n")
    assert str(caught.value).startswith("f.yaml:4:") and why in str(caught.value)


def test_wires_get_the_faults_that_the_steps_say() -> None:
    played, world = play(
        "- disturb_wire: {wire: p3, latency: 2s, jitter: 500ms, loss: 0.5, lasts: 10m}\n"
        "- disturb_wire: {wire: p1, station: 2, corrupt: 1, slice: 7,"
        " direction: from_meter}\n"
        "- disturb_wire: {wire: modbus, silence: true}\n"
        "- disturb_wire: {wire: push}\n"
        "- disturb_wire: {wire: push, loss: 0.0, silence: false}\n"
        "- reset_wire: {wire: p3, station: 1}\n"
    )
    spoilt = WireFaults(corrupt=1.0, slice_octets=7, direction=Direction.FROM_METER)
    assert world.cables.done == [
        ("disturb", WireKind.P3, None, WireFaults(2.0, 0.5, 0.5), 600.0),
        ("disturb", WireKind.P1, 2, spoilt, None),
        ("disturb", WireKind.MODBUS, None, WireFaults(silence=True), None),
        ("disturb", WireKind.PUSH, None, None, None),
        ("disturb", WireKind.PUSH, None, None, None),
        ("reset", WireKind.P3, 1),
    ]
    results = [step.result for step in played.run.steps]
    assert results == [*["disturbed"] * 3, "sound", "sound", "done"]


def test_processes_are_treated_as_the_steps_say() -> None:
    played, world = play(
        "- kill: {process: head_end, after: 2s}\n"
        "- start: {process: head_end}\n"
        "- restart: {process: gateway, station: 2}\n"
        "- restart: {process: meter, off_for: 1h}\n"
        "- step_clock: {process: meter, by: 2h}\n"
        "- step_clock: {process: unit, by: -90s}\n"
        "- start: {process: unit}\n"
        "- run_for: 1s\n"
    )
    assert world.processes.done == [
        ("kill", Process.HEAD_END, 1, 2.0),
        ("start", Process.HEAD_END, 1),
        ("kill", Process.GATEWAY, 2, 0.0),
        ("start", Process.GATEWAY, 2),
        ("kill", Process.METER, 1, 0.0),
        ("start", Process.METER, 1),
        ("step", Process.METER, 1, 7200.0),
        ("step", Process.UNIT, 1, -90.0),
    ]
    waited = [step.until - step.at for step in played.run.steps[2:4]]
    assert waited == [timedelta(seconds=10), timedelta(hours=1)]
    assert played.stopped == "step 7 (start): the unit of station 1 runs already"

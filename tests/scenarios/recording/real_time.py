"""Plays a short scenario in real time and records it; a process of its own, see the test."""

from __future__ import annotations

import sys
from pathlib import Path

from twisted.internet import reactor

from scenarios.language.document import parse
from scenarios.language.settings import Controller
from scenarios.playing.runner import Runner
from scenarios.recording.played import keep
from scenarios.world.making import RealLab
from tests.scenarios.world.real_time import FreePorts

SPEED = 60.0
TEXT = """
scenario: live
world: {start: 2024-01-27T18:00:00+01:00, stations: 1}
steps:
  - run_for: 30s
  - plug_car: {energy_kwh: 10, max_w: 11000}
  - write: {object: "clock:daylight_savings_enabled", value: false}
  - read: {object: "clock:daylight_savings_enabled"}
  - operate: {operation: actual}
  - operate: {operation: clock}
  - send_message: {text: hello}
  - expect: {p1_text: {text: hello}, within: 30s}
  - run_for: 1m
  - expect: {refused: {write: {object: "1-0:1.8.1:2", value: 1}}}
  - run_for: 1s
"""


def main(folder: Path) -> int:
    """Plays and records; 0 when everything held."""
    scenario = parse(TEXT, Path("live.yaml"))
    lab = RealLab(scenario, Controller.NONE, SPEED, reactor, FreePorts())
    played = lab.drive(Runner(scenario, lab, "none").play())
    lab.close()
    keep(folder, scenario, played.run, simulated=False)
    return 0 if all(step.passed for step in played.run.steps) else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

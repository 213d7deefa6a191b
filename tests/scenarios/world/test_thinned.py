"""A world whose meters print fewer telegrams than their standard asks for."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from chargepoint.notices import Event
from scenarios.language.document import parse
from scenarios.language.settings import Controller
from scenarios.world.making import SimulatedLab

TEXT = """
scenario: thinned
world: {start: 2024-01-27T13:00:00Z, stations: 1, p1_period_s: 60}
steps:
  - run_for: 1s
"""


def test_what_is_thinned_is_not_silent_and_keeps_its_cable() -> None:
    lab = SimulatedLab(parse(TEXT, Path("thinned.yaml")), Controller.NONE)
    (station,) = lab._stations
    raised = []

    async def play() -> None:
        await lab.run_until(lab.now + timedelta(minutes=2))
        cables = list(station._meter._p1.cables)
        await lab.run_until(lab.now + timedelta(minutes=30))
        assert list(station._meter._p1.cables) == cables
        for unplugged in (False, True):
            if unplugged:
                lab.site(1).unplug_p1()
            for minutes in (2, 2):
                await lab.run_until(lab.now + timedelta(minutes=minutes))
                raised.append(alarms(lab))

    lab.drive(play())
    lab.close()
    assert raised == [[], [], [], ["for 180 s"]]


def alarms(lab: SimulatedLab) -> list[str]:
    """What the gateways complained of."""
    rows = [json.loads(line) for line in lab.log]
    return [row["detail"] for row in rows if row.get("event") == Event.RAISED.value]

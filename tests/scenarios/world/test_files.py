"""The scenarios that come with it, played whole: what they expect is seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from headend import desk
from scenarios.language.document import Scenario, load, parse
from scenarios.language.settings import Controller
from scenarios.playing.runner import Played, Runner
from scenarios.world.making import SimulatedLab
from wire.cosem.rows import Standard

ROOT = Path(__file__).resolve().parents[3]
FILES = ROOT / "scenarios" / "files"

# Scenarios by the standards that they are played at, of those that they let one choose.
# SMR 5.5 has all that 5.2 has; what takes long is not played at both.
FIRST = (Standard.DSMR_4_0_6, Standard.DSMR_4_2_2, Standard.SMR_5_0)
SMR5 = (Standard.SMR_5_0, Standard.SMR_5_2, Standard.SMR_5_5)
STANDARDS = {
    "authentication": (Standard.DSMR_4_0_6, Standard.DSMR_4_2_2),
    "clock": (*FIRST, Standard.SMR_5_5),
    "counters": SMR5,
    "disconnect": (Standard.DSMR_4_0_6,),
    "events": (*FIRST, Standard.SMR_5_5),
    "firmware": (*FIRST, Standard.SMR_5_2, Standard.SMR_5_5),
    "keys": (*FIRST, Standard.SMR_5_2, Standard.SMR_5_5),
    "last_gasp": (Standard.SMR_5_5,),
    "limiter": (Standard.DSMR_4_0_6,),
    "mbus_battery": (Standard.DSMR_4_2_2, Standard.SMR_5_0),
    "mbus_clock": (Standard.DSMR_4_2_2, Standard.SMR_5_0),
    "mbus_decommission": (Standard.DSMR_4_0_6, Standard.SMR_5_0),
    "mbus_fraud": (Standard.DSMR_4_0_6, Standard.DSMR_4_2_2),
    "mbus_household": (*FIRST, Standard.SMR_5_5),
    "mbus_key_exchange": (Standard.DSMR_4_0_6, Standard.SMR_5_5),
    "mbus_lost": (Standard.DSMR_4_2_2, Standard.SMR_5_0),
    "mbus_replaced": (Standard.DSMR_4_2_2, Standard.SMR_5_0),
    "mbus_slave_install": (Standard.DSMR_4_2_2, Standard.SMR_5_0),
    "mbus_valve": (Standard.DSMR_4_0_6,),
    "mbus_wired_attributes": (Standard.DSMR_4_0_6, Standard.SMR_5_0),
    "mbus_wired_local": (Standard.DSMR_4_2_2, Standard.SMR_5_5),
    "mbus_wireless_local": (Standard.DSMR_4_0_6, Standard.SMR_5_0),
    "mbus_wireless_remote": (Standard.DSMR_4_2_2, Standard.SMR_5_5),
    "mbus_wrong_key": (Standard.DSMR_4_2_2,),
    "notification": (*FIRST, Standard.SMR_5_5),
    "operations": FIRST,
    "poc_tests": (*FIRST, Standard.SMR_5_2),
    "power_quality": (Standard.SMR_5_2, Standard.SMR_5_5),
    "processes": (*FIRST, Standard.SMR_5_5),
    "reads": (*FIRST, Standard.SMR_5_2, Standard.SMR_5_5),
    "session_log": (Standard.DSMR_4_2_2, *SMR5),
    "sights": (*FIRST, Standard.SMR_5_5),
    "tariff": FIRST,
    "wires": (*FIRST, Standard.SMR_5_5),
}


def play(made: Scenario) -> Played:
    """A scenario, played without control."""
    lab = SimulatedLab(made, Controller.NONE)
    try:
        return lab.drive(Runner(made, lab, "none").play())
    finally:
        lab.close()


@pytest.mark.parametrize(
    ("name", "standard"),
    [(name, standard) for name, played in STANDARDS.items() for standard in played],
)
def test_what_a_scenario_expects_is_seen_at_each_standard(
    name: str, standard: Standard
) -> None:
    some = {"standard": standard.value} if len(STANDARDS[name]) > 1 else {}
    made = load(FILES / f"{name}.yaml", some)
    assert made.world.standard is standard
    result = play(made)
    assert [step for step in result.run.steps if not step.passed] == []
    assert [seen for seen in result.run.expectations if not seen.passed] == []
    assert len(result.run.expectations) > 10 and not result.stopped


def test_another_dlms_client_sees_the_same() -> None:
    made = load(FILES / "sights.yaml", {"engine": "gurux"})
    lab = SimulatedLab(made, Controller.NONE)
    assert lab._office._desk._client is desk._gurux
    result: Played = lab.drive(Runner(made, lab, "none").play())
    lab.close()
    assert [seen for seen in result.run.expectations if not seen.passed] == []


def alarms(standard: str, method: int, on_alarm: str) -> Played:
    """The scenario of alarms, played."""
    settings = {"standard": standard, "method": str(method), "on_alarm": on_alarm}
    return play(load(FILES / "alarms.yaml", settings))


@pytest.mark.parametrize(
    ("standard", "method"), [("dsmr-4.0.6", 128), ("dsmr-4.2.2", 128), ("smr-5.0", 0)]
)
def test_alarms_are_pushed_heard_read_and_cleared(standard: str, method: int) -> None:
    result = alarms(standard, method, "clear")
    assert [seen for seen in result.run.expectations if not seen.passed] == []
    assert len(result.run.expectations) == 19 and not result.stopped


def test_an_alarm_that_nobody_clears_is_pushed_once() -> None:
    result = alarms("dsmr-4.2.2", 128, "read")
    failed = [seen.subject for seen in result.run.expectations if not seen.passed]
    assert "alarm_register of meter 1" in failed and "pushes of meter 1" in failed


def test_the_scenario_of_the_first_page_passes() -> None:
    page = (ROOT / "README.md").read_text("utf-8")
    text = page.split("```yaml\n")[1].split("```")[0]
    run = play(parse(text, ROOT / "mine.yaml")).run
    assert [seen.passed for seen in run.expectations] == [True] * 3
    assert all(step.passed for step in run.steps)

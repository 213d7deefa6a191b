"""Flags, administrative status, the definable profile and pushes by name."""

from __future__ import annotations

from typing import Any

import pytest

from headend.operations import perform
from scenarios.transport.clock import HeapClock
from tests.headend.odd_meter import Odd
from tests.headend.operations.trial import Trial, check_refused_early
from wire.cosem.rows import Standard
from wire.cosem.table import find
from wire.dlms import axdr
from wire.dlms.axdr import Data

STANDARDS = pytest.mark.parametrize("standard", list(Standard))


@STANDARDS
def test_setting_a_flag_keeps_the_rest(standard: Standard) -> None:
    trial = Trial(standard)
    before = trial.ask("configuration")
    assert before["flags"]["hls5_on_p3"] is True
    trial.ask("configure", flags={"p0": not before["flags"]["p0"], "hls5_on_p0": True})
    after = trial.ask("configuration")
    expected = before["flags"] | {"p0": not before["flags"]["p0"], "hls5_on_p0": True}
    assert after == before | {"flags": expected}


def test_the_mode_is_kept_and_set() -> None:
    trial = Trial()
    assert trial.ask("configuration")["mode"] == "always_on"
    trial.ask("configure", mode="triggered")
    trial.ask("configure", flags={"p0": True})
    assert trial.ask("configuration")["mode"] == "triggered"


@STANDARDS
def test_the_administrative_status(standard: Standard) -> None:
    trial = Trial(standard)
    assert trial.ask("administrative") == {"status": "on"}
    trial.ask("administrative", status="off")
    assert trial.ask("administrative") == {"status": "off"}


def test_the_definable_profile() -> None:
    trial = Trial()
    objects = ["1-0:1.8.1", "voltage_l1:value"]
    trial.ask("definable_profile", objects=objects, period_s=3600)
    columns = trial.ask("power_quality")["columns"]
    assert [column["object"] for column in columns] == [
        "1-0:1.8.1.255",
        "1-0:32.7.0.255",
    ]
    period = trial.ask("get", object="0-1:94.31.6:4")
    assert period["value"] == 3600


@pytest.mark.parametrize(
    "odd, shown",
    [
        (axdr.enum(7), 7),
        (axdr.octet_string(b"\x01"), {"hex": "01"}),
        (axdr.array([axdr.enum(1)]), [1]),
    ],
)
def test_a_status_or_a_mode_without_a_word(odd: Data, shown: Any) -> None:
    def ask(operation: str, answer: Data) -> Any:
        told = perform(Odd(answer), operation, Standard.DSMR_4_2_2, {})
        return HeapClock().play(told)

    assert ask("administrative", odd) == {"status": shown}
    flags = axdr.structure(odd, axdr.bit_string("0" * 16))
    assert ask("configuration", flags)["mode"] == shown


@STANDARDS
def test_a_push_setup(standard: Standard) -> None:
    trial = Trial(standard)
    said = {"destination": "10.0.0.1:9000", "retries": 2, "randomisation_s": 60}
    trial.ask("push", setup="alarm", retry_delay_s=30, windows=[], **said)
    found = trial.ask("push", setup="alarm")
    assert found["destination"][1] == {"hex": b"10.0.0.1:9000".hex()}
    assert (found["retries"], found["retry_delay_s"]) == (2, 30)
    assert found["randomisation_s"] == 60 and found["windows"] == []


@pytest.mark.parametrize(
    "operation, arguments, says",
    [
        ("configure", {}, "mapping of names"),
        ("configure", {"flags": ["p0"]}, "mapping of names"),
        ("configure", {"flags": {"p9": True}}, "'p9' is not a flag"),
        ("configure", {"flags": {"p0": 1}}, "true or false"),
        ("configure", {"mode": "off"}, "one of always_on, triggered"),
        ("configuration", {"flags": {}}, "unknown argument flags"),
    ],
)
def test_what_is_no_configuration(operation: str, arguments: Any, says: str) -> None:
    check_refused_early(operation, Standard.DSMR_4_2_2, arguments, says)


@pytest.mark.parametrize(
    "arguments, says",
    [
        ({}, "say objects"),
        ({"objects": []}, "1 to 20"),
        ({"objects": ["clock"] * 21}, "1 to 20"),
        ({"objects": [5]}, "not an OBJECT:ATTR"),
        ({"objects": ["nothing"]}, "no object named"),
        ({"period_s": -1}, "0 to 4294967295"),
    ],
)
def test_what_no_profile_captures(arguments: Any, says: str) -> None:
    check_refused_early("definable_profile", Standard.DSMR_4_2_2, arguments, says)


@pytest.mark.parametrize(
    ("standard", "setup", "method"),
    [
        (Standard.SMR_5_0, "alarm", [0, 0]),
        (Standard.SMR_5_5, "udp", [1, 0]),
    ],
)
def test_a_push_setup_of_smr_5(
    standard: Standard, setup: str, method: list[int]
) -> None:
    trial = Trial(standard)
    trial.ask("push", setup=setup, destination="10.0.0.1:9000")
    row = find({"alarm": "0-1:25.9.0", "udp": "0-3:25.9.0"}[setup], standard)
    service, _, message = trial.meter.setting(
        row.name, "send_destination_and_method"
    ).value
    assert [service.value, message.value] == method


@pytest.mark.parametrize(
    "arguments, says",
    [
        ({}, "missing argument setup"),
        ({"setup": "carrier pigeon"}, "one of scheduler, alarm"),
        ({"setup": "alarm", "retries": 256}, "0 to 255"),
        ({"setup": "alarm", "destination": ""}, "1 to 255 ASCII"),
        ({"setup": "alarm", "windows": 5}, "list of"),
        ({"setup": "alarm", "windows": [["2024-01-01"]]}, "list of"),
        (
            {"setup": "alarm", "windows": [["2024-01-02", "2024-01-01"]]},
            "ends before it begins",
        ),
    ],
)
def test_what_is_no_push(arguments: Any, says: str) -> None:
    check_refused_early("push", Standard.DSMR_4_2_2, arguments, says)

"""Error and alarm registers and their filters by name."""

from __future__ import annotations

from typing import Any

import pytest

from headend.operations import perform
from scenarios.transport.clock import HeapClock
from tests.headend.odd_meter import Odd
from tests.headend.operations.trial import Trial, check_refused_early
from wire.cosem.rows import Standard
from wire.dlms import axdr
from wire.errors import WireError

LATER = {Standard.SMR_5_2: [2], Standard.SMR_5_5: [2, 3]}
STANDARDS = pytest.mark.parametrize("standard", list(Standard))


@STANDARDS
def test_only_what_is_let_through_is_an_alarm(standard: Standard) -> None:
    trial = Trial(standard)
    told = trial.ask("filter_alarms", alarms=["power_up", "clock_invalid"])
    assert told["filter"] == ["clock_invalid", "power_up"]
    first, *later = trial.ask("alarms")["registers"]
    assert [item["register"] for item in later] == LATER.get(standard, [])
    assert first == {
        "register": 1,
        "alarms": [],
        "filter": ["clock_invalid", "power_up"],
    }
    trial.meter.power_off()
    trial.meter.power_on(trial.now_s + 600)
    found = trial.ask("alarms")
    assert found["registers"][0]["alarms"] == ["power_up"]
    assert "power_up" in found["errors"]
    trial.ask("clear_alarms")
    assert trial.ask("alarms")["registers"][0]["alarms"] == []
    assert trial.ask("alarms")["errors"] == found["errors"]
    trial.ask("clear_alarms", register="error")
    assert "power_up" not in trial.ask("alarms")["errors"]
    trial.ask("filter_alarms", alarms=[])
    assert trial.ask("alarms")["registers"][0]["filter"] == []


def test_a_bit_without_a_name_is_told_by_its_number() -> None:
    bits = axdr.double_long_unsigned((1 << 5) | (1 << 13) | (1 << 25))
    meter = Odd((bits, bits, axdr.double_long_unsigned(0)))
    found = HeapClock().play(perform(meter, "alarms", Standard.DSMR_4_2_2, {}))
    names = ["bit_5", "fraud_attempt", "new_m_bus_device_discovered_channel_2"]
    assert found["registers"][0]["alarms"] == names


def test_a_register_that_is_no_number() -> None:
    odd = axdr.octet_string(b"\x01")
    with pytest.raises(WireError, match="is a number"):
        meter = Odd((odd, odd, odd))
        HeapClock().play(perform(meter, "alarms", Standard.DSMR_4_2_2, {}))


@pytest.mark.parametrize(
    "operation, arguments, says",
    [
        ("filter_alarms", {}, "missing argument alarms"),
        ("filter_alarms", {"alarms": "power_up"}, "list of names"),
        ("filter_alarms", {"alarms": ["fire"]}, "'fire' is not an alarm"),
        ("filter_alarms", {"alarms": [["power_up"]]}, "is not an alarm"),
        ("filter_alarms", {"alarms": [], "register": 4}, "1 to 3"),
        ("filter_alarms", {"alarms": [], "register": 2}, "has no object"),
        ("clear_alarms", {"register": 0}, "1 to 3"),
        ("clear_alarms", {"register": 3}, "has no object"),
    ],
)
def test_what_is_no_alarm(operation: str, arguments: Any, says: str) -> None:
    check_refused_early(operation, Standard.DSMR_4_2_2, arguments, says)

"""The clock by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from headend.operations import perform
from scenarios.transport.clock import HeapClock
from tests.headend.odd_meter import Odd
from tests.headend.operations.trial import Trial, check_refused_early
from wire.cosem.rows import Standard
from wire.dlms.axdr import Data
from wire.dlms.descriptors import AttributeDescriptor, DataAccessResult
from wire.errors import PeerRefused


class Listening(Odd):
    """A meter that takes what is written, or gives each item its result."""

    async def set_list(
        self, items: Sequence[tuple[AttributeDescriptor, Data]]
    ) -> tuple[DataAccessResult, ...]:
        self.asked.append(list(items))
        return tuple(self.answers) or (DataAccessResult.SUCCESS,) * len(items)


def test_the_clock_is_set_to_ours() -> None:
    trial = Trial()
    trial.ask("set_clock", time="2024-07-01T12:00:00+02:00")
    shown = trial.ask("clock")
    assert shown["time"].startswith("2024-07-01T10:0") and shown["status"] == 0x80
    assert shown["ahead_s"] > 86_400
    told = trial.ask("set_clock")
    shown = trial.ask("clock")
    assert abs(shown["ahead_s"]) <= 1 and shown["status"] == 0x00
    assert told["result"] == "success" and told["time"][:10] == shown["time"][:10]


def test_what_is_not_said_about_the_clock_stays() -> None:
    trial = Trial()
    before = trial.ask("clock")
    end = before["daylight_savings_end"]
    done = trial.ask(
        "configure_clock", daylight_savings_end=end, daylight_savings_enabled=True
    )
    assert done["written"] == ["daylight_savings_enabled", "daylight_savings_end"]
    after = trial.ask("clock")
    assert {**after, "time": ""} == {**before, "time": ""}


def test_what_is_said_about_the_clock_is_sent() -> None:
    meter = Listening()
    said = {
        "time_zone": -120,
        "daylight_savings_begin": "ffff03fe0702000000ffc400",
        "daylight_savings_enabled": False,
    }
    HeapClock().play(perform(meter, "configure_clock", Standard.DSMR_4_2_2, said))
    [sent] = meter.asked
    assert [(each.attribute, value.value) for each, value in sent] == [
        (3, -120),
        (5, bytes.fromhex("ffff03fe0702000000ffc400")),
        (8, False),
    ]


def test_a_part_that_is_refused_is_told() -> None:
    meter = Listening(DataAccessResult.SUCCESS, DataAccessResult.OTHER_REASON)
    said = {"time_zone": -60, "daylight_savings_enabled": True}
    with pytest.raises(PeerRefused, match="attribute 8: other-reason") as raised:
        HeapClock().play(perform(meter, "configure_clock", Standard.DSMR_4_2_2, said))
    assert raised.value.result == 250


@pytest.mark.parametrize(
    "operation, arguments, says",
    [
        ("set_clock", {"time": "noon"}, "not a time"),
        ("set_clock", {"time": 5}, "is a text"),
        ("configure_clock", {}, "nothing is said"),
        ("configure_clock", {"time_zone": 900}, "-840 to 840"),
        ("configure_clock", {"time_zone": True}, "-840 to 840"),
        ("configure_clock", {"daylight_savings_begin": "ff"}, "24 hexadecimal"),
        ("configure_clock", {"daylight_savings_end": {"hex": 5}}, "24 hexadecimal"),
        ("configure_clock", {"daylight_savings_enabled": 1}, "true or false"),
        ("clock", {"time": "now"}, "unknown argument time"),
    ],
)
def test_what_is_no_clock(operation: str, arguments: Any, says: str) -> None:
    check_refused_early(operation, Standard.DSMR_4_2_2, arguments, says)

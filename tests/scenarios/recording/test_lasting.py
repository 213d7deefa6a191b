"""What a recording expects again is the same at another meter, on another day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from headend.operations import OPERATIONS
from scenarios.recording.lasting import ITEMS, attribute_lasts, items
from tests.scenarios.recording.live import live
from wire.cosem.rows import Standard


def test_every_operation_says_what_of_its_answer_lasts() -> None:
    assert list(ITEMS) == list(OPERATIONS)


def answers(folder: Path, standard: Standard, port: int) -> dict[str, object]:
    """What lasts of what a new meter says, of all that it lets read and of its operations."""
    with live(folder, standard, 1, port) as made:
        made.clock.advance(port * 3600)
        listed = made.do(1, "all").result["attributes"]
        found = {name: value for name, value in _attributes(standard, listed)}
        for operation in ("clock", "calendar", "special_days", "configuration"):
            _ask(found, made.do(1, operation).result, operation, standard)
        for operation in ("firmware", "administrative", "alarms"):
            _ask(found, made.do(1, operation).result, operation, standard)
        _ask(found, made.do(1, "push", setup="alarm").result, "push", standard)
        if standard is Standard.DSMR_4_0_6:
            for operation in ("breaker", "limiter"):
                _ask(found, made.do(1, operation).result, operation, standard)
    return found


def _ask(
    found: dict[str, object], result: Any, operation: str, standard: Standard
) -> None:
    of_one = list(items(operation, standard, {}, result))
    assert of_one, operation
    found |= {f"{operation} {place}": value for place, value in of_one}


def _attributes(
    standard: Standard, listed: list[Mapping[str, Any]]
) -> Iterator[tuple[str, object]]:
    for each in listed:
        name = f"{each['class_id']}/{each['object']}:{each['attribute']}"
        if attribute_lasts(standard, name):
            yield name, each.get("value", each.get("refused"))


@pytest.mark.parametrize("standard", Standard)
def test_what_lasts_is_the_same_at_any_new_meter(
    standard: Standard, tmp_path: Path
) -> None:
    one = answers(tmp_path / "one", standard, 4059)
    other = answers(tmp_path / "other", standard, 5100)
    assert {name: other[name] for name in one} == one
    assert len(one) > 150


@pytest.mark.parametrize(
    "object_, lasts",
    [
        ("clock:time_zone", True),
        ("clock:time", False),
        ("1-0:1.8.1", False),
        ("1-0:1.8.1:scaler_unit", True),
        ("alarm_filter", True),
        ("alarm_register", False),
        ("consumer_message", True),
        ("mbus_client_1:primary_address", False),
        ("gprs_modem_setup:PIN_code", False),
        ("1/0-0:99.99.9:5", False),
        ("no such object", False),
    ],
)
def test_settings_last_and_measurements_do_not(object_: str, lasts: bool) -> None:
    assert attribute_lasts(Standard.DSMR_4_2_2, object_) is lasts

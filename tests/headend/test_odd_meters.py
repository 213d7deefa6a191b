"""Operations at meters that answer oddly."""

from __future__ import annotations

from typing import Any

import pytest

from tests.headend.odd_meter import (
    CLOCK,
    ENERGY,
    GAS,
    GAS_TIME,
    LATER,
    PERIOD,
    UNIT,
    Odd,
    ask,
    at,
    captured,
)
from wire.dlms import axdr
from wire.dlms.axdr import Data
from wire.dlms.descriptors import DataAccessResult
from wire.errors import PeerRefused, WireError


def test_nulls_stand_for_what_was_before() -> None:
    null, one = axdr.null_data(), axdr.double_long_unsigned(1)
    meter = Odd(
        (axdr.array([CLOCK, ENERGY, GAS, GAS_TIME]), PERIOD),
        (DataAccessResult.READ_WRITE_DENIED, UNIT),
        axdr.array(
            [
                axdr.structure(at(7), one, one, at(6)),
                axdr.structure(null, null, axdr.double_long_unsigned(2), null),
                axdr.structure(null, one, null, null),
            ]
        ),
    )
    read = ask(meter, "get", object="load_profile")
    assert [row["time"] for row in read["rows"]] == [
        "2024-01-09T07:00:00Z",
        "2024-01-09T07:15:00Z",
        "2024-01-09T07:30:00Z",
    ]
    gas_time = "2024-01-09T06:00:00Z"
    assert [row["values"] for row in read["rows"]] == [
        [1, 1, gas_time],
        [1, 2, gas_time],
        [1, 2, gas_time],
    ]
    assert [row["status"] for row in read["rows"]] == [None] * 3
    assert [column.get("unit") for column in read["columns"]] == [None, "m3", None]
    assert read["columns"][1]["name"] == "mbus_value_1"


def test_a_status_that_is_no_number_is_shown_as_it_is() -> None:
    status = captured(1, bytes((0, 0, 96, 10, 2, 255)))
    row = axdr.structure(at(7), axdr.octet_string(b"\x08"))
    meter = Odd((axdr.array([CLOCK, status]), PERIOD), (), axdr.array([row]))
    read = ask(meter, "get", object="load_profile")
    assert read["rows"][0]["status"] == {"hex": "08"}


def test_rows_outside_the_range_are_dropped() -> None:
    rows = [axdr.structure(at(hour), axdr.double_long_unsigned(1)) for hour in range(5)]
    meter = Odd((axdr.array([CLOCK, ENERGY]), PERIOD), (UNIT,), axdr.array(rows))
    read = ask(
        meter,
        "get",
        object="load_profile",
        **{"from": "2024-01-09T01:00:00Z", "to": "2024-01-09T03:00:00Z"},
    )
    assert len(read["rows"]) == 3
    attribute, selection = meter.asked[-1]
    assert selection.selector == 1
    assert selection.parameters.value[1] == at(1)
    assert selection.parameters.value[2] == at(3)


@pytest.mark.parametrize(
    "layout, buffer",
    [
        ((DataAccessResult.OBJECT_UNDEFINED, PERIOD), axdr.array([])),
        ((axdr.integer(1), PERIOD), axdr.array([])),
        ((axdr.array([axdr.integer(1)]), PERIOD), axdr.array([])),
        ((axdr.array([captured(3, b"short")]), PERIOD), axdr.array([])),
        ((axdr.array([ENERGY] * 65), PERIOD), axdr.array([])),
        ((axdr.array([ENERGY]), axdr.octet_string(b"")), axdr.array([])),
        ((axdr.array([ENERGY]), PERIOD), axdr.integer(1)),
        ((axdr.array([ENERGY]), PERIOD), axdr.array([axdr.integer(1)])),
        ((axdr.array([ENERGY]), PERIOD), axdr.array([axdr.structure()])),
        ((axdr.array([CLOCK, ENERGY]), axdr.long64_unsigned(2**64 - 1)), LATER),
        ((axdr.array([CLOCK, ENERGY]), axdr.double_long_unsigned(2**32 - 1)), LATER),
    ],
)
def test_a_profile_that_is_none(layout: Any, buffer: Data) -> None:
    with pytest.raises((WireError, PeerRefused)):
        ask(Odd(layout, (UNIT,), buffer), "get", object="load_profile")


@pytest.mark.parametrize(
    "unit",
    [
        DataAccessResult.OBJECT_UNDEFINED,
        axdr.null_data(),
        axdr.structure(axdr.integer(1)),
        axdr.structure(axdr.integer(1), axdr.enum(254)),
        axdr.structure(axdr.octet_string(b""), axdr.enum(30)),
        axdr.structure(axdr.double_long(10**6), axdr.enum(30)),
        axdr.structure(axdr.double_long(-(2**31)), axdr.enum(30)),
    ],
)
def test_a_register_without_a_unit_is_shown_bare(unit: Any) -> None:
    meter = Odd((axdr.double_long_unsigned(5), unit))
    read = ask(meter, "get", object="energy_import")
    assert read["value"] == 5 and "unit" not in read


def test_a_register_that_is_refused() -> None:
    meter = Odd((DataAccessResult.HARDWARE_FAULT, UNIT))
    with pytest.raises(PeerRefused, match="hardware-fault") as raised:
        ask(meter, "get", object="energy_import")
    assert raised.value.result == 1


def test_an_action_without_a_value_gives_zero() -> None:
    meter = Odd(axdr.octet_string(b"\x01"))
    done = ask(meter, "action", object="load_profile:1")
    assert meter.asked[0][1] == axdr.integer(0)
    assert done["returned"] == {"hex": "01"}

"""Readout lists: what they may list, what they show, and that no list shows a list."""

from __future__ import annotations

import pytest

from meters.p3.association import P3Association
from tests.meters.builders import EQUIPMENT_ID, NOW_S, make_meter
from tests.meters.p3.driver import Driver
from wire.cosem.rows import Client, Standard
from wire.dlms import axdr
from wire.dlms.data import Data
from wire.dlms.descriptors import (
    ActionResult,
    AttributeDescriptor,
    DataAccessResult,
    Selection,
)
from wire.obis import Obis

P1 = (7, "0-0:21.0.0")
DISPLAYS = [(7, f"0-0:21.0.{number}") for number in (1, 2, 3)]


def entry(class_id: int, code: str, number: int = 2, index: int = 0) -> Data:
    """One object of a list."""
    return axdr.structure(
        axdr.long_unsigned(class_id),
        axdr.octet_string(Obis.parse(code).octets),
        axdr.integer(number),
        axdr.long_unsigned(index),
    )


IMPORT, TITLE = entry(3, "1-0:1.8.2"), entry(1, "0-0:96.1.1")


@pytest.mark.parametrize("standard", list(Standard))
def test_the_list_of_the_consumer_port_shows_the_meter_as_it_is(
    standard: Standard,
) -> None:
    meter = make_meter(standard)
    meter.set_load((3600, 0, 0), (2300, 2300, 2300))
    driver = Driver(meter).associate()
    wanted = axdr.encode(axdr.array([TITLE, IMPORT, entry(3, "1-0:1.8.2", 3)]))
    assert driver.set(*P1, 3, wanted) is DataAccessResult.SUCCESS
    for seconds in (10, 20):
        driver.now_s = NOW_S + seconds
        (row,) = axdr.plain(axdr.decode(driver.get(*P1)))  # type: ignore
        assert row == [EQUIPMENT_ID.encode(), seconds, [0, 30]]
    assert driver.get(*P1, 7) == bytes.fromhex("0600000001")


def test_columns_and_rows_can_be_chosen_of_it() -> None:
    driver = Driver(make_meter()).associate()
    driver.set(*P1, 3, axdr.encode(axdr.array([TITLE, IMPORT])))
    numbers = (axdr.double_long_unsigned(1), axdr.double_long_unsigned(0))
    columns = (axdr.long_unsigned(2), axdr.long_unsigned(2))
    by_entry = Selection(2, axdr.structure(*numbers, *columns))
    assert driver.get(*P1, 2, by_entry) == bytes.fromhex("0101 0201 0600000000")


@pytest.mark.parametrize("place", DISPLAYS)
def test_a_display_lists_and_holds_no_values(place: tuple[int, str]) -> None:
    driver = Driver(make_meter()).associate()
    assert driver.set(*place, 3, axdr.encode(axdr.array([IMPORT]))) == 0
    assert driver.get(*place) == b"\x01\x00"
    assert driver.get(*place, 7) == bytes.fromhex("0600000000")
    reset = driver.act(*place, 1, axdr.encode(axdr.integer(0)))
    assert reset.result is ActionResult.SUCCESS
    listed = axdr.decode(driver.get(*place, 3))  # type: ignore[arg-type]
    assert listed == axdr.array([IMPORT])


def test_the_list_of_the_consumer_port_is_not_reset() -> None:
    driver = Driver(make_meter()).associate()
    refused = driver.act(*P1, 1, axdr.encode(axdr.integer(0)))
    assert refused.result is ActionResult.READ_WRITE_DENIED


@pytest.mark.parametrize(
    ("entries", "result"),
    [
        ([IMPORT] * 64, DataAccessResult.SUCCESS),
        ([], DataAccessResult.SUCCESS),
        ([IMPORT] * 65, DataAccessResult.OTHER_REASON),
        ([entry(7, "0-0:21.0.0")], DataAccessResult.OTHER_REASON),
        ([entry(7, "1-0:99.1.0")], DataAccessResult.OTHER_REASON),
        ([entry(15, "0-0:40.0.0")], DataAccessResult.OTHER_REASON),
        ([entry(3, "1-0:9.9.9")], DataAccessResult.OTHER_REASON),
        ([entry(1, "1-0:1.8.2")], DataAccessResult.OTHER_REASON),
        ([entry(3, "1-0:1.8.2", 9)], DataAccessResult.OTHER_REASON),
        ([entry(3, "1-0:1.8.2", 2, 1)], DataAccessResult.OTHER_REASON),
        ([IMPORT, axdr.null_data()], DataAccessResult.TYPE_UNMATCHED),
        ([axdr.structure(*IMPORT.value[:3])], DataAccessResult.TYPE_UNMATCHED),
        (
            [
                axdr.structure(
                    IMPORT.value[0], axdr.octet_string(b"12345"), *IMPORT.value[2:]
                )
            ],
            DataAccessResult.OTHER_REASON,
        ),
    ],
)
@pytest.mark.parametrize("place", [P1, DISPLAYS[0]])
def test_what_cannot_be_shown_is_not_listed(
    place: tuple[int, str], entries: list[Data], result: DataAccessResult
) -> None:
    meter = make_meter()
    link = P3Association(meter, Client.MANAGEMENT)
    key = AttributeDescriptor(place[0], Obis.parse(place[1]), 3).encode()
    before = meter.model.get(meter, link, key, None)
    value = axdr.encode(axdr.array(entries))
    assert meter.model.set(meter, link, key, None, value) is result
    good = result is DataAccessResult.SUCCESS
    assert meter.model.get(meter, link, key, None) == (value if good else before)
    assert isinstance(meter.model.get(meter, link, key[:8] + b"\x02", None), bytes)

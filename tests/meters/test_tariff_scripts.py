"""The scripts of the tariff, and its special days."""

from __future__ import annotations

from typing import Any

import pytest

from tests.meters.access import act, get, put, restored
from tests.meters.builders import make_meter
from tests.meters.test_calendar import data, days, epoch, special_days
from tests.meters.test_tariff import (
    CALENDAR,
    DONE,
    GOOD,
    NOT_DONE,
    NOTHING,
    REFUSED,
    SCRIPTS,
    SPECIAL,
    at,
    scripts,
    tariff,
    write_passive,
)
from wire.cosem.rows import Standard
from wire.dlms import axdr
from wire.dlms.data import Data
from wire.dlms.descriptors import ActionResult, DataAccessResult


@pytest.mark.parametrize("standard", list(Standard))
def test_special_days_override_the_weekday(standard: Standard) -> None:
    meter = at("240109120000W", standard)
    today = special_days((3, "07e80109ff", 2)).value[0]
    assert act(meter, SPECIAL, 1, today) is DONE
    assert tariff(meter) == "0001"
    meter = restored(meter)
    assert act(meter, SPECIAL, 2, axdr.long_unsigned(3)) is DONE
    assert tariff(meter) == "0002"
    assert act(meter, SPECIAL, 2, axdr.long_unsigned(3)) is NOT_DONE
    assert put(meter, SPECIAL, 2, special_days((1, "ffff0109ff", 2))) is GOOD
    assert tariff(meter) == "0001"


def test_a_special_day_takes_the_place_of_its_index_and_its_date() -> None:
    meter = make_meter()
    for entry in (
        (1, "ffff0c19ff", 1),
        (2, "ffff0c1aff", 1),
        (1, "ffff0101ff", 2),
        (9, "ffff0c1aff", 2),
    ):
        assert act(meter, SPECIAL, 1, special_days(entry).value[0]) is DONE
    assert get(meter, SPECIAL) == special_days(
        (1, "ffff0101ff", 2), (9, "ffff0c1aff", 2)
    )


def test_there_are_thirty_special_days_at_most() -> None:
    meter = make_meter()
    entries = [(n, f"ffff01{n:02x}ff", 1) for n in range(1, 31)]
    assert put(meter, SPECIAL, 2, special_days(*entries, (31, "ffff0201ff", 1))) is (
        REFUSED
    )
    assert put(meter, SPECIAL, 2, special_days(*entries)) is GOOD
    one_more = special_days((31, "ffff0201ff", 1)).value[0]
    assert act(meter, SPECIAL, 1, one_more) is NOT_DONE
    assert act(meter, SPECIAL, 1, special_days((30, "ffff0201ff", 1)).value[0]) is DONE
    for wrong in (special_days((1, "ffff0d01ff", 1)).value[0], axdr.long_unsigned(1)):
        assert act(meter, SPECIAL, 1, wrong) in (NOT_DONE, ActionResult.TYPE_UNMATCHED)
    assert put(meter, SPECIAL, 2, special_days((1, "ffff0d01ff", 1))) is REFUSED
    assert len(get(meter, SPECIAL).value) == 30


def test_special_days_have_an_index_and_a_date_of_their_own() -> None:
    meter = make_meter()
    for second in ((1, "ffff0102ff", 2), (2, "ffff0101ff", 2)):
        both = special_days((1, "ffff0101ff", 1), second)
        assert put(meter, SPECIAL, 2, both) is REFUSED
    assert not get(meter, SPECIAL).value


def test_a_script_holds_until_the_calendar_goes_on() -> None:
    meter = at("240109120000W")
    assert act(meter, SCRIPTS, 1, axdr.long_unsigned(1)) is DONE
    assert tariff(meter) == "0001"
    meter.power_off()
    meter.power_on(epoch("240109123000W"))
    assert tariff(meter) == "0001"
    meter.advance(epoch("240110123000W"))
    act(meter, SCRIPTS, 1, axdr.long_unsigned(1))
    meter.power_on(epoch("240110123001W"))
    assert tariff(meter) == "0001"
    meter.advance(epoch("240111070000W"))
    assert tariff(meter) == "0002"
    assert act(meter, SCRIPTS, 1, axdr.long_unsigned(3)) is NOT_DONE
    assert act(meter, SCRIPTS, 1, axdr.unsigned(1)) is ActionResult.TYPE_UNMATCHED


LN = bytes.fromhex("00000e0000ff")


def sets(mask: str) -> tuple[Any, ...]:
    return 1, 6, LN, 4, bytes.fromhex(mask)


def test_scripts_can_be_written_in_dsmr_4_0_alone() -> None:
    swapped = scripts((1, sets("0002")), (2, sets("0001")))
    meter = at("240109120000W", Standard.DSMR_4_0_6)
    assert put(meter, SCRIPTS, 2, swapped) is GOOD
    assert tariff(meter) == "0001"
    assert tariff(restored(meter)) == "0001"
    for standard in (Standard.DSMR_4_2_2, Standard.SMR_5_0):
        answer = put(make_meter(standard), SCRIPTS, 2, swapped)
        assert answer is DataAccessResult.READ_WRITE_DENIED


@pytest.mark.parametrize(
    "table",
    [
        scripts((1, sets("0001"))),
        scripts((1, sets("0001")), (1, sets("0002"))),
        scripts((0, sets("0001")), (2, sets("0002"))),
        scripts((1, sets("01")), (2, sets("0002"))),
        scripts((1, sets("000a")), (2, sets("0002"))),
        scripts((1, (2, *sets("0001")[1:])), (2, sets("0002"))),
        scripts((1, (1, 6, LN, 3, b"\0\1")), (2, sets("0002"))),
        scripts((1, (1, 6, bytes(6), 4, b"\0\1")), (2, sets("0002"))),
        scripts(*((n, sets("0001")) for n in (1, 2, 3))),
        axdr.array(
            [
                axdr.structure(axdr.long_unsigned(1), axdr.array([])),
                scripts((2, sets("0002"))).value[0],
            ]
        ),
        data("script_table", [(1, [sets("0001")] * 2), (2, [sets("0002")])]),
        axdr.array([axdr.null_data()] * 2),
        axdr.array([]),
    ],
)
def test_scripts_that_a_calendar_cannot_run(table: Data) -> None:
    meter = make_meter(Standard.DSMR_4_0_6)
    assert put(meter, SCRIPTS, 2, table) is REFUSED
    assert meter.state.settings is None


def test_an_unused_script_is_null() -> None:
    meter = make_meter(Standard.DSMR_4_0_6)
    write_passive(meter, days(d1={"00:00": 2}))
    act(meter, CALENDAR, 1, NOTHING)
    table = axdr.array([axdr.null_data(), scripts((2, sets("0001"))).value[0]])
    assert put(meter, SCRIPTS, 2, table) is GOOD
    assert tariff(restored(meter)) == "0001"
    zero = scripts((0, sets("0001")), (2, sets("0002")))
    assert put(meter, SCRIPTS, 2, zero) is REFUSED

"""Selective access to the load profile: by range and by entry (Blue Book 4.3.6.2)."""

from __future__ import annotations

import pytest

from tests.meters.builders import NOW_S, make_meter
from tests.meters.p3.driver import FULL, Driver
from wire.dlms import axdr
from wire.dlms.data import Data
from wire.dlms.descriptors import DataAccessResult, Selection
from wire.dlms.initiate import Conformance
from wire.instants import encode_date_time, from_epoch
from wire.obis import Obis

ROWS = 30


def definition(class_id: int, code: str, number: int = 2, index: int = 0) -> Data:
    """A capture_object_definition."""
    return axdr.structure(
        axdr.long_unsigned(class_id),
        axdr.octet_string(Obis.parse(code).octets),
        axdr.integer(number),
        axdr.long_unsigned(index),
    )


CLOCK, STATUS = definition(8, "0-0:1.0.0"), definition(1, "0-0:96.10.2")
IMPORT, EXPORT = definition(3, "1-0:1.8.0"), definition(3, "1-0:2.8.0")


def moment(seconds: int) -> Data:
    """A date-time, in seconds after the start."""
    return axdr.octet_string(encode_date_time(from_epoch(NOW_S + seconds)))


def by_range(
    begin: Data, end: Data, columns: tuple[Data, ...] = (), restricting: Data = CLOCK
) -> Selection:
    """Selector 1."""
    return Selection(1, axdr.structure(restricting, begin, end, axdr.array(columns)))


def by_entry(
    first: int, last: int, first_column: int = 1, last_column: int = 0
) -> Selection:
    """Selector 2."""
    return Selection(
        2,
        axdr.structure(
            axdr.double_long_unsigned(first),
            axdr.double_long_unsigned(last),
            axdr.long_unsigned(first_column),
            axdr.long_unsigned(last_column),
        ),
    )


@pytest.fixture
def driver() -> Driver:
    """Associated with a meter of 30 rows: row n has an import of 900 n."""
    meter = make_meter()
    meter.set_load((3600, 0, 0), (2300, 2300, 2300))
    made = Driver(meter).associate()
    made.now_s = NOW_S + 900 * ROWS
    return made


def select(
    driver: Driver, selection: Selection
) -> list[list[object]] | DataAccessResult:
    """The rows, or why there are none."""
    result = driver.get(7, "1-0:99.1.0", 2, selection)
    if isinstance(result, DataAccessResult):
        return result
    rows: list[list[object]] = axdr.plain(axdr.decode(result))
    return rows


@pytest.mark.parametrize(
    ("begin_s", "end_s", "rows"),
    [
        (900, 900, [1]),
        (900, 2700, [1, 2, 3]),
        (901, 2699, [2]),
        (1, 899, []),
        (-100_000, 1000, [1]),
        (900 * ROWS, 10**8, [30]),
        (900 * ROWS + 1, 10**8, []),
    ],
)
def test_a_range_has_both_its_bounds(
    driver: Driver, begin_s: int, end_s: int, rows: list[int]
) -> None:
    made = select(driver, by_range(moment(begin_s), moment(end_s), (IMPORT,)))
    assert made == [[900 * row] for row in rows]


def test_bounds_are_compared_as_utc(driver: Driver) -> None:
    # 07:15 UTC, written without a deviation (so Dutch time), as UTC and with summer's.
    civil = axdr.octet_string(bytes.fromhex("07e8010902080f00ff800000"))
    utc = axdr.octet_string(bytes.fromhex("07e8010902070f0000000000"))
    summer = axdr.octet_string(bytes.fromhex("07e8010902090f0000ff8880"))
    for bound in (civil, utc, summer):
        assert select(driver, by_range(bound, bound, (IMPORT,))) == [[900]]


def test_a_bound_without_deviation_is_in_the_zone_of_the_clock(driver: Driver) -> None:
    # 07:15 UTC as local time of a zone 5 hours 30 ahead; its weekday is not given.
    civil = axdr.octet_string(bytes.fromhex("07e80109ff0c2d00ff8000ff"))
    assert select(driver, by_range(civil, civil, (IMPORT,))) == [[17_100]]
    zone = axdr.encode(axdr.long(-330))
    assert driver.set(8, "0-0:1.0.0", 3, zone) is DataAccessResult.SUCCESS
    assert select(driver, by_range(civil, civil, (IMPORT,))) == [[900]]


def test_what_is_there_of_a_range_is_no_error(driver: Driver) -> None:
    driver.now_s = NOW_S + 3 * 86_400
    result = driver.get(
        7, "1-0:99.2.0", 2, by_range(moment(-864_000), moment(864_000), (CLOCK,))
    )
    assert isinstance(result, bytes)
    assert axdr.plain(axdr.decode(result)) == [
        [moment(16 * 3600 + day * 86_400).value] for day in range(3)
    ]


def test_rows_of_a_defined_profile_are_restricted_by_its_sort_object() -> None:
    driver = Driver(make_meter()).associate()
    profile = 7, "0-1:94.31.6"
    for number, value in (
        (3, axdr.array((CLOCK, EXPORT, IMPORT))),
        (4, axdr.double_long_unsigned(300)),
    ):
        assert (
            driver.set(*profile, number, axdr.encode(value)) is DataAccessResult.SUCCESS
        )
    driver.now_s = NOW_S + 900
    sort_object = driver.get(*profile, 6)
    assert isinstance(sort_object, bytes)
    selection = by_range(
        moment(300), moment(899), (IMPORT, CLOCK), axdr.decode(sort_object)
    )
    result = driver.get(*profile, 2, selection)
    assert isinstance(result, bytes)
    assert axdr.plain(axdr.decode(result)) == [
        [moment(300).value, 0],
        [moment(600).value, 0],
    ]


def test_a_date_time_may_have_its_own_type(driver: Driver) -> None:
    bound = Data(axdr.Tag.DATE_TIME, moment(900).value)
    assert select(driver, by_range(bound, bound, (IMPORT,))) == [[900]]


def test_the_sort_object_restricts_too_and_it_is_none(driver: Driver) -> None:
    sort_object = driver.get(7, "1-0:99.1.0", 6)
    assert isinstance(sort_object, bytes)
    selection = by_range(moment(900), moment(1800), (IMPORT,), axdr.decode(sort_object))
    assert select(driver, selection) == [[900], [1800]]


def test_without_selective_access_there_is_no_selection() -> None:
    driver = Driver(make_meter())
    driver.associate(conformance=FULL & ~Conformance.SELECTIVE_ACCESS)
    assert select(driver, by_entry(1, 1)) is DataAccessResult.SCOPE_OF_ACCESS_VIOLATED
    assert isinstance(driver.get(7, "1-0:99.1.0"), bytes)


def test_columns_come_in_the_profiles_order(driver: Driver) -> None:
    made = select(driver, by_range(moment(900), moment(900), (EXPORT, CLOCK, STATUS)))
    assert made == [[moment(900).value, 0, 0]]
    made = select(driver, by_range(moment(900), moment(900)))
    assert made == [[moment(900).value, 0, 900, 0]]


@pytest.mark.parametrize(
    ("selection", "result"),
    [
        (by_range(moment(900), moment(899)), DataAccessResult.OTHER_REASON),
        (
            by_range(moment(900), moment(1800), restricting=IMPORT),
            DataAccessResult.OTHER_REASON,
        ),
        (
            by_range(moment(900), moment(1800), (definition(3, "1-0:9.8.0"),)),
            DataAccessResult.OTHER_REASON,
        ),
        (
            by_range(moment(900), moment(1800), (IMPORT, IMPORT)),
            DataAccessResult.OTHER_REASON,
        ),
        (
            by_range(axdr.octet_string(b"\xff" * 12), moment(1)),
            DataAccessResult.OTHER_REASON,
        ),
        (
            by_range(axdr.octet_string(b"soon"), moment(1)),
            DataAccessResult.OTHER_REASON,
        ),
        (
            by_range(axdr.double_long_unsigned(1), moment(1)),
            DataAccessResult.TYPE_UNMATCHED,
        ),
        (
            by_range(moment(1), moment(2), (axdr.null_data(),)),
            DataAccessResult.TYPE_UNMATCHED,
        ),
        (
            by_range(moment(1), moment(2), restricting=axdr.null_data()),
            DataAccessResult.TYPE_UNMATCHED,
        ),
        (Selection(1, axdr.null_data()), DataAccessResult.TYPE_UNMATCHED),
        (Selection(1, axdr.structure()), DataAccessResult.TYPE_UNMATCHED),
        (Selection(2, axdr.null_data()), DataAccessResult.TYPE_UNMATCHED),
        (Selection(2, axdr.structure(CLOCK)), DataAccessResult.TYPE_UNMATCHED),
        (Selection(3, axdr.null_data()), DataAccessResult.SCOPE_OF_ACCESS_VIOLATED),
        (by_entry(0, 5), DataAccessResult.OTHER_REASON),
        (by_entry(5, 4), DataAccessResult.OTHER_REASON),
        (by_entry(1, 5, 0, 4), DataAccessResult.OTHER_REASON),
        (by_entry(1, 5, 3, 2), DataAccessResult.OTHER_REASON),
        (by_entry(1, 5, 1, 5), DataAccessResult.OTHER_REASON),
    ],
)
def test_selections_refused(
    driver: Driver, selection: Selection, result: DataAccessResult
) -> None:
    assert select(driver, selection) is result


@pytest.mark.parametrize(
    ("first", "last", "rows"),
    [
        (1, 1, [1]),
        (2, 4, [2, 3, 4]),
        (28, 0, [28, 29, 30]),
        (29, 1000, [29, 30]),
        (31, 40, []),
        (31, 0, []),
        (4_000_000_000, 0, []),
    ],
)
def test_entries_are_counted_from_the_oldest(
    driver: Driver, first: int, last: int, rows: list[int]
) -> None:
    made = select(driver, by_entry(first, last, 3, 3))
    assert made == [[900 * row] for row in rows]


def test_entries_of_an_empty_profile() -> None:
    driver = Driver(make_meter()).associate()
    assert select(driver, by_entry(1, 0)) == []
    assert select(driver, by_range(moment(-900), moment(900))) == []


def test_what_has_no_selection_cannot_be_selected_from(driver: Driver) -> None:
    result = driver.get(3, "1-0:1.8.1", 2, by_entry(1, 1))
    assert result is DataAccessResult.SCOPE_OF_ACCESS_VIOLATED

"""Objects that hold settings: what they take, what they refuse, what they show unasked."""

from __future__ import annotations

import pytest

from tests.meters.builders import EQUIPMENT_ID, make_meter
from tests.meters.p3.driver import Driver
from wire.cosem.rows import Standard
from wire.dlms import axdr
from wire.dlms.data import Data, Tag
from wire.dlms.descriptors import DataAccessResult

OTHER, TYPE = DataAccessResult.OTHER_REASON, DataAccessResult.TYPE_UNMATCHED
GOOD = DataAccessResult.SUCCESS
UNSIGNED, OCTETS = axdr.unsigned, axdr.octet_string
OPTION = axdr.structure(UNSIGNED(1), UNSIGNED(4), axdr.long_unsigned(1500))
QUALITY = axdr.structure(*(UNSIGNED(number) for number in (3, 4, 3, 4, 16)))


@pytest.mark.parametrize(
    ("object_code", "number", "value", "result"),
    [
        ("41/0-0:25.0.0", 4, axdr.long_unsigned(39), OTHER),
        ("41/0-0:25.0.0", 4, axdr.long_unsigned(40), GOOD),
        ("41/0-0:25.0.0", 4, axdr.unsigned(40), TYPE),
        ("41/0-0:25.0.0", 6, axdr.long_unsigned(65535), GOOD),
        ("41/0-0:25.0.0", 6, axdr.double_long_unsigned(1), TYPE),
        ("41/0-0:25.0.0", 3, OCTETS(bytes(6)), GOOD),
        ("41/0-0:25.0.0", 3, OCTETS(b""), GOOD),
        ("41/0-0:25.0.0", 3, OCTETS(bytes(5)), OTHER),
        ("41/0-0:25.0.0", 3, OCTETS(bytes(7)), OTHER),
        ("42/0-0:25.1.0", 3, axdr.double_long_unsigned(0x7F000001), GOOD),
        ("42/0-0:25.1.0", 4, axdr.array([axdr.double_long_unsigned(1)]), GOOD),
        ("42/0-0:25.1.0", 4, axdr.array([axdr.double_long_unsigned(1)] * 17), OTHER),
        ("42/0-0:25.1.0", 4, axdr.array([axdr.long_unsigned(1)]), TYPE),
        ("42/0-0:25.1.0", 8, axdr.boolean(False), GOOD),
        ("42/0-0:25.1.0", 8, axdr.unsigned(0), TYPE),
        ("44/0-0:25.3.0", 3, axdr.array([OPTION] * 16), GOOD),
        ("44/0-0:25.3.0", 3, axdr.array([OPTION] * 17), OTHER),
        ("44/0-0:25.3.0", 3, axdr.array([axdr.null_data()]), OTHER),
        ("44/0-0:25.3.0", 4, axdr.array([axdr.structure(UNSIGNED(1))]), OTHER),
        ("44/0-0:25.3.0", 4, axdr.array([QUALITY]), OTHER),
        ("44/0-0:25.3.0", 5, axdr.null_data(), GOOD),
        ("44/0-0:25.3.0", 5, axdr.structure(OCTETS(b"u"), OCTETS(b"p")), GOOD),
        ("44/0-0:25.3.0", 5, axdr.structure(OCTETS(bytes(256)), OCTETS(b"p")), OTHER),
        ("44/0-0:25.3.0", 5, axdr.structure(OCTETS(b"u")), TYPE),
        ("45/0-0:25.4.0", 2, OCTETS(b"smartmeter.nl"), GOOD),
        ("45/0-0:25.4.0", 2, OCTETS(bytes(101)), OTHER),
        ("45/0-0:25.4.0", 3, axdr.long_unsigned(10_000), OTHER),
        ("45/0-0:25.4.0", 4, axdr.structure(QUALITY, QUALITY), GOOD),
        ("45/0-0:25.4.0", 4, axdr.structure(QUALITY), TYPE),
        ("1/0-0:96.1.3", 2, OCTETS(bytes(48)), GOOD),
        ("1/0-0:96.1.3", 2, OCTETS(bytes(49)), OTHER),
        ("1/0-1:94.31.0", 2, axdr.enum(1), GOOD),
        ("1/0-1:94.31.0", 2, axdr.enum(3), OTHER),
        ("1/0-1:94.31.0", 2, axdr.unsigned(1), TYPE),
        ("1/0-1:94.31.2", 2, axdr.long_unsigned(0xFFFF), GOOD),
    ],
)
def test_a_value_that_cannot_be_changes_nothing(
    object_code: str, number: int, value: Data, result: DataAccessResult
) -> None:
    class_id, _, code = object_code.partition("/")
    place = int(class_id), code, number
    driver = Driver(make_meter()).associate()
    before = driver.get(*place)
    assert driver.set(*place, axdr.encode(value)) is result
    after = axdr.encode(value) if result is GOOD else before
    assert driver.get(*place) == after
    if half := axdr.encode(value)[:-1]:
        assert driver.set(*place, half) is TYPE
    assert driver.get(*place) == after


def test_the_initial_configuration_is_written_until_4_2() -> None:
    octets = axdr.encode(OCTETS(b"as delivered"))
    for standard, result in (
        (Standard.DSMR_4_0_6, GOOD),
        (Standard.DSMR_4_2_2, DataAccessResult.READ_WRITE_DENIED),
        (Standard.SMR_5_0, DataAccessResult.READ_WRITE_DENIED),
    ):
        driver = Driver(make_meter(standard)).associate()
        assert driver.set(1, "0-0:96.1.7", 2, octets) is result


def test_the_serial_number_is_in_the_equipment_identifier() -> None:
    driver = Driver(make_meter()).associate()
    assert driver.get(1, "0-0:96.1.0") == b"\x09\x0a" + EQUIPMENT_ID[5:15].encode()


def test_a_factor_of_the_randomisation_is_in_its_range() -> None:
    driver = Driver(make_meter(Standard.SMR_5_0)).associate()
    for parts, result in (
        ((65535, 7, 31), GOOD),
        ((65536, 7, 31), OTHER),
        ((1, 8, 1), OTHER),
        ((1, 1, 32), OTHER),
        ((0, 1, 1), OTHER),
    ):
        value = axdr.structure(
            axdr.double_long_unsigned(parts[0]),
            axdr.long_unsigned(parts[1]),
            axdr.long_unsigned(parts[2]),
        )
        assert driver.set(1, "0-1:94.31.12", 2, axdr.encode(value)) is result, parts


def test_the_diagnostics_tell_of_a_cell_and_of_now() -> None:
    driver = Driver(make_meter(Standard.SMR_5_0)).associate()
    cell = axdr.decode(driver.get(47, "0-0:25.6.0", 6))  # type: ignore[arg-type]
    number, _, quality, errors = (part.value for part in cell.value)
    assert 16 <= quality <= 31 and errors == 0
    near = axdr.decode(driver.get(47, "0-0:25.6.0", 7))  # type: ignore[arg-type]
    assert all(item.value[0].value != number for item in near.value)
    for moment in (0, 3600):
        driver.now_s += moment
        captured = axdr.decode(driver.get(47, "0-0:25.6.0", 8))  # type: ignore[arg-type]
        clock = axdr.decode(driver.get(8, "0-0:1.0.0"))  # type: ignore[arg-type]
        assert captured.tag is Tag.DATE_TIME and captured.value == clock.value
    assert driver.get(47, "0-1:25.6.0", 5) == b"\x16\xff"

"""Which code of the session log a reading of an M-Bus device has (P3 4.2.2, 5.10)."""

from __future__ import annotations

import pytest

from tests.meters.builders import NOW_S
from tests.meters.mbus.samples import bound, bring, hourly
from tests.meters.mbus.test_captures import lived
from tests.meters.p3.driver import Driver
from tests.meters.p3.test_session import session_rows
from wire.cosem.rows import Standard

OLD, NEW = Standard.DSMR_4_2_2, Standard.SMR_5_0


@pytest.mark.parametrize(
    ("standard", "class_id", "code", "row"),
    [
        (OLD, 4, "0-1:24.2.1", (74, 1)),
        (OLD, 4, "0-1:24.2.2", (71, 0)),
        (NEW, 4, "0-1:24.2.1", (74, 1)),
        (NEW, 4, "0-1:24.2.2", (74, 1)),
        (OLD, 7, "0-1:24.3.0", (76, 16)),
        (NEW, 7, "0-1:24.3.0", (76, 16)),
        (NEW, 7, "0-1:24.3.1", (74, 1)),
        (OLD, 72, "0-1:24.1.0", (71, 0)),
    ],
)
def test_readings_of_devices_are_told_apart(
    standard: Standard, class_id: int, code: str, row: tuple[int, int]
) -> None:
    meter = bound(standard, after_s=900)
    bring(meter, hourly(1, NOW_S))
    lived(meter, "240110001500W")
    driver = Driver(meter)
    driver.now_s = meter.state.at_s
    driver.associate()
    driver.get(class_id, code, 2)
    assert session_rows(driver) == [row]

"""A day of a household: what gas and water meters sent is in the profiles, on P3 and on P1."""

from __future__ import annotations

import pytest

from meters.mbus import orders
from meters.meter import Meter
from meters.p2.attached import attach
from meters.p2.device import Device
from meters.p2.media import Medium
from tests.meters.access import get
from tests.meters.mbus.household import (
    codes,
    device,
    gas,
    give_key,
    installed,
    newest,
    pass_s,
)
from tests.meters.mbus.test_captures import DAILY, beside, rows
from tests.meters.mbus.test_lines import printed
from tests.meters.test_profiles import epoch
from wire.cosem.rows import DSMR4, Standard
from wire.dlms.descriptors import ActionResult

WATER_ID = "W0042000000000112"


def lived(standard: Standard, keyed: bool) -> tuple[Meter, Device, Device]:
    """An E-meter with gas of 1.5 m³/h and water of 0.1 m³/h, from eight to past midnight."""
    version = newest(standard)
    burner = gas(version=version)
    tap = device(WATER_ID, Medium.WATER, version=version)
    # One after the other: both answer at address 0.
    meter = installed(burner, standard=standard)
    attach(meter, tap)
    assert orders.slave_install(meter, 2) is ActionResult.SUCCESS
    pass_s(meter, 2)
    if keyed:
        give_key(meter, 1, burner)
        give_key(meter, 2, tap)
    burner.set_flow(1500)
    tap.set_flow(100)
    pass_s(meter, epoch("240110001500W") - meter.state.at_s)
    return meter, burner, tap


@pytest.mark.parametrize("keyed", [True, False], ids=["enciphered", "clear"])
@pytest.mark.parametrize("standard", list(Standard))
def test_each_hour_of_each_device_is_there(standard: Standard, keyed: bool) -> None:
    meter, _, _ = lived(standard, keyed)
    assert set(codes(meter)) == {105, 115}
    for channel, hour_dm3 in ((1, 1500), (2, 100)):
        made = rows(meter, (7, f"0-{channel}:24.3.0"))[-16:]
        assert [row[0] for row in made] == [row[3] for row in made]
        assert {row[1] for row in made} == {0}
        values = [row[2] for row in made]
        steps = {b - a for a, b in zip(values, values[1:])}
        assert steps == {hour_dm3}
        last = get(meter, (4, f"0-{channel}:24.2.1")).value
        assert values[-1] <= last <= values[-1] + hour_dm3
    if standard in DSMR4:
        assert beside(meter, DAILY[standard])[-1][1] == rows(meter)[-1][2]
        water = rows(meter, (7, "0-2:24.3.0"))[-1][2]
        assert beside(meter, DAILY[standard], 2)[-1][1] == water
    else:
        assert rows(meter, DAILY[standard])[-1][2] == rows(meter)[-1][2]


@pytest.mark.parametrize("standard", [Standard.DSMR_4_2_2, Standard.SMR_5_0])
def test_p1_has_both_devices_by_their_type(standard: Standard) -> None:
    meter, _, _ = lived(standard, keyed=True)
    lines = printed(meter)
    assert [line[:15] for line in lines if ":24.1.0" in line] == [
        "0-1:24.1.0(003)",
        "0-2:24.1.0(007)",
    ]
    minute = "00" if standard in DSMR4 else "10"
    assert [line[:25] for line in lines if ":24.2.1" in line] == [
        f"0-1:24.2.1(24011000{minute}00W)",
        f"0-2:24.2.1(24011000{minute}00W)",
    ]
    assert WATER_ID.encode().hex().upper() in lines[4]

"""A saved state whose M-Bus part was edited: refused, or a meter that lives on with it."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from meters.mbus import orders
from meters.mbus.channels import EMPTY, SHORT_ID
from meters.meter import Meter
from meters.state import from_json, to_json
from tests.meters.access import get
from tests.meters.builders import make_meter
from tests.meters.mbus.household import (
    OTHER_KEY,
    gas,
    give_key,
    installed,
    pass_s,
    wrapped,
)
from tests.meters.test_hostile_state import VALUES
from wire.cosem.rows import Standard
from wire.errors import ConfigError

NUMBERS = (
    0,
    1,
    2,
    3,
    5,
    7,
    99,
    250,
    255,
    256,
    4095,
    65535,
    99_999_999,
    1 << 32,
    1 << 33,
)


@pytest.fixture(scope="module")
def saved() -> dict[str, Any]:
    """A meter with a device on two channels, in the middle of things."""
    one, two = gas(1), gas(2)
    two.state.address = 9
    meter = installed(one, two)
    give_key(meter, 1, one)
    orders.transfer_key(meter, 1, wrapped(one, OTHER_KEY))
    orders.set_encryption_key(meter, 1, OTHER_KEY)
    orders.synchronize_clock(meter, 2)
    state: dict[str, Any] = json.loads(json.dumps(to_json(meter.state)))
    return state


def lives(saved: dict[str, Any]) -> Meter | None:
    """The meter a day later, all of it read; None when the state is refused."""
    meter = make_meter(Standard.DSMR_4_0_6)
    try:
        meter.state = from_json(saved)
        meter.model.judge(meter)
    except ConfigError:
        return None
    pass_s(meter, 4000)
    for attribute in range(2, 15):
        get(meter, (72, "0-1:24.1.0"), attribute)
    get(meter, (70, "0-1:24.4.0"), 3)
    from_json(json.loads(json.dumps(to_json(meter.state))))
    return meter


def test_as_it_was_it_lives(saved: dict[str, Any]) -> None:
    assert lives(copy.deepcopy(saved)) is not None


@pytest.mark.parametrize("name", EMPTY.__slots__)
def test_no_value_of_a_channel_brings_the_meter_down_later(
    saved: dict[str, Any], name: str
) -> None:
    for value in (*VALUES, *NUMBERS, "00" * 16, "00" * 30):
        edited = copy.deepcopy(saved)
        edited["mbus"]["channels"]["1"][name] = value
        lives(edited)


@pytest.mark.parametrize(
    "name",
    (
        "channels",
        "installing",
        "asked",
        "valve_scheduled",
        "releasing",
        "found",
        "shown",
    ),
)
def test_no_value_of_the_channels_brings_the_meter_down_later(
    saved: dict[str, Any], name: str
) -> None:
    for value in (*VALUES, *NUMBERS, [1], [250], ["00" * 8], [1, 2], {"1": {}}):
        edited = copy.deepcopy(saved)
        edited["mbus"][name] = value
        lives(edited)


@pytest.mark.parametrize("part", SHORT_ID)
def test_a_name_that_no_device_has_is_borne(saved: dict[str, Any], part: str) -> None:
    edited = copy.deepcopy(saved)
    edited["mbus"]["channels"]["1"][part] = 0xEE
    meter = lives(edited)
    assert meter is not None

"""Register activation over P3: which registers count, and masks that cannot be."""

from __future__ import annotations

import pytest

from meters.meter import Meter
from tests.meters.access import act, get, put, restored
from tests.meters.builders import NOW_S, make_meter
from wire.cosem.types import type_of
from wire.dlms import axdr
from wire.dlms.data import Data
from wire.dlms.descriptors import ActionResult, DataAccessResult
from wire.errors import ConfigError
from wire.obis import Obis

GOOD, REFUSED = DataAccessResult.SUCCESS, DataAccessResult.OTHER_REASON
DONE, NOT_DONE = ActionResult.SUCCESS, ActionResult.OTHER_REASON
ACTIVATION = 6, "0-0:14.0.0"
DEFAULT_CODES = ("1-0:1.8.1", "1-0:2.8.1", "1-0:1.8.2", "1-0:2.8.2")


def registers(*codes: str, class_id: int = 3) -> Data:
    items = [(class_id, Obis.parse(code).octets) for code in codes]
    return type_of("register_assignment").data(items)


def masks(**items: tuple[int, ...]) -> Data:
    """`m0001=(1, 2)`: the mask 0001 has the first and the second register."""
    return type_of("mask_list").data(
        [(bytes.fromhex(name[1:]), indices) for name, indices in items.items()]
    )


def use(meter: Meter, mask: str) -> DataAccessResult:
    return put(meter, ACTIVATION, 4, axdr.octet_string(bytes.fromhex(mask)))


def counted(meter: Meter, hours: int = 1) -> tuple[list[int], int, int]:
    """What 1 kW of import and then as much export add to the rates and to the totals."""
    before = list(meter.state.energy_wh)
    totals = [get(meter, (3, code)).value for code in ("1-0:1.8.0", "1-0:2.8.0")]
    for power_w in (1000, -1000):
        meter.set_load((power_w, 0, 0), (2300,) * 3)
        meter.advance(meter.state.at_s + 3600 * hours)
    after = [get(meter, (3, code)).value for code in ("1-0:1.8.0", "1-0:2.8.0")]
    added = [now - then for now, then in zip(meter.state.energy_wh, before)]
    return added, after[0] - totals[0], after[1] - totals[1]


def test_the_masks_of_the_factory() -> None:
    meter = make_meter()
    assert get(meter, ACTIVATION, 2) == registers(*DEFAULT_CODES)
    assert get(meter, ACTIVATION, 3) == masks(m0001=(1, 2), m0002=(3, 4))
    assert get(meter, ACTIVATION, 4).value == b"\0\2"
    assert counted(meter) == ([0, 1000, 0, 1000], 1000, 1000)


def test_the_active_mask_decides_what_counts_until_the_calendar_goes_on() -> None:
    meter = make_meter()
    assert use(meter, "0001") is GOOD
    meter = restored(meter)
    assert counted(meter) == ([1000, 0, 1000, 0], 1000, 1000)
    assert b"0-0:96.14.0(0001)" in meter.telegram(meter.state.at_s)
    meter.advance(NOW_S + 48 * 3600)
    assert get(meter, ACTIVATION, 4).value == b"\0\2"


@pytest.mark.parametrize(
    ("indices", "added"),
    [
        ((), [0, 0, 0, 0]),
        ((1,), [1000, 0, 0, 0]),
        ((1, 3), [1000, 1000, 0, 0]),
        ((1, 2, 3, 4), [1000, 1000, 1000, 1000]),
        ((2, 4, 4), [0, 0, 1000, 1000]),
    ],
)
def test_the_totals_count_whatever_the_mask_names(
    indices: tuple[int, ...], added: list[int]
) -> None:
    meter = make_meter()
    mask = type_of("register_act_mask").data((b"\x00\x07", indices))
    assert act(meter, ACTIVATION, 2, mask) is DONE
    assert use(meter, "0007") is GOOD
    assert counted(meter) == (added, 1000, 1000)
    again = restored(meter)
    for code in ("1-0:1.8.0", "1-0:2.8.0"):
        assert get(again, (3, code)).value == 1000
    assert counted(again) == (added, 1000, 1000)
    assert b"0-0:96.14.0(0007)" in meter.telegram(NOW_S)


def test_another_assignment_moves_what_counts_at_once() -> None:
    meter = make_meter()
    swapped = registers("1-0:1.8.2", "1-0:2.8.2", "1-0:1.8.1", "1-0:2.8.1")
    assert put(meter, ACTIVATION, 2, swapped) is GOOD
    assert counted(meter) == ([1000, 0, 1000, 0], 1000, 1000)


def test_a_register_is_added_once_and_only_if_there_is_one() -> None:
    meter = make_meter()
    power, stranger = registers("1-0:1.7.0", "1-0:9.9.9").value
    assert act(meter, ACTIVATION, 1, power) is DONE
    assert act(meter, ACTIVATION, 1, power) is NOT_DONE
    assert act(meter, ACTIVATION, 1, stranger) is NOT_DONE
    assert act(meter, ACTIVATION, 1, axdr.unsigned(1)) is ActionResult.TYPE_UNMATCHED
    assert get(meter, ACTIVATION, 2) == registers(*DEFAULT_CODES, "1-0:1.7.0")


def test_a_mask_is_added_in_place_of_its_name_and_deleted() -> None:
    meter = make_meter()
    make = type_of("register_act_mask").data
    assert act(meter, ACTIVATION, 2, make((b"\0\2", (1, 2)))) is DONE
    assert counted(meter) == ([1000, 0, 1000, 0], 1000, 1000)
    name = axdr.octet_string
    assert act(meter, ACTIVATION, 3, name(b"\0\2")) is NOT_DONE
    assert act(meter, ACTIVATION, 3, name(b"\0\3")) is NOT_DONE
    assert act(meter, ACTIVATION, 3, name(b"\0\1")) is DONE
    assert get(meter, ACTIVATION, 3) == masks(m0002=(1, 2))
    # The calendar's low rate has no mask any more: what is active stays so.
    meter.advance(NOW_S + 24 * 3600)
    assert get(meter, ACTIVATION, 4).value == b"\0\2"
    assert use(meter, "0001") is REFUSED


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        (2, registers("1-0:1.8.1", "1-0:2.8.1", "1-0:1.8.2")),
        (2, registers(*DEFAULT_CODES, "1-0:1.8.1")),
        (2, registers(*DEFAULT_CODES, "1-0:9.9.9")),
        (2, registers(*DEFAULT_CODES, class_id=4)),
        (2, registers(*DEFAULT_CODES[:3], "0-0:96.13.0", class_id=1)),
        (2, registers(*[f"1-0:{n}.7.0" for n in range(49)])),
        (3, masks(m0001=(1, 2))),
        (3, masks(m0001=(1,), m0002=(5,))),
        (3, masks(m0001=(1,), m0002=(0,))),
        (3, masks(m01=(1,), m0002=(1,))),
        (3, masks(m000a=(1,), m0002=(1,))),
        (3, masks(m0002=(1,) * 65)),
        (3, masks(**{f"m000{n}": (1,) for n in range(9)})),
        (3, axdr.array([*masks(m0002=(1,)).value, *masks(m0002=(2,)).value])),
        (4, axdr.octet_string(b"\0\3")),
        (4, axdr.octet_string(b"\2")),
        (4, axdr.octet_string(b"")),
    ],
)
def test_what_cannot_be_changes_nothing(attribute: int, value: Data) -> None:
    meter = make_meter()
    assert put(meter, ACTIVATION, attribute, value) is REFUSED
    assert meter.state.settings is None
    assert counted(meter) == ([0, 1000, 0, 1000], 1000, 1000)


def test_eight_masks_are_the_most_that_there_can_be() -> None:
    meter = make_meter()
    assert put(
        meter, ACTIVATION, 3, masks(**{f"m000{n}": (1,) for n in range(1, 9)})
    ) is (GOOD)
    another = type_of("register_act_mask").data((b"\0\x09", ()))
    assert act(meter, ACTIVATION, 2, another) is NOT_DONE


def test_an_active_mask_that_a_state_file_does_not_know_is_told() -> None:
    meter = make_meter()
    meter.state.settings = {
        ("register_activation", "mask_list"): masks(m0001=(1, 2)),
    }
    with pytest.raises(ConfigError, match="register_activation.mask_list"):
        restored(meter)

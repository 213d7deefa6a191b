"""What other simulators give, good and bad."""

from __future__ import annotations

from math import inf, nan

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.cosimulation.given import POWER_W, VOLTAGE_V
from wire.errors import LocalError


def test_values_become_integers_of_the_wire_s_unit() -> None:
    assert POWER_W.take({"grid": [1000.4, 0, -3000.6]}, "CP001.load_w") == (
        1000,
        0,
        -3001,
    )
    assert VOLTAGE_V.take({"grid": (230.04, 229.96, 0)}, "CP001.voltage_v") == (
        2300,
        2300,
        0,
    )


def test_numpy_s_numbers_are_numbers() -> None:
    assert POWER_W.take({"grid": numpy.array([1.0, -2.0, 3.0])}, "x") == (1, -2, 3)
    assert POWER_W.take({"grid": numpy.array([1, 2, 3])}, "x") == (1, 2, 3)


def test_loads_of_several_are_one_load() -> None:
    houses = {"house": [500, 0, 0], "roof": [-1200, 0, 0.4], "pump": [0, 700, 0.4]}
    assert POWER_W.take(houses, "CP001.load_w") == (-700, 700, 1)


def test_the_order_of_the_givers_does_not_matter() -> None:
    values = {"a": [1e6, 0, 0], "b": [0.5 - 1e-9, 0, 0], "c": [-1e6, 0, 0]}
    backwards = dict(reversed(values.items()))
    assert POWER_W.take(values, "x") == POWER_W.take(backwards, "x") == (0, 0, 0)


def test_a_voltage_has_one_giver() -> None:
    with pytest.raises(LocalError, match="CP001.voltage_v is given by more than one"):
        VOLTAGE_V.take({"a": [230] * 3, "b": [231] * 3}, "CP001.voltage_v")


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ([nan, 0, 0], "nan W is not within"),
        ([0, inf, 0], "inf W is not within"),
        ([0, 0], "2 values are not 3, one per phase"),
        ([0, 0, 0, 0], "4 values are not 3"),
        ([], "0 values are not 3"),
        (1000, "1000 is not one number for each phase"),
        (None, "None is not one number for each phase"),
        ("123", "'123' is not one number for each phase"),
        (b"123", "is not one number for each phase"),
        ({1: 2, 3: 4, 5: 6}, "is not one number for each phase"),
        ([0, 0, "1"], "'1' is not a number"),
        ([0, 0, None], "None is not a number"),
        ([0, True, 0], "True is not a number"),
        ([[1, 2], 0, 0], r"\[1, 2\] is not a number"),
        ([1j, 0, 0], "1j is not a number"),
        ([1_000_001, 0, 0], "1000001 W is not within -1e.06 and 1e.06"),
        ([10**400, 0, 0], r"10{39}… W is not within"),
    ],
)
def test_what_cannot_be_is_refused_by_name(value: object, why: str) -> None:
    with pytest.raises(LocalError, match=f"^CP001.load_w from Grid-0.house: .*{why}"):
        POWER_W.take({"Grid-0.house": value}, "CP001.load_w")


def test_a_voltage_below_zero_is_refused() -> None:
    with pytest.raises(LocalError, match="-1 V is not within 0 and 500"):
        VOLTAGE_V.take({"grid": [230, -1, 230]}, "CP001.voltage_v")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
        lambda inner: st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=2), inner, max_size=3),
        max_leaves=8,
    )
)
def test_any_json_is_taken_or_refused(value: object) -> None:
    try:
        taken = POWER_W.take({"grid": value}, "x")
    except LocalError:
        return
    assert all(isinstance(power_w, int) and abs(power_w) <= 10**6 for power_w in taken)

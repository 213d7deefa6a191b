"""The types of the tables: what fits, what has another type, what is too long."""

from __future__ import annotations

import pytest

from wire.cosem.types import Fit, type_of
from wire.dlms import axdr
from wire.dlms.data import Data
from wire.errors import LocalError
from wire.quantities import ScalerUnit, Unit


@pytest.mark.parametrize(
    ("name", "data", "fit"),
    [
        ("octet-string[4]", axdr.octet_string(b"abcd"), Fit.GOOD),
        ("octet-string[4]", axdr.octet_string(b"abcde"), Fit.TOO_LONG),
        ("octet-string[4]", axdr.visible_string("abcd"), Fit.WRONG_TYPE),
        ("octet-string[4]", axdr.null_data(), Fit.WRONG_TYPE),
        ("octet-string", axdr.octet_string(bytes(5000)), Fit.GOOD),
        ("long-unsigned", axdr.long_unsigned(1), Fit.GOOD),
        ("long-unsigned", axdr.double_long_unsigned(1), Fit.WRONG_TYPE),
        ("scal_unit_type", axdr.structure(axdr.integer(0), axdr.enum(35)), Fit.GOOD),
        ("scal_unit_type", axdr.structure(axdr.integer(0)), Fit.WRONG_TYPE),
        (
            "scal_unit_type",
            axdr.structure(axdr.integer(0), axdr.unsigned(35)),
            Fit.WRONG_TYPE,
        ),
        ("array", axdr.array([axdr.null_data()]), Fit.GOOD),
        ("key_transfer_type", axdr.array([]), Fit.GOOD),
        ("key_transfer_type", axdr.array([axdr.enum(0)]), Fit.WRONG_TYPE),
        (
            "key_transfer_type",
            axdr.array([axdr.structure(axdr.enum(0), axdr.octet_string(b""))] * 4),
            Fit.TOO_LONG,
        ),
    ],
)
def test_fit(name: str, data: Data, fit: Fit) -> None:
    assert type_of(name).fit(data) is fit


def test_plain_values_become_octets() -> None:
    scaler_unit = ScalerUnit(-1, Unit.VOLT)
    assert type_of("scal_unit_type").encode(scaler_unit).hex() == "02020fff1623"
    assert type_of("enum").encode(3).hex() == "1603"
    pairs = type_of("asslist_type").encode([(1, b"x")])
    assert pairs.hex() == "0101020212000109" + "0178"


def test_null_data_stands_for_what_is_optional_only() -> None:
    kind = type_of("objlist_type")
    rights = ([(1, 1, None), (2, 1, (1, 2))], [(1, 0)])
    octets = kind.encode([(7, 1, bytes(6), rights)])
    attributes = "0203" + "0f011601" + "00" + "0203" + "0f021601" + "01020f010f02"
    assert octets.hex().endswith("0102" + attributes + "0101" + "02020f011600")
    assert kind.fit(axdr.decode(octets)) is Fit.GOOD
    with pytest.raises(LocalError):
        kind.encode([(7, None, bytes(6), rights)])


def test_a_structure_has_all_its_parts() -> None:
    with pytest.raises(LocalError, match="2 parts"):
        type_of("scal_unit_type").encode((1, 2, 3))


@pytest.mark.parametrize("name", ["", "octets", "octet-string[x]", "long unsigned"])
def test_a_table_cannot_name_what_is_no_type(name: str) -> None:
    with pytest.raises(LocalError, match="not an A-XDR type"):
        type_of(name)

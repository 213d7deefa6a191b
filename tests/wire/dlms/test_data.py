"""COSEM values as plain Python and as JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from tests.wire.dlms.samples import DATA
from wire.dlms import axdr
from wire.dlms.axdr import BitString, Data, Tag, from_json, plain, to_json
from wire.errors import ConfigError, LocalError


@given(DATA)
@settings(max_examples=100)
def test_every_value_can_be_shown_as_json(data: Data) -> None:
    json.dumps(to_json(data))
    plain(data)


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (axdr.octet_string(b"\x00\xff"), {"hex": "00ff"}),
        (axdr.double_long(-5), -5),
        (axdr.boolean(True), True),
        (axdr.null_data(), None),
        (axdr.visible_string("kWh"), "kWh"),
        (axdr.bit_string("0101"), {"bits": "0101"}),
        (axdr.structure(axdr.enum(30), axdr.array([])), [30, []]),
    ],
)
def test_json_of_each_kind(data: Data, shown: Any) -> None:
    assert to_json(data) == shown


@pytest.mark.parametrize(
    ("value", "type_name", "data"),
    [
        (5, "long-unsigned", axdr.long_unsigned(5)),
        (-5, "integer", axdr.integer(-5)),
        (True, "boolean", axdr.boolean(True)),
        (None, "null-data", axdr.null_data()),
        ("é", "octet-string", axdr.octet_string(b"\xc3\xa9")),
        ({"hex": "00 ff"}, "octet-string", axdr.octet_string(b"\x00\xff")),
        ({"hex": "00" * 12}, "date-time", Data(Tag.DATE_TIME, bytes(12))),
        ("abc", "visible-string", axdr.visible_string("abc")),
        ({"bits": "011"}, "bit-string", axdr.bit_string("011")),
        ("011", "bit-string", axdr.bit_string("011")),
        (1, "float32", Data(Tag.FLOAT32, 1.0)),
        (
            [{"unsigned": 5}, {"array": [{"enum": 1}]}],
            "structure",
            axdr.structure(axdr.unsigned(5), axdr.array([axdr.enum(1)])),
        ),
    ],
)
def test_what_a_person_writes(value: Any, type_name: str, data: Data) -> None:
    assert from_json(value, type_name) == data
    axdr.encode(data)


@pytest.mark.parametrize(
    ("value", "type_name", "says"),
    [
        (65536, "long-unsigned", "0 to 65535"),
        (-1, "unsigned", "0 to 255"),
        (1.5, "unsigned", "unsigned"),
        (True, "unsigned", "unsigned"),
        ("1", "unsigned", "unsigned"),
        (1, "boolean", "true or false"),
        (0, "null-data", "null"),
        ({"hex": "0"}, "octet-string", "hex"),
        ({"hex": "00", "x": 1}, "octet-string", "hex"),
        (5, "octet-string", "hex"),
        ({"hex": "00"}, "date-time", "12 octets"),
        ("é", "visible-string", "ASCII"),
        ("012", "bit-string", "bits"),
        ("x", "float64", "number"),
        (10**400, "float64", "number"),
        (5, "array", "list"),
        ([5], "structure", "does not name its type"),
        ([{"unsigned": 256}], "structure", "0 to 255"),
        (5, "word", "not a COSEM type"),
    ],
)
def test_what_does_not_fit_is_said(value: Any, type_name: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        from_json(value, type_name)


@pytest.mark.parametrize("text", ["nan", "inf", "-inf"])
def test_a_float_that_is_no_number_is_a_text_in_json(text: str) -> None:
    assert to_json(Data(Tag.FLOAT32, float(text))) == text


def test_bits_count_from_the_most_significant() -> None:
    bits = BitString.from_text("0100000001")
    assert (bits.octets, str(bits)) == (b"\x40\x40", "0100000001")
    assert [bits.bit(i) for i in (0, 1, 8, 9)] == [False, True, False, True]
    assert str(BitString.from_text("")) == ""
    for wrong in (10, -1):
        with pytest.raises(LocalError):
            bits.bit(wrong)
    with pytest.raises(LocalError):
        BitString.from_text("012")
    with pytest.raises(LocalError):
        BitString(9, b"\x00")

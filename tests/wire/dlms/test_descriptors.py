"""COSEM descriptors: nine octets, one object each."""

from __future__ import annotations

import pytest

from wire.dlms.descriptors import AttributeDescriptor, MethodDescriptor
from wire.errors import LocalError, WireError
from wire.obis import Obis

OBIS = Obis.parse("1-0:1.8.1")


def test_nine_octets_both_ways() -> None:
    attribute = AttributeDescriptor(3, OBIS, 2)
    assert attribute.encode().hex() == "00030100010801ff02"
    assert AttributeDescriptor.decode(attribute.encode()) == attribute
    assert AttributeDescriptor.decode(attribute.encode()) is AttributeDescriptor.decode(
        attribute.encode()
    )
    assert str(attribute) == "class 3, 1-0:1.8.1.255, attribute 2"
    method = MethodDescriptor(3, OBIS, -1)
    assert method.encode().hex() == "00030100010801ffff"
    assert MethodDescriptor.decode(method.encode()) == method


@pytest.mark.parametrize("octets", [b"", bytes(8), bytes(10)])
def test_other_lengths_are_refused(octets: bytes) -> None:
    with pytest.raises(WireError):
        AttributeDescriptor.decode(octets)
    with pytest.raises(WireError):
        MethodDescriptor.decode(octets)


@pytest.mark.parametrize(
    ("class_id", "index"), [(65536, 1), (-1, 1), (1, 128), (1, -129)]
)
def test_what_cannot_be_written_cannot_be_made(class_id: int, index: int) -> None:
    with pytest.raises(LocalError):
        AttributeDescriptor(class_id, OBIS, index)
    with pytest.raises(LocalError):
        MethodDescriptor(class_id, OBIS, index)

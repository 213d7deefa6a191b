"""Short IDs, configuration words, headers and equipment identifiers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.mbus.samples import GAS, WORKED
from wire.errors import LocalError, WireError
from wire.mbus.headers import (
    Configuration,
    DeviceType,
    EquipmentIdentifier,
    LongHeader,
    ShortHeader,
    ShortId,
    letters,
)

CONFIGURATIONS = st.builds(
    Configuration,
    st.integers(0, 15),
    st.integers(0, 15),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.integers(0, 3),
    st.integers(0, 3),
)
SHORT_IDS = st.builds(
    ShortId,
    st.integers(0, 99_999_999).map("{:08}".format),
    st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=3, max_size=3),
    st.integers(0, 255),
    st.sampled_from(DeviceType),
)


def test_the_worked_device() -> None:
    octets = bytes.fromhex(WORKED["device"])
    assert ShortId.decode(octets) == GAS
    assert GAS.encode() == octets
    assert GAS.link_address() == bytes.fromhex("B438896745234003")
    assert GAS.manufacturer_code == 0x38B4
    assert letters(0x38B4) == "NET"


@given(SHORT_IDS)
def test_short_ids_both_ways(device: ShortId) -> None:
    assert ShortId.decode(device.encode()) == device
    assert ShortId.from_link_address(device.link_address()) == device
    assert letters(device.manufacturer_code) == device.manufacturer


@pytest.mark.parametrize(
    ("octets", "offset"),
    [
        ("89674523B4384003AA", None),
        ("89674523B43840", None),
        ("8A674523B4384003", 0),
        ("8967452300004003", 4),
        ("89674523B4B84003", 4),
        ("89674523FBFF4003", 4),
        ("89674523B4384037", 7),
    ],
)
def test_octets_that_name_no_device(octets: str, offset: int | None) -> None:
    with pytest.raises(WireError) as caught:
        ShortId.decode(bytes.fromhex(octets))
    assert caught.value.offset == offset


@pytest.mark.parametrize(
    "change",
    [
        {"identification": "1234567"},
        {"identification": "1234567A"},
        {"identification": "1234567\u0661"},
        {"manufacturer": "net"},
        {"manufacturer": "NETS"},
        {"version": 256},
        {"version": -1},
    ],
)
def test_short_ids_that_cannot_be(change: dict[str, str | int]) -> None:
    with pytest.raises(LocalError):
        replace(GAS, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("octets", "word"),
    [
        ("400F", Configuration(15, 4)),
        ("40AF", Configuration(15, 4, bidirectional=True, synchronous=True)),
        ("00A0", Configuration(bidirectional=True, synchronous=True)),
        ("408F", Configuration(15, 4, bidirectional=True)),
        ("100F", Configuration(15, 1)),
        ("0000", Configuration()),
        ("0040", Configuration(accessible=True)),
        ("0B00", Configuration(content=2, hop=3)),
    ],
)
def test_configuration_words_of_dsmr(octets: str, word: Configuration) -> None:
    assert word.encode() == bytes.fromhex(octets)
    assert Configuration.decode(bytes.fromhex(octets)) == word


def test_every_configuration_word_is_read_back_or_refused() -> None:
    for number in range(0x10000):
        octets = number.to_bytes(2, "little")
        if number & 0x1000:
            with pytest.raises(WireError, match="bit 12"):
                Configuration.decode(octets)
        else:
            assert Configuration.decode(octets).encode() == octets


@pytest.mark.parametrize(
    "word", [Configuration(16), Configuration(15, 16), Configuration(content=4)]
)
def test_configuration_words_that_do_not_fit(word: Configuration) -> None:
    with pytest.raises(LocalError):
        word.encode()


@given(SHORT_IDS, st.integers(0, 255), st.integers(0, 255), CONFIGURATIONS)
def test_headers_both_ways(
    device: ShortId, access_number: int, status: int, word: Configuration
) -> None:
    short = ShortHeader(access_number, status, word)
    assert ShortHeader.decode(short.encode()) == short
    long = LongHeader(device, access_number, status, word)
    assert LongHeader.decode(long.encode()) == long
    assert long.encode() == device.encode() + short.encode()


@given(st.binary(max_size=20))
def test_headers_of_any_octets_are_read_or_refused(octets: bytes) -> None:
    for header in (ShortHeader, LongHeader):
        try:
            assert header.decode(octets).encode() == octets
        except WireError:
            pass


def test_headers_that_cannot_be() -> None:
    with pytest.raises(LocalError):
        ShortHeader(256).encode()
    with pytest.raises(LocalError):
        LongHeader(GAS, 0, -1).encode()


def test_an_equipment_identifier_ends_in_serial_and_year() -> None:
    landis = EquipmentIdentifier("G0017591208205814")
    assert landis.identification == "12082058"
    assert EquipmentIdentifier.of("G0017", 5912082058, 2014) == landis
    assert EquipmentIdentifier.of("G1", 7, 9).text == "   G1000000000709"
    for wrong in ("G001759120820581", "G00175912082058140", "G001759120820581\n"):
        with pytest.raises(LocalError):
            EquipmentIdentifier(wrong)

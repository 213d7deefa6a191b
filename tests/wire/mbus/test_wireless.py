"""The radio link: telegrams that DSMR allows, in format A, B and without CRCs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wire.mbus.samples import GAS, RADIO, USER_KEY, octets_of
from wire.errors import LocalError, WireError
from wire.mbus import application, frames
from wire.mbus.application import Ci, Opening, Sealing, compose, interpret
from wire.mbus.headers import Configuration, DeviceType, LongHeader, ShortId
from wire.mbus.messages import Data, Nothing
from wire.mbus.wireless import (
    NO_LINK_ADDRESS,
    TELEGRAMS,
    Format,
    Service,
    Side,
    Telegram,
    add_crcs,
    decode,
    remove_crcs,
)

LANDIS = ShortId("12082058", "LGB", 0x40, DeviceType.GAS)
WITH_CRCS = (Format.A, Format.B)
TELEGRAM = st.builds(
    lambda key, address, body: Telegram(key[0], address, key[1], body),
    st.sampled_from(list(TELEGRAMS)),
    st.binary(min_size=8, max_size=8),
    st.binary(max_size=241),
)


@pytest.mark.parametrize("name", RADIO)
def test_worked_telegrams_both_ways(name: str) -> None:
    octets = bytes.fromhex(RADIO[name]["octets"])
    assert decode(octets).encode() == octets


def test_a_request_to_be_installed_and_its_confirmation() -> None:
    request = decode(bytes.fromhex(RADIO["SND_IR"]["octets"]), Side.DEVICE)
    assert (request.service, request.sender()) == (Service.SND_IR, LANDIS)
    received = application.decode(request.ci, request.body)
    assert interpret(received, LANDIS) == (Data(), None)
    confirmation = decode(bytes.fromhex(RADIO["CNF_IR"]["octets"]), Side.E_METER)
    assert confirmation.service is Service.CNF_IR
    answer = application.decode(confirmation.ci, confirmation.body)
    assert answer == compose(Ci.LINK_TO_DEVICE, Nothing(), LANDIS, 1)
    assert interpret(answer) == (Nothing(), None)
    assert received.header is not None and isinstance(answer.header, LongHeader)
    assert answer.header.access_number == received.header.access_number


def test_the_same_ciphertext_goes_over_wire_and_radio() -> None:
    telegram = decode(bytes.fromhex(RADIO["SND_NR"]["octets"]))
    assert telegram.sender() == GAS and telegram.service is Service.SND_NR
    wired = frames.decode(octets_of("hourly data, enciphered"))
    assert isinstance(wired, frames.Long)
    opening = Opening(USER_KEY, 0)
    received = application.decode(telegram.ci, telegram.body)
    message = interpret(received, GAS, opening)
    assert message == interpret(application.decode(wired.ci, wired.body), None, opening)
    word = Configuration(bidirectional=True, synchronous=True)
    sent = compose(
        Ci.RESPONSE_SHORT, message.message, GAS, 0x5A, word, Sealing(USER_KEY, 1)
    )
    assert sent == received


@pytest.mark.parametrize("format", Format)
def test_telegrams_are_those_of_the_table(format: Format) -> None:
    body = bytes(4)
    for c in range(256):
        for ci in (0x51, 0x5A, 0x5B, 0x6C, 0x72, 0x7A, 0x80, 0x8A, 0x8B, 0xBD):
            telegram = Telegram(c, GAS.link_address(), ci, body)
            size = 14 + (2 if format is Format.B else 0)
            octets = add_crcs(
                bytes((size, c)) + GAS.link_address() + bytes((ci,)) + body, format
            )
            for side in (*Side, None):
                row = TELEGRAMS.get((c, ci))
                if row is not None and side in (None, row[1]):
                    assert decode(octets, side, format) == telegram
                    assert telegram.encode(format) == octets
                    assert (telegram.service, telegram.side) == row
                    continue
                with pytest.raises(WireError, match="not allowed"):
                    decode(octets, side, format)
            if (c, ci) not in TELEGRAMS:
                with pytest.raises(LocalError, match="not of DSMR"):
                    telegram.encode(format)


def test_each_service_has_its_side() -> None:
    device = {row[0] for row in TELEGRAMS.values() if row[1] is Side.DEVICE}
    assert device == {Service.SND_NR, Service.SND_IR, Service.ACK, Service.RSP_UD}
    assert {row[0] for row in TELEGRAMS.values()} == set(Service)


@given(TELEGRAM, st.sampled_from(Format))
def test_telegrams_both_ways(telegram: Telegram, format: Format) -> None:
    octets = telegram.encode(format)
    assert decode(octets, telegram.side, format) == telegram
    assert octets[0] <= 255


@given(TELEGRAM, st.sampled_from(WITH_CRCS), st.data())
@settings(max_examples=200)
def test_no_changed_bit_goes_unseen(
    telegram: Telegram, format: Format, data: st.DataObject
) -> None:
    octets = bytearray(telegram.encode(format))
    bit = data.draw(st.integers(0, 8 * len(octets) - 1))
    octets[bit // 8] ^= 1 << bit % 8
    with pytest.raises(WireError):
        decode(bytes(octets), None, format)


@pytest.mark.parametrize(
    ("size", "format", "blocks"),
    [
        (10, Format.A, [12]),
        (11, Format.A, [12, 3]),
        (26, Format.A, [12, 18]),
        (27, Format.A, [12, 18, 3]),
        (126, Format.B, [128]),
        (127, Format.B, [128, 3]),
        (252, Format.B, [128, 128]),
    ],
)
def test_where_the_crcs_stand(size: int, format: Format, blocks: list[int]) -> None:
    octets = bytes(range(size))
    framed = add_crcs(octets, format)
    assert len(framed) == sum(blocks)
    assert remove_crcs(framed, format) == octets
    begin = 0
    for block in blocks:
        damaged = bytearray(framed)
        damaged[begin + block - 1] ^= 1
        with pytest.raises(WireError, match="CRC") as caught:
            remove_crcs(bytes(damaged), format)
        assert caught.value.offset == begin
        begin += block


@pytest.mark.parametrize("format", Format)
def test_the_longest_telegram(format: Format) -> None:
    room = {Format.A: 245, Format.B: 241, Format.BARE: 245}[format]
    telegram = Telegram(0x44, NO_LINK_ADDRESS, 0x7A, bytes(room))
    octets = telegram.encode(format)
    assert octets[0] == 255 and decode(octets, None, format) == telegram
    with pytest.raises(LocalError, match="at most 255"):
        replace(telegram, body=bytes(room + 1)).encode(format)
    with pytest.raises(LocalError, match="8 octets"):
        replace(telegram, link_address=bytes(7)).encode(format)


@pytest.mark.parametrize("format", Format)
def test_lengths_that_are_wrong(format: Format) -> None:
    address = GAS.link_address()
    size = 15 if format is not Format.B else 17
    for wrong in (size - 1, size + 1, 0):
        octets = bytes((wrong, 0x44)) + address + b"\x7a" + bytes(5)
        with pytest.raises(WireError, match="follow an L"):
            decode(add_crcs(octets, format), None, format)
    size = 9 if format is not Format.B else 11
    with pytest.raises(WireError, match="cut short"):
        decode(add_crcs(bytes((size, 0x44)) + address, format), None, format)
    with pytest.raises(WireError, match="empty"):
        decode(b"", None, format)


def test_a_link_address_that_is_open_names_no_device() -> None:
    telegram = Telegram(0x40, NO_LINK_ADDRESS, 0x80)
    assert decode(telegram.encode()) == telegram
    with pytest.raises(WireError, match="manufacturer"):
        telegram.sender()


@given(st.binary(max_size=300), st.sampled_from(Format))
def test_any_octets_are_a_telegram_or_refused(octets: bytes, format: Format) -> None:
    try:
        telegram = decode(octets, None, format)
    except WireError:
        return
    assert telegram.encode(format) == octets

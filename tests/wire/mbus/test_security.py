"""Mode 15, mode 5, and keys on their way: worked examples, and what does not verify."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wire.mbus.samples import DEFAULT_KEY, GAS, USER_KEY, WIRED, WORKED, octets_of
from wire.errors import LocalError, SecurityError, WireError
from wire.mbus import frames
from wire.mbus.security import (
    COUNTER_OCTETS,
    MAX_COUNTER,
    CounterTooLow,
    TransferredKey,
    WrongFillers,
    decode_key_transfer,
    encode_key_transfer,
    filled,
    open_mode_5,
    open_mode_15,
    seal_mode_5,
    seal_mode_15,
    unwrap_user_key,
    wrap_user_key,
)

# How many octets of header stand before the body of an enciphered frame.
HEADER_OCTETS = {0x5A: 4, 0x6C: 12, 0x72: 12}
ENCIPHERED = [name for name, row in WIRED.items() if "counter" in row]


def body_of(name: str) -> bytes:
    frame = frames.decode(octets_of(name))
    assert isinstance(frame, frames.Long)
    return frame.body[HEADER_OCTETS[frame.ci] :]


@pytest.mark.parametrize("name", ENCIPHERED)
def test_the_standards_ciphertexts_both_ways(name: str) -> None:
    body, row = body_of(name), WIRED[name]
    plaintext = bytes.fromhex(row["plaintext"])
    blocks, counter = len(plaintext) // 16, row["counter"]
    assert seal_mode_15(USER_KEY, GAS, counter, plaintext) == body
    opened = open_mode_15(USER_KEY, GAS, blocks, body, counter - 1)
    assert (opened.plaintext, opened.counter) == (plaintext, counter)
    assert "2f2f" not in repr(opened) and "plain" not in repr(opened)


@pytest.mark.parametrize(
    "name", ["hourly data, enciphered", "open the valve, enciphered"]
)
def test_the_standards_fillers(name: str) -> None:
    plaintext = bytes.fromhex(WIRED[name]["plaintext"])
    assert filled(plaintext[2:].rstrip(b"\x2f")) == plaintext


@pytest.mark.parametrize(
    ("size", "blocks"), [(0, 1), (12, 1), (13, 2), (28, 2), (236, 15)]
)
def test_two_fillers_stand_at_both_ends(size: int, blocks: int) -> None:
    plaintext = filled(bytes(size))
    assert len(plaintext) == 16 * blocks
    assert plaintext.strip(b"\x2f") == bytes(size)
    assert plaintext[:2] == plaintext[-2:] == b"\x2f\x2f"


def test_more_than_fifteen_blocks_cannot_be_told() -> None:
    with pytest.raises(LocalError, match="15 blocks"):
        filled(bytes(237))


@given(
    st.binary(min_size=16, max_size=16),
    st.integers(0, MAX_COUNTER),
    st.binary(max_size=236),
)
@settings(max_examples=50)
def test_mode_15_both_ways(key: bytes, counter: int, records: bytes) -> None:
    plaintext = filled(records)
    body = seal_mode_15(key, GAS, counter, plaintext)
    assert len(body) == len(plaintext) + COUNTER_OCTETS
    opened = open_mode_15(key, GAS, len(plaintext) // 16, body, None)
    assert (opened.plaintext, opened.counter) == (plaintext, counter)


def test_a_counter_must_be_higher_than_the_last() -> None:
    body = seal_mode_15(USER_KEY, GAS, 7, filled(b""))
    assert open_mode_15(USER_KEY, GAS, 1, body, 6).counter == 7
    for last in (7, 8, MAX_COUNTER):
        with pytest.raises(CounterTooLow, match="counter 7"):
            open_mode_15(USER_KEY, GAS, 1, body, last)
    first = seal_mode_15(USER_KEY, GAS, 0, filled(b""))
    assert open_mode_15(USER_KEY, GAS, 1, first, None).counter == 0
    with pytest.raises(CounterTooLow):
        open_mode_15(USER_KEY, GAS, 1, first, 0)
    with pytest.raises(LocalError, match="32 bits"):
        seal_mode_15(USER_KEY, GAS, MAX_COUNTER + 1, filled(b""))


def test_what_is_wrong_is_found_in_the_standards_order() -> None:
    """The counter, then lengths, then fillers."""
    body = seal_mode_15(USER_KEY, GAS, 7, filled(b""))
    other = bytes(16)
    with pytest.raises(CounterTooLow):
        open_mode_15(other, GAS, 2, body, 7)
    with pytest.raises(WireError, match="2 blocks"):
        open_mode_15(other, GAS, 2, body, 6)
    with pytest.raises(WrongFillers):
        open_mode_15(other, GAS, 1, body, 6)


def test_of_the_vector_the_fillers_guard_the_manufacturer_alone() -> None:
    """CBC adds the vector to the first block: two octets of it meet the fillers."""
    body = seal_mode_15(USER_KEY, GAS, 7, filled(b"\x01\xfd\x17\x00"))
    with pytest.raises(WrongFillers):
        open_mode_15(USER_KEY, replace(GAS, manufacturer="NEU"), 1, body, 6)
    right = open_mode_15(USER_KEY, GAS, 1, body, 6).plaintext
    other = replace(GAS, identification="23456788")
    assert open_mode_15(USER_KEY, other, 1, body, 6).plaintext[:2] == right[:2]
    assert open_mode_15(USER_KEY, other, 1, body, 6).plaintext != right


@pytest.mark.parametrize(
    "plaintext",
    [b"\x2e" + b"\x2f" * 15, b"\x2f\x2e" + b"\x2f" * 14, b"\x2f" * 15 + b"\0"],
)
def test_each_filler_is_looked_at(plaintext: bytes) -> None:
    body = seal_mode_15(USER_KEY, GAS, 1, plaintext)
    with pytest.raises(WrongFillers):
        open_mode_15(USER_KEY, GAS, 1, body, 0)
    both = seal_mode_15(USER_KEY, GAS, 1, b"\x2f" * 14 + b"\0\x2f")
    with pytest.raises(WrongFillers):
        open_mode_15(USER_KEY, GAS, 1, both, 0)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        bytes(16),
        b"\x04\xfd\x08\x01\0\0",
        bytes(16) + b"\x04\xfd\x09\x01\0\0\0",
        bytes(16) + b"\x04\xfd\x08\x01\0\0",
        b"\x04\xfd\x08\x01\0\0\0",
        bytes(15) + b"\x04\xfd\x08\x01\0\0\0",
    ],
)
def test_a_body_that_is_not_of_mode_15(body: bytes) -> None:
    for blocks in (0, 1):
        with pytest.raises(WireError) as caught:
            open_mode_15(USER_KEY, GAS, blocks, body, 0)
        assert not isinstance(caught.value, SecurityError)


@given(st.binary(max_size=80), st.integers(0, 15))
def test_any_body_is_opened_or_refused(body: bytes, blocks: int) -> None:
    with suppress(WireError):
        open_mode_15(USER_KEY, GAS, blocks, body, None)
    with suppress(WireError):
        open_mode_15(USER_KEY, GAS, blocks, body + b"\x04\xfd\x08\0\0\0\0", None)
    with suppress(WireError):
        open_mode_5(USER_KEY, GAS, 0, blocks, body)


@given(st.integers(0, 255), st.binary(max_size=100), st.binary(max_size=20))
@settings(max_examples=50)
def test_mode_5_both_ways(access_number: int, records: bytes, clear: bytes) -> None:
    plaintext = filled(records)
    body = seal_mode_5(USER_KEY, GAS, access_number, plaintext) + clear
    blocks = len(plaintext) // 16
    assert open_mode_5(USER_KEY, GAS, access_number, blocks, body) == plaintext + clear
    assert (
        open_mode_5(USER_KEY, GAS, access_number ^ 1, blocks, body) != plaintext + clear
    )
    with pytest.raises(WireError, match="enciphered blocks"):
        open_mode_5(USER_KEY, GAS, access_number, blocks + 2, body)


def test_mode_5_under_another_key() -> None:
    body = seal_mode_5(USER_KEY, GAS, 1, filled(b""))
    with pytest.raises(WrongFillers):
        open_mode_5(DEFAULT_KEY, GAS, 1, 1, body)


def test_the_standards_wrapped_key_both_ways() -> None:
    wrapped = bytes.fromhex(WORKED["keys"]["wrapped"])
    assert wrap_user_key(DEFAULT_KEY, USER_KEY) == wrapped
    assert unwrap_user_key(DEFAULT_KEY, wrapped) == USER_KEY
    for call in (wrap_user_key, unwrap_user_key):
        with pytest.raises((LocalError, WireError), match="16 octets"):
            call(DEFAULT_KEY, wrapped[1:])
        with pytest.raises(LocalError, match="16 octets"):
            call(DEFAULT_KEY[1:], wrapped)


TRANSFERRED = TransferredKey(0, USER_KEY, 5)


def test_a_key_transfer_verifies_whole_or_not_at_all() -> None:
    octets = encode_key_transfer(DEFAULT_KEY, GAS, TRANSFERRED)
    assert decode_key_transfer(DEFAULT_KEY, GAS, octets, 4) == TRANSFERRED
    assert decode_key_transfer(DEFAULT_KEY, GAS, octets, None) == TRANSFERRED
    for at in range(len(octets)):
        wrong = bytearray(octets)
        wrong[at] ^= 0x80
        with pytest.raises(SecurityError):
            decode_key_transfer(DEFAULT_KEY, GAS, bytes(wrong), None)
    with pytest.raises(SecurityError, match="tag"):
        decode_key_transfer(USER_KEY, GAS, octets, None)
    with pytest.raises(CounterTooLow, match="5 is not higher than 5"):
        decode_key_transfer(DEFAULT_KEY, GAS, octets, 5)
    for length in (0, 29, 31):
        with pytest.raises(WireError, match="30 octets"):
            decode_key_transfer(DEFAULT_KEY, GAS, octets.ljust(31)[:length], None)
    assert USER_KEY.hex() not in repr(TRANSFERRED) and "x01" not in repr(TRANSFERRED)


@pytest.mark.parametrize(
    "transferred",
    [
        TransferredKey(256, USER_KEY, 1),
        TransferredKey(0, USER_KEY, MAX_COUNTER + 1),
        TransferredKey(0, USER_KEY[1:], 1),
    ],
)
def test_a_key_transfer_that_cannot_be(transferred: TransferredKey) -> None:
    with pytest.raises(LocalError):
        encode_key_transfer(DEFAULT_KEY, GAS, transferred)

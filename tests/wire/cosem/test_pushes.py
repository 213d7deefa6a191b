"""Wake-up messages and notifications: vectors both ways, any chunking, any octets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.cosem.alarm_bits import REGISTERS, alarm_names
from wire.cosem.pushes import (
    MOST_OCTETS,
    Push,
    PushReader,
    encode_notification,
    encode_wake_up,
)
from wire.dlms import axdr
from wire.errors import WireError
from wire.obis import Obis

VECTORS = json.loads((Path(__file__).parent / "vectors/pushes.json").read_text())
FACTS = Path(__file__).resolve().parents[4] / "shared" / "facts" / "alarm_bits.json"
METER = "E0422000000000124"
SETUP = Obis.parse("0-1:25.9.0")
vectors = pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["name"])


def read(*pieces: bytes) -> Push | WireError | None:
    """What a reader makes of a connection that brings these pieces and ends."""
    reader = PushReader()
    for piece in pieces:
        if (outcome := reader.feed(piece)) is not None:
            assert reader.done and reader.feed(b"more") is None
            assert reader.end() is None
            return outcome
    return reader.end()


@vectors
def test_vectors_are_read_whatever_the_chunking(vector: dict[str, Any]) -> None:
    octets, expect = bytes.fromhex(vector["hex"]), vector["expect"]
    for cut in range(len(octets) + 1):
        push = read(octets[:cut], octets[cut:])
        assert isinstance(push, Push), push
        assert push.equipment_id == expect["equipment_id"]
        name = push.logical_name and str(push.logical_name)
        assert name == expect["logical_name"]
        assert alarm_names(push.alarms) == expect["alarms"]


@vectors
def test_vectors_are_written(vector: dict[str, Any]) -> None:
    octets = bytes.fromhex(vector["hex"])
    push = read(octets)
    assert isinstance(push, Push)
    if octets[0]:
        told = push.logical_name.octets if push.logical_name else bytes(0)
        told += b"".join(alarm.to_bytes(4, "big") for alarm in push.alarms)
        assert encode_wake_up(push.equipment_id, told) == octets
    else:
        assert push.logical_name is not None
        assert notification(push.equipment_id.encode(), *push.alarms) == octets


def notification(identifier: bytes, *alarms: int, name: bytes = SETUP.octets) -> bytes:
    parts = [axdr.octet_string(identifier), axdr.octet_string(name)]
    parts += [axdr.double_long_unsigned(alarm) for alarm in alarms]
    return encode_notification(1, 1, axdr.encode(axdr.structure(*parts)))


def test_a_notification_may_tell_of_three_registers_or_none() -> None:
    assert read(notification(METER.encode())) == Push(METER, SETUP)
    assert read(notification(METER.encode(), 1, 2, 3)) == Push(METER, SETUP, (1, 2, 3))
    assert isinstance(read(notification(METER.encode(), 1, 2, 3, 4)), WireError)


WAKE_UP = encode_wake_up(METER, bytes(4))


@pytest.mark.parametrize(
    ("octets", "says"),
    [
        (WAKE_UP[:10], "ends after 10 octets"),
        (WAKE_UP[:18], "not 0"),
        (WAKE_UP[:21], "not 3"),
        (WAKE_UP + b"\0", "not 5"),
        (WAKE_UP + b"\0\0\0", "7 octets follow"),
        (b"x" * 18, "no comma"),
        (b"E042200000000012;,\0\0\0\0", "no equipment identifier"),
        (b"E04220000000001\xff4,\0\0\0\0", "no equipment identifier"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "no comma"),
        (b"x" * 10_000, "more than 256 octets"),
        (b"\0\2\0\1\0\1\0\1x", "version"),
        (b"\0\1\0\1\0\1\xff\xff", "65535 octets"),
        (b"\0\1\0\1\0\1\0\1", "ends after 8 octets"),
        (notification(METER.encode())[:-1], "ends after"),
        (notification(b"E1"), "no equipment identifier"),
        (notification(METER.encode(), name=b"\0" * 5), "6 octets, not 5"),
        (encode_notification(1, 1, b"\x09\x00"), "no structure"),
        (encode_notification(1, 1, b"\x02\x00"), "no structure"),
        (encode_notification(1, 1, b"\x02\x7f"), ""),
        (b"\0\1\0\1\0\1\0\3\xc0\1\1", ""),
    ],
)
def test_what_is_no_push_is_told(octets: bytes, says: str) -> None:
    outcome = read(octets)
    assert isinstance(outcome, WireError)
    assert says in str(outcome)


def test_a_connection_without_a_word_is_nothing() -> None:
    assert read() is None and read(b"") is None


@given(st.lists(st.binary(max_size=300), max_size=4))
def test_any_octets_give_a_push_or_an_error(pieces: list[bytes]) -> None:
    outcome = read(*pieces)
    assert outcome is None or isinstance(outcome, (Push, WireError))


@given(st.binary(max_size=60), st.sampled_from([b"\0\1", WAKE_UP, WAKE_UP[:18]]))
def test_beginnings_of_pushes_do_no_harm(rest: bytes, begin: bytes) -> None:
    outcome = read(begin + rest)
    assert isinstance(outcome, (Push, WireError))


def test_no_more_is_kept_than_a_push_has() -> None:
    reader = PushReader()
    for _ in range(MOST_OCTETS):
        reader.feed(b"\0\1\0\1\0\1\0\xff" if not reader._octets else b"x" * 1000)
    assert len(reader._octets) <= MOST_OCTETS + 1


def test_the_alarm_bits_are_those_of_the_facts() -> None:
    if not FACTS.exists():
        pytest.skip("the facts are not beside the project")
    told = json.loads(FACTS.read_text())
    for code, fact in zip(REGISTERS, told["registers"].values(), strict=True):
        assert str(code).replace("-", ".").replace(":", ".") == fact["register"]["obis"]
        bits = {item["bit"]: item["name"].lower() for item in fact["bits"]}
        assert REGISTERS[code] == bits
    for example in told["examples"]:
        values = [0] * (example["register"] - 1) + [int(example["hex"], 16)]
        names = alarm_names(tuple(values))
        if "names" in example:
            assert names == [name.lower() for name in example["names"]]
        else:
            assert names == ["bit 7"]


def test_an_unknown_bit_says_which_register_has_it() -> None:
    assert alarm_names((0, 1 << 31)) == ["register 2 bit 31"]

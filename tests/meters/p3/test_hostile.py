"""Bytes that mean harm: nothing raises, hangs, grows or lets anybody in."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meters.p3.connection import MAX_WPDU, P3Connection
from tests.meters.builders import NOW_S, make_meter
from tests.meters.p3.driver import INVOKE, Driver
from wire.cosem.rows import Client, Standard
from wire.dlms import acse, apdu
from wire.dlms.apdu import ExceptionResponse, GetRequestNormal, SetRequestNormal
from wire.dlms.descriptors import AttributeDescriptor
from wire.dlms.wrapper import encode_wpdu
from wire.obis import Obis

TITLE = AttributeDescriptor(1, Obis.parse("0-0:96.1.1"), 2)
GET_TITLE = apdu.encode(GetRequestNormal(INVOKE, TITLE))
# The two that cost a library seconds and gigabytes.
COSTLY = ("e701847fffffff03b22687c101", "c40301847fffffff")
BOMB = "0102" * 40


def public() -> Driver:
    """Associated without ciphering, so that every APDU gets through."""
    return Driver(make_meter(), Client.PUBLIC).associate()


def test_any_chunking_gives_the_same_answers() -> None:
    def run(size: int) -> bytes:
        driver = Driver(make_meter(), Client.PUBLIC)
        stream = b"".join(
            encode_wpdu(Client.PUBLIC, 1, payload)
            for payload in (acse.encode(driver.aarq()), GET_TITLE, GET_TITLE)
        )
        connection = P3Connection(driver.meter)
        answers = []
        for at in range(0, len(stream), size):
            answers += connection.receive(stream[at : at + size], NOW_S)
        assert len(answers) == 3
        return b"".join(answers)

    whole = run(10_000)
    assert all(run(size) == whole for size in (1, 2, 7, 8, 9, 30))


@pytest.mark.parametrize(
    "octets",
    [
        "0002001000010005c001c10001",
        "ffffffffffffffff",
        "00010010000104ff",
        "0001001000017fff",
        "000100100001ffff",
    ],
)
def test_a_stream_that_lost_its_framing_is_dead(octets: str) -> None:
    connection = P3Connection(make_meter())
    assert connection.receive(bytes.fromhex(octets), NOW_S) == []
    assert connection.dead
    good = encode_wpdu(Client.PUBLIC, 1, GET_TITLE)
    assert connection.receive(good * 100, NOW_S) == []


def test_a_length_that_never_comes_is_waited_for_within_bounds() -> None:
    connection = P3Connection(make_meter())
    head = b"\x00\x01\x00\x10\x00\x01" + MAX_WPDU.to_bytes(2, "big")
    assert connection.receive(head, NOW_S) == []
    for _ in range(MAX_WPDU - 1):
        assert connection.receive(b"\xc0", NOW_S) == []
    assert len(connection.receive(b"\xc0", NOW_S)) == 1
    assert not connection.dead


@pytest.mark.parametrize(
    ("source", "destination"),
    [(0, 1), (2, 1), (17, 1), (65535, 1), (16, 0), (16, 2), (1, 16)],
)
def test_ports_where_nobody_listens_are_silent(source: int, destination: int) -> None:
    driver = public()
    wpdu = encode_wpdu(source, destination, GET_TITLE)
    assert driver.connection.receive(wpdu, NOW_S) == []
    assert isinstance(driver.get(1, "0-0:96.1.1"), bytes)


@pytest.mark.parametrize("client", list(Client))
@pytest.mark.parametrize(
    "payload", [b"", *map(bytes.fromhex, COSTLY), b"\x60", b"\x62\x00", b"\xff"]
)
def test_before_any_association_there_are_refusals_only(
    client: Client, payload: bytes
) -> None:
    driver = Driver(make_meter(), client)
    answer = driver.raw(payload)
    assert answer is not None
    assert isinstance(apdu.decode(answer), ExceptionResponse) or answer[0] == 0x63
    assert not driver.connection.associated


def shapes() -> dict[str, bytes]:
    """Requests bent in ways that people bend them."""
    set_message = apdu.encode(
        SetRequestNormal(
            INVOKE, AttributeDescriptor(1, Obis.parse("0-0:96.13.0"), 2), b"\x09\x01a"
        )
    )
    return {
        "cut": GET_TITLE[:-1],
        "doubled": GET_TITLE * 2,
        "longer": GET_TITLE + b"\x00",
        "no such choice": b"\xc0\x09" + GET_TITLE[2:],
        "list of 65535": b"\xc0\x03\xc1\x82\xff\xff" + GET_TITLE[3:],
        "list of 2^32": b"\xc0\x03\xc1\x84\xff\xff\xff\xff" + GET_TITLE[3:],
        "string of 2 GiB": set_message[:-3] + b"\x09\x84\x7f\xff\xff\xff",
        "nesting in a selection": GET_TITLE[:-1] + b"\x01\x01" + bytes.fromhex(BOMB),
        "nesting in a value": set_message[:-3] + bytes.fromhex(BOMB),
        "flat array": set_message[:-3] + b"\x01\x82\x03\x00" + bytes(0x300),
        "a response": bytes.fromhex("c401c1000600000001"),
        "an initiate": bytes.fromhex("01000000065f1f040000181d0400"),
        "an exception": bytes.fromhex("d80101"),
        "read": bytes.fromhex("0501020001"),
        "dedicated": b"\xd0\x10" + bytes(16),
        "access": bytes.fromhex("d9c100000000000000"),
        "block": bytes.fromhex("e0c10001000000"),
        **{f"costly {text}": bytes.fromhex(text) for text in COSTLY},
    }


@pytest.mark.parametrize("shape", list(shapes()))
@pytest.mark.parametrize("make", [public, lambda: Driver(make_meter()).associate()])
def test_bent_requests_are_answered_and_the_association_lives(
    shape: str, make: Callable[[], Driver]
) -> None:
    driver = make()
    octets = shapes()[shape]
    answer = driver.raw(octets)
    assert answer is not None
    assert driver.meter.state.message == b""
    assert isinstance(driver.get(1, "0-0:96.1.1"), bytes)


@pytest.mark.parametrize(
    "shape", [name for name, octets in shapes().items() if octets[0] in (0xC0, 0xC1)]
)
def test_bent_requests_do_no_more_when_they_are_ciphered(shape: str) -> None:
    driver = Driver(make_meter()).associate()
    answer = driver.ask(shapes()[shape])
    assert type(answer).__name__ in ("ExceptionResponse", "SetResponseNormal")
    assert driver.meter.state.message == b""
    assert isinstance(driver.get(1, "0-0:96.1.1"), bytes)


def seeds() -> list[bytes]:
    """Good payloads to start from."""
    driver = Driver(make_meter())
    return [
        acse.encode(driver.aarq()),
        GET_TITLE,
        driver.seal(GET_TITLE),
        *shapes().values(),
    ]


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=80),
            st.builds(
                lambda seed, at, octet: seed[:at] + bytes((octet,)) + seed[at + 1 :],
                st.sampled_from(seeds()),
                st.integers(0, 100),
                st.integers(0, 255),
            ),
        ),
        max_size=6,
    ),
    st.sampled_from(list(Client)),
    st.sampled_from(list(Standard)),
)
@settings(max_examples=150)
def test_no_payload_is_more_than_refused(
    payloads: list[bytes], client: Client, standard: Standard
) -> None:
    meter = make_meter(standard)
    connection = P3Connection(meter)
    for payload in payloads:
        for answer in connection.receive(encode_wpdu(client, 1, payload), NOW_S):
            assert len(answer) <= 8 + 1024
    assert meter.state.message == b""
    assert meter.state.clock_offset_s == 0


@given(st.lists(st.binary(max_size=200), max_size=8))
@settings(max_examples=100)
def test_no_stream_raises(chunks: list[bytes]) -> None:
    connection = P3Connection(make_meter())
    for chunk in chunks:
        connection.receive(chunk, NOW_S)


@given(
    st.lists(
        st.builds(
            lambda seed, at, octets: seed[:at] + octets + seed[at + len(octets) :],
            st.sampled_from([GET_TITLE, *shapes().values()]),
            st.integers(0, 30),
            st.binary(max_size=6),
        ),
        min_size=1,
        max_size=5,
    )
)
@settings(max_examples=150)
def test_whatever_is_said_inside_an_association_is_answered(
    plains: list[bytes],
) -> None:
    driver = public()
    for plain in plains:
        answer = driver.raw(plain)
        assert answer is not None
    meter = driver.meter
    assert meter.state.message == b""
    assert meter.state.energy_wh == [0, 0, 0, 0]


def test_random_megabytes_leave_nothing_behind() -> None:
    connection = P3Connection(make_meter())
    noise = Random(1)
    for _ in range(64):
        connection.receive(noise.randbytes(16_384), NOW_S)
    assert connection.dead
    assert not connection.associated

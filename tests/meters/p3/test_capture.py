"""What a capture shows of a meter's P3: the same in clear, and never a key."""

from __future__ import annotations

import pytest

from meters.p3.connection import P3Connection
from meters.p3.protocol import P3Factory
from scenarios.transport.clock import HeapClock
from tests.meters.builders import KEYS, NOW_S, make_meter
from tests.meters.p3.driver import Driver
from tests.wire.capture.pcapng import read
from wire.capture import Capture
from wire.cosem.rows import Client
from wire.dlms import acse, apdu, axdr
from wire.dlms.acse import Aare, Aarq
from wire.dlms.apdu import (
    ActionRequestNormal,
    GetRequestNormal,
    GetResponseNormal,
    InitiateRequest,
    InitiateResponse,
    SetRequestFirstBlock,
    SetRequestNormal,
    SetRequestWithBlock,
)
from wire.dlms.deciphering import Deciphering
from wire.dlms.descriptors import AttributeDescriptor, MethodDescriptor
from wire.dlms.security import Cipher, is_protected, wrap_key
from wire.dlms.wrapper import Wpdu, WrapperReader, encode_wpdu
from wire.errors import SurroundingsError
from wire.obis import Obis

NEW_KEY = bytes(range(0xA0, 0xB0))
SECRET = bytes(range(0x10, 0x20))
MESSAGE = AttributeDescriptor(1, Obis.parse("0-0:96.13.0"), 2)
SECURITY = "0-0:43.0.0"


class Overheard:
    """A driver's connection to a meter, and both its directions in clear."""

    def __init__(self, client: int = Client.MANAGEMENT) -> None:
        self.meter = make_meter()
        self.driver = Driver(self.meter, client)
        self.connection = self.driver.connection
        self.driver.connection = self  # type: ignore[assignment]
        self.deciphering = Deciphering(lambda: (self.meter.state.keys.cipher(),))
        self.apdus: list[bytes] = []

    def receive(self, data: bytes, now_s: int) -> list[bytes]:
        """As a connection does it."""
        self._hear(True, data)
        answers = P3Connection.receive(self.connection, data, now_s)
        self._hear(False, b"".join(answers))
        return answers

    def _hear(self, from_client: bool, data: bytes) -> None:
        for wpdu in self.deciphering.feed(from_client, data):
            (event,) = WrapperReader().feed(wpdu)
            assert isinstance(event, Wpdu)
            self.apdus.append(event.payload)


def test_an_association_and_its_services_are_in_clear() -> None:
    overheard = Overheard()
    overheard.driver.associate().get(1, "0-0:96.1.1")
    aarq, aare = (acse.decode(octets) for octets in overheard.apdus[:2])
    assert isinstance(aarq, Aarq) and isinstance(aare, Aare)
    request = apdu.decode(aarq.user_information or b"")
    assert isinstance(request, InitiateRequest)
    response = apdu.decode(aare.user_information or b"")
    assert isinstance(response, InitiateResponse)
    proof, proved, get, got = (apdu.decode(octets) for octets in overheard.apdus[2:])
    assert isinstance(proof, ActionRequestNormal)
    assert isinstance(get, GetRequestNormal)
    assert isinstance(got, GetResponseNormal)
    assert got.result == axdr.encode(axdr.octet_string(b"E0422000000000124"))


def test_the_public_client_is_shown_as_it_is() -> None:
    overheard = Overheard(Client.PUBLIC)
    overheard.driver.associate().get(1, "0-0:96.1.1")
    assert isinstance(apdu.decode(overheard.apdus[-1]), GetResponseNormal)


def test_a_change_of_the_key_is_followed_and_no_key_is_seen() -> None:
    overheard = Overheard()
    driver = overheard.driver.associate()
    entry = axdr.structure(
        axdr.enum(0), axdr.octet_string(wrap_key(KEYS.master_key, NEW_KEY))
    )
    driver.act(64, SECURITY, 2, axdr.encode(axdr.array([entry])))
    driver.cipher = Cipher(NEW_KEY, KEYS.authentication_key)
    driver.get(1, "0-0:96.1.1")
    assert not any(map(is_protected, overheard.apdus))
    seen = b"".join(overheard.apdus)
    assert NEW_KEY not in seen and KEYS.encryption_key not in seen


SET_KEY = MethodDescriptor(72, Obis.parse("0-1:24.1.0"), 7)
ASSOCIATION_SECRET = AttributeDescriptor(15, Obis.parse("0-0:40.0.0"), 7)
VALUE = axdr.encode(axdr.octet_string(SECRET))


@pytest.mark.parametrize(
    "request_",
    [
        ActionRequestNormal(0xC1, SET_KEY, VALUE),
        SetRequestNormal(0xC1, ASSOCIATION_SECRET, VALUE),
        SetRequestFirstBlock(0xC1, ASSOCIATION_SECRET, False, 1, VALUE),
        apdu.SetRequestWithList(
            0xC1, ((MESSAGE, None), (ASSOCIATION_SECRET, None)), (VALUE, VALUE)
        ),
    ],
    ids=lambda request: type(request).__name__,
)
def test_a_request_with_a_key_in_it_stays_ciphered(request_: apdu.Request) -> None:
    overheard = Overheard()
    driver = overheard.driver.associate()
    driver.ask(request_)
    later = SetRequestWithBlock(0xC1, True, 2, VALUE)
    if isinstance(request_, SetRequestFirstBlock):
        driver.ask(later)
    assert SECRET not in b"".join(overheard.apdus)
    assert is_protected(overheard.apdus[4])


def test_a_long_request_without_a_key_is_in_clear() -> None:
    overheard = Overheard()
    driver = overheard.driver.associate()
    driver.ask(SetRequestFirstBlock(0xC1, MESSAGE, False, 1, VALUE))
    driver.ask(SetRequestWithBlock(0xC1, True, 2, VALUE))
    assert not any(map(is_protected, overheard.apdus))


def test_what_the_keys_do_not_open_stays_ciphered() -> None:
    overheard = Overheard()
    driver = overheard.driver
    driver.cipher = Cipher(SECRET, SECRET)
    driver.raw(acse.encode(driver.aarq()))
    aarq = acse.decode(overheard.apdus[0])
    assert is_protected(aarq.user_information or b"")


def test_keys_that_cannot_be_had_leave_it_ciphered() -> None:
    def no_keys() -> tuple[Cipher, ...]:
        raise SurroundingsError("the database is away")

    overheard = Overheard()
    overheard.deciphering = Deciphering(no_keys)
    overheard.driver.associate()
    assert is_protected(overheard.apdus[-1])


def test_hostile_octets_pass_unharmed() -> None:
    deciphering = Deciphering(lambda: (KEYS.cipher(),))
    for payload in (b"", b"\x60", b"\xc8\x05\x30", b"\xdb\xff", bytes(40)):
        assert deciphering.feed(True, encode_wpdu(1, 1, payload)) == [
            encode_wpdu(1, 1, payload)
        ]


def test_many_clients_do_not_pile_up() -> None:
    deciphering = Deciphering(lambda: ())
    aarq = acse.encode(Driver(make_meter()).aarq())
    for client in range(1000):
        deciphering.feed(True, encode_wpdu(client, 1, aarq))
    assert len(deciphering._titles) <= 16


def test_the_port_shows_its_connections() -> None:
    from twisted.internet.address import IPv4Address
    from twisted.internet.testing import StringTransport

    blocks: list[bytes] = []
    meter = make_meter()
    capture = Capture(blocks.append, lambda: NOW_S)
    factory = P3Factory(
        meter, HeapClock(NOW_S), trace=lambda: capture.tap("E1", lambda: ())
    )
    protocol = factory.buildProtocol(None)
    transport = StringTransport(
        IPv4Address("TCP", "10.0.0.1", 4059), IPv4Address("TCP", "10.0.0.2", 60_000)
    )
    protocol.makeConnection(transport)  # type: ignore[no-untyped-call]
    aarq = encode_wpdu(16, 1, acse.encode(Driver(meter, Client.PUBLIC).aarq()))
    protocol.dataReceived(aarq)
    protocol.connectionLost()
    captured = read(b"".join(blocks))
    assert captured.streams(0) == {
        ("10.0.0.2", 60_000): aarq,
        ("10.0.0.1", 4059): transport.value(),
    }
    assert captured.segments[-1].flags == 16 and len(captured.segments) == 16

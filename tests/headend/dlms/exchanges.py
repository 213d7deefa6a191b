"""Sessions with a meter that notes what it was asked, and what is asked of it."""

from __future__ import annotations

from headend.dlms.credentials import Credentials
from headend.dlms.session import Session
from tests.headend.dlms.fake_meter import MANAGEMENT, PROFILE, Counters, FakeMeter, play
from wire.dlms import axdr
from wire.dlms.descriptors import AttributeDescriptor, MethodDescriptor, Selection
from wire.obis import Obis

METHOD = MethodDescriptor(7, Obis.parse("1-0:99.1.0"), 1)


LONG = axdr.octet_string(bytes(range(256)) * 8)


SELECTION = Selection(2, axdr.structure(axdr.double_long_unsigned(1)))


REGISTERS = [
    AttributeDescriptor(3, Obis.parse(f"1-0:{c}.8.{e}"), 2)
    for c in (1, 2)
    for e in range(20)
]


def opened(
    meter: FakeMeter | None = None, credentials: Credentials = MANAGEMENT
) -> tuple[Session, FakeMeter]:
    meter = meter or FakeMeter(credentials)
    for number, register in enumerate(REGISTERS):
        meter.values[register] = axdr.encode(axdr.double_long_unsigned(number))
    meter.values[PROFILE] = axdr.encode(LONG)
    session = Session(credentials, Counters())
    play(session.open(), meter)
    meter.requests.clear()
    return session, meter


def kinds(meter: FakeMeter) -> list[type]:
    return [type(request) for request in meter.requests]

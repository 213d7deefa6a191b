"""The second engine: the same interface, the same refusals, and gurux-dlms kept in its place."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from gurux_dlms import GXDLMSChippering as stock
from hypothesis import given, settings
from hypothesis import strategies as st

from headend.dlms.client import DlmsClient
from headend.dlms.credentials import Credentials
from headend.dlms.gurux import GuruxAssociation, GuruxClient
from headend.operations import perform
from scenarios.transport.clock import HeapClock
from scenarios.transport.network import SimulatedNetwork
from tests.headend.dlms.fake_meter import (
    ABSENT,
    AUTHENTICATION_KEY,
    ENCRYPTION_KEY,
    MANAGEMENT,
    MESSAGE,
    METER_TITLE,
    PROFILE,
    Counters,
    FakeMeter,
    play,
)
from tests.headend.dlms.real_meter import World
from wire.cosem.rows import Standard
from wire.dlms import axdr
from wire.dlms.acse import AssociateResult, UserDiagnostic
from wire.dlms.action import ActionResponseNormal
from wire.dlms.association import State
from wire.dlms.axdr import Data
from wire.dlms.descriptors import (
    ActionResult,
    DataAccessResult,
    MethodDescriptor,
    Selection,
)
from wire.dlms.initiate import Conformance
from wire.dlms.security import CounterRule, Kind, SecurityControl
from wire.dlms.set import SetResponseNormal
from wire.errors import LocalError, PeerRefused, TransportError
from wire.obis import Obis

HELLO = axdr.octet_string(b"hello")
LONG = axdr.octet_string(bytes(range(256)) * 12)
METHOD = MethodDescriptor(7, Obis.parse("1-0:99.1.0"), 1)
SELECTION = Selection(2, axdr.structure(axdr.double_long_unsigned(1)))


def opened(
    credentials: Credentials = MANAGEMENT, meter: FakeMeter | None = None
) -> tuple[GuruxAssociation, FakeMeter]:
    meter = meter or FakeMeter(credentials)
    meter.values[PROFILE] = axdr.encode(LONG)
    association = GuruxAssociation(credentials, Counters(40))
    play(association.open(), meter)
    return association, meter


def a_world(standard: Standard) -> World:
    world = World(standard)
    world.engine = GuruxClient
    return world


@pytest.mark.parametrize("standard", Standard)
def test_our_own_meter_serves_it(standard: Standard) -> None:
    world = a_world(standard)

    async def work(meter: DlmsClient) -> Any:
        await perform(meter, "message", standard, {"text": "x" * 1024})
        found = await perform(meter, "get", standard, {"object": "consumer_message"})
        await perform(meter, "action", standard, {"object": "load_profile:1"})
        return found["text"], await meter.get_list([(MESSAGE, None), (ABSENT, None)])

    for _ in range(2):
        text, values = world.play(work)
        assert text == "x" * 1024
        assert values[0].value == b"x" * 1024
        assert values[1] is DataAccessResult.OBJECT_UNDEFINED


def test_it_reads_a_profile_by_range_as_the_first_engine_does() -> None:
    world = World()
    world.clock.advance(3 * 86_400)
    world.meter.advance(int(world.clock.seconds()))

    async def work(meter: DlmsClient) -> Any:
        arguments = {"object": "load_profile", "from": "2024-01-10T00:00:00Z"}
        return await perform(meter, "get", Standard.DSMR_4_2_2, arguments)

    native = world.play(work)
    world.engine = GuruxClient
    assert world.play(work) == native
    assert len(native["rows"]) > 200


@pytest.mark.parametrize("rule", CounterRule)
def test_counters_are_the_head_ends_and_each_is_used_once(rule: CounterRule) -> None:
    meter = FakeMeter()
    meter.rule = rule
    association, meter = opened(meter=meter)
    play(association.get(PROFILE), meter)
    play(association.set(MESSAGE, LONG), meter)
    play(association.action(METHOD), meter)
    play(association.get(MESSAGE), meter)
    assert meter.proof_counters == [40]
    first, last = meter.client_counters[0], meter.client_counters[-1]
    assert meter.client_counters == [*range(first, last + 1)] and first == 41


@pytest.mark.parametrize("control", SecurityControl)
def test_every_protection_works(control: SecurityControl) -> None:
    association, meter = opened(replace(MANAGEMENT, control=control))
    assert play(association.get(MESSAGE), meter) == HELLO


def test_a_public_client() -> None:
    association, meter = opened(Credentials.public())
    assert play(association.get(MESSAGE), meter) == HELLO


@pytest.mark.parametrize("block_size", [7, 900, 3075, 3076])
def test_a_long_value_by_blocks(block_size: int) -> None:
    meter = FakeMeter()
    meter.block_size = block_size
    association, meter = opened(meter=meter)
    assert play(association.get(PROFILE, SELECTION), meter) == LONG
    assert play(association.get(MESSAGE), meter) == HELLO


@given(st.binary(max_size=3000), st.integers(96, 1024))
@settings(max_examples=30)
def test_what_is_written_is_what_is_read(octets: bytes, pdu: int) -> None:
    meter = FakeMeter()
    meter.max_pdu = pdu
    association, meter = opened(meter=meter)
    value = axdr.octet_string(octets)
    play(association.set(MESSAGE, value), meter)
    assert play(association.get(MESSAGE), meter) == value


def test_methods_return_what_they_return() -> None:
    association, meter = opened()
    assert play(association.action(METHOD), meter) is None
    three = Data(axdr.Tag.INTEGER, 3)
    assert play(association.action(METHOD, three), meter) == three
    with pytest.raises(LocalError, match="long parameters"):
        play(association.action(METHOD, LONG), meter)


def test_refusals_keep_their_results() -> None:
    association, meter = opened()
    with pytest.raises(PeerRefused, match="object-undefined") as raised:
        play(association.get(ABSENT), meter)
    assert raised.value.result == 4
    with pytest.raises(PeerRefused, match="read-write-denied") as raised:
        play(association.set(ABSENT, HELLO), meter)
    assert raised.value.result == 3
    items = [(MESSAGE, HELLO), (ABSENT, HELLO)]
    assert play(association.set_list(items), meter) == (0, 3)
    meter.change_apdu = lambda good: ActionResponseNormal(
        good.invoke_id_and_priority, ActionResult.TEMPORARY_FAILURE
    )
    with pytest.raises(PeerRefused, match="temporary-failure"):
        play(association.action(METHOD), meter)
    assert association.state is State.ASSOCIATED


def test_a_write_refused_in_the_middle_ends_it() -> None:
    association, meter = opened()
    meter.change_apdu = lambda good: SetResponseNormal(
        good.invoke_id_and_priority, DataAccessResult.LONG_SET_ABORTED
    )
    with pytest.raises(PeerRefused, match="long-set-aborted"):
        play(association.set(MESSAGE, LONG), meter)
    assert association.state is State.CLOSED


def test_a_meter_without_blocks_gets_no_long_value() -> None:
    meter = FakeMeter()
    meter.conformance &= ~Conformance.BLOCK_TRANSFER_WITH_SET
    association, meter = opened(meter=meter)
    with pytest.raises(LocalError, match="no blocks"):
        play(association.set(MESSAGE, LONG), meter)
    assert play(association.get(MESSAGE), meter) == HELLO


def test_new_keys() -> None:
    association, meter = opened()
    new = bytes(range(50, 66))
    meter.use_keys(new, AUTHENTICATION_KEY)
    meter.client_counters.clear()
    association.replace_keys(encryption_key=new, next_counter=Counters(0))
    assert play(association.get(MESSAGE), meter) == HELLO
    assert meter.client_counters == [0]


def test_it_speaks_glo_only() -> None:
    with pytest.raises(LocalError, match="glo- APDUs only"):
        GuruxAssociation(replace(MANAGEMENT, kind=Kind.GENERAL_GLO), Counters())


def test_a_rejected_association() -> None:
    meter = FakeMeter()
    meter.aare_result = AssociateResult.REJECTED_PERMANENT
    meter.diagnostic = UserDiagnostic.AUTHENTICATION_FAILURE
    with pytest.raises(PeerRefused, match="authentication-failure"):
        opened(meter=meter)


def test_gurux_is_left_as_it_was_and_says_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    module: Any = sys.modules["gurux_dlms.GXDLMSChippering"]
    stream = module.GXDLMSChipperingStream
    association, meter = opened()
    play(association.get(MESSAGE), meter)
    assert module.GXDLMSChipperingStream is stream
    assert stream.__module__.startswith("gurux_dlms")
    assert stock is module.GXDLMSChippering
    assert capsys.readouterr() == ("", "")


def test_nothing_secret_is_printed() -> None:
    association, _ = opened()
    printed = repr(association)
    assert ENCRYPTION_KEY.hex() not in printed and str(ENCRYPTION_KEY) not in printed


def test_a_silent_meter_is_a_transport_error_here_too() -> None:
    clock = HeapClock(0)
    network = SimulatedNetwork(clock, Random(1))
    client = GuruxClient(
        network.endpoint("meter", 1), MANAGEMENT, Counters(), clock, timeout_s=5
    )
    with pytest.raises(TransportError):
        clock.play(client.open())
    assert METER_TITLE == client.meter_title


def test_the_first_engine_does_not_load_gurux() -> None:
    code = (
        "import sys, headend.dlms.client, headend.operations;"
        "sys.exit(any(name.startswith('gurux') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0

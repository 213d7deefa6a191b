"""The client and our own meter: every standard, kind and protection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from headend.dlms.client import DlmsClient
from headend.dlms.credentials import Credentials
from headend.dlms.gurux import GuruxClient
from tests.headend.dlms.real_meter import CREDENTIALS, World
from tests.meters.builders import EQUIPMENT_ID, KEYS
from wire.cosem.configuration import Flag, flags_of
from wire.cosem.rows import Standard
from wire.dlms import axdr
from wire.dlms.acse import Mechanism
from wire.dlms.axdr import Data
from wire.dlms.descriptors import (
    AttributeDescriptor,
    DataAccessResult,
    MethodDescriptor,
)
from wire.dlms.security import Kind, SecurityControl, wrap_key
from wire.errors import PeerRefused, TransportError
from wire.obis import Obis

MESSAGE = AttributeDescriptor(1, Obis.parse("0-0:96.13.0"), 2)
EQUIPMENT = AttributeDescriptor(1, Obis.parse("0-0:96.1.1"), 2)
REGISTER = AttributeDescriptor(3, Obis.parse("1-0:1.8.2"), 2)
PROFILE = AttributeDescriptor(7, Obis.parse("1-0:99.1.0"), 2)
CONFIGURATION = AttributeDescriptor(1, Obis.parse("0-1:94.31.3"), 2)
OBJECTS = AttributeDescriptor(15, Obis.parse("0-0:40.0.0"), 2)
COUNTER = AttributeDescriptor(1, Obis.parse("0-0:43.1.0"), 2)
KEY_TRANSFER = MethodDescriptor(64, Obis.parse("0-0:43.0.0"), 2)
STANDARDS = pytest.mark.parametrize("standard", Standard)


@STANDARDS
@pytest.mark.parametrize("kind", Kind)
def test_everything_in_one_association(standard: Standard, kind: Kind) -> None:
    world = World(standard)
    text = axdr.octet_string(b"x" * 1024)

    async def work(meter: DlmsClient) -> None:
        assert await meter.get(EQUIPMENT) == axdr.octet_string(EQUIPMENT_ID.encode())
        await meter.set(MESSAGE, text)
        assert await meter.get(MESSAGE) == text
        assert (await meter.get(OBJECTS)).tag is axdr.Tag.ARRAY
        values = await meter.get_list([(MESSAGE, None), (REGISTER, None)])
        assert values[0] == text and isinstance(values[1], Data)
        results = await meter.set_list([(MESSAGE, text), (EQUIPMENT, text)])
        assert results[0] is DataAccessResult.SUCCESS
        assert results[1] is DataAccessResult.READ_WRITE_DENIED

    world.play(work, kind=kind)
    world.play(work, kind=kind)


@pytest.mark.parametrize("control", SecurityControl)
def test_the_policy_decides_which_protection_will_do(control: SecurityControl) -> None:
    world = World()

    async def work(meter: DlmsClient) -> Data:
        return await meter.get(EQUIPMENT)

    if control is SecurityControl.AUTHENTICATED_ENCRYPTED:
        assert world.play(work, control=control).value == EQUIPMENT_ID.encode()
    else:
        with pytest.raises(PeerRefused):
            world.play(work, control=control)


@STANDARDS
def test_a_public_client_reads_the_counter_and_no_register(standard: Standard) -> None:
    world = World(standard)

    async def work(meter: DlmsClient) -> Data:
        with pytest.raises(PeerRefused, match="read-write-denied"):
            await meter.get(REGISTER)
        return await meter.get(COUNTER)

    assert world.play(work, Credentials.public()).tag is axdr.Tag.DOUBLE_LONG_UNSIGNED


@STANDARDS
def test_a_profile_by_blocks(standard: Standard) -> None:
    world = World(standard)
    world.clock.advance(10 * 86_400)
    world.meter.advance(int(world.clock.seconds()))

    async def work(meter: DlmsClient) -> Data:
        return await meter.get(PROFILE)

    rows = world.play(work).value
    assert len(rows) == 960 and len(rows[0].value) == 4


def test_new_keys_are_used_from_the_next_request_on() -> None:
    world = World()
    new_encryption, new_authentication = bytes(range(1, 17)), bytes(range(2, 18))

    def transfer(number: int, key: bytes) -> Data:
        wrapped = axdr.octet_string(wrap_key(KEYS.master_key, key))
        return axdr.array([axdr.structure(axdr.enum(number), wrapped)])

    async def work(meter: DlmsClient) -> Data:
        await meter.action(KEY_TRANSFER, transfer(2, new_authentication))
        meter.replace_keys(authentication_key=new_authentication)
        await meter.action(KEY_TRANSFER, transfer(0, new_encryption))
        fresh = iter(range(100))
        meter.replace_keys(
            encryption_key=new_encryption, next_counter=lambda: next(fresh)
        )
        return await meter.get(EQUIPMENT)

    assert world.play(work).value == EQUIPMENT_ID.encode()
    assert world.meter.state.keys.encryption_key == new_encryption


@pytest.mark.parametrize("wrong", ["encryption_key", "authentication_key"])
def test_wrong_keys_are_refused_and_lock_the_port(wrong: str) -> None:
    world = World()

    async def work(meter: DlmsClient) -> Data:
        return await meter.get(EQUIPMENT)

    changed: dict[str, Any] = {wrong: bytes(16)}
    with pytest.raises(PeerRefused, match="authentication-failure"):
        world.play(work, replace(CREDENTIALS, **changed))
    with pytest.raises(PeerRefused):
        world.play(work)
    world.clock.advance(11)
    assert world.play(work).value == EQUIPMENT_ID.encode()


@pytest.mark.parametrize("engine", [DlmsClient, GuruxClient])
@pytest.mark.parametrize("mechanism", [Mechanism.HIGH_MD5, Mechanism.HIGH_SHA1])
def test_both_engines_prove_themselves_by_digest(
    engine: Callable[..., DlmsClient], mechanism: Mechanism
) -> None:
    world = World()
    world.engine = engine
    flags = flags_of(Flag.HLS3_ON_P3, Flag.HLS4_ON_P3, Flag.HLS5_ON_P3)

    async def enable(meter: DlmsClient) -> None:
        value = axdr.structure(axdr.enum(1), axdr.bit_string(flags))
        await meter.set(CONFIGURATION, value)

    async def work(meter: DlmsClient) -> Data:
        return await meter.get(EQUIPMENT)

    digest: dict[str, Any] = {"mechanism": mechanism, "hls_secret": KEYS.hls_secret}
    with pytest.raises(PeerRefused, match="mechanism"):
        world.play(work, **digest)
    world.play(enable)
    assert world.play(work, **digest).value == EQUIPMENT_ID.encode()
    with pytest.raises(PeerRefused, match="proof"):
        world.play(work, **{**digest, "hls_secret": bytes(16)})


def test_a_counter_out_of_order_is_met_with_silence() -> None:
    world = World(Standard.DSMR_4_2_2)

    async def work(meter: DlmsClient) -> None:
        await meter.get(EQUIPMENT)
        world.counters()
        await meter.get(EQUIPMENT)

    with pytest.raises(TransportError, match="silent for 10 s"):
        world.play(work)


def test_a_counter_that_was_used_is_met_with_a_refusal_on_smr5() -> None:
    world = World(Standard.SMR_5_0)

    async def work(meter: DlmsClient) -> Data:
        return await meter.get(EQUIPMENT)

    world.play(work)
    world.counters = type(world.counters)(first=1)
    with pytest.raises((PeerRefused, TransportError)):
        world.play(work)


def test_another_logical_device_never_answers() -> None:
    world = World()

    async def work(meter: DlmsClient) -> Data:
        return await meter.get(EQUIPMENT)

    with pytest.raises(TransportError, match="silent"):
        world.play(work, server_sap=2)
    assert CREDENTIALS.server_sap == 1

"""The client of gurux-dlms (glo-ciphering) against our meter, in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from gurux_dlms import GXByteBuffer, GXReplyData
from gurux_dlms.enums import (
    Authentication,
    Conformance,
    DataType,
    InterfaceType,
    Security,
)
from gurux_dlms.objects import (
    GXDLMSData,
    GXDLMSProfileGeneric,
    GXDLMSRegister,
    GXDLMSSecuritySetup,
)
from gurux_dlms.secure import GXDLMSSecureClient

from meters.meter import Meter
from meters.p3.connection import P3Connection
from tests.meters.builders import CLIENT_TITLE, KEYS, NOW_S, make_meter
from wire.cosem.rows import Standard
from wire.dlms.security import wrap_key


class Peer:
    """Drives the client: what it makes is sent, what comes back is given to it."""

    def __init__(self, meter: Meter, sap: int) -> None:
        self.now_s = NOW_S
        self._connection = P3Connection(meter)
        ciphered = sap == 1
        self.client = GXDLMSSecureClient(
            True,
            sap,
            1,
            Authentication.HIGH_GMAC if ciphered else Authentication.NONE,
            None,
            InterfaceType.WRAPPER,
        )
        self.client.maxReceivePDUSize = 1024
        if ciphered:
            ciphering = self.client.ciphering
            ciphering.security = Security.AUTHENTICATION_ENCRYPTION
            ciphering.systemTitle = CLIENT_TITLE
            ciphering.blockCipherKey = KEYS.encryption_key
            ciphering.authenticationKey = KEYS.authentication_key
            ciphering.invocationCounter = 100
            self.client.proposedConformance = Conformance(
                Conformance.GET
                | Conformance.SET
                | Conformance.ACTION
                | Conformance.BLOCK_TRANSFER_WITH_GET_OR_READ
                | Conformance.BLOCK_TRANSFER_WITH_SET_OR_WRITE
                | Conformance.BLOCK_TRANSFER_WITH_ACTION
                | Conformance.MULTIPLE_REFERENCES
                | Conformance.SELECTIVE_ACCESS
            )

    def exchange(self, frames: Any) -> Any:
        """Sends frames, fetches the blocks that follow, and returns the reply."""
        reply = GXReplyData()
        for frame in frames if isinstance(frames, list) else [frames]:
            reply.clear()
            self._receive(frame, reply)
            while reply.isMoreData():
                self._receive(self.client.receiverReady(reply), reply)
        return reply

    def _receive(self, frame: Any, reply: Any) -> None:
        octets = b"".join(self._connection.receive(bytes(frame), self.now_s))
        assert octets, "the meter did not answer"
        assert self.client.getData(GXByteBuffer(octets), reply, None)
        if reply.error:
            raise ValueError(f"{reply.error}: {reply.getErrorMessage()}")

    def associate(self) -> None:
        """AARQ, and the proofs if there are to be any."""
        self.client.parseAareResponse(self.exchange(self.client.aarqRequest()).data)
        if self.client.getIsAuthenticationRequired():
            request = self.client.getApplicationAssociationRequest()
            reply = self.exchange(request)
            self.client.parseApplicationAssociationResponse(reply.data)

    def release(self) -> None:
        """RLRQ."""
        self.exchange(self.client.releaseRequest())

    def read(self, item: Any, index: int) -> Any:
        """One attribute, as the client understands it."""
        reply = self.exchange(self.client.read(item, index))
        return self.client.updateValue(item, index, reply.value)


@pytest.fixture(params=list(Standard))
def meter(request: pytest.FixtureRequest) -> Meter:
    """A meter of each standard, with a load."""
    made = make_meter(request.param)
    made.set_load((1000, 2000, -500), (2300, 2310, 2290))
    return made


@pytest.fixture
def peer(meter: Meter) -> Iterator[Peer]:
    """An associated management client, released afterwards."""
    made = Peer(meter, 1)
    made.associate()
    yield made
    made.release()


def test_the_public_client_reads_what_is_public_only(meter: Meter) -> None:
    public = Peer(meter, 16)
    public.associate()
    assert public.read(GXDLMSData("0.0.43.1.0.255"), 2) == 0
    with pytest.raises(ValueError, match="3"):
        public.read(GXDLMSRegister("1.0.1.8.1.255"), 2)
    public.release()


def test_the_object_list_is_understood(peer: Peer) -> None:
    reply = peer.exchange(peer.client.getObjectsRequest())
    objects = peer.client.parseObjects(reply.data)
    codes = {item.logicalName for item in objects}
    assert {"0.0.96.13.0.255", "1.0.99.1.0.255", "0.0.40.0.0.255"} <= codes
    message = next(item for item in objects if item.logicalName == "0.0.96.13.0.255")
    assert int(message.getAccess(2)) == 3
    assert len(objects) == 33


def test_a_register_with_its_scaler(peer: Peer) -> None:
    peer.now_s = NOW_S + 3600
    register = GXDLMSRegister("1.0.1.8.2.255")
    peer.read(register, 3)
    peer.read(register, 2)
    assert (register.value, register.scaler, int(register.unit)) == (2500, 1, 30)


def test_a_long_message_goes_in_blocks(meter: Meter, peer: Peer) -> None:
    text = bytes(0x20 + index % 90 for index in range(1024))
    item = GXDLMSData("0.0.96.13.0.255")
    item.value = text
    item.setDataType(2, DataType.OCTET_STRING)
    frames = peer.client.write(item, 2)
    assert len(frames) > 1
    peer.exchange(frames)
    assert meter.state.message == text


def test_a_longer_message_is_a_logical_error(meter: Meter, peer: Peer) -> None:
    item = GXDLMSData("0.0.96.13.0.255")
    item.value = bytes(1025)
    item.setDataType(2, DataType.OCTET_STRING)
    with pytest.raises(ValueError, match="250"):
        peer.exchange(peer.client.write(item, 2))
    assert meter.state.message == b""


def test_the_profile_comes_in_blocks(peer: Peer) -> None:
    peer.now_s = NOW_S + 900 * 100
    reply = peer.exchange(peer.client.read(GXDLMSProfileGeneric("1.0.99.1.0.255"), 2))
    assert len(reply.value) == 100
    assert [row[2] for row in reply.value[:4]] == [625, 1250, 1875, 2500]


def test_the_profile_is_cut_by_entry(peer: Peer) -> None:
    peer.now_s = NOW_S + 900 * 100
    profile = GXDLMSProfileGeneric("1.0.99.1.0.255")
    peer.read(profile, 3)
    assert len(profile.captureObjects) == 4
    reply = peer.exchange(peer.client.readRowsByEntry(profile, 2, 3))
    assert [row[2] for row in reply.value] == [1250, 1875, 2500]


def test_a_method_changes_the_key(meter: Meter, peer: Peer) -> None:
    key = bytes(range(0x20, 0x30))
    wrapped = wrap_key(KEYS.master_key, key)
    peer.exchange(
        peer.client.method(
            GXDLMSSecuritySetup("0.0.43.0.0.255"),
            2,
            bytes.fromhex("01010202160009") + bytes((24,)) + wrapped,
            DataType.ARRAY,
        )
    )
    assert meter.state.keys.encryption_key == key
    peer.client.ciphering.blockCipherKey = key
    assert peer.read(GXDLMSData("0.0.43.1.0.255"), 2) > 0

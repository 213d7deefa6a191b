"""The client of gurux-dlms: glo-ciphering, with its own crypto."""

from __future__ import annotations

from typing import Any

from gurux_dlms import GXByteBuffer, GXReplyData
from gurux_dlms.enums import Authentication, Conformance, InterfaceType, Security
from gurux_dlms.secure import GXDLMSSecureClient

from tests.meters.builders import CLIENT_TITLE, KEYS
from tests.peers.exchange import Exchange
from wire.cosem.rows import Client
from wire.dlms.acse import Mechanism

_CONFORMANCE = (
    Conformance.GET
    | Conformance.SET
    | Conformance.ACTION
    | Conformance.BLOCK_TRANSFER_WITH_GET_OR_READ
    | Conformance.BLOCK_TRANSFER_WITH_SET_OR_WRITE
    | Conformance.BLOCK_TRANSFER_WITH_ACTION
    | Conformance.MULTIPLE_REFERENCES
    | Conformance.SELECTIVE_ACCESS
)


class GuruxPeer:
    """Drives the client: what it makes is sent, what comes back is given to it."""

    def __init__(
        self,
        exchange: Exchange,
        sap: int = Client.MANAGEMENT,
        hls: Mechanism = Mechanism.HIGH_GMAC,
    ) -> None:
        self._exchange = exchange
        ciphered = sap == Client.MANAGEMENT
        mechanism = Authentication(int(hls)) if ciphered else Authentication.NONE
        self.client = GXDLMSSecureClient(
            True, int(sap), 1, mechanism, KEYS.hls_secret, InterfaceType.WRAPPER
        )
        self.client.maxReceivePDUSize = 1024
        if ciphered:
            ciphering = self.client.ciphering
            ciphering.security = Security.AUTHENTICATION_ENCRYPTION
            ciphering.systemTitle = CLIENT_TITLE
            ciphering.blockCipherKey = KEYS.encryption_key
            ciphering.authenticationKey = KEYS.authentication_key
            ciphering.invocationCounter = 100
            self.client.proposedConformance = Conformance(_CONFORMANCE)

    def ask(self, frames: Any) -> Any:
        """Sends frames, fetches the blocks that follow, and returns the reply."""
        reply = GXReplyData()
        for frame in frames if isinstance(frames, list) else [frames]:
            reply.clear()
            self._receive(frame, reply)
            while reply.isMoreData():
                self._receive(self.client.receiverReady(reply), reply)
        return reply

    def _receive(self, frame: Any, reply: Any) -> None:
        octets = self._exchange(bytes(frame))
        assert octets, "the meter did not answer"
        assert self.client.getData(GXByteBuffer(octets), reply, None)
        if reply.error:
            raise ValueError(f"{reply.error}: {reply.getErrorMessage()}")

    def associate(self) -> None:
        """AARQ, and the proofs if there are to be any."""
        self.client.parseAareResponse(self.ask(self.client.aarqRequest()).data)
        if self.client.getIsAuthenticationRequired():
            reply = self.ask(self.client.getApplicationAssociationRequest())
            self.client.parseApplicationAssociationResponse(reply.data)

    def release(self) -> None:
        """RLRQ."""
        self.ask(self.client.releaseRequest())

    def read(self, item: Any, index: int) -> Any:
        """One attribute, as the client understands it."""
        reply = self.ask(self.client.read(item, index))
        return self.client.updateValue(item, index, reply.value)

"""The client of dlms-cosem 21.3.2: general-glo-ciphering only."""

from __future__ import annotations

from typing import Any

from dlms_cosem import enumerations
from dlms_cosem.clients.dlms_client import DlmsClient
from dlms_cosem.cosem import CosemAttribute, Obis

from tests.meters.builders import CLIENT_TITLE, KEYS
from tests.peers.exchange import Exchange
from wire.cosem.rows import Client
from wire.dlms.wrapper import Wpdu, WrapperReader, encode_wpdu


class Transport:
    """What the client takes for a transport: it wants APDUs, the exchange WPDUs."""

    timeout = 1

    def __init__(self, exchange: Exchange, sap: int) -> None:
        self.client_logical_address = int(sap)
        self.server_logical_address = 1
        self._exchange = exchange

    def connect(self) -> None:
        """Nothing to do."""

    def disconnect(self) -> None:
        """Nothing to do."""

    def send(self, apdu: bytes) -> bytes:
        """The answer's APDU."""
        asked = encode_wpdu(self.client_logical_address, 1, bytes(apdu))
        (event,) = WrapperReader().feed(self._exchange(asked))
        assert isinstance(event, Wpdu)
        assert (event.source, event.destination) == (1, self.client_logical_address)
        return event.payload


def public(exchange: Exchange) -> Any:
    """A client without keys, not yet associated."""
    sap = int(Client.PUBLIC)
    return DlmsClient(sap, 1, Transport(exchange, sap))


def management(exchange: Exchange, **changed: Any) -> Any:
    """A client with all keys, not yet associated."""
    sap = int(Client.MANAGEMENT)
    return DlmsClient(
        client_logical_address=sap,
        server_logical_address=1,
        io_interface=Transport(exchange, sap),
        authentication_method=enumerations.AuthenticationMechanism.HLS_GMAC,
        **{
            "encryption_key": KEYS.encryption_key,
            "authentication_key": KEYS.authentication_key,
            "client_system_title": CLIENT_TITLE,
            "client_initial_invocation_counter": 100,
            **changed,
        },
    )


def attribute(class_id: int, code: tuple[int, ...], number: int) -> Any:
    """The peer's descriptor."""
    return CosemAttribute(enumerations.CosemInterface(class_id), Obis(*code), number)

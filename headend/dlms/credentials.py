"""Who the head-end is to a meter, and with which keys."""

from __future__ import annotations

from dataclasses import dataclass, field

from wire.cosem.rows import Client
from wire.dlms.acse import Mechanism
from wire.dlms.initiate import Conformance
from wire.dlms.security import TITLE_OCTETS, Kind, SecurityControl
from wire.errors import LocalError

# What P3 lets each client propose (P3, 2.1).
MANAGEMENT_CONFORMANCE = Conformance(0x001A1D)
PUBLIC_CONFORMANCE = Conformance(0x001014)

MECHANISMS = {
    "hls3": Mechanism.HIGH_MD5,
    "hls4": Mechanism.HIGH_SHA1,
    "hls5": Mechanism.HIGH_GMAC,
}
"""How management may prove itself, by what the standard calls it (P3, 1.3 of 4.2.2)."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A client of one logical device; without keys nothing is ciphered or authenticated.

    `meter_title` is the system title that the meter must show, None when it is not known
    yet. `control` is how requests are protected, and the least that answers must be.
    `mechanism` is how both ends prove themselves; HLS3 and HLS4 want the `hls_secret`.
    """

    client_sap: int = Client.MANAGEMENT
    server_sap: int = 1
    system_title: bytes = b""
    meter_title: bytes | None = None
    encryption_key: bytes | None = field(default=None, repr=False)
    authentication_key: bytes | None = field(default=None, repr=False)
    kind: Kind = Kind.GLO
    control: SecurityControl = SecurityControl.AUTHENTICATED_ENCRYPTED
    conformance: Conformance = MANAGEMENT_CONFORMANCE
    mechanism: Mechanism = Mechanism.HIGH_GMAC
    hls_secret: bytes | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if (self.encryption_key is None) is not (self.authentication_key is None):
            raise LocalError("an encryption key and an authentication key go together")
        if self.encryption_key is not None and len(self.system_title) != TITLE_OCTETS:
            raise LocalError("a client that ciphers has a system title of 8 octets")

    @classmethod
    def public(cls, server_sap: int = 1) -> Credentials:
        """The public client: it reads the few things that need no key."""
        return cls(Client.PUBLIC, server_sap, conformance=PUBLIC_CONFORMANCE)

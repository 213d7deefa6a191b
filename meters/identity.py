"""Who a meter is, and the keys that prove it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from wire.cosem.rows import Standard
from wire.dlms.security import KEY_OCTETS, Cipher
from wire.errors import LocalError

MANAGEMENT_LOGICAL_DEVICE = 1


@dataclass(frozen=True, slots=True)
class Identity:
    """The names of one meter.

    `equipment_id` is the 17 characters of 0-0:96.1.1 (meter code, serial number, year);
    `logical_device` the SAP, so the wrapper port, of its one logical device; `system_title`
    3 FLAG letters and 5 octets (Green Book 4.3.4).
    """

    equipment_id: str
    standard: Standard
    system_title: bytes
    phases: int = 3
    logical_device: int = MANAGEMENT_LOGICAL_DEVICE

    def __post_init__(self) -> None:
        if len(self.equipment_id) != 17 or not self.equipment_id.isascii():
            raise LocalError(
                f"an equipment identifier has 17 ASCII characters, not {self.equipment_id!r}"
            )
        if len(self.system_title) != 8:
            raise LocalError("a system title has 8 octets")
        if self.phases not in (1, 3):
            raise LocalError("a meter has 1 or 3 phases")

    @property
    def logical_device_name(self) -> bytes:
        """0-0:42.0.0: 16 octets that start with the FLAG letters (Blue Book 4.1.8.2)."""
        flag = self.system_title[:3]
        return flag + self.equipment_id[-13:].encode("ascii")


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one meter (DSMR-M 4.4.24): never in a log, a repr or an answer."""

    master_key: bytes = field(repr=False)
    encryption_key: bytes = field(repr=False)
    authentication_key: bytes = field(repr=False)
    hls_secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        for key in (self.master_key, self.encryption_key, self.authentication_key):
            if len(key) != KEY_OCTETS:
                raise LocalError("a key of security suite 0 has 16 octets")

    def cipher(self) -> Cipher:
        """The two global unicast keys, ready for use."""
        return Cipher(self.encryption_key, self.authentication_key)


KEY_NAMES = tuple(key.name for key in fields(Keys))
"""As the shipment file and a saved state name them."""

"""What runs in the meter: each part's identifier, and its signature, the SHA-256 of its code."""

from __future__ import annotations

from hashlib import sha256

from meters.model import Behaviour, encoded

BEHAVIOUR = Behaviour.empty()

_PARTS = ("core", "module", "communication", "mbus_driver")
_VERSION = b"1.0"


def _attach(part: str) -> None:
    signature = encoded(sha256(part.encode("ascii") + _VERSION).digest())
    identifier = encoded(_VERSION)
    BEHAVIOUR.readers[f"{part}_firmware_identifier", "value"] = (
        lambda meter, link: identifier
    )
    BEHAVIOUR.readers[f"{part}_firmware_signature", "value"] = (
        lambda meter, link: signature
    )


for _part in _PARTS:
    _attach(_part)

"""What runs in the meter: each part's identifier, and its signature, a hash of its code."""

from __future__ import annotations

from hashlib import sha256

from meters.meter import Meter
from meters.model import Behaviour, Link, encoded
from wire.cosem.image import Part

BEHAVIOUR = Behaviour.empty()

_VERSION = b"1.0"


def _running(meter: Meter, part: Part) -> tuple[bytes, bytes]:
    """The identifier and the signature: of an image that was activated, or the factory's."""
    kept = meter.state.firmware
    if kept is not None and part in kept.active:
        return kept.active[part]
    return _VERSION, sha256(part.name.encode("ascii") + _VERSION).digest()


def _attach(part: Part) -> None:
    def identifier(meter: Meter, link: Link) -> bytes:
        return encoded(_running(meter, part)[0])

    def signature(meter: Meter, link: Link) -> bytes:
        return encoded(_running(meter, part)[1])

    name = part.name.lower()
    BEHAVIOUR.readers[f"{name}_firmware_identifier", "value"] = identifier
    BEHAVIOUR.readers[f"{name}_firmware_signature", "value"] = signature


for _part in Part:
    _attach(_part)

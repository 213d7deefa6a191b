"""Somebody who overhears every wire of P3 and knows the keys: which counters go out."""

from __future__ import annotations

from headend.desk import SYSTEM_TITLE
from scenarios.world.lab import Lab
from scenarios.world.station import Station
from wire.capture import OnOctets, Tap
from wire.dlms import acse
from wire.dlms.security import is_protected, unprotect
from wire.dlms.wrapper import WrapperReader

_ACSE = (b"\x60", b"\x62")
# Octet string of 17, its control byte: a proof, ciphered under a counter of its own.
_PROOF = b"\x09\x11\x10"


class Overheard:
    """The nonces that the head-end of a world has used: key and counter, in their order."""

    def __init__(self, lab: Lab) -> None:
        self.nonces: list[tuple[bytes, int]] = []
        lab._witness.trace = self._trace  # type: ignore[method-assign]

    def _trace(self, station: Station) -> Tap:
        reader = WrapperReader()

        def hear(sent: bool, octets: bytes) -> None:
            if sent:
                for event in reader.feed(octets):
                    self._note(station, getattr(event, "payload", b""))

        return OnOctets(hear)

    def _note(self, station: Station, octets: bytes) -> None:
        keys = station.meter.state.keys
        if octets[:1] in _ACSE:
            request = acse.decode(octets)
            octets = getattr(request, "user_information", None) or b""
        if not is_protected(octets):
            return  # the public client's
        opened = unprotect(octets, keys.cipher(), SYSTEM_TITLE)
        self.nonces.append((keys.encryption_key, opened.counter))
        if opened.apdu[-19:-16] == _PROOF:
            proof = int.from_bytes(opened.apdu[-16:-12], "big")
            self.nonces.append((keys.encryption_key, proof))

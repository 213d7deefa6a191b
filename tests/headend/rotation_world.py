"""A meter with all of its keys, a head-end that has them too, and everything that was sent."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Any

import pytest

from headend.desk import SYSTEM_TITLE
from headend.keys import Key, KeyStore
from headend.store import Connection, Store, meters
from headend.store.keys import KeyKind
from meters.meter import Meter
from tests.headend import bent_line
from tests.headend.bent_line import ROWS
from tests.meters.builders import KEYS, NOW_S
from wire.cosem.rows import Standard
from wire.dlms import acse
from wire.dlms.security import Cipher, is_protected, unprotect
from wire.dlms.wrapper import Wpdu, WrapperReader
from wire.errors import WireError

START_S = NOW_S + ROWS * 900
STANDARDS = pytest.mark.parametrize("standard", [Standard.DSMR_4_2_2, Standard.SMR_5_0])
KEY_STORE = KeyStore(bytes(32), "here")
KINDS = (KeyKind.ENCRYPTION, KeyKind.AUTHENTICATION, KeyKind.HLS_SECRET)


class World(bent_line.World):
    """As it was, but it keeps what was sent, whatever the key."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.sent: list[bytes] = []

    def _trace(self, ours: bool, octets: bytes) -> None:
        if ours:
            (event,) = WrapperReader().feed(octets)
            assert isinstance(event, Wpdu)
            self.sent.append(event.payload)


def take_over(store: Store, standard: Standard) -> int:
    """Makes the meter known with all of its keys, as its shipment does."""
    meter_id = bent_line.prepare(store, KEY_STORE)
    with store.begin() as connection:
        meter = meters.get(connection, meter_id)
        meters.change(connection, meter, {"standard": standard.value})
        others = [
            (meter, KeyKind.MASTER, KEYS.master_key),
            (meter, KeyKind.HLS_SECRET, KEYS.hls_secret),
        ]
        KEY_STORE.add_active(connection, others, NOW_S)
    return meter_id


def every(connection: Connection, meter_id: int, kind: KeyKind) -> list[Key]:
    return KEY_STORE.every(connection, meters.get(connection, meter_id), kind)


def in_use(store: Store, meter_id: int) -> dict[KeyKind, bytes]:
    with store.read() as connection:
        meter = meters.get(connection, meter_id)
        return {
            kind: KEY_STORE.active(connection, meter, kind).octets for kind in KINDS
        }


def of_meter(meter: Meter) -> dict[KeyKind, bytes]:
    now = meter.state.keys
    return {
        KeyKind.ENCRYPTION: now.encryption_key,
        KeyKind.AUTHENTICATION: now.authentication_key,
        KeyKind.HLS_SECRET: now.hls_secret,
    }


def check_nonces(store: Store, meter_id: int, *worlds: World) -> None:
    """See `check_sent`."""
    with store.read() as connection:
        known = [
            [key.octets for key in every(connection, meter_id, kind)]
            for kind in (KeyKind.ENCRYPTION, KeyKind.AUTHENTICATION)
        ]
    check_sent([octets for world in worlds for octets in world.sent], known)


def check_sent(sent: Iterable[bytes], known: list[list[bytes]]) -> None:
    """Whatever key a frame or a proof was ciphered under, its counter came once.

    `known` are the encryption keys and the authentication keys that there were.
    """
    used: list[tuple[bytes, int]] = []
    for octets in sent:
        if not is_protected(octets):
            try:
                octets = getattr(acse.decode(octets), "user_information", None) or b""
            except WireError:
                continue
            if not is_protected(octets):
                continue
        for pair in product(*known):
            try:
                opened = unprotect(octets, Cipher(*pair), SYSTEM_TITLE)
            except WireError:
                continue
            used.append((pair[0], opened.counter))
            if opened.apdu[-19:-16] == b"\x09\x11\x10":
                used.append((pair[0], int.from_bytes(opened.apdu[-16:-12], "big")))
            break
        else:
            raise AssertionError("a frame under a key that is not stored")
    assert used and len(used) == len(set(used)), "a nonce was used twice"

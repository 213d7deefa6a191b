"""A connection between a client and a meter, read by who has the meter's keys.

What cannot be read stays ciphered, and so does a request that carries a key: no key of a
meter comes out of here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from wire.dlms import acse
from wire.dlms.acse import Aare, Aarq, Rlre, Rlrq
from wire.dlms.security import Cipher, is_protected, unprotect
from wire.dlms.wrapper import Wpdu, WrapperReader, encode_wpdu
from wire.errors import SimError, WireError

_ACSE = frozenset((acse.AARQ, acse.AARE, acse.RLRQ, acse.RLRE))
_SET_REQUEST, _ACTION_REQUEST = 0xC1, 0xC3
# Whose value is a key in clear: SET of the secret of an association (class 15), ACTION
# set_encryption_key of an M-Bus client (class 72). Other keys go wrapped under the master key.
_WITH_KEY = {
    _SET_REQUEST: re.compile(rb"\x00\x0f.{6}\x07", re.DOTALL),
    _ACTION_REQUEST: re.compile(rb"\x00\x48.{6}\x07", re.DOTALL),
}
# A later block of a long request does not say of what: set-request-with-datablock and
# action-request-with-pblock.
_LATER_BLOCK = ((_SET_REQUEST, 3), (_ACTION_REQUEST, 6))
# No more clients than a meter has are followed at a time.
_MOST_CLIENTS = 8


class Deciphering:
    """Both streams of one connection, with what is ciphered in clear.

    `ciphers` gives the keys that the meter may have now; they are asked for when those known
    no longer do.
    """

    def __init__(self, ciphers: Callable[[], Iterable[Cipher]]) -> None:
        self._ciphers = ciphers
        self._cipher: Cipher | None = None
        self._readers = {True: WrapperReader(), False: WrapperReader()}
        # The system titles by client port and by who sent them.
        self._titles: dict[tuple[int, bool], bytes] = {}
        self._withholding = False

    def feed(self, from_client: bool, data: bytes) -> list[bytes]:
        """The WPDUs that this completes, in clear; none once the framing is lost."""
        return [
            encode_wpdu(
                event.source,
                event.destination,
                self._clear(
                    event.source if from_client else event.destination,
                    from_client,
                    event.payload,
                ),
            )
            for event in self._readers[from_client].feed(data)
            if isinstance(event, Wpdu)
        ]

    def _clear(self, client: int, from_client: bool, octets: bytes) -> bytes:
        if is_protected(octets):
            plain = self._open(client, from_client, octets)
            return octets if plain is None or self._has_key(plain) else plain
        if octets and octets[0] in _ACSE:
            return self._clear_acse(client, from_client, octets)
        return octets

    def _clear_acse(self, client: int, from_client: bool, octets: bytes) -> bytes:
        """An APDU of the association with its user-information in clear."""
        try:
            apdu = acse.decode(octets)
        except WireError:
            return octets
        title = None
        if isinstance(apdu, Aarq):
            title = apdu.calling_ap_title
        elif isinstance(apdu, Aare):
            title = apdu.responding_ap_title
        if title is not None:
            if len(self._titles) >= 2 * _MOST_CLIENTS:
                self._titles.clear()
            self._titles[client, from_client] = title
        information = apdu.user_information
        if information is None or not is_protected(information):
            return octets
        plain = self._open(client, from_client, information)
        return octets if plain is None else _with_information(apdu, plain)

    def _open(self, client: int, from_client: bool, octets: bytes) -> bytes | None:
        title = self._titles.get((client, from_client), b"")
        known = self._cipher
        if known is not None:
            plain = _opened(known, title, octets)
            if plain is not None:
                return plain
        try:
            ciphers = tuple(self._ciphers())
        except SimError:
            return None
        for cipher in ciphers:
            plain = _opened(cipher, title, octets)
            if plain is not None:
                self._cipher = cipher
                return plain
        return None

    def _has_key(self, plain: bytes) -> bool:
        """Whether a request carries a key in clear, in this block of it or a later one."""
        pattern = _WITH_KEY.get(plain[0])
        if pattern is None:
            return False
        if tuple(plain[:2]) not in _LATER_BLOCK:
            self._withholding = pattern.search(plain, 3) is not None
        return self._withholding


def _with_information(apdu: Aarq | Aare | Rlrq | Rlre, plain: bytes) -> bytes:
    return acse.encode(replace(apdu, user_information=plain))


def _opened(cipher: Cipher, title: bytes, octets: bytes) -> bytes | None:
    try:
        return unprotect(octets, cipher, title).apdu
    except SimError:
        return None

"""Security suite 0 of DLMS (Green Book 9.2.3 and 9.2.7): AES-GCM-128 and AES key wrap.

A ciphered APDU is: its tag, for general-glo-ciphering the sender's system title, a length,
and then the security control byte, the invocation counter (4 octets), the text and, when it
is authenticated, a tag of 12 octets. The nonce of GCM is the sender's system title and that
counter, so a counter must never be used twice under one key.

Nothing here prints a key or a plaintext.
"""

from __future__ import annotations

from enum import Enum, IntEnum
from hmac import compare_digest
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap,
    aes_key_wrap,
)

from wire.dlms.lengths import decode_length, encode_length
from wire.errors import LocalError, SecurityError, WireError

KEY_OCTETS = 16
TITLE_OCTETS = 8
TAG_OCTETS = 12
MAX_COUNTER = 0xFFFF_FFFF

CHALLENGE_LENGTHS = range(8, 65)
"""How many octets a challenge of HLS may have (9.2.7.4)."""

GENERAL_GLO = 0xDB
_HEADER_OCTETS = 5


class SecurityControl(IntEnum):
    """The security control byte: suite 0, unicast key, not compressed (9.2.7.2.4.1)."""

    AUTHENTICATED = 0x10
    ENCRYPTED = 0x20
    AUTHENTICATED_ENCRYPTED = 0x30


class Kind(Enum):
    """Which ciphered APDU carries the plain one; a server answers in the kind of the request."""

    GLO = "glo"
    GENERAL_GLO = "general-glo"


OVERHEAD = {
    Kind.GLO: 1 + 3 + _HEADER_OCTETS + TAG_OCTETS,
    Kind.GENERAL_GLO: 1 + 1 + TITLE_OCTETS + 3 + _HEADER_OCTETS + TAG_OCTETS,
}
"""The most octets that ciphering adds to a plain APDU of less than 64 KiB."""


class CounterRule(Enum):
    """When a receiver takes an invocation counter (P3, 3.2.3, frame counters)."""

    DSMR4 = "first of an association free, then exactly one more"
    SMR5 = "always higher than any before, across associations"

    def accepts(self, previous: int | None, received: int) -> bool:
        """Whether `received` may follow `previous`.

        `previous` is None when there is none: under DSMR4 at the start of an association,
        under SMR5 when nothing was ever received under this key. After the highest counter
        nothing is accepted: the key must be changed.
        """
        if not 0 <= received <= MAX_COUNTER:
            return False
        if previous is None:
            return True
        if self is CounterRule.DSMR4:
            return received == previous + 1
        return received > previous


_CONTROLS: dict[int, SecurityControl] = {
    int(control): control for control in SecurityControl
}

# The plain APDU's tag to that of its glo- form (Green Book 9.5, XDLMS-APDU).
_GLO_TAGS = {
    0x01: 0x21,  # initiateRequest
    0x08: 0x28,  # initiateResponse
    0x0E: 0x2E,  # confirmedServiceError
    0xC0: 0xC8,  # get-request
    0xC1: 0xC9,  # set-request
    0xC2: 0xCA,  # event-notification-request
    0xC3: 0xCB,  # action-request
    0xC4: 0xCC,  # get-response
    0xC5: 0xCD,  # set-response
    0xC7: 0xCF,  # action-response
}
_PLAIN_TAGS = {glo: plain for plain, glo in _GLO_TAGS.items()}


class Cipher:
    """One global unicast encryption key with the authentication key that goes with it."""

    __slots__ = ("_gcm", "_authentication_key", "_both_aad")

    def __init__(self, encryption_key: bytes, authentication_key: bytes) -> None:
        if len(encryption_key) != KEY_OCTETS or len(authentication_key) != KEY_OCTETS:
            raise LocalError("security suite 0 has keys of 16 octets")
        self._gcm = AESGCM(encryption_key)
        self._authentication_key = bytes(authentication_key)
        self._both_aad = b"\x30" + self._authentication_key

    def __repr__(self) -> str:
        return "Cipher(keys not shown)"

    def seal(
        self, title: bytes, counter: int, control: SecurityControl, plaintext: bytes
    ) -> bytes:
        """The text as `control` wants it, with the tag of 12 octets unless only encrypted.

        `title` is the sender's. Raises `LocalError` when the counter is used up.
        """
        nonce = _nonce(title, counter)
        if control == SecurityControl.AUTHENTICATED_ENCRYPTED:
            return self._gcm.encrypt(nonce, plaintext, self._both_aad)[:-4]
        if control == SecurityControl.ENCRYPTED:
            return self._gcm.encrypt(nonce, plaintext, None)[:-16]
        return plaintext + self._tag(nonce, plaintext)

    def open(
        self, title: bytes, counter: int, control: SecurityControl, octets: bytes
    ) -> bytes:
        """The plaintext of what the owner of `title` sealed; `SecurityError` if it was not.

        Text that is only encrypted has no tag: anything deciphers, to anything.
        """
        nonce = _nonce(title, counter)
        # In counter mode enciphering the ciphertext gives the plaintext; a ready AESGCM
        # object does so, and tags it again, in a third of the time of a decryptor that
        # accepts tags of 12 octets.
        if control == SecurityControl.ENCRYPTED:
            return self._gcm.encrypt(nonce, octets, None)[:-16]
        text = octets[:-TAG_OCTETS]
        if control == SecurityControl.AUTHENTICATED_ENCRYPTED:
            plaintext = self._gcm.encrypt(nonce, text, None)[:-16]
            tag = self._gcm.encrypt(nonce, plaintext, self._both_aad)[-16:-4]
        else:
            plaintext = text
            tag = self._tag(nonce, plaintext)
        if not compare_digest(tag, octets[-TAG_OCTETS:]):
            raise SecurityError(
                "the authentication tag is wrong: other keys, or changed bytes"
            )
        return plaintext

    def _tag(self, nonce: bytes, text: bytes) -> bytes:
        aad = b"\x10" + self._authentication_key + text
        return self._gcm.encrypt(nonce, b"", aad)[:TAG_OCTETS]


class Unprotected(NamedTuple):
    """A deciphered APDU and how it was protected."""

    apdu: bytes
    kind: Kind
    control: SecurityControl
    counter: int

    def __repr__(self) -> str:
        return (
            f"Unprotected({len(self.apdu)} octets, {self.kind.name},"
            f" {self.control.name}, counter={self.counter})"
        )


def is_protected(octets: bytes) -> bool:
    """Whether these octets start as an APDU that `unprotect` reads."""
    return bool(octets) and (octets[0] in _PLAIN_TAGS or octets[0] == GENERAL_GLO)


def protect(
    apdu: bytes,
    *,
    cipher: Cipher,
    title: bytes,
    counter: int,
    control: SecurityControl,
    kind: Kind,
) -> bytes:
    """The ciphered APDU of a plain one; `title` is the sender's own.

    Raises `LocalError` for an APDU that has no glo- form, and for a counter that is used up.
    """
    text = cipher.seal(title, counter, control, apdu)
    length = encode_length(_HEADER_OCTETS + len(text))
    header = bytes((control,)) + counter.to_bytes(4, "big")
    if kind is Kind.GENERAL_GLO:
        return bytes((GENERAL_GLO, TITLE_OCTETS)) + title + length + header + text
    glo_tag = _GLO_TAGS.get(apdu[0]) if apdu else None
    if glo_tag is None:
        raise LocalError(
            f"an APDU with tag {apdu[:1].hex() or 'none'} has no glo- form"
        )
    return bytes((glo_tag,)) + length + header + text


def unprotect(octets: bytes, cipher: Cipher, peer_title: bytes) -> Unprotected:
    """Deciphers and verifies one ciphered APDU of the peer with that system title.

    The caller judges the counter and whether this protection is enough. Raises
    `SecurityError` when it does not verify, `WireError` when it is no ciphered APDU.
    """
    if not octets:
        raise WireError("an empty APDU")
    tag = octets[0]
    at = 1
    if tag == GENERAL_GLO:
        kind = Kind.GENERAL_GLO
        at = _check_title(octets, peer_title)
        plain_tag = None
    else:
        kind = Kind.GLO
        plain_tag = _PLAIN_TAGS.get(tag)
        if plain_tag is None:
            raise WireError(f"tag {tag:#04x} is not of a ciphered APDU", 0)
    at = _check_length(octets, at)
    control = _CONTROLS.get(octets[at])
    if control is None:
        raise SecurityError(f"security control {octets[at]:#04x} is not of suite 0", at)
    counter = int.from_bytes(octets[at + 1 : at + _HEADER_OCTETS], "big")
    apdu = cipher.open(peer_title, counter, control, octets[at + _HEADER_OCTETS :])
    if plain_tag is not None and (not apdu or apdu[0] != plain_tag):
        raise SecurityError(
            f"the glo- tag {tag:#04x} does not fit what it enciphers", 0
        )
    return Unprotected(apdu, kind, control, counter)


def hls5_proof(cipher: Cipher, title: bytes, counter: int, challenge: bytes) -> bytes:
    """f(challenge) of HLS mechanism 5, GMAC (9.2.7.4.2): SC, counter, tag; 17 octets.

    `title` is of who proves, `challenge` what its peer sent. The counter must be one that is
    used for nothing else under this key.
    """
    tag = cipher.seal(title, counter, SecurityControl.AUTHENTICATED, challenge)[
        -TAG_OCTETS:
    ]
    return b"\x10" + counter.to_bytes(4, "big") + tag


def hls5_check(
    cipher: Cipher, peer_title: bytes, challenge: bytes, proof: bytes
) -> int:
    """Checks the peer's proof over our challenge; returns the counter that it used.

    Raises `SecurityError` when the proof is not one.
    """
    if (
        len(proof) != _HEADER_OCTETS + TAG_OCTETS
        or proof[0] != SecurityControl.AUTHENTICATED
    ):
        raise SecurityError(
            "the peer's proof is not a control byte, a counter and a tag"
        )
    counter = int.from_bytes(proof[1:_HEADER_OCTETS], "big")
    cipher.open(
        peer_title,
        counter,
        SecurityControl.AUTHENTICATED,
        challenge + proof[_HEADER_OCTETS:],
    )
    return counter


def wrap_key(kek: bytes, key: bytes) -> bytes:
    """The key wrapped under the master key (RFC 3394): 8 octets longer than the key."""
    if len(kek) != KEY_OCTETS or len(key) < KEY_OCTETS or len(key) % 8:
        raise LocalError("only keys of 16 octets, or more by eights, can be wrapped")
    return aes_key_wrap(kek, key)


def unwrap_key(kek: bytes, wrapped: bytes) -> bytes:
    """The key that was wrapped under the master key (RFC 3394).

    Raises `SecurityError` when it was wrapped under another one, or was changed.
    """
    if len(kek) != KEY_OCTETS:
        raise LocalError("a master key has 16 octets")
    try:
        return aes_key_unwrap(kek, wrapped)
    except (InvalidUnwrap, ValueError):
        raise SecurityError(
            "a wrapped key does not unwrap under the master key"
        ) from None


def _nonce(title: bytes, counter: int) -> bytes:
    if len(title) != TITLE_OCTETS:
        raise SecurityError(f"a system title has 8 octets, not {len(title)}")
    if not 0 <= counter <= MAX_COUNTER:
        raise LocalError("the invocation counter is used up: change the encryption key")
    return title + counter.to_bytes(4, "big")


def _check_title(octets: bytes, peer_title: bytes) -> int:
    """Where the length stands, after the title; an empty title means the one agreed."""
    if octets[1:2] == b"\x00":
        return 2
    if octets[1:10] != b"\x08" + peer_title:
        raise SecurityError("the system title is not the peer's", 1)
    return 10


def _check_length(octets: bytes, at: int) -> int:
    """Where the security control byte stands; the length must be that of what follows."""
    length, start = decode_length(octets, at)
    if length < _HEADER_OCTETS or length != len(octets) - start:
        raise WireError("the length of a ciphered APDU is not that of its bytes", at)
    return start

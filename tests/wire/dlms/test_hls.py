"""HLS by digest and by GMAC: against hashlib's own words, gurux-dlms, and bent proofs."""

from __future__ import annotations

import hashlib

import pytest
from gurux_dlms.enums import Authentication
from gurux_dlms.GXDLMSSettings import GXDLMSSettings
from gurux_dlms.GXSecure import GXSecure

from wire.dlms.acse import Mechanism
from wire.dlms.hls import Hls
from wire.dlms.security import Cipher
from wire.errors import LocalError, SecurityError

CIPHER = Cipher(bytes(range(16)), bytes(range(16, 32)))
SECRET = bytes(range(0x60, 0x70))
CHALLENGE = b"P6wRJ21Fsome16or"
TITLE = b"DSL\x00\x00\x00\x00\x01"
DIGESTS = [(Mechanism.HIGH_MD5, "md5", 16), (Mechanism.HIGH_SHA1, "sha1", 20)]


@pytest.mark.parametrize(("mechanism", "name", "octets"), DIGESTS)
def test_a_digest_is_of_the_challenge_and_then_the_secret(
    mechanism: Mechanism, name: str, octets: int
) -> None:
    proof = Hls(mechanism, CIPHER, SECRET).prove(TITLE, 0, CHALLENGE)
    assert proof == hashlib.new(name, CHALLENGE + SECRET).digest()
    assert len(proof) == octets


@pytest.mark.parametrize(("mechanism", "name", "octets"), DIGESTS)
def test_another_implementation_proves_the_same(
    mechanism: Mechanism, name: str, octets: int
) -> None:
    settings = GXDLMSSettings(False, None)
    settings.authentication = Authentication(int(mechanism))
    theirs = GXSecure.secure(settings, None, 0, bytearray(CHALLENGE), bytearray(SECRET))
    ours = Hls(mechanism, CIPHER, SECRET)
    assert ours.check(TITLE, CHALLENGE, bytes(theirs)) is None


def test_a_gmac_tells_the_counter_that_it_took() -> None:
    hls = Hls(Mechanism.HIGH_GMAC, CIPHER)
    assert hls.counts and not Hls(Mechanism.HIGH_MD5, CIPHER, SECRET).counts
    assert hls.check(TITLE, CHALLENGE, hls.prove(TITLE, 77, CHALLENGE)) == 77


@pytest.mark.parametrize("mechanism", [3, 4, 5])
def test_what_is_bent_is_no_proof(mechanism: int) -> None:
    hls = Hls(Mechanism(mechanism), CIPHER, SECRET)
    good = hls.prove(TITLE, 1, CHALLENGE)
    for bent in (b"", good[:-1], good + b"\x00", bytes(len(good)), CHALLENGE):
        with pytest.raises(SecurityError):
            hls.check(TITLE, CHALLENGE, bent)
    for bit in range(8 * len(good)):
        changed = bytearray(good)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SecurityError):
            hls.check(TITLE, CHALLENGE, bytes(changed))
    with pytest.raises(SecurityError):
        hls.check(TITLE, CHALLENGE + b"x", good)


def test_a_mechanism_without_its_secret_or_of_another_suite_is_none() -> None:
    for mechanism, secret in ((3, None), (4, None), (2, SECRET), (6, SECRET)):
        with pytest.raises(LocalError):
            Hls(Mechanism(mechanism), CIPHER, secret)


def test_the_secret_is_not_printed() -> None:
    assert SECRET.hex() not in repr(Hls(Mechanism.HIGH_MD5, CIPHER, SECRET))
    assert repr(SECRET) not in repr(Hls(Mechanism.HIGH_MD5, CIPHER, SECRET))

"""High level security of suite 0 (Green Book 9.2.7.4.1): how the two ends prove themselves.

With HLS3 and HLS4 f(challenge) is the digest, MD5 or SHA-1, of the challenge followed by the
HLS secret; with HLS5 it is a GMAC under the keys of the cipher.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from hmac import compare_digest

from wire.dlms.acse import Mechanism
from wire.dlms.security import Cipher, hls5_check, hls5_proof
from wire.errors import LocalError, SecurityError

SECRET_LENGTHS = range(16, 65)
"""How many octets an HLS secret may have: 16 at least (P3, 5.1, note 3), 64 at most (9.2.7.4)."""

_DIGESTS = {Mechanism.HIGH_MD5: hashlib.md5, Mechanism.HIGH_SHA1: hashlib.sha1}
WITH_SECRET = frozenset(_DIGESTS)
"""The mechanisms that prove the HLS secret; HLS5 proves the keys."""


@dataclass(frozen=True, slots=True)
class Hls:
    """A mechanism and what is secret in it; raises `LocalError` if it lacks the secret."""

    mechanism: Mechanism
    cipher: Cipher = field(repr=False)
    secret: bytes | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.mechanism in _DIGESTS and self.secret is None:
            raise LocalError("HLS3 and HLS4 need the meter's HLS secret")
        if self.mechanism not in (*_DIGESTS, Mechanism.HIGH_GMAC):
            raise LocalError(f"{self.mechanism.name} is not a mechanism of suite 0")

    @property
    def counts(self) -> bool:
        """Whether a proof takes an invocation counter, as its nonce."""
        return self.mechanism not in _DIGESTS

    def prove(self, title: bytes, counter: int, challenge: bytes) -> bytes:
        """f(challenge); `title` is of who proves, `challenge` what its peer sent.

        The counter must be one that is used for nothing else; a digest has no use for it.
        """
        digest = _DIGESTS.get(self.mechanism)
        if digest is None:
            return hls5_proof(self.cipher, title, counter, challenge)
        return digest(challenge + (self.secret or b"")).digest()

    def check(self, peer_title: bytes, challenge: bytes, proof: bytes) -> int | None:
        """Checks the peer's proof over our challenge; the counter that it took, if it does.

        Raises `SecurityError` when the proof is not one.
        """
        if self.counts:
            return hls5_check(self.cipher, peer_title, challenge, proof)
        if not compare_digest(self.prove(peer_title, 0, challenge), proof):
            raise SecurityError("the peer's proof is not made with our HLS secret")
        return None

"""A stream cipher with the calls of gurux-dlms's own, on ours: fast, and it verifies.

It takes the place of GXDLMSChipperingStream for as long as gurux-dlms works for us, and no
longer: who uses that library for something else has it as it was.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from hmac import compare_digest
from typing import Any

from wire.dlms.security import (
    TAG_OCTETS,
    Cipher,
    SecurityControl,
    unwrap_key,
    wrap_key,
)
from wire.errors import LocalError, SimError, WireError


class CipherStream:
    """Stands in for GXDLMSChipperingStream: the same calls, on our own cipher.

    Without `security` it wraps keys. With it, it is AES-GCM, where `tag` is None to cipher and
    the tag to be verified to decipher.
    """

    def __init__(
        self, security: Any, encrypt: bool, key: Any, aad: Any, iv: Any, tag: Any
    ) -> None:
        self._security = security
        self._encrypt = encrypt
        self._key = bytes(key)
        self._aad = bytes(aad or b"")
        self._iv = bytes(iv or b"")
        self._given_tag = tag
        self._text = b""
        self.tag = bytearray(TAG_OCTETS)

    def write(self, text: Any) -> None:
        """Takes more of the text."""
        self._text += bytes(text)

    def flushFinalBlock(self) -> bytearray:
        """The whole result; raises `SecurityError` when the tag is wrong."""
        if self._security is None:
            change = wrap_key if self._encrypt else unwrap_key
            return bytearray(change(self._key, self._text))
        control = SecurityControl(int(self._security))
        title, counter = self._iv[:8], int.from_bytes(self._iv[8:], "big")
        if control is SecurityControl.ENCRYPTED:
            cipher = Cipher(self._key, bytes(16))
            return bytearray(cipher.seal(title, counter, control, self._text))
        cipher = Cipher(self._key, self._aad[1:17])
        if self._given_tag is not None:
            sealed = self._text + bytes(self._given_tag)
            return bytearray(cipher.open(title, counter, control, sealed))
        authenticated = control is SecurityControl.AUTHENTICATED
        text = self._aad[17:] if authenticated else self._text
        sealed = cipher.seal(title, counter, control, text)
        self.tag = bytearray(sealed[-TAG_OCTETS:])
        return bytearray() if authenticated else bytearray(sealed[:-TAG_OCTETS])

    @staticmethod
    def tagsEquals(one: Any, other: Any) -> bool:
        """Compares two tags, in the same time wherever they differ."""
        return compare_digest(bytes(one), bytes(other))


class Seam:
    """Calls into gurux-dlms with our stream in those of its modules that cipher.

    What it prints is dropped: some of it is secret, and our output is read by programs.
    """

    def __init__(self, modules: Iterable[Any]) -> None:
        self._modules = tuple(modules)

    def make(self, function: Callable[..., Any], *args: Any) -> Any:
        """Lets gurux make something; what goes wrong is our own fault: `LocalError`."""
        try:
            with self._standing_in():
                return function(*args)
        except SimError:
            raise
        except Exception as error:
            raise LocalError(f"gurux-dlms fails: {type(error).__name__}") from None

    def read(self, function: Callable[..., Any], *args: Any) -> None:
        """Lets gurux read something; what goes wrong is the meter's fault: `WireError`."""
        try:
            with self._standing_in():
                function(*args)
        except SimError:
            raise
        except Exception as error:
            name = type(error).__name__
            raise WireError(f"gurux-dlms cannot read the answer: {name}") from None

    @contextmanager
    def _standing_in(self) -> Iterator[None]:
        theirs = [module.GXDLMSChipperingStream for module in self._modules]
        try:
            for module in self._modules:
                module.GXDLMSChipperingStream = CipherStream
            with redirect_stdout(io.StringIO()):
                yield
        finally:
            for module, stream in zip(self._modules, theirs):
                module.GXDLMSChipperingStream = stream

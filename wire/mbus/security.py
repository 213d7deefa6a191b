"""Security on P2: mode 15 of DSMR, mode 5 of EN 13757-3, and the ways in which keys travel.

Mode 15 (P2 4.0.7, 5.2) is AES-128 in CBC mode. The plaintext is `2F 2F`, the records, and as
many fillers 2F as make whole blocks, two at least; behind the ciphertext stands the frame
counter, in clear, as a record `04 FD 08`. One counter serves both directions: each message has
a higher one than any before, under whatever key. The initialisation vector is of the M-Bus
device, whoever sends.

Nothing here prints a key or a plaintext.
"""

from __future__ import annotations

from hmac import compare_digest
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from wire.errors import LocalError, SecurityError, WireError
from wire.mbus.headers import ShortId

KEY_OCTETS = 16
BLOCK_OCTETS = 16
MAX_BLOCKS = 15
MAX_COUNTER = 0xFFFF_FFFF

CLEAR, MODE_5, MODE_15 = 0, 5, 15

_FILLERS = b"\x2f\x2f"
_COUNTER_HEAD = b"\x04\xfd\x08"
COUNTER_OCTETS = len(_COUNTER_HEAD) + 4

_KCC_OCTETS = 4
_TRANSFER_TAG_OCTETS = 8
_TRANSFER_OCTETS = _KCC_OCTETS + 2 + KEY_OCTETS + _TRANSFER_TAG_OCTETS


class CounterTooLow(SecurityError):
    """A frame counter that is not higher than the last validated: repeated, or out of step."""


class WrongFillers(SecurityError):
    """No fillers where they must be after deciphering: another key, or changed octets."""


class KeyMissing(SecurityError):
    """An enciphered message, and no key to read it with."""


class Opened(NamedTuple):
    """The plaintext of mode 15, fillers included, and the frame counter that came with it."""

    plaintext: bytes
    counter: int

    def __repr__(self) -> str:
        return f"Opened({len(self.plaintext)} octets, counter={self.counter})"


def filled(records: bytes) -> bytes:
    """Two fillers, the records, two fillers and more up to a whole number of blocks.

    Raises `LocalError` when that is more than the configuration word can tell.
    """
    least = len(records) + 2 * len(_FILLERS)
    blocks = -(-least // BLOCK_OCTETS)
    if blocks > MAX_BLOCKS:
        raise LocalError(f"{least} octets do not fit {MAX_BLOCKS} blocks")
    return (_FILLERS + records).ljust(blocks * BLOCK_OCTETS, b"\x2f")


def seal_mode_15(key: bytes, device: ShortId, counter: int, plaintext: bytes) -> bytes:
    """The ciphertext of `filled` records and the counter's record behind it.

    `device` is the M-Bus device, whoever sends. Raises `LocalError` for a counter that is used up.
    """
    if not 0 <= counter <= MAX_COUNTER:
        raise LocalError(f"{counter} is not a frame counter of 32 bits")
    octets = counter.to_bytes(4, "little")
    iv = device.link_address() + octets + octets
    return _encipher(key, iv, plaintext) + _COUNTER_HEAD + octets


def open_mode_15(
    key: bytes, device: ShortId, blocks: int, body: bytes, last_counter: int | None
) -> Opened:
    """Validates and deciphers a body, in the order of P2 4.0.7, 5.2.

    `blocks` is of the configuration word, `last_counter` the last that was validated, None when
    none ever was. Raises `CounterTooLow`, then `WireError` for wrong lengths, then
    `WrongFillers`; only what none of them befell has a counter to store. Of the counter itself
    CBC guards nothing: another one only spoils the second half of the first block, so the
    records must be looked at too before anything is stored.
    """
    begin = len(body) - COUNTER_OCTETS
    if begin < 0 or body[begin : begin + len(_COUNTER_HEAD)] != _COUNTER_HEAD:
        raise WireError("mode 15 without its frame counter", max(begin, 0))
    octets = body[-4:]
    counter = int.from_bytes(octets, "little")
    if last_counter is not None and counter <= last_counter:
        raise CounterTooLow(
            f"frame counter {counter} is not higher than {last_counter}"
        )
    if not blocks or begin != blocks * BLOCK_OCTETS:
        raise WireError(f"{begin} octets are not the {blocks} blocks of the header", 0)
    iv = device.link_address() + octets + octets
    plaintext = _decipher(key, iv, body[:begin])
    if plaintext[:2] != _FILLERS or plaintext[-2:] != _FILLERS:
        raise WrongFillers(
            "no fillers after deciphering: another key, or changed octets"
        )
    return Opened(plaintext, counter)


def seal_mode_5(
    key: bytes, device: ShortId, access_number: int, plaintext: bytes
) -> bytes:
    """The ciphertext of `filled` records in mode 5 (EN 13757-3), which DSMR lacks."""
    return _encipher(key, _iv_5(device, access_number), plaintext)


def open_mode_5(
    key: bytes, device: ShortId, access_number: int, blocks: int, body: bytes
) -> bytes:
    """The plaintext of a body in mode 5, what follows its enciphered blocks included.

    Raises `WireError` when it is shorter than its blocks, `WrongFillers` for another key.
    """
    end = blocks * BLOCK_OCTETS
    if not blocks or end > len(body):
        raise WireError(f"{len(body)} octets hold no {blocks} enciphered blocks", 0)
    plaintext = _decipher(key, _iv_5(device, access_number), body[:end])
    if plaintext[:2] != _FILLERS:
        raise WrongFillers(
            "no fillers after deciphering: another key, or changed octets"
        )
    return plaintext + body[end:]


def wrap_user_key(default_key: bytes, user_key: bytes) -> bytes:
    """A user key enciphered under a device's default key: one block of AES."""
    _check_key(user_key)
    return _encipher(default_key, bytes(BLOCK_OCTETS), user_key)


def unwrap_user_key(default_key: bytes, wrapped: bytes) -> bytes:
    """The user key of `wrap_user_key`; any 16 octets give one, right or not."""
    if len(wrapped) != KEY_OCTETS:
        raise WireError(f"a wrapped key has {KEY_OCTETS} octets, not {len(wrapped)}")
    return _decipher(default_key, bytes(BLOCK_OCTETS), wrapped)


class TransferredKey(NamedTuple):
    """A key of SMR 5 on its way: `key_id` 0 is the user key, 1 firmware's, 2 P0's."""

    key_id: int
    key: bytes
    change_counter: int

    def __repr__(self) -> str:
        return f"TransferredKey(key_id={self.key_id}, change_counter={self.change_counter})"


def encode_key_transfer(
    default_key: bytes, device: ShortId, transferred: TransferredKey
) -> bytes:
    """The change counter, then by AES-GCM the key with its id and length, and 8 octets of tag.

    SMR 5 as central systems send it: 30 octets.
    """
    key_id, key, change_counter = transferred
    _check_key(default_key)
    _check_key(key)
    if not (0 <= key_id <= 0xFF and 0 <= change_counter <= MAX_COUNTER):
        raise LocalError("a key id is one octet, a change counter four")
    counter = change_counter.to_bytes(_KCC_OCTETS, "big")
    text = bytes((key_id, KEY_OCTETS)) + key
    sealed = AESGCM(default_key).encrypt(device.encode() + counter, text, None)
    return counter + sealed[: len(text) + _TRANSFER_TAG_OCTETS]


def decode_key_transfer(
    default_key: bytes, device: ShortId, octets: bytes, last_change_counter: int | None
) -> TransferredKey:
    """Verifies and deciphers `encode_key_transfer`.

    Raises `WireError` for a wrong length, `CounterTooLow` when the change counter is not higher
    than the last, `SecurityError` when it does not verify.
    """
    _check_key(default_key)
    if len(octets) != _TRANSFER_OCTETS:
        raise WireError(
            f"a key transfer has {_TRANSFER_OCTETS} octets, not {len(octets)}"
        )
    counter = octets[:_KCC_OCTETS]
    change_counter = int.from_bytes(counter, "big")
    if last_change_counter is not None and change_counter <= last_change_counter:
        raise CounterTooLow(
            f"key change counter {change_counter} is not higher than {last_change_counter}"
        )
    # In counter mode enciphering deciphers, and AESGCM itself takes no tag of 8 octets.
    gcm, nonce = AESGCM(default_key), device.encode() + counter
    text = gcm.encrypt(nonce, octets[_KCC_OCTETS:-_TRANSFER_TAG_OCTETS], None)[:-16]
    tag = gcm.encrypt(nonce, text, None)[-16:-_TRANSFER_TAG_OCTETS]
    if not compare_digest(tag, octets[-_TRANSFER_TAG_OCTETS:]):
        raise SecurityError("the tag of a key transfer is wrong")
    if text[1] != KEY_OCTETS:
        raise WireError(f"a transferred key of {text[1]} octets")
    return TransferredKey(text[0], text[2:], change_counter)


def _iv_5(device: ShortId, access_number: int) -> bytes:
    if not 0 <= access_number <= 0xFF:
        raise LocalError("an access number is one octet")
    return device.link_address() + bytes((access_number,)) * 8


def _encipher(key: bytes, iv: bytes, plaintext: bytes) -> bytes:
    _check_key(key)
    if len(plaintext) % BLOCK_OCTETS:
        raise LocalError("only whole blocks can be enciphered")
    context = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return context.update(plaintext)


def _decipher(key: bytes, iv: bytes, ciphertext: bytes) -> bytes:
    _check_key(key)
    context = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    return context.update(ciphertext)


def _check_key(key: bytes) -> None:
    if len(key) != KEY_OCTETS:
        raise LocalError(f"keys of P2 have {KEY_OCTETS} octets")

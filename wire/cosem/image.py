"""Firmware images of simulated meters: how they are laid out, built and read.

An image goes to a meter in blocks of 400 octets, the last one shorter (class 18). As P3 has it
(5.12) the first block carries a hash over the rest, and the check is a CRC-32 per block:

    octets  first block
    4       `DLIM`
    1       version of this layout, 1
    1       the part that it is for: group B of its identifier, 1-b:0.2.0
    32      SHA-256 over the CRC-32s, 4 octets each, of the blocks that follow
    1       length of the identifier
    n       identifier, ASCII
            zeros
    4       CRC-32 of the 396 octets before

The code follows, of which a meter needs no more than the CRC-32 of each block.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from zlib import crc32

from wire.errors import LocalError, WireError

BLOCK_OCTETS = 400
"""With what ciphers and carries it, a block makes a packet of about 500 octets (P3, 3.3)."""
MAX_IMAGE_OCTETS = 2 * 1024 * 1024
"""What a meter has room for, and so the most that is sent to one."""
CRC_OCTETS = 4
MAX_IDENTIFIER_OCTETS = 48

_HEAD = struct.Struct(">4sBB32sB")
_MAGIC, _VERSION = b"DLIM", 1
_CHECKED_OCTETS = BLOCK_OCTETS - CRC_OCTETS


class Part(IntEnum):
    """What firmware is for, by group B of the objects that identify it (P3, 6.1)."""

    CORE = 0
    MODULE = 1
    COMMUNICATION = 2
    MBUS_DRIVER = 4


class Status(IntEnum):
    """image_transfer_status (Blue Book ed. 10, class 18)."""

    NOT_INITIATED = 0
    INITIATED = 1
    VERIFICATION_INITIATED = 2
    VERIFICATION_SUCCESSFUL = 3
    VERIFICATION_FAILED = 4
    ACTIVATION_INITIATED = 5
    ACTIVATION_SUCCESSFUL = 6
    ACTIVATION_FAILED = 7


@dataclass(frozen=True, slots=True)
class Header:
    """What the first block says; `digest` is the hash over the rest."""

    part: Part
    identifier: bytes
    digest: bytes


def build(part: Part, identifier: str, code: bytes) -> bytes:
    """The image of some code; raises `LocalError` when it cannot be one."""
    name = identifier.encode("ascii", "replace")
    if not identifier.isascii() or not 0 < len(name) <= MAX_IDENTIFIER_OCTETS:
        raise LocalError(
            f"an identifier has 1 to {MAX_IDENTIFIER_OCTETS} ASCII characters"
        )
    if not 0 < len(code) <= MAX_IMAGE_OCTETS - BLOCK_OCTETS:
        raise LocalError(f"an image has no more than {MAX_IMAGE_OCTETS} octets")
    checks = b"".join(check(block) for block in split(code))
    head = _HEAD.pack(_MAGIC, _VERSION, part, digest(checks), len(name)) + name
    first = head.ljust(_CHECKED_OCTETS, b"\x00")
    return first + check(first) + code


def split(image: bytes) -> list[bytes]:
    """The blocks of an image, in their order."""
    return [
        image[start : start + BLOCK_OCTETS]
        for start in range(0, len(image), BLOCK_OCTETS)
    ]


def check(block: bytes) -> bytes:
    """The CRC-32 of a block, 4 octets."""
    return crc32(block).to_bytes(CRC_OCTETS, "big")


def digest(checks: bytes) -> bytes:
    """The hash over the CRC-32s of all blocks but the first."""
    return sha256(checks).digest()


def read(first: bytes) -> Header:
    """What the first block says; raises `WireError` when it is none."""
    if len(first) != BLOCK_OCTETS or check(first[:_CHECKED_OCTETS]) != first[-4:]:
        raise WireError("the first block of an image does not check")
    magic, version, part, told, length = _HEAD.unpack_from(first)
    if (magic, version) != (_MAGIC, _VERSION) or part not in list(Part):
        raise WireError("this is no image for a simulated meter")
    identifier = first[_HEAD.size : _HEAD.size + length]
    if not 0 < length <= MAX_IDENTIFIER_OCTETS or not identifier.isascii():
        raise WireError("the identifier of an image has 1 to 48 ASCII characters")
    return Header(Part(part), identifier, told)

"""Images: built and read, and no octet of them that can change unseen."""

from __future__ import annotations

from hashlib import sha256
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.cosem.image import (
    BLOCK_OCTETS,
    MAX_IMAGE_OCTETS,
    Part,
    build,
    check,
    digest,
    read,
    split,
)
from wire.errors import LocalError, WireError


def test_an_image_is_laid_out_as_described() -> None:
    code = bytes(range(256)) * 4
    image = build(Part.COMMUNICATION, "2.7", code)
    first, *rest = split(image)
    assert image == first + code and len(first) == BLOCK_OCTETS == 400
    assert [len(block) for block in rest] == [400, 400, 224]
    checks = b"".join(crc32(block).to_bytes(4, "big") for block in rest)
    assert first[:6] == b"DLIM\x01\x02"
    assert first[6:38] == sha256(checks).digest()
    assert first[38:42] == b"\x032.7" and not any(first[42:396])
    assert first[396:] == crc32(first[:396]).to_bytes(4, "big")


@given(st.sampled_from(Part), st.text("0123456789.abc", min_size=1, max_size=48))
def test_what_is_built_is_read(part: Part, identifier: str) -> None:
    first, *rest = split(build(part, identifier, b"code" * 300))
    header = read(first)
    assert (header.part, header.identifier) == (part, identifier.encode())
    assert header.digest == digest(b"".join(check(block) for block in rest))


@pytest.mark.parametrize(
    ("identifier", "code"),
    [
        ("", b"code"),
        ("é", b"code"),
        ("x" * 49, b"code"),
        ("1.1", b""),
        ("1.1", bytes(MAX_IMAGE_OCTETS)),
    ],
)
def test_what_is_no_image_is_not_built(identifier: str, code: bytes) -> None:
    with pytest.raises(LocalError):
        build(Part.CORE, identifier, code)


def test_no_bit_of_the_first_block_changes_unseen() -> None:
    first = split(build(Part.CORE, "1.1", b"code"))[0]
    for bit in range(8 * len(first)):
        bent = bytearray(first)
        bent[bit // 8] ^= 1 << bit % 8
        with pytest.raises(WireError):
            read(bytes(bent))


@given(st.binary(max_size=500), st.booleans())
def test_no_octets_do_more_than_be_no_first_block(octets: bytes, checks: bool) -> None:
    if checks:
        octets = octets[:396].ljust(396, b"\0")
        octets += crc32(octets).to_bytes(4, "big")
    with pytest.raises(WireError):
        read(octets)


@pytest.mark.parametrize(
    ("at", "value"),
    [(0, 0), (4, 2), (5, 3), (5, 255), (38, 0), (38, 49), (38, 255), (39, 200)],
)
def test_a_first_block_that_checks_may_still_be_none(at: int, value: int) -> None:
    octets = bytearray(split(build(Part.CORE, "1.1", b"code"))[0][:396])
    octets[at] = value
    with pytest.raises(WireError):
        read(bytes(octets) + check(bytes(octets)))

"""Lengths and counts: the same octets in A-XDR (IEC 61334-6) and BER (definite form)."""

from __future__ import annotations

from wire.errors import WireError


def encode_length(length: int) -> bytes:
    """A length or count: one octet below 128, else 0x80 + the number of octets, then those."""
    if length < 0x80:
        return length.to_bytes(1, "big")
    size = (length.bit_length() + 7) // 8
    return (0x80 | size).to_bytes(1, "big") + length.to_bytes(size, "big")


def decode_length(octets: bytes, offset: int) -> tuple[int, int]:
    """A length or count and where it ends; leading zeros are allowed, up to 8 octets in all.

    It is not checked against the octets that follow. Raises `WireError`.
    """
    try:
        first = octets[offset]
    except IndexError:
        end = min(offset, len(octets))
        raise WireError("a length is missing: the octets end too early", end) from None
    if first < 0x80:
        return first, offset + 1
    end = offset + 1 + (first & 0x7F)
    if not 0x81 <= first <= 0x88:
        raise WireError(f"a length cannot begin with {first:#04x}", offset)
    if end > len(octets):
        raise WireError("a length is cut short", offset)
    return int.from_bytes(octets[offset + 1 : end], "big"), end

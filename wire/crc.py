"""The checksum of P1 telegrams."""

import fastcrc


def crc16_arc(data: bytes) -> int:
    """CRC-16/ARC: x^16+x^15+x^2+1 reflected, start 0, no final xor (P1 5.0.2, 6.2)."""
    value: int = fastcrc.crc16.arc(data)
    return value

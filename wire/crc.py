"""The checksums of P1 telegrams, of Modbus RTU frames and of wireless M-Bus."""

import fastcrc


def crc16_arc(data: bytes) -> int:
    """CRC-16/ARC: x^16+x^15+x^2+1 reflected, start 0, no final xor (P1 5.0.2, 6.2)."""
    value: int = fastcrc.crc16.arc(data)
    return value


def crc16_modbus(data: bytes) -> int:
    """CRC-16 of Modbus RTU: as ARC, but start FFFF (Modbus over serial line 1.02, 6.2.2)."""
    value: int = fastcrc.crc16.modbus(data)
    return value


def crc16_en13757(data: bytes) -> int:
    """CRC-16 of wireless M-Bus: 3D65, start 0, inverted, high octet first (EN 13757-4)."""
    value: int = fastcrc.crc16.en_13757(data)
    return value

"""Ethernet frames with TCP segments in them, as a network card would have seen them.

IPv4 by RFC 791, IPv6 by RFC 8200, TCP by RFC 9293; the checksums are right. The Ethernet
addresses are made up, and locally administered.
"""

from __future__ import annotations

from enum import IntFlag
from ipaddress import IPv4Address, IPv6Address, ip_address
from struct import pack, unpack

from wire.capture.tap import Place

_TCP = 6
_TIME_TO_LIVE, _WINDOW = 64, 0xFFFF
_DO_NOT_FRAGMENT = 0x4000
_CARD = bytes((2, 0, 0, 0, 0))


class Flag(IntFlag):
    """The control bits of a segment (RFC 9293, 3.1)."""

    FIN = 0x01
    SYN = 0x02
    PSH = 0x08
    ACK = 0x10


def frame(
    source: Place,
    destination: Place,
    sequence: int,
    acknowledged: int,
    flags: Flag,
    payload: bytes = b"",
) -> bytes:
    """One segment from source to destination, in its packet, in its frame."""
    from_ip, to_ip = ip_address(source.host), ip_address(destination.host)
    segment = pack(
        ">HHIIBBHHH",
        source.port,
        destination.port,
        sequence,
        acknowledged,
        5 << 4,
        flags,
        _WINDOW,
        0,
        0,
    )
    segment += payload
    pseudo = from_ip.packed + to_ip.packed + pack(">II", len(segment), _TCP)
    segment = segment[:16] + pack(">H", _checksum(pseudo + segment)) + segment[18:]
    if isinstance(from_ip, IPv4Address) and isinstance(to_ip, IPv4Address):
        return _ethernet(source, destination, 0x0800, _ipv4(from_ip, to_ip, segment))
    packet = _ipv6(_as_ipv6(from_ip), _as_ipv6(to_ip), segment)
    return _ethernet(source, destination, 0x86DD, packet)


def _ethernet(source: Place, destination: Place, kind: int, packet: bytes) -> bytes:
    """The server's card, at the lower port, is number 1."""
    low = min(source.port, destination.port)
    cards = [_CARD + bytes((1 if p.port == low else 2,)) for p in (destination, source)]
    return b"".join(cards) + pack(">H", kind) + packet


def _ipv4(source: IPv4Address, destination: IPv4Address, segment: bytes) -> bytes:
    header = pack(
        ">BBHHHBBH4s4s",
        0x45,
        0,
        20 + len(segment),
        0,
        _DO_NOT_FRAGMENT,
        _TIME_TO_LIVE,
        _TCP,
        0,
        source.packed,
        destination.packed,
    )
    return header[:10] + pack(">H", _checksum(header)) + header[12:] + segment


def _ipv6(source: IPv6Address, destination: IPv6Address, segment: bytes) -> bytes:
    header = pack(">IHBB", 6 << 28, len(segment), _TCP, _TIME_TO_LIVE)
    return header + source.packed + destination.packed + segment


def _as_ipv6(address: IPv4Address | IPv6Address) -> IPv6Address:
    if isinstance(address, IPv6Address):
        return address
    return IPv6Address(b"\0" * 10 + b"\xff\xff" + address.packed)


def _checksum(octets: bytes) -> int:
    """The complement of the ones' complement sum of 16-bit words (RFC 1071)."""
    octets += bytes(len(octets) % 2)
    total: int = sum(unpack(f">{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF

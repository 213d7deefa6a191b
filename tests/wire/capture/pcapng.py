"""A reader of captures, made by the specifications, that finds fault with what breaks them."""

from __future__ import annotations

from ipaddress import ip_address
from struct import unpack, unpack_from
from typing import NamedTuple

SECTION, INTERFACE, PACKET = 0x0A0D0D0A, 1, 6
COMMENT, NAME = 1, 2
FIN, SYN, PSH, ACK = 1, 2, 8, 16


class Segment(NamedTuple):
    """One packet of a capture; its addresses as text, its instant in microseconds."""

    interface: int
    instant_us: int
    comment: str
    source: tuple[str, int]
    destination: tuple[str, int]
    sequence: int
    acknowledged: int
    flags: int
    payload: bytes


class Captured(NamedTuple):
    """The names of the interfaces, and the packets in order."""

    interfaces: list[str]
    segments: list[Segment]

    def streams(self, interface: int) -> dict[tuple[str, int], bytes]:
        """What each end sent on an interface, put together as its receiver would."""
        sent: dict[tuple[str, int], bytes] = {}
        expected: dict[tuple[str, int], int] = {}
        for segment in self.segments:
            if segment.interface != interface:
                continue
            source, destination = segment.source, segment.destination
            if segment.flags & SYN:
                expected[source] = segment.sequence
            assert segment.sequence == expected[source]
            if segment.flags & ACK:
                assert segment.acknowledged == expected[destination]
            taken = len(segment.payload) + bool(segment.flags & (SYN | FIN))
            expected[source] = (segment.sequence + taken) % 2**32
            sent[source] = sent.get(source, b"") + segment.payload
        return sent


def read(octets: bytes) -> Captured:
    """The whole of a file."""
    kinds: list[int] = []
    interfaces: list[str] = []
    segments: list[Segment] = []
    at = 0
    while at < len(octets):
        kind, length = unpack_from("<II", octets, at)
        assert length % 4 == 0 and at + length <= len(octets)
        assert unpack_from("<I", octets, at + length - 4) == (length,)
        body = octets[at + 8 : at + length - 4]
        if kind == SECTION:
            magic, major, minor, size = unpack_from("<IHHq", body)
            assert (magic, major, minor, size) == (0x1A2B3C4D, 1, 0, -1)
            _options(body[16:])
        elif kind == INTERFACE:
            link_type, reserved, most = unpack_from("<HHI", body)
            assert (link_type, reserved, most) == (1, 0, 0)
            interfaces.append(_options(body[8:])[NAME].decode())
        else:
            assert kind == PACKET
            segments.append(_packet(body))
        kinds.append(kind)
        at += length
    assert kinds[:3] == [SECTION, INTERFACE, INTERFACE]
    return Captured(interfaces, segments)


def _packet(body: bytes) -> Segment:
    interface, high, low, captured, original = unpack_from("<IIIII", body)
    assert captured == original
    frame, rest = body[20 : 20 + captured], body[20 + captured :]
    comment = _options(rest[-captured % 4 :])[COMMENT].decode()
    return Segment(interface, (high << 32) + low, comment, *_segment(frame))


def _options(octets: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 0
    while True:
        code, length = unpack_from("<HH", octets, at)
        if code == 0:
            assert (length, at + 4) == (0, len(octets))
            return found
        found[code] = octets[at + 4 : at + 4 + length]
        at += 4 + length + -length % 4


def _segment(
    frame: bytes,
) -> tuple[tuple[str, int], tuple[str, int], int, int, int, bytes]:
    assert frame[:6] != frame[6:12]
    (kind,) = unpack(">H", frame[12:14])
    packet = frame[14:]
    if kind == 0x0800:
        assert packet[0] == 0x45 and packet[9] == 6
        assert unpack(">H", packet[2:4]) == (len(packet),)
        assert _sum(packet[:20]) == 0xFFFF
        addresses, segment = (packet[12:16], packet[16:20]), packet[20:]
    else:
        assert kind == 0x86DD and packet[0] >> 4 == 6 and packet[6] == 6
        assert unpack(">H", packet[4:6]) == (len(packet) - 40,)
        addresses, segment = (packet[8:24], packet[24:40]), packet[40:]
    pseudo = b"".join(addresses) + len(segment).to_bytes(4, "big") + b"\0\0\0\6"
    assert _sum(pseudo + segment) == 0xFFFF
    from_port, to_port, sequence, acknowledged, offset, flags = unpack_from(
        ">HHIIBB", segment
    )
    assert offset == 0x50
    source, destination = (str(ip_address(address)) for address in addresses)
    return (
        (source, from_port),
        (destination, to_port),
        sequence,
        acknowledged,
        flags,
        segment[20:],
    )


def _sum(octets: bytes) -> int:
    octets += bytes(len(octets) % 2)
    total: int = sum(unpack(f">{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total

"""The blocks of a pcapng file, little-endian (draft-ietf-opsawg-pcapng, chapters 3 and 4)."""

from __future__ import annotations

from struct import pack

SECTION_HEADER, INTERFACE_DESCRIPTION, ENHANCED_PACKET = 0x0A0D0D0A, 1, 6
BYTE_ORDER_MAGIC = 0x1A2B3C4D
LINKTYPE_ETHERNET = 1
_UNKNOWN_LENGTH = -1
_COMMENT, _NAME, _DESCRIPTION, _USER_APPLICATION, _TIME_RESOLUTION = 1, 2, 3, 4, 9
_MICROSECONDS = b"\x06"

Option = tuple[int, bytes]


def section_header(application: str) -> bytes:
    """The start of a file, which names the application that writes it (4.1)."""
    body = pack("<IHHq", BYTE_ORDER_MAGIC, 1, 0, _UNKNOWN_LENGTH)
    return _block(SECTION_HEADER, body, (_USER_APPLICATION, application.encode()))


def interface_description(name: str, description: str) -> bytes:
    """An Ethernet interface, numbered from 0 in the order of these blocks (4.2)."""
    return _block(
        INTERFACE_DESCRIPTION,
        pack("<HHI", LINKTYPE_ETHERNET, 0, 0),
        (_NAME, name.encode()),
        (_DESCRIPTION, description.encode()),
        (_TIME_RESOLUTION, _MICROSECONDS),
    )


def enhanced_packet(
    interface: int, instant_us: int, frame: bytes, comment: str
) -> bytes:
    """A whole frame, when it was seen (microseconds of the epoch) and a comment (4.3)."""
    size = len(frame)
    head = pack(
        "<IIIII",
        interface,
        instant_us >> 32,
        instant_us & 0xFFFF_FFFF,
        size,
        size,
    )
    return _block(ENHANCED_PACKET, head + _padded(frame), (_COMMENT, comment.encode()))


def _block(kind: int, body: bytes, *options: Option) -> bytes:
    for code, value in options:
        body += pack("<HH", code, len(value)) + _padded(value)
    body += pack("<HH", 0, 0)
    length = len(body) + 12
    return pack("<II", kind, length) + body + pack("<I", length)


def _padded(octets: bytes) -> bytes:
    return octets + bytes(-len(octets) % 4)

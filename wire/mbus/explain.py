"""Says what octets of P2 are: frames on the bus and telegrams of the radio, down to the records.

Pure and for people, and for more than DSMR allows: what a codec refuses is told as far as it
goes, with the reason. Keys are never shown, not even as they travel.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wire.errors import WireError
from wire.mbus import frames, wireless
from wire.mbus.explain_application import (
    DeviceKeys,
    explain_application,
    explain_device,
    short_id_of,
)
from wire.mbus.wireless import Format, Side
from wire.node import Node

__all__ = ["DeviceKeys", "explain"]

_ACK, _SHORT, _LONG, _STOP = 0xE5, 0x10, 0x68, 0x16
_SHORT_OCTETS, _LONG_HEAD, _LONG_TAIL = 5, 4, 2
_LINK_HEAD = 10


def explain(octets: bytes, keys: Sequence[DeviceKeys] = ()) -> Node | None:
    """The tree of frames on the bus, or of a telegram of the radio; None for neither.

    A part in mode 15 or 5 is opened with the user key of its device, if that is among `keys`.
    """
    format = _format(octets)
    if format is not None:
        return _telegram(octets, format, keys)
    nodes = list(_frames(octets, keys))
    if not nodes:
        return None
    return nodes[0] if len(nodes) == 1 else Node("stream", children=tuple(nodes))


def _frames(octets: bytes, keys: Sequence[DeviceKeys]) -> Iterable[Node]:
    """Frames one after the other; nothing when the first octets are none."""
    at = 0
    while at < len(octets):
        rest = octets[at:]
        if rest[0] == _ACK and (at or len(rest) == 1):
            yield Node("m-bus acknowledgement", None, rest[:1])
            at += 1
        elif rest[0] == _SHORT and rest[_SHORT_OCTETS - 1 :][:1] == bytes((_STOP,)):
            yield _short(rest[:_SHORT_OCTETS])
            at += _SHORT_OCTETS
        elif rest[0] == _LONG and rest[3:_LONG_HEAD] == bytes((_LONG,)):
            frame = rest[: rest[1] + _LONG_HEAD + _LONG_TAIL]
            yield _long(frame, keys)
            at += len(frame)
        else:
            if at:
                yield Node("error", frames.DropReason.NOISE.value, rest)
            return


def _short(octets: bytes) -> Node:
    c, address = octets[1:3]
    children = (*_link(c, frames.SHORT_FRAMES.get(c)), _address(address))
    return Node("m-bus short frame", None, octets, children + _faults(octets))


def _long(octets: bytes, keys: Sequence[DeviceKeys]) -> Node:
    content = octets[_LONG_HEAD : _LONG_HEAD + octets[1]]
    children = _faults(octets)
    if len(content) >= 3:
        c, address, ci = content[:3]
        link = _link(c, frames.LONG_FRAMES.get((c, ci)), ci)
        said = explain_application(ci, content[3:], None, keys)
        children = (*link, _address(address), *said, *children)
    return Node("m-bus long frame", f"{octets[1]} octets", octets, children)


def _faults(octets: bytes) -> tuple[Node, ...]:
    """Why a frame would not be taken from the bus, if it would not."""
    try:
        frames.decode(octets)
    except WireError as error:
        return (Node("error", error.rule),)
    return ()


def _format(octets: bytes) -> Format | None:
    """How a telegram's CRCs stand; None for octets that are no telegram.

    In format A one block that verifies is enough: others may be damaged.
    """
    if len(octets) <= _LINK_HEAD or octets[1] not in {c for c, _ in wireless.TELEGRAMS}:
        return None
    if any(not wrong for _, wrong in wireless.blocks(octets, Format.A)):
        return Format.A
    if octets[0] != len(octets) - 1:
        return None
    if not any(wrong for _, wrong in wireless.blocks(octets, Format.B)):
        return Format.B
    return Format.BARE


def _telegram(octets: bytes, format: Format, keys: Sequence[DeviceKeys]) -> Node:
    plain, faults = octets, []
    if format is not Format.BARE:
        parts = list(wireless.blocks(octets, format))
        plain = b"".join(part for part, _ in parts)
        faults = [
            Node("error", f"the CRC of block {number} is wrong", part)
            for number, (part, wrong) in enumerate(parts, 1)
            if wrong
        ]
    length = octets[0] + 1 - (len(octets) - len(plain) if format is Format.B else 0)
    if length != len(plain):
        why = f"{len(plain) - 1} octets follow an L of {octets[0]}"
        faults.append(Node("error", why))
    name, told = "wireless m-bus telegram", f"{octets[0]} octets"
    if len(plain) <= _LINK_HEAD:
        faults.append(Node("error", "a telegram is cut short"))
        return Node(name, told, octets, tuple(faults))
    c, address, ci = plain[1], plain[2:_LINK_HEAD], plain[_LINK_HEAD]
    row = wireless.TELEGRAMS.get((c, ci))
    sender = address if row is None or row[1] is Side.DEVICE else None
    children = (
        *_link(c, row, ci),
        Node("format", format.value),
        explain_device("link-address", address),
        *explain_application(
            ci, plain[_LINK_HEAD + 1 : length], short_id_of(sender), keys
        ),
        *faults,
    )
    return Node(name, told, octets, children)


def _link(
    c: int, row: tuple[frames.Service | wireless.Service, object] | None, ci: int = -1
) -> tuple[Node, ...]:
    """What the C field is for, with its CI if there is one; also when DSMR lacks it."""
    said = f"C {c:02X}" if ci < 0 else f"C {c:02X} with CI {ci:02X}"
    if row is None:
        return (Node("error", f"{said} is not of DSMR"),)
    return (Node("service", f"{row[0].name}, {row[0].value} ({said})"),)


def _address(address: int) -> Node:
    unconfigured = address == frames.UNCONFIGURED_ADDRESS
    if unconfigured or address in frames.ADDRESSES:
        return Node("address", "0, unconfigured" if unconfigured else address)
    return Node("address", f"{address}, which DSMR does not use")

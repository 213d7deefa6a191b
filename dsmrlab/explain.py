"""`dsmrlab explain`: what octets from one of the wires are."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

import click

from dsmrlab import keys_file
from dsmrlab.edge import LabCommand, Settings, complain, pass_settings, read_file
from dsmrlab.keys_file import KeysFile
from wire.errors import ConfigError, SimError, WireError

if TYPE_CHECKING:
    from wire.node import Node

MAX_OCTETS = 1_000_000
_SEPARATORS = re.compile(rb"0x|[\s:,;]")
_CLOSED = ("no keys were given", "it does not verify", "the sender's system title")


class NotExplained(SimError):
    """The octets are none of the things that we know, or stay closed."""


@click.command(
    cls=LabCommand, example="explain 00010010 0001 000d c001c1 0003 0100010800ff 0200"
)
@click.argument("written", metavar="HEX|@FILE|-", nargs=-1, required=True)
@click.option(
    "--keys",
    metavar="FILE",
    help="A shipment, or {encryption_key, authentication_key, system_title} of a meter,"
    " {short_id, user_key, default_key} of an M-Bus device.",
)
@click.option("--xml", is_flag=True, help="APDUs as XML too, read by gurux-dlms.")
@pass_settings
def explain(
    settings: Settings, written: tuple[str, ...], keys: str | None, xml: bool
) -> None:
    """Say what octets from one of the wires are.

    They may be a WPDU or an APDU, ciphered or not, a P1 telegram, a frame of M-Bus or a
    telegram of its radio, or a charging profile. HEX may have blanks, colons and 0x in it; @FILE
    and - (standard input) hold such digits, the octets themselves, or a telegram as it is
    printed. HDLC frames are named only.
    """
    octets = _octets(written)
    known = keys_file.read(keys) if keys is not None else KeysFile()
    node = _explained(octets, known)
    document = node.to_json()
    text = str(node)
    if xml:
        from dsmrlab.explain_xml import apdus_as_xml

        found = apdus_as_xml(node)
        document["xml"] = found
        text += "".join(f"\n\n{one}" for one in found)
        if not found:
            complain("there is no APDU in it that could be shown as XML")
    settings.show(document, text)
    closed = _closed(node)
    if keys is not None and closed:
        raise NotExplained(f"the ciphered part stays closed: {closed}")


def _octets(written: tuple[str, ...]) -> bytes:
    """The octets that were meant; raises `ConfigError` when they cannot be had."""
    given = " ".join(written)
    if given == "-":
        raw = sys.stdin.buffer.read(2 * MAX_OCTETS + 1)
    elif given.startswith("@"):
        raw = read_file(given[1:], 2 * MAX_OCTETS)
    else:
        raw = given.encode("utf-8", "surrogateescape")
        octets = _from_hex(raw)
        if octets is None and not raw.lstrip().startswith(b"/"):
            raise ConfigError(
                f"{given[:40]!r} is not hexadecimal digits; write @FILE for a file"
            )
    digits = _from_hex(raw)
    octets = raw if digits is None else digits
    if not octets:
        raise ConfigError("there are no octets to explain")
    if len(octets) > MAX_OCTETS:
        raise ConfigError(f"more than {MAX_OCTETS} octets")
    return octets


def _from_hex(raw: bytes) -> bytes | None:
    digits = _SEPARATORS.sub(b"", raw)
    try:
        return bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        return None


def _explained(octets: bytes, known: KeysFile) -> Node:
    """The tree; raises `NotExplained` when the octets are nothing that is known."""
    from wire.dlms.explain import explain as explain_dlms
    from wire.mbus.explain import explain as explain_mbus

    named = (
        _telegram(octets)
        or _hdlc(octets)
        or explain_mbus(octets, known.devices)
        or _message(octets)
    )
    if named is not None:
        return named
    pairs = known.meters
    try:
        node = explain_dlms(octets)
        if not pairs or not _closed(node):
            return node
        for cipher, title in pairs:
            opened = explain_dlms(octets, [cipher], [title, _headend_title()])
            if not _closed(opened):
                return opened
        return explain_dlms(octets, [pairs[0][0]], [pairs[0][1], _headend_title()])
    except WireError as error:
        raise NotExplained(
            f"these {len(octets)} octets are no WPDU, APDU, HDLC or M-Bus frame, P1"
            f" telegram or charging profile that can be read: {error}"
        ) from None


def _telegram(octets: bytes) -> Node | None:
    """P1: one telegram or more, the line ends of an editor allowed."""
    from wire.node import Node
    from wire.p1 import TelegramReader, TelegramReceived

    start = octets.lstrip()
    if not start.startswith(b"/"):
        return None
    if b"\r\n" not in start:
        start = start.replace(b"\n", b"\r\n")
    if not start.endswith(b"\n"):
        start = start.rstrip() + b"\r\n"
    nodes = []
    for event in TelegramReader(cap_bytes=65_536).feed(start):
        if not isinstance(event, TelegramReceived):
            dropped = f"{event.count} octets dropped: {event.reason.value}"
            nodes.append(Node("error", dropped))
            continue
        telegram = event.telegram
        version = telegram.version.name.replace("_", " ", 1) if telegram.version else ""
        children = [Node("identification", telegram.identification)]
        for code, value in telegram.values.items():
            children.append(Node(code, _shown(value), children=_profile(value)))
        nodes.append(Node("p1 telegram", version or None, children=tuple(children)))
    if not any(node.children for node in nodes):
        reason = nodes[0].value if nodes else "it has no end line (! and a CRC)"
        raise NotExplained(f"this begins as a P1 telegram, and is none: {reason}")
    return nodes[0] if len(nodes) == 1 else Node("stream", children=tuple(nodes))


def _message(octets: bytes) -> Node | None:
    """A charging profile by itself, as it stands in the long message."""
    from wire.node import Node

    if not octets.lstrip().startswith(b"{"):
        return None
    children = _profile(octets.strip())
    return Node("consumer message", f"{len(octets)} characters", b"", children)


def _profile(value: object) -> tuple[Node, ...]:
    """What a long message says, if it is a charging profile's JSON."""
    from wire.charging_profile import ProfileRejected, decode
    from wire.node import Node

    if not isinstance(value, bytes) or not value.startswith(b"{"):
        return ()
    try:
        profile = decode(value, hardware_max_w=0xFFFF_FFFF).profile
    except ProfileRejected as error:
        return (Node("rejected", f"{error.code.name}: {error}"),)
    if profile is None:
        return (Node("charging profile", "cleared"),)
    periods = tuple(
        Node("period", f"from {_time(period.start)} at most {period.max_w} W")
        for period in profile.periods
    )
    said = f"{_time(profile.valid_from)} to {_time(profile.valid_to)}"
    number = () if profile.seq is None else (Node("sequence", profile.seq),)
    return (Node("charging profile", said, children=(*number, *periods)),)


def _hdlc(octets: bytes) -> Node | None:
    """A frame of HDLC (IEC 62056-46), which is named and not read."""
    from wire.node import Node

    if octets[0] == octets[-1] == 0x7E and len(octets) >= 9 and octets[1] >> 4 == 0xA:
        length = (octets[1] & 7) << 8 | octets[2]
        told = f"{length} octets between its flags"
        fits = "" if length == len(octets) - 2 else ", which does not fit"
        return Node("hdlc frame", f"frame format type 3, {told}{fits}", octets)
    return None


def _headend_title() -> bytes:
    from headend.desk import SYSTEM_TITLE

    return SYSTEM_TITLE


def _closed(node: Node) -> str:
    """Why a ciphered part stays closed; empty when none does."""
    if node.name == "ciphered" and isinstance(node.value, str):
        if node.value.startswith(_CLOSED):
            return node.value
    return next((why for child in node.children if (why := _closed(child))), "")


def _shown(value: Any) -> str | int:
    """A P1 value for a person."""
    if isinstance(value, bytes):
        printable = value.isascii() and value.decode("ascii").isprintable()
        return json.dumps(value.decode("ascii")) if printable else value.hex()
    if isinstance(value, int):
        return value
    return _time(value) if hasattr(value, "isoformat") else str(value)


def _time(instant: Any) -> str:
    return str(instant.isoformat().replace("+00:00", "Z"))

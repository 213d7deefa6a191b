"""`dsmrlab explain`: what octets from one of the wires are."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from dsmrlab.edge import (
    LabCommand,
    Settings,
    complain,
    json_file,
    pass_settings,
    read_file,
)
from wire.errors import ConfigError, SimError, WireError

if TYPE_CHECKING:
    from wire.dlms.explain import Node
    from wire.dlms.security import Cipher

MAX_OCTETS = 1_000_000
_SEPARATORS = re.compile(rb"0x|[\s:,;]")
_KEYS_MAX = 256 * 1024 * 1024
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
    help="A shipment, or {encryption_key, authentication_key, system_title}.",
)
@click.option("--xml", is_flag=True, help="APDUs as XML too, read by gurux-dlms.")
@pass_settings
def explain(
    settings: Settings, written: tuple[str, ...], keys: str | None, xml: bool
) -> None:
    """Say what octets from one of the wires are.

    They may be a WPDU or an APDU, ciphered or not, a P1 telegram or a charging profile.
    HEX may have blanks, colons and 0x in it; @FILE and - (standard input) hold such digits, the
    octets themselves, or a telegram as it is printed. HDLC and M-Bus frames are named only.
    """
    octets = _octets(written)
    pairs = list(_key_pairs(keys)) if keys is not None else []
    node = _explained(octets, pairs)
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
    if pairs and closed:
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


def _explained(octets: bytes, pairs: list[tuple[Cipher, bytes]]) -> Node:
    """The tree; raises `NotExplained` when the octets are nothing that is known."""
    from wire.dlms.explain import explain as explain_dlms

    named = _telegram(octets) or _frame(octets) or _message(octets)
    if named is not None:
        return named
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
    from wire.dlms.explain import Node
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
    from wire.dlms.explain import Node

    if not octets.lstrip().startswith(b"{"):
        return None
    children = _profile(octets.strip())
    return Node("consumer message", f"{len(octets)} characters", b"", children)


def _profile(value: object) -> tuple[Node, ...]:
    """What a long message says, if it is a charging profile's JSON."""
    from wire.charging_profile import ProfileRejected, decode
    from wire.dlms.explain import Node

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


def _frame(octets: bytes) -> Node | None:
    """HDLC (IEC 62056-46) and M-Bus (EN 13757-2) frames, which are named and not read."""
    from wire.dlms.explain import Node

    if octets[0] == octets[-1] == 0x7E and len(octets) >= 9 and octets[1] >> 4 == 0xA:
        length = (octets[1] & 7) << 8 | octets[2]
        told = f"{length} octets between its flags"
        fits = "" if length == len(octets) - 2 else ", which does not fit"
        return Node("hdlc frame", f"frame format type 3, {told}{fits}", octets)
    if len(octets) >= 9 and octets[0] == 0x68 and octets[-1] == 0x16:
        length = octets[1]
        whole = octets[2] == length and octets[3] == 0x68 and len(octets) == length + 6
        if whole and sum(octets[4:-2]) & 0xFF == octets[-2]:
            return Node("m-bus long frame", f"{length} octets", octets)
    if len(octets) == 5 and octets[0] == 0x10 and octets[4] == 0x16:
        if (octets[1] + octets[2]) & 0xFF == octets[3]:
            return Node("m-bus short frame", None, octets)
    return None


def _key_pairs(path: str) -> Iterator[tuple[Cipher, bytes]]:
    """Ciphers with the system titles of their meters; raises `ConfigError`."""
    from wire.dlms.security import Cipher

    document = json_file(path, _KEYS_MAX)
    for entry in document if isinstance(document, list) else [document]:
        octets = []
        for name, length in (
            ("encryption_key", 16),
            ("authentication_key", 16),
            ("system_title", 8),
        ):
            value = entry.get(name) if isinstance(entry, dict) else None
            found = _from_hex(value.encode()) if isinstance(value, str) else None
            if found is None or len(found) != length:
                raise ConfigError(
                    f"{name} should be hexadecimal digits of {length} octets", path
                )
            octets.append(found)
        yield Cipher(octets[0], octets[1]), octets[2]


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

"""What stands behind a CI, as a person reads it: header, body, and what is enciphered in that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from wire.errors import SecurityError, WireError
from wire.mbus import messages, rows
from wire.mbus.application import HEADERS, MESSAGES, Ci
from wire.mbus.explain_records import explain_records
from wire.mbus.headers import (
    SHORT_ID_OCTETS,
    Configuration,
    DsmrVersion,
    LongHeader,
    ShortId,
)
from wire.mbus.security import (
    COUNTER_OCTETS,
    MODE_5,
    MODE_15,
    decode_key_transfer,
    open_mode_5,
    open_mode_15,
    wrap_user_key,
)
from wire.node import Node, kebab

_FILLERS = b"\x2f\x2f"
_CIS: dict[int, Ci] = {int(ci): ci for ci in Ci}
_KEY_IDS = {0: "the user key", 1: "the key of firmware", 2: "the key of P0"}


@dataclass(frozen=True, slots=True)
class DeviceKeys:
    """The keys of a device, as far as they are known."""

    device: ShortId
    user_key: bytes | None = field(default=None, repr=False)
    default_key: bytes | None = field(default=None, repr=False)


def explain_application(
    ci: int, octets: bytes, sender: ShortId | None, keys: Sequence[DeviceKeys]
) -> tuple[Node, ...]:
    """Header and body behind a CI; `sender` is the device of the link, if that tells one."""
    known = _CIS.get(ci)
    if known is None:
        return (Node("body", None, octets),)
    kind = HEADERS[known]
    if kind is None:
        return _plain(known, octets, keys)
    header, body = octets[: kind.OCTETS], octets[kind.OCTETS :]
    if len(header) < kind.OCTETS:
        return (Node("error", "the header is cut short", header),)
    children: tuple[Node, ...] = ()
    if kind is LongHeader:
        # The link has manufacturer and identification the other way round.
        address = header[4:6] + header[:4] + header[6:SHORT_ID_OCTETS]
        sender = short_id_of(address)
        children = (explain_device("device", address),)
    number, status, word = header[-4], header[-3], header[-2:]
    children += Node("access-number", number), Node("status", f"{status:#04x}")
    try:
        configuration = Configuration.decode(word)
    except WireError as error:
        return *children, Node("error", error.rule, word), Node("body", None, body)
    told = _configuration(configuration)
    children += (Node("configuration-word", told, word),)
    named = [row for row in keys if sender in (None, row.device)]
    if not body or not configuration.mode or body[:2] == _FILLERS:
        return children + _plain(known, body, named)
    record = body[-COUNTER_OCTETS:]
    if configuration.mode == MODE_15 and record.startswith(rows.FRAME_COUNTER.head):
        children += explain_records(record)[0]
    why = "no keys were given"
    if keys:
        why += f" for {_named(sender) if sender else 'its device'}"
    return (*children, _opened(known, configuration, number, body, named, why))


def _opened(
    ci: Ci,
    configuration: Configuration,
    access_number: int,
    body: bytes,
    keys: Sequence[DeviceKeys],
    why: str,
) -> Node:
    """What is inside an enciphered body, or why it stays closed; without a key, `why`."""
    mode, blocks = configuration.mode, configuration.blocks
    if mode not in (MODE_5, MODE_15):
        return Node("ciphered", f"mode {mode}, which is not read here", body)
    damaged = None
    for row in keys:
        if row.user_key is None:
            continue
        try:
            if mode == MODE_5:
                text = open_mode_5(
                    row.user_key, row.device, access_number, blocks, body
                )
            else:
                text = open_mode_15(
                    row.user_key, row.device, blocks, body, None
                ).plaintext
        except SecurityError:
            why = "it does not verify under any key given"
        except WireError as error:
            return Node("error", error.rule, body)
        else:
            inner = _plain(ci, text, [row])
            node = Node("deciphered", _named(row.device), children=inner)
            # Another device with the same key shows itself by its records alone.
            if all(child.name != "error" for child in inner):
                return node
            damaged = damaged or node
    return damaged or Node("ciphered", why, body)


def _plain(ci: Ci, body: bytes, keys: Sequence[DeviceKeys]) -> tuple[Node, ...]:
    """A body in clear: the message that it is, with its records."""
    try:
        message = messages.decode(MESSAGES[ci], body)
    except WireError as error:
        if ci is Ci.CLOCK:
            return (Node("error", error.rule, body),)
        records, whole = explain_records(body)
        return records + ((Node("error", error.rule),) if whole else ())
    if isinstance(message, messages.Nothing):
        return ()
    said = None
    if isinstance(message, messages.SetClock):
        said = message.instant.isoformat().replace("+00:00", "Z")
        return (Node(kebab(type(message).__name__), said, body),)
    if isinstance(message, messages.SetKey):
        said = _wrapped(message, keys)
    if isinstance(message, messages.TransferKey):
        said = _transferred(message, keys)
    records, _ = explain_records(body)
    return (Node(kebab(type(message).__name__), said, children=records),)


def _wrapped(message: messages.SetKey, keys: Sequence[DeviceKeys]) -> str:
    """Whether it is a key that we know; nothing but the plaintext itself could tell."""
    for row in keys:
        if row.default_key and row.user_key:
            if wrap_user_key(row.default_key, row.user_key) == message.wrapped:
                return f"the user key given for {_named(row.device)}"
    return "a user key, enciphered under the default key"


def _transferred(message: messages.TransferKey, keys: Sequence[DeviceKeys]) -> str:
    for row in keys:
        if row.default_key is None:
            continue
        try:
            key_id, _, counter = decode_key_transfer(
                row.default_key, row.device, message.octets, None
            )
        except WireError:
            continue
        what = _KEY_IDS.get(key_id, f"key {key_id}")
        return f"{what} of {_named(row.device)}, change counter {counter}"
    return "a key, enciphered under the default key"


def _configuration(word: Configuration) -> str:
    told = [f"mode {word.mode}"]
    if word.blocks:
        told.append(f"{word.blocks} block{'s' if word.blocks > 1 else ''}")
    told += [
        name
        for name in ("bidirectional", "accessible", "synchronous")
        if getattr(word, name)
    ]
    told += [
        f"{name} {number}"
        for name, number in (("content", word.content), ("hop", word.hop))
        if number
    ]
    return ", ".join(told)


def explain_device(name: str, link_address: bytes) -> Node:
    """A device by its octets, in the order of the link; also one that DSMR does not have."""
    if not any(link_address):
        return Node(name, "open", link_address)
    try:
        said = _named(ShortId.from_link_address(link_address))
    except WireError as error:
        said = error.rule
    return Node(name, said, link_address)


def _named(device: ShortId) -> str:
    version = f"{device.version:02X}"
    if device.version in list(DsmrVersion):
        version = (
            DsmrVersion(device.version).name.replace("_", " ", 1).replace("_", ".")
        )
    medium = device.device_type.name.lower().replace("_", " ")
    return f"{device.manufacturer} {device.identification}, {medium}, version {version}"


def short_id_of(link_address: bytes | None) -> ShortId | None:
    try:
        return ShortId.from_link_address(link_address or b"")
    except WireError:
        return None

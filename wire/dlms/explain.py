"""Says what octets of a DLMS wire are: a tree of names and values that a person can read.

Pure and for people: programs use the codecs. Secrets that the octets hold (a password, a
challenge, a dedicated key) are shown, since showing the octets is what this is for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any

from wire.dlms import acse, apdu, axdr, security
from wire.dlms.axdr import BitString, Data, Tag
from wire.dlms.descriptors import words
from wire.dlms.wrapper import HEADER_LENGTH, Wpdu, WrapperReader
from wire.errors import SecurityError, WireError
from wire.instants import decode_date_time
from wire.node import Node, kebab

_CIPHERED_NAMES = {
    0x21: "glo-initiate-request",
    0x28: "glo-initiate-response",
    0x2E: "glo-confirmed-service-error",
    0xC8: "glo-get-request",
    0xC9: "glo-set-request",
    0xCB: "glo-action-request",
    0xCC: "glo-get-response",
    0xCD: "glo-set-response",
    0xCF: "glo-action-response",
    security.GENERAL_GLO: "general-glo-ciphering",
}
# Fields that carry A-XDR octets, and those that carry an xDLMS APDU.
_VALUES = {"value", "values", "result", "results", "parameters", "returned", "body"}
_APDUS = {"user_information"}


def explain(
    octets: bytes,
    ciphers: Sequence[security.Cipher] = (),
    titles: Sequence[bytes] = (),
) -> Node:
    """The tree of WPDUs, of an ACSE or xDLMS APDU, ciphered or not, or of a COSEM value.

    Ciphered APDUs are opened with whichever cipher, and system title of the sender, verifies;
    titles that the octets tell themselves need not be given. Raises `WireError` when the octets
    are none of these.
    """
    reader = _Explainer(ciphers, list(titles))
    if octets[:2] == b"\x00\x01" and len(octets) >= HEADER_LENGTH:
        return reader.wpdus(octets)
    try:
        return reader.apdu(octets)
    except WireError as error:
        try:
            return _data(axdr.decode(octets), octets)
        except WireError:
            raise error from None


class _Explainer:
    """Remembers the system titles that pass by, since glo- APDUs do not tell them."""

    def __init__(self, ciphers: Sequence[security.Cipher], titles: list[bytes]) -> None:
        self._ciphers = ciphers
        self._titles = titles

    def wpdus(self, octets: bytes) -> Node:
        reader = WrapperReader()
        nodes = []
        for event in reader.feed(octets):
            if isinstance(event, Wpdu):
                nodes.append(self._wpdu(event))
            else:
                nodes.append(Node("error", str(event)))
        if reader.pending:
            rest = octets[-reader.pending :]
            nodes.append(Node("incomplete wpdu", octets=rest))
        return nodes[0] if len(nodes) == 1 else Node("stream", children=tuple(nodes))

    def _wpdu(self, wpdu: Wpdu) -> Node:
        source, destination, payload = wpdu
        try:
            content = self.apdu(payload)
        except WireError as error:
            content = _failed("payload", error, payload)
        ports = (Node("source", source), Node("destination", destination))
        return Node("wpdu", children=(*ports, Node("length", len(payload)), content))

    def apdu(self, octets: bytes) -> Node:
        """An APDU of any kind; raises `WireError`."""
        if security.is_protected(octets):
            return self._ciphered(octets)
        return self._plain(octets)

    def _plain(self, octets: bytes) -> Node:
        if octets and acse.AARQ <= octets[0] <= acse.RLRE:
            read = acse.decode(octets)
            if isinstance(read, acse.Aarq):
                self._remember(read.calling_ap_title)
            elif isinstance(read, acse.Aare):
                self._remember(read.responding_ap_title)
            return self._of(read, octets)
        return self._of(apdu.decode(octets), octets)

    def _remember(self, title: bytes | None) -> None:
        if title is not None and len(title) == security.TITLE_OCTETS:
            self._titles.insert(0, title)

    def _ciphered(self, octets: bytes) -> Node:
        name = _CIPHERED_NAMES.get(octets[0], f"ciphered APDU {octets[0]:#04x}")
        at, children = 1, []
        titles = self._titles
        if octets[0] == security.GENERAL_GLO:
            length, begin = axdr.decode_length(octets, 1)
            at = begin + length
            title = octets[begin:at]
            titles = [title]
            children.append(Node("system-title", _text(title), title))
        length, at = axdr.decode_length(octets, at)
        if length != len(octets) - at or length < 5:
            raise WireError("a ciphered APDU's length does not fit its octets", at)
        control = octets[at]
        parts = [
            word
            for bit, word in ((0x10, "authenticated"), (0x20, "encrypted"))
            if control & bit
        ]
        said = f"{control:#04x} {', '.join(parts) or 'neither authenticated nor encrypted'}"
        counter = int.from_bytes(octets[at + 1 : at + 5], "big")
        children += [
            Node("security-control", said),
            Node("invocation-counter", counter),
        ]
        children.append(self._opened(octets, titles))
        return Node(name, octets=octets, children=tuple(children))

    def _opened(self, octets: bytes, titles: Sequence[bytes]) -> Node:
        """The APDU inside, or why it stays closed."""
        for cipher in self._ciphers:
            for title in titles:
                try:
                    plain = security.unprotect(octets, cipher, title).apdu
                except SecurityError:
                    continue
                try:
                    inner = self._plain(plain)
                except WireError as error:
                    inner = _failed("deciphered", error, plain)
                return inner
        if not self._ciphers:
            return Node("ciphered", "no keys were given")
        if not titles:
            return Node("ciphered", "the sender's system title is not known")
        return Node("ciphered", "it does not verify under any key given")

    def _of(self, read: Any, octets: bytes) -> Node:
        """An APDU that was read: its fields, those that are left out excepted."""
        shown = {
            field.name: getattr(read, field.name)
            for field in fields(read)
            if field.init
        }
        if isinstance(read, apdu.GetResponseWithDatablock) and isinstance(
            read.result, bytes
        ):
            # A piece of a value cannot be read by itself.
            shown["raw_data"] = shown.pop("result")
        children = tuple(
            self._field(name, value)
            for name, value in shown.items()
            if value is not None
        )
        return Node(kebab(type(read).__name__), octets=octets, children=children)

    def _field(self, name: str, value: Any) -> Node:
        shown = name.replace("_", "-")
        if isinstance(value, bytes):
            return self._octets_field(name, value)
        if isinstance(value, tuple):
            items = tuple(self._item(name, item) for item in value)
            return Node(shown, f"{len(value)} items", children=items)
        if isinstance(value, apdu.Conformance):
            names = ", ".join(words(flag) for flag in value)
            return Node(shown, f"{value:06X}: {names}")
        if name == "invoke_id_and_priority":
            return Node(shown, _invoke(value))
        if isinstance(value, apdu.AttributeDescriptor | apdu.MethodDescriptor):
            return Node(shown, str(value), value.encode())
        if isinstance(value, apdu.Selection):
            selector = Node("selector", value.selector)
            return Node(shown, children=(selector, _data(value.parameters)))
        if isinstance(value, Enum):
            return Node(shown, f"{words(value)} ({value.value})")
        if is_dataclass(value):
            return Node(shown, children=self._of(value, b"").children)
        return Node(shown, value)

    def _item(self, name: str, item: Any) -> Node:
        """One of a list: named in the singular; an attribute comes with its selection."""
        if name == "attributes":
            descriptor, selection = item
            node = self._field("attribute", descriptor)
            inner = () if selection is None else (self._field("selection", selection),)
            return replace(node, children=inner)
        return replace(self._field(name, item), name=name.removesuffix("s"))

    def _octets_field(self, name: str, octets: bytes) -> Node:
        shown = name.replace("_", "-")
        try:
            if name in _VALUES:
                return Node(shown, children=(_data(axdr.decode(octets), octets),))
            if name in _APDUS:
                return Node(shown, children=(self.apdu(octets),))
        except WireError as error:
            return _failed(shown, error, octets)
        return Node(shown, _text(octets), octets)


def _failed(name: str, error: WireError, octets: bytes) -> Node:
    return Node(name, octets=octets, children=(Node("error", str(error)),))


def _data(data: Data, octets: bytes = b"") -> Node:
    """A COSEM value, and the octets that it was read from."""
    tag, value = data
    name = tag.type_name
    if tag is Tag.ARRAY or tag is Tag.STRUCTURE:
        items = tuple(_data(item) for item in value)
        return Node(name, f"{len(items)} items", octets, items)
    if isinstance(value, bytes):
        return Node(name, _instant(value) or _text(value), octets or value)
    if isinstance(value, BitString):
        return Node(name, str(value), octets)
    if isinstance(value, float):
        return Node(name, repr(value), octets)
    return Node(name, value, octets)


def _instant(octets: bytes) -> str | None:
    """Twelve octets that name an instant, in UTC."""
    if len(octets) != 12:
        return None
    try:
        return decode_date_time(octets).isoformat()
    except WireError:
        return None


def _text(octets: bytes) -> str | None:
    """Octets that are printable characters, as those."""
    if octets and octets.isascii() and octets.decode().isprintable():
        return f'"{octets.decode()}"'
    return None if octets else "empty"


def _invoke(octet: int) -> str:
    """Invoke-Id-And-Priority: bits 0 to 3, 6 and 7."""
    service = "confirmed" if octet & 0x40 else "unconfirmed"
    priority = "high" if octet & 0x80 else "normal"
    return f"{octet & 0x0F}, {service}, {priority} priority"

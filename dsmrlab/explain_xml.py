"""APDUs of an explained tree as XML: an independent reading, by gurux-dlms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headend.dlms.apdu_xml import to_xml
from wire.errors import SimError

if TYPE_CHECKING:
    from wire.node import Node

_OUTER = ("wpdu", "stream", "glo-", "general-glo")


def apdus_as_xml(node: Node) -> list[str]:
    """The XML of each plain or deciphered APDU of the tree, the outermost of each."""
    if node.octets and not node.name.startswith(_OUTER):
        try:
            return [to_xml(node.octets)]
        except SimError:
            return []
    return [xml for child in node.children for xml in apdus_as_xml(child)]

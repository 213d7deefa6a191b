"""An APDU as XML, by gurux-dlms: an independent reading of the octets, for people.

It is imported only when asked for, and given only what our own codec has read before: on
octets that lie its decoder can take seconds and gigabytes.
"""

from __future__ import annotations

from wire.dlms import acse, apdu
from wire.dlms.axdr import decode_length
from wire.dlms.explain import explain
from wire.dlms.security import GENERAL_GLO, is_protected
from wire.errors import LocalError, WireError
from wire.node import Node


def to_xml(octets: bytes) -> str:
    """The XML of one plain xDLMS or ACSE APDU; `WireError` when our codec refuses it.

    Raises `LocalError` when gurux-dlms has no words for it.
    """
    _check(octets)
    from gurux_dlms import GXDLMSTranslator

    try:
        xml: str = GXDLMSTranslator().pduToXml(octets)
    except Exception as error:  # its errors have no root of their own
        raise LocalError(f"gurux-dlms does not translate this APDU: {error}") from None
    return xml.strip()


def _check(octets: bytes) -> None:
    """Reads the APDU whole, the values in it included; a ciphered part must fit its length."""
    wrong = _wrong(explain(octets))
    if wrong is not None:
        raise WireError(wrong)
    if acse.AARQ <= octets[0] <= acse.RLRE:
        inner = acse.decode(octets).user_information or b""
        if is_protected(inner):
            _check_length(inner)
    else:
        apdu.decode(octets)


def _wrong(node: Node) -> str | None:
    """What could not be read in a tree."""
    if node.name == "error":
        return str(node.value)
    return next((why for child in node.children if (why := _wrong(child))), None)


def _check_length(ciphered: bytes) -> None:
    """A ciphered APDU is as long as it says; what is in it stays closed."""
    at = 1
    if ciphered[0] == GENERAL_GLO:
        length, at = decode_length(ciphered, at)
        at += length
    length, at = decode_length(ciphered, at)
    if at + length != len(ciphered):
        raise WireError("a ciphered APDU's length does not fit its octets", at)

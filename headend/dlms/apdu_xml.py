"""An APDU as XML, by gurux-dlms: an independent reading of the octets, for people.

It is imported only when asked for, and given only what our own codec has read before: on
octets that lie its decoder can take seconds and gigabytes.
"""

from __future__ import annotations

from wire.dlms import acse, apdu
from wire.errors import LocalError


def to_xml(octets: bytes) -> str:
    """The XML of one plain xDLMS or ACSE APDU; `WireError` when our codec refuses it.

    Raises `LocalError` when gurux-dlms has no words for it.
    """
    if octets and acse.AARQ <= octets[0] <= acse.RLRE:
        acse.decode(octets)
    else:
        apdu.decode(octets)
    from gurux_dlms import GXDLMSTranslator

    try:
        xml: str = GXDLMSTranslator().pduToXml(octets)
    except Exception as error:  # its errors have no root of their own
        raise LocalError(f"gurux-dlms does not translate this APDU: {error}") from None
    return xml.strip()

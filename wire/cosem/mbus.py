"""Class 72 between COSEM and M-Bus: identification numbers, and the elements of data_send.

In DSMR 4 the eight digits of an identification number are read as BCD (P3 4.0.7, 7.1, note 9),
in SMR 5 they are a plain number.
"""

from __future__ import annotations

from wire.cosem.rows import SMR5, Standard
from wire.dlms.data import INTEGER_BOUNDS, Data, Tag
from wire.errors import WireError
from wire.mbus import records

_MOST = 99_999_999
_OCTETS = frozenset({Tag.OCTET_STRING, Tag.VISIBLE_STRING})
_DECIMAL = range(0x9, 0xF)
_ELEMENT_PARTS = 3


def identification_shown(identification: int, standard: Standard) -> int:
    """Attribute 6 for a number of eight digits."""
    return identification if standard in SMR5 else int(str(identification), 16)


def identification_of(shown: int, standard: Standard) -> int | None:
    """The number of eight digits that attribute 6 says; None when it says none."""
    if standard not in SMR5:
        digits = f"{shown:x}"
        return int(digits) if digits.isdecimal() else None
    return shown if shown <= _MOST else None


def records_of(elements: Data) -> bytes:
    """The data records of an array of data_definition_element (Blue Book ed. 10, 4.7.2).

    Each has a data and a value information block, and the value. Raises `WireError` for an
    element that is none, or whose value does not fit its block.
    """
    octets = b"".join(_record(element) for element in elements.value)
    records.split(octets)
    return octets


def _record(element: Data) -> bytes:
    if element.tag is not Tag.STRUCTURE or len(element.value) != _ELEMENT_PARTS:
        raise WireError("an element has two information blocks and a value")
    dib, vib, value = element.value
    if dib.tag is not Tag.OCTET_STRING or vib.tag is not Tag.OCTET_STRING:
        raise WireError("an information block is an octet-string")
    if not dib.value or not vib.value:
        raise WireError("an information block has octets")
    return bytes(dib.value) + bytes(vib.value) + _data(dib.value[0] & 0x0F, value)


def _data(coding: int, value: Data) -> bytes:
    """The value as the low four bits of the DIF have it."""
    size = records.DATA_OCTETS[coding]
    if value.tag in INTEGER_BOUNDS:
        return _number(coding, size, int(value.value))
    if value.tag is Tag.NULL_DATA:
        octets = b""
    elif value.tag in _OCTETS:
        octets = bytes(value.value)
    else:
        raise WireError(f"a value of {value.tag.name} does not go into a record")
    if coding == records.VARIABLE:
        if not 0 < len(octets) <= 0xBF:
            raise WireError("data of variable length has 1 to 191 octets")
        return bytes((len(octets),)) + octets
    if len(octets) != size:
        raise WireError(f"the record has {size} octets of data, not {len(octets)}")
    return octets


def _number(coding: int, size: int, number: int) -> bytes:
    try:
        if coding in _DECIMAL:
            if not 0 <= number < 100**size:
                raise OverflowError
            return bytes.fromhex(f"{number:0{2 * size}}")[::-1]
        return number.to_bytes(size, "little", signed=number < 0)
    except OverflowError:
        raise WireError(f"{number} does not fit {size} octets") from None

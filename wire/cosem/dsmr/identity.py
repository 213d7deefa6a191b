"""Who the meter is, and what runs in it (P3, 5.2 and 6.1)."""

from __future__ import annotations

from wire.cosem.dsmr.sources import D406, D422, SMR, p3
from wire.cosem.rows import DSMR4, RW, SMR5, R, Right, Row, Standard, attr, data, row

_FROM_422 = D422 | SMR5
_DEVICE, _DEVICE_407, _FIRMWARE = p3("5.2"), p3("5.2", "4.0.7"), p3("6.1")


def _kept(
    code: str,
    name: str,
    right: Right,
    given: bytes | None,
    standards: frozenset[Standard] = DSMR4 | SMR5,
    source: str = _DEVICE,
) -> Row:
    """An identifier of the grid operator's choice, a setting where it may be written."""
    value, default = (None, given) if right & RW == RW else (given, None)
    member = attr(2, "value", "octet-string[48]", right, R, value, default)
    return row(1, code, name, source, member, standards=standards)


def _firmware(
    b: int, name: str, source: str, standards: frozenset[Standard]
) -> tuple[Row, Row]:
    """A part's identifier, to be read by people, and its signature, a hash of its code."""
    members = (
        (f"1-{b}:0.2.0", f"{name}_firmware_identifier"),
        (f"1-{b}:0.2.8", f"{name}_firmware_signature"),
    )
    first, second = (
        data(code, row_name, source, "octet-string", R, R, standards=standards)
        for code, row_name in members
    )
    return first, second


ROWS = (
    data("0-0:96.1.0", "serial_number", _DEVICE, "octet-string[16]", R, R),
    data("0-0:96.1.1", "equipment_identifier", _DEVICE, "octet-string[48]", R, R),
    _kept("0-0:96.1.3", "location", RW, b""),
    data("0-0:96.1.4", "hardware_identifier", _DEVICE, "octet-string[48]", R, R),
    _kept("0-0:96.1.7", "initial_configuration", RW, b"", D406, _DEVICE_407),
    _kept("0-0:96.1.7", "initial_configuration", R, b"", _FROM_422),
    _kept("0-0:96.1.8", "ordering_information", R, b""),
    *_firmware(0, "core", _FIRMWARE, DSMR4 | SMR5),
    *_firmware(1, "module", _FIRMWARE, DSMR4 | SMR5),
    *_firmware(2, "communication", _FIRMWARE, DSMR4 | SMR5),
    *_firmware(4, "mbus_driver", SMR, SMR5),
    data("1-3:0.2.8", "p1_version", _FIRMWARE, "octet-string", R, R, standards=DSMR4),
    data("1-3:0.2.0", "p1_version", SMR, "octet-string", R, R, standards=SMR5),
)

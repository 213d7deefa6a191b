"""Who the meter is: equipment identifier, logical device, P1 version, SAP assignment."""

from __future__ import annotations

from meters.meter import Meter
from meters.model import Behaviour, Link, encoded
from wire.cosem.types import type_of

BEHAVIOUR = Behaviour.empty()

_HARDWARE = encoded(b"dsmrlab")


def _equipment_identifier(meter: Meter, link: Link) -> bytes:
    return encoded(meter.identity.equipment_id.encode("ascii"))


def _serial_number(meter: Meter, link: Link) -> bytes:
    """The 10 digits in the middle of the equipment identifier (P3, 5.2)."""
    return encoded(meter.identity.equipment_id[5:15].encode("ascii"))


def _logical_device_name(meter: Meter, link: Link) -> bytes:
    return encoded(meter.identity.logical_device_name)


def _p1_version(meter: Meter, link: Link) -> bytes:
    return encoded(meter.p1_version.value.encode("ascii"))


def _sap_assignment(meter: Meter, link: Link) -> bytes:
    identity = meter.identity
    entry = identity.logical_device, identity.logical_device_name
    return type_of("asslist_type").encode([entry])


BEHAVIOUR.readers.update(
    {
        ("equipment_identifier", "value"): _equipment_identifier,
        ("serial_number", "value"): _serial_number,
        ("hardware_identifier", "value"): lambda meter, link: _HARDWARE,
        ("logical_device_name", "value"): _logical_device_name,
        ("p1_version", "value"): _p1_version,
        ("sap_assignment", "SAP_assignment_list"): _sap_assignment,
    }
)

"""What an association with management read, and changed, as the logs tell it (P3 4.2.2, 5.10).

When it ends, the communication session log gets a row for each kind of data that was read.
Which object is of which kind the companion standard leaves to a list that was not published:
this one is ours. What is in none of its lines is maintenance of the meter.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from meters.behaviour import events
from wire.cosem.dsmr.logs import SESSIONS
from wire.cosem.events import Event
from wire.cosem.rows import DSMR4, Standard
from wire.dlms.descriptors import AttributeDescriptor, GetResult, MethodDescriptor
from wire.dlms.lengths import decode_length
from wire.obis import Obis

if TYPE_CHECKING:
    from meters.meter import Meter

Readings = dict[Event, int]
"""By the code of the session log, how many readings were taken; 0 where none are counted."""

_CHANNELS = range(1, 5)
_MOST = 0xFFFF
_PROFILE = 7

# The objects of each kind, by class; it is their value, attribute 2, that counts.
_KINDS: tuple[tuple[Event, int, tuple[str, ...]], ...] = (
    (
        Event.SESSION_GRID_MAINTENANCE,
        3,
        (
            *(f"1-0:{total}.7.0" for total in (1, 2, 16, 90)),
            *(
                f"1-0:{first + 20 * phase}.{kind}.0"
                for first in (21, 22, 23, 24, 31, 32)
                for kind in (4, 7, 24)
                for phase in range(3)
            ),
            *("1-0:12.31.0", "1-0:12.35.0", "1-0:12.43.0", "1-0:12.44.0"),
            *("0-0:96.7.19", "0-0:96.7.20"),
        ),
    ),
    (
        Event.SESSION_GRID_MAINTENANCE,
        1,
        (
            *(f"1-0:{32 + 20 * phase}.{d}.0" for phase in range(3) for d in (32, 36)),
            *("0-0:96.7.9", "0-0:96.7.21"),
        ),
    ),
    (
        Event.SESSION_GRID_MAINTENANCE,
        _PROFILE,
        ("0-1:94.31.6", "1-0:99.1.1", "1-0:99.1.2", "0-0:99.98.5", "1-0:99.97.0"),
    ),
    (
        Event.SESSION_READINGS_E,
        3,
        tuple(f"1-0:{c}.8.{rate}" for c in (1, 2) for rate in range(3)),
    ),
    (
        Event.SESSION_READINGS_E,
        _PROFILE,
        ("1-0:99.2.0", "0-0:98.1.0", "1-0:98.1.0"),
    ),
    (
        Event.SESSION_READINGS_G,
        4,
        tuple(f"0-{channel}:24.2.{e}" for channel in _CHANNELS for e in (1, 2)),
    ),
    (
        Event.SESSION_READINGS_G,
        _PROFILE,
        tuple(f"0-{channel}:24.3.{e}" for channel in _CHANNELS for e in (1, 2)),
    ),
    (Event.SESSION_INTERVALS_E, _PROFILE, ("1-0:99.1.0",)),
    (
        Event.SESSION_INTERVALS_G,
        _PROFILE,
        tuple(f"0-{channel}:24.3.0" for channel in _CHANNELS),
    ),
)
_EVENT_OF = {
    AttributeDescriptor(class_id, Obis.parse(code), 2).encode(): event
    for event, class_id, codes in _KINDS
    for code in codes
}
_COUNTED = frozenset(
    {
        Event.SESSION_READINGS_E,
        Event.SESSION_READINGS_G,
        Event.SESSION_INTERVALS_E,
        Event.SESSION_INTERVALS_G,
    }
)
_BUFFER = _PROFILE.to_bytes(2, "big")
# Where SMR 5 has the reading of the hour, DSMR 4 has how the device is made (P3, 7.3.2).
_DEVICE_CONFIGURATIONS = frozenset(
    AttributeDescriptor(4, Obis.parse(f"0-{channel}:24.2.2"), 2).encode()
    for channel in _CHANNELS
)

# Objects whose writing is no change of configuration (DSMR-M 4.4.20), as the first eight
# octets of a descriptor: clock, IP address, error and alarm register, both messages.
_NO_CONFIGURATION = frozenset(
    AttributeDescriptor(class_id, Obis.parse(code), 1).encode()[:8]
    for class_id, code in (
        (8, "0-0:1.0.0"),
        (42, "0-0:25.1.0"),
        (1, "0-0:97.97.0"),
        (1, "0-0:97.98.0"),
        (1, "0-0:96.13.0"),
        (1, "0-0:96.13.1"),
    )
)
# Methods that change what the main document lists as configuration (tables 2-7 and 2-8: the
# tariff, its special days, keys and security, hosted equipment): add_register, add_mask and
# delete_mask; insert and delete; change_HLS_secret; activate_passive_calendar; security_activate
# and global_key_transfer; slave_install and slave_deinstall, set_encryption_key and transfer_key.
# The others execute, capture, clear or send.
_CONFIGURING = frozenset(
    MethodDescriptor(class_id, Obis.parse(code), method).encode()
    for class_id, code, methods in (
        (6, "0-0:14.0.0", (1, 2, 3)),
        (11, "0-0:11.0.0", (1, 2)),
        (15, "0-0:40.0.0", (2,)),
        (20, "0-0:13.0.0", (1,)),
        (64, "0-0:43.0.0", (1, 2)),
        *((72, f"0-{channel}:24.1.0", (1, 2, 7, 8)) for channel in _CHANNELS),
    )
    for method in methods
)


def tally(
    readings: Readings,
    answered: Iterable[tuple[bytes, GetResult]],
    standard: Standard,
) -> None:
    """Adds what one request got: attributes by their descriptors, and their values.

    A reading is a set of values at one time: each row of a profile, or all registers of a
    kind in one request. What was refused, or is an empty array, was not read.
    """
    at_once = set()
    for descriptor, result in answered:
        if not isinstance(result, bytes):
            continue
        event = _EVENT_OF.get(descriptor, Event.SESSION_METER_MAINTENANCE)
        if descriptor in _DEVICE_CONFIGURATIONS and standard in DSMR4:
            event = Event.SESSION_METER_MAINTENANCE
        if event not in _COUNTED:
            readings[event] = 0
        elif not descriptor.startswith(_BUFFER):
            at_once.add(event)
        elif rows := decode_length(result, 1)[0]:
            readings[event] = readings.get(event, 0) + rows
    for event in at_once:
        readings[event] = readings.get(event, 0) + 1


def is_configuration(attribute: bytes) -> bool:
    """Whether writing this attribute changes how the meter is set up."""
    return attribute[:8] not in _NO_CONFIGURATION


def configures(method: bytes) -> bool:
    """Whether invoking this method changes how the meter is set up."""
    return method in _CONFIGURING


def end(meter: Meter, readings: Readings) -> None:
    """The association ends: a row for each kind that was read; none without supply."""
    if meter.identity.standard in SESSIONS and meter.state.powered:
        for event, count in sorted(readings.items()):
            events.record(meter, event, min(count, _MOST))

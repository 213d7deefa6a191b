"""Short IDs: as P2 has them, and as the numbers of attributes 6 to 9."""

from __future__ import annotations

from functools import lru_cache

from meters.mbus.channels import Channel
from wire.errors import WireError
from wire.mbus.headers import ShortId

Numbers = tuple[int, int, int, int]
"""Identification, manufacturer, version and device type."""


@lru_cache(maxsize=1024)
def numbers_of(device: ShortId) -> Numbers:
    """A Short ID as a channel holds it."""
    return (
        int(device.identification),
        device.manufacturer_code,
        device.version,
        int(device.device_type),
    )


def is_of(channel: Channel, device: ShortId) -> bool:
    """Whether this is the device of the channel."""
    return numbers_of(device) == _numbers(channel)


def device_of(channel: Channel) -> ShortId | None:
    """The Short ID of a channel; None for numbers that no device of DSMR can have."""
    return _device(_numbers(channel))


def _numbers(channel: Channel) -> Numbers:
    return (
        channel.identification,
        channel.manufacturer_id,
        channel.version,
        channel.device_type,
    )


@lru_cache(maxsize=1024)
def _device(numbers: Numbers) -> ShortId | None:
    identification, manufacturer_id, version, device_type = numbers
    octets = (
        bytes.fromhex(f"{identification:08}")[::-1]
        + manufacturer_id.to_bytes(2, "little")
        + bytes((version, device_type))
    )
    try:
        return ShortId.decode(octets)
    except WireError:
        return None

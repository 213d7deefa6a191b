"""Registering devices: by the scan of the bus, by an address, by a Short ID (P2, chapter 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meters.mbus import errands, keys, readings, wired
from meters.mbus.channels import (
    ADDRESSES,
    NUMBERS,
    SHORT_ID,
    Pending,
    channel_of,
    channels_of,
    used,
)
from meters.mbus.names import is_of, numbers_of
from wire.mbus.application import Application
from wire.mbus.frames import UNCONFIGURED_ADDRESS
from wire.mbus.headers import ShortId

if TYPE_CHECKING:
    from meters.meter import Meter


def channel_with(meter: Meter, device: ShortId) -> int | None:
    """The channel on which a device is registered; None for a stranger."""
    channels = meter.state.mbus
    if channels is not None:
        for number, channel in channels.items():
            if channel.named and is_of(channel, device):
                return number
    return None


def register(meter: Meter, number: int, device: ShortId) -> None:
    """Writes a Short ID into a channel: what it knew of another device is forgotten.

    That is what P0 does, the display, the scan; the central system writes the attributes.
    """
    channel = used(meter, number)
    if channel.released or not is_of(channel, device):
        channel.forget_device()
        readings.forget(meter, number)
        values = numbers_of(device)
        for part, value in zip(SHORT_ID, values, strict=True):
            setattr(channel, part, value)
    meter.changed()


def scan(meter: Meter) -> None:
    """One cycle over address 0 and all that are not in use, while a channel is free.

    Devices that are found are registered, first on the channels that slave_install was invoked
    on (P2, 8.3.1 and 8.3.1.2).
    """
    channels = channels_of(meter)
    asked, channels.asked = channels.asked, ()
    if meter.state.attached is None or channels.first_free() is None:
        return
    in_use = _in_use(meter)
    for address in (UNCONFIGURED_ADDRESS, *ADDRESSES):
        if address in in_use or not wired.present(meter, address):
            continue
        if address == UNCONFIGURED_ADDRESS:
            given = _give_address(meter)
            if given is None:
                continue
            address = given
        _identify(meter, address, asked)
        in_use = _in_use(meter)
        if channels.first_free() is None:
            return


def bind(meter: Meter, number: int) -> bool:
    """Asks who is at the address that a channel was given; whether a device answers.

    Its Short ID takes the place of what stood in attributes 6 to 9: the central system checks it.
    """
    channel = used(meter, number)
    answer = wired.identify(meter, channel.primary_address)
    if answer is None:
        return False
    channel.pending &= ~Pending.BIND
    _bound(meter, number, channel.primary_address, answer)
    return True


def release(meter: Meter) -> None:
    """Has the devices that were deinstalled give up their addresses, if they do."""
    channels = channels_of(meter)
    addresses, channels.releasing = channels.releasing, ()
    for address in addresses:
        if address not in _in_use(meter):
            wired.set_address(meter, address, UNCONFIGURED_ADDRESS)
    meter.changed()


def _in_use(meter: Meter) -> frozenset[int]:
    """The addresses of the channels."""
    addresses = (channel_of(meter, number).primary_address for number in NUMBERS)
    return frozenset(addresses) - {UNCONFIGURED_ADDRESS}


def _give_address(meter: Meter) -> int | None:
    """Gives the unconfigured device the first address that nobody uses or answers at."""
    in_use = _in_use(meter)
    for address in ADDRESSES:
        if address not in in_use and not wired.present(meter, address):
            taken = wired.set_address(meter, UNCONFIGURED_ADDRESS, address)
            return address if taken else None
    return None


def _identify(meter: Meter, address: int, asked: tuple[int, ...]) -> None:
    answer = wired.identify(meter, address)
    if answer is None:
        return
    number = channel_with(meter, answer[0])
    if number is None:
        free = (n for n in asked if channel_of(meter, n).free)
        number = next(free, None) or channels_of(meter).first_free()
    if number is not None:
        _bound(meter, number, address, answer)


def _bound(
    meter: Meter, number: int, address: int, answer: tuple[ShortId, Application]
) -> None:
    """The device of a channel is at an address, and this is what it says."""
    device, said = answer
    channel = used(meter, number)
    channel.primary_address = address
    register(meter, number, device)
    message = keys.understand(meter, number, said)
    errands.heard(meter, number)
    if message is not None:
        errands.take(meter, number, message)

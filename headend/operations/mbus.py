"""Binding M-Bus devices to the channels of a meter, and taking them off (P3, 7.1; P2, 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from headend.operations import channels, together
from headend.operations.channels import CHANNELS, Channel
from headend.operations.plan import Operation, Plan, number, only, text, truth
from headend.store.devices import Device
from headend.visit import Visit
from wire.cosem.rows import Standard
from wire.dlms import axdr
from wire.errors import ConfigError, PeerRefused, SimError
from wire.mbus.headers import ShortId

_INSTALL, _DEINSTALL = 1, 2
_MAX_ADDRESS = 250
_FIRST = channels.client(1)


class NoChannel(SimError):
    """No channel of the meter is the one that was meant."""


def prepare_scan(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """Nothing to say. Of each channel what is bound, `device` if it is known here, and how its
    keys stand.
    """
    only(arguments, set(), set())

    async def run(visit: Visit) -> Any:
        shown = []
        for channel in await channels.read(visit, standard):
            known = await _device_of(visit, channel)
            shown.append(
                channel.to_json() | {"device": known.equipment_id if known else None}
            )
        return {"channels": shown}

    return run


def prepare_install(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """`channel`, else the first free one. The meter looks once for wired devices that are new
    (slave_install); what it finds is bound a little later, so scan again.
    """
    given = only(arguments, set(), {"channel"})
    wanted = channel_of(given)

    async def run(visit: Visit) -> Any:
        place = wanted or _first_free(await channels.read(visit, standard)).number
        await visit.action(
            together.method(channels.client(place), _INSTALL, standard), axdr.integer(0)
        )
        return {"result": "success", "channel": place}

    return run


def prepare_couple(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """`device`, the equipment identifier; `channel`, else where the meter has it, else the
    first free one. `primary_address` for a wired device that has one. With `force` a channel
    that has another device is taken from it. The result says whether it was bound before.
    """
    given = only(arguments, {"device"}, {"channel", "primary_address", "force"})
    name, wanted = text(given, "device"), channel_of(given)
    force = "force" in given and truth(given, "force")
    wired_at = (
        number(given, "primary_address", 1, _MAX_ADDRESS)
        if "primary_address" in given
        else None
    )

    async def run(visit: Visit) -> Any:
        device = await visit.devices.find(name)
        found = await channels.read(visit, standard)
        place = _place_for(device, found, wanted, force)
        bound = place.short_id == device.short_id
        if not bound:
            if not place.is_free:
                await _clear(visit, standard, place.number)
            items = channels.identity(place.number, device.short_id, standard)
            await together.write(visit, items)
        if wired_at is not None and place.primary_address != wired_at:
            item = channels.address(place.number, wired_at, standard)
            await together.write(visit, [item])
        await visit.devices.bind(device, place.number)
        return {
            "result": "success",
            "device": device.equipment_id,
            "channel": place.number,
            "was_bound": bound,
        }

    return run


def prepare_decouple(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """`device` or `channel`. The meter takes it off (slave_deinstall) and forgets its identity."""
    which = Which(only(arguments, set(), {"device", "channel"}))

    async def run(visit: Visit) -> Any:
        _, device = await which.known_here(visit)
        place = await which.number(visit, standard)
        await _clear(visit, standard, place)
        if device is not None:
            await visit.devices.unbind(device)
        return {
            "result": "success",
            "channel": place,
            "device": device.equipment_id if device is not None else None,
        }

    return run


class Which:
    """The channel that is meant: by its number, or by the device that is on it."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        if ("device" in given) == ("channel" in given):
            raise ConfigError("say device or channel, one of them")
        self._channel = channel_of(given)
        self._name = text(given, "device") if "device" in given else None

    async def known_here(self, visit: Visit) -> tuple[int | None, Device | None]:
        """Channel and device as far as the head-end knows them."""
        if self._name is None:
            assert self._channel is not None
            return self._channel, await visit.devices.on_channel(self._channel)
        device = await visit.devices.find(self._name)
        here = device.meter_id == visit.devices.meter.id
        return device.channel if here else None, device

    async def number(self, visit: Visit, standard: Standard | str) -> int:
        """The number of the channel; raises `NoChannel` when none has the device."""
        place, _ = await self.known_here(visit)
        return place or (await self.on_meter(visit, standard)).number

    async def on_meter(self, visit: Visit, standard: Standard | str) -> Channel:
        """The channel as the meter has it; raises `NoChannel` when none has the device."""
        if self._name is None:
            assert self._channel is not None
            (found,) = await channels.read(visit, standard, [self._channel])
            return found
        device = await visit.devices.find(self._name)
        for channel in await channels.read(visit, standard):
            if channel.short_id == device.short_id:
                return channel
        raise NoChannel(f"{self._name} is on no channel of this meter")

    async def device(self, visit: Visit, channel: Channel) -> Device:
        """The device on a channel; raises `NoChannel` for none, or one that is not known."""
        found = await _device_of(visit, channel)
        if found is None:
            raise NoChannel(
                f"no known device is on channel {channel.number}; import its shipment"
            )
        return found


def channel_of(given: Mapping[str, Any]) -> int | None:
    """The argument `channel`, 1 to 4; None when it was left out."""
    if "channel" not in given:
        return None
    return number(given, "channel", CHANNELS[0], CHANNELS[-1])


async def _device_of(visit: Visit, channel: Channel) -> Device | None:
    short_id = channel.short_id
    return None if short_id is None else await visit.devices.known_as(short_id)


def _place_for(
    device: Device, found: Sequence[Channel], wanted: int | None, force: bool
) -> Channel:
    """Where a device is to go: where it is, else on the channel that is wanted or free.

    A channel with a part of its identity is one whose writing was broken off.
    """
    for channel in found:
        if channel.short_id == device.short_id:
            if wanted in (None, channel.number):
                return channel
            raise NoChannel(
                f"{device.equipment_id} is on channel {channel.number}; decouple it first"
            )
    if wanted is not None:
        place = found[wanted - CHANNELS[0]]
    else:
        begun = [each for each in found if _is_part_of(each, device.short_id)]
        place = begun[0] if begun else _first_free(found)
    if place.is_free or force or _is_part_of(place, device.short_id):
        return place
    raise NoChannel(
        f"channel {place.number} has {place.identification}; decouple that, or use force"
    )


def _is_part_of(channel: Channel, short_id: ShortId) -> bool:
    """Whether the channel has this device's number, and nothing that is not the device's."""
    return channel.identification == short_id.identification and all(
        has in (0, wants)
        for has, wants in (
            (channel.manufacturer, short_id.manufacturer_code),
            (channel.version, short_id.version),
            (channel.device_type, short_id.device_type),
        )
    )


def _first_free(found: Sequence[Channel]) -> Channel:
    for channel in found:
        if channel.is_free:
            return channel
    raise NoChannel("all channels of the meter have a device")


async def _clear(visit: Visit, standard: Standard | str, place: int) -> None:
    """Takes what is on a channel off: slave_deinstall leaves its identity standing (4.0.6)."""
    method = together.method(channels.client(place), _DEINSTALL, standard)
    # It was taken off before, in an attempt that got no further.
    with suppress(PeerRefused):
        await visit.action(method, axdr.integer(0))
    items = channels.identity(place, None, standard)
    await together.write(visit, [*items, channels.address(place, 0, standard)])


ROWS = {
    "mbus_scan": Operation(
        prepare_scan, "what is on the M-Bus channels", "7.1", (_FIRST,)
    ),
    "mbus_install": Operation(
        prepare_install, "look for new wired M-Bus devices", "7.1", (_FIRST,)
    ),
    "mbus_couple": Operation(
        prepare_couple, "bind an M-Bus device to a channel", "7.1", (_FIRST,)
    ),
    "mbus_decouple": Operation(
        prepare_decouple, "take an M-Bus device off its channel", "7.1", (_FIRST,)
    ),
}

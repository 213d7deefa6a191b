"""Keys for M-Bus devices, and what else a meter does for one when asked (P3, 7.1; P2, 5.3)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from headend.operations import channels, together
from headend.operations.channels import KEY_STATUS
from headend.operations.mbus import Which
from headend.operations.plan import Operation, Plan, Preparing, one_of, only, truth
from headend.store.devices import Device, DeviceKeyKind
from headend.visit import Visit
from wire.cosem.rows import SMR5, Standard
from wire.cosem.table import standard_of
from wire.dlms import axdr
from wire.errors import ConfigError
from wire.mbus.headers import DsmrVersion
from wire.mbus.rows import KEY_TRANSFER
from wire.mbus.security import TransferredKey, encode_key_transfer, wrap_user_key

_DATA_SEND, _SET_ENCRYPTION_KEY, _TRANSFER_KEY = 6, 7, 8
# How SMR 5 numbers the keys that it transfers.
_KINDS = {
    kind.value: (kind, key_id)
    for key_id, kind in enumerate(
        (DeviceKeyKind.USER, DeviceKeyKind.FIRMWARE_AUTHENTICATION, DeviceKeyKind.P0)
    )
}
_ANY = {"device", "channel"}
_FIRST = channels.client(1)
_CLEAR_STATUS = "mbus_clear_status_{}"


def prepare_set_key(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """`device` or `channel`. A new user key, stored before it is sent: under the device's
    default key for the device, and plain for the meter; with `meter_first` the other way round.
    `key_status` is what the meter says then; the device has the key when that is `in_use`. In
    SMR 5 `kind` may be firmware or p0 instead of user.
    """
    given = dict(only(arguments, set(), {*_ANY, "kind", "meter_first"}))
    which = Which(given)
    given.setdefault("kind", DeviceKeyKind.USER.value)
    kind, key_id = one_of(given, "kind", _KINDS)
    if key_id and standard_of(standard) not in SMR5:
        raise ConfigError(f"a device of {standard} has no {given['kind']} key")
    meter_first = "meter_first" in given and truth(given, "meter_first")
    send = _send_other_key if key_id else partial(_send_user_key, meter_first)

    async def run(visit: Visit) -> Any:
        channel = await which.on_meter(visit, standard)
        device = await which.device(visit, channel)
        key = await visit.devices.fresh(device, kind)
        wrapped = await _wrapped(visit, device, key_id, key.octets)
        await send(visit, standard, channel.number, wrapped, key.octets)
        await visit.devices.activate(key)
        (channel,) = await channels.read(visit, standard, [channel.number])
        return {"result": "success", **_key_status(channel, device)}

    return run


async def _send_user_key(
    meter_first: bool,
    visit: Visit,
    standard: Standard | str,
    place: int,
    wrapped: bytes,
    plain: bytes,
) -> None:
    halves = ((_TRANSFER_KEY, wrapped), (_SET_ENCRYPTION_KEY, plain))
    for method, octets in reversed(halves) if meter_first else halves:
        wanted = together.method(channels.client(place), method, standard)
        await visit.action(wanted, axdr.octet_string(octets))


async def _send_other_key(
    visit: Visit, standard: Standard | str, place: int, wrapped: bytes, plain: bytes
) -> None:
    """The meter has no use for it: it passes the record on."""
    block = KEY_TRANSFER.head
    element = axdr.structure(
        *(axdr.octet_string(octets) for octets in (block[:1], block[1:], wrapped))
    )
    wanted = together.method(channels.client(place), _DATA_SEND, standard)
    await visit.action(wanted, axdr.array([element]))


def prepare_key_status(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """`device` or `channel`. How far the user key has come: none, set (with the meter),
    transferred (to the device), set_and_transferred, in_use.
    """
    which = Which(only(arguments, set(), _ANY))

    async def run(visit: Visit) -> Any:
        channel = await which.on_meter(visit, standard)
        device = await which.device(visit, channel)
        return _key_status(channel, device)

    return run


def prepare_clear_status(
    standard: Standard | str, arguments: Mapping[str, Any]
) -> Plan:
    """`device` or `channel`. The device is told to clear the errors in its status (SMR 5.1)."""
    which = Which(only(arguments, set(), _ANY))

    async def run(visit: Visit) -> Any:
        channel = await which.on_meter(visit, standard)
        code = _CLEAR_STATUS.format(channel.number)
        told = axdr.double_long_unsigned(channel.status)
        await together.write(visit, [(together.attribute(code, 2, standard), told)])
        return {"result": "success", "channel": channel.number}

    return run


def _asking(method: int) -> Preparing:
    """Calls a method of the client of the channel that is meant."""

    def prepare(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
        """`device` or `channel`."""
        which = Which(only(arguments, set(), _ANY))

        async def run(visit: Visit) -> Any:
            place = await which.number(visit, standard)
            wanted = together.method(channels.client(place), method, standard)
            await visit.action(wanted, axdr.integer(0))
            return {"result": "success", "channel": place}

        return run

    return prepare


async def _wrapped(visit: Visit, device: Device, key_id: int, key: bytes) -> bytes:
    """A key under the device's default key, as a device of its version takes it."""
    default_key = await visit.devices.default_key(device)
    if device.version != DsmrVersion.SMR_5_0:
        return wrap_user_key(default_key, key)
    counter = await visit.devices.count_key_change(device)
    transferred = TransferredKey(key_id, key, counter)
    return encode_key_transfer(default_key, device.short_id, transferred)


def _key_status(channel: channels.Channel, device: Device) -> dict[str, Any]:
    known = 0 <= channel.key_status < len(KEY_STATUS)
    return {
        "channel": channel.number,
        "device": device.equipment_id,
        "key_status": KEY_STATUS[channel.key_status] if known else channel.key_status,
    }


ROWS = {
    "mbus_set_key": Operation(
        prepare_set_key, "give an M-Bus device a new key", "7.1", (_FIRST,)
    ),
    "mbus_key_status": Operation(
        prepare_key_status, "how far a user key has come", "7.1", (_FIRST,)
    ),
    "mbus_capture": Operation(
        _asking(3), "read an M-Bus device now, if it can be", "7.1", (_FIRST,)
    ),
    "mbus_reset_alarm": Operation(
        _asking(4), "reset the alarm state of an M-Bus device", "7.1", (_FIRST,)
    ),
    "mbus_synchronize_clock": Operation(
        _asking(5), "set the clock of an M-Bus device", "7.1", (_FIRST,)
    ),
    "mbus_clear_status": Operation(
        prepare_clear_status,
        "clear the errors of an M-Bus device",
        "SMR 5.1",
        (_CLEAR_STATUS.format(1),),
    ),
}

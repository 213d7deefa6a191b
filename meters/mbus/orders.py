"""What the central system asks of a channel: the methods of class 72 and 70 (P3, 7.1).

An order is taken when the meter is able to carry it out; that is done at the next opportunity
on P2, which for a wireless device is its next transmission.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meters.mbus import readings
from meters.mbus.channels import (
    ADDRESSES,
    NUMBERS,
    KeyStatus,
    Pending,
    channel_of,
    channels_of,
    used,
)
from meters.mbus.kept import KEY_OCTETS, SENDABLE, WRAPPED_OCTETS
from meters.model import LOGICAL_ERROR
from wire.cosem.configuration import Flag, bits_in
from wire.cosem.rows import SMR5
from wire.dlms.descriptors import ActionResult, DataAccessResult
from wire.errors import WireError
from wire.mbus import messages
from wire.mbus.headers import DsmrVersion
from wire.mbus.values import CLEARABLE

if TYPE_CHECKING:
    from meters.meter import Meter

_SMR_5_0 = DsmrVersion.SMR_5_0
_REFUSED = ActionResult(LOGICAL_ERROR)

_AFTER_SET = {
    KeyStatus.TRANSFERRED: KeyStatus.SET_AND_TRANSFERRED,
    KeyStatus.SET_AND_TRANSFERRED: KeyStatus.SET_AND_TRANSFERRED,
}
_AFTER_TRANSFER = {
    KeyStatus.SET: KeyStatus.SET_AND_TRANSFERRED,
    KeyStatus.SET_AND_TRANSFERRED: KeyStatus.SET_AND_TRANSFERRED,
}


def ask(meter: Meter, number: int, what: Pending) -> None:
    """Has something done at the next opportunity on P2."""
    channel = used(meter, number)
    channel.pending |= what
    channel.retry_s = 0
    meter.changed()


def slave_install(meter: Meter, number: int) -> ActionResult:
    """One scan over address 0 and all that are not in use (P2 8.3.1.2), first for this channel."""
    if not channel_of(meter, number).free:
        return _REFUSED
    channels = channels_of(meter)
    if number not in channels.asked:
        channels.asked = (*channels.asked, number)
        meter.changed()
    return ActionResult.SUCCESS


def slave_deinstall(meter: Meter, number: int) -> ActionResult:
    """Gives the device up: its address on the bus, the user key and attributes 5, 13 and 14.

    The Short ID stays in attributes 6 to 9 (P3 4.0.7, 7.1), and so does what was read. Where
    addresses are dynamic, the device is told to take 0 again; one that has a user key does not
    (P2, 6.2.3).
    """
    channel = channel_of(meter, number)
    if channel.free:
        return _REFUSED
    bits = bits_in(meter.setting("configuration_object", "value"))
    channels_of(meter).release(number, bits.bit(Flag.DYNAMIC_MBUS_ADDRESS))
    readings.forget(meter, number)
    meter.changed()
    return ActionResult.SUCCESS


def capture(meter: Meter, number: int) -> ActionResult:
    """Reads the device when it can be asked next."""
    return _ordered(meter, number, Pending.READ)


def reset_alarm(meter: Meter, number: int) -> ActionResult:
    """Forgets the status bits that were seen so far."""
    if channel_of(meter, number).alarm:
        used(meter, number).alarm = 0
        meter.changed()
    return ActionResult.SUCCESS


def synchronize_clock(meter: Meter, number: int) -> ActionResult:
    """Sends the device the time."""
    return _ordered(meter, number, Pending.CLOCK)


def data_send(meter: Meter, number: int, records: bytes) -> ActionResult:
    """Sends the data records of one command to the device; it takes the place of another.

    Only what DSMR lets an E-meter send is a command (P2 4.0.7, 6.2).
    """
    try:
        messages.decode(SENDABLE, records)
    except WireError:
        return _REFUSED
    if channel_of(meter, number).free:
        return _REFUSED
    used(meter, number).records = records
    return _ordered(meter, number, Pending.DATA)


def set_encryption_key(meter: Meter, number: int, key: bytes) -> ActionResult:
    """The user key, for the E-meter itself; 16 zeros are none (P2, 6.5.1).

    What goes on with the former key still does, until the device uses the new one.
    """
    if not channel_of(meter, number).named or len(key) != KEY_OCTETS:
        return _REFUSED
    channel = used(meter, number)
    channel.next_key = key
    channel.key_status = _AFTER_SET.get(channel.key_status, KeyStatus.SET)
    return _ordered(meter, number, Pending.READ)


def transfer_key(meter: Meter, number: int, wrapped: bytes) -> ActionResult:
    """The user key, for the device: enciphered with its default key, most significant first.

    Devices of SMR 5 want it with a counter and a tag, older ones as one block.
    """
    channel = channel_of(meter, number)
    of_smr5 = meter.identity.standard in SMR5 and channel.version == _SMR_5_0
    if not channel.named or len(wrapped) != WRAPPED_OCTETS[of_smr5]:
        return _REFUSED
    channel = used(meter, number)
    channel.wrapped_key, channel.forwarded = wrapped, False
    channel.key_status = _AFTER_TRANSFER.get(channel.key_status, KeyStatus.TRANSFERRED)
    return _ordered(meter, number, Pending.KEY)


def bind_address(meter: Meter, number: int, address: int) -> DataAccessResult:
    """The address of a wired device, which is asked who it is (P2 8.3.1.1); 0 for none."""
    if address and (
        address not in ADDRESSES
        or any(
            other != number and channel_of(meter, other).primary_address == address
            for other in NUMBERS
        )
    ):
        return LOGICAL_ERROR
    if address != channel_of(meter, number).primary_address:
        channel = used(meter, number)
        channel.primary_address = address
        channel.pending &= ~Pending.BIND
        if address:
            ask(meter, number, Pending.BIND)
        meter.changed()
    return DataAccessResult.SUCCESS


def name(meter: Meter, number: int, part: str, value: int) -> DataAccessResult:
    """One of attributes 6 to 9: all four register a device (P2, 8.4.2.1).

    Another device begins without the keys and the frame counter of the one before.
    """
    channel = channel_of(meter, number)
    if getattr(channel, part) != value or channel.released:
        channel = used(meter, number)
        channel.forget_device()
        readings.forget(meter, number)
        setattr(channel, part, value)
        meter.changed()
    return DataAccessResult.SUCCESS


def clear_status(meter: Meter, number: int, mask: int) -> DataAccessResult:
    """Has the device clear the status bits of a mask, of those that can be (SMR 5.1)."""
    bits = mask & CLEARABLE
    if not bits:
        return DataAccessResult.SUCCESS
    if channel_of(meter, number).free:
        return LOGICAL_ERROR
    used(meter, number).clear_mask |= bits
    ask(meter, number, Pending.CLEAR_STATUS)
    return DataAccessResult.SUCCESS


def _ordered(meter: Meter, number: int, what: Pending) -> ActionResult:
    if channel_of(meter, number).free:
        return _REFUSED
    ask(meter, number, what)
    return ActionResult.SUCCESS

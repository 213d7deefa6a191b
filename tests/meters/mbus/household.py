"""An E-meter with devices on its bus, and a bus of which everything is written down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from meters.mbus import orders
from meters.mbus.channels import Channel, channel_of
from meters.meter import Meter
from meters.p2.attached import Attached, attach
from meters.p2.device import Device, new_state
from meters.p2.identity import DeviceIdentity
from meters.p2.media import Medium
from tests.meters.builders import NOW_S, counting_bytes, make_meter
from tests.meters.test_events import rows
from wire.cosem.events import Log
from wire.cosem.rows import SMR5, Standard
from wire.dlms.descriptors import ActionResult
from wire.mbus.headers import DsmrVersion
from wire.mbus.security import TransferredKey, encode_key_transfer, wrap_user_key

DEFAULT_KEY = bytes(range(0x80, 0x90))
USER_KEY = bytes(range(0x10, 0x20))
OTHER_KEY = bytes(range(0x30, 0x40))


class ListenedBus(Attached):
    """What hangs on the meter's bus, with each exchange written down; a test may answer instead.

    `instead` gets what the master sent, and what was answered; what it returns is heard.
    """

    def __init__(self, meter: Meter) -> None:
        super().__init__()
        self.exchanges: list[tuple[bytes, bytes]] = []
        self.instead: Callable[[bytes, bytes], bytes] | None = None
        assert meter.state.attached is not None
        for connected in meter.state.attached.devices:
            self.add(connected)
        meter.state.attached = self

    def exchange(self, meter: Meter, octets: bytes) -> bytes:
        """As that of any meter, and written down."""
        answer = super().exchange(meter, octets)
        if self.instead is not None:
            answer = self.instead(octets, answer)
        self.exchanges.append((octets, answer))
        return answer

    def sent(self, c: int) -> list[bytes]:
        """The frames of the master with this C field."""
        return [octets for octets, _ in self.exchanges if c_of(octets) == c]


def c_of(octets: bytes) -> int:
    """The C field of a short or a long frame."""
    return octets[4] if octets[0] == 0x68 else octets[1]


def gas(
    serial: int = 12_345_678,
    version: DsmrVersion = DsmrVersion.DSMR_4_0,
    **more: Any,
) -> Device:
    """A new gas meter."""
    return device(f"G0042{serial:010}12", Medium.GAS, version=version, **more)


def device(equipment_id: str, medium: Medium, **more: Any) -> Device:
    """A new device, as it leaves the factory."""
    identity = DeviceIdentity(equipment_id, DEFAULT_KEY, medium, **more)
    return Device(identity, new_state(identity, NOW_S, counting_bytes()))


def household(*devices: Device, standard: Standard = Standard.DSMR_4_0_6) -> Meter:
    """An E-meter with these devices connected, none of them registered."""
    meter = make_meter(standard)
    for connected in devices:
        attach(meter, connected)
    return meter


def installed(*devices: Device, standard: Standard = Standard.DSMR_4_0_6) -> Meter:
    """The same after slave_install found them all."""
    meter = household(*devices, standard=standard)
    assert orders.slave_install(meter, 1) is ActionResult.SUCCESS
    pass_s(meter, 2)
    return meter


def wrapped(device: Device, key: bytes, change_counter: int = 1) -> bytes:
    """A user key as the central system sends it for a device."""
    identity = device.identity
    if identity.version is DsmrVersion.SMR_5_0:
        transferred = TransferredKey(0, key, change_counter)
        return encode_key_transfer(DEFAULT_KEY, identity.short_id, transferred)
    return wrap_user_key(DEFAULT_KEY, key)


def give_key(meter: Meter, number: int, device: Device, key: bytes = USER_KEY) -> None:
    """Both halves of a key exchange, the device's first, and the time that they take."""
    given = wrapped(device, key)
    assert orders.transfer_key(meter, number, given) is ActionResult.SUCCESS
    assert orders.set_encryption_key(meter, number, key) is ActionResult.SUCCESS
    pass_s(meter, 2)


def pass_s(meter: Meter, seconds: int) -> None:
    """So much time passes."""
    meter.advance(meter.state.at_s + seconds)


def until(meter: Meter, second: int) -> None:
    """Time passes until that second of the next full hour, by the meter's clock."""
    clock_s = meter.clock_s
    pass_s(meter, 3600 - clock_s % 3600 + second)


def codes(meter: Meter, log: Log = Log.MBUS) -> list[int]:
    """The events of a log, oldest first."""
    return [code for _, code, *_ in rows(meter, log)]


def shown(meter: Meter, number: int = 1) -> Channel:
    """A channel."""
    return channel_of(meter, number)


def newest(standard: Standard) -> DsmrVersion:
    """The version of a device that goes with an E-meter of this standard."""
    if standard in SMR5:
        return DsmrVersion.SMR_5_0
    dsmr4 = standard is Standard.DSMR_4_0_6
    return DsmrVersion.DSMR_4_0 if dsmr4 else DsmrVersion.DSMR_4_2

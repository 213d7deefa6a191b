"""The devices of one E-meter: on its wired bus, or within reach of its radio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from meters.p2 import identity, state
from meters.p2.device import Device
from meters.p2.faults import NO_FAULTS, Faults, collide
from wire.errors import LocalError

if TYPE_CHECKING:
    from meters.meter import Meter


class Attached:
    """The devices, each with the faults of its way; `radios` are the wireless ones.

    Part of the state of the E-meter: what a device must not forget is saved with it.
    """

    __slots__ = ("_devices", "_faults", "radios")

    def __init__(self) -> None:
        self._devices: dict[str, Device] = {}
        self._faults: dict[str, Faults] = {}
        self.radios: tuple[Device, ...] = ()

    @property
    def devices(self) -> tuple[Device, ...]:
        """In the order in which they were attached."""
        return tuple(self._devices.values())

    def device(self, equipment_id: str) -> Device:
        """One of them; raises `LocalError` when there is none of that name."""
        try:
            return self._devices[equipment_id]
        except KeyError:
            raise LocalError(
                f"no device {equipment_id!r} hangs on this meter"
            ) from None

    def set_faults(self, equipment_id: str, faults: Faults) -> None:
        """From now on its way has these faults."""
        self.device(equipment_id)
        self._faults[equipment_id] = faults

    def faults_of(self, device: Device) -> Faults:
        """The faults of a device's way."""
        return self._faults.get(device.identity.equipment_id, NO_FAULTS)

    def exchange(self, meter: Meter, octets: bytes) -> bytes:
        """What the master hears until its time-out after it sent these octets on the bus."""
        now_s, random_bytes = meter.state.at_s, meter.random_bytes
        heard = b""
        for device in self._devices.values():
            faults = self.faults_of(device)
            if not device.identity.wireless and faults.arrives(random_bytes):
                answers = faults.heard(device.answer(octets, now_s), random_bytes)
                heard = collide(heard, b"".join(answers))
                keep(meter, device)
        return heard

    def to_json(self) -> list[dict[str, Any]]:
        """The devices as JSON can hold them; has their keys, so guard the file."""
        return [
            {
                "identity": identity.to_json(device.identity),
                "state": state.to_json(device.state),
                "faults": self.faults_of(device).to_json(),
            }
            for device in self.devices
        ]

    @classmethod
    def from_json(cls, saved: list[dict[str, Any]]) -> Attached:
        """What was kept; raises what Python does, or `LocalError`, for what is none."""
        attached = cls()
        for row in saved:
            device = Device(
                identity.from_json(row["identity"]), state.from_json(row["state"])
            )
            attached.add(device)
            faults = Faults.from_json(row["faults"])
            if faults != NO_FAULTS:
                attached.set_faults(device.identity.equipment_id, faults)
        return attached

    def add(self, device: Device) -> None:
        """One device more; raises `LocalError` for a second of one name."""
        name = device.identity.equipment_id
        if name in self._devices:
            raise LocalError(f"device {name} hangs on this meter already")
        self._devices[name] = device
        self._sort()

    def remove(self, equipment_id: str) -> Device:
        """One device less, with its life as it is; raises `LocalError` if there is none."""
        device = self.device(equipment_id)
        del self._devices[equipment_id]
        self._faults.pop(equipment_id, None)
        self._sort()
        return device

    def _sort(self) -> None:
        self.radios = tuple(
            device for device in self.devices if device.identity.wireless
        )


def attach(meter: Meter, device: Device) -> None:
    """Hangs a device on the bus of an E-meter, or brings it within reach of its radio."""
    attached = meter.state.attached or Attached()
    device.advance(meter.state.at_s)
    attached.add(device)
    meter.state.attached = attached
    meter.changed()


def detach(meter: Meter, equipment_id: str) -> Device:
    """Takes a device away; raises `LocalError` when it is not there."""
    attached = meter.state.attached or Attached()
    device = attached.remove(equipment_id)
    device.advance(meter.state.at_s)
    if not attached.devices:
        meter.state.attached = None
    meter.changed()
    return device


def exchange(meter: Meter, octets: bytes) -> bytes:
    """As `Attached.exchange`; without any device nobody answers."""
    attached = meter.state.attached
    return b"" if attached is None else attached.exchange(meter, octets)


def keep(meter: Meter, device: Device) -> None:
    """What the device must not forget is saved with the E-meter's state."""
    if device.state.unsaved:
        device.state.unsaved = False
        meter.state.unsaved = True

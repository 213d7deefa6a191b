"""A trial at a meter with a gas meter, which the head-end knows with its default key."""

from __future__ import annotations

from typing import Any

from headend.devices import put, unseal
from headend.store import devices
from headend.store.devices import DeviceKeyKind, Life, facts_of
from headend.store.keys import KeyState
from meters.p2.attached import attach
from meters.p2.device import Device
from tests.headend.operations.trial import KEY_STORE, Trial
from tests.meters.p2.builders import make_device
from wire.cosem.rows import Standard
from wire.mbus.headers import DsmrVersion

HOUR_S = 3600


class Household(Trial):
    """The devices hang on the meter and are known, and bound to no channel."""

    def __init__(self, standard: Standard = Standard.DSMR_4_2_2, **traits: Any) -> None:
        super().__init__(standard)
        if standard is Standard.SMR_5_2:
            traits = {"version": DsmrVersion.SMR_5_0} | traits
        self.gas = self.add(make_device(**traits))
        # The head-end's own time stands a while after the meter's at first.
        self.pass_time(60)

    @property
    def name(self) -> str:
        """The gas meter's equipment identifier."""
        return self.gas.identity.equipment_id

    def add(self, device: Device) -> Device:
        """One device more."""
        identity = device.identity
        attach(self.meter, device)
        with self.store.begin() as connection:
            row = devices.add(
                connection,
                {
                    "equipment_id": identity.equipment_id,
                    **facts_of(identity.short_id),
                    "life": Life.IN_STORE.value,
                },
            )
            put(
                *(connection, KEY_STORE, row, DeviceKeyKind.DEFAULT),
                *(KeyState.ACTIVE, identity.default_key, 0.0),
            )
        return device

    def bound(self) -> Household:
        """The same, with the gas meter on channel 1, by its wire."""
        self.ask("mbus_install")
        self.pass_time(120)
        self.ask("mbus_couple", device=self.name)
        return self

    def kept(self, device: Device | None = None) -> devices.Device:
        """What the head-end knows of a device."""
        name = (device or self.gas).identity.equipment_id
        with self.store.read() as connection:
            return devices.find(connection, name)

    def user_keys(self) -> list[tuple[KeyState, bytes]]:
        """The user keys of the gas meter that the head-end keeps, oldest first."""
        row = self.kept()
        with self.store.read() as connection:
            return [
                (key.state, unseal(KEY_STORE, row, key))
                for key in devices.keys_of(connection, row.id, DeviceKeyKind.USER)
            ]

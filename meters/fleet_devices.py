"""The M-Bus devices of a fleet: what stands in its files, and hanging them on their meters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from meters.fleet_file import DeviceEntry, MeterEntry
from meters.meter import Meter
from meters.p2.attached import attach
from meters.p2.device import Device, new_state
from meters.p2.identity import KEY_OCTETS, NO_KEY
from meters.p2.media import Medium
from meters.p2.state import Mode
from wire.cosem.rows import SMR5, Standard
from wire.errors import ConfigError, LocalError
from wire.mbus.headers import DsmrVersion, EquipmentIdentifier

VERSIONS = {
    Standard.DSMR_4_0_6: DsmrVersion.DSMR_4_0,
    Standard.DSMR_4_2_2: DsmrVersion.DSMR_4_2,
    **dict.fromkeys(SMR5, DsmrVersion.SMR_5_0),
}
_YEARS = {
    DsmrVersion.DSMR_4_0: 13,
    DsmrVersion.DSMR_4_2: 15,
    DsmrVersion.SMR_5_0: 18,
}

FITTER_S = 6
"""How long the fitter holds the button down: a press of medium length."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A device that each meter of a new fleet gets; no `size` is the medium's first."""

    medium: Medium
    link: str
    size: str = ""


def device_entries(
    wanted: tuple[Wanted, ...], standard: Standard, lot: int, index: int
) -> list[DeviceEntry]:
    """The devices of one meter; raises `ConfigError` for a size that there is not.

    Gas meters up to G6 of DSMR 4.0 have a valve that cannot be used, as Liander's. The first
    wired device is new; another would collide with it at address 0, so it comes with its own.
    """
    version = VERSIONS[standard]
    serial = lot * 100_000 + index + 1
    entries, wired = [], 0
    for one in wanted:
        entry = _entry(one, version, serial)
        if entry.link == "wired":
            wired += 1
            address = 0 if wired == 1 else wired
            entry = entry.model_copy(update={"address": address})
        entries.append(entry)
    return entries


def shipped(
    entries: list[DeviceEntry],
    random_bytes: Callable[[int], bytes],
    radio_keys: bool,
) -> Iterator[dict[str, object]]:
    """What the shipment file says of each device, with a new Default key.

    With `radio_keys` wireless ones have a User key as well (P2 4.0.7, 6.5.2).
    """
    for entry in entries:
        key = random_bytes(KEY_OCTETS)
        short_id = entry.identity(key).short_id
        yield {
            "equipment_id": entry.equipment_id,
            "manufacturer": short_id.manufacturer,
            "version": int(short_id.version),
            "device_type": int(short_id.device_type),
            "default_key": key.hex(),
            **(
                {"user_key": random_bytes(KEY_OCTETS).hex()}
                if radio_keys and entry.link == "wireless"
                else {}
            ),
        }


def hang(
    meter: Meter, entry: MeterEntry, keys: Callable[[str], Mapping[str, str]]
) -> None:
    """Hangs the devices of its entry on a meter, but for those that hang there already.

    `keys` gives the shipment's row of a device. Raises `ConfigError`, or what Python does for a
    row that is none.
    """
    attached = meter.state.attached
    there = {
        device.identity.equipment_id
        for device in (attached.devices if attached else ())
    }
    for wanted in entry.devices:
        if wanted.equipment_id not in there:
            row = keys(wanted.equipment_id)
            identity = wanted.identity(
                bytes.fromhex(row["default_key"]),
                bytes.fromhex(row.get("user_key", NO_KEY.hex())),
            )
            state = new_state(identity, meter.state.at_s, meter.random_bytes)
            if wanted.address and not identity.wireless:
                state.address, state.mode = wanted.address, Mode.CUSTOMER
            attach(meter, Device(identity, state))


def fit(meter: Meter) -> None:
    """A fitter presses the button of each radio that was never in use: it calls its E-meter."""
    attached = meter.state.attached
    for device in attached.radios if attached else ():
        if device.state.mode is Mode.STORAGE:
            device.press_button(FITTER_S)
            meter.changed()


def _entry(wanted: Wanted, version: DsmrVersion, serial: int) -> DeviceEntry:
    code = f"{wanted.medium[0].upper()}0001"
    traits: dict[str, Any] = {
        "equipment_id": EquipmentIdentifier.of(code, serial, _YEARS[version]).text,
        "medium": wanted.medium,
        "size": wanted.size,
        "link": wanted.link,
        "version": int(version),
    }
    entry = DeviceEntry.model_validate(traits)
    try:
        kind = entry.identity().kind
    except LocalError as error:
        raise ConfigError(str(error)) from None
    locked = kind.may_have_valve and version is DsmrVersion.DSMR_4_0
    valve = "locked" if locked else "none"
    return entry.model_copy(update={"size": kind.size, "valve": valve})

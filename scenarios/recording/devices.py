"""The M-Bus devices of a recording, from what the head-end has in its books."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError

from headend.store.devices import Device
from headend.store.job import Job
from meters.fleet_devices import VERSIONS
from scenarios.acting.devices import DeviceSettings
from wire.cosem.rows import Standard
from wire.errors import LocalError
from wire.mbus.headers import DeviceType

_MEDIA: Final = {
    DeviceType.GAS: "gas",
    DeviceType.WATER: "water",
    DeviceType.HEAT_FLOW: "heat",
    DeviceType.HEAT_RETURN: "heat",
    DeviceType.COOLING_FLOW: "cold",
    DeviceType.COOLING_RETURN: "cold",
    DeviceType.ELECTRICITY: "electricity",
}


def settings_of(
    known: Sequence[Device],
    jobs: Sequence[Job],
    numbers: Mapping[int, int],
    standard: Standard,
) -> tuple[list[Mapping[str, object]], list[str]]:
    """What the world says of the devices that took part, and remarks about them.

    `numbers` are the recording's meters by their numbers in the store. A device hangs on the
    meter that was first asked about it, else on the one that it was bound to last.
    """
    asked: dict[str, int] = {}
    for job in jobs:
        for name in _texts(job.arguments):
            asked.setdefault(name, job.meter_id)
    written: list[Mapping[str, object]] = []
    remarks = []
    for device in known:
        name = device.equipment_id
        meter = numbers.get(asked.get(name, device.meter_id or 0))
        if meter is None:
            continue
        row = _row(device, meter, standard)
        try:
            DeviceSettings.model_validate(row).entry(standard)
        except (ValidationError, LocalError):
            remarks.append(
                f"device {name} is none that a world can have, so it is missing"
            )
            continue
        written.append(row)
        remarks.append(
            f"device {name} is taken as wired and new: the books do not tell"
        )
    return written, remarks


def _row(device: Device, meter: int, standard: Standard) -> Mapping[str, object]:
    row: dict[str, object] = {
        "equipment_id": device.equipment_id,
        "meter": meter,
        "medium": _MEDIA.get(DeviceType(device.device_type), "other"),
    }
    if device.version != VERSIONS[standard]:
        others = [one for one, version in VERSIONS.items() if version == device.version]
        row |= {"standard": min(others).value} if others else {}
    return row


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(part)

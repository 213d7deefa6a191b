"""The shipment file as meters read it: the keys that they and their devices were made with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

from meters.fleet_devices import hang
from meters.fleet_file import MeterEntry
from meters.identity import KEY_NAMES, Keys
from meters.meter import Meter
from wire.errors import ConfigError, LocalError

Row = TypeVar("Row")


class Shipment:
    """The shipment file of a fleet, read when the first meter asks for what is its own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._keys: dict[str, Keys] | None = None
        self._devices: dict[str, dict[str, str]] = {}

    def keys(self, equipment_id: str) -> Keys:
        """Those of a meter; raises `ConfigError` when it has none here."""
        return self._find(self._read(), "meter", equipment_id)

    def hang_devices(self, meter: Meter, entry: MeterEntry) -> None:
        """Hangs what its entry says on a meter; raises `ConfigError` when that cannot be."""
        try:
            hang(meter, entry, self._device)
        except (KeyError, TypeError, ValueError, LocalError) as error:
            raise ConfigError(
                f"no devices for meter {entry.equipment_id}: {error!r}",
                file=str(self._path),
            ) from None

    def _device(self, equipment_id: str) -> dict[str, str]:
        self._read()
        return self._find(self._devices, "device", equipment_id)

    def _find(self, rows: dict[str, Row], what: str, equipment_id: str) -> Row:
        try:
            return rows[equipment_id]
        except KeyError:
            raise ConfigError(
                f"{what} {equipment_id} has no keys here and no saved state",
                file=str(self._path),
            ) from None

    def _read(self) -> dict[str, Keys]:
        if self._keys is not None:
            return self._keys
        try:
            rows: list[dict[str, Any]] = json.loads(self._path.read_bytes())
            self._devices = {
                device["equipment_id"]: device
                for row in rows
                for device in row.get("devices", ())
            }
            self._keys = {
                row["equipment_id"]: Keys(
                    *(bytes.fromhex(row[name]) for name in KEY_NAMES)
                )
                for row in rows
            }
            return self._keys
        except OSError as error:
            raise ConfigError(
                f"the meters' first keys cannot be read: {error.strerror}",
                file=str(self._path),
            ) from None
        except (
            KeyError,
            TypeError,
            ValueError,
            AttributeError,
            RecursionError,
            LocalError,
        ) as error:
            raise ConfigError(
                f"not a shipment file: {error!r}", file=str(self._path)
            ) from None

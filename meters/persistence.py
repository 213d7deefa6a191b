"""The states of a fleet's meters on disk: one JSON file each, replaced as a whole."""

from __future__ import annotations

import json
import os
from pathlib import Path

from meters.meter import Meter
from meters.state import State, from_json, to_json
from wire.errors import ConfigError, SurroundingsError

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700


class StateStore:
    """Saves and restores meters; the folder holds keys, so only its owner may look."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        except OSError as error:
            raise SurroundingsError(f"{folder}: {error.strerror}") from None

    def save(self, meter: Meter) -> None:
        """Writes the state; on the disk when this returns, if the state asks for that."""
        octets = json.dumps(to_json(meter.state), separators=(",", ":")).encode("ascii")
        replace(self._path(meter.identity.equipment_id), octets, meter.state.unsaved)
        meter.state.unsaved = False

    def load(self, equipment_id: str) -> State | None:
        """The state that was saved; None when there is none.

        Raises `ConfigError` when the file is not a state: better no start than a meter that
        forgets which counters it used.
        """
        path = self._path(equipment_id)
        try:
            return from_json(json.loads(path.read_bytes()))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise SurroundingsError(f"{path}: {error.strerror}") from None
        except (ValueError, RecursionError, ConfigError) as error:
            raise self.refusal(equipment_id, error) from None

    def refusal(self, equipment_id: str, error: Exception) -> ConfigError:
        """What to tell a person about a file that holds no state of this meter."""
        return ConfigError(
            f"this is not the state of a meter ({error});"
            " take the file away to start from the factory's state",
            file=str(self._path(equipment_id)),
        )

    def _path(self, equipment_id: str) -> Path:
        return self._folder / f"{equipment_id.strip()}.json"


def replace(path: Path, octets: bytes, durable: bool = True) -> None:
    """Puts a private file in place of another, whole or not at all.

    Raises `SurroundingsError` when the disk does not let us.
    """
    made = path.with_name(path.name + ".new")
    try:
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
        with open(descriptor, "wb") as file:
            file.write(octets)
            if durable:
                file.flush()
                os.fsync(descriptor)
        os.replace(made, path)
    except OSError as error:
        raise SurroundingsError(f"{path}: {error.strerror}") from None

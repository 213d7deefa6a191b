"""A fleet: its meters' names and places in `fleet.yaml`, their keys in `shipment.json`.

The shipment file is what a factory would send to the grid operator: the head-end imports it.
The meters read their first keys from it too; once they have run, their own state leads.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from ruamel.yaml import YAML

from meters.behaviour import profiles
from meters.behaviour.task import NEVER
from meters.fleet_devices import Wanted, device_entries, shipped
from meters.fleet_file import DeviceEntry, FleetFile, MeterEntry, read_fleet_file
from meters.identity import KEY_NAMES, Identity
from meters.meter import Meter, new_state
from meters.objects import model_for
from meters.persistence import StateStore, replace
from meters.shipment import Shipment
from wire.cosem.rows import Standard
from wire.errors import ConfigError, SurroundingsError

FLEET_FILE, SHIPMENT_FILE, STATE_FOLDER = "fleet.yaml", "shipment.json", "state"
DEFAULT_HOST, DEFAULT_BASE_PORT = "127.0.0.1", 4059
P1_PORT_OFFSET, P2_PORT_OFFSET = 10_000, 20_000
MAX_METERS = 50_000
# Three letters as FLAG gives them to manufacturers; these are nobody's.
FLAG = b"DSL"

# Meter code (5 characters) and year of make, per standard.
_MAKES = {
    Standard.DSMR_4_0_6: ("E0406", "13"),
    Standard.DSMR_4_2_2: ("E0422", "15"),
    Standard.SMR_5_0: ("E0500", "18"),
    Standard.SMR_5_2: ("E0520", "21"),
    Standard.SMR_5_5: ("E0550", "24"),
}


@dataclass(frozen=True, slots=True)
class FleetMeter:
    """A meter with its addresses."""

    entry: MeterEntry
    meter: Meter
    host: str
    p3_port: int
    p1_port: int
    p2_port: int


@dataclass(frozen=True, slots=True)
class Fleet:
    """The meters of a folder, and where their states are kept."""

    file: FleetFile
    meters: tuple[FleetMeter, ...]
    store: StateStore


def create_fleet(
    folder: Path,
    meters: int,
    standard: Standard,
    *,
    seed: int | None = None,
    host: str = DEFAULT_HOST,
    base_port: int = DEFAULT_BASE_PORT,
    phases: int = 3,
    devices: tuple[Wanted, ...] = (),
    radio_keys: bool = False,
    own_devices: Mapping[int, Sequence[DeviceEntry]] = {},
) -> FleetFile:
    """Writes `fleet.yaml` and `shipment.json` (mode 0600) for that many new meters.

    Each gets one of each of the devices, and those of its place (from 0) in `own_devices`;
    wireless ones have a User key if `radio_keys`. With a seed names and keys are the same each
    time; without one they are nobody's guess.
    Raises `ConfigError` for numbers that cannot be, or when a fleet lives there already.
    """
    _check(folder, meters, host, base_port)
    random_bytes = (
        _seeded(f"{seed}/{standard}") if seed is not None else secrets.token_bytes
    )
    lot = int.from_bytes(random_bytes(8), "big") % 90_000 + 10_000
    entries = [
        _entry(standard, lot, index, phases).model_copy(
            update={
                "devices": [
                    *device_entries(devices, standard, lot, index),
                    *own_devices.get(index, ()),
                ]
            }
        )
        for index in range(meters)
    ]
    made = FleetFile(standard=standard, host=host, base_port=base_port, meters=entries)
    shipment = [
        {
            "equipment_id": entry.equipment_id,
            "standard": standard.value,
            "host": host,
            "port": base_port + index,
            "logical_device": 1,
            "system_title": entry.system_title,
            **{name: random_bytes(16).hex() for name in KEY_NAMES},
            "p1": {"host": host, "port": base_port + P1_PORT_OFFSET + index},
            **_devices(entry, random_bytes, radio_keys),
        }
        for index, entry in enumerate(entries)
    ]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SurroundingsError(f"{folder}: {error.strerror}") from None
    replace(folder / SHIPMENT_FILE, (json.dumps(shipment, indent=2) + "\n").encode())
    replace(folder / FLEET_FILE, _yaml(made).encode())
    return made


def load_fleet(
    folder: Path,
    now_s: int | None = None,
    random_bytes: Callable[[int], bytes] | None = None,
) -> Fleet:
    """The meters of a folder, as they were left; what they draw at random is nobody's guess,
    unless it is said where it comes from.

    Since then they had no supply: the rows of that time are flagged so. Raises `ConfigError`
    when a file is not what it should be, with its line.
    """
    now_s = int(time.time()) if now_s is None else now_s
    file = read_fleet_file(folder / FLEET_FILE)
    store = StateStore(folder / STATE_FOLDER)
    keys = Shipment(folder / SHIPMENT_FILE)
    meters = tuple(
        FleetMeter(
            entry,
            _restore(entry, file.standard, store, keys, now_s, random_bytes),
            file.host,
            file.base_port + index,
            file.base_port + P1_PORT_OFFSET + index,
            file.base_port + P2_PORT_OFFSET + index,
        )
        for index, entry in enumerate(file.meters)
    )
    return Fleet(file, meters, store)


def begin_again(folder: Path, fleet: Fleet, place: FleetMeter, now_s: int) -> Meter:
    """A meter of a loaded fleet as its state in the folder says, as `load_fleet` would make it."""
    shipment = Shipment(folder / SHIPMENT_FILE)
    standard, random_bytes = fleet.file.standard, place.meter.random_bytes
    return _restore(place.entry, standard, fleet.store, shipment, now_s, random_bytes)


def _restore(
    entry: MeterEntry,
    standard: Standard,
    store: StateStore,
    shipment: Shipment,
    now_s: int,
    random_bytes: Callable[[int], bytes] | None,
) -> Meter:
    identity = Identity(
        entry.equipment_id, standard, bytes.fromhex(entry.system_title), entry.phases
    )
    kept = store.load(entry.equipment_id)
    state = kept or new_state(shipment.keys(entry.equipment_id), now_s)
    model = model_for(standard, entry.phases)
    meter = Meter(identity, state, model, random_bytes or secrets.token_bytes)
    if kept is not None:
        try:
            meter.model.judge(meter)
            profiles.judge(meter)
        except ConfigError as error:
            raise store.refusal(entry.equipment_id, error) from None
        meter.power_off()
        # A fleet that nobody served kept its time, however long that was.
        meter.power_on(now_s, reserve_s=NEVER)
    shipment.hang_devices(meter, entry)
    return meter


def _devices(
    entry: MeterEntry, random_bytes: Callable[[int], bytes], radio_keys: bool
) -> dict[str, object]:
    """What the shipment says of a meter's devices; nothing when it has none."""
    devices = list(shipped(entry.devices, random_bytes, radio_keys))
    return {"devices": devices} if devices else {}


def _check(folder: Path, meters: int, host: str, base_port: int) -> None:
    if not 1 <= meters <= MAX_METERS:
        raise ConfigError(f"a fleet has 1 to {MAX_METERS} meters, not {meters}")
    if not re.fullmatch(r"[^\s/]{1,255}", host):
        raise ConfigError(f"{host!r} is not a host")
    last = base_port + P1_PORT_OFFSET + meters - 1
    if base_port < 1 or last > 65_535:
        raise ConfigError(
            f"{meters} meters from port {base_port} on would need ports up to {last}"
            " (P1 is 10000 above P3); there are 65535"
        )
    if meters > P1_PORT_OFFSET:
        raise ConfigError(
            f"above {P1_PORT_OFFSET} meters P3 and P1 ports would overlap"
        )
    if (folder / FLEET_FILE).exists():
        raise ConfigError(
            f"{folder} has a fleet already; take it away, or choose another folder"
        )


def _entry(standard: Standard, lot: int, index: int, phases: int) -> MeterEntry:
    code, year = _MAKES[standard]
    serial = lot * 100_000 + index + 1
    title = FLAG + serial.to_bytes(5, "big")
    return MeterEntry.model_validate(
        {
            "equipment_id": f"{code}{serial:010d}{year}",
            "system_title": title.hex(),
            "phases": phases,
        }
    )


def _seeded(seed: str) -> Callable[[int], bytes]:
    """Octets that follow from a seed: for a fleet that can be made again, not for secrecy."""
    calls = 0

    def random_bytes(size: int) -> bytes:
        nonlocal calls
        calls += 1
        return hashlib.shake_128(f"dsmrlab fleet {seed}/{calls}".encode()).digest(size)

    return random_bytes


def _yaml(file: FleetFile) -> str:
    text = StringIO()
    yaml = YAML(typ="safe")
    yaml.default_flow_style = None
    yaml.width = 200
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.dump(file.model_dump(mode="json"), text)
    return "# Simulated meters: see `dsmrlab meters serve --help`.\n" + text.getvalue()

"""`dsmrlab fleet`: the files of simulated meters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from dsmrlab.edge import LabGroup, Settings, counted, pass_settings, read_file

LINKS = ("wired", "wireless")
MEDIA = ("gas", "water", "heat", "cold", "electricity")
GAS_SIZES = ("G4", "G6", "G10", "G16", "G25")
PARTS = ("core", "module", "communication", "mbus-driver")
STANDARDS = ("dsmr-4.0.6", "dsmr-4.2.2", "smr-5.0", "smr-5.2", "smr-5.5")

_Command = Callable[..., Any]


@click.group(cls=LabGroup)
def fleet() -> None:
    """Make fleets of simulated meters."""


def _device_options(command: _Command) -> _Command:
    """An option for each medium that a device beside each meter can measure."""
    for medium in reversed(MEDIA):
        told = f"A {medium} meter beside each: on its bus, or on the radio."
        command = click.option(f"--{medium}", type=click.Choice(LINKS), help=told)(
            command
        )
    return command


@fleet.command(example="fleet create lab --meters 30 --standard dsmr-4.2.2 --seed 1")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--meters", type=int, required=True, help="How many.")
@click.option(
    "--standard",
    type=click.Choice(STANDARDS),
    default="dsmr-4.2.2",
    show_default=True,
    help="The companion standard that they follow.",
)
@click.option("--seed", type=int, help="The same names and keys each time, for trials.")
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Where they will listen."
)
@click.option(
    "--base-port",
    type=int,
    default=4059,
    show_default=True,
    help="P3 of the first meter; its P1 is 10000 higher, the next meter's one.",
)
@click.option("--phases", type=click.Choice(["1", "3"]), default="3", show_default=True)
@_device_options
@click.option(
    "--gas-size",
    type=click.Choice(GAS_SIZES),
    default="G4",
    show_default=True,
    help="The size of the gas meters.",
)
@click.option(
    "--radio-keys",
    is_flag=True,
    help="Wireless devices leave the factory with a User key.",
)
@pass_settings
def create(
    settings: Settings,
    /,
    folder: Path,
    meters: int,
    standard: str,
    seed: int | None,
    host: str,
    base_port: int,
    phases: str,
    gas_size: str,
    radio_keys: bool,
    **links: str | None,
) -> None:
    """Write DIR/fleet.yaml and DIR/shipment.json for new meters.

    The shipment holds addresses and keys, so only its owner may read it.
    """
    from meters.fleet import FLEET_FILE, SHIPMENT_FILE, create_fleet
    from meters.fleet_devices import Wanted
    from meters.p2.media import Medium
    from wire.cosem.rows import Standard

    made = create_fleet(
        folder,
        meters,
        Standard(standard),
        seed=seed,
        host=host,
        base_port=base_port,
        phases=int(phases),
        devices=tuple(
            Wanted(Medium(medium), link, gas_size if medium == "gas" else "")
            for medium in MEDIA
            if (link := links[medium])
        ),
        radio_keys=radio_keys,
    )
    document = {
        "meters": [entry.equipment_id for entry in made.meters],
        "standard": standard,
        "devices": [
            device.equipment_id for entry in made.meters for device in entry.devices
        ],
        "fleet": str(folder / FLEET_FILE),
        "shipment": str(folder / SHIPMENT_FILE),
    }
    first = made.meters[0].equipment_id
    settings.show(
        document,
        f"{counted(meters, 'meter')}, {first} first, in {folder / FLEET_FILE};"
        f" their keys in {folder / SHIPMENT_FILE}",
    )


@fleet.command(example="fleet firmware new.bin --identifier R2")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--identifier", required=True, help="What the meter will call it.")
@click.option(
    "--part",
    type=click.Choice(PARTS),
    default="core",
    show_default=True,
    help="What of the meter it is for.",
)
@click.option(
    "--code", metavar="CODE", help="Its code, any file; the identifier if left out."
)
@pass_settings
def firmware(
    settings: Settings, file: Path, identifier: str, part: str, code: str | None
) -> None:
    """Write an image of firmware that simulated meters take to FILE.

    It is brought by: headend operate METER update_firmware identifier=R2 image=@FILE
    """
    from wire.cosem.image import MAX_IMAGE_OCTETS, Part, build
    from wire.errors import ConfigError, LocalError, SurroundingsError

    octets = identifier.encode() if code is None else read_file(code, MAX_IMAGE_OCTETS)
    try:
        image = build(Part[part.upper().replace("-", "_")], identifier, octets)
    except LocalError as error:
        raise ConfigError(str(error)) from None
    try:
        file.write_bytes(image)
    except OSError as error:
        raise SurroundingsError(f"{file} cannot be written: {error.strerror}") from None
    settings.show(
        {"file": str(file), "identifier": identifier, "octets": len(image)},
        f"{len(image)} octets in {file}",
    )

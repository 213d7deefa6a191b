"""`dsmrlab meters`: a fleet at work."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dsmrlab.edge import LabGroup, Settings, counted, pass_settings
from dsmrlab.loop import Teller, reactor_to_run
from dsmrlab.trace import open_capture, trace_option

if TYPE_CHECKING:
    from meters.serve import FleetService

PORT_KINDS = ("tcp", "pty", "none")


@click.group(cls=LabGroup)
def meters() -> None:
    """Run simulated meters."""


@meters.command(example="meters serve lab --p1 tcp")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--p1",
    type=click.Choice(PORT_KINDS),
    default="tcp",
    show_default=True,
    help="How P1 is offered: a TCP port each, a serial device each, or not.",
)
@click.option(
    "--p2",
    type=click.Choice(PORT_KINDS),
    default="none",
    show_default=True,
    help="How the wired M-Bus devices of a meter are offered to tools that read them.",
)
@trace_option
@pass_settings
def serve(
    settings: Settings, folder: Path, p1: str, p2: str, trace: Path | None
) -> None:
    """Run the fleet of DIR in real time, until SIGTERM or Ctrl-C.

    The meters' states are saved in DIR/state. With --json the first line is
    {"event": "ready", "meters": N}; with --p1 pty a line per meter says where its P1 is, with
    --p2 pty one per meter with wired devices where its P2 is.
    """
    from meters.fleet import load_fleet
    from meters.serve import PortKind
    from meters.serve import serve as serve_fleet

    loaded = load_fleet(folder)
    with reactor_to_run(stops_with=(signal.SIGTERM,)) as loop:
        tell = Teller(settings, loop)
        serve_fleet(
            loaded,
            loop,
            PortKind(p1),
            lambda service: _tell_ready(tell, service, p1, p2),
            open_capture(trace, loop.seconds),
            PortKind(p2),
        )
        tell.check()


def _tell_ready(tell: Teller, service: FleetService, p1: str, p2: str) -> None:
    places = service.fleet.meters
    first, last = places[0], places[-1]
    where = f"P3 on {first.host} {_ports(first.p3_port, last.p3_port)}"
    if p1 == "tcp":
        where += f", P1 {_ports(first.p1_port, last.p1_port)}"
    if p2 == "tcp":
        where += f", P2 {_ports(first.p2_port, last.p2_port)}"
    tell(
        {"event": "ready", "meters": len(places)},
        f"{counted(len(places), 'meter')} ready: {where}",
    )
    for port, paths in (("p1", service.pty_paths), ("p2", service.p2_paths)):
        for equipment_id, path in paths.items():
            tell(
                {"event": port, "equipment_id": equipment_id, "path": path},
                f"{equipment_id} {port.upper()} on {path}",
            )


def _ports(first: int, last: int) -> str:
    return f"port {first}" if first == last else f"ports {first} to {last}"

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

P1_KINDS = ("tcp", "pty", "none")


@click.group(cls=LabGroup)
def meters() -> None:
    """Run simulated meters."""


@meters.command(example="meters serve lab --p1 tcp")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--p1",
    type=click.Choice(P1_KINDS),
    default="tcp",
    show_default=True,
    help="How P1 is offered: a TCP port each, a serial device each, or not.",
)
@trace_option
@pass_settings
def serve(settings: Settings, folder: Path, p1: str, trace: Path | None) -> None:
    """Run the fleet of DIR in real time, until SIGTERM or Ctrl-C.

    The meters' states are saved in DIR/state. With --json the first line is
    {"event": "ready", "meters": N}; with --p1 pty a line per meter says where its P1 is.
    """
    from meters.fleet import load_fleet
    from meters.serve import P1Kind
    from meters.serve import serve as serve_fleet

    loaded = load_fleet(folder)
    with reactor_to_run(stops_with=(signal.SIGTERM,)) as loop:
        tell = Teller(settings, loop)
        serve_fleet(
            loaded,
            loop,
            P1Kind(p1),
            lambda service: _tell_ready(tell, service, p1),
            open_capture(trace, loop.seconds),
        )
        tell.check()


def _tell_ready(tell: Teller, service: FleetService, p1: str) -> None:
    places = service.fleet.meters
    first, last = places[0], places[-1]
    where = f"P3 on {first.host} {_ports(first.p3_port, last.p3_port)}"
    if p1 == "tcp":
        where += f", P1 {_ports(first.p1_port, last.p1_port)}"
    tell(
        {"event": "ready", "meters": len(places)},
        f"{counted(len(places), 'meter')} ready: {where}",
    )
    for equipment_id, path in service.pty_paths.items():
        tell(
            {"event": "p1", "equipment_id": equipment_id, "path": path},
            f"{equipment_id} P1 on {path}",
        )


def _ports(first: int, last: int) -> str:
    return f"port {first}" if first == last else f"ports {first} to {last}"

"""`dsmrlab mosaik`: a world as a simulator of mosaik, in a process of its own."""

from __future__ import annotations

import asyncio
import gc

import click

from dsmrlab.edge import LabCommand, Settings, pass_settings
from dsmrlab.interrupts import ignore_interrupts
from wire.addresses import TcpAddress, parse_address
from wire.errors import ConfigError, SurroundingsError


@click.command(cls=LabCommand, example="mosaik 127.0.0.1:5555")
@click.argument("address", metavar="HOST:PORT")
@click.option(
    "--remote",
    "-r",
    is_flag=True,
    help="Wait for mosaik at that address, instead of calling it; port 0 takes a free one.",
)
@pass_settings
def mosaik(settings: Settings, address: str, remote: bool) -> None:
    """Serve mosaik, the co-simulation framework, with the world of a scenario.

    Mosaik starts it, as {"cmd": "dsmrlab mosaik %(addr)s"}; with --remote it runs first, for
    {"connect": "HOST:PORT"}, and says when it is ready. What it takes and gives stands in
    docs/cosimulation.md.
    """
    where = _where(address)
    try:
        from scenarios.cosimulation.component import Simulator, serve
    except ModuleNotFoundError as error:
        if error.name != "mosaik_api_v3":
            raise
        raise SurroundingsError(
            "mosaik's API is not installed: pip install 'dsmrlab[mosaik]'"
        ) from None

    def ready(host: str, port: int) -> None:
        place = f"{host}:{port}"
        document = {"event": "ready", "mosaik": place}
        settings.show_line(document, f"ready: mosaik may call {place}")

    simulator = Simulator()
    try:
        asyncio.run(serve(simulator, where.host, where.port, ready if remote else None))
    finally:
        # Mosaik says stop and sends SIGTERM right after it.
        ignore_interrupts()
        simulator.finalize()
        # Mosaik gives us a second; a last collection of garbage would take much of it.
        gc.freeze()


def _where(text: str) -> TcpAddress:
    try:
        address = parse_address(f"tcp://{text}", (TcpAddress,))
    except ConfigError:
        raise ConfigError(f"{text[:80]!r} is no HOST:PORT of mosaik") from None
    assert isinstance(address, TcpAddress)
    return address

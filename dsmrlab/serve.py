"""`dsmrlab headend serve`: jobs and schedules as a service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from dsmrlab.edge import LabCommand, Settings, complain, pass_settings
from dsmrlab.headend import ENGINES
from dsmrlab.log import JsonLog
from dsmrlab.loop import Teller, serve_on_reactor, the_reactor
from wire.addresses import TcpAddress, parse_address
from wire.errors import ConfigError, SimError

if TYPE_CHECKING:
    from dsmrlab.office import Office

PORT = 8080


@click.command(cls=LabCommand, example="headend serve --listen 127.0.0.1:8080")
@click.option(
    "--listen",
    default=f"127.0.0.1:{PORT}",
    show_default=True,
    metavar="HOST:PORT",
    help="Where /health and /metrics are answered; port 0 takes a free one.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 1000),
    default=16,
    show_default=True,
    help="How many meters at a time.",
)
@click.option(
    "--connections-per-second",
    type=click.FloatRange(0.001, 10_000),
    metavar="N",
    help="How many connections to meters may be begun in a second.",
)
@click.option(
    "--per-cell",
    type=click.IntRange(1, 10_000),
    metavar="N",
    help="How many meters of one cell at a time.",
)
@click.option(
    "--lease",
    type=click.FloatRange(1, 3600),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="After how long a job of a process that died is taken up again.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0.1, 3600),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for an answer of the meter.",
)
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default="native",
    show_default=True,
    help="The DLMS client.",
)
@click.option("--log", type=click.Choice(["json"]), help="A line per event, on stderr.")
@pass_settings
def serve(
    settings: Settings,
    listen: str,
    concurrency: int,
    connections_per_second: float | None,
    per_cell: int | None,
    lease: float,
    timeout: float,
    engine: str,
    log: str | None,
) -> None:
    """Run the jobs that wait and those of the schedules, until SIGTERM or Ctrl-C.

    With --json the first line is {"event": "ready", "listen": "H:P"}. SIGTERM lets the
    associations that run end for as long as an answer may take, and ends with 0.
    """
    from dsmrlab.office import Reach, open_office
    from dsmrlab.service import Service, Terms
    from headend.limits import Limits
    from headend.progress import unwatched

    terms = Terms(
        _address(listen),
        Limits(concurrency, connections_per_second, per_cell),
        lease,
        Reach(engine, timeout),
    )
    if settings.db in ("sqlite://", "sqlite:///:memory:"):
        raise ConfigError("a service needs a database that lasts; name one with --db")
    with open_office(settings) as office:
        journal = JsonLog(the_reactor().seconds, Names(office)) if log else None

        async def work(loop: Any, tell: Teller) -> None:
            def ready(facts: Mapping[str, object]) -> None:
                tell({"event": "ready"} | dict(facts), _ready_text(facts))

            watch = journal.watch if journal else unwatched
            await Service(office, loop, terms, watch).run(ready)

        serve_on_reactor(settings, work, journal.complain if journal else complain)


class Names:
    """What meters are called, by their numbers in the store."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._names: dict[int, str] = {}

    def __call__(self, meter_id: int) -> str | None:
        """The equipment identifier; None while the store cannot say."""
        if meter_id not in self._names:
            try:
                self._names = self._office.names()
            except SimError:
                pass
        return self._names.get(meter_id)


def _address(text: str) -> TcpAddress:
    try:
        address = parse_address(f"tcp://{text}", (TcpAddress,), PORT)
    except ConfigError:
        raise ConfigError(
            f"{text[:80]!r} is no place to listen; write HOST:PORT"
        ) from None
    assert isinstance(address, TcpAddress)
    return address


def _ready_text(facts: Mapping[str, object]) -> str:
    return f"ready: http://{facts['listen']}/health and /metrics"

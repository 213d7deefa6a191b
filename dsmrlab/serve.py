"""`dsmrlab headend serve`: jobs and schedules as a service."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dsmrlab.edge import LabCommand, Settings, complain, pass_settings
from dsmrlab.headend import engine_option, mechanism_option
from dsmrlab.listen import PORT as PUSH_PORT
from dsmrlab.listen import (
    listen_address,
    on_alarm_option,
    push_document,
    push_listener,
    push_text,
)
from dsmrlab.log import JsonLog
from dsmrlab.loop import Teller, serve_on_reactor, the_reactor
from dsmrlab.trace import trace_option
from wire.errors import ConfigError, SimError

if TYPE_CHECKING:
    from dsmrlab.office import Office
    from headend.pushes import Heard

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
@engine_option
@mechanism_option
@click.option("--log", type=click.Choice(["json"]), help="A line per event, on stderr.")
@click.option("--pushes", metavar="HOST:PORT", help="Hear meters that call there, too.")
@on_alarm_option
@trace_option
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
    mechanism: str,
    log: str | None,
    pushes: str | None,
    on_alarm: str,
    trace: Path | None,
) -> None:
    """Run the jobs that wait and those of the schedules, until SIGTERM or Ctrl-C.

    With --json the first line is {"event": "ready", "listen": "H:P"}; with --pushes, "push" and
    "refused" follow. SIGTERM lets the associations that run end for as long as an answer may
    take, and ends with 0.
    """
    from dsmrlab.office import Reach, open_office
    from dsmrlab.service import Service, Terms
    from headend.limits import Limits
    from headend.progress import unwatched

    terms = Terms(
        listen_address(listen, PORT),
        Limits(concurrency, connections_per_second, per_cell),
        lease,
        Reach(engine, timeout, trace=trace, mechanism=mechanism),
    )
    called = listen_address(pushes, PUSH_PORT) if pushes else None
    if settings.db in ("sqlite://", "sqlite:///:memory:"):
        raise ConfigError("a service needs a database that lasts; name one with --db")
    with open_office(settings) as office:
        journal = JsonLog(the_reactor().seconds, Names(office)) if log else None

        async def work(loop: Any, tell: Teller) -> None:
            def ready(facts: Mapping[str, object]) -> None:
                tell({"event": "ready"} | dict(facts), _ready_text(facts))

            watch = journal.watch if journal else unwatched
            service = Service(office, loop, terms, watch)

            def heard(what: Heard, peer: str) -> None:
                tell(push_document(what, peer), push_text(what, peer))
                service.scheduler.wake()

            parts = []
            if called is not None:
                parts.append(
                    push_listener(
                        office.store,
                        loop,
                        called,
                        on_alarm,
                        heard,
                        tell,
                        call=service.call,
                    )
                )
            await service.run(ready, parts)

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


def _ready_text(facts: Mapping[str, object]) -> str:
    called = f"; pushes to {facts['pushes']}" if "pushes" in facts else ""
    return f"ready: http://{facts['listen']}/health and /metrics{called}"

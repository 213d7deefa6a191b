"""`dsmrlab headend listen`: hears what meters send unasked."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from dsmrlab.edge import LabCommand, Settings, pass_settings
from dsmrlab.headend import reach_options
from dsmrlab.loop import Teller, serve_on_reactor
from wire.addresses import TcpAddress, parse_address
from wire.errors import ConfigError, SimError

if TYPE_CHECKING:
    from dsmrlab.office import Reach
    from headend.listener import PushListener
    from headend.pushes import Heard
    from headend.store import Store
    from headend.store.call import Call
    from headend.store.job import Job

PORT = 4060
ON_ALARM = ("nothing", "read", "clear")


on_alarm_option = click.option(
    "--on-alarm",
    type=click.Choice(ON_ALARM),
    default="nothing",
    show_default=True,
    help="Read the alarm registers that a meter tells of; clear them then.",
)


def listen_address(text: str, default_port: int) -> TcpAddress:
    """The `HOST:PORT` of an option."""
    try:
        address = parse_address(f"tcp://{text}", (TcpAddress,), default_port)
    except ConfigError:
        raise ConfigError(
            f"{text[:80]!r} is no place to listen; write HOST:PORT"
        ) from None
    assert isinstance(address, TcpAddress)
    return address


@click.command(cls=LabCommand, example="headend listen --on-alarm clear --json")
@click.option(
    "--listen",
    default=f"127.0.0.1:{PORT}",
    show_default=True,
    metavar="HOST:PORT",
    help="Where meters call; port 0 takes a free one.",
)
@on_alarm_option
@reach_options
@pass_settings
def listen(settings: Settings, listen: str, on_alarm: str, reach: Reach) -> None:
    """Hear wake-up messages (DSMR 4) and notifications (SMR 5) until SIGTERM or Ctrl-C.

    By TCP and by UDP. A line for each: who calls and which alarms it tells of. With --json the
    first line is {"event": "ready", "pushes": "H:P"}, then "push", "refused" and "job" follow.
    """
    from dsmrlab.office import job_document, open_office

    address = listen_address(listen, PORT)
    correlation_id = f"listen-{secrets.token_hex(8)}"
    with open_office(settings) as office:

        async def work(loop: Any, tell: Teller) -> None:
            from twisted.internet.defer import Deferred, ensureDeferred

            scheduler = office.scheduler(loop, reach, correlation_id)

            followed: set[int] = set()

            async def follow(job_id: int, name: str) -> None:
                followed.add(job_id)
                try:
                    job = await scheduler.wait(job_id)
                except SimError:
                    # We were stopped first; the job is in the store.
                    return
                finally:
                    followed.discard(job_id)
                tell({"event": "job", **job_document(job, name)}, job_text(job, name))

            def heard(what: Heard, peer: str) -> None:
                tell(push_document(what, peer), push_text(what, peer))
                # A meter that calls again may be told of jobs that wait already.
                for job_id in set(what.jobs) - followed:
                    ensureDeferred(follow(job_id, what.push.equipment_id))
                scheduler.wake()

            listener = push_listener(
                office.store, loop, address, on_alarm, heard, tell, correlation_id
            )
            facts = await listener.start()
            tell({"event": "ready", **facts}, f"ready: pushes to {facts['pushes']}")
            loop.addSystemEventTrigger(
                "before", "shutdown", lambda: ensureDeferred(listener.stop())
            )

            async def until_told() -> None:
                await Deferred()

            await office.running(scheduler, until_told)(loop)

        serve_on_reactor(settings, work)


def push_listener(
    store: Store,
    loop: Any,
    address: TcpAddress,
    on_alarm: str,
    on_heard: Callable[[Heard, str], None],
    tell: Teller,
    correlation_id: str = "push",
    call: Call | None = None,
) -> PushListener:
    """A listener that is yet to start; what is no push is told at once."""
    from headend.listener import PushFactory, PushListener
    from headend.pushes import OnAlarm, Reception
    from headend.store.call import directly

    reception = Reception(
        store, OnAlarm(on_alarm), call=call or directly, correlation_id=correlation_id
    )

    def refused(peer: str, why: str) -> None:
        tell({"event": "refused", "peer": peer, "error": why}, f"{peer}: {why}")

    factory = PushFactory(reception.take, loop, on_heard, refused)
    return PushListener(factory, loop, address)


def push_document(heard: Heard, peer: str) -> Mapping[str, object]:
    """A push as JSON; `registers` are the values, `alarms` the names of their bits."""
    push = heard.push
    return {
        "event": "push",
        "meter": push.equipment_id,
        "known": heard.meter is not None,
        "logical_name": push.logical_name and str(push.logical_name),
        "registers": list(push.alarms),
        "alarms": list(heard.alarms),
        "jobs": list(heard.jobs),
        "peer": peer,
    }


def push_text(heard: Heard, peer: str) -> str:
    """A push as a person reads it."""
    push = heard.push
    told = ", ".join(heard.alarms) or "no alarm"
    if not push.alarms:
        told = f"woken up by {push.logical_name}"
    unknown = "" if heard.meter is not None else ", a meter that is not known"
    return f"{push.equipment_id} at {peer}{unknown}: {told}"


def job_text(job: Job, name: str) -> str:
    """How a job ended, as a person reads it."""
    from dsmrlab.headend import result_text

    return f"{name}: {job.error or result_text(job.result)}"

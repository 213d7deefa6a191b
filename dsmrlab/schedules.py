"""`dsmrlab headend schedules`: operations that recur; `headend serve` makes their jobs."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import click

from dsmrlab.arguments import METAVAR, arguments_of
from dsmrlab.edge import LabGroup, Settings, counted, pass_settings
from dsmrlab.fleet import STANDARDS
from wire.errors import ConfigError, LocalError

if TYPE_CHECKING:
    from dsmrlab.office import Office
    from headend.store.rhythm import Rhythm
    from headend.store.schedules import Schedule

_LAST = 2**31 - 1


@click.group(cls=LabGroup)
def schedules() -> None:
    """Operations that recur: add, list and remove them; headend serve runs them."""


@schedules.command(
    example='headend schedules add get \'{"object": "clock"}\' --every 900'
)
@click.argument("operation")
@click.argument("arguments", nargs=-1, metavar=METAVAR)
@click.option("--meter", metavar="METER", help="On this meter; on all when left out.")
@click.option(
    "--standard", type=click.Choice(STANDARDS), help="On the meters of a standard."
)
@click.option(
    "--every",
    type=click.IntRange(1, 31 * 86_400),
    metavar="SECONDS",
    help="At each multiple of so many seconds, in UTC.",
)
@click.option("--daily", metavar="HH:MM", help="Each day at that Dutch civil time.")
@click.option(
    "--jitter",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    metavar="SECONDS",
    help="Spread the meters over so long.",
)
@click.option("--priority", type=click.IntRange(0, 9), default=4, show_default=True)
@click.option(
    "--max-age",
    type=click.IntRange(1),
    metavar="SECONDS",
    help="Give up what did not begin so long after its time; at the next one otherwise.",
)
@pass_settings
def add(
    settings: Settings,
    operation: str,
    arguments: tuple[str, ...],
    meter: str | None,
    standard: str | None,
    every: int | None,
    daily: str | None,
    jitter: int,
    priority: int,
    max_age: int | None,
) -> None:
    """Add a schedule for an operation, its arguments as for operate."""
    from dsmrlab.office import open_office
    from headend.store import schedules as rows

    given = arguments_of(arguments)
    if meter is not None and standard is not None:
        raise ConfigError("say one of --meter and --standard, or none")
    rhythm = _rhythm(every, daily)
    with open_office(settings) as office:
        number = office.meter(meter).id if meter is not None else None
        _check(office, operation, given, number, standard)
        try:
            with office.store.begin() as connection:
                added = rows.add(
                    connection,
                    operation,
                    given,
                    rhythm,
                    now_s=time.time(),
                    meter_id=number,
                    standard=standard,
                    jitter_s=jitter,
                    priority=priority,
                    max_age_s=max_age,
                )
        except LocalError as error:
            raise ConfigError(str(error)) from None
    settings.show({"schedule": added}, f"schedule {added} is added")


@schedules.command("list", example="headend schedules list")
@pass_settings
def list_schedules(settings: Settings) -> None:
    """List the schedules."""
    from dsmrlab.office import open_office
    from headend.store import schedules as rows

    with open_office(settings) as office:
        with office.store.read() as connection:
            found = rows.every(connection)
        names = office.names()
    documents = [_document(each, names) for each in found]
    settings.show(documents, "\n".join(map(_line, documents)) or "no schedules")


@schedules.command(example="headend schedules remove 1")
@click.argument("schedule_id", metavar="ID", type=click.IntRange(1, _LAST))
@pass_settings
def remove(settings: Settings, schedule_id: int) -> None:
    """Remove a schedule, and cancel its jobs that wait."""
    from dsmrlab.office import open_office
    from headend.store import schedules as rows

    with open_office(settings) as office, office.store.begin() as connection:
        cancelled = rows.remove(connection, schedule_id, time.time())
    settings.show(
        {"schedule": schedule_id, "cancelled": cancelled},
        f"schedule {schedule_id} is removed, {counted(cancelled, 'job')} cancelled",
    )


def _rhythm(every: int | None, daily: str | None) -> Rhythm:
    from headend.store.rhythm import Daily, Every

    if every is not None and daily is None:
        return Every(every)
    if every is not None or daily is None:
        raise ConfigError("say one of --every and --daily")
    time_of_day = re.fullmatch("([01][0-9]|2[0-3]):([0-5][0-9])", daily)
    if time_of_day is None:
        raise ConfigError(f"--daily is {daily[:20]!r}, not a time such as 02:30")
    return Daily(60 * int(time_of_day[1]) + int(time_of_day[2]))


def _check(
    office: Office,
    operation: str,
    arguments: dict[str, Any],
    meter_id: int | None,
    standard: str | None,
) -> None:
    """Refuses what could never work on one of the meters that it is for."""
    from headend import operations
    from headend.store import meters

    with office.store.read() as connection:
        known = meters.every(connection)
    wanted = {each.standard for each in known if meter_id in (None, each.id)}
    for name in STANDARDS:
        if name == standard or (standard is None and (name in wanted or not wanted)):
            try:
                operations.prepare(operation, name, arguments)
            except ConfigError as error:
                raise ConfigError(f"on a meter of {name}: {error}") from None


def _document(schedule: Schedule, names: dict[int, str]) -> dict[str, Any]:
    from dsmrlab.office import instant_text
    from headend.store.rhythm import Every

    rhythm = schedule.rhythm
    every_s = daily = None
    if isinstance(rhythm, Every):
        every_s = rhythm.seconds
    else:
        daily = "{:02}:{:02}".format(*divmod(rhythm.minute, 60))
    meter_id = schedule.meter_id
    return {
        "schedule": schedule.id,
        "meter": None if meter_id is None else names[meter_id],
        "standard": schedule.standard,
        "operation": schedule.operation,
        "arguments": dict(schedule.arguments),
        "every_s": every_s,
        "daily": daily,
        "jitter_s": schedule.jitter_s,
        "priority": schedule.priority,
        "max_age_s": schedule.max_age_s,
        "next_due": instant_text(schedule.next_due_s),
    }


def _line(document: dict[str, Any]) -> str:
    who = document["meter"] or document["standard"] or "all meters"
    when = f"daily {document['daily']}"
    if document["every_s"] is not None:
        when = f"every {document['every_s']} s"
    what = document["arguments"].get("object", "")
    text = f"{document['schedule']:>4}  {who:<17}  {when:<14}  {document['operation']}"
    return f"{text} {what}".rstrip() + f"  next {document['next_due']}"

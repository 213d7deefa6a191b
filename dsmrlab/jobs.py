"""`dsmrlab headend jobs`: what the head-end was asked, and what became of it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import click

from dsmrlab.arguments import METAVAR, arguments_of
from dsmrlab.edge import LabGroup, Settings, pass_settings
from dsmrlab.headend import reach_options
from wire.errors import ConfigError, LocalError

if TYPE_CHECKING:
    from dsmrlab.office import Office, Reach
    from headend.store.job import Job

# What the database numbers jobs with.
_LAST_JOB = 2**31 - 1
_LONGEST_CORRELATION = 64
_YEARS = range(2000, 2100)
STATES = ("queued", "claimed", "done", "failed", "cancelled")


@click.group(cls=LabGroup)
def jobs() -> None:
    """The durable jobs: add, list, show, cancel and run them."""


@jobs.command(example='headend jobs add E0422 get \'{"object": "clock"}\' --priority 7')
@click.argument("meter")
@click.argument("operation")
@click.argument("arguments", nargs=-1, metavar=METAVAR)
@click.option("--priority", type=click.IntRange(0, 9), default=4, show_default=True)
@click.option("--not-before", metavar="T", help="Begin no earlier, ISO 8601 in UTC.")
@click.option("--not-after", metavar="T", help="Give up what did not begin by then.")
@click.option(
    "--attempts",
    type=click.IntRange(1, 100),
    default=5,
    show_default=True,
    help="How often a transport that fails is tried.",
)
@click.option("--correlation", default="", help="A word to find it by.")
@pass_settings
def add(
    settings: Settings,
    meter: str,
    operation: str,
    arguments: tuple[str, ...],
    priority: int,
    not_before: str | None,
    not_after: str | None,
    attempts: int,
    correlation: str,
) -> None:
    """Hand a job in for headend serve or jobs run; its arguments as for operate."""
    from dsmrlab.office import job_document, open_office
    from headend import operations
    from headend.store import jobs as rows

    given = arguments_of(arguments)
    if not (correlation.isascii() and correlation.isprintable()):
        raise ConfigError("--correlation is printable ASCII characters")
    if len(correlation) > _LONGEST_CORRELATION:
        raise ConfigError(
            f"--correlation has at most {_LONGEST_CORRELATION} characters"
        )
    with open_office(settings) as office:
        wanted = office.meter(meter)
        operations.prepare(operation, wanted.standard, given)
        try:
            with office.store.begin() as connection:
                number = rows.enqueue(
                    connection,
                    wanted.id,
                    operation,
                    given,
                    now_s=time.time(),
                    priority=priority,
                    correlation_id=correlation,
                    not_before_s=_instant_s(not_before, "--not-before"),
                    not_after_s=_instant_s(not_after, "--not-after"),
                    max_attempts=attempts,
                )
                job = rows.show(connection, number)
        except LocalError as error:
            raise ConfigError(str(error)) from None
    name = wanted.equipment_id
    settings.show(job_document(job, name), _line(job, name))


@jobs.command("list", example="headend jobs list --state failed")
@click.option("--meter", help="Only of this meter.")
@click.option("--state", type=click.Choice(STATES), help="Only in this state.")
@click.option(
    "--limit", type=click.IntRange(1, 1_000_000), default=100, show_default=True
)
@pass_settings
def list_jobs(
    settings: Settings, meter: str | None, state: str | None, limit: int
) -> None:
    """List jobs, the newest first."""
    from dsmrlab.office import job_document, open_office
    from headend.store import jobs as rows
    from headend.store.job import JobState

    with open_office(settings) as office:
        number = office.meter(meter).id if meter else None
        with office.store.read() as connection:
            found = rows.listing(
                connection,
                state=JobState(state) if state else None,
                meter_id=number,
                limit=limit,
            )
        names = office.names()
    settings.show(
        [job_document(job, names[job.meter_id]) for job in found],
        "\n".join(_line(job, names[job.meter_id]) for job in found) or "no jobs",
    )


@jobs.command(example="headend jobs show 1")
@click.argument("job_id", metavar="ID", type=click.IntRange(1, _LAST_JOB))
@pass_settings
def show(settings: Settings, job_id: int) -> None:
    """Show one job, its result or its error."""
    from dsmrlab.headend import result_text
    from dsmrlab.office import job_document, open_office
    from headend.store import jobs as rows

    with open_office(settings) as office:
        with office.store.read() as connection:
            job = rows.show(connection, job_id)
        name = office.names()[job.meter_id]
    document = job_document(job, name)
    lines = [
        f"{key:<12}  {value}"
        for key, value in document.items()
        if value is not None and key != "result"
    ]
    if job.result is not None:
        lines.append(f"{'result':<12}  {result_text(job.result)}")
    settings.show(document, "\n".join(lines))


@jobs.command(example="headend jobs cancel 1")
@click.argument("job_id", metavar="ID", type=click.IntRange(1, _LAST_JOB))
@pass_settings
def cancel(settings: Settings, job_id: int) -> None:
    """Cancel a job that waits."""
    from dsmrlab.office import open_office
    from headend.store import jobs as rows

    with open_office(settings) as office, office.store.begin() as connection:
        rows.cancel(connection, job_id, time.time())
    settings.show({"job": job_id, "state": "cancelled"}, f"job {job_id} is cancelled")


@jobs.command("run", example="headend jobs run --concurrency 16")
@click.option(
    "--concurrency",
    type=click.IntRange(1, 1000),
    default=16,
    show_default=True,
    help="How many meters at a time.",
)
@reach_options
@pass_settings
def run_jobs(settings: Settings, concurrency: int, reach: Reach) -> None:
    """Run all jobs that wait, those for later included, and end.

    A line per job as it ends; exit code 1 when one of them failed.
    """
    from dsmrlab.loop import on_reactor
    from dsmrlab.office import job_document, open_office
    from headend.limits import Limits
    from headend.store.job import JobState

    failed = 0
    with open_office(settings) as office:
        names = office.names()
        pending = [
            job.id
            for state in (JobState.QUEUED, JobState.CLAIMED)
            for job in _all(office, state)
        ]

        def told(job: Job) -> None:
            nonlocal failed
            failed += job.state is JobState.FAILED
            name = names.get(job.meter_id, "")
            settings.show_line(job_document(job, name), _line(job, name))

        async def work(loop: Any) -> None:
            from twisted.internet.defer import DeferredList, ensureDeferred
            from twisted.python.failure import Failure

            scheduler = office.scheduler(
                loop, reach, limits=Limits(sessions=concurrency)
            )

            async def one(job_id: int) -> None:
                told(await scheduler.wait(job_id))

            async def every() -> None:
                waits = [ensureDeferred(one(job_id)) for job_id in sorted(pending)]
                for fine, outcome in await DeferredList(waits, consumeErrors=True):
                    if not fine:
                        cast(Failure, outcome).raiseException()

            await office.running(scheduler, every)(loop)

        if pending:
            on_reactor(work)
        elif not settings.json:
            click.echo("no jobs wait")
    if failed:
        with_s = "jobs" if failed > 1 else "job"
        raise LocalError(f"{failed} {with_s} failed")


def _instant_s(text: str | None, option: str) -> float | None:
    """The epoch seconds of a time; without an offset it is UTC."""
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.year not in _YEARS:
        raise ConfigError(
            f"{option} is {text[:80]!r}, not a time such as 2026-01-07T10:00:00Z"
        )
    return instant.replace(tzinfo=instant.tzinfo or UTC).timestamp()


def _all(office: Office, state: Any) -> list[Job]:
    from headend.store import jobs as rows

    with office.store.read() as connection:
        return rows.listing(connection, state=state, limit=1_000_000)


def _line(job: Job, name: str) -> str:
    text = f"{job.id:>6}  {name}  {job.operation:<8}  {job.state:<9}"
    what = job.arguments.get("object", "")
    rest = job.error or what
    return f"{text}  {rest}".rstrip()

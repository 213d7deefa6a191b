"""`dsmrlab headend record`: what the head-end did, as a scenario."""

from __future__ import annotations

import time
from pathlib import Path

import click

from dsmrlab.edge import LabCommand, Settings, counted, pass_settings
from wire.errors import ConfigError


@click.command(
    cls=LabCommand, example="headend record out/monday --from 2026-01-05T08:00:00Z"
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--from", "begin", metavar="T", help="Jobs that began from then on.")
@click.option("--to", "end", metavar="T", help="Jobs that began before that.")
@click.option(
    "--meter",
    "wanted",
    multiple=True,
    metavar="METER",
    help="Only of this meter; may be repeated.",
)
@click.option(
    "--feeder",
    metavar="CSV",
    type=click.Path(path_type=Path),
    help="The transformer's quarter-hours of that time, which are copied.",
)
@pass_settings
def record(
    settings: Settings,
    folder: Path,
    begin: str | None,
    end: str | None,
    wanted: tuple[str, ...],
    feeder: Path | None,
) -> None:
    """Write the jobs of a time as a scenario into a new FOLDER, for `dsmrlab run`.

    Each job is a step at its instant, and what it was answered an expectation as far as it does
    not depend on time or load. Keys are never written. Meters of several standards make
    several scenarios. T is ISO 8601; without an offset it is Dutch civil time.
    """
    from dsmrlab.office import open_office
    from scenarios.recording import folder as folders
    from scenarios.recording.head_end import Span
    from scenarios.recording.head_end import record as record_jobs

    folders.check_new(folder)
    from_s = _instant_s(begin, "--from", 0.0)
    to_s = _instant_s(end, "--to", time.time())
    if to_s <= from_s:
        raise ConfigError("--to is not later than --from")
    with open_office(settings) as office:
        numbers = [office.meter(name).id for name in wanted] or None
        with office.store.read() as connection:
            made = record_jobs(connection, Span(from_s, to_s, numbers), feeder)
    with folders.new(folder):
        folders.fill(folder, made.files, {feeder: feeder.name} if feeder else {})
    written = [str(folder / name) for name in made.files]
    settings.show(
        {
            "recordings": written,
            "jobs": made.jobs,
            "left_out": made.left_out,
            "unfinished": made.unfinished,
        },
        f"{counted(made.jobs, 'job')} in {', '.join(written)}; {made.left_out} left out,"
        f" {made.unfinished} not ended",
    )


def _instant_s(text: str | None, option: str, otherwise_s: float) -> float:
    """The epoch seconds of a time that may be left out."""
    from headend.operations.plan import instant

    if text is None:
        return otherwise_s
    found = instant({option: text}, option)
    assert found is not None
    return found.timestamp()

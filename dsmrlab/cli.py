"""The root of the command: its groups, and the options that may stand before them."""

from __future__ import annotations

import click

from dsmrlab.chargepoint import chargepoint
from dsmrlab.completion import completion
from dsmrlab.control import control
from dsmrlab.doctor import doctor
from dsmrlab.edge import LabGroup, common_options, take_common
from dsmrlab.explain import explain
from dsmrlab.fleet import fleet
from dsmrlab.headend import headend
from dsmrlab.jobs import jobs
from dsmrlab.listen import listen
from dsmrlab.mbus import mbus
from dsmrlab.meters import meters
from dsmrlab.mosaik import mosaik
from dsmrlab.operations import keys, list_operations, operate, read
from dsmrlab.record import record
from dsmrlab.scenario import run, schema, validate
from dsmrlab.schedules import schedules
from dsmrlab.serve import serve


class _Root(LabGroup):
    """Takes the common options before the command as well."""

    def invoke(self, ctx: click.Context) -> object:
        take_common(ctx)
        return super().invoke(ctx)


@click.group(
    cls=_Root,
    params=common_options(),
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="\b\nExample:\n  dsmrlab fleet create lab --meters 3",
)
@click.version_option(package_name="dsmrlab", message="dsmrlab %(version)s")
def cli() -> None:
    """Simulates a grid operator's head-end, Dutch smart meters and charge points.

    Exit codes: 0 done; 1 what was asked failed; 2 usage, or a file that cannot be used; 3 the
    surroundings (a port taken, a database away); 130 interrupted.
    """


headend.add_command(control)
headend.add_command(jobs)
headend.add_command(schedules)
headend.add_command(serve)
for command in (listen, read, operate, list_operations, keys, mbus, record):
    headend.add_command(command)
for command in (
    fleet,
    meters,
    headend,
    chargepoint,
    run,
    validate,
    schema,
    mosaik,
    explain,
    doctor,
    completion,
):
    cli.add_command(command)

"""`dsmrlab headend read`, `operate`, `operations` and `keys`: operations by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dsmrlab.arguments import METAVAR, arguments_of
from dsmrlab.edge import LabCommand, LabGroup, Settings, pass_settings
from dsmrlab.headend import do, reach_options

if TYPE_CHECKING:
    from dsmrlab.office import Reach

# What `read` reads, each an operation of that name, with `_` for `-`.
READS = (
    "actual",
    "interval",
    "daily",
    "monthly",
    "events",
    "power-quality",
    "outages",
    "objects",
    "all",
    "clock",
    "tariff",
    "calendar",
    "special-days",
    "alarms",
    "configuration",
    "administrative",
    "firmware",
    "breaker",
    "limiter",
)
KEY_KINDS = ("authentication", "encryption", "hls_secret")


@click.command(cls=LabCommand, example="headend read E0422 interval --from 2024-01-09")
@click.argument("meter")
@click.argument("what", type=click.Choice(READS))
@click.option("--from", "begin", metavar="T", help="Of a profile: from this time on.")
@click.option("--to", "end", metavar="T", help="Of a profile: to this time, included.")
@click.option("--log", help="Of events: standard, fraud, control, session, …")
@click.option("--profile", help="Of power-quality: 1, 2 or definable.")
@reach_options
@pass_settings
def read(
    settings: Settings,
    meter: str,
    what: str,
    begin: str | None,
    end: str | None,
    log: str | None,
    profile: str | None,
    reach: Reach,
) -> None:
    """Read what a meter measures, keeps and is set to; readings are stored.

    T is ISO 8601; without an offset it is Dutch civil time.
    """
    arguments = {"from": begin, "to": end, "log": log, "profile": profile}
    do(settings, meter, what.replace("-", "_"), arguments, reach)


@click.command(
    cls=LabCommand,
    example="headend operate E0422 configure_clock time_zone=-60",
    context_settings={"ignore_unknown_options": True},
)
@click.argument("meter")
@click.argument("operation")
@click.argument("arguments", nargs=-1, metavar=METAVAR)
@reach_options
@pass_settings
def operate(
    settings: Settings,
    meter: str,
    operation: str,
    arguments: tuple[str, ...],
    reach: Reach,
) -> None:
    """Do an operation by its name; `headend operations` lists them.

    VALUE is JSON where it can be, else a text. @FILE is what stands in a file: the value of a
    .json or .yaml file, the octets of any other. Without a name, @FILE has all arguments.
    """
    do(
        settings,
        meter,
        operation.replace("-", "_"),
        arguments_of(arguments),
        reach,
    )


@click.command("operations", cls=LabCommand, example="headend operations --json")
@click.argument("operation", required=False)
@pass_settings
def list_operations(settings: Settings, operation: str | None) -> None:
    """List the operations; with the name of one, what it wants."""
    from headend.operations import OPERATIONS, named

    known = OPERATIONS
    if operation is not None:
        name = operation.replace("-", "_")
        known = {name: named(name)}
    document = [
        {
            "operation": name,
            "summary": each.summary,
            "clause": each.clause,
            "objects": list(each.objects),
            "arguments": " ".join((each.prepare.__doc__ or "").split()),
        }
        for name, each in known.items()
    ]
    if operation is None:
        settings.show(document, operations_text())
    else:
        settings.show(
            document, "{summary} ({clause})\n{arguments}".format(**document[0])
        )


def operations_text() -> str:
    """The operations as a table of Markdown, as it stands in docs/operations.md."""
    from headend.operations import OPERATIONS

    lines = [
        "| operation | does | P3 | objects | arguments and result |",
        "|---|---|---|---|---|",
    ]
    for name, each in OPERATIONS.items():
        objects = ", ".join(f"`{code}`" for code in each.objects) or "–"
        arguments = " ".join((each.prepare.__doc__ or "").split()).replace("|", "\\|")
        lines.append(
            f"| `{name}` | {each.summary} | {each.clause} | {objects} | {arguments} |"
        )
    return "\n".join(lines)


@click.group(cls=LabGroup)
def keys() -> None:
    """The keys of a meter: list, replace, recover. None is ever printed."""


@keys.command("list", example="headend keys list E0422")
@click.argument("meter")
@pass_settings
def list_keys(settings: Settings, meter: str) -> None:
    """List the keys by kind and state, with the next invocation counter."""
    from dsmrlab.office import instant_text, open_office
    from headend.store import counters
    from headend.store import keys as rows

    with open_office(settings) as office:
        known = office.meter(meter)
        with office.store.read() as connection:
            found = [
                {
                    "key": row.id,
                    "kind": row.kind.value,
                    "state": row.state.value,
                    "created": instant_text(row.created_s),
                    "next_counter": counters.known(connection, known.id, row.id),
                }
                for row in rows.of_meter(connection, known.id)
            ]
    lines = [
        f"{row['key']:>5}  {row['kind']:<14}  {row['state']:<9}  {row['created']}"
        + (f"  counter {row['next_counter']}" if row["next_counter"] else "")
        for row in found
    ]
    settings.show(
        {"meter": known.equipment_id, "keys": found}, "\n".join(lines) or "no keys"
    )


@keys.command(example="headend keys rotate E0422")
@click.argument("meter")
@click.option(
    "--kind",
    "kinds",
    type=click.Choice(KEY_KINDS),
    multiple=True,
    help="Which to replace; authentication and encryption unless told otherwise.",
)
@reach_options
@pass_settings
def rotate(
    settings: Settings, meter: str, kinds: tuple[str, ...], reach: Reach
) -> None:
    """Replace keys of a meter by new ones, each stored before it is sent."""
    arguments = {"kinds": list(kinds) or None}
    do(settings, meter, "rotate_keys", arguments, reach)


@keys.command(example="headend keys recover E0422")
@click.argument("meter")
@reach_options
@pass_settings
def recover(settings: Settings, meter: str, reach: Reach) -> None:
    """Find out which keys a meter has, after a change that was broken off."""
    do(settings, meter, "recover_keys", {}, reach)

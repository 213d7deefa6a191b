"""`dsmrlab headend read`, `operate`, `operations` and `keys`: operations by their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from dsmrlab.edge import (
    LabCommand,
    LabGroup,
    Settings,
    json_argument,
    pass_settings,
    read_file,
    read_text,
)
from dsmrlab.headend import do, reach_options
from wire.cosem.image import MAX_IMAGE_OCTETS
from wire.errors import ConfigError

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
_DOCUMENTS = (".json", ".yaml", ".yml")


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
@click.argument("arguments", nargs=-1, metavar="[NAME=VALUE]...")
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
    given: dict[str, Any] = {}
    for argument in arguments:
        given |= _argument(argument)
    do(settings, meter, operation.replace("-", "_"), given, reach)


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


def _argument(written: str) -> Mapping[str, Any]:
    name, equals, value = written.partition("=")
    if not equals and name.startswith("@"):
        document = _document(name[1:])
        if not isinstance(document, dict):
            raise ConfigError("holds no arguments by name", name[1:])
        return document
    if not equals or not name:
        raise ConfigError(f"{written!r} is not NAME=VALUE or @FILE")
    if value.startswith("@"):
        return {name: _document(value[1:])}
    try:
        return {name: json_argument(value, name)}
    except ConfigError:
        return {name: value}


def _document(path: str) -> Any:
    """The value in a file of JSON or YAML; the octets of any other file."""
    if not path.endswith(_DOCUMENTS):
        return {"hex": read_file(path, MAX_IMAGE_OCTETS).hex()}
    from scenarios.yaml_tree import read_yaml

    # JSON is YAML, and a mistake in it has a line and a column all the same.
    return read_yaml(read_text(path), path).plain()

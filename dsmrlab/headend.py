"""`dsmrlab headend`: shipments, and operations on meters."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dsmrlab.edge import (
    LabGroup,
    Settings,
    complain,
    counted,
    json_argument,
    pass_settings,
    read_text,
)
from dsmrlab.trace import trace_option
from wire.errors import ConfigError

if TYPE_CHECKING:
    from dsmrlab.office import Reach

ENGINES = ("native", "gurux")
MECHANISMS = ("hls3", "hls4", "hls5")
# A VALUE may be negative, which must not look like an option.
_WITH_VALUE = {"ignore_unknown_options": True}


engine_option = click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default="native",
    show_default=True,
    help="The DLMS client.",
)
mechanism_option = click.option(
    "--mechanism",
    type=click.Choice(MECHANISMS),
    default="hls5",
    show_default=True,
    help="How the head-end proves itself; the meter's configuration says which ways it lets in.",
)


@click.group(cls=LabGroup)
def headend() -> None:
    """Read and write meters, send messages, guard a feeder.

    METER is any part of an equipment identifier that only one known meter has. OBJECT is an
    OBIS code (1-0:1.8.1), class and OBIS (3/1-0:1.8.1) or a table name (consumer_message).
    """


def reach_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options of `Reach`; the command gets one as `reach`."""

    @functools.wraps(command)
    def with_reach(
        *args: Any,
        engine: str,
        timeout: float,
        attempts: int,
        trace: Path | None,
        mechanism: str,
        **kwargs: Any,
    ) -> None:
        from dsmrlab.office import Reach

        reach = Reach(engine, timeout, attempts, trace, mechanism)
        command(*args, reach=reach, **kwargs)

    for option in (
        trace_option,
        click.option(
            "--attempts",
            type=click.IntRange(1, 100),
            default=2,
            show_default=True,
            help="How often a transport that fails is tried.",
        ),
        click.option(
            "--timeout",
            type=click.FloatRange(0.1, 3600),
            default=10.0,
            show_default=True,
            metavar="SECONDS",
            help="How long to wait for an answer of the meter.",
        ),
        mechanism_option,
        engine_option,
    ):
        with_reach = option(with_reach)
    return with_reach


@headend.command("import", example="headend import lab/shipment.json")
@click.argument("shipment", type=click.Path(path_type=Path))
@pass_settings
def import_(settings: Settings, shipment: Path) -> None:
    """Take over the meters of a shipment: addresses, and keys, encrypted at rest.

    Once more changes nothing; what is news about a known meter is taken over.
    """
    from dsmrlab.office import open_office
    from headend.shipment import import_shipment

    with open_office(settings) as office:
        with office.store.begin() as connection:
            done = import_shipment(connection, office.keys, shipment, now_s=time.time())
    for warning in done.warnings:
        complain(warning)
    text = f"{counted(done.count, 'meter')}: {done.added} new, {done.changed} changed"
    if done.devices:
        text += f"; {counted(done.devices, 'M-Bus device')} new"
    settings.show(
        {
            "meters": done.count,
            "added": done.added,
            "changed": done.changed,
            "devices": done.devices,
        },
        text,
    )


@headend.command("meters", example="headend meters")
@pass_settings
def list_meters(settings: Settings) -> None:
    """List the meters that were taken over."""
    from dsmrlab.office import open_office
    from headend.store import meters

    with open_office(settings) as office, office.store.read() as connection:
        known = meters.every(connection)
    document = [
        {
            "equipment_id": meter.equipment_id,
            "standard": meter.standard,
            "host": meter.host,
            "port": meter.port,
        }
        for meter in known
    ]
    lines = [
        f"{meter.equipment_id}  {meter.standard:<10}  {meter.host}:{meter.port}"
        for meter in known
    ]
    settings.show(document, "\n".join(lines) or "no meters")


@headend.command(example="headend get E0422 1-0:1.8.1")
@click.argument("meter")
@click.argument("object_", metavar="OBJECT[:ATTR]")
@click.option("--from", "begin", metavar="T", help="Of a profile: from this time on.")
@click.option("--to", "end", metavar="T", help="Of a profile: to this time, included.")
@reach_options
@pass_settings
def get(
    settings: Settings,
    meter: str,
    object_: str,
    begin: str | None,
    end: str | None,
    reach: Reach,
) -> None:
    """Read an attribute, the second one unless told otherwise.

    T is ISO 8601; without an offset it is Dutch civil time.
    """
    arguments = {"object": object_, "from": begin, "to": end}
    do(settings, meter, "get", arguments, reach)


@headend.command(
    "set",
    example='headend set E0422 consumer_message:2 \'{"hex": "48656c6c6f"}\'',
    context_settings=_WITH_VALUE,
)
@click.argument("meter")
@click.argument("object_", metavar="OBJECT:ATTR")
@click.argument("value")
@click.option("--type", "type_name", help="The COSEM type, if no table knows it.")
@reach_options
@pass_settings
def set_(
    settings: Settings,
    meter: str,
    object_: str,
    value: str,
    type_name: str | None,
    reach: Reach,
) -> None:
    """Write an attribute. VALUE is JSON; octets are {"hex": "..."}."""
    arguments = {
        "object": object_,
        "value": json_argument(value, "VALUE"),
        "type": type_name,
    }
    do(settings, meter, "set", arguments, reach)


@headend.command(
    example="headend action E0422 1-0:99.1.0:1 0",
    context_settings=_WITH_VALUE,
)
@click.argument("meter")
@click.argument("object_", metavar="OBJECT:METHOD")
@click.argument("value", required=False)
@click.option("--type", "type_name", help="The COSEM type, if no table knows it.")
@reach_options
@pass_settings
def action(
    settings: Settings,
    meter: str,
    object_: str,
    value: str | None,
    type_name: str | None,
    reach: Reach,
) -> None:
    """Call a method. VALUE is JSON, if the method wants one."""
    arguments = {"object": object_, "type": type_name}
    if value is not None:
        arguments["value"] = json_argument(value, "VALUE")
    do(settings, meter, "action", arguments, reach)


@headend.command(example="headend message E0422 --profile profile.json")
@click.argument("meter")
@click.option("--text", help="1 to 1024 printable ASCII characters.")
@click.option(
    "--profile", metavar="FILE", help="A charging profile as JSON, sent compact."
)
@click.option("--clear", is_flag=True, help="Remove the message that is there.")
@reach_options
@pass_settings
def message(
    settings: Settings,
    meter: str,
    text: str | None,
    profile: str | None,
    clear: bool,
    reach: Reach,
) -> None:
    """Send the long message, which the meter shows on P1."""
    if (text is not None) + (profile is not None) + clear != 1:
        raise ConfigError("say one of --text, --profile and --clear")
    arguments: dict[str, Any] = {"text": text}
    if clear:
        arguments = {"clear": True}
    elif profile is not None:
        arguments = {"profile": read_text(profile)}
    do(settings, meter, "message", arguments, reach, profile)


def do(
    settings: Settings,
    wanted: str,
    operation: str,
    arguments: Mapping[str, Any],
    reach: Reach,
    file: str | None = None,
) -> None:
    """One operation on one meter: does it, prints its result, raises when it failed.

    `file` is where its arguments came from, if they did.
    """
    from dsmrlab.office import JobFailed, check_done, job_document, open_office
    from headend import operations

    given = {name: value for name, value in arguments.items() if value is not None}
    if "value" in arguments:
        given["value"] = arguments["value"]
    with open_office(settings) as office:
        meter = office.meter(wanted)
        try:
            operations.prepare(operation, meter.standard, given)
        except ConfigError as error:
            raise ConfigError(error.why, file) from None
        job = office.do(meter, operation, given, reach)
    name = meter.equipment_id
    if settings.json:
        settings.show(job_document(job, name), "")
    check_done(job, name)
    if not settings.json:
        click.echo(result_text(job.result))
    for part in job.result.get("operations", []):
        if "error" in part:
            raise JobFailed(f"{name}: {part['operation']}: {part['error']}")


def result_text(result: Any) -> str:
    """The result of an operation as a person reads it."""
    if not isinstance(result, Mapping):
        return json.dumps(result)
    what = str(result.get("name") or result.get("object") or "")
    if "rows" in result:
        return "\n".join(_table(result))
    if "value" in result:
        shown = result.get("text") or result.get("time")
        return f"{what}: {shown or json.dumps(result['value'])}"
    if "returned" in result:
        returned = result["returned"]
        return f"{what}: done" + ("" if returned is None else f", {returned}")
    if "characters" in result:
        return f"{what}: {result['characters']} characters accepted"
    if what:
        return f"{what}: {result.get('result', json.dumps(result))}"
    return "\n".join(_line(name, each) for name, each in result.items())


def _line(name: str, value: Any) -> str:
    """A value with its name; of a list of objects each on a line, without what it lacks."""
    if not (isinstance(value, list) and value and isinstance(value[0], Mapping)):
        return f"{name}: {value if isinstance(value, str) else json.dumps(value)}"
    rows = [
        "  ".join(
            f"{part} {each}" for part, each in row.items() if each not in (None, "")
        )
        for row in value
    ]
    return "\n  ".join([f"{name}:", *rows])


def _table(result: Mapping[str, Any]) -> list[str]:
    """The rows of a profile, values in their column's scaler and unit."""
    from decimal import Decimal

    columns = result["columns"]
    heads = [
        f"{column.get('name') or column['object']} [{column.get('unit') or '-'}]"
        for column in columns
    ]
    lines = ["\t".join(["time", "status", *heads])]
    for row in result["rows"]:
        cells = [
            (
                f"{Decimal(value).scaleb(column.get('scaler') or 0):f}"
                if type(value) is int
                else json.dumps(value)
            )
            for value, column in zip(row["values"], columns)
        ]
        status = row.get("status")
        lines.append(
            "\t".join([str(row.get("time")), "" if status is None else str(status)])
            + "\t"
            + "\t".join(cells)
        )
    return lines

"""`dsmrlab headend mbus`: the M-Bus devices behind the meters."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dsmrlab.edge import LabGroup, Settings, pass_settings
from dsmrlab.headend import do, reach_options
from wire.errors import ConfigError

if TYPE_CHECKING:
    from dsmrlab.office import Reach

Result = TypeVar("Result")

READS = ("actual", "hourly", "daily", "monthly", "identity")
LIVES = (
    *("in_store", "ready", "in_use", "returned"),
    *("under_test", "defective", "destroyed"),
)
_CHANNEL = click.IntRange(1, 4)


def _which(command: Callable[..., Result]) -> Callable[..., Result]:
    """Says which device is meant, of the meter that is named before."""
    for option in (
        click.option("--channel", type=_CHANNEL, help="The channel that is meant."),
        click.option("--device", metavar="ID", help="The device that is meant."),
        click.argument("meter"),
    ):
        command = option(command)
    return command


@click.group(cls=LabGroup)
def mbus() -> None:
    """M-Bus devices: gas meters and others, bound, keyed and read by way of their E-meter."""


@mbus.command("devices", example="headend mbus devices")
@pass_settings
def list_devices(settings: Settings) -> None:
    """List the devices that were taken over, where each is, and its life."""
    from dsmrlab.office import open_office
    from headend.store import devices

    with open_office(settings) as office, office.store.read() as connection:
        known = devices.every(connection)
    document = [
        {
            "equipment_id": each.equipment_id,
            "identification": each.identification,
            "manufacturer": each.manufacturer,
            "version": f"{each.version:02X}",
            "device_type": each.short_id.device_type.name.lower(),
            "life": each.life.value,
            "meter": each.meter,
            "channel": each.channel,
        }
        for each in known
    ]
    lines = [
        f"{row['equipment_id']}  {row['device_type']:<12}  {row['life']:<10}"
        + (f"  {row['meter']}, channel {row['channel']}" if row["meter"] else "")
        for row in document
    ]
    settings.show(document, "\n".join(lines) or "no devices")


@mbus.command(example="headend mbus life G0017591208205814 under_test")
@click.argument("device")
@click.argument("state", type=click.Choice(LIVES))
@pass_settings
def life(settings: Settings, device: str, state: str) -> None:
    """Note where a device is in its life; binding and unbinding do so too."""
    from dsmrlab.office import open_office
    from headend.store import devices

    with open_office(settings) as office, office.store.begin() as connection:
        found = devices.find(connection, device)
        devices.change(connection, found, life=state)
    settings.show({"equipment_id": device, "life": state}, f"{device}: {state}")


@mbus.command(example="headend mbus scan E0422")
@click.argument("meter")
@reach_options
@pass_settings
def scan(settings: Settings, meter: str, reach: Reach) -> None:
    """Show what is on the four channels, and how its keys stand."""
    do(settings, meter, "mbus_scan", {}, reach)


@mbus.command(example="headend mbus install E0422")
@click.argument("meter")
@click.option("--channel", type=_CHANNEL, help="The first free one otherwise.")
@reach_options
@pass_settings
def install(settings: Settings, meter: str, channel: int | None, reach: Reach) -> None:
    """Let a meter look once for new devices on its wire."""
    do(settings, meter, "mbus_install", {"channel": channel}, reach)


@mbus.command(example="headend mbus couple E0422 G0017591208205814")
@click.argument("meter")
@click.argument("device")
@click.option(
    "--channel", type=_CHANNEL, help="Where the device is, or the first free."
)
@click.option(
    "--primary-address",
    type=click.IntRange(1, 250),
    help="Of a wired device that has one.",
)
@click.option("--force", is_flag=True, help="Take the channel from another device.")
@reach_options
@pass_settings
def couple(
    settings: Settings,
    meter: str,
    device: str,
    channel: int | None,
    primary_address: int | None,
    force: bool,
    reach: Reach,
) -> None:
    """Bind a device to a channel of a meter."""
    arguments: dict[str, Any] = {
        "device": device,
        "channel": channel,
        "primary_address": primary_address,
        "force": force or None,
    }
    do(settings, meter, "mbus_couple", arguments, reach)


@mbus.command(example="headend mbus decouple E0422 --channel 1")
@_which
@click.option(
    "--administrative", is_flag=True, help="Only forget where it is; ask no meter."
)
@reach_options
@pass_settings
def decouple(
    settings: Settings,
    meter: str,
    device: str | None,
    channel: int | None,
    administrative: bool,
    reach: Reach,
) -> None:
    """Take a device off its channel."""
    if administrative:
        _forget(settings, meter, device, channel)
    else:
        arguments = {"device": device, "channel": channel}
        do(settings, meter, "mbus_decouple", arguments, reach)


def _forget(
    settings: Settings, meter: str, device: str | None, channel: int | None
) -> None:
    """Takes a device off its channel in the books alone."""
    from dsmrlab.office import open_office
    from headend.store import devices

    if (device is None) == (channel is None):
        raise ConfigError("say --device or --channel, one of them")
    with open_office(settings) as office:
        known = office.meter(meter)
        with office.store.begin() as connection:
            found = (
                devices.find(connection, device)
                if device is not None
                else devices.on_channel(connection, known.id, channel or 0)
            )
            if found is None or found.meter_id != known.id:
                raise ConfigError(f"no such device is bound to {known.equipment_id}")
            devices.unbind(connection, found, time.time())
    settings.show(
        {"meter": known.equipment_id, "device": found.equipment_id},
        f"{found.equipment_id}: on no channel of {known.equipment_id} any more",
    )


@mbus.command(example="headend mbus read E0422 hourly --channel 1 --from 2024-01-09")
@click.argument("meter")
@click.argument("what", type=click.Choice(READS))
@click.option("--device", metavar="ID", help="The device that is meant.")
@click.option("--channel", type=_CHANNEL, help="The channel that is meant.")
@click.option("--from", "begin", metavar="T", help="Of a profile: from this time on.")
@click.option("--to", "end", metavar="T", help="Of a profile: to this time, included.")
@reach_options
@pass_settings
def read(
    settings: Settings,
    meter: str,
    what: str,
    device: str | None,
    channel: int | None,
    begin: str | None,
    end: str | None,
    reach: Reach,
) -> None:
    """Read what a device measured, as its meter keeps it; readings are stored.

    T is ISO 8601; without an offset it is Dutch civil time.
    """
    arguments = {"device": device, "channel": channel, "from": begin, "to": end}
    do(settings, meter, f"mbus_{what}", arguments, reach)


@mbus.command("set-key", example="headend mbus set-key E0422 --channel 1")
@_which
@click.option(
    "--kind",
    type=click.Choice(("user", "firmware", "p0")),
    default="user",
    show_default=True,
    help="Those but the user key are of SMR 5.",
)
@reach_options
@pass_settings
def set_key(
    settings: Settings,
    meter: str,
    device: str | None,
    channel: int | None,
    kind: str,
    reach: Reach,
) -> None:
    """Give a device a new key, stored before it is sent. None is ever printed."""
    arguments = {"device": device, "channel": channel, "kind": kind}
    do(settings, meter, "mbus_set_key", arguments, reach)


def _asking(name: str, operation: str, help_text: str) -> None:
    """A command that wants to know no more than which device is meant."""

    @mbus.command(
        name, example=f"headend mbus {name} E0422 --channel 1", help=help_text
    )
    @_which
    @reach_options
    @pass_settings
    def ask(
        settings: Settings,
        meter: str,
        device: str | None,
        channel: int | None,
        reach: Reach,
    ) -> None:
        arguments = {"device": device, "channel": channel}
        do(settings, meter, operation, arguments, reach)


for _name, _operation, _help in (
    ("key-status", "mbus_key_status", "Show how far a device's user key has come."),
    ("valve", "mbus_valve", "Show where a device's valve is (DSMR 4.0.6)."),
    ("disconnect", "mbus_disconnect", "Close a device's valve."),
    ("connect", "mbus_connect", "Release a device's valve."),
    ("capture", "mbus_capture", "Read a device now, if it can be."),
    ("clear-status", "mbus_clear_status", "Clear the errors of a device (SMR 5.1)."),
    ("synchronize-clock", "mbus_synchronize_clock", "Set the clock of a device."),
):
    _asking(_name, _operation, _help)

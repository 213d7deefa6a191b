"""`dsmrlab chargepoint`: the simulated control unit, and the gateway from P1 to it."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dsmrlab.edge import LabGroup, Settings, pass_settings
from dsmrlab.loop import Teller, serve_on_reactor
from dsmrlab.registers import registers

if TYPE_CHECKING:
    from chargepoint.notices import Notice
    from wire.addresses import Address

MODBUS_PORT = 5020


@click.group(cls=LabGroup)
def chargepoint() -> None:
    """Run a charge point's control unit and its gateway."""


@chargepoint.command(example="chargepoint unit --listen tcp://127.0.0.1:5020")
@click.option(
    "--listen",
    default=f"tcp://127.0.0.1:{MODBUS_PORT}",
    show_default=True,
    metavar="tcp://H:P|rtu:PATH",
    help="Where Modbus is served. A PATH that is no device becomes one.",
)
@click.option(
    "--state",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="What it keeps over a restart; in the home folder unless told otherwise.",
)
@click.option("--serial", default="DSMRLAB-UNIT", show_default=True)
@click.option("--phases", type=click.Choice(["1", "3"]), default="3", show_default=True)
@click.option(
    "--max-a",
    type=click.IntRange(6, 250),
    default=32,
    show_default=True,
    help="What the hardware can do per phase.",
)
@click.option(
    "--own-limit-w",
    type=click.IntRange(0, 172_500),
    help="Its own configuration; the hardware's maximum unless told otherwise.",
)
@click.option(
    "--car-wh", type=click.IntRange(1, 1_000_000), help="Plug a car in that wants this."
)
@click.option(
    "--car-phases", type=click.Choice(["1", "3"]), default="3", show_default=True
)
@click.option(
    "--car-max-w", type=click.IntRange(1, 172_500), default=11_000, show_default=True
)
@pass_settings
def unit(
    settings: Settings,
    listen: str,
    state: Path | None,
    serial: str,
    phases: str,
    max_a: int,
    own_limit_w: int | None,
    car_wh: int | None,
    car_phases: str,
    car_max_w: int,
) -> None:
    """Serve a simulated control unit over Modbus, until SIGTERM or Ctrl-C.

    With --json the first line is {"event": "ready", "listen": "tcp://H:P"}.
    """
    from chargepoint.serve import SimulatedCar, UnitSettings, run_unit
    from wire.addresses import RtuAddress, TcpAddress, parse_address
    from wire.errors import ConfigError

    if not serial.isascii() or not serial.isprintable() or len(serial) > 16:
        raise ConfigError("a serial number is at most 16 printable ASCII characters")
    address = parse_address(listen, (TcpAddress, RtuAddress), MODBUS_PORT)
    car = None
    if car_wh is not None:
        car = SimulatedCar(car_wh, phases=int(car_phases), max_w=car_max_w)
    built = UnitSettings(serial, int(phases), max_a * 10, own_limit_w, car)
    kept = state or settings.home / f"unit-{_file_name(listen)}.json"

    async def work(loop: Any, tell: Teller) -> None:
        def ready(bound: Address) -> None:
            tell(
                {"event": "ready", "listen": str(bound)},
                f"control unit {serial} ready on {bound}",
            )

        await run_unit(loop, address, kept, built, ready)

    serve_on_reactor(settings, work)


@chargepoint.command(
    example="chargepoint gateway --p1 tcp://127.0.0.1:14059"
    " --modbus tcp://127.0.0.1:5020"
)
@click.option(
    "--p1",
    required=True,
    metavar="tcp://H:P|serial:PATH",
    help="Where the meter's P1 port is.",
)
@click.option(
    "--modbus",
    required=True,
    metavar="tcp://H:P|rtu:PATH",
    help="Where the control unit is.",
)
@click.option(
    "--journal",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="What it keeps over a restart; in the home folder unless told otherwise.",
)
@click.option(
    "--max-w",
    type=click.IntRange(1, 1_000_000),
    default=22_080,
    show_default=True,
    help="The station's maximum; a profile that asks for more, or for more than the unit says"
    " it can do, is rejected.",
)
@click.option(
    "--tolerant",
    is_flag=True,
    help="Mend the two faults of the proof of concept's printed example.",
)
@pass_settings
def gateway(
    settings: Settings,
    p1: str,
    modbus: str,
    journal: Path | None,
    max_w: int,
    tolerant: bool,
) -> None:
    """Carry the long message from P1 to a control unit, until SIGTERM or Ctrl-C.

    A line for each thing that happens: messages, commits, alarms.
    """
    from chargepoint.edge import Gateway
    from chargepoint.journal import FileJournal
    from wire.addresses import RtuAddress, SerialAddress, TcpAddress, parse_address

    meter = parse_address(p1, (TcpAddress, SerialAddress))
    unit_at = parse_address(modbus, (TcpAddress, RtuAddress), MODBUS_PORT)
    kept = journal or settings.home / f"gateway-{_file_name(modbus)}.json"

    async def work(loop: Any, tell: Teller) -> None:
        from twisted.internet.defer import Deferred

        from chargepoint.modbus import Framing
        from chargepoint.modbus_client import ModbusClient

        framing = Framing.RTU if isinstance(unit_at, RtuAddress) else Framing.TCP
        client = ModbusClient(_endpoint(loop, unit_at), loop, framing=framing)
        running = Gateway(
            p1=_endpoint(loop, meter),
            unit=client,
            clock=loop,
            journal=FileJournal(kept),
            hardware_max_w=max_w,
            tolerant=tolerant,
            monotonic=time.monotonic,
            on_notice=lambda notice: tell(*_told(notice)),
        )

        def stop() -> Any:
            over = running.stop()
            client.close()
            return over

        loop.addSystemEventTrigger("before", "shutdown", stop)
        tell(
            {"event": "started", "p1": p1, "modbus": modbus, "journal": str(kept)},
            f"gateway from {p1} to {modbus}; its journal is {kept}",
        )
        running.start()
        until_stopped: Deferred[None] = Deferred()
        await until_stopped

    serve_on_reactor(settings, work)


chargepoint.add_command(registers)


def _endpoint(loop: Any, address: Address) -> Any:
    """What connects to an address."""
    from twisted.internet.endpoints import HostnameEndpoint

    from chargepoint.serial_line import SerialEndpoint
    from wire.addresses import TcpAddress

    if isinstance(address, TcpAddress):
        return HostnameEndpoint(loop, address.host, address.port, timeout=10)
    return SerialEndpoint(loop, address.path)


def _told(notice: Notice) -> tuple[dict[str, Any], str]:
    """A notice as JSON and as a line; its instant is the gateway's own clock's, now."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    document: dict[str, Any] = {"event": notice.event.value, "time": now}
    words = [now, notice.event.value]
    if notice.alarm is not None:
        document["alarm"] = notice.alarm.value
        words.append(notice.alarm.value)
    if notice.code:
        document["code"] = notice.code.name
        words.append(notice.code.name)
    if notice.detail:
        document["detail"] = notice.detail
        words.append(notice.detail)
    return document, "  ".join(words)


def _file_name(address: str) -> str:
    """An address as part of a file's name."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", address).strip("-.")[-80:]

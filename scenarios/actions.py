"""What each step does to the world: one row for each kind of step but `expect`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, Final

from scenarios.commands import AtMeter, AtStation, Read, SendMessage, Write
from scenarios.steps import PlugCar, PowerCycle, SetLoad
from scenarios.world_protocol import Car, Outcome, World
from wire.instants import SUMMER, WINTER, local


@dataclass(slots=True)
class Stage:
    """A world being played on, and what the play remembers of it.

    `sent` is the last text that each meter accepted. `wait` lets time pass; it is the
    runner's, which reports progress meanwhile.
    """

    world: World
    wait: Callable[[datetime], Awaitable[None]]
    sent: dict[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """How a step ended."""

    passed: bool = True
    result: str = "done"
    detail: str = ""
    value: object = None


def print_text(text: bytes | None) -> str:
    """A message for a person: whole when short, else its beginning and its length."""
    if text is None:
        return "no message"
    shown = ascii(text[:40].decode("latin-1"))
    return shown if len(text) <= 40 else f"{len(text)} characters, {shown}…"


def next_time_of_day(now: datetime, wanted: time) -> datetime:
    """The first instant after `now` at which Dutch clocks show that time."""
    today = local(now).date()
    found = [
        instant
        for days in range(4)
        for zone in (SUMMER, WINTER)
        for naive in [datetime.combine(today + timedelta(days=days), wanted)]
        for instant in [naive.replace(tzinfo=zone)]
        if instant > now and local(instant).replace(tzinfo=None) == naive
    ]
    return min(found)


async def _note(stage: Stage, text: str) -> Seen:
    return Seen(result=text)


async def _run_for(stage: Stage, duration: timedelta) -> Seen:
    await stage.wait(stage.world.now + duration)
    return Seen()


async def _run_until(stage: Stage, until: datetime | time | None) -> Seen:
    world = stage.world
    if isinstance(until, time):
        until = next_time_of_day(world.now, until)
    until = until or world.end
    if until < world.now:
        return Seen(False, "that instant lies behind")
    await stage.wait(until)
    return Seen()


async def send(stage: Stage, message: SendMessage) -> Outcome:
    """Sends a message and remembers it when the meter took it."""
    octets = message.octets(stage.world.now)
    outcome = await stage.world.send_message(message.meter, octets, check=message.check)
    if outcome.accepted:
        stage.sent[message.meter] = octets
    return outcome


def _seen(outcome: Outcome) -> Seen:
    result = outcome.result
    if outcome.refused_by is not None:
        result = f"refused by the {outcome.refused_by.value}: {result}"
    return Seen(outcome.accepted, result, outcome.detail, outcome.value)


async def _send_message(stage: Stage, message: SendMessage) -> Seen:
    return _seen(await send(stage, message))


async def _read(stage: Stage, body: Read) -> Seen:
    return _seen(await stage.world.read(body.meter, body.object))


async def _write(stage: Stage, body: Write) -> Seen:
    return _seen(await stage.world.write(body.meter, body.object, body.value))


async def _power_cycle(stage: Stage, body: PowerCycle) -> Seen:
    stage.world.power_off(body.meter)
    await stage.wait(stage.world.now + body.off_for)
    stage.world.power_on(body.meter)
    return Seen()


async def _power_off(stage: Stage, body: AtMeter) -> Seen:
    stage.world.power_off(body.meter)
    return Seen()


async def _power_on(stage: Stage, body: AtMeter) -> Seen:
    stage.world.power_on(body.meter)
    return Seen()


async def _unplug_p1(stage: Stage, body: AtMeter) -> Seen:
    stage.world.unplug_p1(body.meter)
    return Seen()


async def _plug_p1(stage: Stage, body: AtMeter) -> Seen:
    stage.world.plug_p1(body.meter)
    return Seen()


async def _restart_gateway(stage: Stage, body: AtStation) -> Seen:
    stage.world.restart_gateway(body.station)
    return Seen()


async def _restart_unit(stage: Stage, body: AtStation) -> Seen:
    stage.world.restart_unit(body.station)
    return Seen()


async def _set_load(stage: Stage, body: SetLoad) -> Seen:
    l1, l2, l3 = body.power_w
    voltage = None
    if body.voltage_v is not None:
        u1, u2, u3 = (round(volts * 10) for volts in body.voltage_v)
        voltage = (u1, u2, u3)
    stage.world.set_load(body.meter, (l1, l2, l3), voltage)
    return Seen()


async def _plug_car(stage: Stage, body: PlugCar) -> Seen:
    energy_wh = round(body.energy_kwh * 1000)
    stage.world.plug_car(
        body.station, Car(energy_wh, body.max_w, body.phases, body.phase)
    )
    return Seen()


async def _unplug_car(stage: Stage, body: AtStation) -> Seen:
    stage.world.unplug_car(body.station)
    return Seen()


ACTIONS: Final[dict[str, Callable[[Stage, Any], Awaitable[Seen]]]] = {
    "note": _note,
    "run_for": _run_for,
    "run_until": _run_until,
    "send_message": _send_message,
    "read": _read,
    "write": _write,
    "power_cycle": _power_cycle,
    "power_off": _power_off,
    "power_on": _power_on,
    "unplug_p1": _unplug_p1,
    "plug_p1": _plug_p1,
    "restart_gateway": _restart_gateway,
    "restart_unit": _restart_unit,
    "set_load": _set_load,
    "plug_car": _plug_car,
    "unplug_car": _unplug_car,
}

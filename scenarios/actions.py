"""What each step does to the world: one row for each kind of step but `expect`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, time, timedelta
from typing import Any, Final

from headend.dlms.credentials import MECHANISMS
from scenarios.commands import (
    Act,
    AtMeter,
    AtStation,
    Operate,
    Read,
    SendMessage,
    UseCounter,
    Write,
)
from scenarios.device_actions import DEVICE_ACTIONS
from scenarios.scene import Scene, Seen
from scenarios.steps import Inject, PlugCar, PowerCycle, PressButton, SetLoad, WakeUp
from scenarios.world_protocol import Car, Outcome, Refuser
from wire.instants import SUMMER, WINTER, local


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


async def _note(scene: Scene, text: str) -> Seen:
    return Seen(result=text)


async def _run_for(scene: Scene, duration: timedelta) -> Seen:
    await scene.wait(scene.world.now + duration)
    return Seen()


async def _run_until(scene: Scene, until: datetime | time | None) -> Seen:
    world = scene.world
    if isinstance(until, time):
        until = next_time_of_day(world.now, until)
    until = until or world.end
    if until < world.now:
        return Seen(False, "that instant lies behind")
    await scene.wait(until)
    return Seen()


async def send(scene: Scene, message: SendMessage) -> Outcome:
    """Sends a message and remembers it when the meter took it."""
    octets = message.octets(scene.world.now)
    outcome = await scene.world.send_message(message.meter, octets, check=message.check)
    if outcome.accepted:
        scene.sent[message.meter] = octets
    return outcome


def _seen(outcome: Outcome) -> Seen:
    result = outcome.result
    if outcome.refused_by is not None:
        result = f"refused by the {outcome.refused_by.value}: {result}"
    return Seen(outcome.accepted, result, outcome.detail, outcome.value)


async def _send_message(scene: Scene, message: SendMessage) -> Seen:
    return _seen(await send(scene, message))


async def _read(scene: Scene, body: Read) -> Seen:
    return _seen(await scene.world.read(body.meter, body.object))


async def _write(scene: Scene, body: Write) -> Seen:
    return _seen(await scene.world.write(body.meter, body.object, body.value))


async def _act(scene: Scene, body: Act) -> Seen:
    return _seen(await scene.world.act(body.meter, body.object, body.value))


async def _operate(scene: Scene, body: Operate) -> Seen:
    outcome = await scene.world.operate(body.meter, body.operation, body.arguments)
    return _seen(outcome)


async def _power_cycle(scene: Scene, body: PowerCycle) -> Seen:
    scene.world.power_off(body.meter)
    await scene.wait(scene.world.now + body.off_for)
    scene.world.power_on(body.meter)
    return Seen()


async def _power_off(scene: Scene, body: AtMeter) -> Seen:
    scene.world.power_off(body.meter)
    return Seen()


async def _power_on(scene: Scene, body: AtMeter) -> Seen:
    scene.world.power_on(body.meter)
    return Seen()


async def _press_button(scene: Scene, body: PressButton) -> Seen:
    moved = scene.world.press_button(body.meter, body.to == "close")
    return Seen(result="done" if moved else "nothing moved")


async def _unplug_p1(scene: Scene, body: AtMeter) -> Seen:
    scene.world.unplug_p1(body.meter)
    return Seen()


async def _plug_p1(scene: Scene, body: AtMeter) -> Seen:
    scene.world.plug_p1(body.meter)
    return Seen()


async def _restart_gateway(scene: Scene, body: AtStation) -> Seen:
    scene.world.restart_gateway(body.station)
    return Seen()


async def _restart_unit(scene: Scene, body: AtStation) -> Seen:
    scene.world.restart_unit(body.station)
    return Seen()


async def _set_load(scene: Scene, body: SetLoad) -> Seen:
    l1, l2, l3 = body.power_w
    voltage = reactive = None
    if body.voltage_v is not None:
        u1, u2, u3 = (round(volts * 10) for volts in body.voltage_v)
        voltage = (u1, u2, u3)
    if body.reactive_var is not None:
        q1, q2, q3 = body.reactive_var
        reactive = (q1, q2, q3)
    scene.world.set_load(body.meter, (l1, l2, l3), voltage, reactive)
    return Seen()


async def _inject(scene: Scene, body: Inject) -> Seen:
    scene.world.inject(body.meter, body.injection())
    return Seen(result=body.what.value)


async def _try_wrong_key(scene: Scene, body: AtMeter) -> Seen:
    outcome = await scene.world.try_wrong_key(body.meter)
    return Seen(outcome.refused_by is Refuser.METER, outcome.result, outcome.detail)


async def _use_counter(scene: Scene, body: UseCounter) -> Seen:
    return _seen(await scene.world.use_counter(body.meter, body.counter))


async def _authenticate_by(scene: Scene, name: str) -> Seen:
    scene.world.authenticate_by(MECHANISMS[name])
    return Seen(result=name)


async def _wake_up(scene: Scene, body: WakeUp) -> Seen:
    heeded = scene.world.wake_up(body.meter, body.by, body.number)
    return Seen(result="heeded" if heeded else "ignored")


async def _plug_car(scene: Scene, body: PlugCar) -> Seen:
    energy_wh = round(body.energy_kwh * 1000)
    scene.world.plug_car(
        body.station, Car(energy_wh, body.max_w, body.phases, body.phase)
    )
    return Seen()


async def _unplug_car(scene: Scene, body: AtStation) -> Seen:
    scene.world.unplug_car(body.station)
    return Seen()


ACTIONS: Final[dict[str, Callable[[Scene, Any], Awaitable[Seen]]]] = {
    "note": _note,
    "run_for": _run_for,
    "run_until": _run_until,
    "send_message": _send_message,
    "read": _read,
    "write": _write,
    "act": _act,
    "operate": _operate,
    "power_cycle": _power_cycle,
    "power_off": _power_off,
    "power_on": _power_on,
    "press_button": _press_button,
    "unplug_p1": _unplug_p1,
    "plug_p1": _plug_p1,
    "restart_gateway": _restart_gateway,
    "restart_unit": _restart_unit,
    "set_load": _set_load,
    "inject": _inject,
    "wake_up": _wake_up,
    "try_wrong_key": _try_wrong_key,
    "use_counter": _use_counter,
    "authenticate_by": _authenticate_by,
    "plug_car": _plug_car,
    "unplug_car": _unplug_car,
    **DEVICE_ACTIONS,
}

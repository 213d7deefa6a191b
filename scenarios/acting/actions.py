"""What each step does to the world: one row for each kind of step but `expect`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, time, timedelta
from typing import Any, Final

from headend.dlms.credentials import MECHANISMS
from scenarios.acting.asking import COMMANDS, ask
from scenarios.acting.commands import AtMeter, AtStation
from scenarios.acting.device_actions import DEVICE_ACTIONS
from scenarios.acting.feeder_faults import DisturbFeeder
from scenarios.acting.job_actions import remove_schedule
from scenarios.acting.steps import (
    Inject,
    PlugCar,
    PowerCycle,
    PressButton,
    SetLoad,
    WakeUp,
)
from scenarios.acting.trouble_actions import TROUBLE_ACTIONS
from scenarios.acting.unit_actions import UNIT_ACTIONS
from scenarios.expecting.books import BOOK_ACTIONS
from scenarios.language.values import Model
from scenarios.playing.scene import Scene, Seen
from scenarios.playing.world_protocol import Car, Outcome, Refuser, Site
from wire.instants import SUMMER, WINTER, local


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


def _seen(outcome: Outcome) -> Seen:
    result = outcome.result
    if outcome.refused_by is not None:
        result = f"refused by the {outcome.refused_by.value}: {result}"
    return Seen(outcome.accepted, result, outcome.detail, outcome.value)


def _command(kind: str) -> Callable[[Scene, Any], Awaitable[Seen]]:
    async def put(scene: Scene, body: Model) -> Seen:
        return _seen(await ask(scene, kind, body))

    return put


async def _power_cycle(scene: Scene, body: PowerCycle) -> Seen:
    scene.world.site(body.meter).power_off()
    await scene.wait(scene.world.now + body.off_for)
    scene.world.site(body.meter).power_on()
    return Seen()


def _at_meter(act: Callable[[Site], None]) -> Callable[[Scene, Any], Awaitable[Seen]]:
    """What is done there and answers nothing."""

    async def do(scene: Scene, body: AtMeter) -> Seen:
        act(scene.world.site(body.meter))
        return Seen()

    return do


def _at_station(act: Callable[[Site], None]) -> Callable[[Scene, Any], Awaitable[Seen]]:
    """The same at a station."""

    async def do(scene: Scene, body: AtStation) -> Seen:
        act(scene.world.site(body.station))
        return Seen()

    return do


async def _press_button(scene: Scene, body: PressButton) -> Seen:
    moved = scene.world.site(body.meter).press_button(body.to == "close")
    return Seen(result="done" if moved else "nothing moved")


async def _restart_gateway(scene: Scene, body: AtStation) -> Seen:
    await scene.world.site(body.station).restart_gateway()
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
    scene.world.site(body.meter).set_load((l1, l2, l3), voltage, reactive)
    return Seen()


async def _inject(scene: Scene, body: Inject) -> Seen:
    scene.world.site(body.meter).inject(body.injection())
    return Seen(result=body.what.value)


async def _try_wrong_key(scene: Scene, body: AtMeter) -> Seen:
    outcome = await scene.world.site(body.meter).try_wrong_key()
    return Seen(outcome.refused_by is Refuser.METER, outcome.result, outcome.detail)


async def _authenticate_by(scene: Scene, name: str) -> Seen:
    scene.world.head_end.authenticate_by(MECHANISMS[name])
    return Seen(result=name)


async def _wake_up(scene: Scene, body: WakeUp) -> Seen:
    heeded = scene.world.site(body.meter).wake_up(body.by, body.number)
    return Seen(result="heeded" if heeded else "ignored")


async def _plug_car(scene: Scene, body: PlugCar) -> Seen:
    energy_wh = round(body.energy_kwh * 1000)
    car = Car(energy_wh, body.max_w, body.phases, body.phase)
    scene.world.site(body.station).plug_car(car)
    return Seen()


async def _disturb_feeder(scene: Scene, body: DisturbFeeder) -> Seen:
    scene.world.box.disturb(body.disturbance())
    return Seen(result=body.fault.value if body.fault else "nothing is wrong")


ACTIONS: Final[dict[str, Callable[[Scene, Any], Awaitable[Seen]]]] = {
    "note": _note,
    "run_for": _run_for,
    "run_until": _run_until,
    **{kind: _command(kind) for kind in COMMANDS},
    "remove_schedule": remove_schedule,
    "power_cycle": _power_cycle,
    "power_off": _at_meter(lambda site: site.power_off()),
    "power_on": _at_meter(lambda site: site.power_on()),
    "press_button": _press_button,
    "unplug_p1": _at_meter(lambda site: site.unplug_p1()),
    "plug_p1": _at_meter(lambda site: site.plug_p1()),
    "restart_gateway": _restart_gateway,
    "restart_unit": _at_station(lambda site: site.restart_unit()),
    "set_load": _set_load,
    "inject": _inject,
    "wake_up": _wake_up,
    "try_wrong_key": _try_wrong_key,
    "authenticate_by": _authenticate_by,
    "plug_car": _plug_car,
    "unplug_car": _at_station(lambda site: site.unplug_car()),
    "disturb_feeder": _disturb_feeder,
    **DEVICE_ACTIONS,
    **UNIT_ACTIONS,
    **BOOK_ACTIONS,
    **TROUBLE_ACTIONS,
}

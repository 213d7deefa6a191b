"""What each step with an M-Bus device does to the world."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from meters.p2.device import Device
from scenarios.acting.devices import (
    AtDevice,
    AttachDevice,
    DisturbDevice,
    InjectDevice,
    MoveValve,
    PressDevice,
    PressDisplay,
    SetFlow,
)
from scenarios.playing.scene import Scene, Seen
from wire.mbus.values import ValveState

_INJECTIONS: Final[dict[str, Callable[[Device], None]]] = {
    "seal_broken": Device.break_seal,
    "fraud": Device.tamper,
    "battery_low": Device.battery_low,
    "battery_empty": lambda device: device.drain_battery(0),
    "battery_replaced": Device.replace_battery,
    "permanent_error": lambda device: device.fail(permanent=True),
    "temporary_error": lambda device: device.fail(permanent=False),
}


async def _attach(scene: Scene, body: AttachDevice) -> Seen:
    scene.world.devices.attach(body.device, body.meter)
    return Seen(result=f"hangs on meter {body.meter}")


async def _detach(scene: Scene, body: AtDevice) -> Seen:
    scene.world.devices.detach(body.device)
    return Seen()


async def _press(scene: Scene, body: PressDevice) -> Seen:
    held_s = int(body.held.total_seconds())
    scene.world.devices.handle(body.device, lambda device: device.press_button(held_s))
    return Seen(result=scene.world.devices.look(body.device).shown or "nothing shown")


async def _set_flow(scene: Scene, body: SetFlow) -> Seen:
    scene.world.devices.set_flow(body.device, body.rate)
    if body.temperature_c is not None:
        temperature_ck = round((body.temperature_c + 273.15) * 100)
        scene.world.devices.handle(
            body.device, lambda device: device.set_gas_temperature(temperature_ck)
        )
    return Seen()


async def _inject(scene: Scene, body: InjectDevice) -> Seen:
    ahead_s = body.seconds
    if ahead_s is not None:
        scene.world.devices.handle(
            body.device, lambda device: device.set_clock_error(ahead_s)
        )
    else:
        scene.world.devices.handle(body.device, _INJECTIONS[body.what])
    return Seen(result=body.what)


async def _move_valve(scene: Scene, body: MoveValve) -> Seen:
    to = ValveState[body.to.upper()]
    scene.world.devices.handle(body.device, lambda device: device.move_valve(to))
    return Seen()


async def _disturb(scene: Scene, body: DisturbDevice) -> Seen:
    scene.world.devices.disturb(body.device, body.faults())
    return Seen()


async def _press_display(scene: Scene, body: PressDisplay) -> Seen:
    held_s = int(body.held.total_seconds())
    channel = scene.world.site(body.meter).press_display(held_s)
    return Seen(result=f"channel {channel}" if channel else "done")


DEVICE_ACTIONS: Final[dict[str, Callable[[Scene, Any], Awaitable[Seen]]]] = {
    "attach_device": _attach,
    "detach_device": _detach,
    "press_device": _press,
    "set_flow": _set_flow,
    "inject_device": _inject,
    "move_valve": _move_valve,
    "disturb_device": _disturb,
    "press_display": _press_display,
}

"""What each step that makes trouble does to the world."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from scenarios.acting.troubles import (
    AtProcess,
    AtWire,
    DisturbWire,
    Kill,
    Restart,
    StepClock,
)
from scenarios.playing.scene import Scene, Seen


async def _disturb_wire(scene: Scene, body: DisturbWire) -> Seen:
    lasts_s = None if body.lasts is None else body.lasts.total_seconds()
    faults = body.faults()
    scene.world.cables.disturb(body.wire, body.station, faults, lasts_s)
    return Seen(result="sound" if faults is None else "disturbed")


async def _reset_wire(scene: Scene, body: AtWire) -> Seen:
    scene.world.cables.reset(body.wire, body.station)
    return Seen()


async def _kill(scene: Scene, body: Kill) -> Seen:
    after_s = 0.0 if body.after is None else body.after.total_seconds()
    scene.world.processes.kill(body.process, body.station, after_s)
    return Seen()


async def _start(scene: Scene, body: AtProcess) -> Seen:
    await scene.world.processes.start(body.process, body.station)
    return Seen()


async def _restart(scene: Scene, body: Restart) -> Seen:
    scene.world.processes.kill(body.process, body.station, 0.0)
    await scene.wait(scene.world.now + body.off_for)
    await scene.world.processes.start(body.process, body.station)
    return Seen()


async def _step_clock(scene: Scene, body: StepClock) -> Seen:
    by_s = body.by.total_seconds()
    scene.world.processes.step_clock(body.process, body.station, by_s)
    return Seen()


TROUBLE_ACTIONS: Final[dict[str, Callable[[Scene, Any], Awaitable[Seen]]]] = {
    "disturb_wire": _disturb_wire,
    "reset_wire": _reset_wire,
    "kill": _kill,
    "start": _start,
    "restart": _restart,
    "step_clock": _step_clock,
}

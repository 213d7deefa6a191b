"""How each kind of expectation looks at the world; one row for each kind but `kpi`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from scenarios.acting.asking import ask
from scenarios.acting.commands import print_text
from scenarios.acting.job_actions import count_jobs, look_at_job
from scenarios.expecting.answers import Answered
from scenarios.expecting.books import count_keys, see_book
from scenarios.expecting.bounds import Bounds, part_of, shown
from scenarios.expecting.device_sights import (
    ITEMS,
    DeviceValue,
    DisplayText,
    P1Line,
    Stored,
    printed,
)
from scenarios.expecting.expectations import (
    Answer,
    Expectation,
    LogRows,
    ObjectValue,
    P1Text,
    Pushed,
    Refused,
    RegisterValue,
)
from scenarios.expecting.recorded import AsRecorded, first_difference
from scenarios.expecting.run_sights import EventSeen, delay
from scenarios.expecting.sights import SIGHTS
from scenarios.playing.scene import Look, Scene
from wire.errors import SimError


async def look(scene: Scene, expectation: Expectation) -> Look:
    """One look; a wire that fails just now is something seen, not an error."""
    try:
        return await EYES[expectation.kind](scene, expectation.body)
    except SimError as error:
        return Look(False, str(error))


async def _p1_text(scene: Scene, body: P1Text) -> Look:
    telegram = scene.world.site(body.meter).telegram()
    text = None if telegram is None else telegram.text_message
    expected = body.text_of(scene.sent.get(body.meter))
    if body.sent and expected is None:
        return Look(False, f"nothing was sent to meter {body.meter} in this run")
    return Look(text == expected, print_text(text), print_text(expected))


async def _p1_line(scene: Scene, body: P1Line) -> Look:
    telegram = scene.world.site(body.meter).telegram()
    value = printed(telegram, body.line)
    nothing = "no telegram" if telegram is None else "no such line"
    return Look(body.hold(value), nothing if value is None else shown(value))


async def _device(scene: Scene, body: DeviceValue) -> Look:
    value = ITEMS[body.item](scene.world.devices.look(body.device))
    return Look(body.hold(value), shown(value))


async def _meter_display(scene: Scene, body: DisplayText) -> Look:
    digits = scene.world.site(body.meter).meter_display()
    return Look(digits == body.equals, repr(digits))


async def _stored(scene: Scene, body: Stored) -> Look:
    values = scene.world.head_end.stored(body.meter, body.group)
    newest = f", the newest {values[-1]:g}" if values else ""
    return Look(body.hold(values), f"{len(values)}{newest}")


async def _object(scene: Scene, body: ObjectValue) -> Look:
    outcome = await scene.world.head_end.read(body.meter, body.object)
    if not outcome.accepted:
        return Look(False, f"refused: {outcome.result}")
    return Look(body.hold(outcome.value), shown(outcome.value))


async def _log(scene: Scene, body: LogRows) -> Look:
    outcome = await scene.world.head_end.read(body.meter, f"{body.log}:buffer")
    rows = outcome.value
    if not outcome.accepted or not isinstance(rows, list):
        return Look(False, f"refused: {outcome.result}")
    captured = [row["values"][0] for row in rows]
    found = len(captured) if body.has is None else captured.count(body.has)
    return Look(body.enough(found), ", ".join(map(str, captured)) or "no row")


async def _push(scene: Scene, body: Pushed) -> Look:
    told = scene.world.head_end.pushes(body.meter)
    found = sum(body.alarm is None or body.alarm in alarms for alarms in told)
    seen = "; ".join(", ".join(alarms) or "no alarm" for alarms in told)
    return Look(body.enough(found), seen or "no push")


async def _answer(scene: Scene, body: Answer) -> Look:
    outcome = await scene.world.head_end.operate(
        body.meter, body.operation, body.arguments
    )
    if not outcome.accepted:
        return Look(False, f"refused: {outcome.detail or outcome.result}")
    value = part_of(outcome.value, body.item)
    return Look(body.hold(value), shown(value))


async def _answered(scene: Scene, body: Answered) -> Look:
    if body.meter not in scene.answers:
        return Look(False, f"nothing was asked of meter {body.meter} in this run")
    value = body.find(scene.answers[body.meter])
    return Look(body.hold(value), shown(value))


async def _register(scene: Scene, body: RegisterValue) -> Look:
    value = await scene.world.site(body.station).register(body.name)
    return Look(body.hold(value), shown(value))


async def _refused(scene: Scene, body: Refused) -> Look:
    outcome = await ask(scene, body.command, body.body)
    if outcome.refused_by is None:
        return Look(False, "accepted")
    by = outcome.refused_by.value
    fits = body.by in (None, by) and body.result in (None, outcome.result)
    return Look(fits, f"refused by the {by}: {outcome.result}")


def _sight(read: Callable[[Scene, Any], object]) -> Callable[[Scene, Any], Any]:
    async def look_once(scene: Scene, body: Bounds) -> Look:
        value = read(scene, body)
        return Look(body.hold(value), shown(value))

    return look_once


async def _event(scene: Scene, body: EventSeen) -> Look:
    found, newest = body.find(scene)
    return Look(
        body.enough(found), f"{found}, the newest {newest}" if found else "none"
    )


async def _recorded(scene: Scene, body: AsRecorded) -> Look:
    lines = scene.world.log.lines
    differs = first_difference(body.events, lines)
    return Look(not differs, differs or f"the same {len(lines)} events")


EYES: Final[dict[str, Callable[[Scene, Any], Awaitable[Look]]]] = {
    "p1_text": _p1_text,
    "p1_line": _p1_line,
    "object": _object,
    "log": _log,
    "push": _push,
    "register": _register,
    "refused": _refused,
    "answer": _answer,
    "answered": _answered,
    "device": _device,
    "meter_display": _meter_display,
    "stored": _stored,
    "event": _event,
    "job": look_at_job,
    "jobs": count_jobs,
    "keys": count_keys,
    "books": _sight(see_book),
    "recorded": _recorded,
    "latency": _sight(delay),
    **{kind: _sight(read) for kind, read in SIGHTS.items()},
}

"""How each kind of expectation looks at the world; one row for each kind but `kpi`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from scenarios.actions import print_text, send
from scenarios.device_sights import (
    ITEMS,
    DeviceValue,
    DisplayText,
    P1Line,
    Stored,
    plain,
)
from scenarios.expectations import (
    Answer,
    Expectation,
    LogRows,
    ObjectValue,
    P1Text,
    Pushed,
    Refused,
    RegisterValue,
)
from scenarios.scene import Scene
from wire.errors import SimError


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found: whether it is what was wanted, and what it was."""

    holds: bool
    seen: str


def subject(expectation: Expectation) -> str:
    """What is looked at, for a person."""
    if (sight := expectation.sight) is not None:
        return sight.subject
    if (body := expectation.p1_text) is not None:
        return f"P1 text of meter {body.meter}"
    if (value := expectation.object) is not None:
        return f"{value.object} of meter {value.meter}"
    if (log := expectation.log) is not None:
        return f"{log.log} of meter {log.meter}"
    if (push := expectation.push) is not None:
        return f"pushes of meter {push.meter}"
    if (register := expectation.register_) is not None:
        return f"register {register.name} of station {register.station}"
    if (answer := expectation.answer) is not None:
        return f"{answer.item} of {answer.operation} of meter {answer.meter}"
    if (kpi := expectation.kpi) is not None:
        return kpi.name
    assert expectation.refused is not None
    refused = expectation.refused
    if refused.send_message is not None:
        return f"a message to meter {refused.send_message.meter}"
    if refused.read is not None:
        return f"reading {refused.read.object} of meter {refused.read.meter}"
    if refused.act is not None:
        return f"invoking {refused.act.object} of meter {refused.act.meter}"
    if refused.operate is not None:
        return f"{refused.operate.operation} of meter {refused.operate.meter}"
    if refused.use_counter is not None:
        return f"counter {refused.use_counter.counter} at meter {refused.use_counter.meter}"
    assert refused.write is not None
    return f"writing {refused.write.object} of meter {refused.write.meter}"


def wanted(scene: Scene, expectation: Expectation) -> str:
    """What is expected, for a person."""
    if (sight := expectation.sight) is not None:
        return sight.print()
    if (body := expectation.p1_text) is not None:
        text = _wanted_text(scene, body)
        return "no message" if body.silent else print_text(text)
    bounds = expectation.object or expectation.register_ or expectation.answer
    if bounds is not None:
        return bounds.print()
    if (log := expectation.log) is not None:
        which = "any row" if log.has is None else f"code {log.has}"
        return which if log.times is None else f"{log.times} × {which}"
    if (push := expectation.push) is not None:
        which = push.alarm or "any push"
        return which if push.times is None else f"{push.times} × {which}"
    assert expectation.refused is not None
    by = f" by the {expectation.refused.by}" if expectation.refused.by else ""
    result = f": {expectation.refused.result}" if expectation.refused.result else ""
    return f"refused{by}{result}"


async def look(scene: Scene, expectation: Expectation) -> Look:
    """One look; a wire that fails just now is something seen, not an error."""
    try:
        return await EYES[expectation.kind](scene, expectation.body)
    except SimError as error:
        return Look(False, str(error))


def _wanted_text(scene: Scene, body: P1Text) -> bytes | None:
    if body.sent:
        return scene.sent.get(body.meter)
    text = body.repeat.build() if body.repeat is not None else body.text
    return None if text is None else text.encode("utf-8", "surrogatepass")


async def _p1_text(scene: Scene, body: P1Text) -> Look:
    text = scene.world.p1_text(body.meter)
    expected = _wanted_text(scene, body)
    if body.sent and expected is None:
        return Look(False, f"nothing was sent to meter {body.meter} in this run")
    return Look(text == expected, print_text(text))


async def _p1_line(scene: Scene, body: P1Line) -> Look:
    value = plain(scene.world.p1_line(body.meter, body.line))
    return Look(body.hold(value), "no such line" if value is None else repr(value))


async def _device(scene: Scene, body: DeviceValue) -> Look:
    value = ITEMS[body.item](scene.world.devices.look(body.device))
    return Look(body.hold(value), repr(value))


async def _meter_display(scene: Scene, body: DisplayText) -> Look:
    shown = scene.world.meter_display(body.meter)
    return Look(shown == body.equals, repr(shown))


async def _stored(scene: Scene, body: Stored) -> Look:
    values = scene.world.stored(body.meter, body.group)
    newest = f", the newest {values[-1]:g}" if values else ""
    return Look(body.hold(values), f"{len(values)}{newest}")


async def _object(scene: Scene, body: ObjectValue) -> Look:
    outcome = await scene.world.read(body.meter, body.object)
    if not outcome.accepted:
        return Look(False, f"refused: {outcome.result}")
    return Look(body.hold(outcome.value), repr(outcome.value))


async def _log(scene: Scene, body: LogRows) -> Look:
    outcome = await scene.world.read(body.meter, f"{body.log}:buffer")
    rows = outcome.value
    if not outcome.accepted or not isinstance(rows, list):
        return Look(False, f"refused: {outcome.result}")
    captured = [row["values"][0] for row in rows]
    found = len(captured) if body.has is None else captured.count(body.has)
    holds = found > 0 if body.times is None else found == body.times
    return Look(holds, ", ".join(map(str, captured)) or "no row")


async def _push(scene: Scene, body: Pushed) -> Look:
    told = scene.world.pushes(body.meter)
    found = sum(body.alarm is None or body.alarm in alarms for alarms in told)
    holds = found > 0 if body.times is None else found == body.times
    seen = "; ".join(", ".join(alarms) or "no alarm" for alarms in told)
    return Look(holds, seen or "no push")


async def _answer(scene: Scene, body: Answer) -> Look:
    outcome = await scene.world.operate(body.meter, body.operation, body.arguments)
    if not outcome.accepted:
        return Look(False, f"refused: {outcome.detail or outcome.result}")
    value = body.find(outcome.value)
    return Look(body.hold(value), repr(value))


async def _register(scene: Scene, body: RegisterValue) -> Look:
    value = await scene.world.register(body.station, body.name)
    return Look(body.hold(value), repr(value))


async def _refused(scene: Scene, body: Refused) -> Look:
    if body.send_message is not None:
        outcome = await send(scene, body.send_message)
    elif body.read is not None:
        outcome = await scene.world.read(body.read.meter, body.read.object)
    elif body.act is not None:
        act = body.act
        outcome = await scene.world.act(act.meter, act.object, act.value)
    elif body.operate is not None:
        ask = body.operate
        outcome = await scene.world.operate(ask.meter, ask.operation, ask.arguments)
    elif body.use_counter is not None:
        other = body.use_counter
        outcome = await scene.world.use_counter(other.meter, other.counter)
    else:
        assert body.write is not None
        write = body.write
        outcome = await scene.world.write(write.meter, write.object, write.value)
    if outcome.refused_by is None:
        return Look(False, "accepted")
    by = outcome.refused_by.value
    fits = body.by in (None, by) and body.result in (None, outcome.result)
    return Look(fits, f"refused by the {by}: {outcome.result}")


EYES: Final[dict[str, Callable[[Scene, Any], Awaitable[Look]]]] = {
    "p1_text": _p1_text,
    "p1_line": _p1_line,
    "object": _object,
    "log": _log,
    "push": _push,
    "register": _register,
    "refused": _refused,
    "answer": _answer,
    "device": _device,
    "meter_display": _meter_display,
    "stored": _stored,
}

"""How each command is put to the head-end, or by a stranger to a meter; one row for each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from scenarios.acting.commands import (
    Act,
    AtMeter,
    Operate,
    Read,
    SendMessage,
    UseCounter,
    Write,
)
from scenarios.acting.job_actions import JOB_COMMANDS
from scenarios.acting.unit_actions import UNIT_COMMANDS
from scenarios.language.values import Model
from scenarios.playing.scene import Scene
from scenarios.playing.world_protocol import Outcome


async def _send_message(scene: Scene, body: SendMessage) -> Outcome:
    """Remembers the message when the meter took it."""
    octets = body.octets(scene.world.now)
    outcome = await scene.world.head_end.send_message(
        body.meter, octets, check=body.check
    )
    if outcome.accepted:
        scene.sent[body.meter] = octets
    return outcome


async def _read(scene: Scene, body: Read) -> Outcome:
    return await scene.world.head_end.read(body.meter, body.object)


async def _write(scene: Scene, body: Write) -> Outcome:
    return await scene.world.head_end.write(body.meter, body.object, body.value)


async def _act(scene: Scene, body: Act) -> Outcome:
    return await scene.world.head_end.act(body.meter, body.object, body.value)


async def _operate(scene: Scene, body: Operate) -> Outcome:
    return await scene.world.head_end.operate(
        body.meter, body.operation, body.arguments
    )


async def _use_counter(scene: Scene, body: UseCounter) -> Outcome:
    return await scene.world.site(body.meter).use_counter(body.counter)


COMMANDS: Final[dict[str, Callable[[Scene, Any], Awaitable[Outcome]]]] = {
    "send_message": _send_message,
    "read": _read,
    "write": _write,
    "act": _act,
    "operate": _operate,
    "use_counter": _use_counter,
    **JOB_COMMANDS,
    **UNIT_COMMANDS,
}


async def ask(scene: Scene, kind: str, body: Model) -> Outcome:
    """Puts a command of that kind, and says how it ended."""
    outcome = await COMMANDS[kind](scene, body)
    if isinstance(body, AtMeter):
        scene.answers[body.meter] = outcome.value
    return outcome

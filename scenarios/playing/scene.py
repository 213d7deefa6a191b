"""What a play works on, and how one of its steps ended."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from scenarios.playing.world_protocol import World


@dataclass(slots=True)
class Scene:
    """A world being played on, and what the play remembers of it.

    `sent` is the last text that each meter accepted, `answers` what the last command at each
    was answered, `began` when the step began, `numbers` those of jobs and schedules by the
    names that steps gave them. `wait` lets time pass; it is the runner's, which reports
    progress meanwhile.
    """

    world: World
    wait: Callable[[datetime], Awaitable[None]]
    began: datetime
    sent: dict[int, bytes] = field(default_factory=dict)
    answers: dict[int, object] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """How a step ended."""

    passed: bool = True
    result: str = "done"
    detail: str = ""
    value: object = None


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found: whether it is what was wanted, and what it was.

    `wanted` says what that is where only the scene knows.
    """

    holds: bool
    seen: str
    wanted: str = ""

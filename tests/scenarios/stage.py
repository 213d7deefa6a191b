"""A few steps, read as a scenario and played in a fake world."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from scenarios.language.document import Scenario, parse
from scenarios.language.settings import Controller
from scenarios.playing.runner import Played, Progress, Runner
from tests.scenarios.fake_world import FakeWorld, make_world


def scenario(steps: str, stations: int = 2) -> Scenario:
    """The steps begin in line 4."""
    head = (
        f"scenario: t\nworld: {{start: 2024-01-27T17:00:00Z, stations: {stations}}}\n"
    )
    return parse(f"{head}steps:\n{steps}", Path("f.yaml"))


def play_in(
    world: FakeWorld,
    wanted: Scenario,
    watch: Callable[[Progress], None] = lambda progress: None,
) -> Played:
    """Plays in a world that was made for it."""
    return world.drive(Runner(wanted, world, "none", watch).play())


def world_for(wanted: Scenario) -> FakeWorld:
    """A world that nobody controls."""
    return make_world(wanted, Controller.NONE)


def play(steps: str, stations: int = 2) -> tuple[Played, FakeWorld]:
    """Plays the steps in a world of their own."""
    wanted = scenario(steps, stations)
    world = world_for(wanted)
    return play_in(world, wanted), world

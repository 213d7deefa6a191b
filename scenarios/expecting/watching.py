"""Looks again and again: until something holds, for as long as it must hold, no longer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from scenarios.expecting.expectations import Expectation
from scenarios.expecting.eyes import look
from scenarios.playing.results import Sight
from scenarios.playing.scene import Look, Scene

LOOK_EVERY = timedelta(seconds=1)
# Of what was seen over time, so many sights are kept: the first and the last.
MOST_SIGHTS = 8
_LATE = timedelta(seconds=1)
_NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Watched:
    """What came of an expectation, and the last look.

    `since` is when a look first found what was wanted and all after it did, None when the last
    did not; `held` is for how long it was so, at the last. `sights` are what was seen, whenever
    it changed.
    """

    passed: bool
    look: Look
    since: datetime | None
    held: timedelta
    sights: tuple[Sight, ...]


async def watch(scene: Scene, expectation: Expectation) -> Watched:
    """Looks from now on, the last time at the deadline or at the end of the span to hold.

    A look that is answered more than a second after the deadline comes too late.
    """
    world, start = scene.world, scene.world.now
    deadline = start + (expectation.within or _NONE)
    span = expectation.for_ or _NONE
    every = expectation.every or LOOK_EVERY
    since, held = None, _NONE
    sights: list[Sight] = []

    def end(passed: bool, found: Look) -> Watched:
        return Watched(passed, found, since if passed else None, held, tuple(sights))

    while True:
        found, now = await look(scene, expectation), world.now
        if not sights or found.seen != sights[-1].seen:
            sights.append(Sight((now - start).total_seconds(), found.seen))
            del sights[MOST_SIGHTS // 2 : -MOST_SIGHTS // 2]
        late = now - deadline if expectation.within is not None else _NONE
        if since is None and late > _LATE:
            seen = f"{found.seen}, {late.total_seconds():g} s after the deadline"
            return end(False, Look(False, seen, found.wanted))
        if found.holds:
            since = since or now
            held = now - since
            if held >= span:
                return end(True, found)
            until = since + span
        elif now >= deadline:
            return end(False, _after(found, held))
        else:
            since, until = None, deadline
        await world.run_until(min(now + every, until))


def _after(found: Look, held: timedelta) -> Look:
    """The look that found something else, and for how long it was as wanted before."""
    if not held:
        return found
    seen = f"{found.seen}, after it had held for {held.total_seconds():g} s"
    return Look(False, seen, found.wanted)

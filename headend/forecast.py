"""What the premises behind a transformer will draw, from what they drew until now.

Powers are W per phase; slots are quarter-hours since 1970. `History` is all that is kept: two
days of premises' loads and of how many cars were charging.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from wire.quantities import PerPhase

SLOT_S = 900
DAY_SLOTS = 96
HOUR_SLOTS = 4
RECENT_SLOTS = 3
KEPT_SLOTS = 2 * DAY_SLOTS


@dataclass(slots=True)
class History:
    """Premises' load and number of cars charging, by slot."""

    load_w: dict[int, PerPhase] = field(default_factory=dict)
    cars: dict[int, int] = field(default_factory=dict)

    def record(self, slot: int, load_w: PerPhase, cars: int | None = None) -> None:
        """Notes a slot, and forgets what is older than two days."""
        self.load_w[slot] = load_w
        if cars is not None:
            self.cars[slot] = cars
        for old in [kept for kept in self.load_w if kept <= slot - KEPT_SLOTS]:
            del self.load_w[old]
            self.cars.pop(old, None)

    def forget(self, slot: int) -> None:
        """Drops what was noted of a slot and of all after it."""
        for later in [kept for kept in self.load_w if kept >= slot]:
            del self.load_w[later]
            self.cars.pop(later, None)

    def coming(self, slot: int, unknown_w: int) -> PerPhase:
        """The load of the slot that begins: the most of the last 45 minutes, or of a blend.

        The blend is half of what was measured last and half of yesterday's same slot.
        Without a recent measurement it is yesterday's, and `unknown_w` per phase at least.
        """
        recent = [
            load
            for back in range(RECENT_SLOTS + 1)
            if (load := self.load_w.get(slot - back)) is not None
        ]
        yesterday = self.load_w.get(slot - DAY_SLOTS)
        if not recent:
            unknown = (unknown_w, unknown_w, unknown_w)
            return _most([unknown, yesterday or unknown])
        most = _most(recent)
        if yesterday is None:
            return most
        last = recent[0]
        blend = tuple((now + then) // 2 for now, then in zip(last, yesterday))
        return _most([most, (blend[0], blend[1], blend[2])])

    def lowest(self, slot: int) -> PerPhase | None:
        """The least of the 45 minutes before a slot and of other days at about its time.

        None where neither is known.
        """
        about = range(slot - HOUR_SLOTS, slot + HOUR_SLOTS + 1)
        known = [
            load
            for at in (
                *range(slot - RECENT_SLOTS, slot),
                *(
                    near - day
                    for day in range(DAY_SLOTS, KEPT_SLOTS, DAY_SLOTS)
                    for near in about
                ),
            )
            if (load := self.load_w.get(at)) is not None
        ]
        if not known:
            return None
        first, second, third = (min(phase) for phase in zip(*known))
        return first, second, third

    def hour(self, slot: int, now_slot: int, unknown_w: int) -> PerPhase:
        """The highest load to expect in the hour that begins at a later slot.

        Yesterday's highest in that hour, raised by half of what today is above yesterday. What
        panels gave yesterday is not counted on: it is 0 at least.
        """
        then = [
            load
            for quarter in range(slot, slot + HOUR_SLOTS)
            if (load := self.load_w.get(quarter - DAY_SLOTS)) is not None
        ]
        now_w = self.coming(now_slot, unknown_w)
        if not then:
            return _most([now_w, (unknown_w, unknown_w, unknown_w)])
        peak = _most([*then, (0, 0, 0)])
        yesterday = self.load_w.get(now_slot - DAY_SLOTS, now_w)
        first, second, third = (
            load + max(0, today - before) // 2
            for load, today, before in zip(peak, now_w, yesterday)
        )
        return first, second, third

    def cars_in_hour(self, slot: int, unknown: int) -> int:
        """The highest number of cars that charged in that hour yesterday."""
        quarters = range(slot - DAY_SLOTS, slot - DAY_SLOTS + HOUR_SLOTS)
        return max(
            (self.cars[quarter] for quarter in quarters if quarter in self.cars),
            default=unknown,
        )


def _most(loads: list[PerPhase]) -> PerPhase:
    first, second, third = (max(phase) for phase in zip(*loads))
    return first, second, third

"""The simulated cars of a charge point: who is there, and what it draws."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from chargepoint.sessions import MINIMUM_W, Session
from wire.quantities import PerPhase

NO_POWER = (0, 0, 0)


@dataclass(slots=True)
class Car:
    """A car that is plugged in; it is full once it has drawn what its session wants."""

    session: Session
    drawn_ws: int = 0
    """Energy drawn so far, in watt seconds; a whole second is never divided, so that it may
    end up to a second's worth above what is wanted."""

    @property
    def remaining_ws(self) -> int:
        """What it still wants, in watt seconds; 0 when full."""
        return max(0, self.session.energy_wh * 3600 - self.drawn_ws)

    @property
    def energy_wh(self) -> int:
        """What it has got of what it wanted."""
        return min(self.drawn_ws // 3600, self.session.energy_wh)

    def power_w(self, limit_w: int, phases: int = 3) -> PerPhase:
        """What it draws on L1, L2 and L3 when the station offers it `limit_w` in all.

        `phases` are those that the station connects. A car that is full, or would get less
        than 6 A on a phase, draws nothing.
        """
        session = self.session
        used = min(phases, session.phases)
        each_w = min(limit_w // used, session.max_w // session.phases)
        if each_w < MINIMUM_W or not self.remaining_ws:
            return NO_POWER
        if used == 3:
            return each_w, each_w, each_w
        on = session.phase or 1
        return (
            each_w if on == 1 else 0,
            each_w if on == 2 else 0,
            each_w if on == 3 else 0,
        )

    def full_in_s(self, power_w: int) -> int | None:
        """Whole seconds until it is full at this power; None when that is never."""
        if power_w <= 0 or not self.remaining_ws:
            return None
        return -(-self.remaining_ws // power_w)


class Visits:
    """The cars that come to one charge point, one at a time.

    A car that arrives while another is there waits until that has gone, and turns away when its
    own departure has come by then. `cars` keeps all that were here, to be asked what they got.
    """

    __slots__ = ("cars", "present", "next_s", "_waiting")

    def __init__(self, sessions: Iterable[Session] = ()) -> None:
        self.cars: list[Car] = []
        self.present: Car | None = None
        self._waiting = sorted(
            sessions, key=lambda session: session.arrival_s, reverse=True
        )
        self.next_s: int | None = None
        """When the next one arrives or departs; None when nothing more happens."""
        self._look_ahead()

    def move(self, now_s: int) -> None:
        """Lets cars depart and arrive up to this instant."""
        while self.next_s is not None and self.next_s <= now_s:
            if self.present is None:
                self.present = Car(self._waiting.pop())
                self.cars.append(self.present)
            else:
                self._depart(self.present.session.departure_s)
            self._look_ahead()

    def replace(self, session: Session | None, now_s: int) -> None:
        """Who is there leaves now; the car of `session`, if given, comes in its place.

        Its stay ended now, whatever it had in mind.
        """
        if self.present is not None:
            self.present.session = replace(self.present.session, departure_s=now_s)
            self._depart(now_s)
        if session is not None:
            self.present = Car(session)
            self.cars.append(self.present)
        self._look_ahead()

    def _depart(self, at_s: int) -> None:
        self.present = None
        self._waiting = [
            session for session in self._waiting if session.departure_s > at_s
        ]

    def _look_ahead(self) -> None:
        if self.present is not None:
            self.next_s = self.present.session.departure_s
        else:
            self.next_s = self._waiting[-1].arrival_s if self._waiting else None

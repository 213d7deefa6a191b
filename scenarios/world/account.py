"""What a station accounts for: what it drew, how its limit went, what its cars got."""

from __future__ import annotations

from chargepoint.station import Station as ChargePoint
from scenarios.world.bound import Stay, stays
from scenarios.world.fairness import Reversals, Served
from scenarios.world.transformer import Flow, Quarters
from wire.quantities import PerPhase


class Account:
    """Of one charge point, until now.

    `limits` and `draws` are W, each with the second (epoch) from which on it was so; `starved_s`
    is how long a car was there, wanted to charge and was offered less than 6 A.
    """

    def __init__(self, point: ChargePoint, now_s: int) -> None:
        self.flow = Flow(now_s)
        self.quarters = Quarters()
        self.reversals = Reversals()
        self.starved_s = 0
        self.limits: list[tuple[int, int]] = []
        self.draws: list[tuple[int, int]] = []
        self._point = point

    @property
    def starves(self) -> bool:
        """Whether a car is there, wants to charge and is offered less than 6 A."""
        point = self._point
        car = point.visits.present
        return bool(car is not None and not point.offered_da and car.remaining_ws)

    def draw(self, now_s: int, car_w: PerPhase) -> None:
        """The car draws so much from this second on, W per phase."""
        total_w = sum(car_w)
        if not self.draws or self.draws[-1][1] != total_w:
            self.draws.append((now_s, total_w))

    def see_limit(self, now_s: int) -> None:
        """Notes the limit in force; it turns only while a car is there."""
        limit_w = self._point.limit.limit_w
        if not self.limits or self.limits[-1][1] != limit_w:
            self.limits.append((now_s, limit_w))
        if self._point.visits.present is None:
            self.reversals.forget()
        else:
            self.reversals.see(limit_w)

    def take_work(self, now_s: int) -> list[int]:
        """W·s per phase that flowed since the last time."""
        work_ws = self.flow.take(now_s)
        self.quarters.account(now_s, work_ws)
        return work_ws

    def served(self, now_s: int) -> list[Served]:
        """What the cars got that have left by now."""
        return [
            Served(car.session.energy_wh, car.energy_wh)
            for car in self._point.visits.cars
            if car.session.departure_s <= now_s
        ]

    def stays(self, now_s: int) -> list[Stay]:
        """When and how the same cars could charge."""
        return stays(self._point.visits.cars, self._point.ratings, now_s)

"""A feeder under a controller without any wire: seconds for what a world takes minutes for.

The controller, the units, the cars and the figures are those of the world; only the way of a
reading and of a message is a delay and a chance. What a controller is worth is tried here,
and shown there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from chargepoint.car import Visits
from chargepoint.committed import CommittedProfile
from chargepoint.limits import Ratings
from chargepoint.registers import hardware_max_w
from chargepoint.sessions import Session
from chargepoint.station import Station as ChargePoint
from chargepoint.timing import DriftingClock
from headend.controllers import Controller
from headend.metering import StationMetering
from headend.planner_model import Command
from scenarios.playing.event_log import print_instant
from scenarios.world.account import Account
from scenarios.world.dali_box import DaliBox
from scenarios.world.feeder import Feeder
from scenarios.world.figures import key_figures
from scenarios.world.transformer import MINUTE_S, QUARTER_S, Transformer
from scenarios.world.unit_process import UNIT_MAX_DA
from wire.charging_profile import ChargingProfile
from wire.instants import from_epoch
from wire.quantities import PerPhase

SAFE_W = 4200


@dataclass(frozen=True, slots=True)
class Way:
    """What the wires do to readings and messages.

    The stations are read within `reading_s`; a message takes `message_s` from the plan to the
    unit. Of the readings and of the messages `loss` never arrive, whatever is tried again.
    """

    reading_s: int = 10
    message_s: int = 20
    loss: float = 0.0


class Rehearsal:
    """Stations with their cars behind a transformer, from `start_s` (epoch) on."""

    def __init__(
        self,
        controller: Controller,
        feeder: Feeder,
        sessions: Mapping[str, Sequence[Session]],
        *,
        start_s: int,
        rating_va: int,
        station_max_w: int,
        way: Way = Way(),
        seed: int = 1,
    ) -> None:
        self.transformer = Transformer(rating_va)
        self.points = {
            name: _Point(
                [car for car in cars if car.arrival_s >= start_s],
                start_s,
                station_max_w,
            )
            for name, cars in sessions.items()
        }
        self.messages = 0
        self._controller = controller
        self._feeder = feeder
        self.box = DaliBox(feeder, lambda: self.now_s)
        self._way = way
        self._random = Random(seed)
        self._start_s = self.now_s = start_s
        self._metering = StationMetering()
        self._under_way: deque[tuple[int, Command]] = deque()
        controller.learn(feeder.before(start_s))

    def run_until(self, end_s: int) -> None:
        """Lets time pass, minute by minute."""
        reading_s = self._way.reading_s // MINUTE_S * MINUTE_S
        while self.now_s < end_s:
            self._pass_to(self.now_s + MINUTE_S)
            if self.now_s % QUARTER_S == reading_s and self.transformer.quarters:
                self._plan()

    def kpis(self) -> dict[str, float]:
        """The key figures until now."""
        return key_figures(
            self.transformer,
            [point.account for point in self.points.values()],
            self._feeder.power_w,
            self.messages,
            self._start_s,
            self.now_s,
        )

    def _pass_to(self, now_s: int) -> None:
        """One minute: messages arrive, cars come, charge and go, the transformer carries it."""
        while self._under_way and self._under_way[0][0] <= now_s:
            at_s, command = self._under_way.popleft()
            self.points[command.station].follow(at_s, command.profile)
            self._controller.delivered(command, self._way.message_s)
        work_ws = [watt * MINUTE_S for watt in self._feeder.power_w(self.now_s)]
        self.now_s = now_s
        ends = now_s % QUARTER_S == 0
        for point in self.points.values():
            if ends or point.flows or point.unit.next_s <= now_s:
                for phase, drawn_ws in enumerate(point.take_work(now_s)):
                    work_ws[phase] += drawn_ws
        l1, l2, l3 = work_ws
        self.transformer.account(now_s, (l1, l2, l3))

    def _plan(self) -> None:
        end_s = self.now_s // QUARTER_S * QUARTER_S
        report = self.box.report(end_s, self.transformer.quarters[-1])
        self._controller.learn(report.past)
        metered = {
            name: None if self._lost() else self._read(name) for name in self.points
        }
        now = from_epoch(self.now_s)
        for command in self._controller.plan(now, report.sample, metered):
            if self._lost():
                self._controller.undelivered(command)
            else:
                self.messages += 1
                self._under_way.append((self.now_s + self._way.message_s, command))

    def _read(self, name: str) -> PerPhase:
        unit = self.points[name].unit
        actual = {
            "time": print_instant(from_epoch(self.now_s)),
            "import_wh": [unit.lifetime_ws // 3600],
            "export_wh": [0],
            "power_w": unit.power_w,
        }
        return self._metering.mean_w(name, actual)

    def _lost(self) -> bool:
        return self._random.random() < self._way.loss


class _Point:
    """A charge point: its unit, and what the figures ask of it."""

    def __init__(self, cars: Sequence[Session], now_s: int, own_limit_w: int) -> None:
        hardware_w = hardware_max_w(3, UNIT_MAX_DA)
        self.unit = ChargePoint(
            Ratings(3, UNIT_MAX_DA, min(own_limit_w, hardware_w)),
            Visits(cars),
            DriftingClock(now_s, 0, 0),
            now_s,
        )
        self.account = Account(self.unit, now_s)
        self._judged_s = now_s
        self._starves = False
        self.unit.on_power = self.account.flow.turn
        self.unit.start(0, SAFE_W)

    @property
    def flows(self) -> bool:
        """Whether anything was drawn that is not accounted for, or a car starves."""
        return any(self.account.flow.power_w) or self._starves

    def take_work(self, now_s: int) -> list[int]:
        """W·s per phase that were drawn since the last time."""
        self.unit.advance(now_s)
        self._judge(now_s)
        return self.account.take_work(now_s)

    def follow(self, at_s: int, profile: ChargingProfile) -> None:
        """The profile reaches the unit, and governs from then on."""
        self.unit.advance(at_s)
        self.unit.follow(
            CommittedProfile(
                profile.seq or 0,
                int(profile.valid_from.timestamp()),
                int(profile.valid_to.timestamp()),
                tuple(int(period.start.timestamp()) for period in profile.periods),
                tuple(period.max_w for period in profile.periods),
            )
        )
        self._judge(at_s)

    def _judge(self, now_s: int) -> None:
        self.account.starved_s += (now_s - self._judged_s) * self._starves
        self._judged_s = now_s
        self.account.see_limit(now_s)
        self._starves = self.account.starves

"""The controllers that a feeder can be under, by name: headroom, threshold, none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from headend.dali import FeederSample
from headend.planner import Planner
from headend.planner_model import Command, Metered, Settings
from headend.trust import Doubt
from wire.charging_profile import ChargingProfile, Period
from wire.instants import from_epoch


class Controller(Protocol):
    """Decides each quarter-hour what the stations are told."""

    @property
    def doubts(self) -> Mapping[str, Doubt]:
        """What the last plan could not believe, about the transformer or a station."""

    def learn(self, samples: Iterable[FeederSample]) -> None:
        """What the transformer measured before; see `Planner.learn`."""

    def plan(
        self, now: datetime, sample: FeederSample | None, station_power_w: Metered
    ) -> list[Command]:
        """The messages to send now; see `Planner.plan`."""

    def undelivered(self, command: Command) -> None:
        """The message did not arrive."""

    def delivered(self, command: Command, after_s: float) -> None:
        """The message was in the meter so long after it was planned."""


class NoControl:
    """What happens when nobody does anything."""

    doubts: Mapping[str, Doubt] = {}

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def learn(self, samples: Iterable[FeederSample]) -> None:
        """There is nothing to learn for."""

    def plan(
        self, now: datetime, sample: FeederSample | None, station_power_w: Metered
    ) -> list[Command]:
        """Nothing to send, ever."""
        return []

    def undelivered(self, command: Command) -> None:
        """Nothing was sent."""

    def delivered(self, command: Command, after_s: float) -> None:
        """Nothing was sent."""


class Threshold:
    """The proof of concept's rule: phase 1 of the feeder alone decides, for all stations.

    Above the target each station gets the profile that ElaadNL's report prints (figure 8):
    6 kW for two hours, 9 kW for one more, then its own configuration again. It is renewed
    while phase 1 stays above and the first period is over. A station is never told more than
    it can: its gateway would refuse the whole profile.
    """

    doubts: Mapping[str, Doubt] = {}
    FIRST_W, FIRST_S = 6000, 7200
    SECOND_W, SECOND_S = 9000, 3600

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._until: dict[str, datetime] = {}
        self._seq = 0

    def learn(self, samples: Iterable[FeederSample]) -> None:
        """The rule knows no past."""

    def plan(
        self, now: datetime, sample: FeederSample | None, station_power_w: Metered
    ) -> list[Command]:
        """A profile for each station without a running one, while L1 is too high."""
        limit_w = self.settings.per_phase_w(self.settings.target_permille)
        if sample is None or sample.power_w[0] <= limit_w:
            return []
        most_w = self.settings.station_max_w
        now = from_epoch(int(now.timestamp()))
        self._seq = max(self._seq + 1, int(now.timestamp()))
        second = now + timedelta(seconds=self.FIRST_S)
        profile = ChargingProfile(
            now,
            second + timedelta(seconds=self.SECOND_S),
            (
                Period(now, min(self.FIRST_W, most_w)),
                Period(second, min(self.SECOND_W, most_w)),
            ),
            seq=self._seq,
        )
        commands = []
        for station in self.settings.stations:
            if self._until.get(station, now) <= now:
                self._until[station] = second
                commands.append(Command(station, profile))
        return commands

    def undelivered(self, command: Command) -> None:
        """The station gets its profile at the next step."""
        self._until.pop(command.station, None)

    def delivered(self, command: Command, after_s: float) -> None:
        """The rule does not look ahead."""


CONTROLLERS: dict[str, Callable[[Settings], Controller]] = {
    "none": NoControl,
    "threshold": Threshold,
    "headroom": Planner,
}
"""How each is made from the settings; `controller` of a scenario names one."""

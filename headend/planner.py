"""The congestion planner: which power each charge point may draw, so that the transformer lasts.

Every quarter-hour, per phase: the premises' load is what the transformer measures less what
the stations' own meters say; the forecast of it leaves a headroom below the target, which is
divided equally over the cars. A cut takes effect at once, a release by half per step. Between
0 and the 6 A minimum lies nothing, so when there is too little for all the cars take turns.

A message goes out only when it changes something, and carries more than the limit of now: a
day's worth of cautious hourly limits, so that a station that hears nothing more still does
the right thing, roughly. Pure: the time, the measurements and the state come in.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from headend.allocation import (
    ALL_PHASES,
    MINIMUM_PER_PHASE_W,
    Load,
    Triple,
    draw,
    fill,
    fits,
    less,
)
from headend.dali import FeederSample
from headend.forecast import SLOT_S
from headend.planner_model import (
    Command,
    Metered,
    PlannerState,
    Settings,
    StationState,
)
from wire.charging_profile import ChargingProfile, Period
from wire.instants import from_epoch

HOUR_S = 3600
IDLE_MINIMUM_W = 3 * MINIMUM_PER_PHASE_W


class Planner:
    """Per-phase headroom with the stations' own metering and a forecast."""

    def __init__(self, settings: Settings, state: PlannerState | None = None) -> None:
        self.settings = settings
        self.state = state or PlannerState()
        for station in settings.stations:
            self.state.stations.setdefault(
                station, StationState(settings.station_max_w)
            )

    def plan(
        self, now: datetime, sample: FeederSample | None, station_power_w: Metered
    ) -> list[Command]:
        """The messages to send now.

        `sample` is the transformer's latest, stations' draw included, or None without one;
        `station_power_w` is what each station's meter says of the same interval, W per phase;
        a station that is absent or None was not read.
        """
        now_s = int(now.timestamp())
        now = from_epoch(now_s)
        self._observe(now_s, station_power_w)
        self._record(now_s, sample)
        loads = {name: self._load(name, now_s) for name in self._present()}
        limits = self._limits(now_s, loads)
        tail = self._tail(now_s, list(loads.values()))
        commands = []
        for name in self.settings.stations:
            state = self.state.stations[name]
            if self._worth_sending(now, state, limits[name]):
                profile = self._profile(now, name, limits[name], tail)
                state.before, state.profile = state.profile, profile
                commands.append(Command(name, profile))
        self.state.planned_s = now_s
        return commands

    def undelivered(self, command: Command) -> None:
        """The message did not arrive: the station still does what the one before said."""
        state = self.state.stations[command.station]
        if state.profile is command.profile:
            state.profile = state.before

    def in_force_w(self, station: str, instant: datetime) -> int:
        """The limit under the last profile sent; the station's maximum without one."""
        profile = self.state.stations[station].profile
        period = profile.period_at(instant) if profile else None
        return self.settings.station_max_w if period is None else period.max_w

    def _present(self) -> list[str]:
        """The stations that have a car."""
        stations = self.state.stations
        return [name for name in self.settings.stations if stations[name].phases]

    def _observe(self, now_s: int, metered: Metered) -> None:
        """Takes in the meter readings: who has a car, and on which phases."""
        for name in self.settings.stations:
            state = self.state.stations[name]
            power_w = metered.get(name)
            # One that was never read yet gets the same time to be heard as any other.
            state.metered_s = state.metered_s or now_s
            if power_w is not None:
                state.power_w, state.metered_s = power_w, now_s
            elif now_s - state.metered_s > self.settings.stale_s:
                # Not heard for long: its draw counts as premises', and a car as there.
                state.power_w, state.charging_slots = None, 0
                state.phases = state.phases or ALL_PHASES
                continue
            if state.power_w is None:
                continue
            charging = tuple(
                phase
                for phase, power in enumerate(state.power_w)
                if power >= 200 and 5 * power >= max(state.power_w)
            )
            state.charging_slots = state.charging_slots + 1 if charging else 0
            limit_w = self.in_force_w(name, from_epoch(now_s - 1))
            # A car that is paused draws nothing, and is still there.
            if charging or limit_w >= MINIMUM_PER_PHASE_W * len(state.phases):
                state.phases = charging

    def _record(self, now_s: int, sample: FeederSample | None) -> None:
        """Notes the premises' load of the sample's interval."""
        if sample is None or now_s - sample.time.timestamp() > self.settings.stale_s:
            return
        load_w = sample.power_w
        for state in self.state.stations.values():
            if state.power_w is not None:
                load_w = less(load_w, state.power_w)
        slot = int(sample.time.timestamp()) // SLOT_S
        self.state.history.record(slot, load_w, len(self._present()))

    def _load(self, name: str, now_s: int) -> Load:
        """The car: what it can draw at most, as far as its draw under a limit tells."""
        state = self.state.stations[name]
        most_w = self.settings.station_max_w * len(state.phases) // 3
        drawn_w = sum(state.power_w or ())
        allowed_w = self.in_force_w(name, from_epoch(now_s - 1))
        if state.charging_slots >= 2 and drawn_w * 10 < allowed_w * 8:
            most_w = min(most_w, drawn_w * 5 // 4 + 500)
        return Load(state.phases, most_w)

    def _limits(self, now_s: int, loads: Mapping[str, Load]) -> dict[str, int]:
        """The limit of each station for the coming quarter-hour."""
        settings, stations = self.settings, self.state.stations
        unknown_w = settings.per_phase_w(settings.unknown_permille)
        target_w = settings.per_phase_w(settings.target_permille)
        forecast_w = self.state.history.coming(now_s // SLOT_S, unknown_w)
        room_w = less((target_w,) * 3, forecast_w)
        # Room for one more car, which is also what a station without one is told.
        *shares, spare = fill(room_w, [*loads.values(), Load()], settings.station_max_w)
        wanted = dict.fromkeys(settings.stations, spare) | dict(zip(loads, shares))
        for name, share in wanted.items():
            stations[name].limit_w = _release_by_half(stations[name].limit_w, share)
        limits = {
            # Never less than the minimum without a car: a car that may not draw at all
            # could not be seen to have arrived.
            name: max(stations[name].limit_w // 10 * 10, IDLE_MINIMUM_W)
            for name in settings.stations
            if name not in loads
        }
        enough = {
            name: stations[name].limit_w // 10 * 10
            for name, load in loads.items()
            if stations[name].limit_w >= load.minimum_w
        }
        drawn = draw([loads[name] for name in enough], list(enough.values()))
        waiting = {name: load for name, load in loads.items() if name not in enough}
        for name in enough:
            stations[name].served_s, stations[name].turn_until_s = now_s, 0
        turns = self._turns(now_s, waiting, less(room_w, drawn))
        return limits | enough | turns

    def _turns(
        self, now_s: int, waiting: Mapping[str, Load], room_w: Triple
    ) -> dict[str, int]:
        """Who of those with less than the minimum charges at it now; the others pause.

        Who is charging does so for its turn; then who has waited longest comes first.
        """
        stations = self.state.stations

        def order(name: str) -> tuple[bool, int, str]:
            state = stations[name]
            return state.turn_until_s <= now_s, state.served_s, name

        limits = dict.fromkeys(waiting, 0)
        chosen = []
        for name in sorted(waiting, key=order):
            load = waiting[name]
            if fits(room_w, load, load.minimum_w):
                chosen.append(name)
                room_w = less(room_w, draw([load], [load.minimum_w]))
        woken = [n for n in chosen if stations[n].served_s < self.state.planned_s]
        too_soon = set(woken[-(-len(woken) // 2) :])
        for name in waiting:
            state = stations[name]
            if name in chosen and name not in too_soon:
                limits[name] = waiting[name].minimum_w
                if state.turn_until_s <= now_s:
                    state.turn_until_s = now_s + self.settings.turn_s
                state.served_s = now_s
            else:
                state.turn_until_s = 0
        return limits

    def _tail(self, now_s: int, loads: Sequence[Load]) -> list[tuple[int, int]]:
        """Cautious limits for the hours to come: begin in epoch seconds, and W.

        One limit for all, under which even the fullest phase has room for the cars of now,
        for those that yesterday's hour had more of, and for one besides.
        """
        settings, history = self.settings, self.state.history
        unknown_w = settings.per_phase_w(settings.unknown_permille)
        target_w = settings.per_phase_w(settings.target_permille)
        # Sixths of a car, for a load on n phases puts an n-th of its power on each.
        sixths = [
            sum(6 // len(load.phases) for load in loads if phase in load.phases)
            for phase in ALL_PHASES
        ]
        first = (now_s // HOUR_S + 1) * HOUR_S
        tail = []
        for begin_s in range(
            first, now_s + settings.tail_s + settings.jitter_s, HOUR_S
        ):
            slot = begin_s // SLOT_S
            load_w = history.hour(slot, now_s // SLOT_S, unknown_w)
            cars = history.cars_in_hour(slot, len(settings.stations) // 3)
            more = 2 * (max(0, cars - len(loads)) + 1)
            level_w = settings.station_max_w
            for phase in ALL_PHASES:
                room_w = max(0, target_w - load_w[phase])
                level_w = min(level_w, 6 * room_w // (sixths[phase] + more))
            tail.append((begin_s, level_w // 10 * 10))
        return tail

    def _worth_sending(self, now: datetime, state: StationState, limit_w: int) -> bool:
        """Whether the station would do something markedly different without a message."""
        profile = state.profile
        if profile is None or profile.valid_to - now < timedelta(
            seconds=self.settings.renew_s
        ):
            return True
        period = profile.period_at(now)
        current_w = self.settings.station_max_w if period is None else period.max_w
        if limit_w < current_w:
            return current_w - limit_w > max(200, current_w // 20)
        if current_w < MINIMUM_PER_PHASE_W * (len(state.phases) or 3) <= limit_w:
            return True
        uses_it = sum(state.power_w or ()) * 10 >= current_w * 8
        return uses_it and limit_w - current_w > max(500, current_w // 7)

    def _profile(
        self, now: datetime, station: str, limit_w: int, tail: Sequence[tuple[int, int]]
    ) -> ChargingProfile:
        """The limit from now on, then the tail, to a ValidTo of the station's own."""
        state = self.state.stations[station]
        # By name and not by chance, so that profiles do not all expire at one moment and a
        # run can be repeated.
        jitter_s = zlib.crc32(station.encode()) % self.settings.jitter_s
        valid_to = now + timedelta(seconds=self.settings.tail_s + jitter_s)
        minimum_w = MINIMUM_PER_PHASE_W * (len(state.phases) or 3)
        periods = [Period(now, limit_w)]
        for begin_s, level_w in tail:
            begin, max_w = from_epoch(begin_s), level_w if level_w >= minimum_w else 0
            if begin < valid_to and max_w != periods[-1].max_w:
                periods.append(Period(begin, max_w))
        state.seq = max(state.seq + 1, int(now.timestamp()))
        return ChargingProfile(now, valid_to, tuple(periods), seq=state.seq)


def _release_by_half(limit_w: int, wanted_w: int) -> int:
    """Down at once, up by half of the way, and the last 500 W at once."""
    if wanted_w <= limit_w + 500:
        return wanted_w
    return limit_w + (wanted_w - limit_w) // 2

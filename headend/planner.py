"""The congestion planner: which power each charge point may draw, so that the transformer lasts.

Every quarter-hour, per phase: the premises' load is what the transformer measures less what
the stations' own meters say; the forecast of it leaves a headroom below the target, which is
divided equally over the cars, none above what it can draw. Between 0 and the 6 A minimum lies
nothing, so when there is too little for all, cars take turns. A station without a car gets
the minimum of three phases: who arrives can start and is seen, and gets a share soon.

A message goes out only when it changes something, and carries more than the limit of now: a
day's worth of cautious hourly limits, so that a station that hears nothing more still does
the right thing, roughly. Pure: the time, the measurements and the state come in.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from headend.allocation import (
    ALL_PHASES,
    MINIMUM_PER_PHASE_W,
    Load,
    less,
    more,
    share,
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
from headend.trust import TRANSFORMER, Doubt
from wire.charging_profile import ChargingProfile, Period
from wire.instants import from_epoch
from wire.quantities import PerPhase

HOUR_S = 3600
IDLE_W = 3 * MINIMUM_PER_PHASE_W
MOST_LATE_S = HOUR_S
DRAWN_SLOTS = 8
PREFERRED_SHARES = 2
NOTHING: PerPhase = (0, 0, 0)


class Planner:
    """Per-phase headroom with the stations' own metering and a forecast.

    `doubts` are those of the last plan, about the transformer or a station by name.
    """

    def __init__(self, settings: Settings, state: PlannerState | None = None) -> None:
        self.settings = settings
        self.state = state or PlannerState()
        self.doubts: dict[str, Doubt] = {}
        for station in settings.stations:
            self.state.stations.setdefault(station, StationState())

    def learn(self, samples: Iterable[FeederSample]) -> None:
        """Takes in what the transformer measured earlier, oldest first, unless it is in doubt.

        What the stations drew then counts as premises' where it is not known any more.
        """
        for sample in samples:
            drawn_w = self.state.drawn_w.get(_slot(sample), NOTHING)
            if self._judge(sample, drawn_w, 0.0) is None:
                self.state.history.record(_slot(sample), less(sample.power_w, drawn_w))

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
        self.doubts = {}
        self._observe(now_s, station_power_w)
        self._record(now_s, sample)
        stations = self.state.stations
        cars = {
            name: Load(
                stations[name].phases,
                stations[name].demand_w,
                PREFERRED_SHARES if name in self.settings.preferred else 1,
            )
            for name in self.settings.stations
            if stations[name].phases
        }
        limits = self._limits(now_s, cars)
        tail = self._tail(now_s, list(cars.values()))
        idle_w = min(IDLE_W, self.settings.station_max_w)
        commands = []
        for name in self.settings.stations:
            state, limit_w = stations[name], limits.get(name, idle_w)
            if self._worth_sending(now, state, limit_w):
                profile = self._profile(
                    now, name, limit_w, tail if name in cars else ()
                )
                state.before, state.profile = state.profile, profile
                commands.append(Command(name, profile))
        return commands

    def undelivered(self, command: Command) -> None:
        """The message did not arrive: the station still does what the one before said."""
        state = self.state.stations[command.station]
        if state.profile is command.profile:
            state.profile = state.before

    def delivered(self, command: Command, after_s: float) -> None:
        """The message was in the meter so long after it was planned.

        What messages take of late is what the next ones must look ahead over.
        """
        state = self.state
        state.late_s += (min(after_s, MOST_LATE_S) - state.late_s) / 8

    def in_force_w(self, station: str, instant: datetime) -> int:
        """The limit under the last profile sent; the station's maximum without one."""
        return self._said_w(self.state.stations[station].profile, instant)

    def _said_w(self, profile: ChargingProfile | None, instant: datetime) -> int:
        period = profile.period_at(instant) if profile else None
        return self.settings.station_max_w if period is None else period.max_w

    def _observe(self, now_s: int, metered: Metered) -> None:
        """Takes in the meter readings: who has a car, on which phases, and what it draws."""
        for name in self.settings.stations:
            state = self.state.stations[name]
            power_w = self._plausible(metered.get(name))
            # One that was never read yet gets the same time to be heard as any other.
            state.metered_s = state.metered_s or now_s
            if power_w is not None:
                state.power_w, state.metered_s = power_w, now_s
                self._watch(now_s, state, power_w)
            elif now_s - state.metered_s > self.settings.stale_s:
                # Not heard for long: its draw counts as premises', and a car as there.
                self.doubts[name] = Doubt.UNREAD
                state.power_w, state.charging_slots = None, 0
                state.phases = state.phases or ALL_PHASES
                state.demand_w = self.settings.station_max_w

    def _plausible(self, power_w: PerPhase | None) -> PerPhase | None:
        """A reading, unless it is more than a station can draw or give.

        Taken off what the transformer measures, it would make room that is not there.
        """
        most_w = self.settings.station_max_w * 3 // 2
        if power_w is None or sum(map(abs, power_w)) > most_w:
            return None
        return power_w

    def _watch(self, now_s: int, state: StationState, power_w: PerPhase) -> None:
        """What a meter's reading tells of the car."""
        charging = tuple(
            phase
            for phase, power in enumerate(power_w)
            if power >= 200 and 5 * power >= max(power_w)
        )
        drawn_w = sum(power_w)
        # A third per phase, or what is seen: a station may be of one phase only.
        most_w = max(self.settings.station_max_w * len(charging) // 3, drawn_w)
        just_now = from_epoch(now_s - 1)
        allowed_w = self._said_w(state.profile, just_now)
        # A car that is paused draws nothing, and is still there.
        paused = not charging and allowed_w < MINIMUM_PER_PHASE_W * len(state.phases)
        if not paused and charging != state.phases:
            state.phases, state.demand_w = charging, most_w
            state.energy_wh = state.turn_until_s = 0
        state.charging_slots = state.charging_slots + 1 if charging else 0
        if not charging:
            return
        state.energy_wh += drawn_w * SLOT_S // HOUR_S
        if state.profile and now_s - state.profile.valid_from.timestamp() < 2 * SLOT_S:
            # The newest message may have been long on its way.
            allowed_w = min(allowed_w, self._said_w(state.before, just_now))
        if drawn_w * 10 >= allowed_w * 9:
            state.demand_w = max(state.demand_w, most_w)
        elif state.charging_slots >= 2:
            # It could have drawn more for all of the quarter-hour, and did not.
            state.demand_w = min(most_w, drawn_w * 21 // 20 + 100)

    def _record(self, now_s: int, sample: FeederSample | None) -> None:
        """Notes the premises' load of the sample's interval, unless it is in doubt.

        A sample that comes late is held against what the stations drew then. With wrong wires
        what was noted of late was wrong, too.
        """
        state = self.state
        drawn_w = NOTHING
        for station in state.stations.values():
            if station.power_w is not None:
                drawn_w = more(drawn_w, station.power_w)
        newest = now_s // SLOT_S - 1
        state.drawn_w[newest] = drawn_w
        for old in [slot for slot in state.drawn_w if slot <= newest - DRAWN_SLOTS]:
            del state.drawn_w[old]
        if sample is None:
            self.doubts[TRANSFORMER] = Doubt.ABSENT
            return
        drawn_w = state.drawn_w.get(_slot(sample), drawn_w)
        doubt = self._judge(sample, drawn_w, now_s - sample.time.timestamp())
        if doubt is not None:
            self.doubts[TRANSFORMER] = doubt
            if doubt is Doubt.MISWIRED:
                state.history.forget(newest - DRAWN_SLOTS)
        else:
            cars = sum(bool(station.phases) for station in state.stations.values())
            load_w = less(sample.power_w, drawn_w)
            state.history.record(_slot(sample), load_w, cars)

    def _judge(
        self, sample: FeederSample, drawn_w: PerPhase, age_s: float
    ) -> Doubt | None:
        return self.state.trust.judge(
            sample,
            drawn_w,
            self.state.history.lowest(_slot(sample)),
            self.settings.per_phase_w(1000),
            age_s,
            self.settings.stale_s,
        )

    def _limits(self, now_s: int, cars: Mapping[str, Load]) -> dict[str, int]:
        """The limit of each station with a car for the coming quarter-hour.

        When not even the minimum of all fits, preferred stations come first, who has a turn
        keeps it, and then comes who has got least.
        """
        settings, stations = self.settings, self.state.stations
        unknown_w = settings.per_phase_w(settings.unknown_permille)
        target_w = settings.per_phase_w(settings.target_permille)
        late_slots = self.state.late_s / SLOT_S
        forecast_w = self.state.history.coming(now_s // SLOT_S, unknown_w)
        # Who comes before the next message can be there draws what a station without a car
        # may; it is taken for one car per quarter-hour.
        newcomers_w = round(late_slots * MINIMUM_PER_PHASE_W)

        def order(name: str) -> tuple[bool, bool, int, str]:
            state, waits = stations[name], name not in settings.preferred
            return waits, state.turn_until_s <= now_s, state.energy_wh, name

        names = sorted(cars, key=order)
        shares = share(
            less((target_w - newcomers_w,) * 3, forecast_w),
            [cars[name] for name in names],
            settings.station_max_w,
            settings.per_phase_w(settings.pause_permille) - target_w + newcomers_w,
        )
        limits = {
            name: self._released(now_s, name, limit_w) // 10 * 10
            for name, limit_w in zip(names, shares)
        }
        scarce = 0 in shares
        for name, limit_w in limits.items():
            state = stations[name]
            if not (scarce and limit_w):
                state.turn_until_s = 0
            elif state.turn_until_s <= now_s:
                state.turn_until_s = now_s + settings.turn_s
        return limits

    def _released(self, now_s: int, name: str, limit_w: int) -> int:
        """A limit on its way up: half of the way per step, all when no message would be sent
        for what remains.

        Cuts take effect at once. Premises and newcomers take part of what is free before the
        next message can be there, and cars that are cut again have gained nothing.
        """
        state = self.state.stations[name]
        was_w = self._said_w(state.profile, from_epoch(now_s - 1))
        half_w = (was_w + limit_w) // 2
        if not _markedly_above(limit_w, half_w):
            return limit_w
        return max(half_w, MINIMUM_PER_PHASE_W * len(state.phases))

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
        # Not so soon that it begins before the message that corrects it can be there.
        soon_s = now_s + max(HOUR_S // 2, SLOT_S + round(self.state.late_s))
        first = (soon_s // HOUR_S + 1) * HOUR_S
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
        # What the car cannot draw does not matter; what is said until the next step does.
        most_w = state.demand_w if state.phases else self.settings.station_max_w
        wanted_w = min(limit_w, most_w)
        soon_s = SLOT_S + max(SLOT_S // 3, round(self.state.late_s))
        soon = now + timedelta(seconds=soon_s)
        said = self._said_w(profile, now), self._said_w(profile, soon)
        if min(said) < MINIMUM_PER_PHASE_W * (len(state.phases) or 3) <= limit_w:
            return True
        low_w, high_w = min(*said, most_w), min(max(said), most_w)
        return (
            high_w - wanted_w > max(200, high_w // 20)
            or bool(state.phases)
            and _markedly_above(wanted_w, low_w)
        )

    def _profile(
        self, now: datetime, station: str, limit_w: int, tail: Sequence[tuple[int, int]]
    ) -> ChargingProfile:
        """The limit from now on, then the tail, to a ValidTo of the station's own."""
        state = self.state.stations[station]
        # By name and not by chance, so that profiles do not all expire at one moment and a
        # run can be repeated.
        jitter_s = zlib.crc32(station.encode()) % self.settings.jitter_s
        valid_to = now + timedelta(seconds=self.settings.tail_s + jitter_s)
        minimum_w = MINIMUM_PER_PHASE_W * len(state.phases)
        periods = [Period(now, limit_w)]
        for begin_s, level_w in tail:
            begin = from_epoch(begin_s)
            max_w = min(max(level_w, minimum_w), self.settings.station_max_w)
            if begin < valid_to and max_w != periods[-1].max_w:
                periods.append(Period(begin, max_w))
        state.seq = max(state.seq + 1, int(now.timestamp()))
        return ChargingProfile(now, valid_to, tuple(periods), seq=state.seq)


def _markedly_above(limit_w: int, low_w: int) -> bool:
    """Whether it is worth a message that a station may draw more."""
    return limit_w - low_w > max(500, low_w // 7)


def _slot(sample: FeederSample) -> int:
    return int(sample.time.timestamp()) // SLOT_S

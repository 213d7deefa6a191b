"""What a control unit decides: the limit that applies now, and the power drawn under it.

No register is known here. Time comes from outside, in whole epoch seconds: `advance` lets it
pass, and what falls due on the way happens at its own instant.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chargepoint.car import NO_POWER, Car, Visits
from chargepoint.committed import CommittedProfile
from chargepoint.limits import Limit, Ratings, Setpoints, applied_limit, offered_da
from chargepoint.registers import STOPPING, WATT_PER_DA, Fault, Status
from chargepoint.sessions import Session
from chargepoint.timing import NEVER_S, DriftingClock, Watchdog
from wire.quantities import PerPhase

# As plain numbers: the value of a flag costs as much as all else, and every heartbeat asks.
_PROFILE_LOADED, _PROFILE_ACTIVE, _ACCOUNTED_FOR, _WATCHDOG_TRIPPED = (
    Status.PROFILE_LOADED.value,
    Status.PROFILE_ACTIVE.value,
    Status.ACCOUNTED_FOR.value,
    Status.WATCHDOG_TRIPPED.value,
)
_BELOW_MINIMUM, _CLOCK_SET = Status.BELOW_MINIMUM.value, Status.CLOCK_SET.value


class Station:
    """A charge point under control.

    `on_power` is called with the instant and the W per phase whenever these change.
    """

    def __init__(
        self, ratings: Ratings, visits: Visits, clock: DriftingClock, now_s: int
    ) -> None:
        self.ratings = ratings
        self.visits = visits
        self.clock = clock
        self.on_power: Callable[[int, PerPhase], None] | None = None
        self.now_s = now_s
        self.next_s = now_s
        self.lifetime_ws = 0
        self.power_w: PerPhase = NO_POWER
        self.total_w = 0
        self.faults = Fault(0)

    def start(self, watchdog_timeout_s: int, safe_w: int) -> None:
        """Boots: every setpoint is gone, and the session's meter is at zero."""
        self.powered = True
        self.watchdog = Watchdog(watchdog_timeout_s, self.now_s)
        self.safe_w = safe_w
        self.profile: CommittedProfile | None = None
        self.period: int | None = None
        self.direct_w: int | None = None
        self._direct_until_s = NEVER_S
        self._direct_lost = False
        self._phase_request = 0
        self.clock_set = False
        self.session_ws = 0
        self.settle()

    def stop(self) -> None:
        """The mains fail: nothing is drawn until `start`."""
        self.powered = False
        self.settle()

    def advance(self, now_s: int) -> None:
        """Lets time pass until `now_s`; an instant that has passed does nothing."""
        while self.next_s <= now_s:
            self._pass_until(self.next_s)
            self.settle()
        if now_s > self.now_s:
            self._pass_until(now_s)

    def hear(self) -> None:
        """A heartbeat; after a trip the setpoints that are still valid count again."""
        lost = self.watchdog.tripped
        self.watchdog.hear(self.now_s)
        if lost:
            self._direct_lost = False
            self.settle()
        else:
            self.next_s = min(self.next_s, self.watchdog.due_s)

    def set_timeout(self, timeout_s: int) -> None:
        """Another time-out of the watchdog; 0 switches it off and ends a trip."""
        self.watchdog.set_timeout(timeout_s)
        if not timeout_s:
            self._direct_lost = False
        self.settle()

    def set_safe(self, safe_w: int) -> None:
        """The limit that applies when direct control is lost."""
        self.safe_w = safe_w
        self.settle()

    def set_direct(self, limit_w: int | None, validity_s: int) -> None:
        """A direct limit from now on, for so many seconds, or without end when 0."""
        self.direct_w = limit_w
        ends = limit_w is not None and validity_s
        self._direct_until_s = self.now_s + validity_s if ends else NEVER_S
        self.settle()

    def request_phases(self, phases: int) -> None:
        """Charge on 1 or on 3 phases; 0 is all."""
        if phases != self._phase_request:
            self._phase_request = phases
            self.settle()

    def follow(self, profile: CommittedProfile | None) -> None:
        """This profile takes the place of the one before; None is no profile."""
        self.profile = profile
        self.settle()

    def set_clock(self, clock_s: int) -> None:
        """The unit's own clock, by which profiles are followed, shows this now."""
        self.clock.set(self.now_s, clock_s)
        self.clock_set = True
        self.settle()

    def plug(self, session: Session | None) -> None:
        """By hand: who is there leaves now, and the car of `session`, if any, comes."""
        self.visits.replace(session, self.now_s)
        self.session_ws = 0
        self.settle()

    def fit_cable(self, cable_da: int | None) -> None:
        """The cable or the temperature now allows so many 0.1 A; None is no limit."""
        self.ratings = replace(self.ratings, cable_da=cable_da)
        self.settle()

    def set_faults(self, faults: Fault) -> None:
        """The hardware's faults; while there is one, no car is charged."""
        self.faults = faults & STOPPING
        self.settle()

    @property
    def iec61851_state(self) -> str:
        """A no car, B a car that is not charging, C charging, F out of order."""
        if self.faults or not self.powered:
            return "F"
        if self.visits.present is None:
            return "A"
        return "C" if self.total_w else "B"

    @property
    def status(self) -> int:
        """The bits of register 108, as `Status` has them."""
        bits = 0
        if self.profile is not None:
            bits |= _PROFILE_LOADED
        if self.period is not None:
            bits |= _PROFILE_ACTIVE
        if self._setpoints.commanded():
            bits |= _ACCOUNTED_FOR
        if self.watchdog.tripped:
            bits |= _WATCHDOG_TRIPPED
        charges = self.powered and not self.faults
        if charges and self.limit.limit_w and not self.offered_da:
            bits |= _BELOW_MINIMUM
        if self.clock_set:
            bits |= _CLOCK_SET
        return bits

    def settle(self) -> None:
        """Does what is due now, and finds the limit, the power and the next instant."""
        clock_s = self.clock.at(self.now_s)
        if self.profile is not None and clock_s >= self.profile.valid_to_s:
            self.profile = None
        self.period = self.profile.index_at(clock_s) if self.profile else None
        if self.now_s >= self._direct_until_s:
            self.direct_w = None
            self._direct_until_s = NEVER_S
        self.watchdog.check(self.now_s)
        if self.watchdog.tripped and self.period is None and self.direct_w is not None:
            self._direct_lost = True
        before = self.visits.present
        self.visits.move(self.now_s)
        if self.visits.present is not before:
            self.session_ws = 0
        self._setpoints = self._governing()
        self.limit: Limit = applied_limit(self.ratings, self._setpoints)
        self._charge(self.visits.present)
        self.next_s = self._look_ahead(clock_s)

    def _governing(self) -> Setpoints:
        profile_w = None
        if self.profile is not None and self.period is not None:
            profile_w = self.profile.limits_w[self.period]
        if self._direct_lost:
            return Setpoints(profile_w, None, self.safe_w)
        return Setpoints(profile_w, self.direct_w)

    def _charge(self, car: Car | None) -> None:
        phases = 1 if self._phase_request == 1 else self.ratings.phases
        if car is not None:
            phases = min(phases, car.session.phases)
        self.phases_in_use = phases
        self.offered_da = 0
        if self.powered and not self.faults:
            self.offered_da = offered_da(self.ratings, self.limit.limit_w, phases)
        power_w: PerPhase = NO_POWER
        if car is not None:
            power_w = car.power_w(self.offered_da * WATT_PER_DA * phases, phases)
        if power_w != self.power_w:
            self.power_w = power_w
            self.total_w = sum(power_w)
            if self.on_power is not None:
                self.on_power(self.now_s, power_w)

    def _look_ahead(self, clock_s: int) -> int:
        next_s = min(self.watchdog.due_s, self._direct_until_s)
        if self.profile is not None:
            next_s = min(next_s, self.clock.when(self.profile.next_s(clock_s)))
        if self.visits.next_s is not None:
            next_s = min(next_s, self.visits.next_s)
        if self.visits.present is not None and self.total_w:
            full_in_s = self.visits.present.full_in_s(self.total_w)
            if full_in_s is not None:
                next_s = min(next_s, self.now_s + full_in_s)
        return next_s

    def _pass_until(self, now_s: int) -> None:
        if self.total_w:
            drawn_ws = self.total_w * (now_s - self.now_s)
            self.lifetime_ws += drawn_ws
            self.session_ws += drawn_ws
            if self.visits.present is not None:
                self.visits.present.drawn_ws += drawn_ws
        self.now_s = now_s

"""The charge point's control unit, as a Modbus master meets it: registers over a `Station`.

It follows the map of `chargepoint.registers`; see there for addresses, units and meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chargepoint.car import Visits
from chargepoint.committed import HEADER_WORDS, CommitRefused, judge
from chargepoint.image import Image, check_write
from chargepoint.kept import DEFAULT_SAFE_W, Kept
from chargepoint.limits import Ratings
from chargepoint.registers import (
    MAGIC,
    MAP_VERSION,
    MAX_PERIODS,
    NO_LIMIT,
    PERIODS_FROM,
    PERSIST_MAGIC,
    STAGED_FROM,
    Command,
    ExceptionCode,
    Outcome,
    Register,
    RequestRefused,
    hardware_max_w,
    register,
)
from chargepoint.rendering import (
    METERING_FROM,
    STATE_FROM,
    render_clock,
    render_direct,
    render_metering,
    render_state,
)
from chargepoint.station import Station
from chargepoint.timing import NEVER_S, DriftingClock
from wire.errors import LocalError
from wire.quantities import PerPhase

_HEARTBEAT = register("heartbeat").address
_TIMEOUT = register("watchdog_timeout").address
_SAFE = register("safe_power").address
_PERSIST = register("persist").address
_DIRECT = register("direct_limit").address
_VALIDITY = register("direct_validity").address
_PHASES = register("phase_request").address
_COMMIT = register("commit").address
_COUNT = register("period_count").address
_CLOCK = register("clock").address
_BUFFER_END = PERIODS_FROM + 4 * MAX_PERIODS


class ControlUnit:
    """One control unit, with the cars that come to it.

    With `commit_s` a commit takes so long, and until then the buffer is busy; `clock_error_s`
    and `drift_ppm` make the unit's own clock wrong.
    """

    def __init__(
        self,
        serial: str,
        *,
        now_s: int,
        phases: int = 3,
        hardware_max_da: int = 320,
        own_limit_w: int | None = None,
        cable_da: int | None = None,
        visits: Visits | None = None,
        kept: Kept = Kept(),
        commit_s: int = 0,
        clock_error_s: int = 0,
        drift_ppm: int = 0,
    ) -> None:
        if phases not in (1, 3):
            raise LocalError(f"a charge point has 1 or 3 phases, not {phases}")
        built_w = hardware_max_w(phases, hardware_max_da)
        self.serial = serial
        self.station = Station(
            Ratings(
                phases,
                hardware_max_da,
                built_w if own_limit_w is None else own_limit_w,
                cable_da,
            ),
            visits or Visits(),
            DriftingClock(now_s, clock_error_s, drift_ppm),
            now_s,
        )
        self.station.lifetime_ws = kept.lifetime_ws
        self.voltage_dv = (2300, 2300, 2300) if phases == 3 else (2300, 0, 0)
        self._kept = kept
        self._commit_s = commit_s
        self._start()

    @property
    def power_w(self) -> PerPhase:
        """What the car draws on L1, L2 and L3."""
        return self.station.power_w

    @property
    def kept(self) -> Kept:
        """What a restart leaves."""
        kept = self._kept
        return Kept(
            kept.watchdog_timeout_s, kept.safe_power_w, self.station.lifetime_ws
        )

    @property
    def next_change_s(self) -> int | None:
        """Until then nothing changes by itself; None when nothing ever will."""
        next_s = min(self.station.next_s, self._commit_due_s)
        return next_s if next_s < NEVER_S else None

    def advance(self, now_s: int) -> None:
        """Lets time pass until `now_s`; an instant that has passed does nothing."""
        if now_s >= self._commit_due_s:
            self.station.advance(self._commit_due_s)
            self._finish_commit()
        self.station.advance(now_s)

    def power_off(self, now_s: int) -> None:
        """The mains fail: nothing is drawn, and nothing answers until `restart`."""
        self.advance(now_s)
        self.station.stop()

    def restart(self, now_s: int) -> None:
        """The unit boots: setpoints, buffer, sequence and heartbeat are gone."""
        self.advance(now_s)
        self._start()

    def read(self, address: int, count: int) -> list[int]:
        """The words of `count` registers; `RequestRefused` has the exception to send."""
        self._check_powered()
        octets, station = self._image.octets, self.station
        if STATE_FROM <= address < METERING_FROM:
            render_state(octets, station, self._last_reject)
        elif METERING_FROM <= address < _HEARTBEAT:
            render_metering(octets, station, self.voltage_dv)
        elif _HEARTBEAT <= address < _COMMIT:
            render_direct(octets, station)
        elif address >= _CLOCK:
            render_clock(octets, station)
        return self._image.read(address, count)

    def write(self, address: int, words: Sequence[int]) -> None:
        """Writes registers, all or none; `RequestRefused` has the exception to send."""
        self._check_powered()
        end = address + len(words)
        check_write(address, len(words))
        if self._commit_due_s < NEVER_S and address < _BUFFER_END and end > _COMMIT:
            raise RequestRefused(
                ExceptionCode.DEVICE_BUSY, "the buffer is being committed"
            )
        image = self._image
        heartbeat = image.u16(_HEARTBEAT)
        # The heartbeat comes first of all that can be written, and most of the time alone.
        goes_on = end > _HEARTBEAT + 1
        if goes_on:
            self._check_values(address, words)
            render_direct(image.octets, self.station)
        image.put(address, words)
        if image.u16(_HEARTBEAT) != heartbeat:
            self.station.hear()
        if goes_on:
            for first, last, effect in _EFFECTS:
                if address <= last and first < end:
                    effect(self)

    def _start(self) -> None:
        image = self._image = Image()
        image.set("magic", MAGIC)
        image.set("map_version", MAP_VERSION)
        image.set("serial", self.serial)
        image.set("phases", self.station.ratings.phases)
        image.set("hardware_max", self.station.ratings.hardware_max_da)
        image.set("own_limit", self.station.ratings.own_limit_w)
        image.set("watchdog_timeout", self._kept.watchdog_timeout_s)
        image.set("safe_power", self._kept.safe_power_w)
        self._commit_due_s = NEVER_S
        self._last_sequence = 0
        self._last_reject = 0
        self.station.start(self._kept.watchdog_timeout_s, self._kept.safe_power_w)

    def _check_powered(self) -> None:
        if not self.station.powered:
            raise RequestRefused(ExceptionCode.DEVICE_FAILURE, "the unit has no power")

    def _check_values(self, address: int, words: Sequence[int]) -> None:
        end = address + len(words)
        for row, allowed in _ALLOWED:
            if address <= row.address < end:
                at = row.address - address
                value = row.decode(words[at : at + row.words])
                if not allowed(self.station.ratings, value):
                    raise RequestRefused(
                        ExceptionCode.ILLEGAL_VALUE, f"{row.name} cannot be {value}"
                    )

    # What a write does, besides being stored

    def _set_timeout(self) -> None:
        self.station.set_timeout(self._image.u16(_TIMEOUT))

    def _set_safe(self) -> None:
        self.station.set_safe(self._image.u32(_SAFE))

    def _keep(self) -> None:
        self._image.set("persist", 0)
        self._kept = Kept(self._image.u16(_TIMEOUT), self._image.u32(_SAFE))

    def _set_direct(self) -> None:
        limit_w = self._image.u32(_DIRECT)
        self.station.set_direct(
            None if limit_w == NO_LIMIT else limit_w, self._image.u16(_VALIDITY)
        )

    def _request_phases(self) -> None:
        self.station.request_phases(self._image.u16(_PHASES))

    def _set_clock(self) -> None:
        self.station.set_clock(self._image.u32(_CLOCK))

    def _command(self) -> None:
        if self._image.u16(_COMMIT) == Command.CLEAR:
            self.station.follow(None)
            self._conclude(Outcome.CLEARED)
        elif self._commit_s:
            self._commit_due_s = self.station.now_s + self._commit_s
            self._image.set("commit", Outcome.BUSY)
        else:
            self._finish_commit()

    def _finish_commit(self) -> None:
        station = self.station
        self._commit_due_s = NEVER_S
        try:
            profile = judge(
                self._image.read(STAGED_FROM, HEADER_WORDS),
                self._image.words(PERIODS_FROM, 4 * MAX_PERIODS),
                now_s=station.clock.at(station.now_s),
                hardware_max_w=station.ratings.hardware_max_w,
                loaded=station.profile,
                last_sequence=self._last_sequence,
            )
        except CommitRefused as refusal:
            self._conclude(refusal.code, refusal.code)
            return
        if profile.sequence:
            self._last_sequence = profile.sequence
        station.follow(profile)
        self._conclude(Outcome.COMMITTED)

    def _conclude(self, outcome: int, reject: int = 0) -> None:
        self._image.set("commit", outcome)
        self._last_reject = reject


_ALLOWED: tuple[tuple[Register, Callable[[Ratings, int], bool]], ...] = (
    (
        register("safe_power"),
        lambda ratings, w: w <= max(ratings.hardware_max_w, DEFAULT_SAFE_W),
    ),
    (register("persist"), lambda _, magic: magic == PERSIST_MAGIC),
    (
        register("direct_limit"),
        lambda ratings, w: w == NO_LIMIT or w <= ratings.hardware_max_w,
    ),
    (
        register("phase_request"),
        lambda ratings, phases: phases in (0, 1, ratings.phases),
    ),
    (register("commit"), lambda _, command: command in (*Command,)),
    (register("period_count"), lambda _, count: count <= MAX_PERIODS),
)

_EFFECTS: tuple[tuple[int, int, Callable[[ControlUnit], None]], ...] = (
    (_TIMEOUT, _TIMEOUT, ControlUnit._set_timeout),
    (_SAFE, _SAFE, ControlUnit._set_safe),
    (_PERSIST, _PERSIST, ControlUnit._keep),
    (_DIRECT, _VALIDITY, ControlUnit._set_direct),
    (_PHASES, _PHASES, ControlUnit._request_phases),
    (_CLOCK, _CLOCK, ControlUnit._set_clock),
    (_COMMIT, _COMMIT, ControlUnit._command),
)
"""From and to which register a write triggers what, in the order in which it happens."""

"""Keeps a control unit at what is commanded, one exchange at a time, whatever it answers."""

from __future__ import annotations

from collections.abc import Sequence

from chargepoint import exchanges
from chargepoint.agreement import command_fault, difference, differs, shows
from chargepoint.exchanges import Exchange, Purpose, UnitIdentity, UnitStatus, Words
from chargepoint.journal import CommitResult, Record, mark
from chargepoint.notices import Alarm, Board, Event
from chargepoint.pulse import Pulse
from chargepoint.registers import ExceptionCode, Outcome, Source
from chargepoint.retries import Backoff, Patience
from chargepoint.target import GUARD_S, Outlook, Target
from wire.charging_profile import ChargingProfile, Reject
from wire.errors import PeerRefused, SimError, WireError

FAULT_ATTEMPTS = 5
"""So many attempts at one target may fail before it is a fault; attempts go on all the same."""

_SETTINGS = (Purpose.DIRECT, Purpose.PHASES)
_COMMANDS = (Purpose.COMMIT, Purpose.CLEAR, Purpose.READ_BACK)


class UnitDriver:
    """Decides the next exchange, and learns from how each one ended.

    `record` is what the gateway remembers; the driver changes only its commit result. All
    `now_s` are monotonic seconds; `telegram_s` is telegram time, None while it is unknown:
    until then the unit is watched and its watchdog kept, and it is told nothing.
    """

    def __init__(self, record: Record, board: Board) -> None:
        self.record = record
        self.identity: UnitIdentity | None = None
        self.status: UnitStatus | None = None
        self._board = board
        self._away = Backoff()
        self._retry = Backoff()
        self._refusing: set[Purpose] = set()
        self._outlook = Outlook()
        self._asked: Target | None = None
        # The unit must be looked at afresh: it was away, restarted, or does odd things.
        self._unknown = True
        self._pulse = Pulse()
        # What the unit holds by our knowledge.
        self._held: ChargingProfile | None = None
        self._unnumbered = False
        # What the last command was to bring about; None: the unit did not take it.
        self._told: Target | None = None
        self._busy = False
        self._patience = Patience()
        self._direct_w: int | None = None
        self._phases = 0

    def take(self, record: Record) -> None:
        """Another message governs; how the one before fared has no bearing on it."""
        self.record = record
        self._retry.reset()
        self._refusing.difference_update(_COMMANDS, _SETTINGS)
        self._unnumbered = False

    def set_clock_soon(self) -> None:
        """Telegram time made a step, so the unit's clock must follow."""
        self._pulse.set_clock_soon()

    def next_exchange(self, now_s: float, telegram_s: float | None) -> Exchange | None:
        """What to ask of the unit now, the one before being over; None: nothing is due."""
        target = self._target_at(telegram_s)
        if target is not self._asked and target != self._asked:
            self._asked = target
            self._compare(now_s)
            if target is not None and target.over and target.settled:
                # Only a look now tells whether the unit has let the profile go by itself.
                self._pulse.look_by(now_s)
        if self._away.waits(now_s):
            return None
        if self._unknown:
            return exchanges.find()
        if now_s >= self._pulse.beat_at_s:
            return exchanges.heartbeat(self._pulse.next_counter)
        if telegram_s is None:
            return None
        if now_s >= self._pulse.clock_at_s:
            return exchanges.set_clock(int(telegram_s))
        if target is None or now_s < self._rests_until_s:
            return None
        return self._towards(target)

    def due_s(self, now_s: float, telegram_s: float | None) -> float:
        """When to ask `next_exchange` again, if nothing else happens before."""
        if self._away.waits(now_s):
            return self._away.until_s
        if self._unknown:
            return now_s
        if telegram_s is None:
            return self._pulse.beat_at_s
        due_s = min(self._pulse.beat_at_s, self._pulse.clock_at_s)
        rests_until_s = self._rests_until_s
        return min(due_s, rests_until_s) if now_s < rests_until_s else due_s

    def done(
        self,
        exchange: Exchange,
        answers: Sequence[Words],
        now_s: float,
        telegram_s: float | None,
    ) -> None:
        """An exchange was answered; `answers` are those of its reads, in order."""
        purpose = exchange.purpose
        self._board.metrics.exchanges += 1
        if purpose is Purpose.FIND:
            try:
                self._found(UnitIdentity.read(answers[0], answers[2]), now_s)
            except WireError as error:
                self._is_away(now_s, str(error))
                return
        self._answered(purpose, now_s)
        if purpose is Purpose.SET_CLOCK:
            self._pulse.clock_set(now_s)
            return
        if purpose is Purpose.HEARTBEAT:
            self._board.metrics.heartbeats += 1
            self._pulse.beaten(now_s)
        status = UnitStatus.read(answers[1 if purpose is Purpose.FIND else -1])
        target = self._target_at(telegram_s)
        self.status = status
        self._compare(now_s)
        if purpose in _SETTINGS:
            self._is_set(purpose, now_s)
        elif purpose in _COMMANDS:
            self._judge_command(answers[0][0], status, target, now_s)
        else:
            self._watch(status, target, now_s, known=purpose is Purpose.FIND)

    def failed(self, exchange: Exchange, error: SimError, now_s: float) -> None:
        """An exchange was not answered, or was refused with an exception."""
        self._board.metrics.failed_exchanges += 1
        purpose = exchange.purpose
        why = f"{purpose.value}: {error}"
        if not isinstance(error, PeerRefused):
            self._is_away(now_s, why)
            return
        self._board.over(now_s, Alarm.UNIT_AWAY)
        if purpose in _COMMANDS and error.result == ExceptionCode.DEVICE_BUSY:
            if purpose is not Purpose.READ_BACK:
                self._told = None
            self._is_busy(now_s)
            return
        self._refusing.add(purpose)
        self._board.raised(now_s, Alarm.UNIT_REFUSES, why)
        if purpose is Purpose.FIND:
            self._away.failed(now_s)
        elif purpose is Purpose.HEARTBEAT:
            self._pulse.beat_refused(now_s)
        elif purpose is Purpose.SET_CLOCK:
            self._pulse.clock_refused(now_s)
        else:
            self._attempt_failed(now_s, why)

    def next_change_s(self, telegram_s: float) -> float | None:
        """When, in telegram time, the target may become another."""
        return self._outlook.next_change_s(self.record, telegram_s)

    # Towards the target

    def _target_at(self, telegram_s: float | None) -> Target | None:
        if telegram_s is None:
            return None
        return self._outlook.target_at(self.record, telegram_s)

    @property
    def _rests_until_s(self) -> float:
        """Before this nothing is done towards the target."""
        return max(self._retry.until_s, self._patience.until_s)

    def _towards(self, target: Target) -> Exchange | None:
        """The exchange that brings the unit nearer to the target; None when it is there."""
        if self._busy:
            return exchanges.read_back()
        if target.profile is not None:
            if self._held != target.profile and self._recognised(target.profile):
                self._held = target.profile
            if self._held != target.profile:
                self._told = target
                return exchanges.commit(target.profile, self._sequence(target.profile))
        elif self.status is not None and self.status.loaded and target.settled:
            self._told = target
            return exchanges.clear()
        elif self.record.profile is None:
            self._mark(CommitResult.DONE)
        if self._direct_w != target.direct_w:
            return exchanges.direct(target.direct_w)
        if self._phases != target.phases:
            return exchanges.phases(target.phases)
        return None

    def _is_set(self, purpose: Purpose, now_s: float) -> None:
        asked = self._asked
        assert asked is not None
        self._retry.reset()
        if purpose is Purpose.PHASES:
            self._phases = asked.phases
            return
        self._direct_w = asked.direct_w
        if asked.direct_w is not None:
            self._board.note(now_s, Event.FALLBACK, f"{asked.direct_w} W")

    def _is_busy(self, now_s: float) -> None:
        """The unit is at a commit, ours or another's: time, and not a failure yet."""
        self._busy = True
        if not self._patience.waits_on(now_s):
            self._attempt_failed(now_s, "the unit stays busy")

    def _judge_command(
        self, outcome: int, status: UnitStatus, target: Target | None, now_s: float
    ) -> None:
        """Judges a command by what was read back after it; `target` is what is wanted now."""
        if outcome == Outcome.BUSY:
            self._is_busy(now_s)
            return
        self._busy = False
        told = self._told
        if told is None:
            # The outcome is another's, whose command kept ours out.
            self._unknown = True
            return
        if target is not None and target.profile == told.profile:
            told = target
        fault = self._command_fault(told, outcome, status)
        if fault is not None and told is not target:
            # Something else is wanted by now; only what the unit holds is in doubt.
            self._unknown = True
            return
        self._patience.reset()
        if fault is not None:
            # The gateway itself guards against replay; a unit that knows the number already
            # and has lost what belongs to it gets the profile without one.
            self._unnumbered = self._unnumbered or outcome == Reject.REPLAY
            self._attempt_failed(now_s, fault)
            self._unknown = True
            return
        self._held = told.profile
        self._retry.reset()
        # The applied limit may follow only when the clocks are past the start: look again.
        self._pulse.look_by(now_s + GUARD_S + 1)
        if told.profile is not None:
            self._board.metrics.commits += 1
            detail = f"sequence {status.sequence}, {status.applied_w} W applied"
            self._board.note(now_s, Event.COMMITTED, detail)
        else:
            self._board.note(now_s, Event.UNIT_CLEARED)
        self._board.over(now_s, Alarm.COMMIT_FAILED)
        if told.profile == self.record.profile:
            self._mark(CommitResult.DONE)

    def _command_fault(
        self, told: Target, outcome: int, status: UnitStatus
    ) -> str | None:
        sequence = self._sequence(told.profile)
        fault = command_fault(told, outcome, status, sequence)
        if fault is None and told.profile is not None:
            fault = self._difference(status, told)
        return fault

    def _sequence(self, profile: ChargingProfile | None) -> int:
        """Under which number it is committed; 0 is none."""
        if self._unnumbered or profile is None:
            return 0
        return profile.seq or 0

    def _holds(self, status: UnitStatus, profile: ChargingProfile) -> bool:
        return shows(status, profile, self._sequence(profile))

    def _recognised(self, profile: ChargingProfile) -> bool:
        """Whether the unit still holds what was committed before the gateway restarted."""
        return (
            self.record.commit is CommitResult.DONE
            and self._held is None
            and self.status is not None
            and bool(profile.seq)
            and self._holds(self.status, profile)
            and not self._retry.count
        )

    def _attempt_failed(self, now_s: float, why: str) -> None:
        # By a wrong clock of its own the unit would refuse the next one, too.
        self._pulse.set_clock_soon()
        self._retry.failed(now_s)
        self._board.metrics.commit_retries += 1
        self._board.note(now_s, Event.COMMIT_RETRY, why)
        if self._retry.count >= FAULT_ATTEMPTS:
            self._board.raised(now_s, Alarm.COMMIT_FAILED, why)
            self._mark(CommitResult.FAILED)

    def _mark(self, result: CommitResult) -> None:
        if self.record.commit is not result:
            self.record = mark(self.record, result)

    # Watching

    def _found(self, identity: UnitIdentity, now_s: float) -> None:
        if self.identity is None:
            detail = (
                f"watchdog {identity.watchdog_s} s, own limit {identity.own_limit_w} W"
            )
            self._board.note(now_s, Event.UNIT_FOUND, detail)
        self.identity = identity
        self._unknown = False
        self._pulse.found(identity.heartbeat, identity.watchdog_s, now_s)
        self._direct_w = identity.direct_w
        self._phases = identity.phases

    def _compare(self, now_s: float) -> None:
        """Takes what is commanded and what the unit showed last into figures and alarms."""
        target, status, identity = self._asked, self.status, self.identity
        if status is not None and identity is not None:
            if status.fault_names:
                self._board.raised(now_s, Alarm.UNIT_FAULT, status.fault_names)
            else:
                self._board.over(now_s, Alarm.UNIT_FAULT)
        self._board.metrics.applied(
            now_s,
            commanded_w=None if target is None else target.limit_w,
            applied_w=None if status is None else status.applied_w,
            differs=differs(target, identity, status, self._board.metrics.differs),
        )

    def _watch(
        self, status: UnitStatus, target: Target | None, now_s: float, *, known: bool
    ) -> None:
        """Notices that the unit is not as it was left; `known`: it was just found."""
        if self._pulse.clock_given and not status.clock_set:
            self._board.metrics.unit_restarts += 1
            self._board.note(now_s, Event.UNIT_RESTARTED, "its clock is not set")
            self._pulse.clock_lost()
            self._held = None
            self._unknown = not known
            return
        if target is None:
            return
        if target.direct_w is not None and status.source == Source.SAFE:
            # The watchdog had tripped; the direct limit counts again once it is written.
            self._direct_w = None
        if target.profile is None or self._held != target.profile:
            return
        if not self._holds(status, target.profile):
            self._held = None
            self._pulse.set_clock_soon()
            self._mark(CommitResult.PENDING)
            self._board.note(now_s, Event.COMMIT_RETRY, "the unit lost the profile")
            return
        difference = self._difference(status, target)
        if difference is None:
            # A setting that is refused waits for its own turn, and fails by itself.
            if self._refusing.isdisjoint(_SETTINGS):
                self._retry.reset()
                self._board.over(now_s, Alarm.COMMIT_FAILED)
        elif known:
            self._held = None
            self._attempt_failed(now_s, difference)
        else:
            # It may have been configured anew meanwhile.
            self._unknown = True

    def _difference(self, status: UnitStatus, target: Target) -> str | None:
        assert self.identity is not None
        return difference(target, self.identity, status, self._direct_w)

    def _answered(self, purpose: Purpose, now_s: float) -> None:
        self._away.reset()
        self._board.over(now_s, Alarm.UNIT_AWAY)
        if self._refusing:
            self._refusing.discard(purpose)
        if not self._refusing:
            self._board.over(now_s, Alarm.UNIT_REFUSES)

    def _is_away(self, now_s: float, why: str) -> None:
        self._unknown = True
        self._away.failed(now_s)
        self._board.raised(now_s, Alarm.UNIT_AWAY, why)

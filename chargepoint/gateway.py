"""The gateway between a meter's P1 port and a charge point's control unit: its decisions.

Telegrams and the unit's answers go in; what to do next comes out, one step at a time. Nothing
here reads a clock or touches a wire: `now_s` is monotonic seconds, `host_s` is the host's
idea of the time in epoch seconds, and the gateway acts on neither but on telegram time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chargepoint.exchanges import Exchange, Purpose, Words
from chargepoint.journal import Recalled, Record
from chargepoint.messages import Messages
from chargepoint.notices import Alarm, Board, Event, Metrics, Notice
from chargepoint.telegram_clock import TelegramClock
from chargepoint.unit_driver import UnitDriver
from wire.charging_profile import Reject
from wire.errors import SimError
from wire.p1 import DropReason, Telegram

SILENT_CADENCES = 3
"""So many telegrams in a row may be missing before P1 counts as silent (rule of section 4)."""

APART_S = 60
"""Rule 15: how far host and telegram may be apart."""

_DEFAULT_CADENCE_S = 10

_DROPS = {
    DropReason.CRC: Reject.TELEGRAM_CRC,
    DropReason.NO_CRC: Reject.TELEGRAM_CRC,
    DropReason.ABORTED: Reject.TELEGRAM_DAMAGED,
    DropReason.END_LINE: Reject.TELEGRAM_DAMAGED,
    DropReason.TOO_LONG: Reject.TELEGRAM_DAMAGED,
}


@dataclass(frozen=True, slots=True)
class Save:
    """Keep this record before anything else is done."""

    record: Record


class GatewayLogic:
    """All decisions of one gateway.

    The edge feeds `telegram` and `dropped`, and whenever it is idle takes `next_step`, does it
    and says how it went; with None it comes back at `wake_at`, or when a feed returned True.
    `hardware_max_w` is rule 9's bound; once the unit is found, its own maximum if lower.
    `thinned_s` is how often telegrams come where some are left out on the way.
    """

    def __init__(
        self,
        recalled: Recalled,
        *,
        hardware_max_w: int,
        tolerant: bool = False,
        thinned_s: int = 0,
    ) -> None:
        self._board = Board()
        self._clock = TelegramClock()
        self._driver = UnitDriver(recalled.record, self._board)
        self._messages = Messages(
            self._driver,
            self._board,
            hardware_max_w=hardware_max_w,
            tolerant=tolerant,
        )
        self._saved = recalled.record
        self._problem = recalled.problem
        self._thinned_s = thinned_s
        self._cadence_s = max(_DEFAULT_CADENCE_S, thinned_s)
        self._heard_s: float | None = None
        self._silent = False
        self._dropped: Reject | None = None
        self._losses = 0

    @property
    def record(self) -> Record:
        """What is remembered: the last message taken and what came of it."""
        return self._driver.record

    @property
    def metrics(self) -> Metrics:
        """The figures."""
        return self._board.metrics

    @property
    def alarms(self) -> dict[Alarm, str]:
        """The alarms that stand, with their newest detail."""
        return dict(self._board.alarms)

    def take_notices(self) -> list[Notice]:
        """What happened since the last call, oldest first."""
        return self._board.take()

    def telegram_time(self, now_s: float) -> float | None:
        """The time that the gateway acts on, in epoch seconds; None until a telegram came."""
        return self._clock.at(now_s)

    # From the meter

    def telegram(self, telegram: Telegram, now_s: float, host_s: float) -> bool:
        """Takes a telegram whose CRC is right; whether there may be a step to do."""
        metrics, clock = self._board.metrics, self._clock
        metrics.telegrams += 1
        self._dropped, self._losses = None, 0
        self._board.over(now_s, Alarm.P1_AWAY)
        time = telegram.time
        if time is None:
            self._board.raised(now_s, Alarm.NO_TIME)
            return False
        telegram_s = time.timestamp()
        self._heard_s = now_s
        if clock.telegram(telegram_s, now_s):
            self._board.note(now_s, Event.CLOCK_STEPPED)
            self._driver.set_clock_soon()
            self._messages.read_again()
        if self._board.alarms or abs(host_s - telegram_s) > APART_S or clock.doubtful:
            self._review(telegram_s, now_s, host_s)
        clock_s = clock.at(now_s)
        assert clock_s is not None
        if not self._messages.hear(telegram, clock_s, now_s):
            return False
        version = telegram.version
        if version is not None:
            self._cadence_s = max(version.period_s, self._thinned_s)
        return True

    def dropped(self, count: int, reason: DropReason, now_s: float) -> None:
        """Rule 1: so many bytes were no telegram; what governs goes on."""
        metrics = self._board.metrics
        metrics.drops += 1
        metrics.dropped_bytes += count
        code = _DROPS.get(reason)
        if code is not None:
            metrics.rejects[code] += 1
            metrics.last_reject = self._dropped = code

    def p1_lost(self, why: str, now_s: float) -> None:
        """The P1 port cannot be reached, or hung up; some do so after each telegram."""
        self._losses += 1
        if self._losses > 1:
            self._board.raised(now_s, Alarm.P1_AWAY, why)

    # To the unit

    def next_step(self, now_s: float) -> Save | Exchange | None:
        """What to do now; to be asked only when the step before is over."""
        if self._heard_s is None:
            self._heard_s = now_s
        if self._problem is not None:
            self._board.raised(now_s, Alarm.JOURNAL, self._problem)
            self._problem = None
        if self._silence_due_s() <= now_s:
            self._silent = True
            detail = f"for {SILENT_CADENCES * self._cadence_s} s"
            if self._dropped is not None:
                detail += f"; what comes is dropped, {self._dropped.name}"
            self._board.raised(now_s, Alarm.P1_SILENT, detail)
        telegram_s = self._clock.at(now_s)
        if telegram_s is not None:
            self._messages.note_expiry(telegram_s, now_s)
        if self._driver.record is not self._saved:
            return Save(self._driver.record)
        exchange = self._driver.next_exchange(now_s, telegram_s)
        if exchange is None and self._driver.record is not self._saved:
            return Save(self._driver.record)
        return exchange

    def saved(self, save: Save, now_s: float) -> None:
        """The record is kept."""
        self._saved = save.record
        self._board.over(now_s, Alarm.JOURNAL)

    def not_saved(self, save: Save, error: SimError, now_s: float) -> None:
        """The record cannot be kept; a limit must reach the unit all the same."""
        self._saved = save.record
        self._board.raised(now_s, Alarm.JOURNAL, str(error))

    def done(self, exchange: Exchange, answers: Sequence[Words], now_s: float) -> None:
        """The unit answered; `answers` are those of the exchange's reads, in order."""
        telegram_s, driver = self._clock.at(now_s), self._driver
        driver.done(exchange, answers, now_s, telegram_s)
        if exchange.purpose is Purpose.FIND and driver.identity is not None:
            unit_max_w = driver.identity.hardware_max_w
            self._messages.unit_found(unit_max_w, telegram_s, now_s)

    def failed(self, exchange: Exchange, error: SimError, now_s: float) -> None:
        """The unit did not answer (`TransportError`), or with an exception (`PeerRefused`)."""
        self._driver.failed(exchange, error, now_s)

    def wake_at(self, now_s: float) -> float:
        """When to ask `next_step` again at the latest, in monotonic seconds."""
        telegram_s = self._clock.at(now_s)
        wake_s = min(self._driver.due_s(now_s, telegram_s), self._silence_due_s())
        if telegram_s is not None:
            change_s = self._driver.next_change_s(telegram_s)
            if change_s is not None:
                wake_s = min(wake_s, self._clock.monotonic(change_s))
        return wake_s

    # Inside

    def _silence_due_s(self) -> float:
        if self._silent or self._heard_s is None:
            return float("inf")
        return self._heard_s + SILENT_CADENCES * self._cadence_s

    def _review(self, telegram_s: float, now_s: float, host_s: float) -> None:
        """Raises or ends the alarms that a telegram's arrival and time decide."""
        board = self._board
        self._silent = False
        board.over(now_s, Alarm.P1_SILENT)
        board.over(now_s, Alarm.NO_TIME)
        apart_s = round(telegram_s - host_s)
        if abs(host_s - telegram_s) > APART_S:
            board.metrics.rejects[Reject.CLOCKS_APART] += (
                Alarm.CLOCKS_APART not in board.alarms
            )
            board.raised(
                now_s,
                Alarm.CLOCKS_APART,
                f"the telegram is {abs(apart_s)} s {'ahead' if apart_s > 0 else 'behind'}",
            )
        else:
            board.over(now_s, Alarm.CLOCKS_APART)
        if self._clock.doubtful:
            board.raised(now_s, Alarm.CLOCK_STEP, "not believed yet")
        else:
            board.over(now_s, Alarm.CLOCK_STEP)

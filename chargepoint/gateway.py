"""The gateway between a meter's P1 port and a charge point's control unit: its decisions.

Telegrams and the unit's answers go in; what to do next comes out, one step at a time. Nothing
here reads a clock or touches a wire: `now_s` is monotonic seconds, `host_s` is the host's
idea of the time in epoch seconds, and the gateway acts on neither but on telegram time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chargepoint.candidates import Candidates, peak_w
from chargepoint.exchanges import Exchange, Purpose, Words
from chargepoint.intake import judge_message
from chargepoint.journal import Recalled, Record
from chargepoint.notices import Alarm, Board, Event, Metrics, Notice
from chargepoint.target import next_change_s
from chargepoint.telegram_clock import TelegramClock
from chargepoint.unit_driver import UnitDriver
from wire.charging_profile import Reject
from wire.errors import SimError
from wire.p1 import TEXT_MESSAGE, DropReason, Telegram

SILENT_CADENCES = 3
"""So many telegrams in a row may be missing before P1 counts as silent (rule of section 4)."""

APART_S = 60
"""Rule 15: how far host and telegram may be apart."""

_DEFAULT_CADENCE_S = 10
_TEXT_LINE = b"\n" + TEXT_MESSAGE.encode() + b"("
_UNREAD = b""
"""No telegram's line, nor its absence: before the first telegram, or after a step of time."""

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
    """

    def __init__(
        self, recalled: Recalled, *, hardware_max_w: int, tolerant: bool = False
    ) -> None:
        self._configured_max_w = self._max_w = hardware_max_w
        self._tolerant = tolerant
        self._candidates = Candidates(recalled.record)
        self._board = Board()
        self._clock = TelegramClock()
        self._driver = UnitDriver(recalled.record, self._board)
        self._saved = recalled.record
        self._problem = recalled.problem
        self._line: bytes | None = _UNREAD
        self._cadence_s = _DEFAULT_CADENCE_S
        self._heard_s: float | None = None
        self._silent = False
        self._expired = False

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
        time = telegram.time
        if time is None:
            self._board.raised(now_s, Alarm.NO_TIME)
            return False
        telegram_s = time.timestamp()
        self._heard_s = now_s
        if clock.telegram(telegram_s, now_s):
            self._board.note(now_s, Event.CLOCK_STEPPED)
            self._driver.set_clock_soon()
            self._line = _UNREAD
        if self._board.alarms or abs(host_s - telegram_s) > APART_S or clock.doubtful:
            self._review(telegram_s, now_s, host_s)
        octets = telegram.octets
        begin = octets.rfind(_TEXT_LINE)
        line = octets[begin : octets.find(b"\r", begin)] if begin >= 0 else None
        if line != self._line:
            self._line = line
            self._read(telegram, now_s)
            return True
        return False

    def dropped(self, count: int, reason: DropReason, now_s: float) -> None:
        """Rule 1: so many bytes were no telegram; what governs goes on."""
        metrics = self._board.metrics
        metrics.drops += 1
        metrics.dropped_bytes += count
        code = _DROPS.get(reason)
        if code is not None:
            metrics.rejects[code] += 1
            metrics.last_reject = code

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
            self._board.raised(
                now_s, Alarm.P1_SILENT, f"for {SILENT_CADENCES * self._cadence_s} s"
            )
        telegram_s = self._clock.at(now_s)
        if telegram_s is not None:
            self._note_expiry(telegram_s, now_s)
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
        self._driver.done(exchange, answers, now_s, self._clock.at(now_s))
        if exchange.purpose is Purpose.FIND and self._driver.identity is not None:
            self._found(self._driver.identity.hardware_max_w, now_s)

    def failed(self, exchange: Exchange, error: SimError, now_s: float) -> None:
        """The unit did not answer (`TransportError`), or with an exception (`PeerRefused`)."""
        self._driver.failed(exchange, error, now_s)

    def wake_at(self, now_s: float) -> float:
        """When to ask `next_step` again at the latest, in monotonic seconds."""
        telegram_s = self._clock.at(now_s)
        wake_s = min(self._driver.due_s(now_s, telegram_s), self._silence_due_s())
        if telegram_s is not None:
            change_s = next_change_s(self._driver.record, telegram_s)
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

    def _read(self, telegram: Telegram, now_s: float) -> None:
        """The text line is another one, or the first since the start."""
        version = telegram.version
        if version is not None:
            self._cadence_s = version.period_s
        line = telegram.raw(TEXT_MESSAGE)
        if line is None:
            return
        text = telegram.text_message
        if text is not None:
            self._judge(text, now_s)
            return
        digits = line[1:-1]
        if len(digits) % 2 == 0 and not digits.strip("Ff"):
            self._board.metrics.rejects[Reject.FILLER] += 1
            self._board.metrics.last_reject = Reject.FILLER
            return
        self._refuse(Reject.NOT_HEX, "the text line is not pairs of hex digits", now_s)

    def _judge(self, text: bytes, now_s: float) -> None:
        board, metrics = self._board, self._board.metrics
        telegram_s = self._clock.at(now_s)
        assert telegram_s is not None
        verdict = judge_message(
            text,
            self._driver.record,
            telegram_s,
            hardware_max_w=self._max_w,
            tolerant=self._tolerant,
        )
        if verdict.refused:
            self._refuse(verdict.code, verdict.detail, now_s)
            return
        board.over(now_s, Alarm.MESSAGE_REJECTED)
        for remark in verdict.remarks:
            metrics.remarks[remark.code] += 1
            board.note(now_s, Event.REMARK, remark.text, remark.code)
        if verdict.code is Reject.UNCHANGED:
            metrics.rejects[verdict.code] += 1
            board.note(now_s, Event.UNCHANGED, code=verdict.code)
            return
        metrics.messages += 1
        if verdict.code is Reject.EXPIRED:
            metrics.rejects[verdict.code] += 1
            metrics.last_reject = verdict.code
            self._driver.record = verdict.record
            self._remember()
            board.note(now_s, Event.RECORDED, verdict.detail, verdict.code)
            return
        event = Event.CLEARED if verdict.code is Reject.CLEARED else Event.TAKEN
        board.note(now_s, event, verdict.detail, verdict.code)
        self._govern(verdict.record)
        self._remember()

    def _govern(self, record: Record) -> None:
        self._expired = False
        self._driver.take(record)

    def _remember(self) -> None:
        certain = self._driver.identity is not None
        self._candidates.take(self._driver.record, certain=certain)

    def _found(self, unit_max_w: int, now_s: float) -> None:
        """Rule 9 by what the unit says: what was judged without knowing is judged again."""
        max_w = min(unit_max_w, self._configured_max_w)
        if max_w > self._max_w and Alarm.MESSAGE_REJECTED in self._board.alarms:
            self._line = _UNREAD
        self._max_w = max_w
        fitting, governing = self._candidates.fitting(max_w), self._driver.record
        if (fitting.digest, fitting.profile) == (governing.digest, governing.profile):
            return
        self._govern(fitting)
        asked_w = peak_w(self._candidates.newest())
        if asked_w > max_w:
            detail = f"{asked_w} W are asked for; the hardware's maximum is {max_w} W"
            self._refuse(Reject.POWER, detail, now_s)
        else:
            self._board.over(now_s, Alarm.MESSAGE_REJECTED)
            self._board.note(now_s, Event.TAKEN)

    def _refuse(self, code: Reject, detail: str, now_s: float) -> None:
        """Rule 14: a refused message changes nothing; what governs goes on to its ValidTo."""
        metrics, record = self._board.metrics, self._driver.record
        metrics.rejects[code] += 1
        metrics.last_reject = code
        telegram_s, profile = self._clock.at(now_s), record.profile
        if (
            profile is not None
            and telegram_s is not None
            and telegram_s < profile.valid_to.timestamp()
        ):
            metrics.rejects[Reject.KEPT] += 1
            detail += f"; the profile before it runs to {profile.valid_to:%H:%M:%S} UTC"
        self._board.note(now_s, Event.REJECTED, detail, code)
        self._board.raised(now_s, Alarm.MESSAGE_REJECTED, f"{code.name}: {detail}")

    def _note_expiry(self, telegram_s: float, now_s: float) -> None:
        profile = self._driver.record.profile
        if profile is None or self._expired:
            return
        if telegram_s >= profile.valid_to.timestamp():
            self._expired = True
            self._board.note(now_s, Event.EXPIRED)

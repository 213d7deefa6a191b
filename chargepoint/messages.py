"""The meter's text line, telegram after telegram: judged, and made what governs the unit."""

from __future__ import annotations

from chargepoint.candidates import Candidates, peak_w
from chargepoint.intake import judge_message
from chargepoint.journal import Record
from chargepoint.notices import Alarm, Board, Event
from chargepoint.unit_driver import UnitDriver
from wire.charging_profile import Reject
from wire.p1 import TEXT_MESSAGE, Telegram

_TEXT_LINE = b"\n" + TEXT_MESSAGE.encode() + b"("
_UNREAD = b""
"""No telegram's line, nor its absence: the next line is judged, whatever it is."""


class Messages:
    """Judges the text line when it changes, and gives the driver the record that governs.

    `hardware_max_w` is rule 9's bound; once the unit is found, its own maximum if lower. All
    `now_s` are monotonic seconds; `telegram_s` is telegram time.
    """

    def __init__(
        self, driver: UnitDriver, board: Board, *, hardware_max_w: int, tolerant: bool
    ) -> None:
        self._driver = driver
        self._board = board
        self._configured_max_w = self._max_w = hardware_max_w
        self._tolerant = tolerant
        self._candidates = Candidates(driver.record)
        self._line: bytes | None = _UNREAD
        self._expired = False

    def read_again(self) -> None:
        """The next line counts as another one, even if it is the same."""
        self._line = _UNREAD

    def hear(self, telegram: Telegram, telegram_s: float, now_s: float) -> bool:
        """Whether the text line is another one, or the first since the start; then judges it."""
        octets = telegram.octets
        begin = octets.rfind(_TEXT_LINE)
        line = octets[begin : octets.find(b"\r", begin)] if begin >= 0 else None
        if line == self._line:
            return False
        self._line = line
        if line is not None:
            self._read(telegram, telegram_s, now_s)
        return True

    def note_expiry(self, telegram_s: float, now_s: float) -> None:
        """Says once that the profile has ended."""
        profile = self._driver.record.profile
        if profile is None or self._expired:
            return
        if telegram_s >= profile.valid_to.timestamp():
            self._expired = True
            self._board.note(now_s, Event.EXPIRED)

    def unit_found(
        self, unit_max_w: int, telegram_s: float | None, now_s: float
    ) -> None:
        """Rule 9 by what the unit says: what was judged without knowing is judged again."""
        max_w = min(unit_max_w, self._configured_max_w)
        if max_w > self._max_w and Alarm.MESSAGE_REJECTED in self._board.alarms:
            self.read_again()
        self._max_w = max_w
        fitting, governing = self._candidates.fitting(max_w), self._driver.record
        if (fitting.digest, fitting.profile) == (governing.digest, governing.profile):
            return
        self._govern(fitting)
        asked_w = peak_w(self._candidates.newest())
        if asked_w > max_w:
            detail = f"{asked_w} W are asked for; the hardware's maximum is {max_w} W"
            self._refuse(Reject.POWER, detail, telegram_s, now_s)
        else:
            self._board.over(now_s, Alarm.MESSAGE_REJECTED)
            self._board.note(now_s, Event.TAKEN)

    def _read(self, telegram: Telegram, telegram_s: float, now_s: float) -> None:
        """Rule 2: the text that the line carries, if it carries any."""
        text = telegram.text_message
        if text is not None:
            self._judge(text, telegram_s, now_s)
            return
        digits = (telegram.raw(TEXT_MESSAGE) or "")[1:-1]
        if len(digits) % 2 == 0 and not digits.strip("Ff"):
            self._board.metrics.rejects[Reject.FILLER] += 1
            self._board.metrics.last_reject = Reject.FILLER
            return
        why = "the text line is not pairs of hex digits"
        self._refuse(Reject.NOT_HEX, why, telegram_s, now_s)

    def _judge(self, text: bytes, telegram_s: float, now_s: float) -> None:
        """Rules 3 to 14 on a text."""
        board, metrics = self._board, self._board.metrics
        verdict = judge_message(
            text,
            self._driver.record,
            telegram_s,
            hardware_max_w=self._max_w,
            tolerant=self._tolerant,
        )
        if verdict.refused:
            self._refuse(verdict.code, verdict.detail, telegram_s, now_s)
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

    def _refuse(
        self, code: Reject, detail: str, telegram_s: float | None, now_s: float
    ) -> None:
        """Rule 14: a refused message changes nothing; what governs goes on to its ValidTo."""
        metrics, profile = self._board.metrics, self._driver.record.profile
        metrics.rejects[code] += 1
        metrics.last_reject = code
        if (
            profile is not None
            and telegram_s is not None
            and telegram_s < profile.valid_to.timestamp()
        ):
            metrics.rejects[Reject.KEPT] += 1
            detail += f"; the profile before it runs to {profile.valid_to:%H:%M:%S} UTC"
        self._board.note(now_s, Event.REJECTED, detail, code)
        self._board.raised(now_s, Alarm.MESSAGE_REJECTED, f"{code.name}: {detail}")

"""What a gateway has to say: alarms that stand, events that passed, figures that grow."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from wire.charging_profile import Reject


class Alarm(StrEnum):
    """A condition that stands until it is over."""

    P1_AWAY = "p1-away"
    """The P1 port cannot be reached, or hung up, twice without a telegram between."""
    P1_SILENT = "p1-silent"
    """No whole telegram for three times the meter's cadence; the profile runs on."""
    NO_TIME = "telegram-without-time"
    """Telegrams come without a usable time; they cannot be acted on."""
    CLOCK_STEP = "telegram-clock-step"
    """The meter tells another time than expected, and is not believed yet."""
    CLOCKS_APART = "clocks-apart"
    """Rule 15: host and telegram are more than 60 s apart; the telegram leads."""
    MESSAGE_REJECTED = "message-rejected"
    """Fault, rule 14: the message on the meter is refused; what governed before goes on."""
    UNIT_AWAY = "unit-away"
    """The control unit does not answer, or what answers is not one."""
    UNIT_REFUSES = "unit-refuses"
    """The control unit answers a request with an exception."""
    COMMIT_FAILED = "commit-failed"
    """Fault: again and again the unit refuses what it is told or applies something else."""
    UNIT_FAULT = "unit-fault"
    """The unit shows a fault of its own, the one that a refused commit leaves apart."""
    JOURNAL = "journal"
    """Fault: the record cannot be kept or was lost; a restart may forget the last Seq."""


class Event(StrEnum):
    """Something that happened."""

    RAISED = "alarm-raised"
    OVER = "alarm-over"
    TAKEN = "message-taken"
    RECORDED = "message-recorded"
    UNCHANGED = "message-unchanged"
    REJECTED = "message-rejected"
    CLEARED = "message-clears"
    REMARK = "message-remark"
    COMMITTED = "profile-committed"
    UNIT_CLEARED = "unit-cleared"
    COMMIT_RETRY = "commit-retry"
    FALLBACK = "fallback-set"
    UNIT_FOUND = "unit-found"
    UNIT_RESTARTED = "unit-restarted"
    EXPIRED = "profile-expired"
    CLOCK_STEPPED = "telegram-clock-stepped"


@dataclass(frozen=True, slots=True)
class Notice:
    """An event at `now_s` of the gateway's clock, and its reason where it has one."""

    now_s: float
    event: Event
    detail: str = ""
    alarm: Alarm | None = None
    code: Reject = Reject.NONE


@dataclass(slots=True)
class Metrics:
    """Counts since the start, and the newest of what was commanded and what is applied.

    `commanded_w` is None while nothing is commanded. `differs_s` is for how long the two
    differed, as far as the unit was asked. `last_reject` is what register 113 is to a unit.
    """

    telegrams: int = 0
    drops: int = 0
    dropped_bytes: int = 0
    messages: int = 0
    rejects: Counter[Reject] = field(default_factory=Counter)
    remarks: Counter[Reject] = field(default_factory=Counter)
    last_reject: Reject = Reject.NONE
    exchanges: int = 0
    failed_exchanges: int = 0
    heartbeats: int = 0
    commits: int = 0
    commit_retries: int = 0
    unit_restarts: int = 0
    commanded_w: int | None = None
    applied_w: int | None = None
    differs: bool = False
    differs_s: float = 0.0
    _seen_s: float = 0.0

    def applied(
        self,
        now_s: float,
        *,
        commanded_w: int | None,
        applied_w: int | None,
        differs: bool,
    ) -> None:
        """What the unit shows now; since the last time the old difference went on."""
        if self.differs:
            self.differs_s += now_s - self._seen_s
        self._seen_s = now_s
        self.commanded_w, self.applied_w = commanded_w, applied_w
        self.differs = differs


class Board:
    """Collects alarms, events and figures until someone takes the notices away."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        self.alarms: dict[Alarm, str] = {}
        self._notices: list[Notice] = []

    def take(self) -> list[Notice]:
        """The notices since the last call, oldest first."""
        if not self._notices:
            return []
        notices, self._notices = self._notices, []
        return notices

    def note(
        self,
        now_s: float,
        event: Event,
        detail: str = "",
        code: Reject = Reject.NONE,
    ) -> None:
        """Says that something happened."""
        self._notices.append(Notice(now_s, event, detail, code=code))

    def raised(self, now_s: float, alarm: Alarm, detail: str = "") -> None:
        """Raises an alarm; one that stands already only learns the newest detail."""
        if alarm not in self.alarms:
            self._notices.append(Notice(now_s, Event.RAISED, detail, alarm))
        self.alarms[alarm] = detail

    def over(self, now_s: float, alarm: Alarm) -> None:
        """Ends an alarm, if it stands."""
        if self.alarms and self.alarms.pop(alarm, None) is not None:
            self._notices.append(Notice(now_s, Event.OVER, alarm=alarm))

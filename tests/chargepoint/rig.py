"""A gateway's logic between a meter's telegrams and a real control unit, second by second."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from chargepoint.exchanges import Exchange, Purpose, Read, Words
from chargepoint.gateway import GatewayLogic, Save
from chargepoint.journal import Journal, MemoryJournal
from chargepoint.notices import Alarm, Event, Notice
from chargepoint.registers import RequestRefused, Status, register, u32_from
from chargepoint.unit import ControlUnit
from wire.charging_profile import ChargingProfile, Period, Reject, encode
from wire.crc import crc16_arc
from wire.errors import PeerRefused, SimError, TransportError
from wire.p1 import (
    TEXT_MESSAGE,
    BytesDropped,
    Encoder,
    P1Version,
    TelegramReader,
    TelegramReceived,
)

START = datetime(2026, 1, 14, 17, tzinfo=UTC)
START_S = int(START.timestamp())
MAX_W = 22_080
HOUR = timedelta(hours=1)


def profile(
    *limits_w: int,
    start: datetime = START,
    seq: int | None = None,
    fallback_w: int | None = None,
    phases: int | None = None,
) -> ChargingProfile:
    """An hour for each limit, from `start` on."""
    return ChargingProfile(
        start,
        start + len(limits_w) * HOUR,
        tuple(
            Period(start + hour * HOUR, limit_w, phases)
            for hour, limit_w in enumerate(limits_w)
        ),
        seq=seq,
        fallback_w=fallback_w,
    )


def text(*limits_w: int, **more: object) -> bytes:
    """The message of `profile`."""
    return encode(profile(*limits_w, **more)).encode()  # type: ignore[arg-type]


class Rig:
    """The meter prints `text` every 10 s; the gateway does all that is due, every second."""

    def __init__(
        self,
        message: bytes | None = b"",
        *,
        unit: ControlUnit | None = None,
        journal: Journal | None = None,
        tolerant: bool = False,
        now_s: int = START_S,
    ) -> None:
        self.now_s = now_s
        self.text = message
        self.line: bytes | None = None
        """What stands in the brackets of the text line, in place of the text."""
        self.p1_on = True
        self.meter_ahead_s = 0
        self.host_ahead_s = 0
        self.unit = unit or ControlUnit("rig", now_s=now_s)
        self.unit_answers = True
        self.refuses: dict[Purpose, int] = {}
        self.tamper: Callable[[Purpose, list[int]], list[int]] | None = None
        self.log: list[Exchange | Save] = []
        self.notices: list[Notice] = []
        self.journal = journal or MemoryJournal()
        self._encoder = Encoder(P1Version.DSMR_4_2_2, r"ISk5\2MT382-1000")
        self._tolerant = tolerant
        self.restart_gateway()

    def restart_gateway(self) -> None:
        """The gateway's process ends and comes again with what it saved."""
        self.reader = TelegramReader(require_crc=True)
        self.logic = GatewayLogic(
            self.journal.load(), hardware_max_w=MAX_W, tolerant=self._tolerant
        )
        self._wake_s = 0.0

    def telegram_octets(self) -> bytes:
        """The telegram of this second."""
        values: dict[str, object] = {"0-0:1.0.0": self.now_s + self.meter_ahead_s}
        if self.text is not None:
            values[TEXT_MESSAGE] = self.text
        octets = self._encoder.encode(values)
        if self.line is not None:
            name = TEXT_MESSAGE.encode() + b"("
            begin = octets.index(name) + len(name)
            body = octets[:begin] + self.line + octets[octets.index(b")", begin) : -6]
            octets = body + b"%04X\r\n" % crc16_arc(body)
        return octets

    def run(self, seconds: int) -> None:
        """Lets so many seconds pass."""
        for _ in range(seconds):
            if self.p1_on and self.now_s % 10 == 0:
                self.feed(self.telegram_octets())
            if self.now_s >= self._wake_s:
                self._work()
            self.now_s += 1
            self.unit.advance(self.now_s)

    def feed(self, octets: bytes) -> None:
        """These bytes come out of the P1 port now."""
        for event in self.reader.feed(octets):
            if isinstance(event, TelegramReceived):
                host_s = self.now_s + self.host_ahead_s
                if self.logic.telegram(event.telegram, self.now_s, host_s):
                    self._wake_s = self.now_s
            else:
                assert isinstance(event, BytesDropped)
                self.logic.dropped(event.count, event.reason, self.now_s)
        self.notices += self.logic.take_notices()

    def _work(self) -> None:
        for _ in range(50):
            step = self.logic.next_step(self.now_s)
            if step is None:
                break
            self.log.append(step)
            if isinstance(step, Save):
                self._save(step)
            else:
                self._exchange(step)
        else:
            raise AssertionError("the gateway never comes to rest")
        self._wake_s = self.logic.wake_at(self.now_s)
        assert self._wake_s > self.now_s
        self.notices += self.logic.take_notices()

    def _save(self, save: Save) -> None:
        try:
            self.journal.save(save.record)
        except SimError as error:
            self.logic.not_saved(save, error, self.now_s)
        else:
            self.logic.saved(save, self.now_s)

    def _exchange(self, exchange: Exchange) -> None:
        answers: list[Words] = []
        try:
            if not self.unit_answers:
                raise TransportError("no answer")
            if exchange.purpose in self.refuses:
                raise PeerRefused("no", self.refuses[exchange.purpose])
            for request in exchange.requests:
                if isinstance(request, Read):
                    words = self.unit.read(request.address, request.count)
                    if self.tamper is not None:
                        words = self.tamper(exchange.purpose, words)
                    answers.append(words)
                else:
                    self.unit.write(request.address, request.words)
        except RequestRefused as error:
            refused = PeerRefused(str(error), error.code)
            self.logic.failed(exchange, refused, self.now_s)
        except SimError as error:
            self.logic.failed(exchange, error, self.now_s)
        else:
            self.logic.done(exchange, answers, self.now_s)

    # What a test asks

    @property
    def applied_w(self) -> int:
        """The unit's applied limit."""
        return u32_from(self.unit.read(register("applied_limit").address, 2))

    @property
    def sequence(self) -> int:
        """The number of the profile in the unit."""
        return u32_from(self.unit.read(register("active_sequence").address, 2))

    @property
    def commit(self) -> str:
        """The commit result that the gateway remembers."""
        return self.logic.record.commit.value

    @property
    def loaded(self) -> bool:
        """Whether the unit holds a profile."""
        status = self.unit.read(register("status").address, 1)[0]
        return bool(status & Status.PROFILE_LOADED)

    def events(self, *wanted: Event) -> list[Event]:
        """The events so far; only those of the kinds wanted, if any are named."""
        return [n.event for n in self.notices if not wanted or n.event in wanted]

    def rejected(self) -> list[Reject]:
        """The codes of the messages refused so far."""
        return [n.code for n in self.notices if n.event is Event.REJECTED]

    def purposes(self) -> list[Purpose]:
        """Why the exchanges so far were made."""
        return [step.purpose for step in self.log if isinstance(step, Exchange)]

    def count(self, purpose: Purpose) -> int:
        """How many exchanges of this purpose there were."""
        return self.purposes().count(purpose)

    def differs(self) -> bool:
        """Whether the unit applies something else than commanded."""
        return self.logic.metrics.differs

    def alarmed(self, alarm: Alarm) -> bool:
        """Whether an alarm stands."""
        return alarm in self.logic.alarms

"""Sees what happens in a world: its log, every message from hop to hop, one byte by byte."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from twisted.internet.interfaces import IReactorTime

from chargepoint.notices import Event, Notice
from headend.control import Sent
from headend.dali import Fault
from headend.pushes import Heard
from headend.store.job import Job, JobState
from headend.trust import Doubt
from scenarios.playing.event_log import EventLog
from scenarios.playing.results import Hop
from scenarios.world.follower import Follower
from scenarios.world.journeys import Journeys
from scenarios.world.station import Station
from wire.capture import OnOctets, Tap
from wire.instants import from_epoch
from wire.p1 import Telegram


class Witness:
    """Hears of each message where it passes.

    The first one that cuts a car short is followed byte by byte.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self.log = EventLog()
        self.journeys = Journeys()
        self.follower: Follower | None = None
        self.delivered = 0
        self._clock = clock

    @property
    def _now(self) -> datetime:
        return from_epoch(self._clock.seconds())

    def note(self, what: str, station: Station, **fields: object) -> None:
        """Something happened at a station."""
        self.log.add(self._now, what, station=station.name, **fields)

    def remark(self, what: str, **fields: object) -> None:
        """Something is so in the world as a whole."""
        self.log.add(self._now, what, **fields)

    def doubted(self, subject: str, doubt: Doubt | None) -> None:
        """The controller begins to doubt a measurement, or believes it again."""
        name = doubt.name.lower() if doubt else None
        self.remark("doubt", subject=subject, doubt=name)

    def wrong(self, fault: Fault) -> None:
        """What the transformer's box reports cannot be true."""
        error = fault.error
        self.remark(
            "wrong",
            file=Path(error.file or "").name,
            line=error.line,
            column=error.column,
            why=error.why,
            consequence=fault.consequence.word,
        )

    def handed_in(self, station: Station, text: bytes, planned_s: float) -> None:
        """A message to a station is a job now."""
        journey = self.journeys.begin(station.name, text, planned_s)
        journey.reach(Hop.JOB, self._clock.seconds())

    def sent(self, station: Station, sent: Sent, planned_s: float) -> None:
        """The controller's message to a station is a job now."""
        self.handed_in(station, sent.text, planned_s)
        limit_w = sent.command.profile.periods[0].max_w
        self.note("command", station, limit_w=limit_w)
        if self.follower is None and limit_w < station.unit.station.total_w:
            planned = from_epoch(planned_s)
            self.follower = Follower(station.meter, sent, planned, self._now)

    def ended(self, station: Station, sent: Sent, job: Job) -> None:
        """The job of the controller's message has ended."""
        self.note("message", station, characters=len(sent.text), result=job.state.value)
        if job.state is JobState.DONE:
            self.delivered += 1
        if (follower := self._following(station, sent.text)) is not None:
            follower.ended(self._now, job)

    def heard(self, station: Station | None, heard: Heard) -> None:
        """A meter has pushed something."""
        if station is not None:
            self.note(
                "push", station, alarms=", ".join(heard.alarms), jobs=len(heard.jobs)
            )

    def kept(self, station: Station) -> None:
        """A station's meter keeps what it was told, before it answers."""
        journey = self.journeys.newest(station.name)
        if journey is not None and station.meter.state.message == journey.text:
            journey.reach(Hop.IN_METER, self._clock.seconds())

    def telegram(self, station: Station, telegram: Telegram) -> None:
        """A telegram came out of a station's cable."""
        journey = self.journeys.newest(station.name)
        if journey is None or not journey.text:
            return
        if Hop.IN_METER not in journey.reached or Hop.ON_P1 in journey.reached:
            return
        if telegram.text_message == journey.text:
            journey.reach(Hop.ON_P1, self._clock.seconds())
            if (follower := self._following(station, journey.text)) is not None:
                follower.telegram(self._now, telegram)

    def notice(self, station: Station, notice: Notice) -> None:
        """A station's gateway says something."""
        event = notice.event
        self.note("gateway", station, event=event.value, detail=notice.detail)
        journey = self.journeys.newest(station.name)
        if journey is None or Hop.ON_P1 not in journey.reached:
            return
        now_s = self._clock.seconds()
        if event is Event.TAKEN:
            journey.reach(Hop.GATEWAY_ACCEPTED, now_s)
        elif event is Event.COMMITTED and Hop.COMMITTED not in journey.reached:
            journey.reach(Hop.COMMITTED, now_s)
            if station.profile_applied:
                journey.reach(Hop.APPLIED, now_s)
            if (follower := self._following(station, journey.text)) is not None:
                follower.committed(self._now, station.unit)

    def trace(self, station: Station) -> Tap | None:
        """Who sees the octets between head-end and this station's meter, if anybody."""
        follower = self.follower
        if follower is None or follower.station != station.name or follower.complete:
            return None
        return OnOctets(
            lambda sent, wpdu: follower.octets(self._clock.seconds(), sent, wpdu)
        )

    def _following(self, station: Station, text: bytes) -> Follower | None:
        follower = self.follower
        if follower is None or (follower.station, follower.text) != (
            station.name,
            text,
        ):
            return None
        return follower

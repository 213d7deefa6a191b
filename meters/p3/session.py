"""What the logs are told of one association: what it read, that it changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from meters.behaviour import events, sessions
from meters.meter import Meter
from wire.cosem.events import Event
from wire.cosem.rows import Client
from wire.dlms.action import ActionOutcome
from wire.dlms.descriptors import ActionResult, DataAccessResult, GetResult


class Session:
    """An association from its acceptance to its end; only management's is told of.

    Anybody can be the public client, who would fill the log with nothing.
    """

    __slots__ = ("readings", "_meter", "_management", "_configured")

    def __init__(self, meter: Meter, client: Client) -> None:
        self.readings: sessions.Readings = {}
        self._meter = meter
        self._management = client is Client.MANAGEMENT
        self._configured = False

    def read(self, *answered: tuple[bytes, GetResult]) -> None:
        """One request got these results of these attributes."""
        if self._management:
            standard = self._meter.identity.standard
            sessions.tally(self.readings, answered, standard)

    def wrote(
        self, attributes: Sequence[bytes], results: Sequence[DataAccessResult]
    ) -> None:
        """One request wrote these attributes, with these results."""
        self._judge(
            result is DataAccessResult.SUCCESS and sessions.is_configuration(attribute)
            for attribute, result in zip(attributes, results, strict=True)
        )

    def did(self, method: bytes, outcome: ActionOutcome) -> None:
        """One method was invoked, with this outcome."""
        succeeded = outcome.result is ActionResult.SUCCESS
        self._judge((succeeded and sessions.configures(method),))

    def _judge(self, configured: Iterable[bool]) -> None:
        """The first configuration of all is an event, the others of a session are not."""
        if not self._configured and any(configured):
            self._configured = True
            events.record(self._meter, Event.CONFIGURATION_CHANGED)

    def end(self) -> None:
        """The association is over, however it came to that."""
        sessions.end(self._meter, self.readings)
        self.readings = {}

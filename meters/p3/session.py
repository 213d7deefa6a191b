"""What the logs are told of one association: what it read, that it wrote."""

from __future__ import annotations

from collections.abc import Sequence

from meters.behaviour import events, sessions
from meters.meter import Meter
from wire.cosem.events import Event
from wire.cosem.rows import Client
from wire.dlms.descriptors import DataAccessResult, GetResult


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
            sessions.tally(self.readings, answered)

    def wrote(
        self, attributes: Sequence[bytes], results: Sequence[DataAccessResult]
    ) -> None:
        """One request wrote these attributes; the first configuration of all is an event."""
        if self._configured:
            return
        self._configured = any(
            result is DataAccessResult.SUCCESS and sessions.is_configuration(descriptor)
            for descriptor, result in zip(attributes, results, strict=True)
        )
        if self._configured:
            events.record(self._meter, Event.CONFIGURATION_CHANGED)

    def end(self) -> None:
        """The association is over, however it came to that."""
        sessions.end(self._meter, self.readings)
        self.readings = {}

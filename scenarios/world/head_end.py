"""The central system of a world, as scenarios ask it: by the numbers of its meters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from twisted.internet.interfaces import IReactorTime

from scenarios.playing.world_protocol import Outcome
from scenarios.world.office import ATTEMPTS, Office
from scenarios.world.station import Station
from scenarios.world.witness import Witness
from wire.dlms.acse import Mechanism
from wire.errors import LocalError


def at(stations: Sequence[Station], number: int) -> Station:
    """The station of that number, from 1; `LocalError` when there is none."""
    if not 1 <= number <= len(stations):
        raise LocalError(f"there is no station {number}; there are {len(stations)}")
    return stations[number - 1]


class HeadEnd:
    """See `scenarios.playing.world_protocol.HeadEnd` for what each method is to do."""

    def __init__(
        self,
        office: Office,
        stations: Sequence[Station],
        witness: Witness,
        clock: IReactorTime,
    ) -> None:
        self._office = office
        self._stations = stations
        self._witness = witness
        self._clock = clock
        names = [station.meter.identity.equipment_id for station in stations]
        self.jobs = office.jobs(names, self._message_begins)
        self.books = office.books(names)

    async def send_message(self, meter: int, text: bytes, *, check: bool) -> Outcome:
        """The long message; its journey is followed."""
        arguments: dict[str, object]
        if not check:
            operation = "set"
            arguments = {"object": "consumer_message:2", "value": {"hex": text.hex()}}
        else:
            operation = "message"
            shown = text.decode("utf-8", "replace")
            arguments = {"text": shown} if text else {"clear": True}
        outcome = await self.jobs.hand_in(
            meter, operation, arguments, max_attempts=ATTEMPTS
        )
        if isinstance(outcome.value, int):
            if not check:
                self._message_begins(meter, text)
            outcome = await self._office.outcome(outcome.value, operation)
        station = at(self._stations, meter)
        self._witness.note(
            "message", station, characters=len(text), result=outcome.result
        )
        return outcome

    async def read(self, meter: int, name: str) -> Outcome:
        """GET over P3."""
        return await self._do(meter, "get", {"object": name})

    async def write(self, meter: int, name: str, value: object) -> Outcome:
        """SET over P3."""
        return await self._do(meter, "set", {"object": name, "value": value})

    async def act(self, meter: int, name: str, value: object) -> Outcome:
        """ACTION over P3."""
        return await self._do(meter, "action", {"object": name, "value": value})

    async def operate(
        self, meter: int, operation: str, arguments: Mapping[str, object]
    ) -> Outcome:
        """An operation by its name; the value is all of its result."""
        return await self._office.do(self._id(meter), operation, arguments, whole=True)

    def authenticate_by(self, mechanism: Mechanism) -> None:
        """Proves itself so from now on."""
        self._office.authenticate_by(mechanism)

    def pushes(self, meter: int) -> Sequence[Sequence[str]]:
        """The alarms of each push that was heard."""
        return self._office.pushes.get(self._id(meter), [])

    def stored(self, meter: int, group: str) -> Sequence[float]:
        """What is kept of some objects."""
        return self._office.stored(self._id(meter), group)

    def _message_begins(self, meter: int, text: bytes) -> None:
        station = at(self._stations, meter)
        self._witness.handed_in(station, text, self._clock.seconds())

    async def _do(
        self, meter: int, operation: str, arguments: Mapping[str, object]
    ) -> Outcome:
        return await self._office.do(self._id(meter), operation, arguments)

    def _id(self, meter: int) -> str:
        return at(self._stations, meter).meter.identity.equipment_id

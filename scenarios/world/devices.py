"""The M-Bus devices of a world: where each hangs, and what flows through it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from twisted.internet.interfaces import IReactorTime

from meters.meter import Meter
from meters.p2.attached import attach, detach
from meters.p2.consumption import household_rate
from meters.p2.device import Device
from meters.p2.faults import Faults
from scenarios.world.station import Station
from wire.errors import LocalError

MINUTE_S = 60


class Devices:
    """See `scenarios.playing.world_protocol.Devices`; those of `stored` lie in store at first.

    A device takes what a household does until a step sets its flow; in store it takes nothing.
    """

    def __init__(
        self, stations: Sequence[Station], clock: IReactorTime, stored: Iterable[str]
    ) -> None:
        self._stations = stations
        self._clock = clock
        self._devices: dict[str, Device] = {}
        self._places: dict[str, Station] = {}
        self._rates: dict[str, int] = {}
        for station in stations:
            attached = station.meter.state.attached
            for device in attached.devices if attached else ():
                name = device.identity.equipment_id
                self._devices[name], self._places[name] = device, station
        for name in stored:
            detach(self._places.pop(name).meter, name)

    def look(self, name: str) -> Device:
        """A device as it is now."""
        return self._with(name, lambda _: None)

    def handle(self, name: str, act: Callable[[Device], None]) -> None:
        """A hand does something to a device."""
        self._with(name, act)

    def set_flow(self, name: str, rate: int) -> None:
        """So much flows through it, whatever a household takes."""
        self._with(name, lambda device: device.set_flow(rate))
        self._rates[name] = rate

    def disturb(self, name: str, faults: Faults) -> None:
        """The way between a device and its meter has these faults."""

        def spoil(meter: Meter) -> None:
            if meter.state.attached is not None:
                meter.state.attached.set_faults(name, faults)

        self._place(name).touch(spoil)

    def attach(self, name: str, meter: int) -> None:
        """Hangs a device on the meter with that number, from 1."""
        device = self.look(name)
        if name in self._places:
            self.detach(name)
        self._places[name] = place = self._stations[meter - 1]
        place.touch(lambda there: attach(there, device))
        self._flow(name, int(self._clock.seconds()))

    def detach(self, name: str) -> None:
        """Takes a device off its meter, into store."""
        place = self._place(name)
        self._with(name, lambda device: device.set_flow(0))
        place.touch(lambda meter: detach(meter, name))
        del self._places[name]

    def flow(self, now_s: int) -> None:
        """A minute of the households begins."""
        for name in self._places:
            self._flow(name, now_s)

    def _flow(self, name: str, now_s: int) -> None:
        device, rate = self._devices[name], self._rates.get(name)
        if rate is None:
            rate = household_rate(device.identity, now_s)
        self._places[name].advance(now_s)
        device.advance(now_s)
        device.set_flow(rate)

    def _with(self, name: str, act: Callable[[Device], None]) -> Device:
        """Does something to a device that has lived up to now."""
        device = self._devices.get(name)
        if device is None:
            raise LocalError(f"there is no device {name}")
        place = self._places.get(name)
        if place is None:
            device.advance(int(self._clock.seconds()))
            act(device)
        else:
            place.touch(lambda meter: _act(meter, device, act))
        return device

    def _place(self, name: str) -> Station:
        if name not in self._devices:
            raise LocalError(f"there is no device {name}")
        if name not in self._places:
            raise LocalError(f"device {name} hangs on no meter")
        return self._places[name]


def _act(meter: Meter, device: Device, act: Callable[[Device], None]) -> None:
    device.advance(meter.state.at_s)
    act(device)
    # It may have something to send sooner than it had.
    meter.wake_s = 0

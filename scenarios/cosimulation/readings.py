"""Readings of a station, over its wires or of its parts themselves, by names as in scenarios.

`p3:1-0:1.8.1`, `p1:1-0:1.7.0` and `modbus:power` are asked over the wire: what that does not
answer is no value (None), as for anyone who reads there. `meter:`, `station:` and `gateway:` are
what who may open them sees.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chargepoint.registers import BY_NAME
from headend import operations
from scenarios.expecting.device_sights import printed
from scenarios.expecting.sights import GATEWAY, METER, STATION
from scenarios.world.lab import Lab
from scenarios.world.station import Station
from wire.cosem.rows import Standard
from wire.errors import ConfigError, PeerRefused, TransportError
from wire.spelling import unknown

_LINE = re.compile(r"[0-9]-[0-9]:[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{1,2}")


@dataclass(frozen=True, slots=True)
class Way:
    """How a name on it is checked (`ConfigError`), and how a station is asked for it."""

    check: Callable[[str, Standard], object]
    ask: Callable[[Lab, int, str], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Reading:
    """Something to be read of any station."""

    way: Way
    name: str

    async def ask(self, lab: Lab, number: int) -> object:
        """What station `number` answers, as JSON has it."""
        return await self.way.ask(lab, number, self.name)


def read_name(text: str, standard: Standard) -> Reading:
    """A reading by its name `WAY:WHAT`; `ConfigError` when meters of that standard lack it."""
    prefix, colon, name = text.partition(":")
    if prefix not in WAYS or not colon:
        known = ", ".join(f"{way}:…" for way in WAYS)
        raise ConfigError(f"reading {text[:60]!r} should be one of {known}")
    WAYS[prefix].check(name, standard)
    return Reading(WAYS[prefix], name)


def _check_object(name: str, standard: Standard) -> None:
    operations.prepare("get", standard, {"object": name})


async def _object(lab: Lab, number: int, name: str) -> object:
    return (await lab.head_end.read(number, name)).value


def _check_line(name: str, standard: Standard) -> None:
    if not _LINE.fullmatch(name):
        raise ConfigError(f"{name[:60]!r} is not a line of P1 such as 1-0:1.7.0")


async def _line(lab: Lab, number: int, name: str) -> object:
    return printed(lab.site(number).telegram(), name)


def _check_register(name: str, standard: Standard) -> None:
    _known("register", name, BY_NAME)


async def _register(lab: Lab, number: int, name: str) -> object:
    try:
        return await lab.site(number).register(name)
    except (PeerRefused, TransportError):
        return None


def _itself(
    what: str,
    items: Mapping[str, Callable[[Any], object]],
    see: Callable[[Station], object],
) -> Way:
    async def ask(lab: Lab, number: int, name: str) -> object:
        return items[name](see(lab.site(number)))

    return Way(lambda name, standard: _known(f"item of a {what}", name, items), ask)


def _known(what: str, name: str, names: Mapping[str, object]) -> None:
    if name not in names:
        raise ConfigError(unknown(what, name, names))


WAYS: Final = {
    "p3": Way(_check_object, _object),
    "p1": Way(_check_line, _line),
    "modbus": Way(_check_register, _register),
    "meter": _itself("meter", METER, Station.meter_now),
    "station": _itself("station", STATION, Station.unit_now),
    "gateway": _itself("gateway", GATEWAY, Station.gateway_now),
}

"""The stations of a world: a new fleet of meters, each with its charge point and its cars."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

from twisted.internet.interfaces import IReactorTime

from chargepoint.sessions import Session, read_sessions
from meters.fleet import Fleet, FleetMeter, begin_again, create_fleet, load_fleet
from meters.meter import Meter
from scenarios.acting.troubles import kills
from scenarios.language.document import Scenario
from scenarios.language.settings import WorldSettings, station_name
from scenarios.playing.trouble_protocol import Process
from scenarios.world.addresses import Addresses
from scenarios.world.keeper import Keeper
from scenarios.world.station import Station
from scenarios.world.witness import Witness

MODBUS_PORT = 5020
_MANY_STATIONS = 10_000


def make_stations(
    scenario: Scenario,
    folder: Path,
    clock: IReactorTime,
    period_s: int,
    witness: Witness,
    random: Random | None,
    sessions: Mapping[str, Sequence[Session]],
) -> tuple[list[Station], list[Addresses]]:
    """The stations and where they are to be, as the world's settings want them.

    Their fleet is made in `folder`; P1 sends every `period_s`, and the cars come as in
    `sessions`. `random` is None where secrets are secret.
    """
    settings = scenario.world
    start_s = int(settings.start.timestamp())
    create_fleet(
        folder,
        settings.stations,
        settings.standard,
        seed=scenario.seed,
        radio_keys=settings.radio_keys,
        own_devices=settings.own_devices(),
    )
    fleet = load_fleet(folder, start_s, random.randbytes if random else None)
    always = kills(scenario.content.steps, Process.METER)
    # Cars that are there when the clock starts arrived before it; earlier ones are gone.
    stations = [
        Station(
            name,
            _keeper(folder, fleet, place, always),
            clock,
            [
                session
                for session in sessions.get(name, [])
                if session.arrival_s >= start_s
            ],
            period_s,
            settings.station_max_w,
            witness.notice,
            witness.telegram,
            witness.kept,
        )
        for name, place in zip(_names(settings), fleet.meters)
    ]
    addresses = [
        Addresses(
            (place.host, place.p3_port),
            (place.host, place.p1_port),
            (place.host, MODBUS_PORT + index if index < _MANY_STATIONS else 0),
        )
        for index, place in enumerate(fleet.meters)
    ]
    return stations, addresses


def _keeper(folder: Path, fleet: Fleet, place: FleetMeter, always: bool) -> Keeper:
    def reload(now_s: int) -> Meter:
        return begin_again(folder, fleet, place, now_s)

    return Keeper(place.meter, fleet.store, reload, always)


def read_cars(
    settings: WorldSettings, witness: Witness
) -> Mapping[str, Sequence[Session]]:
    """The sessions of the world's file; logs which stations only that has, or only the world.

    Raises `ConfigError` for a file that cannot be, and for a name that no world's station has.
    """
    if (path := settings.sessions) is None:
        return {}
    sessions, names = read_sessions(path, is_station), _names(settings)
    known = set(names)
    for name, cars in sorted(sessions.items()):
        line, column = min(car.place for car in cars)
        if name not in known:
            witness.remark(
                "sessions_left_out",
                station=name,
                sessions=len(cars),
                file=path.name,
                line=line,
                column=column,
            )
    for name in names:
        if name not in sessions:
            witness.remark("no_sessions", station=name, file=path.name)
    return sessions


def _names(settings: WorldSettings) -> list[str]:
    return [station_name(number) for number in range(1, settings.stations + 1)]


def is_station(name: str) -> bool:
    """CP001, CP002 and so on, also beyond those that this world has."""
    return re.fullmatch("CP[0-9]{3,5}", name) is not None

"""The stations of a world: a new fleet of meters, each with its charge point and its cars."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

from twisted.internet.interfaces import IReactorTime

from chargepoint.sessions import read_sessions
from meters.fleet import create_fleet, load_fleet
from scenarios.document import Scenario
from scenarios.world.station import Addresses, Station
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
) -> tuple[list[Station], list[Addresses]]:
    """The stations and where they are to be, as the world's settings want them.

    Their fleet is made in `folder`; P1 sends every `period_s`. `random` is None where secrets
    are secret.
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
    sessions = read_sessions(settings.sessions, is_station) if settings.sessions else {}
    # Cars that are there when the clock starts arrived before it; earlier ones are gone.
    stations = [
        Station(
            f"CP{number:03}",
            place.meter,
            clock,
            [
                session
                for session in sessions.get(f"CP{number:03}", [])
                if session.arrival_s >= start_s
            ],
            period_s,
            settings.station_max_w,
            witness.notice,
            witness.telegram,
            witness.kept,
        )
        for number, place in enumerate(fleet.meters, 1)
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


def is_station(name: str) -> bool:
    """CP001, CP002 and so on, also beyond those that this world has."""
    return re.fullmatch("CP[0-9]{3,5}", name) is not None

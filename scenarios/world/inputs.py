"""The files that a world takes its loads and its cars from."""

from __future__ import annotations

from chargepoint.sessions import read_sessions
from scenarios.settings import FeederFaults, WorldSettings
from scenarios.world.feeder import Feeder
from scenarios.world.premises import Premises
from scenarios.world.street import is_station


def read_feeder_of(settings: WorldSettings) -> Feeder:
    """The world's feeder; one on which nothing flows where it has none."""
    play_faults = settings.feeder_faults is FeederFaults.REPORT
    return Feeder(settings.feeder, settings.feeder_mapping, play_faults=play_faults)


def check_inputs(settings: WorldSettings) -> None:
    """Reads every file as the world would; raises `ConfigError` where it would be refused."""
    read_feeder_of(settings)
    if settings.premises is not None:
        Premises(settings.premises)
    if settings.sessions is not None:
        read_sessions(settings.sessions, is_station)

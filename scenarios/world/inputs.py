"""The files that a world takes its loads and its cars from."""

from __future__ import annotations

from collections.abc import Sequence

from chargepoint.sessions import read_sessions
from scenarios.language.settings import FeederFaults, WorldSettings
from scenarios.world.feeder import Feeder
from scenarios.world.premises import Premises
from scenarios.world.street import is_station


def read_feeder_of(settings: WorldSettings) -> Feeder:
    """The world's feeder; one on which nothing flows where it has none."""
    play_faults = settings.feeder_faults is FeederFaults.REPORT
    return Feeder(settings.feeder, settings.feeder_mapping, play_faults=play_faults)


def check_inputs(worlds: Sequence[WorldSettings]) -> None:
    """Reads every file, once, as the worlds would; raises `ConfigError` where one refuses it."""
    feeders = {(w.feeder, w.feeder_mapping, w.feeder_faults): w for w in worlds}
    for settings in feeders.values():
        read_feeder_of(settings)
    for premises in dict.fromkeys(w.premises for w in worlds):
        if premises is not None:
            Premises(premises)
    for sessions in dict.fromkeys(w.sessions for w in worlds):
        if sessions is not None:
            read_sessions(sessions, is_station)

"""A world whose meters are expected to be killed, and what is seen in it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from scenarios.language.document import parse
from scenarios.language.settings import Controller
from scenarios.playing.trouble_protocol import Process
from scenarios.world.making import SimulatedLab
from scenarios.world.station import Station
from wire.charging_profile import ChargingProfile, Period, encode

TEXT = """
scenario: troubled
seed: {seed}
world:
  start: 2024-01-27T12:00:00+01:00
  stations: 2
  standard: {standard}
  p1_period_s: {period_s}
steps:
  - restart: {{process: meter}}
"""


STATIONS = (1, 2)


PLACES = [(process, n) for process in Process for n in STATIONS]


def world(seed: int = 1, standard: str = "dsmr-4.2.2") -> SimulatedLab:
    """A world that expects its meters to be killed."""
    # As often as the gateway takes such a meter's telegrams to come, or nearly so.
    period_s = 2 if standard.startswith("smr") else 10
    text = TEXT.format(seed=seed, standard=standard, period_s=period_s)
    return SimulatedLab(parse(text, Path("troubled.yaml")), Controller.NONE)


def profile(lab: SimulatedLab, limit_w: int) -> bytes:
    """So much from now on, for an hour."""
    now = lab.now.replace(microsecond=0)
    period = Period(now, limit_w)
    return encode(ChargingProfile(now, now + timedelta(hours=1), (period,))).encode()


def seen_on_p1(station: Station) -> bytes | None:
    """The text in the newest telegram."""
    telegram = station.telegram()
    return None if telegram is None else telegram.text_message

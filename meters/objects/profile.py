"""The load profile as an object: its columns, and the rows that a range of time has."""

from __future__ import annotations

from collections.abc import Sequence

from meters.behaviour import amr
from meters.behaviour.loadprofile import PERIOD_S, LoadProfile
from meters.meter import Meter
from meters.model import Behaviour
from meters.objects.buffers import CLOCK, attach, definition

BEHAVIOUR = Behaviour.empty()

COLUMNS = (
    CLOCK,
    definition(1, "0-0:96.10.2"),
    definition(3, "1-0:1.8.0"),
    definition(3, "1-0:2.8.0"),
)
_EMPTY = LoadProfile(0)


class _Rows:
    """The 15-minute load profile as a buffer."""

    columns = COLUMNS

    def __init__(self, meter: Meter) -> None:
        self._profile = meter.state.profile or _EMPTY
        self._zone = meter.zone

    def __len__(self) -> int:
        return len(self._profile)

    def between(self, from_s: float, to_s: float) -> range:
        return self._profile.between(int(-(-from_s // PERIOD_S)), int(to_s // PERIOD_S))

    def encode(self, places: range, columns: Sequence[int]) -> bytes:
        return self._profile.encode(places, columns, self._zone)


def _reset(meter: Meter) -> None:
    if meter.state.profile is not None:
        meter.state.profile.clear()


def _amr_status(meter: Meter) -> int:
    """The status that the row of the running interval has so far."""
    return meter.state.interval_flags | amr.summer_bit(meter.zone, meter.clock_s)


attach(BEHAVIOUR, "load_profile", _Rows, _reset)
BEHAVIOUR.numbers["amr_profile_status", "value"] = _amr_status

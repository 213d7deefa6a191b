"""The rows of a load profile as its buffer: each column, and what of a row stands in it."""

from __future__ import annotations

from collections.abc import Sequence

from meters.behaviour import profiles
from meters.behaviour.captures import Profile
from meters.behaviour.loadprofile import STAMP, LoadProfile, Source
from meters.meter import Meter
from meters.objects.buffers import CLOCK
from wire.dlms.data import Data

_EMPTY = LoadProfile(0, ())

Layout = tuple[tuple[Data, ...], tuple[Source, ...]]


def layout(*columns: tuple[Data, Source]) -> Layout:
    """Columns with their sources, the clock before them."""
    objects, sources = zip((CLOCK, STAMP), *columns, strict=True)
    return objects, sources


class Shown:
    """A profile as it is read now; made for one reading of it."""

    def __init__(
        self,
        meter: Meter,
        profile: Profile,
        columns: Sequence[Data],
        sources: Sequence[Source],
    ) -> None:
        self.columns = columns
        self._sources = sources
        self._rows = profiles.rows_of(meter, profile) or _EMPTY
        self._zone = meter.zone

    def __len__(self) -> int:
        return len(self._rows)

    def between(self, from_s: float, to_s: float) -> range:
        return self._rows.between(from_s, to_s)

    def encode(self, places: range, columns: Sequence[int]) -> bytes:
        sources = [self._sources[column] for column in columns]
        return self._rows.encode(places, sources, self._zone)

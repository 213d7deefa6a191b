"""What the stations' own meters say of their draw, from one reading to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wire.quantities import PerPhase


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a station's meter said last, and when."""

    time: datetime
    net_wh: int
    mean_w: PerPhase


class StationMetering:
    """Turns what `actual` reads of each station's meter into mean powers."""

    def __init__(self) -> None:
        self._last: dict[str, _Reading] = {}

    def mean_w(self, station: str, actual: Mapping[str, Any]) -> PerPhase:
        """The mean power since the reading before, W per phase; at first, that of now.

        Energy over time, on the phases as the load lies on them now.
        """
        before = self._last.get(station)
        latest = self._last[station] = _read(actual, before)
        return latest.mean_w


def _read(actual: Mapping[str, Any], before: _Reading | None) -> _Reading:
    time = datetime.fromisoformat(actual["time"])
    net_wh = sum(actual["import_wh"]) - sum(actual["export_wh"])
    l1_w, l2_w, l3_w = [*actual["power_w"], 0, 0][:3]
    now_w = (l1_w, l2_w, l3_w)
    seconds = (time - before.time).total_seconds() if before else 0
    if before is None or seconds <= 0:
        return _Reading(time, net_wh, now_w)
    mean_w = round((net_wh - before.net_wh) * 3600 / seconds)
    return _Reading(time, net_wh, _spread(mean_w, now_w, before.mean_w))


def _spread(total_w: int, now_w: PerPhase, before_w: PerPhase) -> PerPhase:
    """A total over the phases as the load lies on them: now, else before, else evenly."""
    for shape in (now_w, before_w):
        if whole := sum(shape):
            l1_w, l2_w = (total_w * part // whole for part in shape[:2])
            return l1_w, l2_w, total_w - l1_w - l2_w
    third = total_w // 3
    return third, third, total_w - 2 * third

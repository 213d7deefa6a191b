"""The profiles of M-Bus devices as objects (P3, 7.4)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from meters.meter import Meter
from meters.model import Behaviour
from meters.objects.buffers import CLOCK, attach, definition
from wire.cosem.events import CHANNELS
from wire.cosem.rows import SMR5
from wire.dlms.data import Data

BEHAVIOUR = Behaviour.empty()


class _Rows:
    """What a channel's profile has: no row, while nothing is bound to it."""

    def __init__(self, channel: int, status: int, meter: Meter) -> None:
        value = 2 if meter.model.standard in SMR5 else 1
        self.columns: Sequence[Data] = (
            CLOCK,
            definition(1, f"0-{channel}:96.10.{status}"),
            definition(4, f"0-{channel}:24.2.{value}", 2),
            definition(4, f"0-{channel}:24.2.{value}", 5),
        )

    def __len__(self) -> int:
        return 0

    def between(self, from_s: float, to_s: float) -> range:
        return range(0)

    def encode(self, places: range, columns: Sequence[int]) -> bytes:
        return b"\x01\x00"


def _forget(meter: Meter) -> None:
    """There is nothing to forget."""


for _n in CHANNELS:
    for _period, _suffix, _status in (
        ("hourly", "", 3),
        ("daily", "_daily", 5),
        ("monthly", "_monthly", 7),
    ):
        attach(
            BEHAVIOUR,
            f"mbus_{_period}_profile_{_n}",
            partial(_Rows, _n, _status),
            _forget,
        )
        BEHAVIOUR.numbers[f"mbus_amr_profile_status{_suffix}_{_n}", "value"] = (
            lambda meter: 0
        )

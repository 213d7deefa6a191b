"""A meter to test with, at a fixed time, with known keys."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from meters.identity import Identity, Keys
from meters.meter import Meter, new_state
from meters.objects import model_for
from wire.cosem.rows import Standard

# 2024-01-09 08:00:00 in Amsterdam, a Tuesday: the normal rate holds.
NOW_S = 1_704_783_600
KEYS = Keys(
    master_key=bytes(range(0x40, 0x50)),
    encryption_key=bytes(range(0x00, 0x10)),
    authentication_key=bytes(range(0xD0, 0xE0)),
    hls_secret=bytes(range(0x60, 0x70)),
)
METER_TITLE = b"DSL\x00\x00\x00\x00\x01"
CLIENT_TITLE = b"HES\x00\x00\x00\x00\x09"
EQUIPMENT_ID = "E0422000000000124"


def counting_bytes() -> Callable[[int], bytes]:
    """Octets that differ from call to call, the same ones in each run."""
    calls = count(1)
    return lambda size: next(calls).to_bytes(size, "big")


def make_meter(standard: Standard = Standard.DSMR_4_2_2, phases: int = 3) -> Meter:
    """A new meter with no load."""
    identity = Identity(EQUIPMENT_ID, standard, METER_TITLE, phases)
    state = new_state(KEYS, NOW_S)
    return Meter(identity, state, model_for(standard, phases), counting_bytes())

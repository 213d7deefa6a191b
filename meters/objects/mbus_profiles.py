"""The profiles of M-Bus devices as objects (P3, 7.4), and their columns in the combined ones.

The daily and the monthly profile of DSMR 4 have two columns for each channel (P3, 6.3 and 5.5).
They are filled from the channel's own rows of the same time, which in SMR 5 are profiles of their
own. Until there is one, the value is 0, of the type that the object has, and its capture time
not specified. It is not null-data, which P3 keeps for what can be told from the row before.
"""

from __future__ import annotations

from functools import partial

from meters.behaviour import profiles
from meters.behaviour.loadprofile import NO_TIME, Column, Source
from meters.mbus import captures
from meters.meter import Meter
from meters.model import Behaviour
from meters.objects.buffers import attach, definition
from meters.objects.rows import Layout, Shown, layout
from wire.cosem.events import CHANNELS
from wire.cosem.rows import SMR5
from wire.dlms import axdr
from wire.dlms.data import Data

BEHAVIOUR = Behaviour.empty()

# The places of the value and of its time in a row; the status is the first.
_VALUE, _TIME = 2, 3
_NO_VALUE = axdr.encode(axdr.double_long_unsigned(0))
_NOT_CAPTURED = axdr.encode(axdr.octet_string(NO_TIME))
# By the kind of profile, the name of its status and the E group of its code.
_STATUSES = {
    "hourly": ("mbus_amr_profile_status", 3),
    "daily": ("mbus_amr_profile_status_daily", 5),
    "monthly": ("mbus_amr_profile_status_monthly", 7),
}


def _layout(number: int, status: int, register: int) -> Layout:
    """The columns of a channel's own profile, with the register that it captures."""
    code = f"0-{number}:24.2.{register}"
    return layout(
        (definition(1, f"0-{number}:96.10.{status}"), 1),
        (definition(4, code, 2), _VALUE),
        (definition(4, code, 5), Column(_TIME, instant=True)),
    )


def _attach(profile: captures.Readings) -> None:
    """In SMR 5 the second register has the hour's reading, the first one the last."""
    status, code = _STATUSES[profile.kind]
    dsmr4, smr5 = (_layout(profile.number, code, register) for register in (1, 2))

    def shown(meter: Meter) -> Shown:
        return Shown(meter, profile, *(smr5 if meter.model.standard in SMR5 else dsmr4))

    reset = partial(profiles.reset, profile=profile)
    attach(BEHAVIOUR, profile.name, shown, reset)
    BEHAVIOUR.numbers[f"{status}_{profile.number}", "value"] = partial(
        profiles.status, profile=profile
    )


COLUMNS: tuple[Data, ...] = tuple(
    definition(4, f"0-{number}:24.2.1", attribute)
    for number in CHANNELS
    for attribute in (2, 5)
)
"""What a combined profile captures of the channels."""


def sources(meter: Meter, kind: str) -> tuple[Source, ...]:
    """Where those columns of a daily or monthly profile come from."""
    made: list[Source] = []
    for number in CHANNELS:
        rows = profiles.rows_of(meter, captures.find(number, kind))
        if rows is None:
            made += (_NO_VALUE, _NOT_CAPTURED)
        else:
            made += (Column(_VALUE, beside=rows), Column(_TIME, True, rows))
    return tuple(made)


def reset(meter: Meter, kind: str) -> None:
    """Forgets those columns."""
    for number in CHANNELS:
        profiles.reset(meter, captures.find(number, kind))


for _profile in captures.ALL:
    _attach(_profile)

"""What carries out the cells of the object table, by the names of that table."""

from __future__ import annotations

from functools import lru_cache

from meters.model import Behaviour, Model
from meters.objects import (
    activation,
    alarms,
    association,
    clock,
    configuration,
    country,
    firmware,
    harmonics,
    identification,
    image,
    logs,
    mbus_client,
    mbus_profiles,
    mbus_values,
    mbus_valve,
    measurements,
    messages,
    network,
    profile,
    push,
    quality,
    readouts,
    security,
    switching,
    tariff,
    trials,
)
from wire.cosem.rows import Standard

_PARTS = (
    activation,
    alarms,
    association,
    clock,
    configuration,
    country,
    firmware,
    harmonics,
    identification,
    image,
    logs,
    mbus_client,
    mbus_profiles,
    mbus_values,
    mbus_valve,
    measurements,
    messages,
    network,
    profile,
    push,
    quality,
    readouts,
    security,
    switching,
    tariff,
    trials,
)

BEHAVIOUR = Behaviour.empty()
for _part in _PARTS:
    BEHAVIOUR.add(_part.BEHAVIOUR)


@lru_cache(maxsize=None)
def model_for(standard: Standard, phases: int) -> Model:
    """The one model that all meters of this kind share."""
    return Model(standard, phases, BEHAVIOUR)

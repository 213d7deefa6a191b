"""Country specific objects that do more than keep a value: the meter reset, randomisation."""

from __future__ import annotations

from meters.meter import Meter
from meters.model import LOGICAL_ERROR, Behaviour, Link
from wire.dlms.action import ActionOutcome
from wire.dlms.data import Data
from wire.dlms.descriptors import ActionResult

BEHAVIOUR = Behaviour.empty()

_SCRIPT = 1
_MOST = 0xFFFF, 7, 31


def _execute(meter: Meter, link: Link, data: Data) -> ActionOutcome:
    """Success as soon as it is understood: it cannot be done in the association (P3, 3.5)."""
    if data.value != _SCRIPT:
        return ActionOutcome(ActionResult(LOGICAL_ERROR))
    meter.state.reset_pending = True
    meter.changed()
    return ActionOutcome(ActionResult.SUCCESS)


def _in_range(meter: Meter, data: Data) -> bool:
    """Start window in s, multiplication factor, retries: as a central system bounds them."""
    return all(
        1 <= part.value <= most for part, most in zip(data.value, _MOST, strict=True)
    )


BEHAVIOUR.checks["randomisation_settings", "value"] = _in_range
BEHAVIOUR.doers["meter_reset", "execute"] = _execute

"""The valve behind an M-Bus channel (70), its scripts (9) and scheduler (22); P3 4.0.6, 7.6."""

from __future__ import annotations

from meters.meter import Meter
from meters.model import LOGICAL_ERROR, Behaviour, Link
from wire.cosem.events import CHANNELS
from wire.dlms import axdr
from wire.dlms.action import ActionOutcome
from wire.dlms.data import Data
from wire.dlms.descriptors import ActionResult

BEHAVIOUR = Behaviour.empty()

_OPEN = axdr.encode(axdr.boolean(True))


def _refuse(meter: Meter, link: Link, data: Data) -> ActionOutcome:
    """There is no valve (P3 4.0.6, 7.6, note 5)."""
    return ActionOutcome(ActionResult(LOGICAL_ERROR))


for _n in CHANNELS:
    _control = f"mbus_disconnect_control_{_n}"
    BEHAVIOUR.readers[_control, "output_state"] = lambda meter, link: _OPEN
    BEHAVIOUR.numbers[_control, "control_state"] = lambda meter: 1
    BEHAVIOUR.doers[_control, "remote_disconnect"] = _refuse
    BEHAVIOUR.doers[_control, "remote_connect"] = _refuse
BEHAVIOUR.doers["mbus_disconnector_script_table", "execute"] = _refuse

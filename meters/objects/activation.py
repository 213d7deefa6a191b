"""Register activation (class 6): assignment, masks, and the mask that is active."""

from __future__ import annotations

from meters.behaviour import activation
from meters.behaviour.activation import NAME, masks_of
from meters.meter import Meter
from meters.model import LOGICAL_ERROR, Behaviour, Link, encoded
from wire.cosem.dsmr.tariff import names_mask
from wire.dlms.action import ActionOutcome
from wire.dlms.data import Data, array
from wire.dlms.descriptors import ActionResult, DataAccessResult

BEHAVIOUR = Behaviour.empty()

MAX_REGISTERS, MAX_MASKS, MAX_INDICES = 48, 8, 64
# Register, extended register, demand register: what a mask can make count.
_COUNTING_CLASSES = (3, 4, 5)
_REFUSED = ActionOutcome(ActionResult(LOGICAL_ERROR))


def _assignment(meter: Meter, data: Data) -> bool:
    """Registers that the meter has, each once, and no fewer than its masks name."""
    known = {(row.class_id, row.obis.octets) for row in meter.model.rows}
    named = [tuple(part.value for part in item.value) for item in data.value]
    return (
        len(set(named)) == len(named)
        and len(named) <= MAX_REGISTERS
        and all(item in known and item[0] in _COUNTING_CLASSES for item in named)
        and _highest(meter.setting(NAME, "mask_list")) <= len(named)
    )


def _masks(meter: Meter, data: Data) -> bool:
    """Masks by different names, the active one among them, of registers that are assigned."""
    masks = masks_of(data)
    assigned = len(meter.setting(NAME, "register_assignment").value)
    return (
        len(masks) == len(data.value) <= MAX_MASKS
        and all(names_mask(name) for name in masks)
        and all(len(indices) <= MAX_INDICES for indices in masks.values())
        and all(index > 0 for indices in masks.values() for index in indices)
        and _highest(data) <= assigned
        and meter.state.active_mask in masks
    )


def _highest(mask_list: Data) -> int:
    """The highest place in the assignment that a mask names."""
    return max(
        (index for indices in masks_of(mask_list).values() for index in indices),
        default=0,
    )


def _write_active(meter: Meter, link: Link, data: Data) -> DataAccessResult:
    if not activation.use(meter, data.value):
        return LOGICAL_ERROR
    meter.changed()
    return DataAccessResult.SUCCESS


def _keep(meter: Meter, attribute: str, items: list[Data]) -> ActionOutcome:
    """Writes an array as a client would, if it can be."""
    result = meter.model.keep(meter, (NAME, attribute), array(items))
    return ActionOutcome(ActionResult(result))


def _add_register(meter: Meter, link: Link, data: Data) -> ActionOutcome:
    attribute = "register_assignment"
    return _keep(meter, attribute, [*meter.setting(NAME, attribute).value, data])


def _add_mask(meter: Meter, link: Link, data: Data) -> ActionOutcome:
    """One more mask, in place of the one of its name."""
    return _keep(meter, "mask_list", [*_others(meter, data.value[0]), data])


def _delete_mask(meter: Meter, link: Link, data: Data) -> ActionOutcome:
    """Without the mask of this name: it must be there, and not be the active one."""
    kept = _others(meter, data)
    if len(kept) == len(meter.setting(NAME, "mask_list").value):
        return _REFUSED
    return _keep(meter, "mask_list", kept)


def _others(meter: Meter, name: Data) -> list[Data]:
    masks = meter.setting(NAME, "mask_list").value
    return [mask for mask in masks if mask.value[0] != name]


for _attribute, _check in (("register_assignment", _assignment), ("mask_list", _masks)):
    BEHAVIOUR.checks[NAME, _attribute] = _check
    BEHAVIOUR.effects[NAME, _attribute] = activation.refresh
BEHAVIOUR.readers[NAME, "active_mask"] = lambda meter, link: encoded(
    meter.state.active_mask
)
BEHAVIOUR.writers[NAME, "active_mask"] = _write_active
BEHAVIOUR.doers[NAME, "add_register"] = _add_register
BEHAVIOUR.doers[NAME, "add_mask"] = _add_mask
BEHAVIOUR.doers[NAME, "delete_mask"] = _delete_mask

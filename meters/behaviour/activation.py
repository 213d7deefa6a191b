"""Register activation (Blue Book ed. 10, 4.3.5): which registers count under the active mask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wire.dlms.data import Data
from wire.obis import Obis

if TYPE_CHECKING:
    from meters.meter import Meter

NAME = "register_activation"
# Class and code of the registers of a tariff, in the order of `State.energy_wh`.
_RATES = tuple(
    (3, Obis.parse(code).octets)
    for code in ("1-0:1.8.1", "1-0:1.8.2", "1-0:2.8.1", "1-0:2.8.2")
)


def masks_of(mask_list: Data) -> dict[bytes, tuple[int, ...]]:
    """The masks by name: each a list of places in the assignment, from 1."""
    masks = {}
    for item in mask_list.value:
        name, indices = item.value
        masks[name.value] = tuple(index.value for index in indices.value)
    return masks


def counting(assignment: Data, indices: tuple[int, ...]) -> int:
    """Which rates count under a mask with these indices, as `State.counting` has it."""
    assigned = [tuple(part.value for part in item.value) for item in assignment.value]
    named = {assigned[index - 1] for index in indices}
    return sum(1 << place for place, rate in enumerate(_RATES) if rate in named)


def use(meter: Meter, mask: bytes) -> bool:
    """Makes a mask the active one; False, and nothing changed, when there is none so named."""
    indices = masks_of(meter.setting(NAME, "mask_list")).get(mask)
    if indices is None:
        return False
    state = meter.state
    state.active_mask = mask
    state.counting = counting(meter.setting(NAME, "register_assignment"), indices)
    return True


def refresh(meter: Meter) -> None:
    """The active mask once more, for its registers may be others now."""
    use(meter, meter.state.active_mask)

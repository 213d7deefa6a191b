"""The E-meter's display in installation mode: devices that ask for installation by radio.

It shows the last seven digits of one Short ID; a short press shows the next, a press of two
seconds or more chooses the one that is shown (P2 4.0.7, 8.1 and 8.4.2.2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meters.mbus import binding
from meters.mbus.channels import channels_of
from meters.mbus.installation import installing
from wire.mbus.headers import ShortId

if TYPE_CHECKING:
    from meters.meter import Meter

CHOOSES_S = 2
DIGITS = 7


def shown(meter: Meter) -> str:
    """What stands on the display; nothing when there is no device to choose."""
    device = _shown(meter)
    return "" if device is None else device.identification[-DIGITS:]


def press(meter: Meter, held_s: int) -> int | None:
    """Someone presses the button for so long; the channel of the device that was chosen."""
    device = _shown(meter)
    if device is None:
        return None
    channels = channels_of(meter)
    number = channels.first_free()
    if held_s < CHOOSES_S or number is None:
        channels.shown = (channels.shown + 1) % len(channels.found)
        return None
    channels.found = tuple(each for each in channels.found if each != device.encode())
    channels.shown = 0
    binding.register(meter, number, device)
    return number


def _shown(meter: Meter) -> ShortId | None:
    channels = meter.state.mbus
    if channels is None or not channels.found or not installing(meter):
        return None
    return ShortId.decode(channels.found[channels.shown % len(channels.found)])

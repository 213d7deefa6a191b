"""What passes by radio between an E-meter and the devices within its reach (P2 4.0.7, 4.4)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from meters.behaviour.task import NEVER, Task
from meters.p2.attached import keep
from meters.p2.device import Device
from meters.p2.faults import Faults

if TYPE_CHECKING:
    from meters.meter import Meter

Hear = Callable[["Meter", bytes], bytes]
"""Gives an E-meter a telegram; its answer in the same window, or b""."""


def task(hear: Hear) -> Task:
    """The transmissions of an E-meter's devices, in the order of their time."""
    return Task(due, partial(run, hear))


def due(meter: Meter, after_s: int) -> int:
    """When a device transmits next.

    What was due until `after_s` passed unheard: the E-meter was without supply then.
    """
    attached = meter.state.attached
    if attached is None:
        return NEVER
    first_s = NEVER
    for device in attached.radios:
        while device.next_s <= after_s:
            device.miss(device.next_s)
            keep(meter, device)
        first_s = min(first_s, device.next_s)
    return first_s


def run(hear: Hear, meter: Meter) -> None:
    """The devices whose time it is transmit, and the E-meter uses their windows or not."""
    attached = meter.state.attached
    if attached is None:
        return
    for device in attached.radios:
        if device.next_s <= meter.state.at_s:
            _converse(hear, meter, device, attached.faults_of(device))


def _converse(hear: Hear, meter: Meter, device: Device, faults: Faults) -> None:
    """One cycle: each ends by itself, for a device transmits six times at most."""
    now_s, random_bytes = meter.state.at_s, meter.random_bytes
    telegram = device.transmit(now_s)
    while telegram:
        answer = b""
        for heard in faults.heard(telegram, random_bytes):
            answer = hear(meter, heard)
        if answer and not faults.arrives(random_bytes):
            answer = b""
        telegram = device.react(answer, now_s)
    keep(meter, device)

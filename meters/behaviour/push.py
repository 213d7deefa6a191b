"""When a meter calls the central system, and what it says (P3, chapter 9).

A trigger executes a script of the push script table, which sets off a push setup. The setup's
windows and random delay make a plan of when to try, and how often. Whoever has a socket asks
for an `attempt` and tells what became of it; until then it counts as one that failed, so that
a crash leads to another attempt, if there is one left, and never to more than there are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from meters.behaviour.recurrence import Windows
from meters.behaviour.task import NEVER
from wire.cosem import pushes
from wire.cosem.dsmr.push import (
    ALARMS,
    AUTO_ANSWER,
    EQUIPMENT_ID,
    LATER_ALARMS,
    MESSAGE_HANDLER,
    PUSH_CLASS,
    SCHEDULER,
    SETUP_NAMES,
    SETUPS,
    UDP_SETUP,
)
from wire.cosem.rows import SMR5
from wire.dlms import axdr
from wire.dlms.data import Data

if TYPE_CHECKING:
    from meters.meter import Meter

_INVOKE_IDS = 0xFF_FFFF
_LATEST_S = 1 << 33
_MOST_ATTEMPTS = 256
GASP_S = 30
"""How long a meter without supply can still send a datagram; ours, for none is printed."""


@dataclass(slots=True)
class Plan:
    """A push that is to be tried: which setup's, when next (true time), how often still."""

    setup: int
    at_s: int
    attempts: int


class Pushing:
    """The pushes that a meter has planned, at most one of each setup."""

    __slots__ = ("plans",)

    def __init__(self) -> None:
        self.plans: dict[int, Plan] = {}

    def to_json(self) -> list[list[int]]:
        """As JSON can hold it."""
        return [[plan.setup, plan.at_s, plan.attempts] for plan in self.plans.values()]

    @classmethod
    def from_json(cls, saved: list[Any]) -> Pushing:
        """What was kept; raises what Python does for content that is not it."""
        pushing = cls()
        for row in saved:
            setup, at_s, attempts = row
            bounds = (
                (setup, len(SETUPS) - 1),
                (at_s, _LATEST_S),
                (attempts, _MOST_ATTEMPTS),
            )
            if not all(type(n) is int and 0 <= n <= most for n, most in bounds):
                raise ValueError(f"no plan of a push: {str(row)[:40]}")
            if setup in pushing.plans:
                raise ValueError("a push setup has one plan")
            pushing.plans[setup] = Plan(setup, at_s, attempts)
        return pushing


class Attempt(NamedTuple):
    """One call to the central system: where to, and the octets to send, in a datagram or not."""

    setup: int
    host: str
    port: int
    octets: bytes

    @property
    def datagram(self) -> bool:
        """Whether it goes by UDP, which nobody answers."""
        return self.setup == UDP_SETUP


# Setting off


def execute(meter: Meter, script: int) -> bool:
    """Executes a script of the push script table; whether there is one of that number."""
    for number, actions in _scripts(meter):
        if number == script:
            for code in actions:
                trigger(meter, code)
            return True
    return False


def trigger(meter: Meter, setup: int) -> None:
    """Plans a push, unless one of this setup is planned, or it has nowhere to go."""
    state = meter.state
    planned = state.pushing.plans if state.pushing is not None else {}
    if setup in planned or destination(meter, setup) is None:
        return
    most_s = _setting(meter, setup, "randomisation_start_interval").value
    delay_s = int.from_bytes(meter.random_bytes(4), "big") % (most_s + 1)
    at_s = _open_at(meter, setup, meter.clock_s, delay_s)
    if at_s is None:
        return
    if state.pushing is None:
        state.pushing = Pushing()
    attempts = 1 + _setting(meter, setup, "number_of_retries").value
    state.pushing.plans[setup] = Plan(setup, at_s, attempts)
    meter.changed()


def due(meter: Meter, after_s: int) -> int:
    """At once, when the register monitor has asked for a script."""
    return after_s + 1 if meter.state.pushes else NEVER


def execute_asked(meter: Meter) -> None:
    """Executes the scripts that were asked for."""
    asked, meter.state.pushes = meter.state.pushes, ()
    for script in asked:
        execute(meter, script)
    meter.changed()


# Attempting


def attempt(meter: Meter) -> Attempt | None:
    """The push that is due now, if any; it counts as tried from here on."""
    state = meter.state
    if state.pushing is None:
        return None
    for plan in sorted(state.pushing.plans.values(), key=lambda plan: plan.at_s):
        if not (state.powered or plan.setup == UDP_SETUP and _gasping(meter)):
            continue
        place = destination(meter, plan.setup)
        if place is None or not plan.attempts:
            # Switched off meanwhile; or cut off by a crash in the last attempt.
            _forget(meter, plan.setup)
        elif plan.at_s <= state.at_s:
            _count(meter, plan)
            return Attempt(plan.setup, *place, _message(meter, plan.setup))
    return None


def _gasping(meter: Meter) -> bool:
    return meter.state.at_s - meter.state.off_since_s <= GASP_S


def delivered(meter: Meter, setup: int) -> None:
    """The central system has the message."""
    _forget(meter, setup)


def failed(meter: Meter, setup: int) -> None:
    """It does not; without attempts left the push is given up."""
    pushing = meter.state.pushing
    if pushing is not None and setup in pushing.plans:
        if not pushing.plans[setup].attempts:
            _forget(meter, setup)


def destination(meter: Meter, setup: int) -> tuple[str, int] | None:
    """Host and port that a setup sends to; None when it sends nothing."""
    if not _setting(meter, setup, "push_object_list").value:
        return None
    _, place, _ = _setting(meter, setup, "send_destination_and_method").value
    return place_of(place.value)


def place_of(octets: bytes) -> tuple[str, int] | None:
    """The host and port of `host:port`; None for anything else."""
    host, colon, port = octets.decode("ascii", "replace").rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not 0 < len(host) <= 64 or not (port.isdigit() and len(port) < 6):
        return None
    if not all(char.isalnum() or char in ".-:" for char in host):
        return None
    return (host, int(port)) if 0 < int(port) <= 0xFFFF else None


# What can be in a message


def _equipment_id(meter: Meter) -> Data:
    return axdr.octet_string(meter.identity.equipment_id.encode("ascii"))


def _alarms(meter: Meter) -> Data:
    return axdr.double_long_unsigned(meter.state.alarms)


def _later(register: int) -> Callable[[Meter], Data]:
    return lambda meter: axdr.double_long_unsigned(
        meter.state.later_alarms[register - 2]
    )


def _named(code: bytes) -> Callable[[Meter], Data]:
    return lambda meter: axdr.octet_string(code)


PUSHABLE: dict[tuple[int, bytes, int], Callable[[Meter], Data]] = {
    (1, EQUIPMENT_ID.octets, 2): _equipment_id,
    (1, ALARMS.octets, 2): _alarms,
    **{
        (1, code.octets, 2): _later(register)
        for register, code in enumerate(LATER_ALARMS, 2)
    },
    **{
        (class_id, code.octets, 1): _named(code.octets)
        for class_id, code in (
            *((PUSH_CLASS, setup) for setup in SETUPS),
            (22, SCHEDULER),
            (28, AUTO_ANSWER),
            (60, MESSAGE_HANDLER),
        )
    },
}
"""Class, logical name and attribute of what a push can tell, and its value then."""


def _message(meter: Meter, setup: int) -> bytes:
    listed = _setting(meter, setup, "push_object_list").value
    values = [
        PUSHABLE[tuple(part.value for part in item.value[:3])](meter) for item in listed
    ]
    identity = meter.identity
    if identity.standard in SMR5:
        body = axdr.encode(axdr.structure(*values))
        invoke_id = meter.state.at_s & _INVOKE_IDS
        return pushes.encode_notification(identity.logical_device, invoke_id, body)
    told = values[1].value
    octets = told if isinstance(told, bytes) else told.to_bytes(4, "big")
    return pushes.encode_wake_up(identity.equipment_id, octets)


def _setting(meter: Meter, setup: int, attribute: str) -> Data:
    return meter.setting(SETUP_NAMES[setup], attribute)


def _scripts(meter: Meter) -> list[tuple[int, list[int]]]:
    """The numbers of the scripts, and the setups that each sets off."""
    codes = [code.octets for code in SETUPS]
    return [
        (number.value, [codes.index(action.value[2].value) for action in actions.value])
        for number, actions in (
            script.value
            for script in meter.setting("push_script_table", "scripts").value
        )
    ]


def _open_at(meter: Meter, setup: int, clock_s: int, delay_s: int) -> int | None:
    """The true time so long after this time of the clock, as the windows count it."""
    windows = Windows(_setting(meter, setup, "communication_window"), meter.zone)
    at_s = windows.within(clock_s, delay_s)
    return None if at_s is None else at_s - meter.state.clock_offset_s


def _count(meter: Meter, plan: Plan) -> None:
    """One attempt less; the next, if any, is in a window again."""
    delay_s = _setting(meter, plan.setup, "repetition_delay").value
    at_s = _open_at(meter, plan.setup, meter.clock_s + max(1, delay_s), 0)
    plan.attempts = 0 if at_s is None else plan.attempts - 1
    plan.at_s = meter.state.at_s if at_s is None else at_s
    meter.changed()


def _forget(meter: Meter, setup: int) -> None:
    pushing = meter.state.pushing
    if pushing is not None:
        pushing.plans.pop(setup, None)
        if not pushing.plans:
            meter.state.pushing = None
    meter.changed()

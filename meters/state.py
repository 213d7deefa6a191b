"""Everything about one meter that changes: small, slotted, and what a restart keeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from meters.behaviour.averages import Averages
from meters.behaviour.breaker import Breaker
from meters.behaviour.disturbance import Disturbance
from meters.behaviour.events import EventLogs
from meters.behaviour.firmware import Firmware
from meters.behaviour.harmonics import Harmonics
from meters.behaviour.loadprofile import Profiles
from meters.behaviour.push import Pushing
from meters.behaviour.quality import Quality
from meters.counters import Count, SpentKeys
from meters.identity import KEY_NAMES, Keys
from meters.mbus.channels import Channels
from meters.p2.attached import Attached
from wire.cosem.dsmr.tariff import NORMAL, names_mask
from wire.cosem.events import Log
from wire.dlms import axdr
from wire.dlms.data import Data
from wire.dlms.security import MAX_COUNTER
from wire.errors import ConfigError, LocalError, WireError

_PUSH_SCRIPTS = {1, 2, 3}

# So many counters are set aside with one save: after a crash the rest of them is skipped.
COUNTER_BLOCK = 1024

AUTHENTICATED_AND_ENCRYPTED = 3

_NOTHING = 0, 0, 0


@dataclass(slots=True)
class State:
    """The state of a meter.

    `at_s` is true time (epoch seconds) up to which energy is counted; the meter's own clock is
    `clock_offset_s` ahead of it. `energy_wh` is import rate 1 (low), import rate 2 (normal),
    export rate 1, export rate 2; `remainder_ws` what is not yet a whole Wh, import and export;
    `beyond_rates_wh` what the total of import and of export has more than its two rates.
    `counting` has a bit for each place of `energy_wh` that counts under the `active_mask`;
    `activation_pending` is whether the passive calendar waits for its time. `demand_w` is what
    the premises ask for, per phase, negative for export; `power_w` what of it flows, and
    `net_w` the sum of that. `demand_var` and `reactive_var` are the same of reactive power.
    `off_since_s` is when the supply of all phases failed last, `failing_since_s` when that of
    any did, 0 while all are there. `settings` is what was written, by object and attribute (see
    `meters.model`). `errors` and `alarms` are the registers of `meters.behaviour.alarms`,
    `later_alarms` the second and the third of alarms; `pushes` the scripts of the push script
    table that were asked for and wait to be executed, first come first. `received_counter` is
    the last that a client used; it was no higher than `received_reserved` when that was saved.
    `unsaved` is set by whatever must not get lost.
    """

    keys: Keys
    at_s: int
    clock_offset_s: int = 0
    active_mask: bytes = NORMAL
    counting: int = 0b1010
    activation_pending: bool = False
    energy_wh: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    beyond_rates_wh: list[int] = field(default_factory=lambda: [0, 0])
    remainder_ws: list[int] = field(default_factory=lambda: [0, 0])
    demand_w: tuple[int, ...] = _NOTHING
    power_w: tuple[int, ...] = _NOTHING
    demand_var: tuple[int, ...] = _NOTHING
    reactive_var: tuple[int, ...] = _NOTHING
    voltage_dv: tuple[int, ...] = (2300, 2300, 2300)
    net_w: int = 0
    powered: bool = True
    off_since_s: int = 0
    failing_since_s: int = 0
    failures: int = 0
    long_failures: int = 0
    interval_flags: int = 0
    errors: int = 0
    alarms: int = 0
    later_alarms: tuple[int, int] = (0, 0)
    pushes: tuple[int, ...] = ()
    profiles: Profiles | None = None
    logs: EventLogs | None = None
    breaker: Breaker | None = None
    quality: Quality | None = None
    harmonics: Harmonics | None = None
    disturbance: Disturbance | None = None
    averages: Averages | None = None
    firmware: Firmware | None = None
    pushing: Pushing | None = None
    mbus: Channels | None = None
    attached: Attached | None = None
    message: bytes = b""
    message_code: bytes = b""
    settings: dict[tuple[str, str], Data] | None = None
    security_policy: int = AUTHENTICATED_AND_ENCRYPTED
    received_counter: int | None = None
    received_reserved: int = 0
    received_floor: int = 0
    sending_counter: int = 1
    reserved_counter: int = 1
    spent_keys: SpentKeys | None = None
    reset_pending: bool = False
    unsaved: bool = False

    def flow(self) -> None:
        """Lets the demand through, or nothing past an open breaker."""
        closed = self.breaker is None or self.breaker.closed
        self.power_w = self.demand_w if closed else _NOTHING
        self.reactive_var = self.demand_var if closed else _NOTHING
        self.net_w = sum(self.power_w)

    def take_counter(self) -> int:
        """The next invocation counter of the meter's own frames; never one twice.

        The block that it is from must be saved, as `unsaved` says, before the frame leaves.
        After the highest comes 0, as P3 has it (3.2.3, frame counters): the central system must
        change the key before that, and a meter that fell silent instead could not be given one.
        """
        counter = self.sending_counter
        if counter > MAX_COUNTER:
            counter = self.reserved_counter = 0
        if counter >= self.reserved_counter:
            self.reserved_counter = min(counter + COUNTER_BLOCK, MAX_COUNTER + 1)
            self.unsaved = True
        self.sending_counter = counter + 1
        return counter

    def take_received(self, counter: int) -> None:
        """A client used this counter; one save is for a block of them, not for each.

        Close to the last there are no blocks: a counter must not be shown that leaves none.
        """
        self.received_counter = counter
        if counter > self.received_reserved:
            ahead = counter + COUNTER_BLOCK
            self.received_reserved = ahead if ahead <= MAX_COUNTER else counter
            self.unsaved = True

    @property
    def shown_counter(self) -> int:
        """What 0-0:43.1.0 reads: the last counter of a client, or higher after a crash.

        It never reads lower than it did, for a central system takes that for another meter.
        """
        return max(self.received_counter or 0, self.received_floor)

    def change_encryption_key(self, former: bytes, new: bytes) -> None:
        """Begins, or takes up again, the counters that go with another key.

        One counter of the former key is left out: the answer to the transfer still takes it.
        """
        spent = self.spent_keys = self.spent_keys or SpentKeys()
        after = min(self.sending_counter + 1, MAX_COUNTER + 1)
        spent.put(former, Count(after, self.received_counter))
        count = spent.take(new)
        self.sending_counter = self.reserved_counter = count.sending
        self.received_counter = count.received
        self.received_floor = self.received_reserved = count.received or 0
        self.unsaved = True


_AS_IS = (
    "at_s",
    "clock_offset_s",
    "counting",
    "activation_pending",
    "energy_wh",
    "beyond_rates_wh",
    "remainder_ws",
    "demand_w",
    "demand_var",
    "voltage_dv",
    "powered",
    "off_since_s",
    "failing_since_s",
    "failures",
    "long_failures",
    "interval_flags",
    "errors",
    "alarms",
    "later_alarms",
    "pushes",
    "security_policy",
    "received_counter",
    "received_reserved",
    "reset_pending",
)

# What is None until a meter has any, and otherwise keeps itself.
_PARTS: dict[str, Any] = {
    "profiles": Profiles,
    "logs": EventLogs,
    "breaker": Breaker,
    "quality": Quality,
    "harmonics": Harmonics,
    "disturbance": Disturbance,
    "averages": Averages,
    "firmware": Firmware,
    "spent_keys": SpentKeys,
    "pushing": Pushing,
    "mbus": Channels,
    "attached": Attached,
}

# How many numbers, the least and the most that each can be.
_BOUNDS = {
    "at_s": (1, 0, 2**33),
    "clock_offset_s": (1, -(2**33), 2**33),
    "counting": (1, 0, 0b1111),
    "energy_wh": (4, 0, 10**9 - 1),
    "beyond_rates_wh": (2, 0, 10**9 - 1),
    "remainder_ws": (2, 0, 3599),
    "demand_w": (3, -(10**9), 10**9),
    "demand_var": (3, -(10**9), 10**9),
    "voltage_dv": (3, -(10**6), 10**6),
    "off_since_s": (1, 0, 2**33),
    "failing_since_s": (1, 0, 2**33),
    "failures": (1, 0, 0xFFFF),
    "long_failures": (1, 0, 0xFFFF),
    "interval_flags": (1, 0, 0xFF),
    "errors": (1, 0, 0xFFFF_FFFF),
    "alarms": (1, 0, 0xFFFF_FFFF),
    "later_alarms": (2, 0, 0xFFFF_FFFF),
    "security_policy": (1, 0, AUTHENTICATED_AND_ENCRYPTED),
    "received_reserved": (1, 0, MAX_COUNTER),
    "sending_counter": (1, 0, MAX_COUNTER + 1),
}
# 2001 and 2099: a time stamp of P1 reaches from the one to the other.
_EARLIEST_S, _LATEST_S = 978_307_200, 4_070_908_800


def to_json(state: State) -> dict[str, Any]:
    """What is kept of a meter when its process ends; has its keys, so guard the file."""
    saved: dict[str, Any] = {name: getattr(state, name) for name in _AS_IS}
    saved["settings"] = {
        ".".join(name): axdr.encode(data).hex()
        for name, data in (state.settings or {}).items()
    }
    saved["active_mask"] = state.active_mask.hex()
    saved["message"] = state.message.hex()
    saved["message_code"] = state.message_code.hex()
    saved["sending_counter"] = state.reserved_counter
    saved["keys"] = {name: getattr(state.keys, name).hex() for name in KEY_NAMES}
    for name in _PARTS:
        part = getattr(state, name)
        saved[name] = None if part is None else part.to_json()
    return saved


def from_json(saved: dict[str, Any]) -> State:
    """The reverse of `to_json`; raises `ConfigError` when the content is not a state."""
    try:
        state = State(
            Keys(*(bytes.fromhex(saved["keys"][name]) for name in KEY_NAMES)), 0
        )
        for name in _AS_IS:
            setattr(state, name, saved[name])
        state.demand_w = tuple(saved["demand_w"])
        state.demand_var = tuple(saved["demand_var"])
        state.voltage_dv = tuple(saved["voltage_dv"])
        state.pushes = tuple(saved["pushes"])
        state.later_alarms = tuple(saved["later_alarms"])
        state.settings = {
            _name(text): axdr.decode(bytes.fromhex(octets))
            for text, octets in saved["settings"].items()
        } or None
        state.active_mask = bytes.fromhex(saved["active_mask"])
        state.message = bytes.fromhex(saved["message"])
        state.message_code = bytes.fromhex(saved["message_code"])
        state.sending_counter = state.reserved_counter = int(saved["sending_counter"])
        for name, kind in _PARTS.items():
            if saved[name] is not None:
                setattr(state, name, kind.from_json(saved[name]))
        _check(state)
        state.flow()
        state.received_floor = state.received_reserved
    except (
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        OverflowError,
        LocalError,
        WireError,
    ) as error:
        raise ConfigError(
            f"the saved state of a meter cannot be read: {error!r}"
        ) from None
    return state


def _name(text: str) -> tuple[str, str]:
    name, _, attribute = text.partition(".")
    return name, attribute


def _check(state: State) -> None:
    """Raises `ValueError` for what no meter comes to, and would fail of later."""
    for name, (count, low, high) in _BOUNDS.items():
        value = getattr(state, name)
        numbers = value if count > 1 else (value,)
        if len(numbers) != count or not all(
            type(number) is int and low <= number <= high for number in numbers
        ):
            raise ValueError(f"{name} cannot be {str(value)[:40]}")
    clock_s = state.at_s + state.clock_offset_s
    ends_s = [clock_s]
    if not state.powered:
        # Where the clock would stand again, at the latest from the end of its reserve on.
        ends_s.append(state.off_since_s + state.clock_offset_s)
    if max(state.off_since_s, state.failing_since_s) > state.at_s:
        raise ValueError("its power failures cannot be")
    if state.logs is not None:
        ends_s += [end_s for end_s, _ in state.logs.rows(Log.POWER_FAILURE)]
    for rows in (state.profiles or {}).values():
        ends_s += rows.ends_s
    if not _EARLIEST_S < min(ends_s) <= max(ends_s) < _LATEST_S:
        raise ValueError("a time of it is outside what P1 can print")
    if type(state.activation_pending) is not bool or not names_mask(state.active_mask):
        raise ValueError("its tariff cannot be")
    if not all(type(flag) is bool for flag in (state.powered, state.reset_pending)):
        raise ValueError("powered and reset_pending are true or false")
    if len(set(state.pushes)) != len(state.pushes) or not (
        set(state.pushes) <= _PUSH_SCRIPTS
        and all(type(script) is int for script in state.pushes)
    ):
        raise ValueError("its pushes cannot be")
    if state.received_counter is not None and not (
        type(state.received_counter) is int
        and 0 <= state.received_counter <= MAX_COUNTER
    ):
        raise ValueError("its invocation counter cannot be")
    if len(state.message) > 1024 or len(state.message_code) > 8:
        raise ValueError("its message is too long")

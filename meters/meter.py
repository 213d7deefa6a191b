"""An electricity meter: what it is, what it has counted, and what it prints on P1."""

from __future__ import annotations

import dataclasses
import secrets
from array import array
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from math import hypot

from meters.behaviour import (
    averages,
    breaker,
    clockwork,
    disturbance,
    limiter,
    schedule,
    supply,
    tariff,
    timeline,
)
from meters.behaviour.disconnect import Cause
from meters.behaviour.quality import Quality
from meters.identity import Identity, Keys
from meters.mbus import installation
from meters.mbus import lines as mbus_lines
from meters.model import Model
from meters.state import State
from wire.cosem.events import Log
from wire.cosem.rows import SMR5, Standard
from wire.dlms.data import Data
from wire.errors import LocalError
from wire.instants import from_epoch
from wire.p1 import Encoder, P1Version, PowerFailure
from wire.quantities import PerPhase
from wire.zones import DUTCH, Zone

P1_VERSIONS = {
    Standard.DSMR_4_0_6: P1Version.DSMR_4_0,
    Standard.DSMR_4_2_2: P1Version.DSMR_4_2_2,
    **dict.fromkeys(SMR5, P1Version.SMR_5_0_2),
}
_UNDISTURBED = Quality()
_UNKNOWN = array("q")
_MAX_POWER_W, _MAX_CURRENT_A, _MAX_VOLTAGE_DV = 99_999, 999, 9999


class Meter:
    """One simulated E-meter.

    Call `advance` before reading or changing anything: it brings the registers up to now.
    `set_load` then holds from that moment on.
    """

    __slots__ = (
        "identity",
        "model",
        "state",
        "random_bytes",
        "p3_locked_until_s",
        "wake_s",
        "dues_s",
        "on_breaker",
        "associations",
        "_encoder",
        "_form",
    )

    def __init__(
        self,
        identity: Identity,
        state: State,
        model: Model,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self.identity = identity
        self.state = state
        self.model = model
        self.random_bytes = random_bytes
        self.p3_locked_until_s = 0
        # When the next tasks of the timeline are due, 0 while that is to be found out; and each.
        self.wake_s, self.dues_s = 0, _UNKNOWN
        # Called with the instant and whether current can flow, whenever the breaker moves.
        self.on_breaker: Callable[[int, bool], None] | None = None
        # How many there are; what must wait for their end is due when there is none.
        self.associations = 0
        self._encoder = encoder_for(identity.standard)
        # What stands in the telegram until the load or a setting changes; see `Encoder.form`.
        self._form: str | None = None

    @property
    def p1_version(self) -> P1Version:
        """The version of P1 that goes with the meter's standard."""
        return P1_VERSIONS[self.identity.standard]

    @property
    def powered(self) -> bool:
        """Whether the supply is there; without it neither P1 nor P3 answers."""
        return self.state.powered

    def advance(self, now_s: int) -> None:
        """Counts energy and captures rows up to now; time never runs back."""
        timeline.advance(self, now_s)

    @property
    def next_s(self) -> int:
        """When the meter does something by itself next, in true time, if it has supply."""
        return timeline.next_s(self)

    @property
    def clock_s(self) -> int:
        """What the meter's own clock says, in epoch seconds."""
        return self.state.at_s + self.state.clock_offset_s

    def clock(self) -> datetime:
        """What the meter's own clock says (UTC)."""
        return from_epoch(self.clock_s)

    @property
    def zone(self) -> Zone:
        """The local time that its time stamps are in."""
        return clockwork.zone(self)

    def setting(self, name: str, attribute: str) -> Data:
        """An attribute that the table gives a value: as it was written last, or as given."""
        key = name, attribute
        settings = self.state.settings
        if settings is not None and key in settings:
            return settings[key]
        return self.model.defaults[key]

    def set_load(
        self,
        power_w: PerPhase,
        voltage_dv: PerPhase,
        reactive_var: PerPhase | None = None,
    ) -> None:
        """What is asked for from now on: W and var per phase, negative for export, and 0.1 V.

        Without a reactive power it is as it was; at first there is none. A meter with one phase
        measures the first; raises `LocalError` if another carries load.
        """
        state = self.state
        demand_var = state.demand_var if reactive_var is None else reactive_var
        if self.identity.phases == 1 and any((*power_w[1:], *demand_var[1:])):
            raise LocalError("a meter with one phase cannot measure L2 and L3")
        voltage_dv = disturbance.measured(self, voltage_dv)
        moved = voltage_dv != state.voltage_dv
        if moved or power_w != state.demand_w or demand_var != state.demand_var:
            averages.count(self)
            state.demand_w, state.demand_var = power_w, demand_var
            state.voltage_dv = voltage_dv
            self._flow()
            if moved:
                supply.watch(self)

    @property
    def has_breaker(self) -> bool:
        """Whether a meter of this standard has a breaker and a limiter."""
        return ("disconnect_control", "control_mode") in self.model.defaults

    @property
    def connected(self) -> bool:
        """Whether current can flow through the meter."""
        return self.state.breaker is None or self.state.breaker.closed

    def press_button(self, close: bool) -> bool:
        """Someone closes or opens the breaker by hand; says whether it moved.

        Raises `LocalError` when there is none.
        """
        if not self.has_breaker:
            raise LocalError(f"a meter of {self.identity.standard} has no breaker")
        cause = Cause.MANUAL_CONNECT if close else Cause.MANUAL_DISCONNECT
        return self.state.powered and breaker.operate(self, cause)

    def switched(self) -> None:
        """The breaker has opened or closed."""
        averages.count(self)
        self._flow()
        if self.on_breaker is not None:
            self.on_breaker(self.state.at_s, self.connected)

    def _flow(self) -> None:
        self.state.flow()
        self._form = None
        limiter.watch(self)

    def current_ca(self, phase: int) -> int:
        """The current in a phase, in 0.01 A, without sign: apparent power by voltage."""
        state = self.state
        voltage_dv, power_va = state.voltage_dv[phase], abs(state.power_w[phase])
        if voltage_dv <= 0:
            return 0
        if reactive_var := state.reactive_var[phase]:
            power_va = round(hypot(power_va, reactive_var))
        return (power_va * 1000 + voltage_dv // 2) // voltage_dv

    def power_off(self) -> None:
        """The supply fails."""
        supply.fail(self)
        self.changed()

    def power_on(self, now_s: int, reserve_s: int = supply.RESERVE_S) -> None:
        """The supply is back; the clock ran without it for as long as its reserve lasts."""
        if self.state.powered:
            return
        supply.restore(self, now_s, reserve_s)
        schedule.power_up(self)
        limiter.power_up(self)
        installation.power_up(self)
        self.changed()

    def association_ended(self) -> None:
        """One association less: what waited for that is due soon."""
        self.associations -= 1
        self.wake_s = 0

    def changed(self) -> None:
        """Something that must outlive the process, and may stand on P1, is not as it was."""
        self.state.unsaved = True
        self.wake_s = 0
        self._form = None

    def set_setting(self, name: str, attribute: str, data: Data) -> None:
        """Keeps what was written to an attribute that the table gives a value."""
        self.state.settings = {**(self.state.settings or {}), (name, attribute): data}
        self.changed()

    def replace_keys(self, **keys: bytes) -> None:
        """Takes new keys into use; a new encryption key comes with counters of its own."""
        state, former = self.state, self.state.keys.encryption_key
        state.keys = dataclasses.replace(state.keys, **keys)
        if state.keys.encryption_key != former:
            state.change_encryption_key(former, state.keys.encryption_key)
        state.unsaved = True

    def telegram(self, now_s: int) -> bytes:
        """The telegram of this moment; nothing while the supply is away."""
        if not self.state.powered:
            return b""
        timeline.advance(self, now_s)
        encoder, running = self._encoder, self._running_values()
        form = self._form
        if form is None:
            form = self._form = encoder.form(self._standing_values(), running)
        return encoder.fill(form, running)

    def _running_values(self) -> dict[str, object]:
        """The lines that change as time passes."""
        state, zone = self.state, self.zone
        low, normal, low_out, normal_out = state.energy_wh
        return {
            # The printed form of epoch seconds is shared by all meters that keep Dutch time.
            "0-0:1.0.0": self.clock_s if zone is DUTCH else zone.local(self.clock_s),
            "1-0:1.8.1": low,
            "1-0:1.8.2": normal,
            "1-0:2.8.1": low_out,
            "1-0:2.8.2": normal_out,
            "0-0:96.14.0": int(state.active_mask.hex()),
        }

    def _long_failures(self) -> tuple[PowerFailure, ...]:
        """The power failure log, newest first."""
        logs = self.state.logs
        rows = () if logs is None else logs.rows(Log.POWER_FAILURE)
        return tuple(
            PowerFailure(self.zone.local(end_s), duration_s)
            for end_s, duration_s in reversed(rows)
        )

    def _standing_values(self) -> dict[str, object]:
        """The lines that stay the same until the load or a setting changes."""
        state, version = self.state, self.p1_version
        phases = range(self.identity.phases)
        lines: dict[str, object] = {
            "0-0:96.1.1": self.identity.equipment_id.encode("ascii"),
            "1-0:1.7.0": _held(state.net_w, _MAX_POWER_W),
            "1-0:2.7.0": _held(-state.net_w, _MAX_POWER_W),
            "0-0:96.7.21": state.failures,
            "0-0:96.7.9": state.long_failures,
            "1-0:99.97.0": self._long_failures(),
            "0-0:96.13.0": state.message,
        }
        quality = state.quality or _UNDISTURBED
        sags, swells = quality.sags, quality.swells
        for phase in phases:
            lines[f"1-0:{32 + 20 * phase}.32.0"] = sags[phase]
            lines[f"1-0:{32 + 20 * phase}.36.0"] = swells[phase]
            power_w = state.power_w[phase]
            current_a = (self.current_ca(phase) + 50) // 100
            lines[f"1-0:{31 + 20 * phase}.7.0"] = _held(current_a, _MAX_CURRENT_A)
            lines[f"1-0:{21 + 20 * phase}.7.0"] = _held(power_w, _MAX_POWER_W)
            lines[f"1-0:{22 + 20 * phase}.7.0"] = _held(-power_w, _MAX_POWER_W)
            if version is P1Version.SMR_5_0_2:
                voltage_dv = state.voltage_dv[phase]
                lines[f"1-0:{32 + 20 * phase}.7.0"] = _held(voltage_dv, _MAX_VOLTAGE_DV)
        if self.has_breaker:
            lines["0-0:17.0.0"] = breaker.threshold_active_w(self)
            lines["0-0:96.3.10"] = int(breaker.control_state(self))
        if version is not P1Version.SMR_5_0_2:
            lines["0-0:96.13.1"] = state.message_code
        return lines | mbus_lines.lines(self)


def _held(value: int, most: int) -> int:
    """A value within what its line can print."""
    return max(0, min(value, most))


@lru_cache(maxsize=None)
def encoder_for(standard: Standard) -> Encoder:
    """The P1 encoder that all meters of a standard share."""
    return Encoder(P1_VERSIONS[standard], f"DSL5\\2{standard.value.upper()}")


def new_state(keys: Keys, now_s: int) -> State:
    """A meter as it leaves the factory: nothing counted, the clock right."""
    mask = tariff.factory_mask(now_s)
    return State(keys, now_s, active_mask=mask, counting=tariff.FACTORY_COUNTING[mask])

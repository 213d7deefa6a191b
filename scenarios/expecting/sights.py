"""What a scenario can expect of meter, charge point, gateway and transformer themselves, as who
may open them sees them; and of the newest telegram. A row of a table for each thing to see.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Annotated, Any, Final

from chargepoint.notices import Alarm, Metrics
from chargepoint.registers import Status
from chargepoint.unit import ControlUnit
from meters.behaviour import breaker
from meters.behaviour.energy import export_wh, import_wh
from meters.meter import Meter
from scenarios.acting.commands import AtMeter, AtStation
from scenarios.expecting.bounds import Bounds
from scenarios.language.known import Known
from scenarios.playing.event_log import print_instant
from scenarios.playing.scene import Scene
from scenarios.playing.world_protocol import GatewaySight, Load
from wire.p1 import Telegram

_PHASES = (0, 1, 2)


def _phases(name: str, of: Callable[[Any, int], object]) -> dict[str, Any]:
    """A row for each phase: `name_l1` to `name_l3`."""

    def row(phase: int) -> Callable[[Any], object]:
        return lambda seen: of(seen, phase)

    return {f"{name}_l{phase + 1}": row(phase) for phase in _PHASES}


METER: Final[dict[str, Callable[[Meter], object]]] = {
    "powered": lambda meter: meter.powered,
    "breaker": lambda meter: breaker.control_state(meter).name.lower(),
    "limiter_threshold": lambda meter: breaker.threshold_active_w(meter),
    "clock_error": lambda meter: meter.state.clock_offset_s,
    "tariff": lambda meter: int(meter.state.active_mask.hex()),
    "import": lambda meter: import_wh(meter.state) / 1000,
    "export": lambda meter: export_wh(meter.state) / 1000,
    "power": lambda meter: meter.state.net_w,
    **_phases("power", lambda meter, phase: meter.state.power_w[phase]),
    **_phases("reactive", lambda meter, phase: meter.state.reactive_var[phase]),
    **_phases("voltage", lambda meter, phase: meter.state.voltage_dv[phase] / 10),
    **_phases("current", lambda meter, phase: meter.current_ca(phase) / 100),
    "failures": lambda meter: meter.state.failures,
    "long_failures": lambda meter: meter.state.long_failures,
    "errors": lambda meter: meter.state.errors,
    "alarms": lambda meter: meter.state.alarms,
    "associations": lambda meter: meter.associations,
    "locked": lambda meter: meter.state.at_s < meter.p3_locked_until_s,
    "received_counter": lambda meter: meter.state.received_counter,
    "sending_counter": lambda meter: meter.state.sending_counter,
}


def _bit(bit: Status) -> Callable[[ControlUnit], object]:
    return lambda unit: bool(unit.station.status & bit)


def _car_kwh(unit: ControlUnit) -> float | None:
    car = unit.station.visits.present
    return None if car is None else car.energy_wh / 1000


def _car_full(unit: ControlUnit) -> bool | None:
    car = unit.station.visits.present
    return None if car is None else not car.remaining_ws


STATION: Final[dict[str, Callable[[ControlUnit], object]]] = {
    "powered": lambda unit: unit.station.powered,
    "state": lambda unit: unit.station.iec61851_state,
    "limit": lambda unit: unit.station.limit.limit_w,
    "source": lambda unit: unit.station.limit.source.name.lower(),
    "offered": lambda unit: unit.station.offered_da / 10,
    "phases_in_use": lambda unit: unit.station.phases_in_use,
    "power": lambda unit: unit.station.total_w,
    **_phases("power", lambda unit, phase: unit.station.power_w[phase]),
    **_phases("voltage", lambda unit, phase: unit.voltage_dv[phase] / 10),
    "car": lambda unit: unit.station.visits.present is not None,
    "car_energy": _car_kwh,
    "car_full": _car_full,
    "lifetime_energy": lambda unit: unit.station.lifetime_ws / 3_600_000,
    "faults": lambda unit: [str(fault.name).lower() for fault in unit.station.faults],
    **{name.lower(): _bit(bit) for name, bit in Status.__members__.items()},
}


def _figure(name: str) -> Callable[[GatewaySight], object]:
    return lambda gateway: getattr(gateway.metrics, name)


def _stands(alarm: Alarm) -> Callable[[GatewaySight], object]:
    return lambda gateway: alarm in gateway.alarms


_SUMS = ("rejects", "remarks")
GATEWAY: Final[dict[str, Callable[[GatewaySight], object]]] = {
    "alarms": lambda gateway: sorted(alarm.value for alarm in gateway.alarms),
    **{alarm.value.replace("-", "_"): _stands(alarm) for alarm in Alarm},
    **{
        field.name: _figure(field.name)
        for field in fields(Metrics)
        if field.name not in _SUMS and not field.name.startswith("_")
    },
    "rejects": lambda gateway: sum(gateway.metrics.rejects.values()),
    "remarks": lambda gateway: sum(gateway.metrics.remarks.values()),
    "last_reject": lambda gateway: gateway.metrics.last_reject.name.lower(),
}


def _told(load: Load, phase: int) -> int | None:
    return None if load.told_w is None else load.told_w[phase]


TRANSFORMER: Final[dict[str, Callable[[Load], object]]] = {
    **_phases("power", lambda load, phase: round(load.power_w[phase])),
    **_phases("told", _told),
    "load_pu": lambda load: max(map(abs, load.power_w)) / load.phase_rating_w,
    "max_pu": lambda load: load.max_pu,
    "overload_min": lambda load: load.overload_min,
}


def _time(telegram: Telegram) -> str | None:
    return None if telegram.time is None else print_instant(telegram.time)


def _version(telegram: Telegram) -> str | None:
    return None if telegram.version is None else telegram.version.value


TELEGRAM: Final[dict[str, Callable[[Telegram], object]]] = {
    "identification": lambda telegram: telegram.identification,
    "version": _version,
    "time": _time,
    "lines": lambda telegram: len(telegram.lines),
    "octets": lambda telegram: len(telegram.octets),
    "text": lambda telegram: telegram.octets.decode("latin-1"),
}


class MeterValue(AtMeter, Bounds):
    """A meter itself."""

    item: Annotated[str, Known("item of a meter", METER)]

    @property
    def subject(self) -> str:
        """What is looked at, for a person."""
        return f"{self.item} of meter {self.meter}"


class StationValue(AtStation, Bounds):
    """A charge point itself: its control unit, and the car that is there."""

    item: Annotated[str, Known("item of a station", STATION)]

    @property
    def subject(self) -> str:
        """What is looked at, for a person."""
        return f"{self.item} of station {self.station}"


class GatewayValue(AtStation, Bounds):
    """What a gateway counts since its start, and the alarms that stand."""

    item: Annotated[str, Known("item of a gateway", GATEWAY)]

    @property
    def subject(self) -> str:
        """What is looked at, for a person."""
        return f"{self.item} of gateway {self.station}"


class TransformerValue(Bounds):
    """What flows through the transformer, as means of the last whole minute."""

    item: Annotated[str, Known("item of the transformer", TRANSFORMER)]

    @property
    def subject(self) -> str:
        """What is looked at, for a person."""
        return f"{self.item} of the transformer"


class TelegramValue(AtMeter, Bounds):
    """The newest telegram as a whole; its lines are `p1_line`'s."""

    item: Annotated[str, Known("item of a telegram", TELEGRAM)]

    @property
    def subject(self) -> str:
        """What is looked at, for a person."""
        return f"{self.item} of the telegram of meter {self.meter}"


def _telegram(scene: Scene, body: TelegramValue) -> object:
    telegram = scene.world.site(body.meter).telegram()
    return None if telegram is None else TELEGRAM[body.item](telegram)


SIGHTS: Final[dict[str, Callable[[Scene, Any], object]]] = {
    "meter": lambda scene, body: METER[body.item](
        scene.world.site(body.meter).meter_now()
    ),
    "station": lambda scene, body: STATION[body.item](
        scene.world.site(body.station).unit_now()
    ),
    "gateway": lambda scene, body: GATEWAY[body.item](
        scene.world.site(body.station).gateway_now()
    ),
    "transformer": lambda scene, body: TRANSFORMER[body.item](
        scene.world.transformer()
    ),
    "telegram": _telegram,
}
"""The value that each kind looks at, now."""

"""The steps of the scenario language, one model each; a new step is a field here and a row
in `scenarios.acting.actions`.

A step and an expectation are mappings with exactly one kind; what it needs stands below it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from meters.behaviour.injections import VOLTAGES_DV, Injection, What
from meters.behaviour.wakeup import By
from scenarios.acting.commands import (
    Act,
    AtMeter,
    AtStation,
    Operate,
    Read,
    SendMessage,
    UseCounter,
    Write,
)
from scenarios.acting.devices import (
    AtDevice,
    AttachDevice,
    DisturbDevice,
    InjectDevice,
    MoveValve,
    PressDevice,
    PressDisplay,
    SetFlow,
)
from scenarios.acting.feeder_faults import DisturbFeeder
from scenarios.acting.jobs import AddSchedule, CancelJob, HandIn, RemoveSchedule
from scenarios.acting.troubles import (
    AtProcess,
    AtWire,
    DisturbWire,
    Kill,
    Restart,
    StepClock,
)
from scenarios.acting.unit_actions import FitCable, InjectUnit, WriteRegister
from scenarios.expecting.books import NoteLife
from scenarios.expecting.expectations import Expectation
from scenarios.language.includes import Include
from scenarios.language.values import Duration, Model, Real, Until, one_of

Watts = Annotated[int, Field(ge=-1_000_000, le=1_000_000)]


class PowerCycle(AtMeter):
    """Takes the supply of a meter away and gives it back."""

    off_for: Duration


class PressButton(AtMeter):
    """Someone opens or closes a meter's breaker by hand."""

    to: Literal["open", "close"]


class SetLoad(AtMeter):
    """The load behind a meter beside its car, per phase: W and var, export below zero; V."""

    power_w: Annotated[
        tuple[Watts, ...], Field(strict=False, min_length=3, max_length=3)
    ]
    reactive_var: Annotated[
        tuple[Watts, ...] | None, Field(strict=False, min_length=3, max_length=3)
    ] = None
    voltage_v: Annotated[
        tuple[Annotated[Real, Field(ge=0, le=500)], ...] | None,
        Field(strict=False, min_length=3, max_length=3),
    ] = None


# What can be said beside what is injected.
_OWN = {
    **dict.fromkeys(VOLTAGES_DV, {"phase", "voltage_v", "lasts"}),
    What.THD: {"phase", "percent", "lasts"},
}


class Inject(AtMeter):
    """Something that happens to a meter, or breaks in it."""

    what: Annotated[What, Field(strict=False)]
    phase: Annotated[int | None, Field(ge=1, le=3, description="1, unless said")] = None
    voltage_v: Annotated[
        Real | None, Field(ge=0, le=500, description="190 or 260, unless said")
    ] = None
    percent: Annotated[
        int | None, Field(ge=0, le=1000, description="40, unless said")
    ] = None
    lasts: Annotated[Duration | None, Field(description="1m, unless said")] = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        own = self.model_fields_set - {"meter", "what"} - _OWN.get(self.what, set())
        if own:
            raise ValueError(f"{min(own)} does not go with {self.what}")
        if self.lasts is not None and self.lasts < timedelta(seconds=1):
            raise ValueError("lasts is 1s or more")
        return self

    def injection(self) -> Injection:
        """As a meter takes it."""
        given: dict[str, Any] = {}
        if self.phase is not None:
            given["phase"] = self.phase
        if self.voltage_v is not None:
            given["voltage_dv"] = round(self.voltage_v * 10)
        if self.percent is not None:
            given["percent"] = self.percent
        if self.lasts is not None:
            given["duration_s"] = round(self.lasts.total_seconds())
        return Injection(self.what, **given)


class WakeUp(AtMeter):
    """Somebody calls the meter's modem, or sends it an empty SMS; it does not answer."""

    by: Annotated[By, Field(strict=False)]
    number: Annotated[str, Field(pattern=r"^\+?[0-9]{1,20}$", description="who it is")]


class PlugCar(AtStation):
    """A car arrives."""

    energy_kwh: Annotated[Real, Field(gt=0, le=1000)]
    max_w: Annotated[int, Field(gt=0, le=1_000_000)]
    phases: Annotated[int, Field(ge=1, le=3)] = 3
    phase: Annotated[int, Field(ge=1, le=3)] = 1

    @model_validator(mode="after")
    def _phases(self) -> Self:
        if self.phases == 2:
            raise ValueError("a car charges on 1 or 3 phases")
        return self


_ONE_KEY = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})


class Step(Model):
    """One step: exactly one of these."""

    model_config = _ONE_KEY

    note: Annotated[str | None, Field(description="a heading in log and report")] = None
    run_for: Duration | None = None
    run_until: Until = None
    send_message: SendMessage | None = None
    read: Read | None = None
    write: Write | None = None
    act: Act | None = None
    operate: Operate | None = None
    hand_in: HandIn | None = None
    cancel_job: CancelJob | None = None
    add_schedule: AddSchedule | None = None
    remove_schedule: RemoveSchedule | None = None
    power_cycle: PowerCycle | None = None
    power_off: AtMeter | None = None
    power_on: AtMeter | None = None
    press_button: PressButton | None = None
    unplug_p1: AtMeter | None = None
    plug_p1: AtMeter | None = None
    restart_gateway: AtStation | None = None
    restart_unit: AtStation | None = None
    write_register: WriteRegister | None = None
    inject_unit: InjectUnit | None = None
    fit_cable: FitCable | None = None
    set_load: SetLoad | None = None
    inject: Inject | None = None
    wake_up: WakeUp | None = None
    try_wrong_key: AtMeter | None = None
    use_counter: UseCounter | None = None
    authenticate_by: Annotated[
        Literal["hls3", "hls4", "hls5"] | None,
        Field(description="how the head-end proves itself from here on; hls5 at first"),
    ] = None
    plug_car: PlugCar | None = None
    unplug_car: AtStation | None = None
    attach_device: AttachDevice | None = None
    detach_device: AtDevice | None = None
    press_device: PressDevice | None = None
    set_flow: SetFlow | None = None
    inject_device: InjectDevice | None = None
    move_valve: MoveValve | None = None
    disturb_device: DisturbDevice | None = None
    disturb_feeder: DisturbFeeder | None = None
    press_display: PressDisplay | None = None
    note_life: NoteLife | None = None
    disturb_wire: DisturbWire | None = None
    reset_wire: AtWire | None = None
    kill: Kill | None = None
    start: AtProcess | None = None
    restart: Restart | None = None
    step_clock: StepClock | None = None
    expect: Expectation | None = None
    include: Annotated[
        Include | None, Field(description="the steps of a file, in this place")
    ] = None

    @property
    def kind(self) -> str:
        """Which step it is."""
        return next(iter(self.model_fields_set))

    @property
    def body(self) -> Any:
        """What stands below the kind."""
        return getattr(self, self.kind)

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if len(given := sorted(self.model_fields_set)) > 1:
            raise ValueError(f"{' and '.join(given)} are steps: '- ' before each")
        one_of(self, tuple(type(self).model_fields))
        if self.body is None and self.kind != "run_until":
            raise ValueError(f"{self.kind} needs a value")
        return self

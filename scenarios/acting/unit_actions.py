"""What each step with a control unit does: what a master writes, what breaks, what is fitted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator

from chargepoint.registers import BY_NAME, Fault
from scenarios.acting.commands import AtStation
from scenarios.language.known import Known
from scenarios.language.values import Real
from scenarios.playing.scene import Scene, Seen
from scenarios.playing.world_protocol import Outcome
from wire.errors import LocalError


class WriteRegister(AtStation):
    """Another Modbus master writes a register of the control unit."""

    name: Annotated[str, Known("register", BY_NAME)]
    value: int

    @model_validator(mode="after")
    def _fits(self) -> Self:
        try:
            BY_NAME[self.name].encode(self.value)
        except LocalError as error:
            raise ValueError(str(error)) from None
        return self

    @property
    def subject(self) -> str:
        """What is asked, for a person."""
        return f"writing register {self.name} of station {self.station}"


class InjectUnit(AtStation):
    """The hardware's faults from now on; an empty list is a sound one."""

    faults: Annotated[
        tuple[
            Literal[
                "rcd", "overcurrent", "temperature", "lock", "control_pilot", "weld"
            ],
            ...,
        ],
        Field(strict=False, max_length=6),
    ]


class FitCable(AtStation):
    """What the cable, or the heat, allows per phase from now on."""

    max_a: Annotated[
        Real | None, Field(ge=0, le=250, description="left out: no limit of its own")
    ] = None


async def _write(scene: Scene, body: WriteRegister) -> Outcome:
    return await scene.world.site(body.station).write_register(body.name, body.value)


UNIT_COMMANDS: Final[dict[str, Callable[[Scene, Any], Awaitable[Outcome]]]] = {
    "write_register": _write
}


async def _inject(scene: Scene, body: InjectUnit) -> Seen:
    faults = Fault(0)
    for name in body.faults:
        faults |= Fault[name.upper()]
    scene.world.site(body.station).unit_now().station.set_faults(faults)
    return Seen(result=", ".join(body.faults) or "sound")


async def _fit_cable(scene: Scene, body: FitCable) -> Seen:
    cable_da = None if body.max_a is None else round(body.max_a * 10)
    scene.world.site(body.station).unit_now().station.fit_cable(cable_da)
    return Seen()


UNIT_ACTIONS: Final[dict[str, Callable[[Scene, Any], Awaitable[Seen]]]] = {
    "inject_unit": _inject,
    "fit_cable": _fit_cable,
}

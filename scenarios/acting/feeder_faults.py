"""What can be wrong with what a transformer's box reports, as scenarios say it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from scenarios.language.values import Duration, Model


class Wrong(StrEnum):
    """How the rows of the box are wrong."""

    MISSING = "missing"
    LATE = "late"
    STUCK = "stuck"
    ZERO = "zero"
    KILOWATTS = "kilowatts"
    NEGATED = "negated"
    SWAPPED_PHASES = "swapped_phases"
    NAN = "nan"
    CUT_OFF = "cut_off"
    DUPLICATE = "duplicate"
    BACK_IN_TIME = "back_in_time"
    AHEAD = "ahead"


_BY = frozenset({Wrong.LATE, Wrong.BACK_IN_TIME, Wrong.AHEAD})
_OF_A_PHASE = frozenset(
    {Wrong.STUCK, Wrong.ZERO, Wrong.KILOWATTS, Wrong.NEGATED, Wrong.NAN}
)


@dataclass(frozen=True, slots=True)
class Disturbance:
    """A fault of the box: `phases` (0 to 2) are those it has, `by_s` how late or how far off
    its clock; it is over after `lasts_s`, None: not by itself."""

    wrong: Wrong
    phases: tuple[int, ...] = (0, 1, 2)
    by_s: int = 0
    lasts_s: int | None = None


class DisturbFeeder(Model):
    """What the transformer's box reports is wrong from now on; empty, it is right again."""

    fault: Annotated[Wrong | None, Field(strict=False)] = None
    by: Annotated[
        Duration | None,
        Field(description="late, back_in_time, ahead: so much; 1h, unless said"),
    ] = None
    phase: Annotated[
        int | None,
        Field(ge=1, le=3, description="the one that is wrong; all, unless said"),
    ] = None
    lasts: Annotated[
        Duration | None, Field(description="left out: until another step")
    ] = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        fits = {"by": _BY, "phase": _OF_A_PHASE, "lasts": frozenset(Wrong)}
        for name, faults in fits.items():
            if getattr(self, name) is not None and self.fault not in faults:
                word = self.fault.value if self.fault else "no fault"
                raise ValueError(f"{name} does not go with {word}")
        return self

    def disturbance(self) -> Disturbance | None:
        """As the box has it; None when it is right."""
        if self.fault is None:
            return None
        by = timedelta(hours=1) if self.by is None else self.by
        return Disturbance(
            self.fault,
            (0, 1, 2) if self.phase is None else (self.phase - 1,),
            round(by.total_seconds()) if self.fault in _BY else 0,
            round(self.lasts.total_seconds()) if self.lasts is not None else None,
        )

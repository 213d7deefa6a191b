"""A control unit, and what a master asks of it, for the tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from chargepoint.car import Visits
from chargepoint.kept import Kept
from chargepoint.registers import (
    REGISTERS,
    ExceptionCode,
    RequestRefused,
    register,
)
from chargepoint.sessions import Session
from chargepoint.staging import staging_writes
from chargepoint.unit import ControlUnit

T0 = 1_704_900_000
ADDRESS, VALUE, BUSY, FAILURE = (
    ExceptionCode.ILLEGAL_ADDRESS,
    ExceptionCode.ILLEGAL_VALUE,
    ExceptionCode.DEVICE_BUSY,
    ExceptionCode.DEVICE_FAILURE,
)
DEFINED = {row.address + offset for row in REGISTERS for offset in range(row.words)}


def a_car(
    phases: int = 3, phase: int = 0, max_w: int = 22_000, wh: int = 1_000_000
) -> Visits:
    return Visits([Session("CP", T0, T0 + 864_000, wh, phases, phase, max_w)])


def a_unit(
    visits: Visits | None = None, watchdog_s: int = 0, **options: int
) -> ControlUnit:
    return ControlUnit(
        "CP001",
        now_s=T0,
        visits=visits if visits is not None else a_car(),
        kept=Kept(watchdog_timeout_s=watchdog_s),
        **options,
    )


def get(unit: ControlUnit, name: str) -> int:
    row = register(name)
    return row.decode(unit.read(row.address, row.words))


def put(unit: ControlUnit, name: str, value: int) -> None:
    row = register(name)
    unit.write(row.address, row.encode(value))


def commit(
    unit: ControlUnit,
    periods: Sequence[tuple[int, int]],
    until_s: int = 3600,
    sequence: int = 0,
    from_s: int | None = None,
) -> int:
    """Stages periods (seconds after T0, W), commits them and returns the outcome."""
    writes = staging_writes(
        sequence,
        T0 + (periods[0][0] if from_s is None else from_s),
        T0 + until_s,
        [(T0 + start_s, max_w) for start_s, max_w in periods],
    )
    for address, words in writes:
        unit.write(address, words)
    put(unit, "commit", 1)
    return get(unit, "commit")


def refused(code: ExceptionCode, call: Callable[..., object], *args: object) -> None:
    with pytest.raises(RequestRefused) as caught:
        call(*args)
    assert caught.value.code is code

"""The forms of lines that say several things at once: M-Bus values and the failure log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from wire.errors import LocalError
from wire.instants import DEVIATION_NOT_SPECIFIED, NOT_SPECIFIED, DateTime
from wire.p1.formats import Fixed, Write, instant_of, parts, scaled, tst
from wire.p1.values import FailureLog, MBusReading, PowerFailure

_READING_WRITERS = {
    (unit, decimals): Fixed(8, decimals, unit).writer()
    for unit in ("m3", "GJ", "kWh")
    for decimals in (2, 3)
}


def _print_reading(reading: object) -> tuple[MBusReading, str]:
    """The reading itself, and `(value*unit)`."""
    if not isinstance(reading, MBusReading):
        raise LocalError(f"{reading!r} is not an M-Bus reading")
    try:
        write = _READING_WRITERS[reading.unit, reading.decimals]
    except (KeyError, TypeError):
        raise LocalError(
            f"{reading!r} is not in m3, GJ or kWh with 2 or 3 decimals"
        ) from None
    return reading, write(reading.value_milli)


def _read_reading(captured: datetime, number: str, unit: str) -> MBusReading:
    if unit not in ("m3", "GJ", "kWh"):
        raise ValueError("another unit")
    value = scaled(number, 3)
    if not isinstance(value, int):
        raise ValueError("too fine a value")
    decimals = len(number.partition(".")[2])
    return MBusReading(captured, value, unit, 2 if decimals == 2 else 3)


@dataclass(frozen=True, slots=True)
class MBusValue:
    """`(TST)(value*unit)`: the capture time and the last value of an M-Bus meter."""

    def read(self, brackets: str) -> MBusReading:
        """The reading, when it has a time, a number and a unit."""
        captured, measured = parts(brackets)
        number, _, unit = measured.partition("*")
        return _read_reading(instant_of(captured), number, unit)

    def writer(self) -> Write:
        """Takes an `MBusReading`."""

        def write(value: object) -> str:
            reading, printed = _print_reading(value)
            return f"({tst(reading.captured)}){printed}"

        return write


@dataclass(frozen=True, slots=True)
class GasBlock:
    """The two lines of 2.2 and 3.0: time without season, status, period, one capture object.

    `(YYMMDDhhmmss)(00)(60)(1)(0-n:24.2.1)(m3)` CR LF `(value)`; in the doubled hour of
    autumn the time is taken as winter time.
    """

    captured_obis: str

    def read(self, brackets: str) -> MBusReading:
        """The reading; the two lines come joined."""
        stamp, _, _, objects, _, unit, number = parts(brackets)
        if len(stamp) != 12 or not (stamp.isascii() and stamp.isdigit()):
            raise ValueError("not a time")
        if objects != "1":
            raise ValueError("not one capture object")
        year, *rest = (int(stamp[i : i + 2]) for i in range(0, 12, 2))
        month, day, hour, minute, second = rest
        civil = DateTime(
            2000 + year,
            month,
            day,
            NOT_SPECIFIED,
            hour,
            minute,
            second,
            NOT_SPECIFIED,
            DEVIATION_NOT_SPECIFIED,
            0,
        )
        return _read_reading(civil.instant(), number, unit)

    def writer(self) -> Write:
        """Takes an `MBusReading`."""
        capture = self.captured_obis

        def write(value: object) -> str:
            reading, printed = _print_reading(value)
            number = printed.partition("*")[0]
            head = f"({tst(reading.captured)[:12]})(00)(60)(1)({capture})"
            return f"{head}({reading.unit})\r\n{number})"

        return write


@dataclass(frozen=True, slots=True)
class FailureEntries:
    """`(z)(0-0:96.7.19)` and z times `(TST)(F10(0,0)*s)`: newest first, at most 10."""

    maximum: int = 10

    def read(self, brackets: str) -> FailureLog:
        """The entries; `()`, `(0)` and `(0)(…)` are an empty log."""
        count, *rest = parts(brackets)
        pairs = rest[1:]
        number = int(count or "0")
        if number < 0 or len(pairs) != 2 * number:
            raise ValueError("another number of entries than announced")
        log = []
        for ended, printed in zip(pairs[::2], pairs[1::2]):
            duration, _, unit = printed.partition("*")
            seconds = scaled(duration, 0)
            if unit != "s" or not isinstance(seconds, int):
                raise ValueError("not seconds")
            log.append(PowerFailure(instant_of(ended), seconds))
        return tuple(log)

    def writer(self) -> Write:
        """Takes a sequence of `PowerFailure`."""
        maximum = self.maximum
        duration = Fixed(10, 0, "s").writer()

        def write(value: object) -> str:
            if not isinstance(value, (tuple, list)) or len(value) > maximum:
                raise LocalError(f"not a failure log of at most {maximum} entries")
            printed = [f"({len(value)})(0-0:96.7.19)"]
            for failure in value:
                if not isinstance(failure, PowerFailure):
                    raise LocalError(f"{failure!r} is not a power failure")
                printed.append(f"({tst(failure.ended)}){duration(failure.duration_s)}")
            return "".join(printed)

        return write

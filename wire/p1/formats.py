"""The forms that values have on a line (P1 4.x, 5.11; 5.0.2, 6.11): one class per form.

Each has two functions. `read` takes a line from its first bracket to its last and returns the
value, or raises `ValueError` (or a `WireError`) when it has another form. `write` does the
opposite and raises `LocalError` when the value does not fit.
"""

from __future__ import annotations

from binascii import unhexlify
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Protocol

from wire.errors import LocalError
from wire.instants import (
    DEVIATION_NOT_SPECIFIED,
    NOT_SPECIFIED,
    DateTime,
    format_tst,
    from_epoch,
    parse_tst,
)
from wire.p1.values import FailureLog, MBusReading, PowerFailure, Value

Write = Callable[[object], str]

_UNITS = {
    "kWh": ("Wh", 3),
    "Wh": ("Wh", 0),
    "kW": ("W", 3),
    "W": ("W", 0),
    "V": ("dV", 1),
    "A": ("A", 0),
    "s": ("s", 0),
    "m3": ("dm3", 3),
    "GJ": ("MJ", 3),
    "": ("", 0),
}
"""Printed unit: the unit of the integer, and the decimals that it takes in."""


class Format(Protocol):
    """How the values of a row are printed."""

    def read(self, brackets: str) -> Value:
        """The value of a line."""

    def writer(self) -> Write:
        """A function that prints a value with its brackets."""


def _single(brackets: str) -> str:
    if brackets[:1] != "(" or brackets[-1:] != ")" or ")(" in brackets:
        raise ValueError("not one value in brackets")
    return brackets[1:-1]


def _parts(brackets: str) -> list[str]:
    if brackets[:1] != "(" or brackets[-1:] != ")":
        raise ValueError("not values in brackets")
    return brackets[1:-1].split(")(")


def _scaled(number: str, exponent: int) -> int | Decimal:
    """The number times 10**exponent, exactly."""
    whole, _, fraction = number.partition(".")
    digits = whole + fraction
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError("not a number")
    missing = exponent - len(fraction)
    if missing >= 0:
        return int(digits + "0" * missing)
    if digits.endswith("0" * -missing):
        return int(digits[:missing])
    return Decimal(digits).scaleb(missing)


@dataclass(frozen=True, slots=True)
class Fixed:
    """Fn(x,x): `digits` in all, of which `decimals` behind the point, then `*unit`.

    The value is an integer in the unit that `_UNITS` names; digits beyond the printed
    resolution are cut. Any number of digits is read, and any unit of the same quantity.
    """

    digits: int
    decimals: int = 0
    unit: str = ""

    def read(self, brackets: str) -> int | Decimal:
        """An int, or a Decimal when it was printed finer than the unit."""
        number, _, unit = _single(brackets).partition("*")
        quantity, exponent = _UNITS.get(unit, (None, 0))
        if quantity != _UNITS[self.unit][0]:
            raise ValueError("another unit")
        return _scaled(number, exponent)

    def writer(self) -> Write:
        """Refuses what is negative, has too many digits or is not an integer."""
        cut: int = 10 ** (_UNITS[self.unit][1] - self.decimals)
        point: int = 10**self.decimals
        limit: int = cut * 10**self.digits
        tail = f"*{self.unit})" if self.unit else ")"
        whole_form = f"(%0{self.digits}d{tail}"
        point_form = f"(%0{self.digits - self.decimals}d.%0{self.decimals}d{tail}"

        # Percent formatting, for it is twice as fast here as an f-string.
        def write_whole(value: object) -> str:
            if type(value) is int and 0 <= value < limit:
                return whole_form % (value // cut)
            raise LocalError(f"{value!r} is not an integer from 0 to {limit - 1}")

        def write(value: object) -> str:
            if type(value) is int and 0 <= value < limit:
                return point_form % divmod(value // cut, point)
            raise LocalError(f"{value!r} is not an integer from 0 to {limit - 1}")

        return write if self.decimals else write_whole


@dataclass(frozen=True, slots=True)
class HexNumber:
    """A number in hexadecimal digits: the M-Bus device type, `003` or `00A` (EN 13757-3)."""

    digits: int

    def read(self, brackets: str) -> int:
        """The number, of however many digits."""
        octets = unhexlify(_single(brackets).rjust(4, "0"))
        return int.from_bytes(octets, "big")

    def writer(self) -> Write:
        """Refuses what needs more digits."""
        digits, limit = self.digits, 16**self.digits

        def write(value: object) -> str:
            if not (isinstance(value, int) and 0 <= value < limit):
                raise LocalError(f"{value!r} is not an integer from 0 to {limit - 1}")
            return f"({value:0{digits}X})"

        return write


@dataclass(frozen=True, slots=True)
class Octets:
    """Sn of an octet string: two hexadecimal digits per octet, `()` when it is empty.

    With `filler`, a text of only FF is what a meter prints that never got one: not a value.
    """

    maximum: int
    filler: bool = False

    def read(self, brackets: str) -> bytes:
        """The octets; their number is not checked."""
        octets = unhexlify(_single(brackets))
        if self.filler and octets and not octets.strip(b"\xff"):
            raise ValueError("filler")
        return octets

    def writer(self) -> Write:
        """Takes octets, or ASCII text; refuses more than `maximum`."""
        maximum = self.maximum

        def write(value: object) -> str:
            if isinstance(value, str) and value.isascii():
                value = value.encode()
            if not isinstance(value, bytes) or len(value) > maximum:
                raise LocalError(f"not octets or ASCII text of at most {maximum}")
            return f"({value.hex().upper()})"

        return write


@dataclass(frozen=True, slots=True)
class Text:
    """Sn of characters that stand for themselves: the version."""

    def read(self, brackets: str) -> str:
        """The characters."""
        return _single(brackets)

    def writer(self) -> Write:
        """Takes letters and digits."""

        def write(value: object) -> str:
            if not (isinstance(value, str) and value.isascii() and value.isalnum()):
                raise LocalError(f"{value!r} is not letters and digits")
            return f"({value})"

        return write


@lru_cache(maxsize=4096)
def _tst(instant: object) -> str:
    """TST of epoch seconds or an aware instant; cached, for a fleet prints the same ones."""
    if type(instant) is int:
        try:
            instant = from_epoch(instant)
        except (OverflowError, OSError, ValueError):
            raise LocalError(f"{instant} is no instant in epoch seconds") from None
    if not isinstance(instant, datetime) or instant.tzinfo is None:
        raise LocalError(f"{instant!r} is neither epoch seconds nor an aware instant")
    if not 2000 < instant.year < 2099:
        raise LocalError(f"{instant} cannot be printed: TST reaches from 2001 to 2098")
    return format_tst(instant)


_instant = lru_cache(maxsize=4096)(parse_tst)


@dataclass(frozen=True, slots=True)
class Tst:
    """A time stamp `YYMMDDhhmmssX`."""

    def read(self, brackets: str) -> datetime:
        """The UTC instant."""
        return _instant(_single(brackets))

    def writer(self) -> Write:
        """Takes epoch seconds or an aware instant."""
        return lambda value: f"({_tst(value)})"


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
    value = _scaled(number, 3)
    if not isinstance(value, int):
        raise ValueError("too fine a value")
    decimals = len(number.partition(".")[2])
    return MBusReading(captured, value, unit, 2 if decimals == 2 else 3)


@dataclass(frozen=True, slots=True)
class MBusValue:
    """`(TST)(value*unit)`: the capture time and the last value of an M-Bus meter."""

    def read(self, brackets: str) -> MBusReading:
        """The reading, when it has a time, a number and a unit."""
        captured, measured = _parts(brackets)
        number, _, unit = measured.partition("*")
        return _read_reading(_instant(captured), number, unit)

    def writer(self) -> Write:
        """Takes an `MBusReading`."""

        def write(value: object) -> str:
            reading, printed = _print_reading(value)
            return f"({_tst(reading.captured)}){printed}"

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
        stamp, _, _, objects, _, unit, number = _parts(brackets)
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
            head = f"({_tst(reading.captured)[:12]})(00)(60)(1)({capture})"
            return f"{head}({reading.unit})\r\n{number})"

        return write


@dataclass(frozen=True, slots=True)
class FailureEntries:
    """`(z)(0-0:96.7.19)` and z times `(TST)(F10(0,0)*s)`: newest first, at most 10."""

    maximum: int = 10

    def read(self, brackets: str) -> FailureLog:
        """The entries; `()`, `(0)` and `(0)(…)` are an empty log."""
        count, *rest = _parts(brackets)
        pairs = rest[1:]
        number = int(count or "0")
        if number < 0 or len(pairs) != 2 * number:
            raise ValueError("another number of entries than announced")
        log = []
        for ended, printed in zip(pairs[::2], pairs[1::2]):
            duration, _, unit = printed.partition("*")
            seconds = _scaled(duration, 0)
            if unit != "s" or not isinstance(seconds, int):
                raise ValueError("not seconds")
            log.append(PowerFailure(_instant(ended), seconds))
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
                printed.append(f"({_tst(failure.ended)}){duration(failure.duration_s)}")
            return "".join(printed)

        return write

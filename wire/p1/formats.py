"""The forms that values have on a line (P1 4.x, 5.4; 5.0.2, 6.4): one class per form.

Each has two functions. `read` takes a line from its first bracket to its last and returns the
value, or raises `ValueError` (or a `WireError`) when it has another form. `write` does the
opposite and raises `LocalError` when the value does not fit.
"""

from __future__ import annotations

from binascii import unhexlify
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Protocol

from wire.errors import LocalError
from wire.instants import format_tst, from_epoch, parse_tst
from wire.p1.values import Value

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


def single(brackets: str) -> str:
    """What stands in a line's only brackets."""
    if brackets[:1] != "(" or brackets[-1:] != ")" or ")(" in brackets:
        raise ValueError("not one value in brackets")
    return brackets[1:-1]


def parts(brackets: str) -> list[str]:
    """What stands in each of a line's brackets."""
    if brackets[:1] != "(" or brackets[-1:] != ")":
        raise ValueError("not values in brackets")
    return brackets[1:-1].split(")(")


def scaled(number: str, exponent: int) -> int | Decimal:
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
        number, _, unit = single(brackets).partition("*")
        quantity, exponent = _UNITS.get(unit, (None, 0))
        if quantity != _UNITS[self.unit][0]:
            raise ValueError("another unit")
        return scaled(number, exponent)

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
class Octets:
    """Sn of an octet string: two hexadecimal digits per octet, `()` when it is empty.

    With `filler`, a text of only FF is what a meter prints that never got one: not a value.
    """

    maximum: int
    filler: bool = False

    def read(self, brackets: str) -> bytes:
        """The octets; their number is not checked."""
        octets = unhexlify(single(brackets))
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
        return single(brackets)

    def writer(self) -> Write:
        """Takes letters and digits."""

        def write(value: object) -> str:
            if not (isinstance(value, str) and value.isascii() and value.isalnum()):
                raise LocalError(f"{value!r} is not letters and digits")
            return f"({value})"

        return write


def tst(instant: object) -> str:
    """TST of epoch seconds or an aware instant, in Dutch civil time.

    An instant whose zone is named S or W is in local time already, and printed so.
    """
    if isinstance(instant, datetime) and instant.tzname() in ("S", "W"):
        _within_reach(instant)
        return f"{instant:%y%m%d%H%M%S%Z}"
    return _dutch_tst(instant)


@lru_cache(maxsize=4096)
def _dutch_tst(instant: object) -> str:
    """Cached, for a fleet prints the same ones."""
    if type(instant) is int:
        try:
            instant = from_epoch(instant)
        except (OverflowError, OSError, ValueError):
            raise LocalError(f"{instant} is no instant in epoch seconds") from None
    if not isinstance(instant, datetime) or instant.tzinfo is None:
        raise LocalError(f"{instant!r} is neither epoch seconds nor an aware instant")
    _within_reach(instant)
    return format_tst(instant)


def _within_reach(instant: datetime) -> None:
    if not 2000 < instant.astimezone(UTC).year < 2099:
        raise LocalError(f"{instant} cannot be printed: TST reaches from 2001 to 2098")


instant_of = lru_cache(maxsize=4096)(parse_tst)
"""The UTC instant of a TST; cached for the same reason."""


@dataclass(frozen=True, slots=True)
class Tst:
    """A time stamp `YYMMDDhhmmssX`."""

    def read(self, brackets: str) -> datetime:
        """The UTC instant."""
        return instant_of(single(brackets))

    def writer(self) -> Write:
        """Takes epoch seconds or an aware instant."""
        return lambda value: f"({tst(value)})"

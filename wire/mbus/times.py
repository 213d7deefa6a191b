"""Types I and F of EN 13757-3, annex A: instants on P2, which are UTC (P2 4.0.7, 6.2.1).

Both have their numbers in bits: second, minute and hour each in an octet, the day with the low
three bits of the year, the month with the high four. Type I has seconds, day of the week and
week as well. Summer time is not used; weekday, week and leap year are not judged.
"""

from __future__ import annotations

from datetime import UTC, datetime

from wire.errors import LocalError, WireError

TYPE_I_OCTETS, TYPE_F_OCTETS = 6, 4

_INVALID = 0x80
_LEAP_YEAR = 0x80
_FIRST_YEAR = 2000
# Type F counts the centuries from 1900; meters older than that count leave it 0 (annex A).
_FIRST_CENTURY = 1900
_OLDEST_WITHOUT_CENTURY = 81

_SET_TIME = 0x00
_SET_CLOCK = b"\x2f\x2f" + bytes((_SET_TIME,)), b"\0\0\0" + b"\x2f" * 4
SET_CLOCK_OCTETS = 16


def encode_type_i(instant: datetime, weekday: bool = False) -> bytes:
    """The six octets of an aware instant of 2000 to 2099; day of the week if wanted, else 0."""
    utc = _utc(instant)
    year = utc.year - _FIRST_YEAR
    leap = 0 if year % 4 else _LEAP_YEAR
    return bytes(
        (
            utc.second | leap,
            utc.minute,
            utc.hour | (utc.isoweekday() << 5 if weekday else 0),
            utc.day | (year & 0x07) << 5,
            utc.month | (year >> 3) << 4,
            0,
        )
    )


def decode_type_i(octets: bytes) -> datetime:
    """The instant of six octets; raises `WireError` for none, and for one said to be invalid."""
    if len(octets) != TYPE_I_OCTETS:
        raise WireError(f"type I has {TYPE_I_OCTETS} octets, not {len(octets)}")
    second, minute, hour, day, month, _ = octets
    if minute & _INVALID:
        raise WireError(f"type I {octets.hex()} is said to be invalid", 1)
    return _instant(
        octets,
        _FIRST_YEAR + (day >> 5 | month >> 4 << 3),
        (month & 0x0F, day & 0x1F, hour & 0x1F, minute & 0x3F, second & 0x3F),
    )


def encode_type_f(instant: datetime) -> bytes:
    """The four octets of an aware instant of 2000 to 2099, without its seconds."""
    utc = _utc(instant)
    year = utc.year - _FIRST_YEAR
    return bytes(
        (
            utc.minute,
            utc.hour | 1 << 5,
            utc.day | (year & 0x07) << 5,
            utc.month | (year >> 3) << 4,
        )
    )


def decode_type_f(octets: bytes) -> datetime:
    """The instant of four octets; raises `WireError` for none, and for one said to be invalid."""
    if len(octets) != TYPE_F_OCTETS:
        raise WireError(f"type F has {TYPE_F_OCTETS} octets, not {len(octets)}")
    minute, hour, day, month = octets
    if minute & _INVALID:
        raise WireError(f"type F {octets.hex()} is said to be invalid", 0)
    year = day >> 5 | month >> 4 << 3
    century = hour >> 5 & 0x03
    if not century and year < _OLDEST_WITHOUT_CENTURY:
        century = 1
    return _instant(
        octets,
        _FIRST_CENTURY + 100 * century + year,
        (month & 0x0F, day & 0x1F, hour & 0x1F, minute & 0x3F, 0),
    )


def encode_set_clock(instant: datetime) -> bytes:
    """The block that sets a clock: fillers, 00, type I, three reserved octets, fillers (6.2.1).

    It is as long as one block of AES, and the same in clear.
    """
    before, after = _SET_CLOCK
    return before + encode_type_i(instant, weekday=True) + after


def decode_set_clock(octets: bytes) -> datetime:
    """The new time of a device's clock; raises `WireError` for another block."""
    before, after = _SET_CLOCK
    if len(octets) != SET_CLOCK_OCTETS:
        raise WireError(
            f"the time is set by {SET_CLOCK_OCTETS} octets, not {len(octets)}"
        )
    begin, end = len(before), SET_CLOCK_OCTETS - len(after)
    if octets[:begin] != before:
        raise WireError("a block that sets the time begins with 2F 2F 00", 0)
    if octets[end:] != after:
        raise WireError("reserved octets or fillers of a set time are wrong", end)
    return decode_type_i(octets[begin:end])


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise LocalError("an instant has a time zone")
    utc = instant.astimezone(UTC)
    if not _FIRST_YEAR <= utc.year < _FIRST_YEAR + 100:
        raise LocalError(f"M-Bus has no octets for the year {utc.year}")
    return utc


def _instant(
    octets: bytes, year: int, rest: tuple[int, int, int, int, int]
) -> datetime:
    if year > _FIRST_YEAR + 99:
        raise WireError(f"time {octets.hex()} is beyond its century")
    try:
        return datetime(year, *rest, tzinfo=UTC)
    except ValueError as error:
        raise WireError(f"time {octets.hex()} is none: {error}") from None

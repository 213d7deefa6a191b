"""Instants: aware UTC inside, local time only in the bytes and characters of a wire.

Three forms meet here. COSEM date-time (IEC 62056-6-2, 4.1.6.1): 12 octets, local time with
the deviation from UTC and a clock status. TST (P1 5.0.2, 6.4): `YYMMDDhhmmssX`, X being S
in summer time and W otherwise. And the civil time of the Netherlands, by rule, so that no
time zone database can change what a meter does.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

from wire.errors import WireError

WINTER = timezone(timedelta(hours=1), "W")
SUMMER = timezone(timedelta(hours=2), "S")

# Later than any clock reaches (epoch seconds).
NEVER = 1 << 62

NOT_SPECIFIED = 0xFF
DEVIATION_NOT_SPECIFIED = -0x8000
STATUS_INVALID, STATUS_DOUBTFUL, STATUS_DST = 0x01, 0x02, 0x80

_DATE_TIME = struct.Struct(">HBBBBBBBhB")


def from_epoch(seconds: float) -> datetime:
    """The aware UTC instant of seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


@lru_cache(maxsize=64)
def summer_time(year: int) -> tuple[int, int]:
    """Begin and end of European summer time in epoch seconds: 01:00 UTC, last Sundays."""
    begin, end = (
        datetime(year, month, 31, 1, tzinfo=UTC)
        - timedelta(days=datetime(year, month, 31).isoweekday() % 7)
        for month in (3, 10)
    )
    return int(begin.timestamp()), int(end.timestamp())


def is_summer(instant: datetime) -> bool:
    """Whether the Netherlands keep summer time at this instant."""
    begin, end = summer_time(instant.astimezone(UTC).year)
    return begin <= instant.timestamp() < end


def local(instant: datetime) -> datetime:
    """The same instant in Dutch civil time, at a fixed offset of +01:00 or +02:00."""
    return instant.astimezone(SUMMER if is_summer(instant) else WINTER)


def civil_instants(civil: datetime) -> tuple[datetime, ...]:
    """The UTC instants at which a Dutch clock shows this naive date and time, in order.

    None in the hour that spring leaves out, two in the hour that autumn has twice.
    """
    shown = (civil.replace(tzinfo=zone) for zone in (SUMMER, WINTER))
    return tuple(
        at.astimezone(UTC) for at in shown if is_summer(at) is (at.tzinfo is SUMMER)
    )


def format_tst(instant: datetime) -> str:
    """`YYMMDDhhmmssX` for an aware instant, 2000 to 2099."""
    civil = local(instant)
    return f"{civil:%y%m%d%H%M%S}{'S' if civil.tzinfo is SUMMER else 'W'}"


def parse_tst(text: str) -> datetime:
    """The UTC instant of a TST; S is +02:00 and W is +01:00, whatever the season.

    Raises `WireError` for anything but 12 digits of a real date and time, then S or W.
    """
    if (
        len(text) != 13
        or text[12] not in "SW"
        or not (text.isascii() and text[:12].isdigit())
    ):
        raise WireError(f"{text[:20]!r} is not a time stamp YYMMDDhhmmssX")
    year, month, day, hour, minute, second = (
        int(text[i : i + 2]) for i in range(0, 12, 2)
    )
    zone = SUMMER if text[12] == "S" else WINTER
    try:
        civil = datetime(2000 + year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError as error:
        raise WireError(f"{text!r} is not a time stamp: {error}") from None
    return civil.astimezone(UTC)


def season_mismatch(text: str) -> bool:
    """Whether a valid TST names the season that the calendar does not have then."""
    return is_summer(parse_tst(text)) is not (text[12] == "S")


def encode_date_time(instant: datetime, status: int = 0) -> bytes:
    """The 12 octets of an instant in Dutch civil time; the DST bit is set as due."""
    civil = local(instant)
    if civil.tzinfo is SUMMER:
        return encode_civil(civil, -120, status | STATUS_DST)
    return encode_civil(civil, -60, status)


def encode_civil(civil: datetime, deviation_min: int, status: int) -> bytes:
    """The 12 octets of a local date and time, with its minutes from there to UTC."""
    return _DATE_TIME.pack(
        civil.year,
        civil.month,
        civil.day,
        civil.isoweekday(),
        civil.hour,
        civil.minute,
        civil.second,
        civil.microsecond // 10_000,
        deviation_min,
        status,
    )


@dataclass(frozen=True, slots=True)
class DateTime:
    """A COSEM date-time as its fields; 0xFF (0xFFFF for the year) is not specified.

    `deviation_min` is local time to UTC in minutes (UTC = local + deviation), -32768 when not
    specified; `day_of_month` and `month` also have the codes 0xFD and 0xFE.
    """

    year: int
    month: int
    day_of_month: int
    day_of_week: int
    hour: int
    minute: int
    second: int
    hundredths: int
    deviation_min: int
    status: int

    @classmethod
    def decode(cls, octets: bytes) -> DateTime:
        """Reads 12 octets; raises `WireError` when there are not 12."""
        if len(octets) != 12:
            raise WireError(f"a date-time has 12 octets, not {len(octets)}")
        return cls(*_DATE_TIME.unpack(octets))

    def encode(self) -> bytes:
        """The 12 octets."""
        return _DATE_TIME.pack(
            self.year,
            self.month,
            self.day_of_month,
            self.day_of_week,
            self.hour,
            self.minute,
            self.second,
            self.hundredths,
            self.deviation_min,
            self.status,
        )

    def instant(self) -> datetime:
        """The UTC instant of a fully specified date and time.

        Hundredths may be missing; a missing deviation is taken as Dutch civil time, the DST
        status bit telling the doubled hour apart. Raises `WireError` if it names no instant.
        """
        if self.deviation_min != DEVIATION_NOT_SPECIFIED:
            return self.at_deviation(self.deviation_min)
        summer, winter = self.at_deviation(-120), self.at_deviation(-60)
        doubled = is_summer(summer) and not is_summer(winter)
        in_summer = bool(self.status & STATUS_DST) if doubled else is_summer(summer)
        return summer if in_summer else winter

    @property
    def weekday_fits(self) -> bool:
        """Whether the weekday is open or that of the date; raises `WireError` for no date."""
        weekday = self.at_deviation(0).isoweekday()
        return self.day_of_week in (weekday, NOT_SPECIFIED)

    def at_deviation(self, deviation_min: int) -> datetime:
        """The UTC instant of its date and time at this deviation, whatever its own.

        Raises `WireError` if there is no such date and time.
        """
        hundredths = 0 if self.hundredths == NOT_SPECIFIED else self.hundredths
        try:
            civil = datetime(
                self.year,
                self.month,
                self.day_of_month,
                self.hour,
                self.minute,
                self.second,
                hundredths * 10_000,
                UTC,
            )
            return civil + timedelta(minutes=deviation_min)
        except (ValueError, OverflowError):
            raise WireError(
                f"date-time {self.encode().hex()} names no instant"
            ) from None


def decode_date_time(octets: bytes) -> datetime:
    """The UTC instant of 12 octets; raises `WireError` when they name none."""
    return DateTime.decode(octets).instant()

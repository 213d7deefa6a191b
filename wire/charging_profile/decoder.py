"""Reads charging profiles: strict, bounded, every refusal with its code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from wire.charging_profile.model import (
    ACTION,
    MAX_SPAN_S,
    ChargingProfile,
    Period,
)
from wire.charging_profile.rejects import ProfileRejected, Reject
from wire.charging_profile.strict_json import read_object
from wire.errors import WireError
from wire.instants import local, parse_tst, season_mismatch

_U32 = 0xFFFF_FFFF
_Known = TypeVar("_Known")


@dataclass(frozen=True, slots=True)
class Remark:
    """Something odd about a message that is taken all the same."""

    code: Reject
    text: str


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a message says.

    `profile` is None when it clears. `seq` and `valid_to` are the Header's, also of a message
    that clears; both None for the empty text. `repairs` names each place that tolerant
    reading mended.
    """

    profile: ChargingProfile | None
    seq: int | None = None
    valid_to: datetime | None = None
    warnings: tuple[Remark, ...] = ()
    repairs: tuple[str, ...] = ()

    @property
    def cleared(self) -> bool:
        """Whether the message clears the profile (rule 13)."""
        return self.profile is None


def decode(
    text: bytes | str, *, hardware_max_w: int, tolerant: bool = False
) -> Decoded:
    """Reads a message; `hardware_max_w` is the most that the station can draw.

    `tolerant` mends exactly what figure 8 of the proof of concept needs: the brace doubled
    after `[` and the comma missing between two periods. Keys that are not known are ignored.
    Raises `ProfileRejected`.
    """
    characters = _printable(text)
    if not characters:
        return Decoded(None)
    document, repairs = read_object(characters, tolerant=tolerant)
    warnings = [Remark(Reject.REPAIRED, repair) for repair in repairs]
    header = _take(document, "Header", _object)
    listed = _take(_take(document, "Body", _object), "Period", _array)

    action = _take(header, "Action", _string).strip(" ")
    if action != ACTION:
        raise ProfileRejected(Reject.ACTION, f"Action {action[:20]!r} is not known")
    valid_from = _instant(header, "ValidFrom", warnings)
    valid_to = _instant(header, "ValidTo", warnings)
    if valid_from >= valid_to:
        raise ProfileRejected(Reject.VALIDITY, "ValidFrom is not before ValidTo")
    if (valid_to - valid_from).total_seconds() > MAX_SPAN_S:
        raise ProfileRejected(Reject.SPAN, "the profile spans more than 7 days")
    seq = _optional(header, "Seq", _u32)
    fallback_w = _optional(header, "FbPwr", _u32)
    if fallback_w is not None and fallback_w > hardware_max_w:
        raise ProfileRejected(
            Reject.POWER, f"FbPwr is above the hardware's {hardware_max_w} W"
        )
    version = _optional(header, "V", _u32)
    mac = _optional(header, "Mac", _string)

    periods = [_period(item, hardware_max_w, warnings) for item in listed]
    if not periods:
        return Decoded(None, seq, valid_to, tuple(warnings), repairs)
    profile = ChargingProfile(
        valid_from,
        valid_to,
        _fit(periods, valid_from, valid_to, warnings),
        seq=seq,
        fallback_w=fallback_w,
        version=version,
        mac=mac,
    )
    return Decoded(profile, seq, valid_to, tuple(warnings), repairs)


def _printable(text: bytes | str) -> str:
    """Rules 2 and 3: the characters, each printable ASCII."""
    octets = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if octets and not octets.strip(b"\xff"):
        raise ProfileRejected(Reject.FILLER, "every byte is FF: there is no message")
    for offset, octet in enumerate(octets):
        if not 0x20 <= octet <= 0x7E:
            raise ProfileRejected(
                Reject.CHARACTERS, f"byte {octet:02X} is not printable ASCII", offset
            )
    return octets.decode("ascii")


def _period(item: Any, hardware_max_w: int, warnings: list[Remark]) -> Period:
    row = _object(item, "an item of Period")
    start = _instant(row, "Start", warnings)
    max_w = _take(row, "MxPwr", _any)
    if type(max_w) is not int or not 0 <= max_w <= hardware_max_w:
        raise ProfileRejected(
            Reject.POWER, f"MxPwr must be an integer from 0 to {hardware_max_w} W"
        )
    phases = _optional(row, "Phs", _phases)
    return Period(start, max_w, phases)


def _fit(
    periods: list[Period],
    valid_from: datetime,
    valid_to: datetime,
    warnings: list[Remark],
) -> tuple[Period, ...]:
    """Rules 7 and 8: periods in order, cut to the validity."""
    for before, after in zip(periods, periods[1:], strict=False):
        if after.start <= before.start:
            raise ProfileRejected(
                Reject.ORDER, "the Starts of the periods do not strictly increase"
            )
    kept = [period for period in periods if period.start < valid_to]
    if len(kept) < len(periods):
        count = len(periods) - len(kept)
        warnings.append(Remark(Reject.DROPPED, f"{count} periods start after ValidTo"))
    if not kept:
        raise ProfileRejected(Reject.NOTHING_LEFT, "no period starts before ValidTo")
    early = sum(period.start <= valid_from for period in kept)
    if not early:
        warnings.append(Remark(Reject.GAP, "the first period starts after ValidFrom"))
        return tuple(kept)
    # Of the early ones only the last still governs at ValidFrom.
    first = kept[early - 1]
    if kept[0].start < valid_from:
        warnings.append(Remark(Reject.CLIPPED, "a period starts before ValidFrom"))
    return (Period(valid_from, first.max_w, first.phases), *kept[early:])


def _instant(row: dict[str, Any], key: str, warnings: list[Remark]) -> datetime:
    text = _take(row, key, _string)
    try:
        instant = parse_tst(text)
        if not 2000 <= local(instant).year <= 2099:
            raise WireError(f"{text!r} lies outside the century that a TST can name")
        if season_mismatch(text):
            warnings.append(
                Remark(Reject.SEASON, f"{key} {text} names the other season")
            )
    except WireError as error:
        raise ProfileRejected(Reject.TIME_STAMP, f"{key}: {error}") from None
    return instant


def _take(row: dict[str, Any], key: str, check: Callable[[Any, str], _Known]) -> _Known:
    if key not in row:
        raise ProfileRejected(Reject.STRUCTURE, f"{key} is missing")
    return check(row[key], key)


def _optional(
    row: dict[str, Any], key: str, check: Callable[[Any, str], _Known]
) -> _Known | None:
    return check(row[key], key) if key in row else None


def _any(value: Any, key: str) -> Any:
    return value


def _object(value: Any, key: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ProfileRejected(Reject.STRUCTURE, f"{key} is not an object")
    return value


def _array(value: Any, key: str) -> list[Any]:
    if not isinstance(value, list):
        raise ProfileRejected(Reject.STRUCTURE, f"{key} is not an array")
    return value


def _string(value: Any, key: str) -> str:
    if not isinstance(value, str):
        raise ProfileRejected(Reject.STRUCTURE, f"{key} is not a string")
    return value


def _u32(value: Any, key: str) -> int:
    # A bool is an int to Python, and not to the person who wrote the message.
    if type(value) is not int or not 0 <= value <= _U32:
        raise ProfileRejected(
            Reject.STRUCTURE, f"{key} is not an integer from 0 to {_U32}"
        )
    return value


def _phases(value: Any, key: str) -> int:
    if type(value) is not int or value not in (1, 3):
        raise ProfileRejected(Reject.STRUCTURE, f"{key} is not 1 or 3")
    return value

"""Writes charging profiles: strict, compact, and always the same text for the same profile."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from wire.charging_profile.model import (
    ACTION,
    MAX_CHARACTERS,
    MAX_SPAN_S,
    ChargingProfile,
)
from wire.errors import LocalError
from wire.instants import format_tst, local

_U32 = 0xFFFF_FFFF


def encode(profile: ChargingProfile) -> str:
    """The canonical text, at most 1024 ASCII characters.

    Raises `LocalError` for a profile that a strict reader would refuse or remark upon (but
    for a first Start after ValidFrom, which is a gap on purpose), and for one too long.
    """
    if not profile.periods:
        raise LocalError(
            "a profile without periods clears; write that with encode_clear"
        )
    previous = None
    for period in profile.periods:
        if not profile.valid_from <= period.start < profile.valid_to:
            raise LocalError("a period starts outside the validity of its profile")
        if previous is not None and period.start <= previous:
            raise LocalError("the periods of a profile must start one after the other")
        _within(period.max_w, _U32, "the power of a period")
        if period.phases not in (None, 1, 3):
            raise LocalError("a period asks for 1 or 3 phases")
        previous = period.start
    return _text(profile)


def encode_clear(
    valid_from: datetime, valid_to: datetime, seq: int | None = None
) -> str:
    """The text that clears a station's profile and still carries a sequence number."""
    return _text(ChargingProfile(valid_from, valid_to, (), seq=seq))


def _text(profile: ChargingProfile) -> str:
    if profile.action != ACTION:
        raise LocalError(f"there is no Action but {ACTION}")
    if not (
        timedelta(0)
        < profile.valid_to - profile.valid_from
        <= timedelta(seconds=MAX_SPAN_S)
    ):
        raise LocalError("a profile is valid for more than nothing and at most 7 days")
    header: dict[str, object] = {
        "Action": profile.action,
        "ValidFrom": _tst(profile.valid_from),
        "ValidTo": _tst(profile.valid_to),
    }
    for key, value in (
        ("V", profile.version),
        ("Seq", profile.seq),
        ("FbPwr", profile.fallback_w),
    ):
        if value is not None:
            header[key] = _within(value, _U32, key)
    if profile.mac is not None:
        header["Mac"] = profile.mac
    periods: list[dict[str, object]] = []
    for period in profile.periods:
        row: dict[str, object] = {"Start": _tst(period.start), "MxPwr": period.max_w}
        if period.phases is not None:
            row["Phs"] = period.phases
        periods.append(row)
    text = json.dumps(
        {"Header": header, "Body": {"Period": periods}}, separators=(",", ":")
    )
    if len(text) > MAX_CHARACTERS:
        raise LocalError(
            f"the profile takes {len(text)} characters; a message holds {MAX_CHARACTERS}"
        )
    return text


def _tst(instant: datetime) -> str:
    if instant.tzinfo is None or instant.microsecond:
        raise LocalError("a profile's instants are aware and whole seconds")
    if not 2000 <= local(instant).year <= 2099:
        raise LocalError("a profile's instants lie in 2000 to 2099")
    return format_tst(instant)


def _within(value: int, maximum: int, what: str) -> int:
    if type(value) is not int or not 0 <= value <= maximum:
        raise LocalError(f"{what} must be an integer from 0 to {maximum}")
    return value

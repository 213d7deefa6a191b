"""Capturing: the rows that a meter's profiles get, and what fills those that were missed.

There is exactly one row per capture period (P3, 6.3). After an outage, and after the
clock was set forward, the missing ones are there too, flagged, with what is captured then. Set
back, the clock comes to some periods once more: beyond the limit their rows are captured again;
within it they stay as they are, for who has read them must not find others. A row of an M-Bus
device is captured some time after its period ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from meters.behaviour import amr
from meters.behaviour.captures import (
    FIXED,
    INTERVALS,
    Profile,
    definable_of,
    known_profiles,
    profiles_of,
)
from meters.behaviour.loadprofile import LoadProfile, Profiles
from meters.behaviour.periods import soonest
from meters.mbus import captures as mbus
from wire.errors import ConfigError

if TYPE_CHECKING:
    from meters.meter import Meter


def rows_of(meter: Meter, profile: Profile) -> LoadProfile | None:
    """The rows that a profile has; None when it has captured nothing so far."""
    profiles = meter.state.profiles
    return None if profiles is None else profiles.get(profile.name)


def status(meter: Meter, profile: Profile) -> int:
    """The AMR profile status that the row of the running period has so far."""
    flags = meter.state.interval_flags | amr.summer_bit(meter.zone, meter.clock_s)
    rows = rows_of(meter, profile)
    return flags if rows is None else flags | rows.flags


def due(meter: Meter, after_s: int) -> int:
    """When a profile captures next, in true time."""
    offset_s, zone = meter.state.clock_offset_s, meter.zone
    clock_s = after_s + offset_s
    soonest_s = soonest(FIXED, zone, clock_s)
    for profile in definable_of(meter.model):
        period = profile.period(meter)
        if period is not None:
            soonest_s = min(soonest_s, period.next_s(zone, clock_s))
    if mbus.in_use(meter):
        soonest_s = min(soonest_s, mbus.next_s(zone, clock_s))
    return soonest_s - offset_s


def capture(meter: Meter) -> None:
    """Writes the rows that are due now, and starts the next periods."""
    clock_s, zone = meter.clock_s, meter.zone
    ended = []
    for profile in profiles_of(meter):
        period, end_s = profile.period(meter), clock_s - profile.delay_s
        if (
            period is not None
            and period.next_s(zone, end_s - 1) == end_s
            and _newest_s(meter, profile) < end_s
        ):
            ended.append((profile, (end_s,)))
    _capture(meter, ended)


def capture_now(meter: Meter, profile: Profile) -> None:
    """Writes a row between its periods (method 2, capture)."""
    rows = _made(meter, profile)
    now_s = meter.clock_s
    rows.append(now_s, profile.row(meter, now_s, status(meter, profile)))


def clock_moved(meter: Meter, before_s: int, cause: int) -> None:
    """Brings the rows into line with a clock that stood at `before_s` until now.

    `cause` is how the AMR profile status tells of a step beyond the limit, 0 within it.
    """
    clock_s = meter.clock_s
    if clock_s < before_s:
        if cause:
            for rows in (meter.state.profiles or {}).values():
                rows.drop_from(clock_s + 1)
    elif cause:
        fill(meter, before_s, cause)
    else:
        _capture(
            meter,
            [
                (profile, _passed(meter, profile, before_s))
                for profile in profiles_of(meter)
            ],
        )


def fill(meter: Meter, since_s: int, cause: int) -> None:
    """Adds the rows that are missing up to now, flagged as not valid, and by their cause.

    `since_s` is when they began to be missed, by the clock.
    """
    zone = meter.zone
    for profile in profiles_of(meter):
        for end_s in _passed(meter, profile, since_s):
            rows = _made(meter, profile)
            flags = amr.DATA_NOT_VALID | cause | amr.summer_bit(zone, end_s)
            rows.append(end_s, profile.row(meter, end_s, flags | rows.flags))
            rows.flags = 0
        if _ended_meanwhile(meter, profile, since_s):
            _made(meter, profile).flags |= cause


def _passed(meter: Meter, profile: Profile, since_s: int) -> list[int]:
    """The ends of the periods whose rows were due since then, by the clock, and by now."""
    period, delay_s = profile.period(meter), profile.delay_s
    if period is None:
        return []
    after_s = max(since_s - delay_s, _newest_s(meter, profile))
    last_s, most = meter.clock_s - delay_s, profile.capacity(meter)
    return period.passed(meter.zone, after_s, last_s, most)


def _ended_meanwhile(meter: Meter, profile: Profile, since_s: int) -> bool:
    """Whether a period ended since then whose row is not due yet."""
    period, clock_s = profile.period(meter), meter.clock_s
    if period is None or not profile.delay_s:
        return False
    from_s = max(since_s, clock_s - profile.delay_s)
    return bool(period.passed(meter.zone, from_s, clock_s, 1))


def reset(meter: Meter, profile: Profile) -> None:
    """Forgets the rows of a profile; what it captures from now on is as its settings say."""
    rows = rows_of(meter, profile)
    if rows is not None:
        made = _profiles(meter)[profile.name] = _new(meter, profile)
        made.flags = rows.flags


def judge(meter: Meter) -> None:
    """Raises `ConfigError` when the rows of a restored meter are not those of its profiles."""
    known = {profile.name: profile for profile in known_profiles(meter.model)}
    for name, rows in (meter.state.profiles or {}).items():
        profile = known.get(name)
        if (
            profile is None
            or rows.tags != profile.tags(meter)
            or rows.capacity != profile.capacity(meter)
        ):
            raise ConfigError(f"it cannot have these rows of {name[:40]}")


def _capture(meter: Meter, ended: Sequence[tuple[Profile, Sequence[int]]]) -> None:
    """Writes the rows of the periods that ended, each at these times of the clock."""
    state, zone = meter.state, meter.zone
    for profile, ends_s in ended:
        for end_s in ends_s:
            rows = _made(meter, profile)
            flags = rows.flags | amr.summer_bit(zone, end_s)
            # What was since its period ended is of the next one.
            if not profile.delay_s:
                flags |= state.interval_flags
            rows.append(end_s, profile.row(meter, end_s, flags))
            rows.flags = 0
    done = [profile for profile, ends_s in ended if ends_s]
    if INTERVALS in done:
        if state.interval_flags:
            for profile in profiles_of(meter):
                if profile not in done or profile.delay_s:
                    _made(meter, profile).flags |= state.interval_flags
        state.interval_flags = amr.fault_bits(state.errors)


def _newest_s(meter: Meter, profile: Profile) -> int:
    """The stamp of the newest row, 0 without any; it may be ahead of a clock that was set back."""
    rows = rows_of(meter, profile)
    return rows.ends_s[1] if rows else 0


def _made(meter: Meter, profile: Profile) -> LoadProfile:
    profiles = _profiles(meter)
    rows = profiles.get(profile.name)
    if rows is None:
        rows = profiles[profile.name] = _new(meter, profile)
    return rows


def _new(meter: Meter, profile: Profile) -> LoadProfile:
    return LoadProfile(profile.capacity(meter), profile.tags(meter))


def _profiles(meter: Meter) -> Profiles:
    state = meter.state
    if state.profiles is None:
        state.profiles = Profiles()
    return state.profiles

"""The staged buffer: judged as a whole when it is committed, then followed second by second."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from chargepoint.registers import (
    MAX_PERIODS,
    Outcome,
    u32_from,
)
from chargepoint.staging import buffer_crc
from wire.charging_profile import MAX_SPAN_S, Reject
from wire.errors import WireError

HEADER_WORDS = 8
"""Registers 401 to 408: sequence, ValidFrom, ValidTo, period count, CRC."""


class CommitRefused(WireError):
    """A staged profile is refused as a whole; `code` is what register 400 then reads."""

    def __init__(self, code: Outcome | Reject, rule: str) -> None:
        super().__init__(rule)
        self.code = code


@dataclass(frozen=True, slots=True)
class CommittedProfile:
    """Limits in W from each start until the next, the last until `valid_to_s` (epoch)."""

    sequence: int
    valid_from_s: int
    valid_to_s: int
    starts_s: tuple[int, ...]
    limits_w: tuple[int, ...]

    def index_at(self, instant_s: int) -> int | None:
        """The period that governs; None outside the validity or before the first start."""
        if not self.valid_from_s <= instant_s < self.valid_to_s:
            return None
        index = bisect_right(self.starts_s, instant_s) - 1
        return index if index >= 0 else None

    def next_s(self, instant_s: int) -> int:
        """The first instant after this one at which another limit may govern."""
        index = bisect_right(self.starts_s, instant_s)
        if index < len(self.starts_s):
            return self.starts_s[index]
        return self.valid_to_s


def judge(
    header: Sequence[int],
    table: Sequence[int],
    *,
    now_s: int,
    hardware_max_w: int,
    loaded: CommittedProfile | None,
    last_sequence: int,
) -> CommittedProfile:
    """The profile that registers 401 to 408 and 410 to 537 hold, or `CommitRefused`.

    `now_s` is the unit's own clock. A sequence of 0 is unnumbered; any other must be above
    `last_sequence`, except that committing the `loaded` profile again is no offence.
    """
    count = header[6]
    if not 0 < count <= MAX_PERIODS:
        raise CommitRefused(
            Reject.STRUCTURE, f"{count} periods; there must be 1 to {MAX_PERIODS}"
        )
    periods = table[: 4 * count]
    if buffer_crc([*header[:7], *periods]) != header[7]:
        raise CommitRefused(Outcome.BUFFER_CRC, "the CRC of the buffer is wrong")
    profile = CommittedProfile(
        u32_from(header),
        u32_from(header, 2),
        u32_from(header, 4),
        tuple(u32_from(periods, at) for at in range(0, 4 * count, 4)),
        tuple(u32_from(periods, at + 2) for at in range(0, 4 * count, 4)),
    )
    if profile != loaded or not profile.sequence:
        _check_sequence(profile.sequence, last_sequence)
    _check_times(profile, now_s)
    if max(profile.limits_w) > hardware_max_w:
        raise CommitRefused(
            Reject.POWER, f"a limit is above the hardware's {hardware_max_w} W"
        )
    return profile


def _check_sequence(sequence: int, last: int) -> None:
    if sequence and sequence <= last:
        raise CommitRefused(Reject.REPLAY, f"sequence {sequence} is not above {last}")


def _check_times(profile: CommittedProfile, now_s: int) -> None:
    if profile.valid_from_s >= profile.valid_to_s:
        raise CommitRefused(Reject.VALIDITY, "ValidFrom is not before ValidTo")
    if profile.valid_to_s - profile.valid_from_s > MAX_SPAN_S:
        raise CommitRefused(Reject.SPAN, "ValidFrom and ValidTo are too far apart")
    if profile.valid_to_s <= now_s:
        raise CommitRefused(Reject.EXPIRED, "ValidTo has passed")
    starts = profile.starts_s
    rising = all(one < other for one, other in zip(starts, starts[1:]))
    inside = profile.valid_from_s <= starts[0] and starts[-1] < profile.valid_to_s
    if not (rising and inside):
        raise CommitRefused(
            Reject.ORDER, "the starts do not strictly increase within the validity"
        )

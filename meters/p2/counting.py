"""What flows through a device: the count, its conversion, and the reading of the last hour."""

from __future__ import annotations

from meters.p2.identity import TEMPERATURES_CK, DeviceIdentity
from meters.p2.media import DIGITS, Register
from meters.p2.state import DeviceState
from wire.errors import LocalError
from wire.mbus.values import ValveState

_MODULUS: int = 10**DIGITS


def advance(identity: DeviceIdentity, state: DeviceState, now_s: int) -> None:
    """Counts up to now; a full hour, by the device's clock, that has begun is kept.

    Time never runs back. What is kept is what the counts were at that hour exactly.
    """
    elapsed_s = now_s - state.at_s
    if elapsed_s <= 0:
        return
    since_full_s = (now_s + state.clock_offset_s) % identity.period_s
    if since_full_s < elapsed_s:
        _count(identity, state, elapsed_s - since_full_s)
        state.at_s = now_s - since_full_s
        keep(state)
        elapsed_s = since_full_s
    _count(identity, state, elapsed_s)
    state.at_s = now_s


def keep(state: DeviceState) -> None:
    """The reading of this moment is the one to send until the next full hour (6.1)."""
    state.kept = state.counted, state.converted
    state.kept_s = state.clock_s


def set_rate(identity: DeviceIdentity, state: DeviceState, rate: int) -> None:
    """So much flows from now on; raises `LocalError` for more than the meter can take."""
    kind = identity.kind
    if not 0 <= rate <= kind.max_rate:
        raise LocalError(
            f"through a {kind.size} {kind.medium} meter flow 0 to {kind.max_rate}"
            f" {kind.rate_unit}, not {rate}"
        )
    state.rate = rate


def set_temperature(state: DeviceState, temperature_ck: int) -> None:
    """The gas is so warm from now on (0.01 K)."""
    if temperature_ck not in TEMPERATURES_CK:
        raise LocalError(f"gas of {temperature_ck} cK is outside the meter's range")
    # What is left over is a part of one count: the same part, in the new steps.
    rest = state.converted_rest * temperature_ck // state.temperature_ck
    state.converted_rest, state.temperature_ck = rest, temperature_ck


def reading(register: Register, counts: tuple[int, int], more_digits: int = 0) -> int:
    """What the register shows of these counts, in its last digit or so many behind it."""
    converts = register.unconverted is not None
    return _shown(counts[1] if converts else counts[0], register, more_digits)


def unconverted(register: Register, counts: tuple[int, int]) -> int:
    """The same before its conversion."""
    return _shown(counts[0], register, 0)


def _shown(count: int, register: Register, more_digits: int) -> int:
    steps: int = 10**more_digits
    shown: int = count * steps // register.divisor % (_MODULUS * steps)
    return shown


def _count(identity: DeviceIdentity, state: DeviceState, duration_s: int) -> None:
    if not state.rate or state.valve != ValveState.OPEN:
        return
    count = state.rate * duration_s
    state.counted += count
    # V_b = V * T_b / T (EN 1359, annex B).
    converted, state.converted_rest = divmod(
        count * identity.base_temperature_ck + state.converted_rest,
        state.temperature_ck,
    )
    state.converted += converted

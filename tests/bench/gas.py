"""P2: a day of many gas meters, from their counters to the P1 port, in two processes.

Half of them are wired, half send by radio. Each has a user key and is bound to an E-meter, which
has a load, takes the hour's enciphered message, keeps it in its profiles and prints it.
"""

from __future__ import annotations

import gc
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from time import monotonic, process_time

from meters.behaviour.loadprofile import STAMP, Column
from meters.behaviour.periods import DAY_S, HOUR_S
from meters.mbus import orders
from meters.mbus.captures import find
from meters.mbus.channels import SHORT_ID, KeyStatus, channel_of
from meters.mbus.names import numbers_of
from meters.meter import Meter
from meters.p2.attached import attach
from meters.p2.device import Device, new_state
from meters.p2.identity import DeviceIdentity
from meters.p2.state import Mode
from tests.bench.measure import Figure
from tests.bench.meters import printed
from tests.meters.builders import NOW_S, counting_bytes
from wire.instants import from_epoch
from wire.mbus.headers import DsmrVersion
from wire.mbus.security import wrap_user_key
from wire.zones import DUTCH

GAS_METERS, PROCESSES, HOURS, AT_MOST_S = 10_000, 2, 24, 60
# What has to happen before the day begins: binding, keys, clock, versions.
BEGIN_S = NOW_S + 2 * HOUR_S
_UNDOUBTED = b"\x11\x00"
"""The AMR profile status, an unsigned, of a row with nothing against it."""

# After eleven minutes the hour's reading is in the profiles.
_PRINTED_S = 720

# What a process waits at until the other one has made its meters too.
_start: Barrier | None = None


def bound(number: int) -> Meter:
    """An E-meter with a gas meter whose user key is in use; every other pair is wireless."""
    meter, wireless = printed(number), bool(number // PROCESSES % 2)
    default_key, user_key = ((start + number).to_bytes(16, "big") for start in (1, 2))
    identity = DeviceIdentity(
        f"G0042{number:010}24",
        default_key,
        version=DsmrVersion.DSMR_4_2,
        wireless=wireless,
        user_key=user_key if wireless else bytes(16),
    )
    device = Device(identity, new_state(identity, NOW_S, counting_bytes()))
    attach(meter, device)
    device.set_flow(1000 + number % 1000)
    if wireless:
        device.press_button(7)
        for part, value in zip(SHORT_ID, numbers_of(identity.short_id), strict=True):
            orders.name(meter, 1, part, value)
    else:
        device.state.address, device.state.mode = 1, Mode.CUSTOMER
        orders.bind_address(meter, 1, 1)
    meter.advance(NOW_S + 120)
    orders.transfer_key(meter, 1, wrap_user_key(default_key, user_key))
    orders.set_encryption_key(meter, 1, user_key)
    meter.advance(BEGIN_S)
    if channel_of(meter, 1).key_status is not KeyStatus.IN_USE:
        raise AssertionError(f"gas meter {number} does not use its key")
    return meter


def pass_day(meters: list[Meter]) -> None:
    """A day hour by hour, each with its telegram, which must show the reading of that hour."""
    for hour in range(1, HOURS + 1):
        full_s = BEGIN_S + hour * HOUR_S
        local = DUTCH.local(full_s)
        line = b"0-1:24.2.1(" + local.strftime("%y%m%d%H%M%SW").encode()
        for meter in meters:
            if line not in meter.telegram(full_s + _PRINTED_S):
                raise AssertionError(f"no reading of {from_epoch(full_s)} on P1")


def kept(meter: Meter) -> bool:
    """Whether the day's readings are in the hourly profile, each of its hour and not doubted."""
    assert meter.state.profiles is not None
    rows = meter.state.profiles[find(1, "hourly").name]
    day = rows.between(BEGIN_S + 1, BEGIN_S + DAY_S)
    status, _, captured = range(1, 4)
    made = rows.encode(day, (STAMP, _UNDOUBTED, Column(captured, instant=True)))
    told = rows.encode(day, (STAMP, status, STAMP))
    return len(day) == HOURS and made == told


def gas_day(meters: int = GAS_METERS) -> Figure:
    """The wall time of that day, each process having half of the meters; both begin at once."""
    context = get_context("spawn")
    start = context.Barrier(PROCESSES)
    with ProcessPoolExecutor(PROCESSES, context, _wait_for, (start,)) as pool:
        numbers = [
            range(part, meters + 1, PROCESSES) for part in range(1, PROCESSES + 1)
        ]
        parts = list(pool.map(day_of_part, numbers))
    begins_s, ends_s, cpus_s = zip(*parts, strict=True)
    wall_s = max(ends_s) - min(begins_s)
    frame_us = 1e6 * sum(cpus_s) / meters / HOURS
    return Figure(
        f"one simulated day, {meters:,} gas meters, from counter to P1",
        round(wall_s, 1),
        "s",
        None,
        None,
        None,
        f"≤ {AT_MOST_S} s",
        wall_s <= AT_MOST_S,
        note=f"{PROCESSES} processes; of CPU {frame_us:.0f} µs for each hour of one",
    )


def day_of_part(numbers: range) -> tuple[float, float, float]:
    """A process's meters: when their day began and ended (s, monotonic), and its CPU seconds."""
    meters = [bound(number) for number in numbers]
    gc.collect()
    if _start is not None:
        _start.wait()
    begin_s, cpu_s = monotonic(), process_time()
    pass_day(meters)
    end_s, cpu_s = monotonic(), process_time() - cpu_s
    if not all(map(kept, meters)):
        raise AssertionError("a reading of the day is missing in the profiles")
    return begin_s, end_s, cpu_s


def _wait_for(start: Barrier) -> None:
    global _start
    _start = start

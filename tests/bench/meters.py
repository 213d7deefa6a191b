"""Many meters: what one takes of memory, a day of a thousand of time, and reading one of CPU."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from itertools import count
from statistics import median
from time import monotonic, process_time

from meters.behaviour.premises import premises_load
from meters.identity import Identity, Keys
from meters.meter import Meter, new_state
from meters.objects import model_for
from tests.bench.dlms import OurClient
from tests.bench.measure import Figure
from tests.meters.builders import KEYS, METER_TITLE, NOW_S, counting_bytes
from tests.peers.exchange import MeterExchange
from wire.cosem.rows import Right, Standard
from wire.dlms import axdr
from wire.dlms.descriptors import AttributeDescriptor
from wire.obis import Obis

METERS, DAY_S, MINUTE_S, QUARTER_HOUR_S = 1000, 86_400, 60, 900
# When 960 quarter-hours, 40 days and 13 months have a row each.
FULL_S = 400 * DAY_S
IDLE_KIB, FULL_KIB, FLEET_DAY_S, READING_MS = 3, 24, 60, 250
_STANDARD, _VOLTAGE = Standard.DSMR_4_2_2, (2300, 2300, 2300)
_OBJECT_LIST = AttributeDescriptor(15, Obis.parse("0-0:40.0.0"), 2)


def make(number: int, keys: Keys | None = None) -> Meter:
    """One of many: nothing of it is shared that is its own."""
    own = keys or Keys(*(number.to_bytes(16, "big") for _ in range(4)))
    identity = Identity(f"E0422{number:010}24", _STANDARD, METER_TITLE, 3)
    model = model_for(_STANDARD, 3)
    return Meter(identity, new_state(own, NOW_S), model, counting_bytes())


def printed(number: int) -> Meter:
    """One of many, with a load of its own, whose consumer port is in use."""
    meter = make(number)
    meter.set_load((500 + number, 0, 0), _VOLTAGE)
    meter.telegram(NOW_S + 1)
    return meter


def filled(meter: Meter) -> Meter:
    """The meter once each of its profiles is full, with another load every day."""
    for day in range(1, FULL_S // DAY_S + 1):
        meter.set_load((500 + day, 0, 0), _VOLTAGE)
        meter.advance(NOW_S + day * DAY_S)
    return meter


def kib_each(make_one: Callable[[int], Meter], meters: int) -> float:
    """What one meter takes of the process, beyond what they have in common."""
    tracemalloc.start()
    # Fills what all meters look up, which is then in both measurements.
    make_one(0)
    gc.collect()
    common, _ = tracemalloc.get_traced_memory()
    kept = [make_one(number) for number in range(1, meters + 1)]
    gc.collect()
    octets, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (octets - common) / len(kept) / 1024


def idle_meter() -> Figure:
    """The memory of a meter that has just been made."""
    return _within("a meter without rows", kib_each(make, 100), "KiB", IDLE_KIB)


def printed_meter() -> Figure:
    """The memory of a meter that prints on P1, before its first row."""
    kib = kib_each(printed, 100)
    return _within("a meter without rows that prints on P1", kib, "KiB", IDLE_KIB)


def full_meter() -> Figure:
    """The memory of a meter whose 960 quarter-hours, 40 days and 13 months are full."""
    kib = kib_each(lambda number: filled(make(number)), 3)
    return _within("a meter with 960 + 40 + 13 rows", kib, "KiB", FULL_KIB)


def fleet_day() -> Figure:
    """A day of many meters, each with another load every minute."""
    meters = [make(number) for number in range(METERS)]
    begin_s = monotonic()
    for now_s in range(NOW_S, NOW_S + DAY_S, MINUTE_S):
        for meter in meters:
            meter.advance(now_s)
            load = premises_load(meter.identity.equipment_id, 3, now_s)
            meter.set_load(*load)
    name = f"one simulated day, {METERS:,} meters"
    return _within(name, monotonic() - begin_s, "s", FLEET_DAY_S)


def read_whole(client: OurClient) -> int:
    """Reads the object list, and then each attribute that it says may be read; how many."""
    association, read = client.session, 0
    objects = axdr.plain(client.play(association.get(_OBJECT_LIST)))
    for class_id, _, code, (attributes, _) in objects:
        for number, access, _ in attributes:
            if access & Right.R:
                client.play(
                    association.get(AttributeDescriptor(class_id, Obis(code), number))
                )
                read += 1
    return read


def whole_meter(rounds: int = 5) -> Figure:
    """CPU time of both ends for every attribute of one full meter, its rows included."""
    exchange = MeterExchange(filled(make(1, KEYS)))
    exchange.now_s = NOW_S + FULL_S
    client = OurClient(exchange, count(1000).__next__)
    client.play(client.session.open())
    spent_ms = []
    for _ in range(rounds):
        begin_s = process_time()
        read = read_whole(client)
        spent_ms.append(1000 * (process_time() - begin_s))
    name = f"object list and all {read} attributes of a full meter"
    return _within(name, median(spent_ms), "ms", READING_MS)


def _within(name: str, value: float, unit: str, at_most: int) -> Figure:
    target = f"≤ {at_most} {unit}"
    met = value <= at_most
    return Figure(name, round(value, 2), unit, None, None, None, target, met)

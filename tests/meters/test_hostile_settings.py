"""Every attribute and method that management may use, given what it should not be given.

Values that the meter shows, or plain ones of a method's type, each bent in one place: another
type, a bound, nothing, too much, a date of another kind. Refused, they leave no trace; taken,
they are a state that returns from the disk and that the meter lives on with.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from meters.meter import Meter
from meters.p3.association import P3Association
from meters.state import to_json
from tests.meters.access import restored
from tests.meters.builders import NOW_S, make_meter
from wire.cosem.rows import Client, Right, Standard
from wire.cosem.types import Type, type_of
from wire.dlms import axdr
from wire.dlms.data import INTEGER_BOUNDS, Data, Tag
from wire.dlms.descriptors import (
    AttributeDescriptor,
    MethodDescriptor,
)

KINDS = [(standard, phases) for standard in Standard for phases in (1, 3)]
REFUSALS = {"TYPE_UNMATCHED", "OTHER_REASON"}
# In the same place: no date, all open, before and after any clock, no such day, two days that
# are, and a deviation that no zone has.
DATE_TIMES = tuple(
    bytes.fromhex(octets)
    for octets in (
        *("00" * 12, "ff" * 12, "076c0101ff00000000ffc400", "08330101ff00000000ffc400"),
        *("07e8021eff00000000ffc400", "07e8011fff00000000800000"),
        *("07e8071fff0c0000ffff8880", "07e8011fff0000000003e800"),
    )
)
OTHERS = (
    axdr.null_data(),
    axdr.boolean(True),
    axdr.octet_string(b""),
    axdr.double_long_unsigned(1),
    axdr.array(()),
    axdr.structure(axdr.null_data()),
)


def bent(data: Data) -> Iterator[Data]:
    """The value with one thing changed, at any depth."""
    yield from OTHERS
    if data.tag in INTEGER_BOUNDS:
        low, high = INTEGER_BOUNDS[data.tag]
        near = (low, low + 1, 0, data.value - 1, data.value + 1, high - 1, high)
        yield from (data._replace(value=max(low, min(high, number))) for number in near)
    elif isinstance(data.value, bytes):
        for octets in (data.value[:-1], data.value + b"\0", bytes(3000), *DATE_TIMES):
            yield data._replace(value=octets)
        yield from (data._replace(value=octets[5:9]) for octets in DATE_TIMES)
        yield from (data._replace(value=octets[:5]) for octets in DATE_TIMES)
    elif isinstance(data.value, tuple):
        items = data.value
        for other in (items[:-1], items + items[-1:], items[::-1], items * 300):
            yield data._replace(value=other)
        for place, item in enumerate(items):
            for changed in bent(item):
                yield data._replace(
                    value=(*items[:place], changed, *items[place + 1 :])
                )


def plain(kind: Type) -> Data:
    """A small value of a type."""
    if kind.tag in INTEGER_BOUNDS:
        return Data(kind.tag, 1)
    if kind.tag in (Tag.STRUCTURE, Tag.ARRAY):
        parts = kind.parts or (kind.element,) * (kind.element is not None)
        return Data(kind.tag, tuple(plain(part) for part in parts if part))
    return (
        axdr.octet_string(DATE_TIMES[-2]) if kind.tag is Tag.OCTET_STRING else OTHERS[0]
    )


Try = Callable[[Meter, bytes], str]


def doors(meter: Meter) -> Iterator[tuple[str, Data, Try]]:
    """What management may write and call: its name, a value to begin with, how to try one."""
    link = P3Association(meter, Client.MANAGEMENT)
    for row in meter.model.rows:
        for attribute in row.attributes:
            if attribute.management & Right.W:
                key = AttributeDescriptor(row.class_id, row.obis, attribute.number)
                shown = meter.model.get(meter, link, key.encode(), None)
                assert isinstance(shown, bytes)
                name = f"{row.name}.{attribute.name}"
                yield name, axdr.decode(shown), partial(put, key.encode())
        for method in row.methods:
            if method.management:
                place = MethodDescriptor(row.class_id, row.obis, method.number)
                value = plain(type_of(method.type))
                yield f"{row.name}.{method.name}", value, partial(call, place.encode())


def put(key: bytes, meter: Meter, octets: bytes) -> str:
    """What the meter answers to an attribute's value."""
    link = P3Association(meter, Client.MANAGEMENT)
    return meter.model.set(meter, link, key, None, octets).name


def call(key: bytes, meter: Meter, octets: bytes) -> str:
    """What the meter answers to a method's parameter."""
    link = P3Association(meter, Client.MANAGEMENT)
    return meter.model.act(meter, link, key, octets).result.name


def kept(meter: Meter) -> str:
    """All that is kept of it."""
    return json.dumps(to_json(meter.state))


def live_on(meter: Meter) -> None:
    """A day, a power failure, and a telegram after it; never busy at one instant."""
    begin_s, runs = meter.state.at_s, 0
    while meter.next_s <= begin_s + 86_400:
        meter.advance(meter.next_s)
        runs += 1
    # Averages of ten minutes, rows of a quarter, an M-Bus device that does not answer four times
    # an hour, and a few instants beside them.
    assert runs < 86_400 // 600 + 86_400 // 900 + 86_400 // 900 + 40
    meter.power_off()
    meter.advance(begin_s + 90_000)
    meter.power_on(begin_s + 100_000)
    assert meter.telegram(begin_s + 100_001)
    assert kept(restored(meter)) == kept(meter)


@pytest.mark.parametrize(("standard", "phases"), KINDS)
def test_what_is_refused_leaves_no_trace_and_what_is_taken_can_be_lived_with(
    standard: Standard, phases: int
) -> None:
    model = make_meter(standard, phases)
    model.advance(NOW_S + 1000)
    refused = taken = 0
    for name, value, attempt in doors(model):
        meter = make_meter(standard, phases)
        meter.set_load((2500, 0, 0), (2300, 2300, 2300))
        meter.advance(NOW_S + 1000)
        whole = axdr.encode(value)
        cut = [whole[:-1], whole + b"\0", b"\x01" * 50]
        for octets in (*cut, *map(axdr.encode, bent(value))):
            meter.state.unsaved = False
            before = kept(meter)
            answer = attempt(meter, octets)
            if answer in REFUSALS:
                refused += 1
                assert kept(meter) == before, (name, octets.hex())
                assert not meter.state.unsaved
            else:
                taken += 1
                assert answer == "SUCCESS", (name, octets.hex())
                assert kept(restored(meter)) == kept(meter), (name, octets.hex())
        live_on(meter)
    assert refused > 5 * taken > 500

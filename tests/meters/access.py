"""Reading, writing and calling a meter's objects as management does, without the frames."""

from __future__ import annotations

import json

from meters.meter import Meter
from meters.p3.association import P3Association
from meters.state import from_json, to_json
from tests.meters.builders import make_meter
from wire.cosem.rows import Client
from wire.dlms import axdr
from wire.dlms.descriptors import (
    ActionResult,
    AttributeDescriptor,
    DataAccessResult,
    MethodDescriptor,
    Selection,
)
from wire.dlms.initiate import Conformance
from wire.obis import Obis

Place = tuple[int, str]


def get(
    meter: Meter, place: Place, attribute: int = 2, selection: Selection | None = None
) -> axdr.Data:
    """What an attribute of the object at this place (class, code) shows."""
    link = P3Association(meter, Client.MANAGEMENT)
    link.conformance = Conformance.SELECTIVE_ACCESS
    key = AttributeDescriptor(place[0], Obis.parse(place[1]), attribute).encode()
    octets = meter.model.get(meter, link, key, selection)
    assert isinstance(octets, bytes), octets
    return axdr.decode(octets)


def put(
    meter: Meter, place: Place, attribute: int, data: axdr.Data
) -> DataAccessResult:
    """What the meter answers to a value in an attribute."""
    link = P3Association(meter, Client.MANAGEMENT)
    key = AttributeDescriptor(place[0], Obis.parse(place[1]), attribute).encode()
    return meter.model.set(meter, link, key, None, axdr.encode(data))


def act(meter: Meter, place: Place, method: int, data: axdr.Data) -> ActionResult:
    """What the meter answers to a method with this parameter."""
    link = P3Association(meter, Client.MANAGEMENT)
    key = MethodDescriptor(place[0], Obis.parse(place[1]), method).encode()
    return meter.model.act(meter, link, key, axdr.encode(data)).result


def restored(meter: Meter) -> Meter:
    """The meter after its process ended, judged as it is when it returns."""
    again = make_meter(meter.identity.standard, meter.identity.phases)
    again.state = from_json(json.loads(json.dumps(to_json(meter.state))))
    again.model.judge(again)
    return again

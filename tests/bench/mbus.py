"""P2: an enciphered hourly frame written and read, beside pyMeterBus's reading of it in clear."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import meterbus

from tests.bench.measure import Contest
from tests.wire.mbus.samples import GAS, USER_KEY, utc
from wire.mbus import application, rows
from wire.mbus.application import Ci, Opening, Sealing, compose, interpret
from wire.mbus.frames import Direction, FrameReader, Long
from wire.mbus.headers import Configuration, LongHeader
from wire.mbus.messages import Data
from wire.mbus.security import open_mode_15
from wire.mbus.values import MeterConfiguration, Status, ValveState

METERBUS = f"pyMeterBus {version('pyMeterBus')}, reading it in clear"
VOLUME_DM3 = 31412743


def write_hourly() -> Contest:
    """From the values of an hour to the octets on the bus, mode 15."""
    return _contest("M-Bus, an enciphered hourly frame written", _write, _read)


def read_hourly() -> Contest:
    """From the octets on the bus to the values of an hour, mode 15."""
    octets = _write()
    return _contest(
        "M-Bus, an enciphered hourly frame read",
        lambda: _read(octets),
        lambda data: data,
    )


def _contest(
    name: str, ours: Callable[[], object], data_of: Callable[[Any], Data]
) -> Contest:
    octets = _in_clear(_write())

    def same(ours: object, theirs: Any) -> bool:
        volume = data_of(ours).find("volume")
        read = theirs["body"]["records"][3]["value"]
        return volume is not None and volume.value == round(read * 1000) == VOLUME_DM3

    return Contest(
        name,
        METERBUS,
        ours,
        lambda: meterbus.load(octets).interpreted,
        same,
        at_least=5,
        ours_times=100,
        theirs_times=20,
        at_most_us=40,
    )


def _write() -> bytes:
    data = Data(
        (
            rows.STATUS.record(Status(0)),
            rows.EQUIPMENT_IDENTIFIER.record("G0017591208205814"),
            rows.TIMESTAMP.record(utc(2024, 1, 27, 12)),
            rows.VOLUME.record(VOLUME_DM3),
            rows.VALVE_STATUS.record(ValveState.OPEN),
            rows.METER_CONFIGURATION.record(MeterConfiguration(7)),
        )
    )
    sealing = Sealing(USER_KEY, 1)
    composed = compose(Ci.RESPONSE_LONG, data, GAS, 1, sealing=sealing)
    return Long(0x08, 1, composed.ci, composed.encode()).encode()


def _read(octets: bytes) -> Data:
    (frame,) = FrameReader(Direction.FROM_SLAVE).feed(octets)
    assert isinstance(frame, Long)
    received = application.decode(frame.ci, frame.body)
    message = interpret(received, None, Opening(USER_KEY, 0)).message
    assert isinstance(message, Data)
    return message


def _in_clear(octets: bytes) -> bytes:
    """The same frame as a device without user key sends it."""
    (frame,) = FrameReader(Direction.FROM_SLAVE).feed(octets)
    assert isinstance(frame, Long)
    received = application.decode(frame.ci, frame.body)
    assert isinstance(received.header, LongHeader)
    blocks = received.header.configuration.blocks
    plaintext = open_mode_15(USER_KEY, GAS, blocks, received.body, None).plaintext
    header = replace(received.header, configuration=Configuration())
    return replace(frame, body=header.encode() + plaintext).encode()

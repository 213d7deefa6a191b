"""Readout lists (class 7): what the consumer port and the display are to show (P3, 5.11).

The list of the consumer port has one row, read from the meter as it is now. Those of the
display say what to show and hold no values (P3, 5.15).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from meters.meter import Meter
from meters.model import Behaviour
from meters.objects.buffers import attach
from wire.cosem.events import Event
from wire.cosem.rows import Client
from wire.dlms import axdr
from wire.dlms.acse import ApplicationContext, Mechanism
from wire.dlms.data import Data
from wire.dlms.descriptors import AttributeDescriptor
from wire.obis import Obis

BEHAVIOUR = Behaviour.empty()

_DISPLAYS = ("display_readout", "alternate_display_readout", "service_display_readout")
_P1 = "p1_readout"
# Data, registers and the clock: what has a value to show, and is no list itself.
_CLASSES = (1, 3, 4, 5, 8)


@dataclass(slots=True)
class _Itself:
    """The link of a meter that reads its own objects."""

    client: Client = Client.MANAGEMENT
    client_title: bytes = b""
    context: int = ApplicationContext.LN
    mechanism: int = Mechanism.LOWEST
    conformance: int = 0
    client_max_receive_pdu_size: int = 0
    readings: Mapping[Event, int] = field(default_factory=dict)


_ITSELF = _Itself()


def _descriptor(entry: Data) -> bytes:
    class_id, code, number, _ = (part.value for part in entry.value)
    return AttributeDescriptor(class_id, Obis(code), number).encode()


def _can_be(meter: Meter, data: Data) -> bool:
    """Whether the meter has all that is listed, to be read as a whole."""
    for entry in data.value:
        class_id, code, _, index = (part.value for part in entry.value)
        if class_id not in _CLASSES or len(code) != 6 or index:
            return False
        cell = meter.model.cells.get(_descriptor(entry))
        if cell is None or cell.read is None or _ITSELF.client not in cell.readable:
            return False
    return True


class _Readout:
    """A list as a buffer of at most one row, whose values are those of this moment."""

    def __init__(self, meter: Meter, name: str, rows: int) -> None:
        self._meter = meter
        self._rows = rows
        self.columns: Sequence[Data] = meter.setting(name, "capture_objects").value

    def __len__(self) -> int:
        return self._rows

    def between(self, from_s: float, to_s: float) -> range:
        return range(self._rows if from_s <= self._meter.clock_s <= to_s else 0)

    def encode(self, places: range, columns: Sequence[int]) -> bytes:
        row = b"\x02" + axdr.encode_length(len(columns))
        if places:
            row += b"".join(self._value(self.columns[column]) for column in columns)
        return b"\x01" + axdr.encode_length(len(places)) + row * len(places)

    def _value(self, entry: Data) -> bytes:
        read = self._meter.model.cells[_descriptor(entry)].read
        assert read is not None
        return read(self._meter, _ITSELF)


def _attach(name: str, rows: int) -> None:
    attach(
        BEHAVIOUR,
        name,
        lambda meter: _Readout(meter, name, rows),
        lambda meter: None,
    )
    BEHAVIOUR.checks[name, "capture_objects"] = _can_be


_attach(_P1, 1)
del BEHAVIOUR.doers[_P1, "reset"]
for _display in _DISPLAYS:
    _attach(_display, 0)

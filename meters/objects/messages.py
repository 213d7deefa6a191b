"""Consumer messages (P3, 5.11): kept as they come, shown on P1."""

from __future__ import annotations

from meters.meter import Meter
from meters.model import LOGICAL_ERROR, Behaviour, Link, encoded
from wire.dlms.data import Data
from wire.dlms.descriptors import DataAccessResult

BEHAVIOUR = Behaviour.empty()


def _read_text(meter: Meter, link: Link) -> bytes:
    return encoded(meter.state.message)


def _write_text(meter: Meter, link: Link, data: Data) -> DataAccessResult:
    """Any octets but CR and LF, which would break the line of the telegram (P1 5.0.2, 7.2)."""
    if b"\r" in data.value or b"\n" in data.value:
        return LOGICAL_ERROR
    meter.state.message = data.value
    meter.changed()
    return DataAccessResult.SUCCESS


def _read_code(meter: Meter, link: Link) -> bytes:
    return encoded(meter.state.message_code)


def _write_code(meter: Meter, link: Link, data: Data) -> DataAccessResult:
    """Digits, and blanks between groups of them: "01 61 81" (P1 4.2.2, 6.2)."""
    if data.value.strip(b"0123456789 "):
        return LOGICAL_ERROR
    meter.state.message_code = data.value
    meter.changed()
    return DataAccessResult.SUCCESS


BEHAVIOUR.readers["consumer_message", "value"] = _read_text
BEHAVIOUR.writers["consumer_message", "value"] = _write_text
BEHAVIOUR.readers["consumer_message_code", "value"] = _read_code
BEHAVIOUR.writers["consumer_message_code", "value"] = _write_code

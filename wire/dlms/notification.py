"""DataNotification (Green Book 9.4.6.10, 9.5): a value that the server sends unasked."""

from __future__ import annotations

from dataclasses import dataclass

from wire.dlms import parts
from wire.errors import LocalError, WireError

DATA_NOTIFICATION = 0x0F


@dataclass(frozen=True, slots=True)
class DataNotification:
    """`date_time`: 12 octets or empty; `body`: one value's A-XDR octets, not examined yet."""

    long_invoke_id_and_priority: int
    date_time: bytes
    body: bytes


def read(octets: bytes) -> DataNotification:
    """Reads `0F ...`; an `IndexError` means that the octets end too early."""
    invoke_id = parts.read_number(octets, 1)
    date_time, at = parts.read_string(octets, 5)
    if len(date_time) not in (0, 12):
        raise WireError(f"a date-time has 12 octets or none, not {len(date_time)}", 5)
    if at >= len(octets):
        raise IndexError
    return DataNotification(invoke_id, date_time, octets[at:])


def write(apdu: DataNotification) -> bytes:
    if len(apdu.date_time) not in (0, 12):
        raise LocalError("a data-notification's date-time has 12 octets or none")
    return (
        bytes((DATA_NOTIFICATION,))
        + apdu.long_invoke_id_and_priority.to_bytes(4, "big")
        + parts.write_string(apdu.date_time)
        + apdu.body
    )

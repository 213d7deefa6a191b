"""DataNotification (Green Book 9.4.6.10, 9.5): a value that the server sends unasked."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DataNotification:
    """`date_time`: 12 octets or empty; `body`: one value's A-XDR octets, not examined yet."""

    long_invoke_id_and_priority: int
    date_time: bytes
    body: bytes

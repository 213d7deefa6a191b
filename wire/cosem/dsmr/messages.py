"""Consumer messages (P3, 5.11)."""

from __future__ import annotations

from wire.cosem.dsmr.sources import p3
from wire.cosem.rows import RW, data

ROWS = (
    data("0-0:96.13.0", "consumer_message", p3("5.11"), "octet-string[1024]", RW),
    data("0-0:96.13.1", "consumer_message_code", p3("5.11"), "octet-string[8]", RW),
)

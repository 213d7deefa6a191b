"""Consumer messages (P3, 0-0:96.13.0 and .1)."""

from __future__ import annotations

from wire.cosem.dsmr.sources import P3
from wire.cosem.rows import RW, data

ROWS = (
    data("0-0:96.13.0", "consumer_message", P3, "octet-string[1024]", RW),
    data("0-0:96.13.1", "consumer_message_code", P3, "octet-string[8]", RW),
)

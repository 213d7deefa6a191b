"""Who the meter is (P3, device identification)."""

from __future__ import annotations

from wire.cosem.dsmr.sources import P3, SMR
from wire.cosem.rows import DSMR4, SMR5, R, data

ROWS = (
    data("0-0:96.1.1", "equipment_identifier", P3, "octet-string[48]", R, R),
    data("1-3:0.2.8", "p1_version", P3, "octet-string", R, R, standards=DSMR4),
    data("1-3:0.2.0", "p1_version", SMR, "octet-string", R, R, standards=SMR5),
)

"""What only Dutch meters have (P3, country specific objects)."""

from __future__ import annotations

from wire.cosem.configuration import OperationMode, default_flags
from wire.cosem.dsmr.sources import P3, SMR
from wire.cosem.rows import DSMR4, RW, SMR5, Standard, attr, row

ROWS = (
    row(
        1,
        "0-1:94.31.3",
        "configuration_object",
        P3,
        attr(
            2,
            "value",
            "configuration_object_type",
            RW,
            default=(OperationMode.ALWAYS_ON, default_flags(Standard.DSMR_4_2_2)),
        ),
        standards=DSMR4,
    ),
    row(
        1,
        "0-1:94.31.3",
        "configuration_object",
        SMR,
        attr(2, "value", "bit-string", RW, default=default_flags(Standard.SMR_5_0)),
        standards=SMR5,
    ),
)

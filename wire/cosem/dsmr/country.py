"""What only Dutch meters have (P3, chapter 8)."""

from __future__ import annotations

from wire.cosem.configuration import OperationMode, default_flags
from wire.cosem.dsmr.sources import SMR, p3
from wire.cosem.rows import DSMR4, RW, SMR5, Row, Standard, X, attr, data, method, row
from wire.dlms import axdr

# Off and on; 0 is undefined (P3, 8.1).
ADMINISTRATIVE_OFF, ADMINISTRATIVE_ON = 1, 2

# Script 1; what it does has no object of its own.
_NOTHING_BUT_RESET = axdr.structure(axdr.long_unsigned(1), axdr.array(()))


def _setting(
    code: str,
    name: str,
    source: str,
    type_name: str,
    default: object,
    standards: frozenset[Standard],
    bounds: tuple[int, int] | None = None,
) -> Row:
    value = attr(2, "value", type_name, RW, default=default, bounds=bounds)
    return row(1, code, name, source, value, standards=standards)


ROWS = (
    _setting(
        *("0-1:94.31.0", "administrative_in_out", p3("8.1"), "enum"),
        *(ADMINISTRATIVE_ON, DSMR4 | SMR5, (0, ADMINISTRATIVE_ON)),
    ),
    # In hours; P3 gives no default.
    _setting(
        *("0-1:94.31.2", "watchdog_timer", p3("8.2"), "long-unsigned", 24, DSMR4),
    ),
    _setting(
        *("0-1:94.31.3", "configuration_object", p3("8.3")),
        "configuration_object_type",
        (OperationMode.ALWAYS_ON, default_flags(Standard.DSMR_4_2_2)),
        DSMR4,
    ),
    _setting(
        *("0-1:94.31.3", "configuration_object", SMR, "bit-string"),
        default_flags(Standard.SMR_5_0),
        SMR5,
    ),
    data(
        *("0-1:94.31.4", "gprs_network_information", p3("8.4")),
        "GPRS_network_information_type",
        standards=DSMR4,
    ),
    row(
        *(9, "0-1:94.31.5", "meter_reset", p3("8.5")),
        attr(2, "scripts", "array[1]", value=(_NOTHING_BUT_RESET,)),
        method(1, "execute", "long-unsigned", X),
    ),
    # Seconds, a factor and retries: as a central system writes them, 1 being the least.
    _setting(
        *("0-1:94.31.12", "randomisation_settings", SMR),
        *("randomisation_settings_type", (1, 1, 1), SMR5),
    ),
)

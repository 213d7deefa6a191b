"""What M-Bus devices measured and say of themselves: class 4 of each channel (P3, 7.2, 7.3)."""

from __future__ import annotations

from meters.meter import Meter
from meters.model import Behaviour, Link, encoded
from wire.cosem.events import CHANNELS
from wire.cosem.rows import SMR5
from wire.cosem.types import type_of
from wire.dlms import axdr
from wire.quantities import ScalerUnit, Unit

BEHAVIOUR = Behaviour.empty()

NO_TIME = bytes.fromhex("ffffffffffffffffff8000ff")
"""A date-time that is not specified."""

_VALUES = "mbus_value", "mbus_hourly_value", "mbus_status"
_TEXTS = (
    "mbus_device_configuration",
    *("mbus_model_version", "mbus_hardware_version", "mbus_metrology_version"),
    *("mbus_other_firmware_version", "mbus_simple_version"),
)
_NO_UNIT = type_of("scal_unit_type").encode(ScalerUnit(0, Unit.NONE))


def _status(meter: Meter, link: Link) -> bytes:
    """An octet-string in DSMR 4, a number in SMR 5."""
    if meter.model.standard in SMR5:
        return axdr.encode(axdr.unsigned(0))
    return encoded(b"")


for _n in CHANNELS:
    for _name in _VALUES:
        BEHAVIOUR.numbers[f"{_name}_{_n}", "value"] = lambda meter: 0
        BEHAVIOUR.readers[f"{_name}_{_n}", "scaler_unit"] = lambda meter, link: _NO_UNIT
    for _name in _TEXTS:
        BEHAVIOUR.readers[f"{_name}_{_n}", "value"] = lambda meter, link: encoded(b"")
    for _name in (*_VALUES, *_TEXTS):
        BEHAVIOUR.readers[f"{_name}_{_n}", "status"] = _status
        BEHAVIOUR.readers[f"{_name}_{_n}", "capture_time"] = (
            lambda meter, link: encoded(NO_TIME)
        )
    BEHAVIOUR.readers[f"mbus_equipment_identifier_{_n}", "value"] = (
        lambda meter, link: encoded(b"")
    )

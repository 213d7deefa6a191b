"""The actual values of an electricity meter, all in one request (P3: with-list)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headend import references, rendering
from headend.operations.plan import Operation, Plan, only
from headend.store.readings import Register
from headend.visit import Measured, Visit
from wire.cosem.rows import Standard
from wire.dlms.axdr import Data
from wire.dlms.descriptors import DataAccessResult
from wire.errors import WireError
from wire.instants import decode_date_time
from wire.quantities import ScalerUnit

_IMPORT, _EXPORT = ("1-0:1.8.1", "1-0:1.8.2"), ("1-0:2.8.1", "1-0:2.8.2")
_PHASES = (
    ("1-0:21.7.0", "1-0:22.7.0"),
    ("1-0:41.7.0", "1-0:42.7.0"),
    ("1-0:61.7.0", "1-0:62.7.0"),
)
_CLOCK = "0-0:1.0.0"
_CODES = (_CLOCK, *_IMPORT, *_EXPORT, *(code for phase in _PHASES for code in phase))


def prepare_actual(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """Nothing to say. The result: `time`, `import_wh`, `export_wh` (one number per rate), and
    `power_w`, one number per phase that the meter has, negative for export.
    """
    only(arguments, set(), set())
    wanted = [references.attribute(code, standard).descriptor for code in _CODES]

    registers = {code: _register(code, standard) for code in (*_IMPORT, *_EXPORT)}

    async def run(meter: Visit) -> dict[str, Any]:
        answers = await meter.get_list([(item, None) for item in wanted])
        values = dict(zip(_CODES, answers))
        clock = values[_CLOCK]
        if isinstance(clock, DataAccessResult) or not isinstance(clock.value, bytes):
            raise WireError("the meter does not tell its time")
        time = decode_date_time(clock.value)
        await meter.keep(
            Measured(register, int(time.timestamp()), _number(code, values[code]))
            for code, register in registers.items()
        )
        return {
            "time": rendering.iso(time),
            "import_wh": [_number(code, values[code]) for code in _IMPORT],
            "export_wh": [_number(code, values[code]) for code in _EXPORT],
            "power_w": [
                _number(into, values[into]) - _number(out, values[out])
                for into, out in _PHASES
                if not isinstance(values[into], DataAccessResult)
            ],
        }

    return run


def _register(code: str, standard: Standard | str) -> Register:
    """The register with the scaler and unit that the standard gives it."""
    row = references.attribute(code, standard).row
    quantity = row.attribute(3).given
    assert isinstance(quantity, ScalerUnit)
    return Register(row.class_id, str(row.obis), 2, quantity.scaler, int(quantity.unit))


def _number(code: str, answer: Data | DataAccessResult) -> int:
    """The meter's integer; raises `WireError` when it gives none."""
    if isinstance(answer, DataAccessResult) or type(answer.value) is not int:
        raise WireError(f"the meter gives no number for {code}")
    return answer.value


ROWS = {
    "actual": Operation(prepare_actual, "clock, energy and power now", "6.2, 6.4"),
}

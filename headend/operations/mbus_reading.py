"""What M-Bus devices measured, as the meter keeps it (P3, 7.2 to 7.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headend import rendering
from headend.operations import channels, together
from headend.operations.mbus import Which
from headend.operations.plan import Operation, Plan, Preparing, only
from headend.operations.reading import by_range
from headend.store.readings import Register
from headend.visit import Measured, Visit
from wire.cosem.rows import SMR5, Standard
from wire.cosem.table import standard_of
from wire.dlms import axdr
from wire.dlms.axdr import Data
from wire.errors import WireError

_ANY = {"device", "channel"}
_EXTENDED_REGISTER = 4
# SMR 5 has the hourly value beside that of 5 minutes.
_VALUES = {True: ("0-{}:24.2.1", "0-{}:24.2.2"), False: ("0-{}:24.2.1",)}
_EQUIPMENT_ID = {True: "0-{}:96.1.1", False: "0-{}:96.1.0"}
_VERSIONS = {
    True: {
        "model": "0-{}:24.2.7",
        "hardware": "0-{}:24.2.8",
        "metrology": "0-{}:24.2.9",
        "other_firmware": "0-{}:24.2.10",
        "simple": "0-{}:24.2.11",
    },
    False: {"configuration": "0-{}:24.2.2"},
}


def prepare_actual(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """`device` or `channel`. The last value that the device sent, with its time; in SMR 5 both
    that of 5 minutes and that of the hour. Stored as a reading.
    """
    which = Which(only(arguments, set(), _ANY))
    codes = _VALUES[_is_smr5(standard)]

    async def run(visit: Visit) -> Any:
        place = await which.number(visit, standard)
        found = []
        for code in codes:
            found.append(await _value(visit, standard, code.format(place)))
        return {"channel": place, "values": found}

    return run


def prepare_identity(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """`device` or `channel`. The equipment identifier, and what versions the device told."""
    which = Which(only(arguments, set(), _ANY))
    kind = _is_smr5(standard)
    codes = {"equipment_id": _EQUIPMENT_ID[kind], **_VERSIONS[kind]}

    async def run(visit: Visit) -> Any:
        place = await which.number(visit, standard)
        wanted = [
            together.attribute(code.format(place), 2, standard)
            for code in codes.values()
        ]
        values = await together.read(visit, wanted)
        return {"channel": place} | {
            name: _text(value) for name, value in zip(codes, values, strict=True)
        }

    return run


def _profile(code: str) -> Preparing:
    """Reads this profile of the channel that is meant."""

    def prepare(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
        """`device` or `channel`; `from` and `to`, ISO 8601, both included; a time without an
        offset is Dutch. Readings are stored.
        """
        given = only(arguments, set(), {*_ANY, "from", "to"})
        which = Which(given)
        plans = {
            number: by_range((code.format(number),), standard, given)
            for number in channels.CHANNELS
        }

        async def run(visit: Visit) -> Any:
            return await plans[await which.number(visit, standard)](visit)

        return run

    return prepare


async def _value(visit: Visit, standard: Standard | str, code: str) -> dict[str, Any]:
    """A value with its unit and time; nothing was read yet when it has no time."""
    wanted = [together.attribute(code, number, standard) for number in (2, 3, 4, 5)]
    value, quantity, status, time = await together.read(visit, wanted)
    unit, at = rendering.scaler_unit_of(quantity), rendering.instant(time.value)
    shown = {"object": code, "time": None, "status": axdr.to_json(status)}
    if unit is None or at is None:
        return shown
    if type(value.value) is not int:
        raise WireError(f"the meter gives no number for {code}")
    register = Register(
        _EXTENDED_REGISTER, str(wanted[0].obis), 2, unit.scaler, int(unit.unit)
    )
    await visit.keep([Measured(register, int(at.timestamp()), value.value)])
    return shown | rendering.value(value, None, unit) | {"time": rendering.iso(at)}


def _text(value: Data) -> Any:
    octets = value.value
    if isinstance(octets, bytes) and octets.isascii():
        return octets.decode("ascii").strip("\r\n")
    return axdr.to_json(value)


def _is_smr5(standard: Standard | str) -> bool:
    return standard_of(standard) in SMR5


ROWS = {
    "mbus_actual": Operation(
        prepare_actual, "the last value of an M-Bus device", "7.3.1", ("0-1:24.2.1",)
    ),
    "mbus_hourly": Operation(
        _profile("0-{}:24.3.0"),
        "hourly values of an M-Bus device",
        "7.4",
        ("0-1:24.3.0",),
    ),
    "mbus_daily": Operation(
        _profile("0-{}:24.3.1"),
        "daily values of an M-Bus device; DSMR 4 has them in `daily`",
        "SMR 5.0",
        ("0-1:24.3.1",),
    ),
    "mbus_monthly": Operation(
        _profile("0-{}:24.3.2"),
        "monthly values of an M-Bus device; DSMR 4 has them in `monthly`",
        "SMR 5.0",
        ("0-1:24.3.2",),
    ),
    "mbus_identity": Operation(
        prepare_identity,
        "identifier and versions of an M-Bus device",
        "7.2",
        ("mbus_equipment_identifier_1",),
    ),
}

"""The objects of the four M-Bus channels (P3, chapter 7): one of each row for a channel.

The valve behind a channel is of 4.0.6 alone: the release notes of 4.0.7 (chapter 11) print
what it took out of 7.6.
"""

from __future__ import annotations

from collections.abc import Callable

from wire.cosem.dsmr.profiles import fixed_profile
from wire.cosem.dsmr.sources import D406, SMR, SMR_51, p3
from wire.cosem.dsmr.switching import disconnector_script
from wire.cosem.events import CHANNELS, control_log
from wire.cosem.rows import (
    ALL,
    DSMR4,
    RW,
    SMR5,
    SMR52,
    R,
    Right,
    Row,
    Standard,
    X,
    attr,
    data,
    method,
    row,
)
from wire.obis import Obis
from wire.quantities import ScalerUnit, Unit

_DLU = "double-long-unsigned"
_SETUP, _REGISTERS, _VALVE = p3("7.1"), p3("7.3.1"), p3("7.6", "4.0.6")
_SHARED_PORT, _SCRIPTS = Obis.parse("0-0:24.6.0"), Obis.parse("0-1:10.0.106")
_NO_UNIT = ScalerUnit(0, Unit.NONE)
_HOUR_S, _DAY_S = 3600, 86_400
UNKNOWN_CONFIGURATION = 99
"""Attribute 13 of a client before the configuration word of a message has told it."""

# Opened only after a button was pressed at the device, and never closed there.
_RELEASED_BY_HAND = 3


def _client(
    n: int, source: str, port: Obis, version: int, standards: frozenset[Standard]
) -> Row:
    return row(
        *(72, f"0-{n}:24.1.0", f"mbus_client_{n}", source),
        attr(2, "mbus_port_reference", "octet-string[6]", value=port.octets),
        attr(3, "capture_definition", "capture_definition"),
        attr(4, "capture_period", _DLU, RW, default=0),
        attr(5, "primary_address", "unsigned", RW),
        attr(6, "identification_number", _DLU, RW),
        attr(7, "manufacturer_id", "long-unsigned", RW),
        attr(8, "version", "unsigned", RW),
        attr(9, "device_type", "unsigned", RW),
        attr(10, "access_number", "unsigned"),
        attr(11, "status", "unsigned"),
        attr(12, "alarm", "unsigned"),
        attr(13, "configuration", "long-unsigned"),
        attr(14, "encryption_key_status", "enum"),
        method(1, "slave_install", "integer", X),
        method(2, "slave_deinstall", "integer", X),
        method(3, "capture", "integer", X),
        method(4, "reset_alarm", "integer", X),
        method(5, "synchronize_clock", "integer", X),
        method(6, "data_send", "array", X),
        method(7, "set_encryption_key", "octet-string", X),
        method(8, "transfer_key", "octet-string", X),
        version=version,
        standards=standards,
    )


def _port(obis: str, name: str, source: str, standards: frozenset[Standard]) -> Row:
    """The wire: 2400 baud, the value 3 of the enumeration."""
    speed = attr(2, "comm_speed", "enum", value=3)
    return row(74, obis, name, source, speed, standards=standards)


def _extended(
    obis: str,
    name: str,
    source: str,
    value: str,
    scaler_unit: ScalerUnit | None,
    standards: frozenset[Standard],
) -> Row:
    """An extended register; without a scaler and unit here, it has those of the device."""
    dsmr4 = standards <= DSMR4
    return row(
        *(4, obis, name, source),
        attr(2, "value", value),
        attr(3, "scaler_unit", "scal_unit_type", value=scaler_unit),
        attr(4, "status", "octet-string" if dsmr4 else "unsigned"),
        attr(5, "capture_time", "octet-string[12]" if dsmr4 else "octet-string"),
        method(1, "reset"),
        standards=standards,
    )


def _identity(n: int) -> tuple[Row, ...]:
    name = f"mbus_equipment_identifier_{n}"
    return (
        data(f"0-{n}:96.1.0", name, p3("7.2"), "octet-string[48]", standards=DSMR4),
        data(f"0-{n}:96.1.1", name, SMR, "octet-string", standards=SMR5),
    )


def _values(n: int) -> tuple[Row, ...]:
    """What the device measured, and what it says of itself."""
    texts = ("model", "hardware", "metrology", "other_firmware", "simple")
    return (
        _extended(
            f"0-{n}:24.2.1", f"mbus_value_{n}", _REGISTERS, _DLU, None, standards=DSMR4
        ),
        _extended(f"0-{n}:24.2.1", f"mbus_value_{n}", SMR, _DLU, None, standards=SMR5),
        _extended(
            f"0-{n}:24.2.2", f"mbus_hourly_value_{n}", SMR, _DLU, None, standards=SMR5
        ),
        _extended(
            *(f"0-{n}:24.2.2", f"mbus_device_configuration_{n}", p3("7.3.2")),
            *("octet-string[255]", _NO_UNIT, DSMR4),
        ),
        _extended(
            f"0-{n}:24.2.6", f"mbus_status_{n}", SMR, _DLU, _NO_UNIT, standards=SMR5
        ),
        *(
            _extended(
                *(f"0-{n}:24.2.{e}", f"mbus_{text}_version_{n}", SMR),
                *("octet-string", _NO_UNIT, SMR5),
            )
            for e, text in enumerate(texts, start=7)
        ),
        data(
            f"0-{n}:94.31.10",
            f"mbus_clear_status_{n}",
            SMR_51,
            _DLU,
            RW,
            standards=SMR52,
        ),
    )


def _profiles(n: int) -> tuple[Row, ...]:
    """The hourly readings, and in SMR 5 the daily and monthly ones, with their statuses."""
    status, type_name = f"mbus_amr_profile_status_{n}", "unsigned"
    return (
        data(
            *(f"0-{n}:96.10.3", status, p3("4.2.5"), type_name, R, R), standards=DSMR4
        ),
        data(f"0-{n}:96.10.3", status, SMR, type_name, standards=SMR5),
        data(
            *(f"0-{n}:96.10.5", f"mbus_amr_profile_status_daily_{n}", SMR, type_name),
            standards=SMR5,
        ),
        data(
            *(f"0-{n}:96.10.7", f"mbus_amr_profile_status_monthly_{n}", SMR, type_name),
            standards=SMR5,
        ),
        fixed_profile(
            f"0-{n}:24.3.0", f"mbus_hourly_profile_{n}", p3("7.4"), _HOUR_S, 240, ALL
        ),
        fixed_profile(
            f"0-{n}:24.3.1", f"mbus_daily_profile_{n}", SMR, _DAY_S, 40, SMR5
        ),
        fixed_profile(f"0-{n}:24.3.2", f"mbus_monthly_profile_{n}", SMR, 0, 13, SMR5),
    )


def _diagnostic(n: int) -> Row:
    return row(
        *(77, f"0-{n}:24.9.0", f"mbus_diagnostic_{n}", SMR),
        attr(2, "received_signal_strength", "unsigned"),
        attr(3, "channel_id", "unsigned"),
        attr(4, "link_status", "enum"),
        attr(5, "broadcast_frames_counter", "array"),
        attr(6, "transmissions_counter", _DLU),
        attr(7, "fcs_ok_frames_counter", _DLU),
        attr(8, "fcs_nok_frames_counter", _DLU),
        attr(9, "capture_time", "structure"),
        standards=SMR5,
    )


def _valve(n: int) -> tuple[Row, ...]:
    log = control_log(n)
    return (
        row(
            *(70, f"0-{n}:24.4.0", f"mbus_disconnect_control_{n}", _VALVE),
            attr(2, "output_state", "boolean"),
            attr(3, "control_state", "enum"),
            attr(
                4, "control_mode", "enum", RW, default=_RELEASED_BY_HAND, bounds=(0, 6)
            ),
            method(1, "remote_disconnect", "integer", X),
            method(2, "remote_connect", "integer", X),
            standards=D406,
        ),
        fixed_profile(f"0-{n}:24.5.0", log.value, _VALVE, 0, 10, D406),
        data(
            f"0-{n}:96.11.4",
            f"mbus_control_event_code_{n}",
            p3("4.2.1", "4.0.6"),
            "unsigned",
            Right.NONE,
            standards=D406,
        ),
    )


def connect_script(channel: int) -> int:
    """The script that opens the valve of a channel; the one after it closes it."""
    return 2 * channel - 1


_SCRIPT_TABLE = row(
    *(9, _SCRIPTS.short, "mbus_disconnector_script_table", _VALVE),
    attr(
        2,
        "scripts",
        "array[8]",
        value=tuple(
            disconnector_script(
                connect_script(n) + later, Obis.parse(f"0-{n}:24.4.0"), 2 - later
            )
            for n in CHANNELS
            for later in (0, 1)
        ),
    ),
    method(1, "execute", "long-unsigned", X),
    standards=D406,
)
_SCHEDULER = row(
    *(22, "0-1:15.0.1", "mbus_disconnect_control_scheduler", _VALVE),
    attr(2, "executed_script", "script", RW, default=(_SCRIPTS.octets, 2)),
    attr(3, "type", "enum", value=1),
    attr(4, "execution_time", "execution_time[1]", RW, default=()),
    standards=D406,
)


def _per_channel(make: Callable[[int], tuple[Row, ...]]) -> tuple[Row, ...]:
    return tuple(made for n in CHANNELS for made in make(n))


def _setup(n: int) -> tuple[Row, ...]:
    own = Obis.parse(f"0-{n}:24.6.0")
    return (
        _client(n, _SETUP, own, 0, DSMR4),
        _client(n, SMR, _SHARED_PORT, 1, SMR5),
        _port(own.short, f"mbus_port_{n}", _SETUP, DSMR4),
    )


ROWS = (
    *_per_channel(_setup),
    # One wire for all channels, as the clients of a running central system refer to it.
    _port(_SHARED_PORT.short, "mbus_port", SMR, SMR5),
    *_per_channel(_identity),
    *_per_channel(_values),
    *_per_channel(_profiles),
    *_per_channel(lambda n: (_diagnostic(n),)),
    *_per_channel(_valve),
    _SCRIPT_TABLE,
    _SCHEDULER,
)

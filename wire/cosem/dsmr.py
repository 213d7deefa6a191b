"""The object table: DSMR 4.0.6, DSMR 4.2.2 and SMR 5.0 as seen on P3.

DSMR 4 rows are the P3 companion standard 4.0.7/4.2.2, chapter 5, with what the 4.0.6 release
notes change back. SMR 5 rows follow the profiles of a running central system; where those
are silent an SMR 5 meter keeps the 4.2.2 row. A new object is a new row here.
"""

from __future__ import annotations

from wire.cosem.rows import (
    DSMR4,
    RW,
    SMR5,
    R,
    Right,
    Row,
    Standard,
    X,
    attr,
    data,
    method,
    per_phase,
    register,
    row,
)
from wire.quantities import Unit

P3 = "P3 4.2.2"
SMR = "SMR 5.0"
_D406 = frozenset({Standard.DSMR_4_0_6})
_D422 = frozenset({Standard.DSMR_4_2_2})

_ASSOCIATION = (
    attr(2, "object_list", "objlist_type", R, R),
    attr(3, "associated_partners_id", "associated_partners_type", R, R),
    attr(4, "application_context_name", "application_context_name", R, R),
    attr(5, "xDLMS_context_info", "xDLMS_context_type", R, R),
    attr(6, "authentication_mechanism_name", "mechanism_name", R, R),
    attr(7, "secret", "octet-string", R),
    attr(8, "association_status", "enum", R, R),
    attr(9, "security_setup_reference", "octet-string", R, R),
    method(1, "reply_to_HLS_authentication", "octet-string", X),
    method(2, "change_HLS_secret", "octet-string", X),
    method(3, "add_object", "structure"),
    method(4, "remove_object", "structure"),
)

COMMUNICATION = (
    row(
        17,
        "0-0:41.0.0",
        "sap_assignment",
        P3,
        attr(2, "SAP_assignment_list", "asslist_type", R, R),
        method(1, "connect_logical_device", "structure"),
    ),
    row(15, "0-0:40.0.0", "association", P3, *_ASSOCIATION, version=1, standards=DSMR4),
    row(
        15,
        "0-0:40.0.0",
        "association",
        SMR,
        *_ASSOCIATION,
        attr(10, "user_list", "array"),
        attr(11, "current_user", "structure"),
        version=3,
        standards=SMR5,
    ),
    row(
        64,
        "0-0:43.0.0",
        "security_setup",
        P3,
        attr(2, "security_policy", "enum"),
        attr(3, "security_suite", "enum", value=0),
        attr(4, "client_system_title", "octet-string"),
        attr(5, "server_system_title", "octet-string"),
        method(1, "security_activate", "enum", X),
        method(2, "global_key_transfer", "key_transfer_type", X),
    ),
    data("0-0:43.1.0", "invocation_counter", SMR, "double-long-unsigned", R, R),
    data("0-0:42.0.0", "logical_device_name", P3, "octet-string", R, R),
)

IDENTITY = (
    data("0-0:96.1.1", "equipment_identifier", P3, "octet-string[48]", R, R),
    data("1-3:0.2.8", "p1_version", P3, "octet-string", R, R, standards=DSMR4),
    data("1-3:0.2.0", "p1_version", SMR, "octet-string", R, R, standards=SMR5),
)

CLOCK = (
    row(
        8,
        "0-0:1.0.0",
        "clock",
        P3,
        attr(2, "time", "octet-string[12]", RW, R),
        attr(3, "time_zone", "long", RW),
        attr(4, "status", "unsigned"),
        attr(5, "daylight_savings_begin", "octet-string[12]", RW),
        attr(6, "daylight_savings_end", "octet-string[12]", RW),
        attr(7, "daylight_savings_deviation", "integer", value=60),
        attr(8, "daylight_savings_enabled", "boolean", RW),
        attr(9, "clock_base", "enum", value=1),
        method(1, "adjust_to_quarter"),
        method(2, "adjust_to_measuring_period"),
        method(3, "adjust_to_minute"),
        method(4, "adjust_to_preset_time"),
        method(5, "preset_adjusting_time", "structure"),
        method(6, "shift_time", "long"),
    ),
    data("0-0:96.14.0", "tariff", P3, "octet-string[2]"),
)

_DLU, _LU = "double-long-unsigned", "long-unsigned"

ENERGY = (
    register("1-0:1.8.0", "energy_import", P3, _DLU, Unit.WATT_HOUR),
    register("1-0:1.8.1", "energy_import_rate_1", P3, _DLU, Unit.WATT_HOUR),
    register("1-0:1.8.2", "energy_import_rate_2", P3, _DLU, Unit.WATT_HOUR),
    register("1-0:2.8.0", "energy_export", P3, _DLU, Unit.WATT_HOUR),
    register("1-0:2.8.1", "energy_export_rate_1", P3, _DLU, Unit.WATT_HOUR),
    register("1-0:2.8.2", "energy_export_rate_2", P3, _DLU, Unit.WATT_HOUR),
)

POWER = (
    register("1-0:1.7.0", "power_import", P3, _DLU, Unit.WATT, standards=DSMR4),
    register("1-0:1.7.0", "power_import", SMR, _LU, Unit.WATT, standards=SMR5),
    register("1-0:2.7.0", "power_export", P3, _LU, Unit.WATT, standards=_D406 | SMR5),
    register("1-0:2.7.0", "power_export", P3, _DLU, Unit.WATT, standards=_D422),
    *per_phase(
        lambda offset, phase, polyphase: register(
            f"1-0:{21 + offset}.7.0",
            f"power_import_{phase}",
            P3,
            _LU,
            Unit.WATT,
            polyphase_only=polyphase,
        )
    ),
    *per_phase(
        lambda offset, phase, polyphase: register(
            f"1-0:{22 + offset}.7.0",
            f"power_export_{phase}",
            P3,
            _LU,
            Unit.WATT,
            polyphase_only=polyphase,
        )
    ),
)


def _instantaneous(
    first_c: int, name: str, unit: Unit, smr5_scaler: int
) -> tuple[Row, ...]:
    """V and A per phase: whole units and a scaler to write in DSMR 4, a finer one in SMR 5."""
    return tuple(
        made
        for source, scaler, access, standards in (
            (P3, 0, RW, DSMR4),
            (SMR, smr5_scaler, R, SMR5),
        )
        for made in per_phase(
            lambda offset, phase, polyphase: register(
                f"1-0:{first_c + offset}.7.0",
                f"{name}_{phase}",
                source,
                _LU,
                unit,
                scaler,
                scaler_access=access,
                standards=standards,
                polyphase_only=polyphase,
            )
        )
    )


VOLTAGE = _instantaneous(32, "voltage", Unit.VOLT, -1)
CURRENT = _instantaneous(31, "current", Unit.AMPERE, -2)

MESSAGES = (
    data("0-0:96.13.0", "consumer_message", P3, "octet-string[1024]", RW),
    data("0-0:96.13.1", "consumer_message_code", P3, "octet-string[8]", RW),
)

PROFILES = (
    data("0-0:96.10.2", "amr_profile_status", P3, "unsigned", R, R),
    row(
        7,
        "1-0:99.1.0",
        "load_profile",
        P3,
        attr(2, "buffer", "array"),
        attr(3, "capture_objects", "array"),
        attr(4, "capture_period", _DLU, value=900),
        attr(5, "sort_method", "enum", value=1),
        attr(6, "sort_object", "structure"),
        attr(7, "entries_in_use", _DLU),
        attr(8, "profile_entries", _DLU, value=960),
        method(1, "reset", "integer", X),
        method(2, "capture", "integer", Right.NONE),
        version=1,
    ),
)

OBJECTS: tuple[Row, ...] = (
    *COMMUNICATION,
    *IDENTITY,
    *CLOCK,
    *ENERGY,
    *POWER,
    *VOLTAGE,
    *CURRENT,
    *MESSAGES,
    *PROFILES,
)

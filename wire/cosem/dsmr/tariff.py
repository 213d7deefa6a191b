"""The tariff: calendar, special days, scripts, register activation (P3, 5.4 and 5.5).

The factory's calendar is rate 1 (low) from 23:00 to 07:00 and in the weekend, rate 2 (normal)
otherwise: what Dutch grids have.
"""

from __future__ import annotations

from wire.cosem.dsmr.sources import D406, D422, p3
from wire.cosem.rows import (
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
    row,
)
from wire.obis import Obis

ACTIVATION = Obis.parse("0-0:14.0.0").octets
SCRIPTS = Obis.parse("0-0:10.0.100").octets
# A mask's name is what 0-0:96.14.0 shows and P1 prints: two octets, of decimal digits in hex.
MASK_OCTETS = 2
LOW, NORMAL = b"\x00\x01", b"\x00\x02"
# Where the active mask is: class, attribute; and the service that writes it.
ACTIVE_MASK = 6, 4
WRITE_ATTRIBUTE = 1
# No date and time at all.
NEVER = bytes.fromhex("ffffffffffffffffff8000ff")

_REGISTERS = tuple(
    (3, Obis.parse(code).octets)
    for code in ("1-0:1.8.1", "1-0:2.8.1", "1-0:1.8.2", "1-0:2.8.2")
)
_MASKS = ((LOW, (1, 2)), (NORMAL, (3, 4)))
_SCRIPT_TABLE = tuple(
    (number, ((WRITE_ATTRIBUTE, ACTIVE_MASK[0], ACTIVATION, ACTIVE_MASK[1], mask),))
    for number, mask in ((1, LOW), (2, NORMAL))
)
_NAME, _WEEKDAY, _WEEKEND = b"1", 1, 2
_SEASONS = ((_NAME, bytes.fromhex("ffff0101ff00000000800000"), _NAME),)
_WEEKS = ((_NAME, *(_WEEKDAY,) * 5, *(_WEEKEND,) * 2),)
_DAYS = tuple(
    (
        day_id,
        tuple((bytes((hour, 0, 0, 0)), SCRIPTS, script) for hour, script in switches),
    )
    for day_id, switches in (
        (_WEEKDAY, ((0, 1), (7, 2), (23, 1))),
        (_WEEKEND, ((0, 1),)),
    )
)


def names_mask(octets: bytes) -> bool:
    """Whether octets can be the name of a mask."""
    return len(octets) == MASK_OCTETS and octets.hex().isdecimal()


def _scripts(source: str, access: Right, standards: frozenset[Standard]) -> Row:
    """The script table; DSMR 4.0 lets it be written."""
    return row(
        9,
        "0-0:10.0.100",
        "tariff_script_table",
        source,
        attr(2, "scripts", "script_table[2]", access, default=_SCRIPT_TABLE),
        method(1, "execute", "long-unsigned", X),
        standards=standards,
    )


ROWS = (
    row(
        20,
        "0-0:13.0.0",
        "activity_calendar",
        p3("5.4"),
        attr(2, "calendar_name_active", "octet-string", default=_NAME),
        attr(3, "season_profile_active", "season_profile[4]", default=_SEASONS),
        attr(4, "week_profile_table_active", "week_profile_table[4]", default=_WEEKS),
        attr(5, "day_profile_table_active", "day_profile_table[4]", default=_DAYS),
        attr(6, "calendar_name_passive", "octet-string", RW, default=b""),
        attr(7, "season_profile_passive", "season_profile[4]", RW, default=()),
        attr(8, "week_profile_table_passive", "week_profile_table[4]", RW, default=()),
        attr(9, "day_profile_table_passive", "day_profile_table[4]", RW, default=()),
        attr(
            10, "activate_passive_calendar_time", "octet-string[12]", RW, default=NEVER
        ),
        method(1, "activate_passive_calendar", "integer", X),
    ),
    row(
        11,
        "0-0:11.0.0",
        "special_days",
        p3("5.4"),
        attr(2, "entries", "special_days[30]", RW, default=()),
        method(1, "insert", "spec_day_entry", X),
        method(2, "delete", "long-unsigned", X),
    ),
    data("0-0:96.14.0", "tariff", p3("5.4"), "octet-string[2]"),
    _scripts(p3("5.4", "4.0.7"), RW, D406),
    _scripts(p3("5.4"), R, D422 | SMR5),
    row(
        6,
        "0-0:14.0.0",
        "register_activation",
        p3("5.4"),
        attr(
            2,
            "register_assignment",
            "register_assignment[48]",
            RW,
            default=_REGISTERS,
        ),
        attr(3, "mask_list", "mask_list[8]", RW, default=_MASKS),
        attr(4, "active_mask", "octet-string", RW),
        method(1, "add_register", "object_definition", X),
        method(2, "add_mask", "register_act_mask", X),
        method(3, "delete_mask", "octet-string", X),
    ),
    row(
        22,
        "0-0:15.0.0",
        "end_of_billing_period",
        p3("5.5"),
        attr(
            2, "executed_script", "script", value=(Obis.parse("0-0:10.0.1").octets, 1)
        ),
        attr(3, "type", "enum", value=1),
        attr(
            4,
            "execution_time",
            "execution_time[1]",
            value=((bytes(4), bytes.fromhex("ffffff01ff")),),
        ),
    ),
)

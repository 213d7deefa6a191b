"""`dsmrlab chargepoint registers`: the control unit's Modbus map, for people and programs."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntFlag

import click

from dsmrlab.edge import LabCommand, Settings, pass_settings


@click.command(cls=LabCommand, example="chargepoint registers")
@pass_settings
def registers(settings: Settings) -> None:
    """Print the control unit's Modbus map, as it stands in docs/registers.md."""
    from chargepoint.registers import REGISTERS

    document = [
        {
            "address": row.address,
            "words": row.words,
            "name": row.name,
            "type": row.type.value,
            "unit": row.unit,
            "access": row.access.value,
            "meaning": row.meaning,
        }
        for row in REGISTERS
    ]
    settings.show(document, registers_text())


def registers_text() -> str:
    """The map, and what its codes and bits mean, as Markdown."""
    from chargepoint.registers import Command, Fault, Outcome, Source, Status
    from wire.charging_profile import Reject

    outcomes = {outcome.value: outcome.name for outcome in Outcome}
    rejects = {reject.value: reject.name for reject in Reject if reject}
    parts = [
        _table(),
        _codes("`limit_source`", {item.value: item.name for item in Source}),
        _codes("`status`, bits by value", _bits(Status)),
        _codes("`faults`, bits by value", _bits(Fault)),
        _codes("`commit`, written", {item.value: item.name for item in Command}),
        _codes("`commit`, read", outcomes | rejects),
        _codes("`last_reject`", {0: "NONE", 4: Outcome.BUFFER_CRC.name} | rejects),
    ]
    return "\n\n".join(parts)


def _table() -> str:
    """A row per register; the periods after the first are one row."""
    from chargepoint.registers import MAX_PERIODS, PERIODS_FROM, REGISTERS

    last = PERIODS_FROM + 4 * MAX_PERIODS - 1
    lines = [
        "| address | name | type | unit | access | meaning |",
        "|---|---|---|---|---|---|",
    ]
    for row in REGISTERS:
        if PERIODS_FROM + 4 <= row.address <= last:
            continue
        end = row.address + row.words - 1
        where = f"{row.address}" if row.words == 1 else f"{row.address}–{end}"
        kind = row.type.value
        kind = f"{kind}[{2 * row.words}]" if kind == "ascii" else kind
        cells = (where, f"`{row.name}`", kind, row.unit or "–", row.access.value)
        lines.append(f"| {' | '.join(cells)} | {row.meaning} |")
        if row.address == PERIODS_FROM + 2:
            lines.append(
                f"| {PERIODS_FROM + 4}–{last} | `period_1_start` … | u32 | s, W | RW |"
                f" the other periods alike, {MAX_PERIODS} in all |"
            )
    return "\n".join(lines)


def _bits(flags: Iterable[IntFlag]) -> dict[int, str]:
    return {flag.value: str(flag.name) for flag in flags}


def _codes(what: str, codes: dict[int, str]) -> str:
    listed = ", ".join(
        f"{code} {name.lower().replace('_', ' ')}"
        for code, name in sorted(codes.items())
    )
    return f"{what}: {listed}."

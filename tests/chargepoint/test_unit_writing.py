"""What a control unit lets itself be told, and what it refuses."""

from __future__ import annotations

import pytest

from chargepoint.registers import NO_LIMIT, PERSIST_MAGIC, REGISTERS, Access
from tests.chargepoint.master import ADDRESS, VALUE, a_unit, get, put, refused
from wire.errors import LocalError


def test_every_writable_value_is_written_whole_and_reads_back() -> None:
    values = {"phase_request": 1, "period_count": 32, "watchdog_timeout": 5}
    unit = a_unit()
    for row in REGISTERS:
        if row.access is Access.RW and row.name != "commit":
            value = values.get(row.name, 1234)
            put(unit, row.name, value)
            assert get(unit, row.name) == value


def test_no_read_only_register_or_gap_can_be_written() -> None:
    unit = a_unit()
    writable = {
        row.address + offset
        for row in REGISTERS
        if row.access is not Access.R
        for offset in range(row.words)
    }
    for address in range(0, 620):
        if address not in writable:
            refused(ADDRESS, unit.write, address, [0])


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (302, [0]),
        (303, [0]),
        (301, [60, 0]),
        (306, [0, 0]),
        (410, [0]),
        (410, [0, 0, 0]),
        (601, [0]),
    ],
)
def test_half_of_a_value_is_refused(address: int, words: list[int]) -> None:
    refused(VALUE, a_unit().write, address, words)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("safe_power", 22_081),
        ("persist", 0),
        ("persist", PERSIST_MAGIC + 1),
        ("direct_limit", 22_081),
        ("direct_limit", NO_LIMIT - 1),
        ("phase_request", 2),
        ("phase_request", 4),
        ("commit", 0),
        ("commit", 3),
        ("period_count", 33),
    ],
)
def test_a_bad_value_is_refused_and_changes_nothing(name: str, value: int) -> None:
    unit = a_unit()
    before = get(unit, name)
    refused(VALUE, put, unit, name, value)
    assert get(unit, name) == before


def test_one_bad_value_refuses_the_whole_write() -> None:
    unit = a_unit()
    refused(VALUE, unit.write, 305, [0, 5000, 10, 7])
    assert get(unit, "direct_limit") == NO_LIMIT
    refused(VALUE, unit.write, 300, [9, 1, 0, 6000, 1])
    assert unit.read(300, 2) == [0, 0]
    refused(VALUE, unit.write, 300, [])
    with pytest.raises(LocalError, match="16 bits"):
        unit.write(300, [70_000])


def test_a_single_phase_unit_has_no_three_phases_to_use() -> None:
    unit = a_unit(phases=1)
    refused(VALUE, put, unit, "phase_request", 3)
    put(unit, "phase_request", 1)

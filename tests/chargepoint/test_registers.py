"""The map's rows against the table that they state, and values to words and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargepoint.registers import (
    MAX_PERIODS,
    MAX_WRITE_WORDS,
    REGISTERS,
    Access,
    Type,
    hardware_max_w,
    register,
    text_of,
    u32_from,
    u32_words,
)
from chargepoint.staging import buffer_crc, staging_writes
from wire.errors import LocalError

READ_ONLY = [*range(0, 14), *range(100, 114), *range(200, 220)]
WRITABLE = [*range(300, 309), *range(400, 409), *range(410, 538), 600, 601]


def addresses(*access: Access) -> list[int]:
    return [
        row.address + offset
        for row in REGISTERS
        if row.access in access
        for offset in range(row.words)
    ]


def test_rows_cover_the_map_once_in_order() -> None:
    assert addresses(Access.R) == READ_ONLY
    assert addresses(Access.RW, Access.W) == WRITABLE


def test_names_are_unique_and_the_persist_register_alone_is_write_only() -> None:
    assert len({row.name for row in REGISTERS}) == len(REGISTERS)
    assert [row.address for row in REGISTERS if row.access is Access.W] == [304]


@pytest.mark.parametrize(
    ("address", "name", "type", "words", "unit"),
    [
        (2, "serial", Type.ASCII, 8, ""),
        (12, "own_limit", Type.U32, 2, "W"),
        (102, "applied_limit", Type.U32, 2, "W"),
        (104, "pwm_current", Type.U16, 1, "0.1 A"),
        (110, "active_sequence", Type.U32, 2, ""),
        (206, "power_l1", Type.S32, 2, "W"),
        (212, "power", Type.S32, 2, "W"),
        (216, "lifetime_energy", Type.U64, 4, "Wh"),
        (305, "direct_limit", Type.U32, 2, "W"),
        (405, "valid_to", Type.U32, 2, "s"),
        (534, "period_31_start", Type.U32, 2, "s"),
        (536, "period_31_max", Type.U32, 2, "W"),
    ],
)
def test_rows_that_others_rely_on(
    address: int, name: str, type: Type, words: int, unit: str
) -> None:
    row = register(name)
    assert row.address == address
    assert (row.type, row.words, row.unit) == (type, words, unit)


def test_values_are_high_word_first() -> None:
    assert register("own_limit").encode(0x0001_5F90) == [1, 0x5F90]
    assert register("lifetime_energy").encode(1 << 48) == [1, 0, 0, 0]
    assert register("power_l1").encode(-2) == [0xFFFF, 0xFFFE]
    assert register("power_l1").decode([0xFFFF, 0xFFFE]) == -2
    assert register("applied_limit").decode([0xFFFF, 0xFFFE]) == 0xFFFF_FFFE
    assert u32_words(0x1234_5678) == [0x1234, 0x5678]


def test_serial_is_padded_ascii() -> None:
    words = register("serial").encode("CP001")
    assert words == [0x4350, 0x3030, 0x3100, 0, 0, 0, 0, 0]
    assert text_of(words) == "CP001"


@pytest.mark.parametrize(
    ("name", "value"),
    [("phases", 65_536), ("phases", -1), ("own_limit", 1 << 32), ("serial", "x" * 17)],
)
def test_a_value_that_does_not_fit_is_our_own_error(name: str, value: int) -> None:
    with pytest.raises(LocalError, match=name):
        register(name).encode(value)


def test_an_unknown_name_is_our_own_error() -> None:
    with pytest.raises(LocalError, match="no register 'limit'"):
        register("limit")


@given(st.integers(0, 0xFFFF_FFFF))
def test_32_bits_survive_the_words(value: int) -> None:
    assert u32_from([7, *u32_words(value)], 1) == value


def test_the_crc_is_crc_16_arc_of_high_octets_first() -> None:
    # "123456789" has the check value BB3D; its odd length is padded in front by a zero,
    # which a register starting from 0 does not notice.
    assert buffer_crc([0x0031, 0x3233, 0x3435, 0x3637, 0x3839]) == 0xBB3D


def test_staging_one_period_is_a_header_and_a_row() -> None:
    (header_at, header), (table_at, table) = staging_writes(
        7, 0x1_0000, 0x1_0E10, [(0x1_0000, 6000)]
    )
    assert (header_at, header[:7]) == (401, [0, 7, 1, 0, 1, 0x0E10, 1])
    assert (table_at, table) == (410, [1, 0, 0, 6000])
    assert header[7] == buffer_crc([*header[:7], *table])


@pytest.mark.parametrize("count", [1, 30, 31, MAX_PERIODS])
def test_staging_fits_in_requests_and_splits_no_period(count: int) -> None:
    periods = [(100 + index, index) for index in range(count)]
    writes = staging_writes(1, 100, 200, periods)
    assert all(len(words) <= MAX_WRITE_WORDS for _, words in writes)
    assert all(at == 401 or (at - 410) % 4 == 0 for at, _ in writes)
    assert sum(len(words) for at, words in writes if at != 401) == 4 * count


@pytest.mark.parametrize("count", [0, MAX_PERIODS + 1])
def test_staging_too_few_or_too_many_periods_is_our_own_error(count: int) -> None:
    with pytest.raises(LocalError, match="periods"):
        staging_writes(1, 0, 10, [(0, 0)] * count)


def test_hardware_maximum() -> None:
    assert hardware_max_w(3, 160) == 11_040
    assert hardware_max_w(1, 320) == 7_360

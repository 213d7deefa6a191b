"""Staging a profile in a control unit: what a master writes before it commits."""

from __future__ import annotations

from collections.abc import Sequence

from chargepoint.registers import (
    MAX_PERIODS,
    MAX_WRITE_WORDS,
    PERIODS_FROM,
    STAGED_FROM,
    octets_of,
    u32_words,
)
from wire.crc import crc16_arc
from wire.errors import LocalError


def buffer_crc(words: Sequence[int]) -> int:
    """What register 408 must hold: CRC-16/ARC of the staged words, high octets first.

    They are registers 401 to 407 and then those of the periods in use, from 410 on.
    """
    return crc16_arc(octets_of(words))


def staging_writes(
    sequence: int,
    valid_from_s: int,
    valid_to_s: int,
    periods: Sequence[tuple[int, int]],
) -> list[tuple[int, list[int]]]:
    """The writes, as address and words, that stage a profile; the commit comes after them.

    `periods` are (start in epoch seconds, limit in W). Each write fits in one request, and
    none splits a period.
    """
    if not 0 < len(periods) <= MAX_PERIODS:
        raise LocalError(f"a unit takes 1 to {MAX_PERIODS} periods, not {len(periods)}")
    header = [
        *u32_words(sequence),
        *u32_words(valid_from_s),
        *u32_words(valid_to_s),
        len(periods),
    ]
    table = [
        word
        for start_s, max_w in periods
        for word in (*u32_words(start_s), *u32_words(max_w))
    ]
    writes = [(STAGED_FROM, [*header, buffer_crc([*header, *table])])]
    chunk = MAX_WRITE_WORDS // 4 * 4
    for at in range(0, len(table), chunk):
        writes.append((PERIODS_FROM + at, table[at : at + chunk]))
    return writes

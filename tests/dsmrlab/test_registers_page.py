"""docs/registers.md says what the register table says."""

from __future__ import annotations

import re

import pytest

from chargepoint.registers import PERIODS_FROM, REGISTERS, Access, Fault, Status
from dsmrlab.registers import registers_text
from tests.dsmrlab.commands import REPOSITORY, here

PAGE = REPOSITORY / "docs/registers.md"


def test_the_page_holds_the_map_as_it_is() -> None:
    assert registers_text() in PAGE.read_text(), (
        "docs/registers.md is not current: put the output of"
        " `dsmrlab chargepoint registers` in it"
    )


def test_every_register_and_bit_stands_in_it() -> None:
    text = registers_text()
    for row in REGISTERS:
        if row.address < PERIODS_FROM + 4 or row.address >= 600:
            assert f"| `{row.name}` |" in text
    addresses = [int(n) for n in re.findall(r"^\| (\d+)", text, re.MULTILINE)]
    assert addresses == sorted(addresses)
    for bit in (*Status, *Fault):
        assert f"{bit.value} {str(bit.name).lower().replace('_', ' ')}" in text


def test_the_map_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    document = here(capsys, "chargepoint", "registers", "--json").document
    assert len(document) == len(REGISTERS)
    assert document[0] == {
        "address": 0,
        "words": 1,
        "name": "magic",
        "type": "u16",
        "unit": "",
        "access": "R",
        "meaning": "always 0x4443",
    }
    assert {row["access"] for row in document} == {access.value for access in Access}

"""Households and sessions that nobody measured: a column, a line, and one short sentence."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from chargepoint.sessions import read_sessions
from scenarios.world.premises import Premises
from scenarios.world.street import is_station
from wire.errors import ConfigError

PREMISES = "time,h0_a_permille,pv1_permille\n2024-01-09T00:00:00Z,171,0\n"
SESSIONS = (
    "station,arrival,departure,energy_kwh,phases,phase,max_w\n"
    "CP001,2024-01-10T17:48:00Z,2024-01-11T04:46:00Z,19.2,3,0,11000\n"
)
WRONG = [
    "",
    "\0" * 1000,
    "x" * 100_000,
    "nan",
    "inf",
    "-1",
    "1e400",
    "1_0",
    "٣",
    "9" * 5000,
    "0001-01-01",
]


def refusal(read: Callable[[Path], object], path: Path, octets: bytes) -> str:
    """What is said of a file with these octets."""
    path.write_bytes(octets)
    with pytest.raises(ConfigError) as caught:
        read(path)
    said = str(caught.value)
    assert said.startswith(f"{path}:") and "\n" not in said
    assert len(said) < 300
    return said


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize(
    ("read", "good", "cell"),
    [
        (Premises, PREMISES, "2024-01-09T00:00:00Z"),
        (Premises, PREMISES, "171"),
        (read_sessions, SESSIONS, "2024-01-10T17:48:00Z"),
        (read_sessions, SESSIONS, "19.2"),
        (read_sessions, SESSIONS, "11000"),
        (read_sessions, SESSIONS, ",3,"),
    ],
)
def test_a_cell_that_cannot_be(
    tmp_path: Path, read: Callable[[Path], object], good: str, cell: str, wrong: str
) -> None:
    new = f",{wrong}," if cell.startswith(",") else wrong
    said = refusal(read, tmp_path / "f.csv", good.replace(cell, new, 1).encode())
    assert re.search(":2:[1-9]+: column ", said)


@pytest.mark.parametrize("read", [Premises, read_sessions])
@pytest.mark.parametrize(
    "octets",
    [b"", b"\0", b"\xff\xfe", b"," * 1_000_000, b'"' + b"x" * 300_000, b"a;b\n1;2\n"]
    + [text.replace(",", ',"', 9).encode() for text in (PREMISES, SESSIONS)],
)
def test_what_is_no_such_file(
    tmp_path: Path, read: Callable[[Path], object], octets: bytes
) -> None:
    refusal(read, tmp_path / "f.csv", octets)


def test_the_cars_of_a_station_that_no_world_has_would_never_come(
    tmp_path: Path,
) -> None:
    path = tmp_path / "sessions.csv"
    # One beyond those that are played is no mistake: the first so many are.
    path.write_text(SESSIONS + SESSIONS.splitlines()[1].replace("CP001", "CP030"))
    assert set(read_sessions(path, is_station)) == {"CP001", "CP030"}
    for stranger in ("LP1", "CP1", "CP0030x", "cp001", "CP٠٠١"):
        path.write_text(SESSIONS + SESSIONS.splitlines()[1].replace("CP001", stranger))
        with pytest.raises(
            ConfigError, match="3:1: column station: .* is not the name"
        ):
            read_sessions(path, is_station)

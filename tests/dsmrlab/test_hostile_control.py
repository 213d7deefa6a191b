"""A feeder's file that is wrong further down is refused before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from headend.dali import COLUMNS
from tests.dsmrlab.commands import here

HEAD = ",".join(("time", *COLUMNS)) + "\n"


def row(time: str, power_w: str = "2300") -> str:
    """A row as it should be."""
    return f"2024-01-09T{time}:00Z" + f",230,10,{power_w}" * 3 + "\n"


FIRST = row("00:00")


@pytest.mark.parametrize(
    ("last", "where"),
    [
        (row("01:00"), ":3:1: column time: 3 rows are missing"),
        (row("00:15", "x"), ":3:4: column p_l1_w"),
        (row("00:15") + "\udcff\n", ":4:1: column time: is not text in UTF-8"),
        (FIRST, ":3:1: column time: 2024-01-09T00:00:00Z stands there twice"),
    ],
)
@pytest.mark.parametrize("how", [(), ("--once",)])
def test_a_fault_in_a_later_row(
    last: str,
    where: str,
    how: tuple[str, ...],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "feeder.csv"
    path.write_bytes((HEAD + FIRST + last).encode("utf-8", "surrogateescape"))
    home = ("--home", tmp_path / "home")
    done = here(capsys, *home, "headend", "control", "--feeder", path, *how)
    assert f"{path}{where}" in done.check_one_line(2)
    assert not (tmp_path / "home").exists(), "nothing was opened"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("time,p\n", ":1: column u_l1_v is missing"),
        (None, ": there is no such file or folder"),
    ],
)
def test_what_cannot_be_followed(
    text: str | None, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "feeder.csv"
    if text is not None:
        path.write_text(text)
    command = ("headend", "control", "--feeder", path, "--follow")
    done = here(capsys, "--home", tmp_path / "home", *command)
    assert f"{path}{says}" in done.check_one_line(2)
    assert not (tmp_path / "home").exists(), "nothing was opened"


def test_a_mapping_file_that_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mapping = tmp_path / "box.yaml"
    mapping.write_text("time: {column: t, zone: Mars}\n")
    command = ("headend", "control", "--feeder", tmp_path / "f", "--mapping", mapping)
    said = here(capsys, "--home", tmp_path / "home", *command).check_one_line(2)
    assert f"{mapping}:1:19: time.zone is UTC, Europe/Amsterdam or" in said

"""Measurements that somebody else's program, or nobody, wrote: row, column, and one short line."""

from __future__ import annotations

from pathlib import Path

import pytest

from headend.dali import COLUMNS, read_feeder
from wire.errors import ConfigError

HEAD = ",".join(("time", *COLUMNS)) + "\n"
ROW = "2024-01-09T00:00:00Z" + ",230,10,2300" * 3 + "\n"


def refusal(path: Path, octets: bytes) -> str:
    """What is said of a file with these octets."""
    path.write_bytes(octets)
    with pytest.raises(ConfigError) as caught:
        list(read_feeder(path))
    said = str(caught.value).removeprefix(str(path))
    assert "\n" not in said
    assert len(said) < 200
    return said


@pytest.mark.parametrize(
    "time",
    [
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "1969-12-31T23:45:00Z",
        "2100-01-01T00:00:00Z",
    ],
)
def test_a_time_at_the_end_of_all_times(tmp_path: Path, time: str) -> None:
    row = ROW.replace("2024-01-09T00:00:00Z", time)
    said = refusal(tmp_path / "f.csv", (HEAD + row).encode())
    assert said.startswith(":2:1: column time: ")


@pytest.mark.parametrize(
    "number",
    [
        "2_30",
        "٢٣٠",
        "²30",
        "2\x0030",
        "\x00" * 1000,
        "9" * 5000,
        "9" * 100_000,
        "nan" * 100,
        "sNaN",
        "+-230",
        "230.0.0",
        "(230)",
        "=230",
        "0x e6",
    ],
)
def test_a_number_that_python_reads_and_no_person_wrote(
    tmp_path: Path, number: str
) -> None:
    row = ROW.replace(",230,", f",{number},", 1)
    said = refusal(tmp_path / "f.csv", (HEAD + row).encode())
    assert said.startswith(":2:2: column u_l1_v: ")


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\x00" * 4096,
        HEAD.encode() + b"\x00" * 4096,
        HEAD.encode() + b'"' + b"x" * 300_000,
        HEAD.encode() + b" " * 1_000_000,
        b"," * 1_000_000,
        (HEAD + ROW).encode("utf-16"),
        (HEAD + ROW).encode() + b"\xff\xfe",
        HEAD.replace(",", ";").encode(),
    ],
)
def test_what_is_no_measurement_at_all(tmp_path: Path, octets: bytes) -> None:
    refusal(tmp_path / "f.csv", octets)


def test_marks_and_line_ends_of_other_systems_are_read(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    for octets in (
        b"\xef\xbb\xbf" + (HEAD + ROW).encode(),
        (HEAD + ROW).replace("\n", "\r\n").encode(),
        (HEAD + ROW).replace("\n", "\r").encode(),
        (HEAD + "\n\n" + ROW).encode(),
    ):
        path.write_bytes(octets)
        assert [sample.power_w for sample in read_feeder(path)] == [(2300, 2300, 2300)]

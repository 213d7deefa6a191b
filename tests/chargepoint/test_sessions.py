"""The sessions' CSV: what it says, and where it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from chargepoint.sessions import Session, read_sessions
from wire.errors import ConfigError

HEADER = "station,arrival,departure,energy_kwh,phases,phase,max_w"
GOOD = "CP001,2024-01-10T17:48:00Z,2024-01-11T04:46:00Z,19.2,3,0,11000"
SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"


def write(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "sessions.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_row_becomes_integers(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER, GOOD)
    assert read_sessions(path) == {
        "CP001": [Session("CP001", 1704908880, 1704948360, 19200, 3, 0, 11000)]
    }


def test_an_offset_counts_and_columns_may_be_in_another_order(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "max_w,phase,phases,energy_kwh,departure,arrival,station,note",
        "3700,2,1,0.001,2024-01-10T20:00:00+01:00,2024-01-10T18:00:00Z,CP2,x",
    )
    assert read_sessions(path)["CP2"] == [
        Session("CP2", 1704909600, 1704913200, 1, 1, 2, 3700)
    ]


def test_sessions_of_a_station_are_sorted_by_arrival(tmp_path: Path) -> None:
    later = GOOD.replace("2024-01-1", "2024-01-2")
    sessions = read_sessions(write(tmp_path, HEADER, later, GOOD))["CP001"]
    assert [s.arrival_s for s in sessions] == [1704908880, 1705772880]


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("2024-01-10T17:48:00Z", "yesterday", "arrival"),
        ("2024-01-10T17:48:00Z", "2024-01-10T17:48:00", "arrival"),
        ("2024-01-11T04:46:00Z", "2024-02-30T04:46:00Z", "departure"),
        ("2024-01-11T04:46:00Z", "2024-01-10T17:48:00Z", "departure"),
        ("19.2", "much", "energy_kwh"),
        ("19.2", "NaN", "energy_kwh"),
        ("19.2", "Infinity", "energy_kwh"),
        ("19.2", "0", "energy_kwh"),
        ("19.2", "-1", "energy_kwh"),
        ("19.2", "0.0001", "energy_kwh"),
        ("19.2", "1e9", "energy_kwh"),
        ("19.2", "", "energy_kwh"),
        (",3,0,", ",2,0,", "phases"),
        (",3,0,", ",3,1,", "phase"),
        (",3,0,", ",1,0,", "phase"),
        (",3,0,", ",1,4,", "phase"),
        ("11000", "4139", "max_w"),
        ("11000", "100001", "max_w"),
        ("11000", "-5", "max_w"),
        ("11000", "²", "max_w"),
        ("CP001", " ", "station"),
    ],
)
def test_a_wrong_field_is_named_with_file_and_line(
    tmp_path: Path, old: str, new: str, column: str
) -> None:
    path = write(tmp_path, HEADER, GOOD, GOOD.replace(old, new))
    with pytest.raises(ConfigError) as caught:
        read_sessions(path)
    assert (caught.value.file, caught.value.line) == (str(path), 3)
    assert f"column {column}:" in caught.value.why
    assert caught.value.column == HEADER.split(",").index(column) + 1


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER.replace(",phase,", ","), GOOD)
    with pytest.raises(ConfigError, match="column phase is missing"):
        read_sessions(path)


@pytest.mark.parametrize("line", [GOOD + ",7", "CP001,2024-01-10T17:48:00Z", '"CP001'])
def test_a_line_that_is_no_row_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_sessions(write(tmp_path, HEADER, line))
    assert caught.value.line is not None


def test_a_session_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=":3: this session is there twice"):
        read_sessions(write(tmp_path, HEADER, GOOD, GOOD))


def test_a_station_that_is_none_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER, GOOD, GOOD.replace("CP001", "CP002"))
    with pytest.raises(
        ConfigError, match="csv:3:1: column station: 'CP002' is not the"
    ):
        read_sessions(path, lambda name: name == "CP001")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_sessions(tmp_path / "absent.csv")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_sessions(tmp_path)
    (tmp_path / "latin.csv").write_bytes(HEADER.encode() + b"\n\xff\xfe\n")
    with pytest.raises(ConfigError, match="UTF-8"):
        read_sessions(tmp_path / "latin.csv")
    (tmp_path / "empty.csv").write_bytes(b"")
    with pytest.raises(ConfigError, match="column station is missing"):
        read_sessions(tmp_path / "empty.csv")


def test_the_january_sessions() -> None:
    path = SHARED / "ev_sessions_january.csv"
    if not path.exists():
        pytest.skip("the shared data is not beside the project")
    stations = read_sessions(path)
    assert len(stations) == 30
    assert sum(map(len, stations.values())) == 618

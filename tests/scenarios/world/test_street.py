"""Stations that only the sessions' file has, or only the world, are named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scenarios.language.document import parse
from scenarios.language.settings import Controller
from scenarios.world.making import SimulatedLab
from wire.errors import ConfigError

TEXT = """
scenario: street
world: {start: 2024-01-08T12:00:00+01:00, stations: 2, sessions: cars.csv}
steps:
  - run_for: 1s
"""
HEADER = "energy_kwh,station,arrival,departure,phases,phase,max_w"
ROW = "10,{},2024-01-1{}T12:00:00Z,2024-01-1{}T13:00:00Z,3,0,11000"


def logged(folder: Path, *stations: str) -> list[dict[str, object]]:
    """What the log of a world has after its stations were made, cars coming to these."""
    rows = [ROW.format(name, day, day) for day, name in enumerate(stations)]
    (folder / "cars.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    lab = SimulatedLab(parse(TEXT, folder / "street.yaml"), Controller.NONE)
    lines = list(lab.log)
    lab.close()
    return [json.loads(line) for line in lines]


def test_a_station_of_the_file_that_the_world_does_not_have(tmp_path: Path) -> None:
    assert logged(tmp_path, "CP001", "CP003", "CP002", "CP003") == [
        {
            "at": "2024-01-08T11:00:00Z",
            "what": "sessions_left_out",
            "station": "CP003",
            "sessions": 2,
            "file": "cars.csv",
            "line": 3,
            "column": 2,
        }
    ]


def test_a_station_of_the_world_that_the_file_does_not_have(tmp_path: Path) -> None:
    (event,) = logged(tmp_path, "CP001")
    assert (event["what"], event["station"]) == ("no_sessions", "CP002")
    assert event["file"] == "cars.csv"


@pytest.mark.parametrize("name", ["CP1", "cp001", "CP123456", "X"])
def test_a_station_that_no_world_has(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        logged(tmp_path, "CP001", name)
    place = (caught.value.file, caught.value.line, caught.value.column)
    assert place == (str(tmp_path / "cars.csv"), 3, 2)
    assert f"column station: '{name}' is not the name of a station" in str(caught.value)

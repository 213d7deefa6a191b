"""`headend control`: the loop against live meters, and what is refused before it runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from headend.dali import COLUMNS
from tests.dsmrlab.commands import Service, here
from tests.dsmrlab.conftest import Lab

START = datetime(2024, 1, 8, 17, tzinfo=UTC)
CALM_W, HIGH_W = 20_000, 70_000


def a_row(number: int, power_w: int) -> str:
    time = START + timedelta(minutes=15 * number)
    current_a = power_w / 230
    cells = [f"{cell}" for _ in range(3) for cell in (230.0, current_a, power_w)]
    named = dict(zip(("u", "i", "p"), cells))
    return ",".join(
        [time.isoformat(), *(named[column.partition("_")[0]] for column in COLUMNS)]
    )


@pytest.fixture
def feeder(tmp_path: Path) -> Path:
    """A quarter-hour of calm, then two with twice the rating."""
    path = tmp_path / "feeder.csv"
    rows = [a_row(number, w) for number, w in enumerate((CALM_W, HIGH_W, HIGH_W))]
    path.write_text("\n".join([",".join(("time", *COLUMNS)), *rows]) + "\n")
    return path


def test_a_step_per_row_and_messages_when_there_is_need(lab: Lab, feeder: Path) -> None:
    done = lab.run(
        *("headend", "control", "--feeder", feeder, "--every", 0.2, "--json"),
        *("--controller", "threshold", "--rating-va", 100_000),
    )
    assert done.code == 0, done.err
    steps = [json.loads(line) for line in done.out.splitlines()]
    assert [step["event"] for step in steps] == ["step"] * 3
    assert [step["power_w"][0] for step in steps] == [CALM_W, HIGH_W, HIGH_W]
    assert [step["row"][11:16] for step in steps] == ["17:00", "17:15", "17:30"]
    assert steps[0]["messages"] == []
    sent = steps[1]["messages"]
    assert {message["meter"] for message in sent} == set(lab.meters)
    assert [message["limit_w"] for message in sent] == [6000, 6000]
    assert [message["state"] for message in sent] == ["done", "done"]
    # The profile of the row before still runs.
    assert steps[2]["messages"] == []


def test_once_takes_the_last_row_and_the_named_stations(
    lab: Lab, feeder: Path, tmp_path: Path
) -> None:
    stations = tmp_path / "stations"
    stations.write_text(f"# one only\n\n{lab.meters[1][-7:]}  # its end\n")
    done = lab.run(
        *("headend", "control", "--feeder", feeder, "--once", "--json"),
        *("--stations", stations),
    )
    assert done.code == 0, done.err
    step = json.loads(done.out)
    assert step["power_w"][0] == HIGH_W
    assert [message["meter"] for message in step["messages"]] == [lab.meters[1]]


def test_rows_that_are_added_are_followed(lab: Lab, feeder: Path) -> None:
    command = ("headend", "control", "--feeder", feeder, "--follow", "--json")
    service = Service(lab.home, *command)
    try:
        first = service.event("step")
        assert (first["power_w"][0], first["learned"]) == (HIGH_W, 2)
        with feeder.open("a") as file:
            file.write(a_row(3, 31_000)[:20])
            file.flush()
            file.write(a_row(3, 31_000)[20:] + "\n")
        assert service.event("step")["power_w"][0] == 31_000
        with feeder.open("a") as file:
            file.write(a_row(4, CALM_W).replace(str(CALM_W), "NaN", 1) + "\n")
        fault = service.event("wrong")
        assert (fault["file"], fault["line"], fault["column"]) == (str(feeder), 6, 4)
        assert "6:4: column p_l1_w: 'NaN' is not a number" in fault["error"]
        assert fault["consequence"] == "unmeasured"
        step = service.event("step")
        assert step["row"] is None and step["power_w"] is None
    finally:
        assert service.end() == 0, service.rest()
    assert service.rest() == ""


def test_a_row_that_does_not_come_or_is_wrong_is_a_step_without_one(
    lab: Lab, feeder: Path
) -> None:
    follow = ("--follow", "--every", "1", "--json")
    command = ("headend", "control", "--feeder", feeder, *follow)
    service = Service(lab.home, *command)
    try:
        assert service.event("step")["power_w"][0] == HIGH_W
        doubt = service.event("doubt")
        assert (doubt["subject"], doubt["doubt"]) == ("transformer", "absent")
        assert service.event("step")["power_w"] is None
        whole = feeder.read_text()
        feeder.write_text(whole + a_row(3, CALM_W).replace(",", ",x", 1) + "\n")
        assert f"{feeder}:5:2: column u_l1_v" in service.event("wrong")["error"]
        assert service.event("step")["power_w"] is None
        feeder.write_text(whole + a_row(3, 31_000) + "\n")
        while (step := service.event("step"))["power_w"] is None:
            pass
        assert step["power_w"][0] == 31_000
    finally:
        assert service.end() == 0, service.rest()


@pytest.mark.parametrize(
    "arguments, says",
    [
        (("--start", "2030-01-01T00:00Z"), "no row from"),
        (("--start", "soon"), "not a time"),
        (("--follow", "--once"), "leave --start, --once out"),
        (("--stations", "{folder}/absent"), "cannot be read"),
        (("--stations", "{folder}/unknown"), "unknown:2: meter 'nosuch' is not known"),
        (("--stations", "{folder}/empty"), "names no meter"),
        (("--controller", "none"), "is not one of"),
        (("--every", "0"), "is not in the range"),
    ],
)
def test_what_is_refused_before_it_runs(
    arguments: tuple[str, ...],
    says: str,
    lab: Lab,
    feeder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "unknown").write_text(f"{lab.meters[0]}\nnosuch\n")
    (tmp_path / "empty").write_text("# nothing\n")
    given = [argument.format(folder=tmp_path) for argument in arguments]
    ended = here(
        capsys,
        *("--home", lab.home, "headend", "control", "--feeder", feeder, *given),
    )
    assert says in ended.check_one_line(2)


def test_a_wrong_row_is_named_before_anything_runs(
    lab: Lab, feeder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    feeder.write_text(feeder.read_text() + a_row(5, CALM_W) + "\n")
    ended = here(capsys, "--home", lab.home, "headend", "control", "--feeder", feeder)
    assert f"{feeder}:5:1: column time" in ended.check_one_line(2)
    assert ended.out == ""

"""`headend jobs add`: a job is handed in for later, or refused when it could never work."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.dsmrlab.commands import here

Capsys = pytest.CaptureFixture[str]
CLOCK = '{"object": "clock"}'


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A head-end that knows a meter."""
    from dsmrlab.cli import cli
    from dsmrlab.edge import run

    folder = tmp_path_factory.mktemp("jobs")
    fleet, home = folder / "fleet", folder / "home"
    assert run(cli, ["fleet", "create", str(fleet), "--meters", "1"]) == 0
    shipment = str(fleet / "shipment.json")
    assert run(cli, ["--home", str(home), "headend", "import", shipment]) == 0
    return home


def test_a_job_waits_as_it_was_handed_in(home: Path, capsys: Capsys) -> None:
    base = ("--home", home, "--json", "headend", "jobs")
    options = ("--priority", 7, "--attempts", 3, "--not-before", "2099-01-01T00:00:00")
    added = here(capsys, *base, "add", "E", "get", CLOCK, *options).document
    assert (added["state"], added["attempts"]) == ("queued", 0)
    assert (added["priority"], added["max_attempts"]) == (7, 3)
    assert added["not_before"] == "2099-01-01T00:00:00.000Z"
    assert (added["operation"], added["arguments"]) == ("get", {"object": "clock"})
    assert here(capsys, *base, "show", added["job"]).document == added
    assert here(capsys, *base, "cancel", added["job"]).code == 0


def test_a_job_is_handed_in_by_names_and_by_file(
    home: Path, tmp_path: Path, capsys: Capsys
) -> None:
    base = ("--home", home, "--json", "headend", "jobs")
    (tmp_path / "get.yaml").write_text("object: clock\n")
    for written in ("object=clock", f"@{tmp_path}/get.yaml"):
        added = here(capsys, *base, "add", "E", "get", written).document
        assert added["arguments"] == {"object": "clock"}


@pytest.mark.parametrize(
    "arguments, said",
    [
        (("get", "{}"), "object"),
        (("get", "object"), "NAME=VALUE"),
        (("get", "[]"), "JSON object"),
        (("get", "{"), "not JSON"),
        (("fly",), "not an operation"),
        (("get", CLOCK, "--not-before", "soon"), "--not-before is 'soon'"),
        (("get", CLOCK, "--not-before", "0001-01-01T00:00:00+14:00"), "--not-before"),
        (("get", CLOCK, "--not-after", "9999-12-31T23:59-12:00"), "--not-after"),
        (("get", CLOCK, "--not-after", "2020-01-01"), "must not end before"),
        (("get", CLOCK, "--priority", "10"), "priority"),
        (("get", CLOCK, "--attempts", "0"), "attempts"),
        (("get", CLOCK, "--correlation", "c" * 65), "at most 64"),
        (("get", CLOCK, "--correlation", "\udcff"), "printable"),
    ],
)
def test_jobs_that_could_never_work(
    arguments: tuple[str, ...], said: str, home: Path, capsys: Capsys
) -> None:
    base = ("--home", home, "--json", "headend", "jobs")
    before = here(capsys, *base, "list").document
    done = here(capsys, *base, "add", "E", *arguments)
    assert re.search(said, done.check_one_line(2))
    assert here(capsys, *base, "list").document == before

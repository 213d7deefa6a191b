"""`headend schedules`: what is added is listed, what could never work is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from headend.store import jobs, open_store, schedules
from tests.dsmrlab.commands import here

Capsys = pytest.CaptureFixture[str]
CLOCK = '{"object": "clock"}'


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A head-end that knows a meter of SMR 5."""
    from dsmrlab.cli import cli
    from dsmrlab.edge import run

    folder = tmp_path_factory.mktemp("schedules")
    fleet, home = folder / "fleet", folder / "home"
    create = ["fleet", "create", str(fleet), "--meters", "1", "--standard", "smr-5.0"]
    assert run(cli, create) == 0
    shipment = str(fleet / "shipment.json")
    assert run(cli, ["--home", str(home), "headend", "import", shipment]) == 0
    return home


def test_add_list_remove(home: Path, capsys: Capsys) -> None:
    base = ("--home", home, "--json", "headend", "schedules")
    every = (*base, "add", "get", CLOCK, "--every", 900, "--jitter", 60)
    first = here(capsys, *every, "--priority", 2).document
    daily = (*base, "add", "actual", "--daily", "02:30", "--meter", "E0", "--max-age")
    second = here(capsys, *daily, 3600).document
    listed = here(capsys, *base, "list").document
    assert [each["schedule"] for each in listed] == [
        first["schedule"],
        second["schedule"],
    ]
    quarter, night = listed
    assert int(quarter.pop("next_due")[14:16]) % 15 == 0
    assert quarter == {
        "schedule": first["schedule"],
        "meter": None,
        "standard": None,
        "operation": "get",
        "arguments": {"object": "clock"},
        "every_s": 900,
        "daily": None,
        "jitter_s": 60,
        "priority": 2,
        "max_age_s": 900,
    }
    assert night["meter"].startswith("E0") and night["every_s"] is None
    assert (night["daily"], night["max_age_s"]) == ("02:30", 3600)
    text = here(capsys, "--home", home, "headend", "schedules", "list").out
    assert "all meters         every 900 s     get clock  next 20" in text
    # Both may be due at one instant: the test is run at any time of the day.
    assert here(capsys, *base, "remove", second["schedule"]).code == 0
    store = open_store(f"sqlite:///{home / 'headend.sqlite'}")
    with store.begin() as connection:
        [schedule] = schedules.every(connection)
        assert schedules.make_jobs(connection, schedule.next_due_s) == 1
    removed = here(capsys, *base, "remove", first["schedule"]).document
    assert removed == {"schedule": first["schedule"], "cancelled": 1}
    with store.read() as connection:
        [job] = jobs.listing(connection)
    store.close()
    assert job.schedule_id == first["schedule"] and job.state == "cancelled"
    gone = here(capsys, *base, "remove", first["schedule"])
    assert "there is no schedule" in gone.check_one_line(2)


@pytest.mark.parametrize(
    "arguments, said",
    [
        (("get", CLOCK), "one of --every and --daily"),
        (("get", CLOCK, "--every", "5", "--daily", "02:30"), "one of --every"),
        (("get", CLOCK, "--every", "0"), "0 is not in the range"),
        (("get", CLOCK, "--daily", "24:00"), "02:30"),
        (("get", CLOCK, "--daily", "2:30"), "02:30"),
        (("get", CLOCK, "--daily", "٠٢:٣٠"), "02:30"),
        (("get", CLOCK, "--every", "60", "--jitter", "60"), "jitter"),
        (("get", CLOCK, "--every", "60", "--jitter", "9" * 30), "jitter"),
        (("get", CLOCK, "--every", "60", "--max-age", "9" * 30), "greatest age"),
        (("get", CLOCK, "--every", "60", "--priority", "10"), "priority"),
        (("get", "[]", "--every", "60"), "JSON object"),
        (("get", "{", "--every", "60"), "not JSON"),
        (("get", "{}", "--every", "60"), "smr-5.0: .*object"),
        (("fly", "{}", "--every", "60"), "not an operation"),
        (("get", CLOCK, "--every", "60", "--meter", "X"), "'X' is not known"),
        (
            ("get", CLOCK, "--every", "60", "--meter", "E", "--standard", "smr-5.0"),
            "one of --meter and --standard",
        ),
    ],
)
def test_schedules_that_could_never_work(
    arguments: tuple[str, ...], said: str, home: Path, capsys: Capsys
) -> None:
    done = here(capsys, "--home", home, "headend", "schedules", "add", *arguments)
    assert re.search(said, done.check_one_line(2))
    listed = here(capsys, "--home", home, "--json", "headend", "schedules", "list")
    assert listed.document == []

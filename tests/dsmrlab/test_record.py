"""`headend record`, of meters in a process of their own, and the play of what it wrote."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.dsmrlab.commands import here, process
from tests.dsmrlab.conftest import Lab


def test_what_was_done_live_is_played_again(lab: Lab, tmp_path: Path) -> None:
    begin, folder = datetime.now(UTC).isoformat(), tmp_path / "out/live"
    one, other = lab.meters
    for command in (
        ("set", one, "clock:time_zone", "--", "-60"),
        ("get", one, "clock:time_zone"),
        ("read", other, "actual"),
        ("message", other, "--text", 'Hello ${x}, "you": #1'),
    ):
        assert lab.run("headend", *command).code == 0
    assert lab.run("headend", "set", other, "1-0:1.8.1:2", 5).code == 1
    made = lab.run("headend", "record", folder, "--from", begin, "--json")
    assert made.code == 0, made.err
    assert made.document == {
        "recordings": [str(folder / "recording.yaml")],
        "jobs": 5,
        "left_out": 0,
        "unfinished": 0,
    }
    played = process(lab.home, "run", folder / "recording.yaml", "--json")
    assert played.code == 0, played.out
    seen = [row["seen"] for row in played.document["expectations"]]
    assert seen == ["-60", "refused by the meter: read-write-denied"]
    again = lab.run("headend", "record", folder, "--from", begin)
    assert "is there already" in again.check_one_line(2)
    only = lab.run("headend", "record", tmp_path / "b", "--from", begin, "--meter", one)
    assert only.out.startswith("2 jobs in ")


@pytest.mark.parametrize(
    "arguments, code, said",
    [
        ((), 1, "no job ended"),
        (("--from", "yesterday"), 2, "--from is 'yesterday', not a time"),
        (("--from", "2024-01-02T00:00:00Z", "--to", "2024-01-01"), 2, "not later"),
        (("--meter", "E0"), 2, "no meter is known"),
        (("--feeder", "none.csv"), 2, "none.csv"),
    ],
)
def test_what_cannot_be_recorded_is_one_line(
    arguments: tuple[str, ...],
    code: int,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = ("headend", "record", tmp_path / "new", *arguments)
    ended = here(capsys, *command, "--home", tmp_path / "home")
    assert said in ended.check_one_line(code)
    assert not (tmp_path / "new").exists()


SHORT = """\
scenario: short
parameters:
  text: Hello
world:
  start: 2024-01-08T12:00:00Z
steps:
  - send_message: {text: "${text}"}
  - expect: {p1_text: {text: "${text}"}, within: 15s}
"""


def test_a_play_is_recorded_and_played_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "short.yaml").write_text(SHORT)
    out = tmp_path / "out"
    command = ("run", tmp_path / "short.yaml", "--set", "text=Hi", "--seed", 3)
    ended = here(capsys, *command, "--record", out)
    assert ended.code == 0 and f"recording: {out}/recording.yaml" in ended.out
    replayed = here(capsys, "run", out / "recording.yaml", "--json")
    assert replayed.code == 0 and replayed.document["seed"] == 3
    assert "Hi" in (out / "recording.yaml").read_text()
    events = (out / "events.jsonl").read_text()
    (out / "events.jsonl").write_text(events.replace('"passed":true', '"passed":1'))
    changed = here(capsys, "run", out / "recording.yaml", "--json")
    assert changed.code == 1
    assert any("line " in row["seen"] for row in changed.document["expectations"])
    again = here(capsys, *command, "--record", out)
    assert "is there already" in again.check_one_line(2)


def test_each_of_several_has_a_recording_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "short.yaml").write_text(SHORT)
    out = tmp_path / "out"
    command = ("run", tmp_path / "short.yaml", "--vary", "text=Hi,Ho")
    assert here(capsys, *command, "--record", out, "--jobs", 1).code == 0
    folders = sorted((out / "short").iterdir())
    texts = [(folder / "recording.yaml").read_text() for folder in folders]
    assert [("Hi" in text, "Ho" in text) for text in texts] == [
        (True, False),
        (False, True),
    ]
    assert here(capsys, "run", folders[0] / "recording.yaml").code == 0

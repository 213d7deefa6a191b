"""`--trace`: a capture at either end, which a crash leaves whole and no key is in."""

from __future__ import annotations

import json
import signal
import stat
from pathlib import Path

import pytest

from tests.dsmrlab.commands import Service, free_base_port, here, process
from tests.wire.capture.pcapng import read

KEYS = ("master_key", "encryption_key", "authentication_key", "hls_secret")


@pytest.mark.parametrize("engine", ["native", "gurux"])
def test_both_ends_of_a_read_are_captured_in_clear_without_a_key(
    engine: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet, home, port = tmp_path / "fleet", tmp_path / "home", free_base_port(1)
    here(capsys, "fleet", "create", fleet, "--meters", 1, "--base-port", port)
    ours, theirs = tmp_path / "headend.pcapng", tmp_path / "meters.pcapng"
    service = Service(
        home, "meters", "serve", fleet, "--json", "--p1", "none", "--trace", theirs
    )
    try:
        service.event("ready")
        process(home, "headend", "import", fleet / "shipment.json")
        command = ("headend", "get", "E", "0-0:96.1.1", "--engine", engine)
        done = process(home, *command, "--json", "--trace", ours)
        assert done.code == 0, done.err
    finally:
        # As a crash: nothing is closed, and yet the file is whole.
        service.end(signal.SIGKILL)
    (meter,) = json.loads((fleet / "shipment.json").read_text())
    for path in (ours, theirs):
        octets = path.read_bytes()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        captured = read(octets)
        assert ("127.0.0.1", port) in captured.streams(0)
        answers = captured.streams(1)["198.18.0.1", 4059]
        assert meter["equipment_id"].encode() in answers
        assert {s.comment for s in captured.segments} == {meter["equipment_id"]}
        assert not [key for key in KEYS if bytes.fromhex(meter[key]) in octets]
    as_sent = [read(path.read_bytes()).streams(0) for path in (ours, theirs)]
    assert as_sent[0] == as_sent[1]


def test_a_trace_that_cannot_be_written_is_exit_code_3(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet = tmp_path / "fleet"
    here(capsys, "fleet", "create", fleet, "--meters", 1)
    serve = ("meters", "serve", fleet, "--trace", tmp_path / "none" / "x.pcapng")
    line = process(tmp_path, *serve).check_one_line(3)
    assert "x.pcapng: cannot be written: No such file" in line


def test_a_full_disk_ends_the_trace_and_not_the_service(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from dsmrlab.trace import open_capture

    capture = open_capture(Path("/dev/full"), lambda: 0.0)
    assert capture is not None
    capture.put(0, [b"frame"], "")
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["dsmrlab: /dev/full: No space left on device; the trace ends here"]

"""`doctor`: what is there, what is not, and when that is a failure."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from dsmrlab import doctor
from tests.dsmrlab.commands import free_base_port, here

Capsys = pytest.CaptureFixture[str]


def states(capsys: Capsys, *arguments: object) -> tuple[int, dict[str, str]]:
    ended = here(capsys, *arguments, "doctor", "--json")
    checks = {c["name"]: c["state"] for c in ended.document["checks"]}
    assert ended.document["ok"] is (ended.code == 0)
    return ended.code, checks


def test_a_machine_that_has_all(tmp_path: Path, capsys: Capsys) -> None:
    code, checks = states(capsys, "--home", tmp_path)
    assert code == 0
    for name in ("python", "home folder", "database", "twisted", "gurux-dlms"):
        assert checks[name] == "ok"
    assert {"file limit", "pseudo-terminal", "port 4059", "dlms-cosem"} <= checks.keys()


def test_a_database_that_is_away_is_exit_code_3(tmp_path: Path, capsys: Capsys) -> None:
    url = "postgresql://u:secret@127.0.0.1:1/lab"
    ended = here(capsys, "--home", tmp_path, "--db", url, "doctor")
    assert ended.check_one_line(3) == "dsmrlab: missing: database"
    assert "missing  database" in ended.out
    assert "secret" not in ended.out + ended.err


def test_a_taken_port_is_a_warning(
    tmp_path: Path, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_base_port(1)
    monkeypatch.setattr(doctor, "PORTS", {port: "P3"})
    assert states(capsys, "--home", tmp_path)[1][f"port {port}"] == "ok"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        code, checks = states(capsys, "--home", tmp_path)
    assert (code, checks[f"port {port}"]) == (0, "warning")


def test_a_home_that_cannot_be_used(capsys: Capsys) -> None:
    code, checks = states(capsys, "--home", "/dev/null/home")
    assert code == 3
    assert checks["home folder"] == checks["database"] == "missing"

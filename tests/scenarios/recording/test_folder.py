"""The folder of a recording: new, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from scenarios.recording import folder
from wire.errors import ConfigError, SurroundingsError


def make(place: Path, texts: dict[str, str], copies: dict[Path, str] = {}) -> None:
    with folder.new(place):
        folder.fill(place, texts, copies)


def test_texts_and_copies_stand_in_it(tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    data.write_bytes(b"a,b\r\n")
    wanted = tmp_path / "deep/er"
    make(wanted, {"recording.yaml": "é\n"}, {data: "data.csv"})
    assert (wanted / "recording.yaml").read_bytes() == "é\n".encode()
    assert (wanted / "data.csv").read_bytes() == b"a,b\r\n"


def test_an_empty_folder_will_do(tmp_path: Path) -> None:
    make(tmp_path, {"a": "1"})
    with pytest.raises(ConfigError, match="is there already"):
        make(tmp_path, {"b": "2"})
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("name", ["file", "file/inside", "a" * 300, "\0"])
def test_a_place_where_no_folder_can_be(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises((ConfigError, SurroundingsError)):
        folder.check_new(tmp_path / name)
        make(tmp_path / name, {"a": "1"})


@pytest.mark.parametrize("existed", [True, False])
def test_what_cannot_be_written_whole_leaves_nothing(
    existed: bool, tmp_path: Path
) -> None:
    wanted = tmp_path / "new"
    if existed:
        wanted.mkdir()
    with pytest.raises(SurroundingsError, match="cannot be written"):
        make(wanted, {"a": "1"}, {tmp_path / "missing": "m"})
    with pytest.raises(SurroundingsError, match="cannot be written"):
        make(wanted, {"a": "1", "b": "\ud800"})
    assert wanted.exists() is existed
    assert not existed or list(wanted.iterdir()) == []

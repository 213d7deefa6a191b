"""Files, folders and tags: which scenarios are meant."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scenarios.language.document import load, read
from scenarios.language.selection import files_in, tagged
from wire.errors import ConfigError, ScenarioError

TEXT = "scenario: {}\ntags: [{}]\nworld: {{start: 2024-01-27T17:00:00Z}}\nsteps: [note: a]\n"
OURS = Path(__file__).parents[3] / "scenarios" / "files"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, tags in (("b", "p3, slow"), ("a", "p3, keys"), ("c", "mbus")):
        (tmp_path / f"{name}.yaml").write_text(TEXT.format(name, tags))
    (tmp_path / "part.yaml").write_text("steps: [note: a]\n")
    (tmp_path / "broken.yaml").write_text("steps: [")
    (tmp_path / "notes.txt").write_text("scenario: none\n")
    (tmp_path / "empty").mkdir()
    (tmp_path / "folder.yaml").mkdir()
    os.mkfifo(tmp_path / "pipe.yaml")
    return tmp_path


def names(folder: Path, wanted: str = "", unwanted: str = "") -> str:
    sources = [read(folder / f"{name}.yaml") for name in "abc"]
    left = tagged(sources, wanted.split(), unwanted.split())
    return "".join(source.path.stem for source in left)


def test_a_folder_stands_for_the_scenarios_in_it(folder: Path) -> None:
    found = [path.name for path in files_in([folder / "c.yaml", folder])]
    assert found == ["c.yaml", "a.yaml", "b.yaml", "broken.yaml", "c.yaml"]
    with pytest.raises(ConfigError, match="empty: no scenario is in this folder"):
        files_in([folder / "empty"])


@pytest.mark.parametrize(
    ("wanted", "unwanted", "left"),
    [
        ("p3", "", "ab"),
        ("p3 mbus", "", "abc"),
        ("", "p3", "c"),
        ("p3", "slow", "a"),
        ("keys", "slow mbus", "a"),
    ],
)
def test_tags_choose(folder: Path, wanted: str, unwanted: str, left: str) -> None:
    assert names(folder, wanted, unwanted) == left


def test_nothing_left_says_which_tags_there_are(folder: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        names(folder, "key")
    assert str(caught.value) == (
        "no scenario is left by --tag key, did you mean 'keys'?;"
        " there are the tags: keys, mbus, p3, slow"
    )


@pytest.mark.parametrize(
    ("tags", "why"),
    [("P3", "tags: should be"), ("a, a", "a tag stands once"), ("[a]", "tags: ")],
)
def test_a_tag_is_a_word_and_stands_once(folder: Path, tags: str, why: str) -> None:
    (folder / "a.yaml").write_text(TEXT.format("a", tags))
    with pytest.raises(ScenarioError, match=r"a.yaml:2:") as caught:
        load(folder / "a.yaml")
    assert why in str(caught.value)


def test_our_own_scenarios_have_tags() -> None:
    assert [path.name for path in files_in([OURS]) if not load(path).content.tags] == []

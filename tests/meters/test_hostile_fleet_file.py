"""A `fleet.yaml` made to harm: one line, and nothing outside its folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from meters.fleet_file import read_fleet_file
from wire.errors import ConfigError

GOOD = """standard: smr-5.0
host: 127.0.0.1
base_port: 4059
meters:
- {equipment_id: E0500296120000118, system_title: 44534c00b0805381}
"""


def test_the_file_as_it_should_be(tmp_path: Path) -> None:
    path = tmp_path / "fleet.yaml"
    path.write_text(GOOD)
    assert read_fleet_file(path).base_port == 4059


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("E0500296120000118", "../../../../../xx"),
        ("E0500296120000118", '"../../../../../x."'),
        ("E0500296120000118", '"E050029612000011\\0"'),
        ("E0500296120000118", "E050029612000011é"),
        ("127.0.0.1", '"a\\0b"'),
        ("127.0.0.1", '"\\ud800"'),
        ("127.0.0.1", '"a b"'),
        ("127.0.0.1", '""'),
        ("127.0.0.1", "2001-99-99"),
        ("127.0.0.1", "2001-12-14t21:59:43.10-99:00"),
        ("4059", "9" * 5000),
        ("4059", ".nan"),
        ("4059", "1e400"),
        ("4059", "-1"),
        ("44534c00b0805381", "44534c00b080538"),
        (GOOD, "[" * 400),
        (GOOD, "{a: " * 400),
        (GOOD, "- " * 1200),
        (GOOD, "&a [*a]"),
        (GOOD, "!!python/object/apply:os.system [x]"),
        (GOOD, "\0"),
        (GOOD, "host: &a [x, *b]"),
        (GOOD, GOOD + GOOD),
        (GOOD, GOOD + "---\n" + GOOD),
    ],
)
def test_what_it_cannot_say(tmp_path: Path, old: str, new: str) -> None:
    path = tmp_path / "fleet.yaml"
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_fleet_file(path)
    said = str(caught.value)
    assert said.startswith(f"{path}:") and "\n" not in said
    assert len(said) < 300


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("base_port: 4059\n", "", "base_port is missing"),
        ("host:", "hoast: 1\nhost:", "2:1: hoast is not known here"),
        ("4059", "x", "3:1: base_port should be a valid integer"),
        (GOOD, "[]", "a fleet is a list of names"),
    ],
)
def test_it_says_what_is_wrong(tmp_path: Path, old: str, new: str, says: str) -> None:
    path = tmp_path / "fleet.yaml"
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(ConfigError, match=says):
        read_fleet_file(path)

"""Following what a box adds: the last row first, faults as they are, and silence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.task import Clock

from dsmrlab.feeder_rows import LEARNED, PATIENCE, Following
from headend.dali import COLUMNS, INTERVAL_S, Fault, FeederSample
from headend.dali_layout import NATIVE

HEAD = ",".join(("time", *COLUMNS)) + "\n"
LATEST_S = int(INTERVAL_S * PATIENCE)
FIRST = datetime(2024, 1, 9, tzinfo=UTC)


def row(number: int, power: str = "2300") -> str:
    time = FIRST + timedelta(minutes=15 * number)
    return f"{time:%Y-%m-%dT%H:%M:%SZ}" + f",230,10,{power}" * 3 + "\n"


def number(sample: FeederSample) -> int:
    return (sample.time - FIRST) // timedelta(minutes=15)


class Follower:
    """Follows a file on a clock of its own, and notes what control would be given."""

    def __init__(self, path: Path) -> None:
        self.clock = Clock()
        self._seen: list[int | str | None] = []
        self._following = Following(path, NATIVE)
        self._ends: Deferred[None] = ensureDeferred(self._follow())

    async def _follow(self) -> None:
        async for item in self._following.added(self.clock, INTERVAL_S):
            if isinstance(item, Fault):
                self._seen.append(item.consequence.name)
            else:
                past = [number(sample) for sample in item.past]
                if past:
                    self._seen.append(f"learned {past}")
                self._seen.append(number(item.sample) if item.sample else None)

    def after(self, seconds: int) -> list[int | str | None]:
        """What was given since it was asked before, once so much time has passed."""
        self.clock.pump([1.0] * seconds)
        seen, self._seen = self._seen, []
        return seen


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "f.csv"
    path.write_text(HEAD + row(0) + row(1))
    return path


@pytest.fixture
def add(path: Path) -> Callable[[str], None]:
    def append(text: str) -> None:
        with path.open("a") as file:
            file.write(text)

    return append


def test_the_last_row_and_then_what_is_added(
    path: Path, add: Callable[[str], None]
) -> None:
    follower = Follower(path)
    assert follower.after(0) == ["learned [0]", 1]
    add(row(2))
    assert follower.after(1) == [2]
    add(row(3) + row(4) + row(5))
    assert follower.after(1) == ["learned [3, 4]", 5]


def test_a_row_that_does_not_come_is_no_measurement(
    path: Path, add: Callable[[str], None]
) -> None:
    follower = Follower(path)
    follower.after(0)
    assert follower.after(LATEST_S - 1) == []
    assert follower.after(1) == [None]
    assert follower.after(INTERVAL_S - 1) == []
    assert follower.after(1) == [None]
    add(row(4))
    assert follower.after(1) == ["HOLE", 4]
    assert follower.after(LATEST_S - 1) == []
    assert follower.after(1) == [None]


def test_a_newest_row_that_is_wrong_is_no_measurement_either(
    path: Path, add: Callable[[str], None]
) -> None:
    follower = Follower(path)
    follower.after(0)
    add(row(2, "NaN"))
    assert follower.after(1) == ["UNMEASURED", None]
    assert follower.after(60) == []
    add(row(3))
    assert follower.after(1) == [3]
    add(row(4, "NaN") + row(5))
    assert follower.after(1) == ["UNMEASURED", 5]
    add(row(6) + row(7, "NaN"))
    assert follower.after(1) == ["UNMEASURED", "learned [6]", None]
    add(row(5))
    assert follower.after(60) == ["TOO_LATE"]


def test_faults_of_before_are_told_too(path: Path, add: Callable[[str], None]) -> None:
    add(row(1) + row(4))
    assert Follower(path).after(0) == [
        "FIRST_COUNTS",
        "HOLE",
        "learned [0, 1]",
        4,
    ]


def test_what_is_learned_has_its_bounds(path: Path) -> None:
    path.write_text(HEAD + "".join(map(row, range(LEARNED + 100))))
    (due,) = Follower(path).after(0)[:1]
    assert str(due).startswith("learned [100, 101, ")


def test_a_row_of_the_future_is_none(path: Path, add: Callable[[str], None]) -> None:
    add(row(2).replace("2024", "2089"))
    assert Follower(path).after(0) == ["UNMEASURED", "learned [0, 1]", None]
    add(row(2))
    assert Follower(path).after(0)[1:] == ["learned [0, 1]", 2]


def test_a_folder_that_is_empty_at_first(tmp_path: Path) -> None:
    follower = Follower(tmp_path)
    assert follower.after(5) == []
    (tmp_path / "a.csv").write_text(HEAD + row(0))
    assert follower.after(1) == [0]
